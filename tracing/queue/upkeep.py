"""What the passing of time does to the queue: households become ready, are open to everyone, are overdue."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from tracing.kernel import events
from tracing.kernel.db import among, session
from tracing.queue import households, rules
from tracing.queue.hours import calling_of
from tracing.queue.models import EntryState, QueueEntry, QueueRebuild
from tracing.queue.services import SWEEP_BATCH
from tracing.staff import queries as staff

REBUILD_BATCH = 250
"""Few enough that nobody waits for them noticeably."""


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
        .values(reserved_for=None, reserved_until=None, given_at=None)
        .returning(QueueEntry.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(ready) + len(early) + len(opened) + close(at=at)


def close(*, at: datetime) -> int:
    """Put households whose calling hours are over where the next ones begin, a batch; returns how many.

    They are alike by site and time zone: one statement for all of a kind.
    """
    over = session.execute(
        select(
            QueueEntry.id,
            QueueEntry.household_id,
            QueueEntry.site_id,
            QueueEntry.time_zone,
            QueueEntry.not_before,
        )
        .where(QueueEntry.state == EntryState.READY, QueueEntry.closes_at <= at)
        .order_by(QueueEntry.closes_at)
        .limit(SWEEP_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    # given to somebody before its own time: placed by its own reasons
    households.refresh_all([row.household_id for row in over if row.not_before > at], at=at)
    kinds: dict[tuple[int, str | None], list[int]] = defaultdict(list)
    for row in over:
        if row.not_before <= at:
            kinds[row.site_id, row.time_zone].append(row.id)
    for (site_id, time_zone), ids in kinds.items():
        calling = calling_of(staff.get_site(site_id), time_zone)
        opening = rules.opening_of(calling, at, at=at)
        changed: dict[str, object] = {"closes_at": opening.closes_at}
        if opening.opens_at > at:
            changed |= {"state": EntryState.SCHEDULED, "not_before": opening.opens_at}
        session.execute(
            update(QueueEntry)
            .where(among(QueueEntry.id, ids))
            .values(changed)
            .execution_options(synchronize_session=False)
        )
    return len(over)


def ask_rebuild(site_id: int, *, at: datetime) -> None:
    """Ask that everybody who waits at a site be placed anew: its hours or its weights have changed."""
    asked = insert(QueueRebuild).values(site_id=site_id, after_household=0, asked_at=at)
    session.execute(
        asked.on_conflict_do_update(index_elements=["site_id"], set_={"after_household": 0, "asked_at": at})
    )


def rebuild(*, at: datetime) -> int:
    """Place the next households of a site anew whose hours or weights have changed; returns how many."""
    asked = session.scalar(
        select(QueueRebuild)
        .order_by(QueueRebuild.asked_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if asked is None:
        return 0
    waiting = session.scalars(
        select(QueueEntry.household_id)
        .where(
            QueueEntry.site_id == asked.site_id,
            QueueEntry.household_id > asked.after_household,
            QueueEntry.state != EntryState.IDLE,
        )
        .order_by(QueueEntry.household_id)
        .limit(REBUILD_BATCH)
    ).all()
    households.refresh_all(waiting, at=at)
    if len(waiting) < REBUILD_BATCH:
        session.delete(asked)
    else:
        asked.after_household = waiting[-1]
    session.flush()
    return len(waiting)


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
