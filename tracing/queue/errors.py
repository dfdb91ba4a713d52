"""What the queue refuses."""

from datetime import datetime

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused
from tracing.ui.formats import clock


class ClaimLost(Refused):
    """The claim under which this was typed has ended: somebody else may be on the line."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cet appel n’est plus le vôtre : il est revenu dans la file. Ce que vous avez tapé est gardé en brouillon."
            )
        )


class NotWaiting(Refused):
    """The household is not in the state in which this can be done."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cet appel n’est plus dans cet état : quelqu’un l’a pris ou fini entre-temps. Rien n’a été changé."
            )
        )


class NoSuchEntry(Missing):
    """There is no such household in the queue of this site."""

    def __init__(self) -> None:
        super().__init__(_("Cet appel n’est pas dans la file de votre site."))


class HasPriority(Refused):
    """The lot or the place stands before the others already."""

    def __init__(self) -> None:
        super().__init__(_("Cette priorité est déjà donnée. Rien n’a été changé."))


class NoSuchPriority(Missing):
    """Nobody at this site has given that priority, or it has ended."""

    def __init__(self) -> None:
        super().__init__(_("Cette priorité n’est plus en cours sur votre site. Rien n’a été changé."))


class NothingWaits(Refused):
    """A lot of another site, or one whose calls are all made."""

    def __init__(self) -> None:
        super().__init__(_("Aucun appel de ce lot n’attend sur votre site. Rien n’a été changé."))


class OutsideHours(Refused):
    """Nobody is called there at this hour."""

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(
            _(
                "On n’appelle pas ce foyer à cette heure : ses heures d’appel reprennent le %(day)s à %(time)s. Rien n’a été changé.",
                day=f"{opens_at:%d/%m}",
                time=clock(opens_at),
            )
        )


class ClosedThatDay(Invalid):
    """A callback is promised for a Sunday or a public holiday on which the site does not call."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "On n’appelle pas ce jour-là : c’est un dimanche ou un jour férié. Choisissez un autre jour. Rien n’a été promis."
            )
        )


class OnAnotherCall(Refused):
    """One person holds one call."""

    def __init__(self) -> None:
        super().__init__(_("Cette personne a déjà un appel ouvert."))


class BeingJoined(Refused):
    """Its people are found to live with others, with whom somebody is on the line."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce foyer est réuni en ce moment avec un autre, qui est en appel. Essayez de nouveau dans une minute."
            )
        )


class HeldBy(Refused):
    """A colleague is on the line with the household, or about to be."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(_("%(name)s a déjà ce foyer en appel. Passez-lui la personne.", name=name))
