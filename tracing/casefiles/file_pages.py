"""What the page of a file shows: the short answer, then everything in order of time, each with its source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.calls.rules import BY_TRACER, IN_VAIN, SCRIPT_OF
from tracing.calls.words import OUTCOME_TONES
from tracing.calls.words import OUTCOME_WORDS as CALL_WORDS
from tracing.casefiles import file_queries, words
from tracing.casefiles.file_queries import FileData, Reading, Rung
from tracing.casefiles.models import FileOpening
from tracing.casefiles.queries import Subject
from tracing.casefiles.rules import Sees, shows_value
from tracing.cases.words import OUTCOME_WORDS as CASE_OUTCOME_WORDS
from tracing.cases.words import STATUS_WORDS as CASE_STATUS_WORDS
from tracing.contacts.models import Contact
from tracing.contacts.words import CRITERION_WORDS, RISK_WORDS
from tracing.escalations.models import EscalationState
from tracing.escalations.words import DECISION_WORDS
from tracing.escalations.words import REASON_WORDS as QUESTION_WORDS
from tracing.facts.models import Fact
from tracing.facts.rules import in_force, standing
from tracing.facts.words import KIND_WORDS, SOURCE_WORDS
from tracing.messages.words import CHANNEL_WORDS
from tracing.messages.words import STATE_WORDS as MESSAGE_WORDS
from tracing.people.rules import Identity
from tracing.programmes.vocabulary import Criterion
from tracing.queue.models import CallTask, EntryState, TaskKind, TaskState
from tracing.queue.words import TASK_STATE_WORDS
from tracing.scripts import transcript
from tracing.scripts.definitions import Script
from tracing.scripts.services import get_script
from tracing.scripts.transcript import Line
from tracing.ui.filters import clock, day, moment
from tracing.vault import services as vault

KIND_OF_SUBJECT = {False: _l("Patient zéro"), True: _l("Personne contact")}


class Moment(NamedTuple):
    """One line of what happened."""

    at: datetime
    icon: str
    tone: str
    what: str
    who: str
    """The member who did it; empty for the platform."""
    beside: Sequence[str] = ()
    quoted: str = ""
    """Words that somebody wrote."""


@dataclass(frozen=True, repr=False)
class FactLine:
    """One fact as the page shows it."""

    what: str
    value: str | None
    """None: the reader's role does not see it."""
    source: str
    said_at: datetime
    by: str
    state: str
    """`counts`, `replaced` or `taken_back`."""
    quoted: str


@dataclass(frozen=True, repr=False)
class ContactLine:
    """A contact of the case."""

    contact: Contact
    name: Identity | None
    task: CallTask | None
    last: Rung | None


@dataclass(frozen=True, repr=False)
class FilePage:
    """The page of one file."""

    subject: Subject
    data: FileData
    sees: Sees
    kind: str
    status: tuple[str, str]
    answer: Sequence[tuple[str, str]]
    """What is answered in thirty seconds: when we rang and who, what came of it, what was said, what is next."""
    decisions: Sequence[tuple[str, str]]
    timeline: Sequence[Moment]
    facts: Sequence[FactLine]
    contacts: Sequence[ContactLine]
    answers: Sequence[tuple[Script, Sequence[Line]]]
    """By call to make, the last one first, and by version of the script that asked."""
    readings: Sequence[Reading]
    openings: Sequence[FileOpening]

    @property
    def identity(self) -> Identity | None:
        """Who it is; None once destroyed."""
        return self.data.identity


def show(subject: Subject, *, sees: Sees, may_see_case: bool) -> FilePage:
    """Return the page of a file. The caller must record the sighting of everybody it names."""
    data = file_queries.load(subject, sees=sees, may_see_case=may_see_case)
    task = data.tasks[-1] if data.tasks else None
    return FilePage(
        subject=subject,
        data=data,
        sees=sees,
        kind=str(KIND_OF_SUBJECT[subject.contact is not None]),
        status=_status(subject),
        answer=_answer(data, task),
        decisions=_decisions(subject),
        timeline=_timeline(data, sees),
        facts=_facts(data, sees),
        contacts=[
            ContactLine(
                one,
                data.names.get(one.person_id),
                data.contact_tasks.get(one.id),
                data.last_calls.get(one.id),
            )
            for one in data.contacts
        ],
        answers=_answers(data),
        readings=data.readings,
        openings=data.openings,
    )


def people_shown(page: FilePage) -> set[int]:
    """Return the people whom the page names: the person, and the contacts for those who see their names."""
    return {page.subject.person_id} | set(page.data.names)


def _status(subject: Subject) -> tuple[str, str]:
    if subject.contact is not None:
        tone, word = words.CONTACT_WORDS[subject.contact.status]
        return tone, str(word)
    tone, word = CASE_STATUS_WORDS[subject.case.status]
    outcome = subject.case.outcome
    return tone, str(CASE_OUTCOME_WORDS[outcome] if outcome is not None else word)


# ---------- The answer ----------


def _answer(data: FileData, task: CallTask | None) -> list[tuple[str, str]]:
    made = [one for one in data.rung if one.conversation.outcome in BY_TRACER]
    reached = [one for one in made if one.conversation.outcome not in IN_VAIN]
    said = [(str(_("Appels")), words.rung_in_words(len(made), len(reached)))]
    if made:
        said.append((str(_("Dernier appel")), _rung_line(made[-1], data)))
    if reached and reached[-1] is not made[-1]:
        said.append((str(_("Dernière fois jointe")), _rung_line(reached[-1], data)))
    told = _told(data.subject)
    if told:
        said.append((str(_("Ce qui lui a été dit")), told))
    if task is None:
        return [*said, (str(_("La suite")), str(_("Aucun appel n’a été demandé.")))]
    live = data.entry is not None and data.entry.state is EntryState.CLAIMED
    on_the_line = data.members.get(data.entry.claimant_id or 0) if live and data.entry is not None else None
    promised_by = data.members.get(task.promised_by) if task.promised_by is not None else None
    coming = words.next_in_words(
        task.state,
        due_at=task.due_at,
        promised_at=task.promised_at,
        promised_by=promised_by,
        is_covered=task.covered_by is not None,
        on_the_line=on_the_line if task.state is TaskState.OPEN else None,
        planned_on=task.planned_on,
    )
    said.append((str(_("La suite")), coming))
    said += _calendar(data)
    asked = [one for one in data.questions if one.state is not EscalationState.SETTLED]
    if asked:
        since = _("Un avis est attendu depuis %(when)s.", when=moment(asked[-1].raised_at))
        said.append((str(_("Avis")), str(since)))
    return said


def _calendar(data: FileData) -> list[tuple[str, str]]:
    """Return the follow-up calls, one line each: the day, and what became of it."""
    return [
        (
            str(_("Appel de suivi")),
            str(_("%(day)s\u202f: %(state)s", day=day(one.planned_on), state=TASK_STATE_WORDS[one.state])),
        )
        for one in data.tasks
        if one.planned_on is not None
    ]


def _rung_line(one: Rung, data: FileData) -> str:
    outcome = one.conversation.outcome
    return str(
        _(
            "%(when)s, %(name)s : %(outcome)s",
            when=moment(one.call.started_at),
            name=data.members.get(one.call.tracer_id, "?"),
            outcome=CALL_WORDS[outcome] if outcome is not None else "",
        )
    )


def _told(subject: Subject) -> str:
    about = subject.contact or subject.case
    if subject.contact is not None and subject.contact.told_with_id is not None:
        return str(words.TOLD_WITH)
    if about.told_at is None:
        return ""
    if about.told_last_day is None:
        return str(_("%(when)s : rien ne lui est demandé.", when=moment(about.told_at)))
    if subject.contact is not None:
        return str(
            _(
                "%(when)s : quarantaine jusqu’au %(day)s inclus.",
                when=moment(about.told_at),
                day=day(about.told_last_day),
            )
        )
    return str(
        _(
            "%(when)s : isolement jusqu’au %(day)s inclus.",
            when=moment(about.told_at),
            day=day(about.told_last_day),
        )
    )


# ---------- Decisions ----------


def _decisions(subject: Subject) -> list[tuple[str, str]]:
    """Return what is decided of the person, each with the rule that decided it."""
    return _of_contact(subject.contact) if subject.contact is not None else _of_case(subject)


def _of_case(subject: Subject) -> list[tuple[str, str]]:
    case = subject.case
    said = [(str(_("Prélèvement")), day(case.sampled_on) if case.sampled_on else day(case.first_sampled_at))]
    if case.window_start and case.window_end:
        window = _("du %(start)s au %(end)s", start=day(case.window_start), end=day(case.window_end))
        said.append((str(_("Contagion")), str(window)))
    said.append(
        (str(_("Isolement")), _measure(case.isolation_measure, words.until_in_words(case.isolation_last_day)))
    )
    if case.isolation_rule:
        said.append((str(_("Règle")), case.isolation_rule))
    if case.measure_ruling:
        said.append(_by_doctor())
    return said


def _of_contact(contact: Contact) -> list[tuple[str, str]]:
    said = [
        (str(_("Dernier contact")), words.met_in_words(contact)),
        (str(_("Risque")), str(RISK_WORDS[contact.risk])),
    ]
    if contact.risk_criterion:
        criterion = contact.risk_criterion
        known = criterion in set(Criterion)
        said.append((str(_("Parce que")), str(CRITERION_WORDS[Criterion(criterion)]) if known else criterion))
    if contact.risk_rule:
        said.append((str(_("Règle du risque")), contact.risk_rule))
    if contact.doctor_risk:
        said.append(_by_doctor())
    until = words.until_in_words(contact.quarantine_last_day)
    said.append((str(_("Quarantaine")), _measure(contact.quarantine_measure, until)))
    if contact.quarantine_rule:
        said.append((str(_("Règle")), contact.quarantine_rule))
    if contact.measure_ruling:
        said.append(_by_doctor())
    return said


def _by_doctor() -> tuple[str, str]:
    return str(_("Décidé par")), str(_("le médecin-conseil, à la place de la règle"))


def _measure(measure: str | None, until: str) -> str:
    if until:
        return until
    return (
        str(words.MEASURE_WORDS[measure]) if measure in words.MEASURE_WORDS else str(_("pas encore décidé"))
    )


# ---------- Facts ----------


def _facts(data: FileData, sees: Sees) -> list[FactLine]:
    """Return every fact, the newest first, and whether it counts."""
    by_subject: dict[tuple[str, int], list[Fact]] = {}
    for row in data.facts:
        by_subject.setdefault((row.subject_type.value, row.subject_id), []).append(row)
    counting: set[int] = set()
    stands: set[int] = set()
    for rows in by_subject.values():
        said = [row.said for row in rows]
        counting |= {one.fact_id for one in in_force(said).values()}
        stands |= {one.fact_id for one in standing(said)}
    return [
        FactLine(
            what=str(KIND_WORDS[row.kind]),
            value=words.value_in_words(row.kind, row.value, row.speaks_of)
            if shows_value(row.kind, sees)
            else None,
            source=str(SOURCE_WORDS[row.source]),
            said_at=row.said_at,
            by=data.members.get(row.by_id or 0, ""),
            state=_state_of(row, counting, stands),
            quoted=_words_of(row) if sees.values else "",
        )
        for row in sorted(data.facts, key=lambda row: (row.said_at, row.id), reverse=True)
    ]


def _state_of(row: Fact, counting: set[int], stands: set[int]) -> str:
    if row.retracts_id is not None:
        return "takes_back"
    if row.id in counting or (row.id in stands and row.number_hash is not None):
        return "counts"
    return "replaced" if row.id in stands else "taken_back"


def _words_of(row: Fact) -> str:
    opened = vault.find_unsealed("facts", row.id, row.cohort, row.sealed)
    return str(opened.get("words", "")) if opened is not None else ""


def _answers(data: FileData) -> list[tuple[Script, list[Line]]]:
    found: list[tuple[Script, list[Line]]] = []
    for task in reversed(data.tasks):
        given = data.answers.get(task.id)
        # a call that nobody has made yet says nothing
        if given and task.script_version is not None:
            read = partial(get_script, SCRIPT_OF[TaskKind(task.kind)])
            found += transcript.by_version(read(task.script_version), given, read)
    return found


# ---------- In order of time ----------


def _timeline(data: FileData, sees: Sees) -> list[Moment]:
    """Return all that happened, the newest first."""
    found = [
        *_named(data),
        *_calls(data),
        *_promises(data),
        *_questions(data),
        *_notes(data),
        *_messages(data, sees),
        *_requests(data, sees),
        *_results(data),
        *_events(data),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _named(data: FileData) -> Iterable[Moment]:
    contact = data.subject.contact
    if contact is not None:
        who = data.members.get(contact.named_by, "")
        yield Moment(contact.named_at, "person-plus", "neutral", str(_("Nommée par le patient zéro")), who)


def _calls(data: FileData) -> Iterable[Moment]:
    for one in data.rung:
        outcome = one.conversation.outcome
        who = data.members.get(one.call.tracer_id, "?")
        if outcome is None and one.call.ended_at is None:
            yield Moment(one.call.started_at, "telephone-fill", "info", str(_("Appel en cours")), who)
            continue
        shown = outcome or one.call.outcome
        if shown is None:
            continue
        beside = []
        if outcome is None and one.call.outcome in BY_TRACER:
            beside.append(str(_("avec une autre personne du foyer")))
        if one.conversation.identity_confirmed_at is not None:
            confirmed = clock(one.conversation.identity_confirmed_at)
            beside.append(str(_("identité confirmée à %(time)s", time=confirmed)))
        icon = "telephone-x" if shown in IN_VAIN else "telephone"
        tone = OUTCOME_TONES.get(shown, "neutral")
        ended_at = one.conversation.finished_at or one.call.ended_at or one.call.started_at
        yield Moment(ended_at, icon, tone, str(CALL_WORDS[shown]), who, beside)


def _promises(data: FileData) -> Iterable[Moment]:
    for one in data.promises:
        who = data.members.get(one.member_id, "?")
        what = _("Rappel promis pour %(when)s", when=_exactly(one.promised_for))
        yield Moment(one.made_at, "calendar-event", "info", str(what), who)
        if one.settled_at is not None and one.was_kept is not None:
            kept = _("Rappel promis tenu") if one.was_kept else _("Rappel promis non tenu")
            yield Moment(
                one.settled_at, "calendar-check", "done" if one.was_kept else "danger", str(kept), ""
            )


def _exactly(when: datetime) -> str:
    return f"{day(when)} {clock(when)}"


def _questions(data: FileData) -> Iterable[Moment]:
    for one in data.questions:
        texts: Mapping[str, str] = data.question_texts.get(one.id, {})
        asked = _("Avis demandé : %(reason)s", reason=QUESTION_WORDS[one.reason])
        raised_by = data.members.get(one.raised_by, "?")
        quoted = texts.get("question") or ""
        yield Moment(one.raised_at, "question-circle", "soon", str(asked), raised_by, quoted=quoted)
        if one.settled_at is not None and one.decision is not None:
            who = data.members.get(one.taken_by or 0, "?")
            beside = [str(DECISION_WORDS[one.decision])]
            quoted = texts.get("answer") or ""
            yield Moment(one.settled_at, "heart-pulse", "done", str(_("Avis rendu")), who, beside, quoted)


def _notes(data: FileData) -> Iterable[Moment]:
    numbers = {one.id: one.number for one in data.notes}
    for one in data.notes:
        issued = _(
            "Arrêt délivré, du %(first)s au %(last)s inclus", first=day(one.first_day), last=day(one.last_day)
        )
        who = data.members.get(one.issued_by, "?")
        beside = [str(_("numéro %(number)s", number=one.number)), str(_("règle %(rule)s", rule=one.rule))]
        yield Moment(one.issued_at, "file-earmark-text", "done", str(issued), who, beside)
        if one.replaces_id in numbers:
            what = _("%(number)s est remplacé", number=numbers[one.replaces_id])
            yield Moment(one.issued_at, "file-earmark-text", "soon", str(what), who, beside[:1])
        if one.cancelled_at is not None:
            who = data.members.get(one.cancelled_by or 0, "")
            what = str(_("Arrêt annulé"))
            yield Moment(one.cancelled_at, "file-earmark-text", "soon", what, who, beside[:1])


def _messages(data: FileData, sees: Sees) -> Iterable[Moment]:
    for one in data.messages:
        what = f"{CHANNEL_WORDS[one.channel]}, {MESSAGE_WORDS[one.state]}"
        who = data.members.get(one.queued_by or 0, "")
        quoted = data.texts.get(one.id, "") if sees.people else ""
        yield Moment(one.ended_at or one.queued_at, "envelope", "neutral", what, who, quoted=quoted)


def _requests(data: FileData, sees: Sees) -> Iterable[Moment]:
    for one in data.requests:
        opened = (
            vault.find_unsealed("caller_requests", one.id, one.cohort, one.sealed) if sees.people else None
        )
        quoted = str(opened.get("words", "")) if opened is not None else ""
        who = data.members.get(one.taken_by, "?")
        what = str(_("Quelqu’un a appelé pour ce dossier"))
        yield Moment(one.taken_at, "telephone-inbound", "info", what, who, quoted=quoted)
        if one.closed_at is not None:
            who = data.members.get(one.closed_by or 0, "")
            yield Moment(one.closed_at, "check-lg", "done", str(_("Demande de l’appelant traitée")), who)


def _results(data: FileData) -> Iterable[Moment]:
    for one in data.results:
        sampled = _("Prélèvement, expéditeur %(source)s", source=one.source_code)
        yield Moment(one.sampled_at, "clipboard-check", "neutral", str(sampled), "")
    for row in data.contrary:
        yield Moment(
            row.received_at,
            "clipboard-check",
            "soon",
            str(_("Résultat contraire reçu, prélevé le %(day)s", day=day(row.sampled_on))),
            "",
        )


def _events(data: FileData) -> Iterable[Moment]:
    for one in data.events:
        if not words.is_told(one.kind, one.detail, by_id=one.by_id):
            continue
        icon = words.EVENT_WORDS[one.kind][0]
        yield Moment(
            one.at,
            icon,
            "neutral",
            words.event_in_words(one.kind, one.detail),
            data.members.get(one.by_id or 0, ""),
        )


def state_of_call(task: CallTask | None) -> str:
    """Return where the call of a contact stands."""
    return str(TASK_STATE_WORDS[task.state]) if task is not None else str(_("pas d’appel"))
