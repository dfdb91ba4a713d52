"""Refusals of calls, conversations and callbacks."""

from flask_babel import gettext as _
from flask_babel import ngettext

from tracing.kernel.errors import Invalid, Missing, Refused
from tracing.queue.errors import ClaimLost


class NoSuchCall(Missing):
    """There is no such call, or it belongs to another tracer."""

    def __init__(self) -> None:
        super().__init__(_("Cet appel n’existe pas, ou n’est pas le vôtre."))


class IdentityFirst(Refused):
    """Health content opens only after the person has confirmed their identity in this call."""

    def __init__(self) -> None:
        super().__init__(_("Confirmez d’abord l’identité de la personne : elle la dit elle-même."))


class LedElsewhere(ClaimLost):
    """The tracer took the call over in another browser: this browser's page is out of date."""

    def __init__(self) -> None:
        Refused.__init__(
            self,
            _(
                "Vous avez repris cet appel dans un autre navigateur : continuez là-bas. Ce que vous avez tapé ici est gardé en brouillon."
            ),
        )


class CallEnded(ClaimLost):
    """The tracer has ended the call, in this browser or another tab: an older page of it is still open."""

    is_over = True

    def __init__(self) -> None:
        Refused.__init__(
            self,
            _(
                "Vous avez déjà terminé cet appel : son issue est notée. Ce que vous avez tapé ici est gardé en brouillon."
            ),
        )


class ReasonNeeded(Invalid):
    """The tracer gave back so many calls without a reason today that the next one needs a reason."""

    def __init__(self) -> None:
        super().__init__(_("Choisissez pourquoi vous rendez cet appel."))


class StillMissing(Refused):
    """The call cannot be completed: a required question or a mandatory statement is still open."""

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
    """The callback is outside the calling hours, or in the past."""

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
    """The callback is at an hour at which no tracer works who can keep it."""

    def __init__(self) -> None:
        Refused.__init__(
            self,
            _(
                "Personne ne travaille à ce moment-là pour tenir ce rappel. Choisissez une autre heure. Rien n’a été promis."
            ),
        )


class NoSuchRequest(Missing):
    """The site has no such request."""

    def __init__(self) -> None:
        super().__init__(_("Cette demande n’est pas sur la liste de votre site."))


class NoteChanged(Refused):
    """Somebody left another note since the page was opened: it is read before it is replaced."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Une autre note vient d’être laissée, et rien n’a été remplacé. Relisez-la, puis gardez la vôtre si elle vaut mieux."
            )
        )


class NoteTooLong(Invalid):
    """A note for the next caller is read before ringing: it stays short."""

    def __init__(self) -> None:
        super().__init__(_("Cette note est trop longue : 140 signes au plus. Rien n’a été gardé."))
