"""Everything that is kept about one case or contact, in a number of statements that does not grow with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from tracing.calls import handover_notes
from tracing.calls import queries as calls
from tracing.calls.handover_notes import Handover
from tracing.calls.models import Call, CallerRequest, Conversation
from tracing.casefiles import queries
from tracing.casefiles.models import FileOpening, FileSearch
from tracing.casefiles.queries import Subject
from tracing.casefiles.rules import Sees
from tracing.cases.models import Case, ContraryResult, LabResult
from tracing.contacts.models import Contact
from tracing.escalations.models import Escalation
from tracing.facts import queries as fact_queries
from tracing.facts.models import Fact
from tracing.facts.rules import SubjectType
from tracing.help_requests.models import HelpRequest
from tracing.kernel.db import equals_any, session
from tracing.kernel.events import Event, IdentityAccess
from tracing.messages.models import Message
from tracing.people import queries as people
from tracing.people.rules import Identity
from tracing.queue import queries as queue
from tracing.queue.models import CallTask, Promise, QueueEntry
from tracing.scripts.answers import Given
from tracing.sickleave.models import SickNote
from tracing.staff import queries as staff
from tracing.vault import services as vault

MOST_EVENTS = 300
MOST_READINGS = 100


@dataclass(frozen=True, repr=False)
class Rung:
    """One conversation of the person, with the call it was part of."""

    conversation: Conversation
    call: Call


@dataclass(frozen=True, repr=False)
class Reading:
    """Somebody saw the person: under which reason, from when to when."""

    member_id: int
    why: str
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, repr=False)
class FileData:
    """A file as it is stored, before anything is said in words."""

    subject: Subject
    records: frozenset[int]
    identity: Identity | None
    tasks: Sequence[CallTask]
    """The person's own calls, oldest first."""
    rung: Sequence[Rung]
    """The person's conversations, oldest first."""
    entry: QueueEntry | None
    answers: Mapping[int, Mapping[str, Given]]
    """By task; only for a reader of health."""
    facts: Sequence[Fact]
    results: Sequence[LabResult]
    contrary: Sequence[ContraryResult]
    notes: Sequence[SickNote]
    messages: Sequence[Message]
    texts: Mapping[int, str]
    promises: Sequence[Promise]
    questions: Sequence[Escalation]
    question_texts: Mapping[int, Mapping[str, Any]]
    requests: Sequence[CallerRequest]
    help_requests: Sequence[HelpRequest]
    """Help that the person asked for in their calls, in the order in which it was."""
    events: Sequence[Event]
    contacts: Sequence[Contact]
    """Of a case: the contacts it named."""
    contact_tasks: Mapping[int, CallTask]
    """The newest call of each contact."""
    last_calls: Mapping[int, Rung]
    """The last conversation of each contact."""
    names: Mapping[int, Identity]
    """Of the contacts, by person."""
    linked: Sequence[Subject]
    """The files one step away at this site, without the contacts."""
    linked_elsewhere: int
    """How many more there are at other sites."""
    handover: Handover | None
    """What is left for whoever calls the person next."""
    readings: Sequence[Reading]
    openings: Sequence[FileOpening]
    reasons: Mapping[int, str]
    """What was typed beside the reason, by search; only for who sees the readers."""
    members: Mapping[int, str] = field(default_factory=dict)


def load(subject: Subject, *, sees: Sees, may_see_case: bool) -> FileData:
    """Return all that is kept about a case or contact, as far as the reader may see it."""
    case, contact = subject.case, subject.contact
    records = frozenset(people.all_records([subject.person_id]).get(subject.person_id, {subject.person_id}))
    every_task = session.scalars(
        select(CallTask)
        .where(CallTask.case_id == case.id if contact is None else CallTask.contact_id == contact.id)
        .order_by(CallTask.id)
    ).all()
    tasks = [one for one in every_task if contact is not None or one.contact_id is None]
    own_ids = [one.id for one in tasks]
    rung = _rung([one.id for one in every_task])
    contacts = _contacts(case) if contact is None else []
    linked = queries.linked_with(subject, may_see_case=may_see_case)
    here = [one for one in linked if one.case.site_id == case.site_id]
    questions = _of_tasks(Escalation, Escalation.task_id, own_ids)
    messages = _messages(records, case)
    openings = _openings(subject) if sees.readers else []
    found = FileData(
        subject=subject,
        records=records,
        identity=people.find_joint_identity(subject.person_id),
        tasks=tasks,
        rung=[one for one in rung if one.conversation.task_id in set(own_ids)],
        entry=_entry(tasks),
        answers=calls.given(own_ids) if sees.health else {},
        facts=fact_queries.rows_about(
            [(SubjectType.PERSON, one) for one in sorted(records)]
            + [(SubjectType.CASE, case.id) if contact is None else (SubjectType.CONTACT, contact.id)]
        ),
        results=_of_case(LabResult, LabResult.case_id, case) if contact is None else [],
        contrary=_of_case(ContraryResult, ContraryResult.case_id, case) if contact is None else [],
        notes=_of_tasks(SickNote, SickNote.task_id, own_ids),
        messages=messages,
        texts=_opened("messages", messages, "text") if sees.people else {},
        promises=_of_tasks(Promise, Promise.task_id, own_ids),
        questions=questions,
        question_texts=_unsealed("escalations", questions) if sees.health else {},
        requests=_of_case(CallerRequest, CallerRequest.case_id, case) if contact is None else [],
        help_requests=_of_tasks(HelpRequest, HelpRequest.task_id, own_ids) if sees.people else [],
        events=_events(subject, own_ids),
        contacts=contacts,
        contact_tasks={
            one.contact_id: one for one in every_task if one.contact_id is not None and not one.is_follow_up
        },
        last_calls=_last_calls(rung, every_task),
        names=people.joint_identities(one.person_id for one in contacts) if sees.people else {},
        linked=[one for one in here if one.contact is None or one.contact.case_id != case.id or contact],
        linked_elsewhere=len(linked) - len(here),
        handover=handover_notes.find(own_ids[-1]) if own_ids and sees.people else None,
        readings=_readings(records, since=case.created_at) if sees.readers else [],
        openings=openings,
        reasons=_reasons(openings),
    )
    return FileData(**{**found.__dict__, "members": staff.member_names(_member_ids(found))})


def _contacts(case: Case) -> list[Contact]:
    return list(session.scalars(select(Contact).where(Contact.case_id == case.id).order_by(Contact.id)))


def _rung(task_ids: Sequence[int]) -> list[Rung]:
    rows = session.execute(
        select(Conversation, Call)
        .join(Call, Call.id == Conversation.call_id)
        .where(equals_any(Conversation.task_id, task_ids))
        .order_by(Call.started_at, Call.id)
    )
    return [Rung(row.Conversation, row.Call) for row in rows]


def _last_calls(rung: Iterable[Rung], tasks: Iterable[CallTask]) -> dict[int, Rung]:
    contact_of = {one.id: one.contact_id for one in tasks}
    found = {}
    for one in rung:
        contact_id = contact_of.get(one.conversation.task_id)
        if contact_id is not None and one.conversation.outcome is not None:
            found[contact_id] = one
    return found


def _entry(tasks: Sequence[CallTask]) -> QueueEntry | None:
    household = tasks[-1].household_id if tasks else None
    return queue.find_entry_of(household) if household is not None else None


def _of_tasks(table: Any, column: Any, task_ids: Sequence[int]) -> list[Any]:
    return list(session.scalars(select(table).where(equals_any(column, task_ids)).order_by(table.id)))


def _of_case(table: Any, column: Any, case: Case) -> list[Any]:
    return list(session.scalars(select(table).where(column == case.id).order_by(table.id)))


def _messages(records: Iterable[int], case: Case) -> list[Message]:
    chosen = select(Message).where(
        equals_any(Message.person_id, sorted(records)), Message.reference == case.reference
    )
    return list(session.scalars(chosen.order_by(Message.id)))


def _unsealed(table: str, rows: Iterable[Any]) -> dict[int, Mapping[str, Any]]:
    opened = {row.id: vault.find_unsealed(table, row.id, row.cohort, row.sealed) for row in rows}
    return {row_id: words for row_id, words in opened.items() if words is not None}


def _opened(table: str, rows: Iterable[Any], key: str) -> dict[int, str]:
    return {row_id: str(words.get(key, "")) for row_id, words in _unsealed(table, rows).items()}


def _events(subject: Subject, task_ids: Sequence[int]) -> list[Event]:
    """Return what the log says of the case or contact and of its calls, oldest first."""
    about = ("case", subject.case.id) if subject.contact is None else ("contact", subject.contact.id)
    chosen = select(Event).where(
        or_(
            and_(Event.subject_type == about[0], Event.subject_id == about[1]),
            and_(Event.subject_type == "task", equals_any(Event.subject_id, task_ids)),
        )
    )
    return list(reversed(session.scalars(chosen.order_by(Event.id.desc()).limit(MOST_EVENTS)).all()))


def _readings(records: Iterable[int], *, since: datetime) -> list[Reading]:
    """Return who saw a person since their case came, newest first."""
    month = since.year * 100 + since.month
    # containment by each record: the index answers it, where it would not answer a test against a list
    shown = or_(*(IdentityAccess.people.contains([f"person:{one}"]) for one in sorted(records)))
    rows = session.scalars(
        select(IdentityAccess)
        .where(IdentityAccess.first_month >= month, shown)
        .order_by(IdentityAccess.last_at.desc())
        .limit(MOST_READINGS)
    )
    return [Reading(row.viewer_id, row.why, row.first_at, row.last_at) for row in rows]


def _openings(subject: Subject) -> list[FileOpening]:
    contact_id = subject.contact.id if subject.contact is not None else None
    chosen = select(FileOpening).where(
        FileOpening.case_id == subject.case.id,
        FileOpening.contact_id.is_not_distinct_from(contact_id),
        FileOpening.read_at.is_not(None),
    )
    return list(session.scalars(chosen.order_by(FileOpening.id.desc()).limit(MOST_READINGS)))


def _reasons(openings: Iterable[FileOpening]) -> dict[int, str]:
    """Return the words that were typed with the searches of these readings."""
    wanted = {one.search_id for one in openings if one.search_id is not None}
    if not wanted:
        return {}
    rows = session.scalars(select(FileSearch).where(equals_any(FileSearch.id, wanted)))
    return {search_id: said for search_id, said in _opened("file_searches", rows, "words").items() if said}


def _member_ids(found: FileData) -> set[int]:
    """Return every member whom the page names."""
    ids: set[int | None] = {one.call.tracer_id for one in (*found.rung, *found.last_calls.values())}
    ids |= {one.by_id for one in found.facts} | {one.by_id for one in found.events}
    ids |= {one.member_id for one in found.promises}
    ids |= {one.member_id for one in found.readings} | {one.member_id for one in found.openings}
    ids |= {one for note in found.notes for one in (note.issued_by, note.cancelled_by)}
    ids |= {one for asked in found.questions for one in (asked.raised_by, asked.taken_by)}
    ids |= {one for request in found.requests for one in (request.taken_by, request.closed_by)}
    ids |= {one.queued_by for one in found.messages}
    ids |= {one for asked in found.help_requests for one in (asked.asked_by, asked.changed_by)}
    ids |= {task.promised_by for task in found.tasks}
    if found.subject.contact is not None:
        ids.add(found.subject.contact.named_by)
    if found.handover is not None:
        ids.add(found.handover.note.written_by)
    if found.entry is not None:
        ids |= {found.entry.claimant_id}
    return {one for one in ids if one is not None}
