"""Live figures of the board: what was late and why, kept and broken promises, promises to come."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from tracing.calls import queries as calls
from tracing.calls.models import Call
from tracing.calls.rules import CallOutcome
from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.kernel.events import Event
from tracing.queue.models import CallTask, Promise, TaskState
from tracing.queue.ordering import callbacks
from tracing.queue.ordering.callbacks import PromiseCounts
from tracing.queue.owner_events import GONE
from tracing.staff.agent import Workplace
from tracing.supervision.board.counting import Counts

PROMISES_AHEAD = timedelta(hours=4)


@dataclass(frozen=True)
class Overdue:
    """What was late in four ways: today in the site's time zone; for service times, as last counted."""

    claims_ended: int
    promises_broken: int
    service_passed: int
    owners_gone: int


@dataclass(frozen=True)
class Live:
    """The live figures of the board."""

    overdue: Overdue
    promises: PromiseCounts
    hours: Sequence[tuple[datetime, int]]
    """Promises to come, by the hour in which they are due."""


def live(site: Workplace, counts: Counts, *, at: datetime) -> Live:
    """Return the live figures of a site's board: each reads few rows, by an index."""
    midnight = clock.midnight(at, site.time_zone)
    told = callbacks.counted(site.id, since=midnight)
    return Live(
        overdue=Overdue(
            claims_ended=_count_calls(site.id, CallOutcome.CLAIM_ENDED, since=midnight),
            promises_broken=told.broken,
            service_passed=counts.late,
            owners_gone=_gone(site.id, since=midnight),
        ),
        promises=told,
        hours=_promised(site, at=at),
    )


def _count_calls(site_id: int, outcome: CallOutcome, *, since: datetime) -> int:
    chosen = select(func.count()).where(calls.ended_at_site(site_id, since=since), Call.outcome == outcome)
    return session.scalar(chosen) or 0


def _gone(site_id: int, *, since: datetime) -> int:
    chosen = select(func.count()).where(Event.kind == GONE, Event.site_id == site_id, Event.at >= since)
    return session.scalar(chosen) or 0


def _promised(site: Workplace, *, at: datetime) -> list[tuple[datetime, int]]:
    """Return how many households are promised in each of the next hours; an hour repeated by the clocks is two."""
    found = session.scalars(
        select(func.min(Promise.promised_for))
        .join(CallTask, CallTask.id == Promise.task_id)
        .where(
            Promise.site_id == site.id,
            Promise.settled_at.is_(None),
            Promise.promised_for.between(at, at + PROMISES_AHEAD),
            CallTask.state == TaskState.OPEN,
            CallTask.promised_at == Promise.promised_for,
        )
        .group_by(func.coalesce(CallTask.household_id, -CallTask.id))
    )
    begun = (one.astimezone(site.time_zone).replace(minute=0, second=0, microsecond=0) for one in found)
    # in UTC: two times in one zone compare as equal if their clocks show the same
    return sorted(Counter(hour.astimezone(UTC) for hour in begun).items())
