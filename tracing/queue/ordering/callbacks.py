"""Promised callbacks: record them, mark them kept or broken, count them for the supervisor."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, false, func, null, select, true, update

from tracing.kernel import events
from tracing.kernel.db import fresh, session
from tracing.queue import rules
from tracing.queue.models import CallTask, EntryState, Promise, QueueEntry, TaskState

BATCH = 500


@dataclass(frozen=True)
class PromiseCounts:
    """How many promises were kept and how many broken."""

    kept: int
    broken: int


def record_promise(task: CallTask, *, when: datetime, owner: int, at: datetime) -> None:
    """Record that a callback was promised, to be made by its owner."""
    session.add(
        Promise(task_id=task.id, site_id=task.site_id, member_id=owner, promised_for=when, made_at=at)
    )
    session.flush()


def settle(task_id: int, *, called_at: datetime, is_reached: bool, at: datetime) -> None:
    """Settle the earlier promises of a task that was called: kept if somebody was reached, broken if the call came late.

    Rung in vain before its time, a promise stands; rung in vain at its time, it is neither kept nor broken.
    """
    open_ones = update(Promise).where(
        Promise.task_id == task_id, Promise.settled_at.is_(None), Promise.made_at < called_at
    )
    if not is_reached:
        open_ones = open_ones.where(Promise.promised_for <= at)
    in_time = called_at <= Promise.promised_for + rules.PROMISE_TOLERANCE
    session.execute(
        open_ones.values(
            settled_at=at, was_kept=case((in_time, true() if is_reached else null()), else_=false())
        ).execution_options(synchronize_session=False)
    )


def still_stands(task: CallTask, *, at: datetime) -> bool:
    """Return whether a callback that was promised about a task is still to come."""
    if task.promised_at is None or task.promised_at <= at:
        return False
    chosen = select(Promise.id).where(
        Promise.task_id == task.id, Promise.settled_at.is_(None), Promise.promised_for == task.promised_at
    )
    return session.scalar(chosen.limit(1)) is not None


def break_missed(*, at: datetime) -> int:
    """Mark a batch of promises as broken whose time has passed; return how many were broken.

    A call that began in time and is still in progress keeps its promise. If the call is no longer needed, the promise
    is settled but not broken.
    """
    in_time = (QueueEntry.state == EntryState.CLAIMED) & (
        QueueEntry.claimed_at <= Promise.promised_for + rules.PROMISE_TOLERANCE
    )
    rows = session.execute(
        fresh(
            select(Promise, CallTask.state, CallTask.promised_at)
            .join(CallTask, CallTask.id == Promise.task_id)
            .outerjoin(QueueEntry, QueueEntry.household_id == CallTask.household_id)
            .where(
                Promise.settled_at.is_(None),
                Promise.promised_for < at - rules.PROMISE_TOLERANCE,
                in_time.is_not(True),
            )
            .order_by(Promise.promised_for)
            .limit(BATCH)
            .with_for_update(of=Promise, skip_locked=True)
        )
    ).all()
    broken = 0
    for promise, state, promised_at in rows:
        promise.settled_at = at
        if state is TaskState.OPEN and promised_at == promise.promised_for:
            promise.was_kept = False
            broken += 1
            events.record(
                "promise.broken",
                by=None,
                at=at,
                subject=("task", promise.task_id),
                site_id=promise.site_id,
                member=promise.member_id,
            )
    session.flush()
    return broken


def counted(site_id: int, *, since: datetime) -> PromiseCounts:
    """Count the promises of a site that were kept and broken since `since`."""
    row = session.execute(
        select(
            func.count().filter(Promise.was_kept.is_(True)), func.count().filter(Promise.was_kept.is_(False))
        ).where(Promise.site_id == site_id, Promise.settled_at >= since)
    ).one()
    return PromiseCounts(*row)
