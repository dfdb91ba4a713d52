"""French words of the contact list: risks, circumstances, what happens to the call."""

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.contacts.models import ContactStatus
from tracing.contacts.rules import ContactLink, Described, KeepReason, MeetingKind
from tracing.programmes.vocabulary import Criterion, Distance, Protection, RiskLevel
from tracing.queue.models import TaskState

RISK_WORDS: dict[RiskLevel, LazyString] = {
    RiskLevel.AT_RISK: _l("À risque"),
    RiskLevel.NEGLIGIBLE: _l("Négligeable"),
    RiskLevel.UNDETERMINED: _l("À préciser"),
}
RISK_TONES = {
    RiskLevel.AT_RISK: "danger",
    RiskLevel.NEGLIGIBLE: "neutral",
    RiskLevel.UNDETERMINED: "soon",
}
CRITERION_WORDS: dict[Criterion, LazyString] = {
    Criterion.INFECTED_RECENTLY: _l("infection récente"),
    Criterion.LIVES_WITH: _l("même toit"),
    Criterion.PROTECTED: _l("protection efficace"),
    Criterion.CARE: _l("soin"),
    Criterion.FACE_TO_FACE: _l("face-à-face"),
    Criterion.COUGH: _l("toux"),
    Criterion.CONFINED: _l("lieu clos"),
    Criterion.SAME_CLASS: _l("même classe"),
    Criterion.NOTHING_COUNTS: _l("aucune circonstance à risque"),
}
DISTANCE_WORDS: dict[Distance, LazyString] = {
    Distance.NO_FACE_TO_FACE: _l("Non"),
    Distance.UNDER_1_M: _l("À moins de 1 m"),
    Distance.FROM_1_TO_2_M: _l("De 1 à 2 m"),
    Distance.BEYOND_2_M: _l("Plus loin"),
}
PROTECTION_WORDS: dict[Protection, LazyString] = {
    Protection.NONE: _l("Aucune"),
    Protection.BOTH_MASKS: _l("Masque chirurgical ou FFP2 sur les deux"),
    Protection.BOTH_FABRIC_1: _l("Masque en tissu de catégorie 1 sur les deux"),
    Protection.ONE_MASK: _l("Un seul des deux portait un masque"),
    Protection.SEPARATION: _l("Vitre ou cloison entre deux espaces"),
    Protection.INEFFECTIVE: _l("Masque maison, visière, plexiglas de comptoir"),
}

LINK_WORDS: dict[ContactLink, LazyString] = {
    ContactLink.FAMILY: _l("Famille"),
    ContactLink.FRIEND: _l("Ami ou amie"),
    ContactLink.COLLEAGUE: _l("Collègue"),
    ContactLink.SCHOOL: _l("École ou études"),
    ContactLink.NEIGHBOUR: _l("Voisinage"),
    ContactLink.CARE: _l("Soin ou aide"),
    ContactLink.LEISURE: _l("Sport ou loisirs"),
    ContactLink.OTHER: _l("Autre"),
}

MEETING_WORDS: dict[MeetingKind, LazyString] = {
    MeetingKind.SAME_ROOF: _l("Même toit"),
    MeetingKind.CLOSE: _l("Face à face, moins de 1 m, sans masque"),
    MeetingKind.CONFINED: _l("Lieu clos, assez longtemps, sans masque"),
    MeetingKind.CARE: _l("Soin ou aide à la toilette"),
    MeetingKind.SAME_CLASS: _l("Même classe"),
    MeetingKind.MASKED: _l("Masque sur les deux, tout le temps"),
    MeetingKind.PASSING: _l("De loin, ou en passant"),
}

_AFTER_CALL: dict[ContactStatus, LazyString] = {
    ContactStatus.INFORMED: _l("Prévenue"),
    ContactStatus.REFUSED: _l("N’a pas souhaité répondre"),
    ContactStatus.UNREACHABLE: _l("Pas encore jointe"),
    # the person who named them must not learn of their positive test
    ContactStatus.BECAME_CASE: _l("Suivie par la plateforme"),
    ContactStatus.REMOVED: _l("Retirée de la liste"),
}
_WAITING: dict[TaskState, tuple[str, LazyString]] = {
    TaskState.NO_NUMBER: ("soon", _l("Sans numéro : ne peut pas être appelée")),
    TaskState.UNREACHABLE: ("soon", _l("Pas encore jointe")),
    TaskState.WAITING_DOCTOR: ("neutral", _l("Pas encore jointe")),
    TaskState.WAITING_LANGUAGE: ("neutral", _l("Pas encore jointe")),
    TaskState.WAITING_INTERPRETER: ("neutral", _l("Pas encore jointe")),
    TaskState.IDENTITY_FAILED: ("neutral", _l("Pas encore jointe")),
    # the person who named them must not learn why
    TaskState.TO_HAND_ON: ("neutral", _l("Suivie par la plateforme")),
    TaskState.DECEASED: ("neutral", _l("Ne sera pas appelée")),
    TaskState.NO_CALLS: ("neutral", _l("Ne sera pas appelée")),
    TaskState.DONE: ("done", _l("Prévenue")),
}

KEEP_WORDS: dict[KeepReason, LazyString] = {
    KeepReason.UNSURE_DAY: _l("Le jour n’est pas sûr"),
    KeepReason.FREQUENT: _l("Vit avec la personne, ou la voit chaque jour"),
    KeepReason.DOCTOR: _l("Avis du médecin-conseil"),
}


def what_follows(
    status: ContactStatus,
    task_state: TaskState | None,
    *,
    is_outside: bool = False,
    has_refused: bool = False,
    is_told_elsewhere: bool = False,
    due: str,
    is_here: bool,
) -> tuple[str, str]:
    """Return a tone and the words for what happens to a contact's call; `due` says by when it is promised."""
    if is_told_elsewhere:
        # the person who named them must not learn that others have
        return "neutral", str(_AFTER_CALL[ContactStatus.BECAME_CASE])
    if is_outside and status is ContactStatus.NAMED:
        return "soon", _("Hors période de contagion : ne sera pas appelée")
    if is_outside and status is ContactStatus.INFORMED:
        if task_state is not TaskState.OPEN:
            return "neutral", _("Hors période de contagion : avertie")
        return "soon", _("Hors période de contagion : avertie, sera rappelée pour le lui dire")
    if has_refused and status is ContactStatus.NAMED:
        return "neutral", _("Refus d’un autre appel : ne sera pas appelée")
    if status in _AFTER_CALL:
        return "done" if status is ContactStatus.INFORMED else "neutral", str(_AFTER_CALL[status])
    if task_state is TaskState.OPEN and is_here:
        return "info", _("Même numéro : à voir dans cet appel")
    if task_state is TaskState.OPEN:
        return "neutral", _("Appel avant %(due)s", due=due)
    if task_state in _WAITING:
        tone, words = _WAITING[task_state]
        return tone, str(words)
    return "neutral", _("Pas d’appel")


def said_by_case(described: Described) -> list[str]:
    """Return what the case said of a contact besides who they are: the link, the place, and whether they were warned."""
    link = str(LINK_WORDS[ContactLink(described.link)]).lower() if described.link else ""
    warned = {True: _("déjà avertie"), False: _("pas encore avertie"), None: ""}[described.is_warned]
    said = described.household
    apart = {True: _("peut rester à part"), False: _("ne peut pas rester à part"), None: ""}
    household = (
        _("symptômes") if said and said.has_symptoms else "",
        _("fragile") if said and said.is_fragile else "",
        apart[said.can_separate if said else None],
    )
    return [one for one in (link, described.place, warned, *household) if one]


def consequence(risk: RiskLevel, *, due: str, has_number: bool = True, is_child: bool = False) -> str:
    """Return the sentence for what saving a contact of this risk leads to; `due` says by when the call is promised.

    For a child a parent answers.

    Without a number nobody calls, whatever the risk: the supervisor looks for one, or writes.
    """
    if not has_number and risk is not RiskLevel.NEGLIGIBLE:
        return str(
            _(
                "Il manque un numéro : personne ne pourra l’appeler. Demandez-le ; sinon, le superviseur le cherchera."
            )
        )
    if is_child and risk is RiskLevel.UNDETERMINED:
        return str(
            _("Un parent sera appelé par précaution avant %(due)s, et complétera pour l’enfant.", due=due)
        )
    if is_child and risk is RiskLevel.AT_RISK:
        return str(_("Un parent sera appelé avant %(due)s.", due=due))
    sentence = {
        RiskLevel.AT_RISK: _("Cette personne sera appelée avant %(due)s.", due=due),
        RiskLevel.UNDETERMINED: _(
            "Elle sera appelée par précaution avant %(due)s, et complétera elle-même.", due=due
        ),
        RiskLevel.NEGLIGIBLE: _("Cette personne ne sera pas appelée."),
    }[risk]
    return str(sentence)
