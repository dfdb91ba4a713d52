"""What the queue refuses."""

from flask_babel import gettext as _

from tracing.kernel.errors import Missing, Refused


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


class OnAnotherCall(Refused):
    """One person holds one call."""

    def __init__(self) -> None:
        super().__init__(_("Cette personne a déjà un appel ouvert."))
