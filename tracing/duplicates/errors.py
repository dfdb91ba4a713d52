"""Why a decision about two records is refused."""

from flask_babel import gettext as _

from tracing.kernel.errors import Missing, Refused
from tracing.people.merging import Verdict


class NoSuchPair(Missing):
    """The pair does not exist, or belongs to another site."""

    def __init__(self) -> None:
        super().__init__(_("Cette comparaison n’existe pas sur votre site."))


class AlreadyDecided(Refused):
    """Another person decided first."""

    def __init__(self) -> None:
        super().__init__(_("Quelqu’un vient de décider pour ces deux fiches. Rien n’a été changé."))


class NotDecided(Refused):
    """The pair has no decision to take back."""

    def __init__(self) -> None:
        super().__init__(_("Rien n’est décidé pour ces deux fiches : il n’y a rien à reprendre."))


class TwoWorlds(Refused):
    """One person is fictional, for training, and the other is real."""

    def __init__(self) -> None:
        super().__init__(_("L’une de ces fiches est inventée pour l’entraînement : elles restent séparées."))


class Erased(Refused):
    """An identity was destroyed: there is nothing left to compare."""

    def __init__(self) -> None:
        super().__init__(_("L’une des deux identités est effacée : il n’y a plus rien à comparer."))


class SaidDifferent(Refused):
    """The answer would contradict an earlier answer "different"."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Deux fiches derrière celles-ci ont été déclarées différentes. Reprenez d’abord cette décision dans la liste des décisions."
            )
        )


class SaidSame(Refused):
    """Earlier answers already made one person of the two."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "D’autres décisions font déjà de ces deux fiches une seule personne. Reprenez-les d’abord dans la liste des décisions."
            )
        )


class NotAlike(Refused):
    """Two people of a call who cannot be said one there."""

    def __init__(self) -> None:
        super().__init__(_("Ces deux fiches ne peuvent pas être réunies pendant l’appel."))


class OnTheLine(Refused):
    """A tracer is on the telephone with them: the data on the screen must not change during a call."""

    def __init__(self) -> None:
        super().__init__(_("Un appel est en cours avec cette personne. Réessayez après l’appel."))


class NirsDiffer(Refused):
    """Each has a NIR of their own, and the two differ: the user must confirm."""

    def __init__(self) -> None:
        super().__init__(_("Les deux NIR sont bien ceux de ces personnes, et ils diffèrent."))


REFUSALS: dict[Verdict, type[Refused]] = {
    Verdict.TWO_WORLDS: TwoWorlds,
    Verdict.ERASED: Erased,
    Verdict.SAID_DIFFERENT: SaidDifferent,
    Verdict.TWO_CALLS: OnTheLine,
    Verdict.ASK_TWICE: NirsDiffer,
}
