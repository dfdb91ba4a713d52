"""Refusal: a case that does not exist, or is outside the reader's scope."""

from flask_babel import gettext as _

from tracing.kernel.errors import Missing


class NoSuchCase(Missing):
    """The case does not exist, or is outside the user's scope."""

    def __init__(self) -> None:
        super().__init__(_("Ce dossier n’existe pas, ou n’est pas de votre site."))
