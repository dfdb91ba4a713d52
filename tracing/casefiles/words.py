"""French words of the files: reasons, what happened, and the answer that is given in thirty seconds."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.casefiles.rules import FileReason, FoundBy
from tracing.cases.models import CaseOutcome
from tracing.cases.words import OUTCOME_WORDS
from tracing.contacts.models import Contact, ContactStatus
from tracing.escalations.words import ruling_sentence
from tracing.facts.rules import UNKNOWN, FactKind
from tracing.facts.ruling_rules import Ruling
from tracing.help_requests.rules import Need
from tracing.help_requests.words import NEED_WORDS
from tracing.queue.models import TaskState
from tracing.queue.words import TASK_STATE_WORDS
from tracing.ui.filters import day, moment

REASON_WORDS: dict[FileReason, LazyString] = {
    FileReason.COMPLAINT: _l("Réclamation de la personne ou de ses proches"),
    FileReason.ASKS: _l("La personne ou un proche demande où en est le suivi"),
    FileReason.CORRECTION: _l("Vérifier ou faire corriger le dossier"),
    FileReason.OPINION: _l("Avis médical"),
    FileReason.RIGHTS: _l("Droits de la personne : accès, rectification, opposition"),
    FileReason.CONTROL: _l("Contrôle des consultations"),
    FileReason.LISTED: _l("Liste à traiter ou avis demandé"),
    FileReason.OTHER: _l("Autre motif, à préciser"),
}

FOUND_BY_WORDS: dict[FoundBy, LazyString] = {
    FoundBy.REFERENCE: _l("par référence"),
    FoundBy.NUMBER: _l("par numéro de téléphone"),
    FoundBy.NIR: _l("par numéro de sécurité sociale"),
    FoundBy.NAME: _l("par nom et date de naissance"),
    FoundBy.LIST: _l("depuis une liste"),
    FoundBy.QUESTION: _l("depuis un avis demandé"),
    FoundBy.LINK: _l("depuis un dossier lié"),
}

CONTACT_WORDS: dict[ContactStatus, tuple[str, LazyString]] = {
    ContactStatus.NAMED: ("info", _l("Pas encore avertie")),
    ContactStatus.INFORMED: ("done", _l("Prévenue")),
    ContactStatus.REFUSED: ("soon", _l("Refus de l’appel")),
    ContactStatus.UNREACHABLE: ("soon", _l("Injoignable")),
    ContactStatus.BECAME_CASE: ("neutral", _l("Devenue un cas")),
    ContactStatus.REMOVED: ("neutral", _l("Retirée de la liste")),
}

MEASURE_WORDS: dict[str, LazyString] = {
    "required": _l("demandé"),
    "not_required": _l("rien n’est demandé"),
    "no_rule": _l("aucune règle à cette date"),
    "missing_dates": _l("il manque une date"),
}

VALUE_WORDS: dict[str, LazyString] = {
    UNKNOWN: _l("ne sait pas"),
    "complete": _l("complète"),
    "incomplete": _l("incomplète"),
    "partial": _l("incomplète"),
    "none": _l("aucune"),
    "positive": _l("positif"),
    "negative": _l("négatif"),
    "pcr": _l("PCR"),
    "antigen": _l("antigénique"),
    "self_test": _l("autotest"),
    "case_first": _l("appel du patient zéro"),
    "contact_first": _l("appel d’une personne contact"),
    "case_follow_up": _l("appels de suivi"),
    "contact_follow_up": _l("appels de suivi"),
    "unsure_day": _l("le jour n’est pas sûr"),
    "frequent": _l("vit avec la personne, ou la voit chaque jour"),
    "doctor": _l("avis du médecin-conseil"),
}

EVENT_WORDS: dict[str, tuple[str, LazyString]] = {
    "case.opened": ("plus-lg", _l("Dossier ouvert")),
    "case.closed": ("lock-fill", _l("Dossier clos")),
    "case.reopened": ("arrow-counterclockwise", _l("Dossier rouvert")),
    "case.kept": ("check-circle", _l("Dossier gardé malgré le retrait")),
    "case.opened_by_mistake": (
        "arrow-counterclockwise",
        _l("Ouvert par erreur sur un test dit positif, annulé"),
    ),
    "case.result_withdrawn": ("exclamation-triangle-fill", _l("Résultat retiré par le laboratoire")),
    "case.result_reinstated": ("check-circle", _l("Résultat retiré, puis confirmé")),
    "contact.edited": ("pencil", _l("Contact corrigé")),
    "contact.removed": ("x-circle", _l("Contact retiré de la liste")),
    "contact.restored": ("arrow-counterclockwise", _l("Contact remis sur la liste")),
    "contact.reopened": ("arrow-counterclockwise", _l("Contact rouvert")),
    "contact.became_case": ("exclamation-triangle-fill", _l("Contact devenu un cas")),
    "contact.turned_back": ("arrow-counterclockwise", _l("Redevenu contact")),
    "contact.disclosure": ("people", _l("Droit de dire le nom changé")),
    "task.closed": ("telephone-minus", _l("Appel sorti de la file")),
    "task.reopened": ("telephone", _l("Appel remis dans la file")),
    "task.taken_up_again": ("telephone", _l("Appel clos rouvert")),
    "task.kept_open": ("telephone", _l("Appel gardé ouvert, à compléter")),
    "call.outcome_taken_back": ("arrow-counterclockwise", _l("Issue de l’appel annulée")),
    "help.to_pass_on": ("basket", _l("Aide demandée, à transmettre")),
    "help.passed_on": ("basket", _l("Aide demandée, transmise au service")),
    "help.done": ("basket", _l("Aide demandée, faite")),
    "help.withdrawn": ("basket", _l("Aide demandée, retirée")),
    "handover.written": ("chat-left-text", _l("Note laissée pour qui rappellera")),
    "handover.removed": ("chat-left-text", _l("Note pour qui rappellera retirée")),
    "task.covered": ("telephone-minus", _l("Appel couvert par celui d’une autre fiche")),
    "consequence.contact_leaves": ("calendar-event", _l("Hors de la période de contagion")),
    "consequence.contact_returns": ("calendar-event", _l("De nouveau dans la période")),
    "consequence.call_opens": ("telephone", _l("Appel demandé : une réponse a changé")),
    "consequence.call_stops": ("telephone-minus", _l("Appel arrêté : une réponse a changé")),
    "consequence.ring_again": ("telephone", _l("À rappeler : la personne avait entendu autre chose")),
    "consequence.ring_no_more": ("telephone-minus", _l("Rappel levé : ce qui a été dit vaut de nouveau")),
    "consequence.told_already": ("check2-all", _l("Déjà avertie par un autre appel, rien de plus à dire")),
    "consequence.not_told": ("arrow-counterclockwise", _l("N’avait pas été avertie : à appeler")),
    "consequence.call_never": ("bell-slash", _l("Appel arrêté pour de bon")),
    "consequence.call_after_all": ("telephone", _l("Appel rouvert")),
    "consequence.follow_up_opens": ("calendar-check", _l("Appel de suivi prévu")),
    "consequence.follow_up_moves": ("calendar-event", _l("Appel de suivi déplacé")),
    "consequence.follow_up_held": ("hospital", _l("Suivi suspendu : la personne est à l’hôpital")),
    "consequence.follow_up_stops": ("telephone-minus", _l("Plus d’appel de suivi")),
    "consequence.messages_stop": ("bell-slash", _l("Messages arrêtés")),
    "consequence.messages_go_on": ("envelope", _l("Messages de nouveau permis")),
    "consequence.note_to_mend": ("file-earmark-text", _l("Arrêt à reprendre : les jours ont changé")),
}
"""What the log says of a file that a reader understands, with its icon; the rest stays in the journal."""

TOLD_WITH = _l("Dans l’appel au sujet d’une autre rencontre : rien de plus n’est demandé pour celle-ci.")

BY_A_PERSON_ONLY = frozenset({"task.reopened", "contact.edited"})
"""Told only when a member did it: otherwise the call beside it says the same."""
CLOSED_WITHOUT_A_CALL = frozenset({TaskState.CANCELLED, TaskState.NO_NUMBER})
"""Ends of a call that no call explains."""

NEXT_WORDS: dict[TaskState, LazyString] = {
    TaskState.DONE: _l("Rien : l’appel est fait, aucun autre n’est prévu."),
    TaskState.NO_NUMBER: _l(
        "Personne ne peut appeler : aucun numéro connu n’est bon. Un superviseur cherche un numéro ou écrit."
    ),
    TaskState.UNREACHABLE: _l("Toutes les tentatives ont été faites. Un superviseur décide de la suite."),
    TaskState.WAITING_DOCTOR: _l("L’appel repart dès que le médecin-conseil a répondu."),
    TaskState.WAITING_LANGUAGE: _l("L’appel attend quelqu’un qui parle la langue de la personne."),
    TaskState.WAITING_INTERPRETER: _l("L’appel attend un interprète."),
    TaskState.TO_HAND_ON: _l("Un autre service prend la suite, dès qu’un superviseur l’a prévenu."),
    TaskState.DECEASED: _l("Rien : un décès est signalé. Personne n’appelle, rien n’est envoyé."),
    TaskState.NO_CALLS: _l("Rien : la personne a demandé à ne plus être appelée."),
    TaskState.IDENTITY_FAILED: _l("Un superviseur compare les identités avant tout autre appel."),
    TaskState.CANCELLED: _l("Aucun appel n’est prévu."),
}


RULINGS = frozenset({FactKind.MEASURE, FactKind.RISK, FactKind.NOTE_DAYS})


def value_in_words(kind: FactKind, value: Any, on: date | None = None) -> str:
    """Return the value of a fact as it is read; `on` is the day it speaks of."""
    if isinstance(value, bool):
        return str(_("oui") if value else _("non"))
    if kind in RULINGS and isinstance(value, Mapping):
        return ruling_sentence(Ruling.read(value))
    if isinstance(value, Mapping):
        return ", ".join(value_in_words(kind, one) for one in value.values() if one is not None)
    if isinstance(value, list | tuple):
        return ", ".join(value_in_words(kind, one) for one in value)
    text = str(value)
    if kind is FactKind.TEST:
        said = ", ".join(
            str(VALUE_WORDS.get(part, part)) for part in text.rpartition("_") if part not in {"", "_"}
        )
        return str(_("%(test)s, prélevé le %(day)s", test=said, day=day(on))) if on else said
    if text in VALUE_WORDS:
        return str(VALUE_WORDS[text])
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def identity_in_words(kind: FactKind, stated: Mapping[str, str]) -> str:
    """Return what was said of who somebody is, as it is read; a birth date or name that nobody knew says so."""
    if kind is FactKind.ADDRESS:
        found = ", ".join(
            filter(
                None,
                (stated.get("address"), f"{stated.get('postcode', '')} {stated.get('city', '')}".strip()),
            )
        )
    elif kind is FactKind.BIRTH_DATE and stated.get("birth_date"):
        found = f"{date.fromisoformat(stated['birth_date']):%d/%m/%Y}"
    else:
        found = stated.get(kind.value, "")
    return found or str(_("inconnu"))


def is_told(kind: str, detail: Mapping[str, Any], *, by_id: int | None) -> bool:
    """Return whether the file tells what the log says, or leaves it to the journal or to the call beside it."""
    if kind == "task.closed":
        return detail.get("state") in CLOSED_WITHOUT_A_CALL
    return kind in EVENT_WORDS and not (kind in BY_A_PERSON_ONLY and by_id is None)


def met_in_words(contact: Contact) -> str:
    """Return the last day on which a contact met the case."""
    if contact.is_day_unknown:
        return str(_("jour inconnu, compté au %(day)s", day=day(contact.last_contact_on)))
    return day(contact.last_contact_on)


def born_in_words(sex: str, born: date) -> str:
    """Return when somebody was born."""
    when = day(born)
    if sex == "F":
        return str(_("née le %(day)s", day=when))
    return str(_("né le %(day)s", day=when) if sex == "M" else _("née ou né le %(day)s", day=when))


def event_in_words(kind: str, detail: Mapping[str, Any]) -> str:
    """Return what happened, with what the log knows beside it."""
    said = str(EVENT_WORDS[kind][1])
    beside = ""
    if kind == "case.closed" and detail.get("outcome") == CaseOutcome.COMPLETED:
        # calls of follow-up go on
        return str(_("Dossier clos, plus personne à prévenir"))
    if kind == "case.closed" and "outcome" in detail:
        return str(OUTCOME_WORDS[CaseOutcome(detail["outcome"])])
    if "need" in detail:
        beside = str(NEED_WORDS[Need(detail["need"])])
    if kind == "task.closed" and "state" in detail:
        beside = str(TASK_STATE_WORDS[TaskState(detail["state"])])
    return _("%(what)s : %(beside)s", what=said, beside=beside) if beside else said


def rung_in_words(times: int, reached: int) -> str:
    """Return how often somebody rang, and how often the person was spoken to."""
    if not times:
        return str(_("Personne n’a encore appelé."))
    rung = str(ngettext("%(num)d appel", "%(num)d appels", times))
    if not reached:
        return str(_("%(rung)s, sans joindre la personne.", rung=rung))
    return str(_("%(rung)s, dont %(reached)s où quelqu’un a répondu.", rung=rung, reached=reached))


def next_in_words(
    state: TaskState,
    *,
    due_at: datetime,
    promised_at: datetime | None,
    promised_by: str | None,
    is_covered: bool,
    on_the_line: str | None,
    planned_on: date | None = None,
) -> str:
    """Return what comes next for the person: who is on the line, a promise, a call, a decision, or nothing."""
    if on_the_line is not None:
        return str(_("%(name)s est en ligne avec le foyer en ce moment.", name=on_the_line))
    if is_covered:
        return str(_("L’appel de son autre fiche en tient lieu : la personne n’est appelée qu’une fois."))
    if state is not TaskState.OPEN:
        return str(NEXT_WORDS[state])
    if promised_at is not None and promised_by is not None:
        return str(_("Rappel promis par %(name)s : %(when)s.", name=promised_by, when=moment(promised_at)))
    if promised_at is not None:
        return str(_("Rappel promis : %(when)s.", when=moment(promised_at)))
    if planned_on is not None:
        return str(_("Un appel de suivi est prévu le %(day)s.", day=day(planned_on)))
    return str(_("L’appel est dans la file. Échéance : %(when)s.", when=moment(due_at)))


def until_in_words(last_day: date | None) -> str:
    """Return until when the person stays at home."""
    return str(_("jusqu’au %(day)s inclus", day=day(last_day))) if last_day else ""
