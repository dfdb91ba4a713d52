"""Queries of the call screen: the people of a call, their answers, earlier attempts, a tracer's calls."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, or_, select, union

from tracing.calls import queries as calls
from tracing.calls.errors import NoSuchCall
from tracing.calls.models import Call, Conversation, NumberRung, OutcomeUndo
from tracing.calls.rules import CallOutcome, GiveBackReason, StoredAnswer, can_take_back
from tracing.cases import queries as cases
from tracing.cases.models import Case
from tracing.cases.result_queries import other_results, result_that_holds, told_results
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.queries import OF_ONE_TIME, Meeting, contacts_of_case, find_contact, known_day
from tracing.contacts.telling import other_meetings
from tracing.desk.rules import BeforeClosing
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.people.rules import Identity
from tracing.programmes.in_force import get_pack
from tracing.programmes.schema import Pack
from tracing.queue.models import STILL_TO_CALL, CallTask, TaskKind, TaskState
from tracing.queue.rules import OWNER_FIRST
from tracing.sickleave.queries import find_valid_note
from tracing.staff.agent import Agent
from tracing.staff.models import Member
from tracing.vault import services as vault

MOST_OWN_CALLS = 300
"""More conversations than anybody holds in two days."""


@dataclass(frozen=True, repr=False)
class CalledPerson:
    """One person of a call and why they are called, limited to what the caller may know."""

    task: CallTask
    person: Person
    """Their own record, which the session keeps while this is kept."""
    case: Case
    """The person's own case, or the case that named them."""
    contact: Contact | None
    identity: Identity | None
    """None once destroyed."""
    case_identity: Identity | None
    """The identity of the case that named them: only if that person agreed to be named to this contact."""
    given: dict[str, StoredAnswer]
    others: Sequence[Meeting] = ()
    """The other meetings of a contact: those that count, and those of which they were told. Told together."""
    records: Sequence[str] = ()
    """The records whose identity is shown, for the read log."""
    results: Sequence[Case] = ()
    """The other results of a case's person of which they were told, under another record of theirs."""

    @property
    def result(self) -> Case:
        """The case that says until when the person isolates."""
        return result_that_holds(self.case, self.results)

    @property
    def pack(self) -> Pack:
        """The rules of the case's programme."""
        return get_pack(self.case.programme)


@dataclass(frozen=True, repr=False)
class Attempt:
    """One call in which the person was spoken to, or was to be."""

    started_at: datetime
    ended_at: datetime | None
    outcome: CallOutcome | None
    tracer: str
    reason: GiveBackReason | None
    """Why the call was given back."""
    number_hash: bytes | None
    """The number that was rung."""


@dataclass(frozen=True)
class CallMade:
    """A call of a tracer, as their own list shows it: never with a name."""

    call: Call
    reference: str
    kind: TaskKind
    people: int
    """How many people, whatever each was called for."""
    outcomes: Sequence[CallOutcome] = ()
    """What came of it with each of them."""


@dataclass(frozen=True, repr=False)
class OwnCall:
    """A conversation that a tracer had, by its reference: what came of it, and the call to make as it is now."""

    call: Call
    outcome: CallOutcome
    task: CallTask
    reference: str


def own_calls(by: Agent, *, since: datetime) -> list[OwnCall]:
    """Return the conversations of the calls that a tracer ended at their site since `since`, the last first."""
    rows = session.execute(
        select(Call, Conversation.outcome, CallTask, Case.reference)
        .join(Conversation, Conversation.call_id == Call.id)
        .join(CallTask, CallTask.id == Conversation.task_id)
        .join(Case, Case.id == CallTask.case_id)
        .where(
            Call.tracer_id == by.member_id,
            Call.site_id == by.site.id,
            Call.started_at >= since,
            Call.ended_at.is_not(None),
            Call.escalation_id.is_(None),
        )
        .order_by(Call.started_at.desc(), Conversation.id)
        .limit(MOST_OWN_CALLS)
    )
    return [OwnCall(row.Call, row.outcome or row.Call.outcome, row.CallTask, row.reference) for row in rows]


def own_call(call_id: int, by: Agent) -> Call:
    """Return a call that the agent made as a tracer at their current site.

    Raises:
        NoSuchCall: it belongs to another member or another site, or was made for a question.
    """
    call = calls.get_call(call_id, tracer_id=by.member_id)
    if call.site_id != by.site.id or call.escalation_id is not None:
        raise NoSuchCall
    return call


# two look-ups, each with its index: one condition with OR would read the whole table of tasks
_OF_CALL = union(
    select(CallTask.id).where(
        CallTask.household_id == bindparam("household"),
        CallTask.state == TaskState.OPEN,
        # nobody is asked before its day how they are
        or_(CallTask.planned_on.is_(None), CallTask.not_before <= bindparam("until")),
    ),
    select(Conversation.task_id).where(Conversation.call_id == bindparam("call")),
)
_TASKS_OF_CALL = select(CallTask).where(CallTask.id.in_(_OF_CALL)).order_by(CallTask.due_at, CallTask.id)
"""Built once, as every request of a call asks it."""


def tasks_of_call(call: Call) -> Sequence[CallTask]:
    """Return the tasks of a call, the most urgent first, including those finished in it."""
    until = call.started_at + OWNER_FIRST
    asked = {"household": call.household_id, "until": until, "call": call.id}
    return session.scalars(_TASKS_OF_CALL, asked).all()


def task_in(call: Call, task_id: int) -> CallTask:
    """Return one person's task in a call.

    Raises:
        NoSuchCall: the task belongs to another household.
    """
    spoken = exists().where(Conversation.call_id == call.id, Conversation.task_id == task_id)
    waits = (CallTask.household_id == call.household_id) & (CallTask.state == TaskState.OPEN)
    task = session.scalar(select(CallTask).where(CallTask.id == task_id, or_(waits, spoken)))
    if task is None:
        raise NoSuchCall
    return task


def about(task: CallTask) -> CalledPerson:
    """Load one person of a call; the name of the case is read only if it may be told."""
    contact = find_contact(task.contact_id)
    case = cases.get_case(task.case_id)
    may_name = contact is not None and contact.may_disclose
    shown = [task.person_id, *([case.person_id] if may_name else [])]
    found, records = people.identities_and_records(shown)
    return CalledPerson(
        task=task,
        person=people.get_person(task.person_id),
        case=case,
        contact=contact,
        identity=found.get(task.person_id),
        case_identity=found.get(case.person_id) if may_name else None,
        given=calls.stored_answers(task.id),
        others=other_meetings(contact, case) if contact is not None else (),
        records=records,
        results=told_results(other_results(case))
        if contact is None and case.told_at is not None and len(records) > 1
        else (),
    )


@dataclass(frozen=True)
class ToldBefore:
    """The call of a contact who was told."""

    task_id: int
    person_id: int
    at: datetime


def told_in_household(household_id: int, *, but: int, around: datetime) -> list[ToldBefore]:
    """Return the contacts of a household who were told about a time, the last told first, without one person's records."""
    own = people.records_of_same_person(but)
    rows = session.execute(
        select(CallTask.id, CallTask.person_id, Contact.told_at)
        .join(Contact, Contact.id == CallTask.contact_id)
        .where(
            CallTask.household_id == household_id,
            CallTask.kind == TaskKind.CONTACT_FIRST,
            CallTask.person_id.not_in(own),
            Contact.told_at.between(around - OF_ONE_TIME, around + OF_ONE_TIME),
        )
        .order_by(Contact.told_at.desc())
    )
    return [ToldBefore(task_id, person_id, at) for task_id, person_id, at in rows if at is not None]


def doctor_of(case: Case) -> str | None:
    """Return the name of the doctor who prescribed the test, as the laboratory wrote it."""
    background = vault.find_unsealed("cases", case.id, case.cohort, case.sealed) or {}
    return background.get("prescriber_name") or None


def attempts_of(task_id: int) -> list[Attempt]:
    """Return the calls in which this person was spoken to, or was to be, newest first."""
    rows = session.execute(
        select(
            Call.started_at,
            Call.ended_at,
            Conversation.outcome,
            Member.display_name,
            Call.give_back_reason,
            NumberRung.number_hash,
        )
        .join(Conversation, Conversation.call_id == Call.id)
        .join(Member, Member.id == Call.tracer_id)
        .outerjoin(NumberRung, NumberRung.call_id == Call.id)
        .where(Conversation.task_id == task_id)
        .order_by(Call.id.desc())
        .limit(30)
    )
    return [Attempt(row[0], row[1], row[2], tracer=row[3], reason=row[4], number_hash=row[5]) for row in rows]


def calls_made(made: Iterable[Call]) -> list[CallMade]:
    """Return calls, each with the reference of the first case it was about."""
    listed = list(made)
    rows = session.execute(
        select(
            Conversation.call_id,
            Case.reference,
            CallTask.kind,
            func.coalesce(Person.same_as, Person.id),
            Conversation.outcome,
        )
        .join(CallTask, CallTask.id == Conversation.task_id)
        .join(Case, Case.id == CallTask.case_id)
        .join(Person, Person.id == Conversation.person_id)
        .where(Conversation.call_id.in_([call.id for call in listed]))
        .order_by(Conversation.id)
    )
    first: dict[int, tuple[str, TaskKind]] = {}
    told: dict[int, set[int]] = {}
    came: dict[int, dict[tuple[int, CallOutcome], None]] = {}
    for call_id, reference, kind, person_id, outcome in rows:
        first.setdefault(call_id, (reference, kind))
        told.setdefault(call_id, set()).add(person_id)
        if outcome is not None:
            # several meetings of one person are told at once
            came.setdefault(call_id, {})[person_id, outcome] = None
    return [
        CallMade(
            call,
            *first[call.id],
            people=len(told[call.id]),
            outcomes=[outcome for _person, outcome in came.get(call.id, ())],
        )
        for call in listed
        if call.id in first
    ]


def outcomes_to_take_back(member_id: int, *, at: datetime) -> dict[int, list[OutcomeUndo]]:
    """Return the outcomes that a member can still take back, by call, in the order in which they were noted."""
    noted = session.scalars(
        select(OutcomeUndo)
        .where(OutcomeUndo.member_id == member_id, OutcomeUndo.undone_at.is_(None))
        .order_by(OutcomeUndo.id)
    )
    by_call: dict[int, list[OutcomeUndo]] = {}
    for one in noted:
        if can_take_back(one.noted_at, at=at):
            by_call.setdefault(one.call_id, []).append(one)
    return by_call


def outcome_to_take_back(call: Call, task_id: int, *, at: datetime) -> OutcomeUndo | None:
    """Return the outcome of one person of a call, if its tracer can still take it back."""
    noted = outcomes_to_take_back(call.tracer_id, at=at).get(call.id, ())
    return next((one for one in noted if one.task_id == task_id), None)


def collected_on(task: CallTask) -> date:
    """Return the day of collection of the person of a task: what is written about them is gone with that day."""
    contact = find_contact(task.contact_id)
    return contact.cohort if contact is not None else cases.get_case(task.case_id).cohort


def find_calls(call_ids: Iterable[int]) -> Sequence[Call]:
    """Return calls by their ids."""
    return session.scalars(select(Call).where(Call.id.in_(set(call_ids)))).all()


def called_about(case_id: int) -> Sequence[int]:
    """Return everyone who is or was to be called because of a case: the case itself and its contacts."""
    return session.scalars(select(CallTask.person_id).where(CallTask.case_id == case_id)).all()


def before_closing(about: CalledPerson, counted: Mapping[str, Any], *, today: date) -> BeforeClosing:
    """Return what a conversation has established, as far as it can contradict itself."""
    has_note = find_valid_note(about.task.id) is not None
    if about.contact is not None:
        return BeforeClosing(
            answers=counted, today=today, has_note=has_note, last_contact=known_day(about.contact)
        )
    listed = [one for one in contacts_of_case(about.case.id) if one.status is not ContactStatus.REMOVED]
    of_household = [one for one in listed if one.circumstances.get("lives_with_case")]
    return BeforeClosing(
        answers=counted,
        today=today,
        listed=len(listed),
        of_household=len(of_household),
        has_note=has_note,
    )


def contacts_to_call(case_id: int) -> int:
    """Return how many contacts of a case wait for a call, for the text of the closing button."""
    waiting = (
        select(func.count())
        .select_from(CallTask)
        .where(
            CallTask.case_id == case_id,
            CallTask.kind == TaskKind.CONTACT_FIRST,
            CallTask.state.in_(STILL_TO_CALL),
        )
    )
    return session.scalar(waiting) or 0
