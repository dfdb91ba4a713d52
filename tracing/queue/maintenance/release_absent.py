"""Release what is reserved for someone who is absent: everyone can claim it again, and an event says why."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from tracing.kernel.db import fresh, session
from tracing.queue import queries, rules
from tracing.queue.claims.expiry import expire_closed_accounts
from tracing.queue.households import services as households
from tracing.queue.models import CallTask, EntryState, Promise, QueueEntry, TaskState
from tracing.queue.owner_events import record_gone
from tracing.queue.services import SWEEP_BATCH
from tracing.staff import presence
from tracing.staff import queries as staff
from tracing.staff.rules import UnavailableReason

MOST_PROMISES = 5000
"""Promises checked in one run; a site of a hundred tracers has a few hundred open ones."""


def release_gone(*, at: datetime) -> int:
    """Open to everyone what is reserved for members who are gone, or will be at the time they promised.

    Returns how many calls were opened, including claims made to expire now.
    """
    return expire_closed_accounts(at=at) + _open_gifts(at=at) + _open_promises(at=at)


def _open_gifts(*, at: datetime) -> int:
    given = session.scalars(
        fresh(
            select(QueueEntry)
            .where(
                QueueEntry.state == EntryState.READY,
                QueueEntry.reserved_for.is_not(None),
                QueueEntry.given_at.is_not(None),
            )
            .order_by(QueueEntry.household_id)
            .limit(SWEEP_BATCH)
            .with_for_update(skip_locked=True)
        )
    ).all()
    gone = _gone({(entry.site_id, entry.reserved_for, at) for entry in given}, at=at)
    opened = 0
    for entry in given:
        why = gone.get((entry.site_id, entry.reserved_for, at))
        if why is None:
            continue
        record_gone(entry, entry.reserved_for, why, "gift", at=at)
        entry.reserved_for = entry.reserved_until = entry.given_at = None
        session.flush()
        households.refresh(entry.household_id, at=at)
        opened += 1
    return opened


def _open_promises(*, at: datetime) -> int:
    promised = session.execute(
        select(
            CallTask.id, CallTask.household_id, CallTask.site_id, CallTask.promised_by, CallTask.promised_at
        )
        .join(Promise, (Promise.task_id == CallTask.id) & (Promise.promised_for == CallTask.promised_at))
        .where(
            Promise.settled_at.is_(None),
            Promise.promised_for > at,
            CallTask.state == TaskState.OPEN,
            CallTask.promised_by.is_not(None),
            CallTask.household_id.is_not(None),
        )
        .order_by(CallTask.household_id)
        .limit(MOST_PROMISES)
    ).all()
    gone = _gone({(row.site_id, row.promised_by, row.promised_at) for row in promised}, at=at)
    opened = 0
    for row in promised:
        why = gone.get((row.site_id, row.promised_by, row.promised_at))
        # whoever is there keeps their promise, whatever their weekly hours say: that is seen when its time comes
        is_to_come = row.promised_at - rules.OWNER_FIRST > at
        if why is None or (is_to_come and why is UnavailableReason.SHIFT_OVER):
            continue
        entry = queries.find_entry_of(row.household_id, lock=True)
        task = session.scalar(fresh(select(CallTask).where(CallTask.id == row.id)))
        if entry is None or task is None or entry.state is EntryState.CLAIMED:
            continue
        if (task.promised_by, task.promised_at) != (row.promised_by, row.promised_at):
            continue
        # the promised time still holds; it is only no longer reserved for this member
        task.promised_by = None
        session.flush()
        record_gone(entry, row.promised_by, why, "promise", at=at)
        households.refresh(row.household_id, at=at)
        opened += 1
    return opened


def _gone(
    asked: Collection[tuple[int, int | None, datetime]], *, at: datetime
) -> dict[tuple[int, int | None, datetime], UnavailableReason]:
    """Return which of these members are gone at the given time, and why, site by site."""
    by_site: dict[int, set[tuple[int, datetime]]] = defaultdict(set)
    for site_id, member_id, when in asked:
        if member_id is not None:
            by_site[site_id].add((member_id, when))
    found: dict[tuple[int, int | None, datetime], UnavailableReason] = {}
    for site_id, wanted in by_site.items():
        zone = staff.workplace(staff.get_site(site_id)).time_zone
        gone = presence.unavailable_members(
            wanted, site_id=site_id, at=at, zone=zone, ahead=rules.OWNER_FIRST
        )
        found |= {(site_id, member_id, when): why for (member_id, when), why in gone.items()}
    return found
