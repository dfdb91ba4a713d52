"""Refusals about hand-offs."""

from tracing.kernel.errors import Missing, Refused


def _(sentence: str) -> str:
    """Mark a sentence for translation; the page that shows it translates it."""
    return sentence


class NoSuchHandOff(Missing):
    """There is no such hand-off at this site."""

    def __init__(self) -> None:
        super().__init__(_("Ce signalement n’existe pas ici."))


class NoSuchRecord(Refused):
    """No case of this site has that reference."""

    def __init__(self) -> None:
        super().__init__(_("Aucun dossier de ce site n’a cette référence."))


class NoSuchReason(Refused):
    """The programme has no such reason, or it is not in force."""

    def __init__(self) -> None:
        super().__init__(_("Ce motif n’est pas en vigueur dans ce programme."))


class ChangedMeanwhile(Refused):
    """It holds again since the list was opened."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce signalement vaut de nouveau depuis que la liste est ouverte. Rien n’a été noté : rechargez la liste et regardez où il en est."
            )
        )


class NoLongerMet(Refused):
    """It was put on the list for a cluster that is none any more."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce dossier ne fait plus partie d’un cas groupé : trop peu d’autres nomment le même lieu. Rien n’a été noté : rechargez la liste, puis retirez-le ou transmettez-le quand même."
            )
        )


class TakenBackMeanwhile(Refused):
    """It is not to be sent any more since the list was opened."""

    def __init__(self) -> None:
        super().__init__(_("Ce signalement n’est plus à faire : les réponses ont changé depuis."))
