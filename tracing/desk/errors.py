"""Refusals on a tracer's pages: ending a call, callbacks, handing over."""

from collections.abc import Sequence

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused
from tracing.scripts.errors import N_, AnswerRefused

WOULD_DROP = N_(
    "Pas encore changé : cette réponse écarte %(what)s. « Suivant » l’applique ; sinon, choisissez de nouveau l’ancienne."
)


class AlreadyFinished(Refused):
    """The conversation with this person already ended in this call: a second click has no effect."""

    def __init__(self) -> None:
        super().__init__(_("Vous avez déjà terminé avec cette personne dans cet appel."))


class WordsChanged(Invalid):
    """The statement was confirmed in words that have changed since: it must be read again."""

    def __init__(self) -> None:
        super().__init__(_("Ce texte a changé depuis : relisez-le à la personne, puis confirmez."))


class WouldDrop(AnswerRefused):
    """The changed answer would make others void: the page says which before they are dropped."""

    def __init__(self, labels: Sequence[str], change: str) -> None:
        self.change = change
        super().__init__(WOULD_DROP, what=", ".join(f"«\u202f{label}\u202f»" for label in labels))


class CallbackNeeded(Invalid):
    """A callback needs a day and a time."""

    def __init__(self) -> None:
        super().__init__(_("Donnez le jour et l’heure du rappel."))


class NumberNeeded(Invalid):
    """No number reaches the person: a callback would never be made."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Aucun numéro ne joint cette personne : demandez-lui lequel, et gardez-le dans une demande (« Quelqu’un appelle »). Le superviseur l’ajoutera."
            )
        )


class NoSuchHour(Invalid):
    """The callback is at a time that the clocks skip."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette heure n’existe pas ce jour-là : les montres avancent. Choisissez une autre heure. Rien n’a été promis."
            )
        )


class ConfirmIdentityFirst(Invalid):
    """Too much differs for the person on the line to be that of the file, and nothing was confirmed."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Nom, prénom et naissance ne se corrigent pas ensemble avant que l’identité soit confirmée. Si presque rien ne correspond, terminez par «\u202fIdentité non confirmée\u202f»\u202f: le superviseur compare."
            )
        )


class OnACallAlready(Refused):
    """A tracer who is on a call cannot take another caller."""

    def __init__(self) -> None:
        super().__init__(
            _("Vous avez déjà un appel ouvert. Terminez-le ou rendez-le, puis cherchez de nouveau.")
        )


class NotFree(Invalid):
    """The colleague is not present, or has a call already."""

    def __init__(self) -> None:
        super().__init__(
            _("Cette personne n’est plus libre. Choisissez-en une autre, ou rendez l’appel à la file.")
        )


class NothingToTakeBack(Missing):
    """There is no such outcome, or a colleague noted it."""

    def __init__(self) -> None:
        super().__init__(_("Il n’y a rien à annuler ici."))


class NoParentOnLine(Refused):
    """Nobody who could speak for a child has said who they are in this call."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Aucun adulte de ce foyer n’a encore dit qui il est dans cet appel : demandez un parent de l’enfant."
            )
        )


class TooLateToTakeBack(Refused):
    """An outcome can be taken back by its tracer for two minutes."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Il est trop tard pour annuler : plus de deux minutes ont passé. Votre superviseur peut rouvrir l’appel."
            )
        )


class ChangedSince(Refused):
    """Something that an outcome changed has been changed again since."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette issue ne peut plus être annulée : le dossier a changé depuis. Votre superviseur peut rouvrir l’appel."
            )
        )


class NoPositiveTest(Refused):
    """Only a positive test by a professional makes a contact a case."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Aucun test positif fait par un professionnel n’est noté. Un autotest est d’abord confirmé par un test PCR ou antigénique."
            )
        )
