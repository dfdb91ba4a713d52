"""What cannot be done with a notice, in the words that its reader sees."""

from flask_babel import gettext as _

from tracing.kernel.errors import Missing, Refused


class NoSuchNotice(Missing):
    """There is no such notice."""

    def __init__(self) -> None:
        super().__init__(_("Cette fiche de changement n’existe pas."))


class NoticeWithdrawn(Refused):
    """Its version was withdrawn: there is nothing to tell any more."""

    def __init__(self) -> None:
        super().__init__(_("Ce changement a été retiré : sa fiche ne se corrige plus."))


class NoticeChanged(Refused):
    """Somebody else changed it while this was typed."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Quelqu’un d’autre a corrigé cette fiche pendant que vous écriviez. Rien n’a été écrasé : votre texte est ci-dessous ; comparez, puis enregistrez de nouveau."
            )
        )
