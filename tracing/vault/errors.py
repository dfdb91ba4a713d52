"""What the vault refuses."""

from flask_babel import gettext as _

from tracing.kernel.errors import Refused


class IdentityDestroyed(Refused):
    """The key of that day was destroyed: nobody can read this person any more."""

    status = 410

    def __init__(self) -> None:
        super().__init__(_("Identité effacée : la durée de conservation est écoulée."))


class SealBroken(Exception):
    """The blob is not the one that was sealed for this row."""
