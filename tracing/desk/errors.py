"""What the desk refuses."""

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Refused


class AlreadyFinished(Refused):
    """The conversation with this person was ended in this call: a second click ends nothing twice."""

    def __init__(self) -> None:
        super().__init__(_("Vous avez déjà terminé avec cette personne dans cet appel."))


class WordsChanged(Invalid):
    """The statement was ticked on words that have changed since: it must be read again."""

    def __init__(self) -> None:
        super().__init__(_("Ce texte a changé depuis : relisez-le à la personne, puis confirmez."))


class CallbackNeeded(Invalid):
    """A callback is promised for a day and an hour."""

    def __init__(self) -> None:
        super().__init__(_("Donnez le jour et l’heure du rappel."))


class NoSuchHour(Invalid):
    """A callback is promised for an hour that the clocks leap over."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette heure n’existe pas ce jour-là : les montres avancent. Choisissez une autre heure. Rien n’a été promis."
            )
        )


class OnACallAlready(Refused):
    """Whoever is on a call takes nobody else who rings."""

    def __init__(self) -> None:
        super().__init__(
            _("Vous avez déjà un appel ouvert. Terminez-le ou rendez-le, puis cherchez de nouveau.")
        )


class NotFree(Invalid):
    """A call is handed to a colleague who is there and has none."""

    def __init__(self) -> None:
        super().__init__(
            _("Cette personne n’est plus libre. Choisissez-en une autre, ou rendez l’appel à la file.")
        )
