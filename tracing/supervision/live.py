"""What the board counts: how long people have waited, what is late and why, promises, and who does what."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import func, select

from tracing.calls.models import Call
from tracing.calls.rules import BY_TRACER, CallOutcome
from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.kernel.events import Event
from tracing.queue import promises
from tracing.queue.colleagues import Colleague, colleagues
from tracing.queue.leaving import GONE
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState
from tracing.queue.promises import Counted
from tracing.staff.agents import Workplace
from tracing.staff.rules import Presence
from tracing.supervision.queries import WAITING

AGES = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
"""The board tells apart who has waited for less than each of these, and for longer than the last."""
PROMISES_AHEAD = timedelta(hours=4)


@dataclass(frozen=True)
class Overdue:
    """The four ways in which something came too late: today, where the site is; the service times as of now."""

    claims_ended: int
    promises_broken: int
    service_passed: int
    owners_gone: int


@dataclass(frozen=True)
class AtWork:
    """A tracer of the site, and their day."""

    colleague: Colleague
    ended: int
    given_back: int
    skipped: int
    """Given back without a word."""


@dataclass(frozen=True)
class Live:
    """The board's counts."""

    ages: Sequence[int]
    """How many households have waited for less than each of AGES, then for longer."""
    overdue: Overdue
    promises: Counted
    hours: Sequence[tuple[datetime, int]]
    """Promises to come, by the hour in which they are due."""
    team: Sequence[AtWork]


def live(site: Workplace, *, at: datetime) -> Live:
    """Count what the board of a site shows."""
    midnight = clock.midnight(at, site.time_zone)
    told = promises.counted(site.id, since=midnight)
    return Live(
        ages=_ages(site.id, at=at),
        overdue=Overdue(
            claims_ended=_count_calls(site.id, CallOutcome.CLAIM_ENDED, since=midnight),
            promises_broken=told.broken,
            service_passed=_late(site.id, at=at),
            owners_gone=_gone(site.id, since=midnight),
        ),
        promises=told,
        hours=_promised(site, at=at),
        team=_team(site, since=midnight, at=at),
    )


def _ages(site_id: int, *, at: datetime) -> list[int]:
    """Count the households that wait, by the age of the oldest reason to call them."""
    oldest = (
        select(func.min(CallTask.created_at).label("since"))
        .join(QueueEntry, QueueEntry.household_id == CallTask.household_id)
        .where(QueueEntry.site_id == site_id, QueueEntry.state.in_(WAITING), CallTask.state == TaskState.OPEN)
        .group_by(CallTask.household_id)
        .subquery()
    )
    waited = [oldest.c.since > at - age for age in AGES]
    edges = [waited[0], *(later & ~earlier for earlier, later in pairwise(waited))]
    row = session.execute(
        select(*(func.count().filter(one) for one in edges), func.count().filter(~waited[-1])).select_from(
            oldest
        )
    ).one()
    return list(row)


def _count_calls(site_id: int, outcome: CallOutcome, *, since: datetime) -> int:
    chosen = select(func.count()).where(
        Call.site_id == site_id, Call.ended_at >= since, Call.outcome == outcome
    )
    return session.scalar(chosen) or 0


def _late(site_id: int, *, at: datetime) -> int:
    late = select(func.count()).where(
        QueueEntry.site_id == site_id,
        QueueEntry.state != EntryState.IDLE,
        QueueEntry.promised_at.is_(None),
        QueueEntry.due_at < at,
    )
    return session.scalar(late) or 0


def _gone(site_id: int, *, since: datetime) -> int:
    chosen = select(func.count()).where(Event.kind == GONE, Event.site_id == site_id, Event.at >= since)
    return session.scalar(chosen) or 0


def _promised(site: Workplace, *, at: datetime) -> list[tuple[datetime, int]]:
    """Return how many promises each of the next hours holds, the site's clock hours."""
    found = session.scalars(
        select(QueueEntry.promised_at).where(
            QueueEntry.site_id == site.id,
            QueueEntry.state != EntryState.IDLE,
            QueueEntry.promised_at.between(at, at + PROMISES_AHEAD),
        )
    )
    hours = Counter(
        one.astimezone(site.time_zone).replace(minute=0, second=0, microsecond=0) for one in found if one
    )
    return sorted(hours.items())


def team(site: Workplace, *, at: datetime) -> list[AtWork]:
    """Return the tracers of a site with their day: those there first, then those who should be."""
    return _team(site, since=clock.midnight(at, site.time_zone), at=at)


def _team(site: Workplace, *, since: datetime, at: datetime) -> list[AtWork]:
    rows = session.execute(
        select(
            Call.tracer_id,
            func.count().filter(Call.outcome.in_(BY_TRACER)).label("ended"),
            func.count().filter(Call.outcome == CallOutcome.GIVEN_BACK).label("given_back"),
            func.count()
            .filter(Call.outcome == CallOutcome.GIVEN_BACK, Call.give_back_reason.is_(None))
            .label("skipped"),
        )
        .where(Call.site_id == site.id, Call.ended_at >= since, Call.escalation_id.is_(None))
        .group_by(Call.tracer_id)
    )
    day = {row.tracer_id: (row.ended, row.given_back, row.skipped) for row in rows}
    found = [
        AtWork(one, *day.get(one.member.id, (0, 0, 0)))
        for one in colleagues(site.id, at=at, zone=site.time_zone)
    ]
    order = list(Presence)
    return sorted(
        found,
        key=lambda one: (
            order.index(one.colleague.presence),
            not one.colleague.is_expected,
            one.colleague.member.display_name,
        ),
    )
