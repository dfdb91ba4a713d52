"""The reasons why people must be called: opened, closed, reopened, postponed, promised, weighed."""

from collections.abc import Sequence
from datetime import UTC, datetime

from tracing.kernel import events
from tracing.kernel.db import session
from tracing.queue import queries, rules
from tracing.queue.households import priorities, superseding
from tracing.queue.households import services as households
from tracing.queue.models import CallTask, TaskKind, TaskState
from tracing.queue.ordering import callbacks
from tracing.staff.agent import Agent

SWEEP_BATCH = 1000


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
    at: datetime,
) -> CallTask:
    """Ask that a person be called by `due_at`; without a usable number they go to a list of their own."""
    task = CallTask(
        kind=kind,
        person_id=person_id,
        site_id=site_id,
        case_id=case_id,
        contact_id=contact_id,
        created_at=at,
        due_at=due_at,
        not_before=at,
        factors=int(factors),
        state=TaskState.OPEN if phones else TaskState.NO_NUMBER,
        closed_at=None if phones else at,
    )
    session.add(task)
    session.flush()
    events.record("task.opened", by=None, at=at, subject=("task", task.id), site_id=site_id, why=kind.value)
    if phones:
        households.settle_person(person_id, at=at)
        priorities.compare([site_id], task.id, task.id, at=at)
    return task


def close_task(task: CallTask, state: TaskState, *, by: int | None, at: datetime) -> None:
    """Close the reason for calling a person. The household's place follows when its claim ends, or now."""
    if state is not TaskState.CANCELLED:
        task.state_before = None
    elif task.state is not TaskState.CANCELLED:
        task.state_before = task.state
    task.state, task.closed_at, task.covered_by = state, at, None
    session.flush()
    events.record(
        "task.closed", by=by, at=at, subject=("task", task.id), site_id=task.site_id, state=state.value
    )
    if state is TaskState.CANCELLED:
        # nobody is left uncalled because the call that was to tell them is given up
        superseding.uncover_all(task, by=by, at=at)
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)


def write_no_letter(person_id: int, *, by: int | None, at: datetime) -> None:
    """Let nobody write to somebody who was said to be dead, under any of their records: a letter is a message as well."""
    for task in queries.tasks_of_person(person_id):
        if task.state is TaskState.NO_NUMBER:
            close_task(task, TaskState.DECEASED, by=by, at=at)


def reopen_task(task: CallTask, *, due_at: datetime, by: int | None, at: datetime) -> None:
    """Ask again that a person be called, now; their attempts begin anew. A call that gives way is not asked for again."""
    if task.gives_way:
        close_task(task, TaskState.CANCELLED, by=by, at=at)
        return
    task.state, task.state_before, task.closed_at, task.covered_by = TaskState.OPEN, None, None, None
    task.due_at, task.not_before, task.promised_at, task.promised_by, task.attempts = (
        due_at,
        at,
        None,
        None,
        0,
    )
    session.flush()
    events.record("task.reopened", by=by, at=at, subject=("task", task.id), site_id=task.site_id)
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)
    else:
        households.settle_person(task.person_id, at=at)
    priorities.compare([task.site_id], task.id, task.id, at=at)


def postpone_task(task: CallTask, *, until: datetime, at: datetime) -> None:
    """Try a person again, not before `until`, after an attempt that reached nobody."""
    task.attempts += 1
    task.not_before, task.promised_at, task.promised_by = until, None, None
    session.flush()
    _follow(task, at=at)


def promise(task: CallTask, *, when: datetime, by: Agent, at: datetime) -> None:
    """Promise a person a callback at `when`: ready for who promised it ten minutes before, then for everyone."""
    # ten minutes before are counted from it: by a wall clock they are an hour long one night a year
    when = when.astimezone(UTC)
    task.not_before, task.promised_at, task.promised_by = when, when, by.member_id
    callbacks.note(task, when=when, by=by, at=at)
    events.record(
        "callback.promised",
        by=by.member_id,
        at=at,
        subject=("task", task.id),
        site_id=task.site_id,
        when=when.isoformat(),
    )
    _follow(task, at=at)


def weigh(task: CallTask, factors: rules.Factor, *, at: datetime) -> None:
    """Note what makes a call more urgent, as it is known now; the household's place follows."""
    if task.factors != factors:
        task.factors = int(factors)
        session.flush()
        _follow(task, at=at)


def _follow(task: CallTask, *, at: datetime) -> None:
    """Let the household's place follow a task that moved: at once, or when its claim ends."""
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)
