"""What the passing of time does to the queue: households become ready, are open to everyone, are overdue."""

from datetime import datetime

from sqlalchemy import select, update

from tracing.kernel import events
from tracing.kernel.db import session
from tracing.queue import households
from tracing.queue.models import EntryState, QueueEntry
from tracing.queue.services import SWEEP_BATCH


def promote(*, at: datetime) -> int:
    """Make ready every household whose time has come, and open kept ones to everyone; returns how many."""
    ready = session.execute(
        update(QueueEntry)
        .where(
            QueueEntry.id.in_(
                select(QueueEntry.id)
                .where(QueueEntry.state == EntryState.SCHEDULED, QueueEntry.not_before <= at)
                .order_by(QueueEntry.not_before)
                .limit(SWEEP_BATCH)
                .with_for_update(skip_locked=True)
            )
        )
        .values(state=EntryState.READY)
        .returning(QueueEntry.id)
        .execution_options(synchronize_session=False)
    ).all()
    early = session.scalars(
        select(QueueEntry.household_id)
        .where(
            QueueEntry.state == EntryState.READY,
            QueueEntry.reserved_until <= at,
            QueueEntry.not_before > at,
        )
        .limit(SWEEP_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for household_id in early:
        # given to somebody before its time, and not taken: it waits for its time again
        households.refresh(household_id, at=at)
    opened = session.execute(
        update(QueueEntry)
        .where(QueueEntry.state == EntryState.READY, QueueEntry.reserved_until <= at)
        .values(reserved_for=None, reserved_until=None)
        .returning(QueueEntry.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(ready) + len(early) + len(opened)


def mark_overdue(*, at: datetime) -> int:
    """Mark every household past its due time, once each, with an event; returns how many."""
    late = session.execute(
        update(QueueEntry)
        .where(
            QueueEntry.id.in_(
                select(QueueEntry.id)
                .where(
                    QueueEntry.state != EntryState.IDLE,
                    QueueEntry.overdue_at.is_(None),
                    QueueEntry.due_at < at,
                )
                .limit(SWEEP_BATCH)
                .with_for_update(skip_locked=True)
            )
        )
        .values(overdue_at=at)
        .returning(QueueEntry.id, QueueEntry.site_id, QueueEntry.promised_at)
        .execution_options(synchronize_session=False)
    ).all()
    for row in late:
        kind = "promise.missed" if row.promised_at else "call.overdue"
        events.record(kind, by=None, at=at, subject=("entry", row.id), site_id=row.site_id)
    return len(late)
