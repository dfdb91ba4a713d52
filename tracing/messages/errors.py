"""Refusals of the outbox, each with the sentence that the user reads."""

from flask_babel import gettext as _

from tracing.kernel.errors import Missing, Refused


class NoSuchLetter(Missing):
    """There is no such letter at this site."""

    def __init__(self) -> None:
        super().__init__(_("Cette lettre n’existe pas, ou n’est pas de votre site."))


class LetterStopped(Refused):
    """The letter must not leave any more: its reason was taken back, or the person’s messages are stopped."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette lettre ne part plus : ce qu’elle annonce a été repris, ou les messages à cette personne sont arrêtés."
            )
        )
