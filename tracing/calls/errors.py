"""What the call part refuses."""

from flask_babel import gettext as _
from flask_babel import ngettext

from tracing.kernel.errors import Invalid, Missing, Refused
from tracing.queue.errors import ClaimLost


class NoSuchCall(Missing):
    """There is no such call, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__(_("Cet appel n’existe pas, ou n’est pas le vôtre."))


class IdentityFirst(Refused):
    """Health content opens only after the person said who they are, in this call."""

    def __init__(self) -> None:
        super().__init__(_("Confirmez d’abord l’identité de la personne : elle la dit elle-même."))


class LedElsewhere(ClaimLost):
    """The tracer took the call over in another browser: this one's page is old."""

    def __init__(self) -> None:
        Refused.__init__(
            self,
            _(
                "Vous avez repris cet appel dans un autre navigateur : continuez là-bas. Ce que vous avez tapé ici est gardé en brouillon."
            ),
        )


class ReasonNeeded(Invalid):
    """So many calls were given back without a word today that the next one says why."""

    def __init__(self) -> None:
        super().__init__(_("Choisissez pourquoi vous rendez cet appel."))


class StillMissing(Refused):
    """A complete call leaves no required question and no mandatory statement open."""

    status = 422

    def __init__(self, labels: list[str]) -> None:
        self.labels = labels
        super().__init__(
            ngettext(
                "Il reste %(num)d point avant de terminer : %(what)s.",
                "Il reste %(num)d points avant de terminer : %(what)s.",
                len(labels),
                what=", ".join(labels),
            )
        )


class CallbackOutsideHours(Refused):
    """A callback is promised for a moment at which somebody works here."""

    status = 422

    def __init__(self, opens: str, closes: str) -> None:
        super().__init__(
            _(
                "Choisissez un moment à venir, entre %(opens)s et %(closes)s. Rien n’a été promis.",
                opens=opens,
                closes=closes,
            )
        )


class NobodyThen(CallbackOutsideHours):
    """A callback is promised for an hour at which somebody is at work who can keep it."""

    def __init__(self) -> None:
        Refused.__init__(
            self,
            _(
                "Personne ne travaille à ce moment-là pour tenir ce rappel. Choisissez une autre heure. Rien n’a été promis."
            ),
        )


class NoSuchRequest(Missing):
    """There is no such request at this site."""

    def __init__(self) -> None:
        super().__init__(_("Cette demande n’est pas sur la liste de votre site."))
