"""What the page of a file shows: the short answer, then everything in order of time, each with its source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.calls.rules import BY_TRACER, IN_VAIN, SCRIPT_OF
from tracing.calls.words import OUTCOME_WORDS as CALL_WORDS
from tracing.casefiles import file_queries, words
from tracing.casefiles.file_queries import FileData, Reading, Rung
from tracing.casefiles.models import FileOpening
from tracing.casefiles.queries import Subject
from tracing.casefiles.rules import Sees, shows_value
from tracing.casefiles.timeline_pages import Moment, timeline
from tracing.cases.models import Case, CaseOutcome
from tracing.cases.result_queries import result_that_holds
from tracing.cases.words import OUTCOME_WORDS as CASE_OUTCOME_WORDS
from tracing.cases.words import STATUS_WORDS as CASE_STATUS_WORDS
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.words import CRITERION_WORDS, RISK_WORDS
from tracing.escalations.models import EscalationState
from tracing.facts.models import Fact
from tracing.facts.rules import OF_IDENTITY, FactSource, in_force, standing
from tracing.facts.words import KIND_WORDS, SOURCE_WORDS
from tracing.help_requests.rules import OPEN as OPEN_HELP
from tracing.help_requests.rules import HelpState
from tracing.help_requests.words import NEED_WORDS
from tracing.help_requests.words import STATE_TONES as HELP_TONES
from tracing.help_requests.words import STATE_WORDS as HELP_WORDS
from tracing.people.rules import Identity
from tracing.programmes.in_force import get_pack
from tracing.programmes.vocabulary import Criterion
from tracing.queue.models import CallTask, EntryState, TaskKind, TaskState
from tracing.queue.words import TASK_STATE_WORDS
from tracing.scripts import transcript
from tracing.scripts.definitions import Script
from tracing.scripts.services import get_script
from tracing.scripts.transcript import Line
from tracing.ui.filters import day, moment
from tracing.vault import services as vault

KIND_OF_SUBJECT = {False: _l("Patient zéro"), True: _l("Personne contact")}


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
class HelpLine:
    """Help that was asked for, and where that stands."""

    need: str
    tone: str
    state: str
    asked_at: datetime
    asked_by: str
    passed_on_at: datetime | None
    passed_on_by: str
    closed_at: datetime | None
    """When it was done or withdrawn."""
    closed_by: str
    is_waiting: bool


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
    help: Sequence[HelpLine]
    """Help that the person asked for, for whoever sees people."""
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
        help=_help(data) if sees.people else [],
        timeline=timeline(data, sees),
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
    return _of_contact(subject.contact, subject.case) if subject.contact is not None else _of_case(subject)


def _of_case(subject: Subject) -> list[tuple[str, str]]:
    case = subject.case
    said = [(str(_("Prélèvement")), day(case.sampled_on) if case.sampled_on else day(case.first_sampled_at))]
    if case.outcome is CaseOutcome.NOT_A_CASE:
        # the columns keep what was decided while it was a case, for whoever rings the person
        why = _("Plus rien n’est demandé : ce n’est pas un cas, et ses contacts ne sont plus appelés.")
        return [*said, (str(_("Isolement")), str(why))]
    if case.window_start and case.window_end:
        window = _("du %(start)s au %(end)s", start=day(case.window_start), end=day(case.window_end))
        said.append((str(_("Contagion")), str(window)))
    said.append(
        (str(_("Isolement")), _measure(case.isolation_measure, words.until_in_words(case.isolation_last_day)))
    )
    result = result_that_holds(case)
    if result is not case:
        longer = _(
            "%(until)s pour l’autre résultat de la personne, %(reference)s\u202f: cette date compte.",
            until=words.until_in_words(result.isolation_last_day),
            reference=result.reference,
        )
        said.append((str(_("Isolement à respecter")), str(longer)))
    if case.isolation_rule:
        said.append((str(_("Règle")), case.isolation_rule))
    if case.measure_ruling:
        said.append(_by_doctor())
    return said


def _asks_nothing(contact: Contact, case: Case) -> str:
    """Return why nothing is asked of a contact any more, though days were once decided; empty if something may be."""
    if contact.status is ContactStatus.BECAME_CASE:
        return str(_("Elle est devenue un cas : ce qui lui est demandé est dans ce dossier-là."))
    if contact.status is ContactStatus.REMOVED:
        return str(_("Elle a été retirée de la liste."))
    if contact.awaits_result:
        return ""
    if case.outcome is CaseOutcome.NOT_A_CASE:
        return str(_("La personne qui l’a nommée n’est pas un cas."))
    return str(_("La rencontre est hors de la période de contagion.")) if contact.is_outside else ""


def _of_contact(contact: Contact, case: Case) -> list[tuple[str, str]]:
    said = [
        (str(_("Dernière rencontre")), words.met_in_words(contact)),
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
    why = _asks_nothing(contact, case)
    if why:
        nothing = _("Plus rien n’est demandé pour cette rencontre. %(why)s", why=why)
        return [*said, (str(_("Quarantaine")), str(nothing))]
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


# ---------- Help ----------


def _help(data: FileData) -> list[HelpLine]:
    passed_on_by = {
        (one.subject_id, one.detail.get("need")): one.by_id
        for one in data.events
        if one.kind == f"help.{HelpState.PASSED_ON.value}"
    }
    return [
        HelpLine(
            need=str(NEED_WORDS[one.need]),
            tone=HELP_TONES[one.state],
            state=str(HELP_WORDS[one.state]),
            asked_at=one.asked_at,
            asked_by=data.members.get(one.asked_by, "?"),
            passed_on_at=one.passed_on_at,
            passed_on_by=data.members.get(passed_on_by.get((one.task_id, one.need.value)) or 0, "?"),
            closed_at=one.changed_at if one.state not in OPEN_HELP else None,
            closed_by=data.members.get(one.changed_by, "?"),
            is_waiting=one.is_waiting,
        )
        for one in data.help_requests
    ]


# ---------- Facts ----------


def _facts(data: FileData, sees: Sees) -> list[FactLine]:
    """Return every fact, the newest first, and whether it counts."""
    by_subject: dict[tuple[str, int], list[Fact]] = {}
    for row in data.facts:
        by_subject.setdefault((row.subject_type.value, row.subject_id), []).append(row)
    restricted = get_pack(data.subject.case.programme).data_fields.restricted
    counting: set[int] = set()
    stands: set[int] = set()
    for rows in by_subject.values():
        said = [row.said for row in rows]
        counting |= {one.fact_id for one in in_force(said).values()}
        stands |= {one.fact_id for one in standing(said)}
    return [
        FactLine(
            what=str(KIND_WORDS[row.kind]),
            value=_value_of(row) if shows_value(row.kind, sees, restricted) else None,
            source=str(SOURCE_WORDS[row.source]),
            said_at=row.said_at,
            # what a laboratory sent is written down beside its first correction: whoever corrects did not note it
            by="" if row.source is FactSource.LABORATORY else data.members.get(row.by_id or 0, ""),
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


def _value_of(row: Fact) -> str:
    if row.kind in OF_IDENTITY:
        stated = _opened(row).get("identity")
        return words.identity_in_words(row.kind, stated) if stated else ""
    return words.value_in_words(row.kind, row.value, row.speaks_of)


def _words_of(row: Fact) -> str:
    return str(_opened(row).get("words", ""))


def _opened(row: Fact) -> Mapping[str, Any]:
    return vault.find_unsealed("facts", row.id, row.cohort, row.sealed) or {}


def _answers(data: FileData) -> list[tuple[Script, list[Line]]]:
    found: list[tuple[Script, list[Line]]] = []
    for task in reversed(data.tasks):
        given = data.answers.get(task.id)
        # a call that nobody has made yet says nothing
        if given and task.script_version is not None:
            read = partial(get_script, SCRIPT_OF[TaskKind(task.kind)])
            found += transcript.by_version(read(task.script_version), given, read)
    return found


def state_of_call(task: CallTask | None) -> str:
    """Return where the call of a contact stands."""
    return str(TASK_STATE_WORDS[task.state]) if task is not None else str(_("pas d’appel"))
