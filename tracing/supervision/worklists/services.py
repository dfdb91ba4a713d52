"""What a supervisor decides on the lists: which call goes back to the queue, which case ends."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.contacts import contact_to_case
from tracing.contacts import services as contacts
from tracing.contacts.models import Contact, ContactStatus
from tracing.kernel import events
from tracing.kernel.db import session
from tracing.messages import queries as message_queries
from tracing.messages import services as messages
from tracing.people import queries as people_queries
from tracing.people import services as people
from tracing.people.models import Person
from tracing.people.phones import read_phones
from tracing.people.rules import Identity
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.claims import languages
from tracing.queue.errors import NotWaiting
from tracing.queue.households import services as households
from tracing.queue.models import CallTask, TaskKind, TaskState
from tracing.staff.agent import Agent
from tracing.supervision import rules
from tracing.supervision.board.services import give
from tracing.supervision.errors import (
    AlreadyDealtWith,
    DoctorStillAsked,
    NotANumber,
    NotOnThisList,
    SaidDead,
    TooLateToUndo,
)
from tracing.supervision.worklists import queries as lists
from tracing.vault.errors import IdentityDestroyed

CAN_REOPEN = frozenset(
    {
        TaskState.UNREACHABLE,
        TaskState.WAITING_LANGUAGE,
        TaskState.WAITING_INTERPRETER,
        TaskState.WAITING_DOCTOR,
        TaskState.TO_HAND_ON,
        TaskState.DECEASED,
    }
)
KEEPS_DUE_TIME = frozenset(
    {TaskState.WAITING_LANGUAGE, TaskState.WAITING_INTERPRETER, TaskState.WAITING_DOCTOR}
)
"""Nobody has tried in vain to reach these people: what was promised to them still holds."""
GIVEN_UP_AS = {
    TaskState.UNREACHABLE: CaseOutcome.UNREACHABLE,
    TaskState.NO_NUMBER: CaseOutcome.UNREACHABLE,
    TaskState.WAITING_INTERPRETER: CaseOutcome.UNREACHABLE,
    TaskState.TO_HAND_ON: CaseOutcome.HANDED_ON,
    TaskState.DECEASED: CaseOutcome.DECEASED,
}
"""The lists on which a call can be ended, and how its case is closed then."""


def give_listed(task_id: int, member_id: int, *, by: Agent, at: datetime) -> None:
    """Give a call of a language list to one tracer, with its language and its due time as they are.

    Raises:
        AlreadyDealtWith: it has left the list.
        NotWaiting: somebody is on a call with the household, or it cannot be called now.
        NotATracerHere: they do not call for this site, or have a call already.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    if lists.list_of(task) not in lists.SPOKEN_LISTS:
        raise AlreadyDealtWith
    queue.reopen_task(task, due_at=task.due_at, by=by.member_id, at=at)
    entry = queue_queries.find_entry_of(task.household_id) if task.household_id is not None else None
    if entry is None:
        raise NotWaiting
    give(entry.id, member_id, by=by, at=at)


def put_back(task_id: int, *, in_french: bool = False, by: Agent, at: datetime) -> CallTask:
    """Put a call of a list back into the queue, with three new attempts; in French, for everybody, where asked.

    Raises:
        AlreadyDealtWith: it has left the list.
        DoctorStillAsked: a medical adviser has not answered yet.
    """
    listed = lists.get_listed(task_id, site_id=by.site.id, lock=True)
    task = listed.task
    if task.state not in CAN_REOPEN:
        raise AlreadyDealtWith
    if task.state is TaskState.WAITING_DOCTOR and listed.question and not listed.question.is_settled:
        raise DoctorStillAsked
    if task.state is TaskState.DECEASED:
        messages.allow_again(task.person_id, by=by, at=at)
        if not people_queries.has_number(task.person_id):
            queue.close_task(task, TaskState.NO_NUMBER, by=by.member_id, at=at)
            return task
    if in_french:
        languages.call_in_french(task)
    due_at = task.due_at if task.state in KEEPS_DUE_TIME else at + rules.REOPENED_DUE_IN
    queue.reopen_task(task, due_at=due_at, by=by.member_id, at=at)
    return task


def show_identity(task_id: int, *, by: Agent, at: datetime) -> tuple[CallTask, Identity | None]:
    """Return whom a call without a number is about, and record that the supervisor saw it; None once destroyed.

    Raises:
        NotOnThisList: nothing is looked for, so nobody needs to see who it is.
    """
    task = lists.get_listed(task_id, site_id=by.site.id).task
    if task.state is not TaskState.NO_NUMBER:
        raise NotOnThisList
    identity = people_queries.find_joint_identity(task.person_id)
    if identity is not None:
        events.saw(people_queries.shown([task.person_id]), by=by.member_id, at=at, why="supervision")
    return task, identity


def require_letter(task: CallTask) -> None:
    """Refuse a letter to somebody who needs none.

    Raises:
        AlreadyDealtWith: the call has left the list.
        SaidDead: somebody said so in a call, whichever it was about.
    """
    if message_queries.is_stopped(task.person_id):
        raise SaidDead
    if task.state is not TaskState.NO_NUMBER:
        raise AlreadyDealtWith


def add_number(task_id: int, typed: str, *, allow_fiction: bool, by: Agent, at: datetime) -> CallTask:
    """Add a number that somebody found, and put the call into the queue.

    Raises:
        NotANumber: what was typed cannot be rung.
        AlreadyDealtWith: the call has left the list.
        IdentityDestroyed: nothing can be added to a person who is gone.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    if task.state is not TaskState.NO_NUMBER:
        raise AlreadyDealtWith
    read = read_phones(typed, allow_fiction=allow_fiction)
    if not read.numbers:
        raise NotANumber
    person = session.get_one(Person, task.person_id, with_for_update=True, populate_existing=True)
    identity = people_queries.find_identity(person.id)
    if identity is None:
        raise IdentityDestroyed
    phones = tuple(dict.fromkeys((*read.numbers, *identity.phones)))
    people.revise(person, replace(identity, phones=phones))
    events.record(
        "person.number_added",
        by=by.member_id,
        at=at,
        subject=("person", person.id),
        site_id=task.site_id,
        task=task.id,
    )
    queue.reopen_task(task, due_at=at + rules.REOPENED_DUE_IN, by=by.member_id, at=at)
    # the number may be that of a household that is known already
    households.settle_person(person.id, at=at)
    return task


def give_up(task_id: int, *, by: Agent, at: datetime) -> CallTask:
    """End a call on a list: its case or contact is closed as unreachable, as passed on, or as deceased.

    Raises:
        AlreadyDealtWith: it has left the list.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    outcome = GIVEN_UP_AS.get(task.state)
    if outcome is None:
        raise AlreadyDealtWith
    queue.close_task(task, TaskState.CANCELLED, by=by.member_id, at=at)
    if task.kind is TaskKind.CASE_FIRST:
        case = case_queries.get_case(task.case_id, lock=True)
        cases.close(case, outcome, by=by.member_id, at=at)
    else:
        contacts.mark_unreachable(_contact_of(task), by=by.member_id, at=at)
    return task


def undo_give_up(task_id: int, *, by: Agent, at: datetime) -> CallTask:
    """Put somebody who was given up a moment ago back on their list.

    Raises:
        TooLateToUndo: it was not just now, or not this.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    if not can_undo_give_up(task, at=at):
        raise TooLateToUndo
    before = task.state_before
    if before not in GIVEN_UP_AS:
        raise TooLateToUndo
    if task.kind is TaskKind.CASE_FIRST:
        case = case_queries.get_case(task.case_id, lock=True)
        if case.outcome is not GIVEN_UP_AS[before]:
            raise TooLateToUndo
        cases.reopen(case, by=by.member_id, at=at)
    else:
        _reopen_contact(task, by=by, at=at)
    queue.close_task(task, before, by=by.member_id, at=at)
    return task


def can_undo_give_up(task: CallTask, *, at: datetime) -> bool:
    """Return whether a call was ended on a list a moment ago."""
    is_ended = task.state is TaskState.CANCELLED and task.closed_at is not None
    return is_ended and task.closed_at is not None and rules.can_undo(task.closed_at, at=at)


def _contact_of(task: CallTask) -> Contact:
    return session.get_one(Contact, task.contact_id, with_for_update=True, populate_existing=True)


def _reopen_contact(task: CallTask, *, by: Agent, at: datetime) -> None:
    contact = _contact_of(task)
    if contact.status is not ContactStatus.UNREACHABLE:
        raise TooLateToUndo
    contact.status = ContactStatus.NAMED
    session.flush()
    events.record(
        "contact.reopened", by=by.member_id, at=at, subject=("contact", contact.id), site_id=task.site_id
    )


STILL_TO_DO = (
    TaskState.OPEN,
    TaskState.NO_NUMBER,
    TaskState.UNREACHABLE,
    TaskState.WAITING_DOCTOR,
    TaskState.WAITING_LANGUAGE,
    TaskState.WAITING_INTERPRETER,
    TaskState.TO_HAND_ON,
)
"""Nobody is called for a case that is none, and nobody decides about one: whatever waited is given up."""


def close_as_no_case(case_id: int, *, by: Agent, at: datetime) -> Case:
    """Close a case whose result was withdrawn: nobody calls for it any more, what was done stays written.

    Raises:
        AlreadyDealtWith: somebody decided already.
    """
    case = _withdrawn_case(case_id, by=by)
    for task in [one for state in STILL_TO_DO for one in _tasks_of(case.id, state)]:
        queue.close_task(task, TaskState.CANCELLED, by=by.member_id, at=at)
    cases.close(case, CaseOutcome.NOT_A_CASE, by=by.member_id, at=at)
    contact_to_case.turn_back([case.id], by=by.member_id, at=at)
    return case


def keep(case_id: int, *, by: Agent, at: datetime) -> Case:
    """Keep a case although a result was withdrawn: the work on it goes on.

    The first call that the withdrawal took out of the queue is asked for again.

    Raises:
        AlreadyDealtWith: somebody decided already.
    """
    case = _withdrawn_case(case_id, by=by)
    case.status = CaseStatus.OPEN
    session.flush()
    for task in _tasks_of(case.id, TaskState.CANCELLED):
        if task.kind is TaskKind.CASE_FIRST:
            queue.reopen_task(task, due_at=at + rules.REOPENED_DUE_IN, by=by.member_id, at=at)
    events.record("case.kept", by=by.member_id, at=at, subject=("case", case.id), site_id=case.site_id)
    return case


def undo_close_as_no_case(case_id: int, *, by: Agent, at: datetime) -> Case:
    """Put a case that was closed a moment ago back on the list of withdrawn results, and its calls into the queue.

    Raises:
        TooLateToUndo: it was not just now, or not this.
    """
    case = case_queries.get_case(case_id, site_id=by.site.id, lock=True)
    if not can_undo_close(case, at=at):
        raise TooLateToUndo
    closed_at = case.closed_at
    cases.reopen(case, status=CaseStatus.WITHDRAWN, by=by.member_id, at=at)
    contact_to_case.turn_into_cases([(case.id, case.person_id)], at=at, zone=by.site.time_zone)
    for task in _tasks_of(case.id, TaskState.CANCELLED):
        if task.closed_at == closed_at:
            queue.reopen_task(task, due_at=task.due_at, by=by.member_id, at=at)
    return case


def can_undo_close(case: Case, *, at: datetime) -> bool:
    """Return whether a case was closed as none a moment ago."""
    if case.outcome is not CaseOutcome.NOT_A_CASE or case.closed_at is None:
        return False
    return rules.can_undo(case.closed_at, at=at)


def _withdrawn_case(case_id: int, *, by: Agent) -> Case:
    case = case_queries.get_case(case_id, site_id=by.site.id, lock=True)
    if case.status is not CaseStatus.WITHDRAWN:
        raise AlreadyDealtWith
    return case


def _tasks_of(case_id: int, state: TaskState) -> list[CallTask]:
    """Return the calls of a case and its contacts in a state, their households locked first as in every call."""
    chosen = (
        select(CallTask).where(CallTask.case_id == case_id, CallTask.state == state).order_by(CallTask.id)
    )
    met = {task.household_id for task in session.scalars(chosen)}
    for household_id in sorted(household for household in met if household is not None):
        queue_queries.find_entry_of(household_id, lock=True)
    return list(session.scalars(chosen.execution_options(populate_existing=True)))
