"""Refusals of escalations."""

from datetime import date

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused


class NoSuchEscalation(Missing):
    """There is no such question, or it is for another audience."""

    def __init__(self) -> None:
        super().__init__(_("Cette demande d’avis n’existe pas, ou ne vous est pas adressée."))


class AlreadyTaken(Refused):
    """Another member took the question first."""

    def __init__(self, name: str) -> None:
        super().__init__(_("%(name)s a déjà pris cette demande. Rien n’a été changé.", name=name))


class AlreadySettled(Refused):
    """The question was answered in the meantime."""

    def __init__(self, name: str) -> None:
        super().__init__(_("%(name)s a déjà répondu à cette demande. Rien n’a été changé.", name=name))


class WantedByAnother(Refused):
    """A colleague who is on a call takes the question next."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "%(name)s la prendra après son appel. Si elle ne peut pas attendre, prenez-la tout de suite.",
                name=name,
            )
        )


class NotTakenByYou(Refused):
    """The question must be taken before it is answered."""

    def __init__(self) -> None:
        super().__init__(
            _("Cette demande n’est plus entre vos mains : elle est revenue dans la liste. Prenez-la d’abord.")
        )


class MedicalForAdviser(Invalid):
    """A medical question cannot go to a referent."""

    def __init__(self) -> None:
        super().__init__(_("Une question médicale va au médecin-conseil, pas au référent."))


class QuestionNeeded(Invalid):
    """The question is empty."""

    def __init__(self) -> None:
        super().__init__(_("Écrivez votre question en une phrase."))


class TooLong(Invalid):
    """The text is longer than what can be read during a call."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            _(
                "Ce texte compte %(length)d signes : raccourcissez-le à %(limit)d.",
                length=length,
                limit=limit,
            )
        )


class AnswerNeeded(Invalid):
    """The answer is empty."""

    def __init__(self) -> None:
        super().__init__(_("Écrivez la réponse que l’enquêteur lira."))


class RulingDoesNotFit(Invalid):
    """A decision apart from the rules lacks a day, or is about days that cannot be meant."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Vérifiez les jours de votre décision : le premier avant le dernier, et pas à plus de deux mois d’ici."
            )
        )


class EndsTooEarly(Invalid):
    """The last day of a measure is before the meeting or the sampling, or long past."""

    def __init__(self, first: date) -> None:
        super().__init__(
            _(
                "Le dernier jour ne peut pas être avant le %(first)s : ni avant la rencontre ou le prélèvement, ni plus de deux semaines en arrière.",
                first=f"{first:%d/%m/%Y}",
            )
        )


class EndsAsByRule(Invalid):
    """The last day of a measure is the one that the rule gives: nothing would be decided."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "C’est déjà le dernier jour d’après la règle\u202f: choisissez un autre jour, ou laissez-la s’appliquer."
            )
        )


class NotADayToCome(Invalid):
    """The later call is not on a later day."""

    def __init__(self) -> None:
        super().__init__(_("Choisissez un jour à venir pour le rappel, dans les deux mois."))


class NoOneToCall(Invalid):
    """The member who should call is no tracer of the site."""

    def __init__(self) -> None:
        super().__init__(_("Cette personne n’appelle plus pour ce site : choisissez quelqu’un d’autre."))


class OnTheLine(Refused):
    """Another member holds the household: no one else may ring its numbers."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "%(name)s est en appel avec ce foyer. Passez par cette personne, ou attendez la fin de l’appel.",
                name=name,
            )
        )


class OtherCallFirst(Refused):
    """The member already has a call: only one is allowed."""

    def __init__(self) -> None:
        super().__init__(_("Vous avez déjà un appel ouvert. Terminez-le, puis appelez cette personne."))


class NobodyIsCalled(Refused):
    """The person was reported dead, or has no number."""

    def __init__(self) -> None:
        super().__init__(_("Cette personne n’est plus appelée. Rien n’a été changé."))
