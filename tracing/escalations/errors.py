"""What the escalation part refuses."""

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused


class NoSuchEscalation(Missing):
    """There is no such question, or it is for other people."""

    def __init__(self) -> None:
        super().__init__(_("Cette demande d’avis n’existe pas, ou ne vous est pas adressée."))


class AlreadyTaken(Refused):
    """Somebody else took the question first."""

    def __init__(self, name: str) -> None:
        super().__init__(_("%(name)s a déjà pris cette demande. Rien n’a été changé.", name=name))


class AlreadySettled(Refused):
    """The question was answered meanwhile."""

    def __init__(self, name: str) -> None:
        super().__init__(_("%(name)s a déjà répondu à cette demande. Rien n’a été changé.", name=name))


class NotTakenByYou(Refused):
    """Only who took a question answers it."""

    def __init__(self) -> None:
        super().__init__(
            _("Cette demande n’est plus entre vos mains : elle est revenue dans la liste. Prenez-la d’abord.")
        )


class MedicalForAdviser(Invalid):
    """A referent never reads a medical question."""

    def __init__(self) -> None:
        super().__init__(_("Une question médicale va au médecin-conseil, pas au référent."))


class QuestionNeeded(Invalid):
    """Nobody can answer an empty question."""

    def __init__(self) -> None:
        super().__init__(_("Écrivez votre question en une phrase."))


class TooLong(Invalid):
    """A text is longer than what can be read during a call."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            _(
                "Ce texte compte %(length)d signes : raccourcissez-le à %(limit)d.",
                length=length,
                limit=limit,
            )
        )


class AnswerNeeded(Invalid):
    """Who asked must be told something."""

    def __init__(self) -> None:
        super().__init__(_("Écrivez la réponse que l’enquêteur lira."))


class OnTheLine(Refused):
    """Somebody has the household: nobody else rings its numbers."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "%(name)s est en appel avec ce foyer. Passez par cette personne, ou attendez la fin de l’appel.",
                name=name,
            )
        )


class OtherCallFirst(Refused):
    """One person has one call."""

    def __init__(self) -> None:
        super().__init__(_("Vous avez déjà un appel ouvert. Terminez-le, puis appelez cette personne."))


class NobodyIsCalled(Refused):
    """The person is said to be dead, or has no number."""

    def __init__(self) -> None:
        super().__init__(_("Cette personne n’est plus appelée. Rien n’a été changé."))
