"""Errors of the vault: destroyed identities, lost keys, broken seals."""

from flask_babel import gettext as _

from tracing.kernel.errors import Refused


class IdentityDestroyed(Refused):
    """The key of that day was destroyed: this person's data can never be read again."""

    status = 410

    def __init__(self) -> None:
        super().__init__(_("Identité effacée : la durée de conservation est écoulée."))


class KeyLost(Refused):
    """The key store lacks a key that was used; no new one replaces it, since it could not read the sealed data."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("Le coffre des clés est incomplet : rien n’a été enregistré. Prévenez l’administrateur.")
        )


class SealBroken(Exception):
    """The blob is not the one that was sealed for this row."""
