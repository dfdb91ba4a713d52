"""Refusals about clusters."""

from tracing.kernel.errors import Missing, Refused


def _(sentence: str) -> str:
    """Mark a sentence for translation; the page that shows it translates it."""
    return sentence


class NoSuchCluster(Missing):
    """The place is named by too few cases, or at another site."""

    def __init__(self) -> None:
        super().__init__(_("Ce lieu n’est plus dans la liste des cas groupés de ce site."))


class NoReason(Refused):
    """The programme has no reason for which a record is handed off because of a cluster."""

    def __init__(self) -> None:
        super().__init__(_("Ce programme n’a pas de motif de signalement pour des cas groupés."))
