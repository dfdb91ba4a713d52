"""One first call per episode: when two records turn out to be one person, one task supersedes the other.

The superseded task is cancelled, but opened again when the records are separated, or when the task that supersedes it
is cancelled itself.
"""

from datetime import datetime

from sqlalchemy import select

from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import CaseOutcome, CaseStatus
from tracing.kernel import events
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.queue.households import priorities
from tracing.queue.households import services as households
from tracing.queue.models import CallTask, TaskState


def supersede_task(task: CallTask, covering: CallTask, *, by: int | None, at: datetime) -> None:
    """Cancel a first call because another task calls the same person about the same episode."""
    if task.state is not TaskState.CANCELLED:
        task.state_before = task.state
    task.state, task.closed_at, task.covered_by = TaskState.CANCELLED, at, covering.id
    session.flush()
    events.record(
        "task.covered", by=by, at=at, subject=("task", task.id), site_id=task.site_id, covering=covering.id
    )
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)


def reopen_superseded(task: CallTask, *, by: int | None, at: datetime) -> None:
    """Open a superseded task again as it was: with its promise, its attempts and its place.

    It stays cancelled if the case turned out to be none or its result was withdrawn: such cases are not called.
    """
    task.covered_by = None
    case = case_queries.get_case(task.case_id, lock=True)
    if case.status is CaseStatus.WITHDRAWN or case.outcome is CaseOutcome.NOT_A_CASE:
        session.flush()
        return
    if case.status is CaseStatus.CLOSED:
        cases.reopen(case, by=by, at=at)
    has_number = people.has_number(task.person_id)
    task.state, task.state_before = TaskState.OPEN if has_number else TaskState.NO_NUMBER, None
    task.closed_at = None if has_number else at
    session.flush()
    events.record("task.uncovered", by=by, at=at, subject=("task", task.id), site_id=task.site_id)
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)
    elif has_number:
        households.settle_person(task.person_id, at=at)
    priorities.request_rescan([task.site_id], task.id, task.id, at=at)


def reopen_all_superseded(covering: CallTask, *, by: int | None, at: datetime) -> None:
    """Open all tasks again that this one superseded."""
    chosen = select(CallTask).where(CallTask.covered_by == covering.id).order_by(CallTask.id)
    for task in session.scalars(chosen).all():
        reopen_superseded(task, by=by, at=at)
