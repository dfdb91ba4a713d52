"""Decisions on the lists: return a call to the queue, give it to a tracer, add a number, close or keep a case."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from tracing.calls import queries as call_queries
from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.consequences import mistaken_cases, reopening
from tracing.consequences import services as consequences
from tracing.consequences.picture_rules import ReopenReason
from tracing.contacts import contact_to_case, marks
from tracing.contacts.models import Contact, ContactStatus
from tracing.facts.rules import FactKind, FactSource, NewFact
from tracing.hand_offs import services as hand_offs
from tracing.kernel import clock, events
from tracing.kernel.db import lock_row, session
from tracing.messages import queries as message_queries
from tracing.messages.models import Message
from tracing.people import correction_services as corrections
from tracing.people import queries as people_queries
from tracing.people import services as people
from tracing.people.models import Person
from tracing.people.phones import read_phones
from tracing.people.rules import Identity
from tracing.queue import languages
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.errors import NotWaiting
from tracing.queue.households import services as households
from tracing.queue.models import ENDED, ON_HOLD, REOPENABLE, UNFINISHED, CallTask, TaskKind, TaskState
from tracing.staff.agent import Agent
from tracing.supervision import rules
from tracing.supervision.board.services import give
from tracing.supervision.errors import (
    AlreadyDealtWith,
    AskedNotToBeCalled,
    CannotBeReopened,
    CanStillBeTakenBack,
    DoctorStillAsked,
    NotANumber,
    NotOnThisList,
    NumberSaidWrong,
    SaidDead,
    TooLateToUndo,
)
from tracing.supervision.worklists import queries as lists
from tracing.vault.errors import IdentityDestroyed

REOPENED = ENDED
"""What is over is opened again from the calls of its case; what waits for a decision has its list."""
GIVEN_UP_AS = {
    TaskState.UNREACHABLE: CaseOutcome.UNREACHABLE,
    TaskState.NO_NUMBER: CaseOutcome.UNREACHABLE,
    TaskState.IDENTITY_FAILED: CaseOutcome.UNREACHABLE,
    TaskState.WAITING_INTERPRETER: CaseOutcome.UNREACHABLE,
    TaskState.TO_HAND_ON: CaseOutcome.HANDED_ON,
    TaskState.DECEASED: CaseOutcome.DECEASED,
    TaskState.NO_CALLS: CaseOutcome.REFUSED,
}
"""The states in which a call can be ended, and the outcome of its case then."""

SHOWS_IDENTITY = frozenset({TaskState.NO_NUMBER, TaskState.IDENTITY_FAILED})
"""Calls for which a supervisor must see who the person is: to find a number, or to compare."""


def give_listed(task_id: int, member_id: int, *, by: Agent, at: datetime) -> None:
    """Give a call of a language list to one tracer, keeping its language and due time.

    Raises:
        AlreadyDealtWith: it has left the list.
        NotWaiting: another member is on a call with the household, or it cannot be called now.
        NotATracerHere: they do not call for this site, or already have a call.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    if lists.list_of(task) not in lists.SPOKEN_LISTS:
        raise AlreadyDealtWith
    given_from = task.state
    queue.reopen_task(task, due_at=task.due_at, by=by.member_id, at=at)
    # nobody takes it in time: it returns to its own list
    task.given_from = given_from if task.state is TaskState.OPEN else None
    session.flush()
    entry = queue_queries.find_entry_of(task.household_id) if task.household_id is not None else None
    if entry is None:
        raise NotWaiting
    give(entry.id, member_id, by=by, at=at)


def reopen_call(task_id: int, why: ReopenReason, *, by: Agent, at: datetime) -> CallTask:
    """Open a call again that was over, whatever came of it; a second time changes nothing.

    Raises:
        CannotBeReopened: nobody is to be called there: dead, never to be called, or no case.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    if task.state is TaskState.OPEN:
        return task
    if task.state not in REOPENED or not reopening.can_be_reopened(task):
        raise CannotBeReopened
    reopening.reopen(task, why, due_at=at + rules.REOPENED_DUE_IN, by=by, at=at)
    return task


def take_case_back(task_id: int, words: str, *, by: Agent, at: datetime) -> None:
    """Take back a case that what a contact told of a test has opened, with the reason.

    Raises:
        AlreadyDealtWith: it was taken back already, or a laboratory has sent a result of it.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    is_first = task.kind is TaskKind.CASE_FIRST
    if not is_first or not mistaken_cases.take_back(
        task.case_id, source=FactSource.SUPERVISOR, words=words, by=by, at=at
    ):
        raise AlreadyDealtWith


def put_back(task_id: int, *, in_french: bool = False, by: Agent, at: datetime) -> CallTask:
    """Return a call of a list to the queue, with three new attempts; with `in_french`, in French, for every tracer.

    Raises:
        AlreadyDealtWith: it has left the list.
        DoctorStillAsked: a medical adviser has not answered yet.
    """
    listed = lists.get_listed(task_id, site_id=by.site.id, lock=True)
    task = listed.task
    if task.state not in REOPENABLE:
        raise AlreadyDealtWith
    if task.state is TaskState.WAITING_DOCTOR and listed.question and not listed.question.is_settled:
        raise DoctorStillAsked
    if in_french:
        languages.call_in_french(task)
    if task.is_follow_up and task.state is TaskState.TO_HAND_ON:
        # the calendar goes on from there: today is not always its day
        _say_home(task, by=by, at=at)
    if task.state is not TaskState.OPEN:
        due_at = task.due_at if task.state in ON_HOLD else at + rules.REOPENED_DUE_IN
        queue.reopen_task(task, due_at=due_at, by=by.member_id, at=at)
    return task


def _say_home(task: CallTask, *, by: Agent, at: datetime) -> None:
    """Whoever is to be asked again how they are is in hospital no more."""
    said = NewFact(
        subject=task.subject,
        kind=FactKind.HOSPITAL,
        value=False,
        source=FactSource.SUPERVISOR,
        cohort=clock.local_day(at, by.site.time_zone),
    )
    consequences.record([said], by=by.member_id, at=at)


def show_identity(task_id: int, *, by: Agent, at: datetime) -> tuple[CallTask, Identity | None]:
    """Return a listed call and its person's identity (None once destroyed), and log that it was seen.

    Raises:
        NotOnThisList: the call has a number, so no one needs to see who it is.
    """
    task = lists.get_listed(task_id, site_id=by.site.id).task
    if task.state not in SHOWS_IDENTITY:
        raise NotOnThisList
    identity = people_queries.find_joint_identity(task.person_id)
    if identity is not None:
        events.record_access(
            people_queries.records_shown([task.person_id]), by=by.member_id, at=at, why="supervision"
        )
    return task, identity


def show_addressee(message: Message, *, by: Agent, at: datetime) -> Identity | None:
    """Return to whom a letter of the outbox goes (None once destroyed), and log that it was seen."""
    identity = people_queries.find_joint_identity(message.person_id)
    if identity is not None:
        events.record_access(
            people_queries.records_shown([message.person_id]), by=by.member_id, at=at, why="supervision"
        )
    return identity


def require_letter(task: CallTask, *, at: datetime) -> None:
    """Refuse a letter that is not needed or not allowed.

    Raises:
        AlreadyDealtWith: the call has left the list.
        SaidDead, AskedNotToBeCalled: the person was reported dead, or asked never to be called, in whichever call.
        CanStillBeTakenBack: the outcome that asks for it was noted a moment ago.
    """
    if people_queries.barred_by([task.person_id]).get(task.person_id) is FactKind.NO_CALLS:
        raise AskedNotToBeCalled
    if message_queries.is_stopped(task.person_id):
        raise SaidDead
    if task.state is not TaskState.NO_NUMBER:
        raise AlreadyDealtWith
    if call_queries.can_be_taken_back(task.id, at=at):
        raise CanStillBeTakenBack


def add_number(
    task_id: int, typed: str, *, is_other: bool = False, allow_fiction: bool, by: Agent, at: datetime
) -> CallTask:
    """Add a number that was found, and return the call to the queue.

    `is_other`: whoever is like them behind this number, and may not be called, is somebody else.

    Raises:
        MayBeBarred: it may be somebody who died, or asked never to be called.
        NotANumber, NumberSaidWrong: what was typed cannot be rung, or does not reach the person.
        AlreadyDealtWith: the call has left the list.
        IdentityDestroyed: nothing can be added to a destroyed identity.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    if task.state not in SHOWS_IDENTITY:
        raise AlreadyDealtWith
    read = read_phones(typed, allow_fiction=allow_fiction)
    if not read.numbers:
        raise NotANumber
    if not people_queries.usable_numbers(task.person_id, read.numbers):
        raise NumberSaidWrong
    person = lock_row(Person, task.person_id)
    identity = people_queries.find_identity(person.id)
    if identity is None:
        raise IdentityDestroyed
    corrected = replace(identity, phones=tuple(dict.fromkeys((*read.numbers, *identity.phones))))
    corrections.refuse_if_barred(person, corrected, is_other=is_other)
    people.revise(person, corrected)
    events.record(
        "person.number_added",
        by=by.member_id,
        at=at,
        subject=("person", person.id),
        site_id=task.site_id,
        task=task.id,
    )
    queue.reopen_task(task, due_at=at + rules.REOPENED_DUE_IN, by=by.member_id, at=at)
    # the number may belong to a household that is already known
    households.settle_person(person.id, at=at)
    return task


def give_up(task_id: int, *, by: Agent, at: datetime) -> CallTask:
    """End a call on a list: close its case or contact as unreachable, handed on, or deceased.

    Raises:
        AlreadyDealtWith: it has left the list.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    outcome = GIVEN_UP_AS.get(task.state)
    if outcome is None:
        raise AlreadyDealtWith
    queue.close_task(task, TaskState.CANCELLED, by=by.member_id, at=at)
    if task.is_follow_up:
        return task  # they were told: the case and the contact stay what they are
    if task.kind is TaskKind.CASE_FIRST:
        case = case_queries.get_case(task.case_id, lock=True)
        cases.close(case, outcome, by=by.member_id, at=at)
    else:
        mark = marks.mark_refused if outcome is CaseOutcome.REFUSED else marks.mark_unreachable
        mark(_contact_of(task), by=by.member_id, at=at)
    return task


def undo_give_up(task_id: int, *, by: Agent, at: datetime) -> CallTask:
    """Undo a recent `give_up`: return the call to its list.

    Raises:
        TooLateToUndo: it was not recent, or something else happened since.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    if not can_undo_give_up(task, at=at):
        raise TooLateToUndo
    before = task.state_before
    if before not in GIVEN_UP_AS:
        raise TooLateToUndo
    if task.is_follow_up:
        pass
    elif task.kind is TaskKind.CASE_FIRST:
        case = case_queries.get_case(task.case_id, lock=True)
        if case.outcome is not GIVEN_UP_AS[before]:
            raise TooLateToUndo
        cases.reopen(case, by=by.member_id, at=at)
    else:
        _reopen_contact(task, by=by, at=at)
    queue.close_task(task, before, by=by.member_id, at=at)
    return task


def can_undo_give_up(task: CallTask, *, at: datetime) -> bool:
    """Return whether a call was ended on a list a short time ago."""
    is_ended = task.state is TaskState.CANCELLED and task.closed_at is not None
    return is_ended and task.closed_at is not None and rules.can_undo(task.closed_at, at=at)


def _contact_of(task: CallTask) -> Contact:
    return lock_row(Contact, task.contact_id)


def _reopen_contact(task: CallTask, *, by: Agent, at: datetime) -> None:
    contact = _contact_of(task)
    if contact.status not in {ContactStatus.UNREACHABLE, ContactStatus.REFUSED}:
        raise TooLateToUndo
    contact.status = ContactStatus.NAMED
    session.flush()
    events.record(
        "contact.reopened", by=by.member_id, at=at, subject=("contact", contact.id), site_id=task.site_id
    )


def close_as_no_case(case_id: int, *, by: Agent, at: datetime) -> Case:
    """Close a case whose result was withdrawn as no case: its calls are cancelled, its records are kept.

    Whoever was told otherwise is called once more, and notes that are due no more are marked.

    Raises:
        AlreadyDealtWith: another member has already decided.
    """
    case = _withdrawn_case(case_id, by=by)
    for task in _tasks_of(case.id, UNFINISHED):
        queue.close_task(task, TaskState.CANCELLED, by=by.member_id, at=at)
    cases.close(case, CaseOutcome.NOT_A_CASE, by=by.member_id, at=at)
    contact_to_case.turn_back([case.id], by=by.member_id, at=at)
    consequences.follow_case(case.id, by=by.member_id, at=at)
    _follow_result(case, by=by, at=at)
    return case


def keep(case_id: int, *, by: Agent, at: datetime) -> Case:
    """Keep a case although a result was withdrawn: the work on it continues, or it stays closed as it was.

    The first call that the withdrawal took out of the queue is opened again.

    Raises:
        AlreadyDealtWith: another member has already decided.
    """
    case = _withdrawn_case(case_id, by=by)
    cases.keep(case, by=by.member_id, at=at)
    if case.status is CaseStatus.OPEN:
        for task in _tasks_of(case.id, {TaskState.CANCELLED}):
            if task.kind is TaskKind.CASE_FIRST:
                queue.reopen_task(task, due_at=at + rules.REOPENED_DUE_IN, by=by.member_id, at=at)
    return case


def undo_close_as_no_case(case_id: int, *, by: Agent, at: datetime) -> Case:
    """Undo a recent closing as no case: the case returns to the list of withdrawn results, its calls to the queue.

    Raises:
        TooLateToUndo: it was not recent, or something else happened since.
    """
    case = case_queries.get_case(case_id, site_id=by.site.id, lock=True)
    if not can_undo_close(case, at=at):
        raise TooLateToUndo
    closed_at = case.closed_at
    cases.reopen(case, status=CaseStatus.WITHDRAWN, by=by.member_id, at=at)
    contact_to_case.turn_into_cases([(case.id, case.person_id)], at=at, zone=by.site.time_zone)
    for task in _tasks_of(case.id, {TaskState.CANCELLED}):
        if task.closed_at == closed_at:
            queue.reopen_task(task, due_at=task.due_at, by=by.member_id, at=at)
    consequences.follow_case(case.id, by=by.member_id, at=at)
    _follow_result(case, by=by, at=at)
    return case


def can_undo_close(case: Case, *, at: datetime) -> bool:
    """Return whether a case was closed as no case a short time ago."""
    if case.outcome is not CaseOutcome.NOT_A_CASE or case.closed_at is None:
        return False
    return rules.can_undo(case.closed_at, at=at)


def _follow_result(case: Case, *, by: Agent, at: datetime) -> None:
    hand_offs.follow_result(case, on=clock.local_day(at, by.site.time_zone), by=by.member_id, at=at)


def _withdrawn_case(case_id: int, *, by: Agent) -> Case:
    case = case_queries.get_case(case_id, site_id=by.site.id, lock=True)
    if case.status is not CaseStatus.WITHDRAWN:
        raise AlreadyDealtWith
    return case


def _tasks_of(case_id: int, states: Collection[TaskState]) -> Sequence[CallTask]:
    """Return the calls of a case and its contacts in some states, locked."""
    return queue_queries.lock_tasks((CallTask.case_id == case_id) & CallTask.state.in_(states))
