"""Commands on call tasks: open, close, reopen, postpone, promise a callback, weigh."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tracing.kernel import events
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.queue import queries, rules
from tracing.queue.households import priorities, superseding
from tracing.queue.households import services as households
from tracing.queue.models import BARRED, BARRED_AS, ENDED, ON_HOLD, CallTask, TaskKind, TaskState
from tracing.queue.ordering import callbacks
from tracing.staff.agent import Agent

SWEEP_BATCH = 1000


@dataclass(frozen=True)
class Planned:
    """The day of a follow-up call, and the last one on which it is made."""

    on: date
    until: date
    not_before: datetime
    due_at: datetime


def enqueue(
    *,
    kind: TaskKind,
    person_id: int,
    phones: Sequence[str],
    site_id: int,
    case_id: int,
    contact_id: int | None = None,
    due_at: datetime,
    factors: rules.Factor = rules.NO_FACTORS,
    planned: Planned | None = None,
    at: datetime,
) -> CallTask:
    """Create the task to call a person by `due_at`; without a usable number they go to a separate list.

    A follow-up call is `planned` for a day, and not made before it.

    A number that was said wrong is none.

    Whoever was said dead, or asked never to be called, is not called: the task goes to the supervisor's list.
    """
    barred_by = people.barred_by([person_id]).get(person_id)
    if barred_by is not None:
        state = BARRED_AS[barred_by]
    else:
        state = TaskState.OPEN if people.usable_numbers(person_id, phones) else TaskState.NO_NUMBER
    task = CallTask(
        kind=kind,
        person_id=person_id,
        site_id=site_id,
        case_id=case_id,
        contact_id=contact_id,
        created_at=at,
        due_at=due_at,
        not_before=at if planned is None else planned.not_before,
        planned_on=None if planned is None else planned.on,
        ends_on=None if planned is None else planned.until,
        factors=int(factors),
        state=state,
        closed_at=None if state is TaskState.OPEN else at,
    )
    session.add(task)
    session.flush()
    events.record("task.opened", by=None, at=at, subject=("task", task.id), site_id=site_id, why=kind.value)
    if state is TaskState.OPEN:
        households.settle_person(person_id, at=at)
        priorities.request_rescan([site_id], task.id, task.id, at=at)
    return task


def close_task(task: CallTask, state: TaskState, *, by: int | None, at: datetime) -> None:
    """Close a task. The household's place is updated now, or when its claim ends."""
    if state is not TaskState.CANCELLED:
        task.state_before = None
    elif task.state is not TaskState.CANCELLED:
        task.state_before = task.state
    task.state, task.closed_at, task.covered_by, task.given_from = state, at, None, None
    if state is TaskState.DONE:
        task.again = None
    session.flush()
    events.record(
        "task.closed", by=by, at=at, subject=("task", task.id), site_id=task.site_id, state=state.value
    )
    if state is TaskState.CANCELLED:
        # the tasks that this one superseded are opened again, so that the person is still called
        superseding.reopen_all_superseded(task, by=by, at=at)
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)


def reopen_task(
    task: CallTask, *, due_at: datetime, is_on_line: bool = False, by: int | None, at: datetime
) -> None:
    """Open a task again, due at `due_at`, with no attempts counted; a callback promised for later still holds.

    A task with `gives_way` is cancelled instead; the call of somebody who was said dead, or asked never to be called,
    stays closed. If every number was said wrong, it goes to the list of those without one, unless they rang us
    themselves (`is_on_line`).
    """
    barred_by = people.barred_by([task.person_id]).get(task.person_id)
    if barred_by is not None:
        if task.state is not BARRED_AS[barred_by]:
            close_task(task, BARRED_AS[barred_by], by=by, at=at)
        return
    if not task.gives_way and not is_on_line and people.only_wrong_numbers([task.person_id]):
        if task.state is not TaskState.NO_NUMBER:
            close_task(task, TaskState.NO_NUMBER, by=by, at=at)
        return
    if task.gives_way:
        close_task(task, TaskState.CANCELLED, by=by, at=at)
        # it would be open now: that is what it is restored to if the case turns out to be none
        task.state_before = TaskState.OPEN
        session.flush()
        return
    waited, since = task.state, task.closed_at
    # the call changes hands, the hour that was said to the person does not
    if task.state not in ON_HOLD or not callbacks.still_stands(task, at=at):
        task.not_before, task.promised_at, task.promised_by, task.rung_early_at = at, None, None, None
    task.state, task.state_before, task.closed_at, task.covered_by = TaskState.OPEN, None, None, None
    task.given_from = None
    task.due_at, task.attempts = due_at, 0
    session.flush()
    events.record("task.reopened", by=by, at=at, subject=("task", task.id), site_id=task.site_id)
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)
    else:
        households.settle_person(task.person_id, at=at)
    priorities.request_rescan([task.site_id], task.id, task.id, at=at)
    if waited in ON_HOLD:
        # several meetings of one person were put on hold by one outcome: they are told in one call
        for other in queries.moved_with(task, waited, since):
            reopen_task(other, due_at=due_at, is_on_line=is_on_line, by=by, at=at)


def call_again(
    task: CallTask, why: rules.CallAgain, *, due_at: datetime, by: int | None, at: datetime
) -> None:
    """Open the call of a person who was told something else than what holds now."""
    task.again = why
    reopen_task(task, due_at=due_at, by=by, at=at)


def keep_open(
    task: CallTask,
    why: rules.CallAgain,
    *,
    not_before: datetime,
    due_at: datetime,
    by: int | None,
    at: datetime,
) -> None:
    """Keep a call open that has reached its person, to ring once more unless they ring first."""
    task.again, task.due_at, task.not_before = why, due_at, not_before
    task.promised_at, task.promised_by, task.attempts, task.given_from = None, None, 0, None
    session.flush()
    events.record(
        "task.kept_open", by=by, at=at, subject=("task", task.id), site_id=task.site_id, why=why.value
    )
    _follow(task, at=at)


def plan_again(task: CallTask, planned: Planned, *, by: int | None, at: datetime) -> None:
    """Plan a follow-up call for another day: it waits again if it was stopped, or if nobody answered on its day.

    An hour that was promised holds.
    """
    if task.planned_on != planned.on:
        task.attempts = 0
    task.planned_on, task.ends_on, task.due_at = planned.on, planned.until, planned.due_at
    if task.state in {*ENDED, *BARRED, TaskState.UNREACHABLE}:
        reopen_task(task, due_at=planned.due_at, by=by, at=at)
    if task.promised_at is None or task.promised_at <= at:
        task.not_before = planned.not_before
    session.flush()
    _follow(task, at=at)


def call_no_more(task: CallTask, *, by: int | None, at: datetime) -> None:
    """Take back `call_again`: what the person was told holds after all."""
    close_task(task, TaskState.DONE, by=by, at=at)


def postpone_task(task: CallTask, *, until: datetime, at: datetime) -> None:
    """Schedule the next attempt, not before `until`, after one that did not reach the person.

    A callback promised for later stands: then the next attempt is at its time.
    """
    task.attempts += 1
    if task.promised_at is not None and task.promised_at > at:
        task.rung_early_at = at
    else:
        task.not_before, task.promised_at, task.promised_by = until, None, None
        task.rung_early_at = None
    session.flush()
    _follow(task, at=at)


def wait_until(task: CallTask, *, until: datetime, at: datetime) -> None:
    """Call a person not before `until`, because somebody decided so: no attempt is counted, and no hour was promised."""
    task.not_before, task.promised_at, task.promised_by = until, None, None
    task.rung_early_at = None
    session.flush()
    _follow(task, at=at)


def ring_next_number(task: CallTask, *, at: datetime) -> None:
    """Let a person be called at once, at another number; a promise whose time has not come still holds."""
    if task.promised_at is not None and task.promised_at > at:
        return
    task.not_before, task.promised_at, task.promised_by = at, None, None
    session.flush()
    _follow(task, at=at)


def promise(task: CallTask, *, when: datetime, owner: int | None = None, by: Agent, at: datetime) -> None:
    """Promise a person a callback at `when`, by whoever promises it or by the `owner`.

    Whoever promised it can claim it ten minutes before, everyone else from `when` on.
    """
    # in UTC: in local time, "ten minutes before" would be an hour and ten minutes on one night a year
    when = when.astimezone(UTC)
    owner = owner or by.member_id
    task.not_before, task.promised_at, task.promised_by = when, when, owner
    task.rung_early_at = None
    callbacks.record_promise(task, when=when, owner=owner, at=at)
    events.record(
        "callback.promised",
        by=by.member_id,
        at=at,
        subject=("task", task.id),
        site_id=task.site_id,
        when=when.isoformat(),
    )
    _follow(task, at=at)


def carry_promise(task: CallTask, to: CallTask, *, at: datetime) -> None:
    """Let an hour that was promised about one call hold for another of the same person, which is made in its place.

    Not one after the other call is due: what they are told then does not wait.
    """
    when, owner = task.promised_at, task.promised_by
    if when is None or owner is None or not at < when <= to.due_at:
        return
    if to.state is not TaskState.OPEN or to.promised_at is not None:
        return
    to.not_before, to.promised_at, to.promised_by = when, when, owner
    to.rung_early_at = None
    callbacks.record_promise(to, when=when, owner=owner, at=at)
    _follow(to, at=at)


def set_factors(task: CallTask, factors: rules.Factor, *, at: datetime) -> None:
    """Store the known circumstances that make a call more urgent, and update the household's place."""
    if task.factors != factors:
        task.factors = int(factors)
        session.flush()
        _follow(task, at=at)


def _follow(task: CallTask, *, at: datetime) -> None:
    """Update the household's place after a task changed: at once, or when its claim ends."""
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)
