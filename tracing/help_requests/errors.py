"""Refusals about requests for help."""

from tracing.kernel.errors import Missing, Refused


def _(sentence: str) -> str:
    """Mark a sentence for translation; the page that shows it translates it."""
    return sentence


class NoSuchRequest(Missing):
    """There is no such request at this site."""

    def __init__(self) -> None:
        super().__init__(_("Cette demande d’aide n’existe pas ici."))


class ChangedMeanwhile(Refused):
    """The request is no longer what the list showed: it was taken back, or asked for again."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette demande a changé depuis que la liste est ouverte : la personne l’a retirée ou faite de nouveau. Rien n’a été noté. Rechargez la liste et regardez où elle en est."
            )
        )


class WithdrawnMeanwhile(Refused):
    """The person has taken back their consent since the list was opened."""

    def __init__(self) -> None:
        super().__init__(_("La personne ne souhaite plus cette aide : rien n’est à transmettre."))
