"""Count what waits at a site: the scheduler counts and stores, pages only read the stored counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, case, func, or_, select, text
from sqlalchemy.dialects.postgresql import array, insert

from tracing.calls import queries as calls
from tracing.calls.models import Call
from tracing.calls.rules import BY_TRACER
from tracing.clusters import services as clusters
from tracing.kernel.db import fresh, session
from tracing.queue.households import priority_rescan
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState
from tracing.staff.agent import Workplace
from tracing.supervision.models import SiteCount
from tracing.supervision.rules import AGES, HOURS_AHEAD
from tracing.supervision.team import status
from tracing.supervision.team.status import Team

WAITING = (EntryState.READY, EntryState.SCHEDULED)
HOUR = timedelta(hours=1)
LISTED = 500
"""The number of waiting households that the board lists, the first due first."""


@dataclass(frozen=True)
class Counts:
    """The counts of what waits at a site, and when they were made."""

    counted_at: datetime
    waiting: int
    overdue: int
    """Waiting households past their due time; a callback is due at the promised time."""
    late: int
    """The same without callbacks: past the service time."""
    due_next: Sequence[int]
    """How many households become due in each of the next hours."""
    pace: int
    """How many calls tracers ended in the last hour."""
    ages: Sequence[int]
    first: Sequence[int]
    priorities: dict[str, int]
    team: Team
    clusters: int
    """How many places that several cases named are to be reported."""


def of_site(site: Workplace, *, at: datetime) -> Counts:
    """Return the last counts of the scheduler; if there are none yet, count now."""
    row = session.scalar(fresh(select(SiteCount).where(SiteCount.site_id == site.id)))
    if row is None:
        return count(site, at=at)
    return Counts(
        counted_at=row.counted_at,
        waiting=row.waiting,
        overdue=row.overdue,
        late=row.late,
        due_next=row.due_next,
        pace=row.pace,
        ages=row.ages,
        first=row.first,
        priorities=dict(row.priorities),
        team=status.read(row.team),
        clusters=row.clusters,
    )


def keep(site: Workplace, *, at: datetime) -> None:
    """Count what waits at a site, and store the counts."""
    # no parallel workers: the second processor stays free for claims
    session.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
    session.execute(text("SET LOCAL work_mem = '64MB'"))
    found = count(site, at=at)
    values = vars(found) | {"team": found.team.as_json()}
    row = insert(SiteCount).values(site_id=site.id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["site_id"], set_=values))


def count(site: Workplace, *, at: datetime) -> Counts:
    """Count what waits at a site, and its team."""
    site_id = site.id
    # whoever is asked how they are on a later day is kept waiting by nobody
    is_later = QueueEntry.is_follow_up & (QueueEntry.state == EntryState.SCHEDULED)
    waits = QueueEntry.state.in_(WAITING) & ~is_later
    in_hours = [_falls_due(waits, at + hour * HOUR) for hour in range(HOURS_AHEAD)]
    row = session.execute(
        select(
            array([func.count().filter(one) for one in in_hours]).label("due_next"),
            func.count().filter(waits).label("waiting"),
            func.count().filter(waits, QueueEntry.due_at < at).label("overdue"),
            func.count()
            .filter(waits, QueueEntry.promised_at.is_(None), QueueEntry.due_at < at)
            .label("late"),
        ).where(QueueEntry.site_id == site_id, QueueEntry.state != EntryState.IDLE)
    ).one()
    return Counts(
        counted_at=at,
        waiting=row.waiting,
        overdue=row.overdue,
        late=row.late,
        due_next=row.due_next,
        pace=_pace(site_id, at=at),
        ages=_ages(site_id, at=at) if row.waiting else [0] * (len(AGES) + 1),
        first=_first(site_id) if row.waiting else [],
        priorities={str(one): calls for one, calls in priority_rescan.calls_waiting(site_id).items()},
        team=status.summed_up(status.team(site, at=at)),
        clusters=clusters.count_to_report(site, at=at),
    )


def _falls_due(waits: ColumnElement[bool], since: datetime) -> ColumnElement[bool]:
    """Return the SQL condition that a household becomes due in the hour after `since`.

    If it is due outside calling hours, the end of the calling hours before counts, unless that is past.
    """
    due = case((QueueEntry.call_by >= since, QueueEntry.call_by), else_=QueueEntry.due_at)
    return waits & (due >= since) & (due < since + HOUR)


def _pace(site_id: int, *, at: datetime) -> int:
    ended = calls.ended_at_site(site_id, since=at - HOUR)
    return session.scalar(select(func.count()).where(ended, Call.outcome.in_(BY_TRACER))) or 0


_planned_from = case((CallTask.planned_on.is_not(None), CallTask.not_before))
"""From when a follow-up call waits; none for any other call."""


def _ages(site_id: int, *, at: datetime) -> list[int]:
    """Count the waiting households by the age of their oldest open task.

    It reads open tasks and leaves out households on a call: these are so few that the exclusion costs nothing.
    """
    on_call = select(QueueEntry.household_id).where(
        QueueEntry.site_id == site_id, QueueEntry.state == EntryState.CLAIMED
    )
    oldest = (
        select(func.min(func.greatest(CallTask.created_at, _planned_from)).label("since"))
        .where(
            CallTask.site_id == site_id,
            CallTask.state == TaskState.OPEN,
            CallTask.household_id.is_not(None),
            CallTask.household_id.not_in(on_call),
            or_(CallTask.planned_on.is_(None), CallTask.not_before <= at),
        )
        .group_by(CallTask.household_id)
        .subquery()
    )
    younger = [oldest.c.since > at - age for age in AGES]
    edges = [younger[0], *(later & ~earlier for earlier, later in pairwise(younger)), ~younger[-1]]
    row = session.execute(select(*(func.count().filter(one) for one in edges)).select_from(oldest)).one()
    return list(row)


def _first(site_id: int) -> list[int]:
    first = select(QueueEntry.id).where(QueueEntry.site_id == site_id, QueueEntry.state.in_(WAITING))
    return list(session.scalars(first.order_by(QueueEntry.due_at, QueueEntry.id).limit(LISTED)))
