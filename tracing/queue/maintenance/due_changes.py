"""What time does to the queue: households become ready, reservations end, calling hours end, calls become overdue."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from tracing.kernel import events
from tracing.kernel.db import equals_any, fresh, session
from tracing.queue import rules
from tracing.queue.households import services as households
from tracing.queue.models import EntryState, QueueEntry, QueueRebuild
from tracing.queue.ordering.hours import calling_of
from tracing.queue.services import SWEEP_BATCH
from tracing.staff import queries as staff

GIFT_OVER = "call.gift_over"
REBUILD_BATCH = 250
"""Few enough that no one notices the wait."""


def promote(*, at: datetime) -> int:
    """Make a batch of due households ready, end expired reservations, close calling hours; return how many changed."""
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
    return len(ready) + _open_kept(at=at) + close(at=at)


_OPEN_KEPT = text("""
    WITH over AS (
        SELECT id, reserved_for, given_at FROM queue_entries
        WHERE state = 'ready' AND reserved_for IS NOT NULL AND reserved_until <= :at
        LIMIT :most FOR UPDATE SKIP LOCKED
    ), opened AS (
        UPDATE queue_entries SET reserved_for = NULL, reserved_until = NULL, given_at = NULL
        FROM over WHERE queue_entries.id = over.id
        RETURNING queue_entries.id, household_id, site_id, not_before, over.reserved_for AS member, over.given_at
    ), told AS (
        INSERT INTO events (at, kind, site_id, subject_type, subject_id, detail)
        SELECT :at, :kind, site_id, 'entry', id, jsonb_build_object('member', member)
        FROM opened WHERE given_at IS NOT NULL
    )
    SELECT household_id, not_before > :at AS is_early FROM opened
""")
"""Only a reservation made by hand writes an event here; a promised time has its own event."""


def _open_kept(*, at: datetime) -> int:
    """Open to everyone a batch of households whose reservation is over; return how many."""
    opened = session.execute(_OPEN_KEPT, {"at": at, "most": SWEEP_BATCH, "kind": GIFT_OVER}).all()
    # given to a tracer before its time, and not claimed: it waits for its time again
    households.refresh_all([row.household_id for row in opened if row.is_early], at=at)
    return len(opened)


def close(*, at: datetime) -> int:
    """Move a batch of households whose calling hours are over to the next ones; return how many.

    Households of one site and time zone are alike: one statement moves all of them.
    """
    over = session.execute(
        select(
            QueueEntry.id,
            QueueEntry.household_id,
            QueueEntry.site_id,
            QueueEntry.time_zone,
            QueueEntry.not_before,
            QueueEntry.reserved_for,
            QueueEntry.given_at,
        )
        .where(QueueEntry.state == EntryState.READY, QueueEntry.closes_at <= at)
        .order_by(QueueEntry.closes_at)
        .limit(SWEEP_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for row in over:
        if row.given_at is not None:
            who = row.reserved_for
            events.record(
                GIFT_OVER, by=None, at=at, subject=("entry", row.id), site_id=row.site_id, member=who
            )
    # given by hand, perhaps before their own time: placed by their own reasons
    apart = {row.id: row.household_id for row in over if row.given_at is not None or row.not_before > at}
    households.refresh_all(apart.values(), at=at)
    kinds: dict[tuple[int, str | None], list[int]] = defaultdict(list)
    for row in over:
        if row.id not in apart:
            kinds[row.site_id, row.time_zone].append(row.id)
    for (site_id, time_zone), ids in kinds.items():
        calling = calling_of(staff.get_site(site_id), time_zone)
        opening = rules.opening_of(calling, at, at=at)
        changed: dict[str, object] = {"closes_at": opening.closes_at}
        if opening.opens_at > at:
            changed |= {"state": EntryState.SCHEDULED, "not_before": opening.opens_at}
        session.execute(
            update(QueueEntry)
            .where(equals_any(QueueEntry.id, ids))
            .values(changed)
            .execution_options(synchronize_session=False)
        )
    return len(over)


def ask_rebuild(site_id: int, *, at: datetime) -> None:
    """Request that all waiting households of a site are reordered: its hours or its weights have changed."""
    asked = insert(QueueRebuild).values(site_id=site_id, after_household=0, asked_at=at)
    session.execute(
        asked.on_conflict_do_update(index_elements=["site_id"], set_={"after_household": 0, "asked_at": at})
    )


def rebuild(*, at: datetime) -> int:
    """Compute the places of the next batch of households of a site to be reordered; return how many."""
    asked = session.scalar(
        fresh(select(QueueRebuild).order_by(QueueRebuild.asked_at).limit(1).with_for_update(skip_locked=True))
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
    """Mark a batch of households past their due time, once each, with an event; return how many."""
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
