"""A contact who is now called as a case: their contact task is cancelled, and restored if there is no case."""

from datetime import datetime

from tracing.kernel.db import session
from tracing.queue import queries
from tracing.queue.models import CallTask, EntryState, TaskState
from tracing.queue.services import close_task, reopen_task


def supersede(task: CallTask, *, at: datetime) -> None:
    """Cancel the task of a contact who is now called as a case; during a call, mark it to be cancelled when that ends.

    Lock the household's entry first.
    """
    entry = queries.find_entry_of(task.household_id) if task.household_id is not None else None
    task.gives_way = True
    if task.state is TaskState.OPEN and entry is not None and entry.state is EntryState.CLAIMED:
        entry.is_stale = True
        session.flush()
        return
    close_task(task, TaskState.CANCELLED, by=None, at=at)


def restore(task: CallTask, *, by: int | None, at: datetime) -> TaskState | None:
    """Return a call that gave way to its state before, and say which; None where it was held after all."""
    task.gives_way = False
    session.flush()
    if task.state is TaskState.OPEN:
        return TaskState.OPEN
    if task.state is not TaskState.CANCELLED:
        return None
    # none: the release before cancelled it while this one was being installed
    before = task.state_before or TaskState.OPEN
    if before is TaskState.OPEN:
        reopen_task(task, due_at=task.due_at, by=by, at=at)
    else:
        close_task(task, before, by=by, at=at)
    return before
