"""Refusals of the queue."""

from datetime import datetime

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused
from tracing.ui.formats import clock


class ClaimLost(Refused):
    """The claim under which this was typed has ended: another tracer may be on the line."""

    is_over = False
    """Whether the tracer ended the call, so that nobody else has it."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cet appel n’est plus le vôtre : il est revenu dans la file. Ce que vous avez tapé est gardé en brouillon."
            )
        )


class NotWaiting(Refused):
    """The household is not in a state that allows this."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cet appel n’est plus dans cet état : quelqu’un l’a pris ou fini entre-temps. Rien n’a été changé."
            )
        )


class NoSuchEntry(Missing):
    """The queue of this site has no such household."""

    def __init__(self) -> None:
        super().__init__(_("Cet appel n’est pas dans la file de votre site."))


class HasPriority(Refused):
    """The lot or the postcode already has priority."""

    def __init__(self) -> None:
        super().__init__(_("Cette priorité est déjà donnée. Rien n’a été changé."))


class NoSuchPriority(Missing):
    """No such priority is in force at this site, or it has ended."""

    def __init__(self) -> None:
        super().__init__(_("Cette priorité n’est plus en cours sur votre site. Rien n’a été changé."))


class NothingWaits(Refused):
    """The lot belongs to another site, or all its calls are made."""

    def __init__(self) -> None:
        super().__init__(_("Aucun appel de ce lot n’attend sur votre site. Rien n’a été changé."))


class OutsideHours(Refused):
    """Calling hours do not allow a call there now."""

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(
            _(
                "On n’appelle pas ce foyer à cette heure : ses heures d’appel reprennent le %(day)s à %(time)s. Rien n’a été changé.",
                day=f"{opens_at:%d/%m}",
                time=clock(opens_at),
            )
        )


class ClosedThatDay(Invalid):
    """The callback would fall on a Sunday or a public holiday on which the site does not call."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "On n’appelle pas ce jour-là : c’est un dimanche ou un jour férié. Choisissez un autre jour. Rien n’a été promis."
            )
        )


class OnAnotherCall(Refused):
    """The member already has a call: only one is allowed."""

    def __init__(self) -> None:
        super().__init__(_("Cette personne a déjà un appel ouvert."))


class BeingJoined(Refused):
    """The household must be joined with another one that is on a call."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce foyer est réuni en ce moment avec un autre, qui est en appel. Essayez de nouveau dans une minute."
            )
        )


class HeldBy(Refused):
    """A colleague is on a call with the household, or about to be."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(_("%(name)s a déjà ce foyer en appel. Passez-lui la personne.", name=name))
