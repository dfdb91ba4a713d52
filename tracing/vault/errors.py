"""What the vault refuses."""

from flask_babel import gettext as _

from tracing.kernel.errors import Refused


class IdentityDestroyed(Refused):
    """The key of that day was destroyed: nobody can read this person any more."""

    status = 410

    def __init__(self) -> None:
        super().__init__(_("Identité effacée : la durée de conservation est écoulée."))


class SealBroken(Exception):  # noqa: N818 - a defect or an attack, never a message to a user
    """The blob is not the one that was sealed for this row."""
