"""Refusals of the public pages."""

from flask_babel import gettext as _

from tracing.kernel.errors import Refused


class TooManyTries(Refused):
    """Too many questions from one address, or from everybody together."""

    status = 429

    def __init__(self) -> None:
        super().__init__(_("Trop de vérifications en peu de temps. Attendez dix minutes, puis réessayez."))
