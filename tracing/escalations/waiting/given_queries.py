"""What became of answers: read or not, what followed, how long people waited, and how many asked at which hour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Select, select

from tracing.escalations.models import Audience, Escalation, EscalationState
from tracing.escalations.queries import LONGEST_LIST
from tracing.kernel.db import session
from tracing.staff.agent import Workplace

LOOKED_BACK = timedelta(days=7)
UNREAD_AFTER = timedelta(minutes=15)
"""An answer that the tracer has not read by then comes back to the sight of those who answer."""
MOST_COUNTED = 5000


@dataclass(frozen=True)
class Hour:
    """An hour of the day over the last week: how many questions were asked, and how long they waited for an answer."""

    hour: int
    asked: int
    wait: timedelta | None
    """The middle one of the times until the answer; none: nothing was answered."""


def given(site_id: int, audiences: Iterable[Audience], *, at: datetime) -> Sequence[Escalation]:
    """Return the answers of the last week, newest first."""
    return session.scalars(_settled(site_id, audiences, at=at).limit(LONGEST_LIST)).all()


def unread(site_id: int, audiences: Iterable[Audience], *, at: datetime) -> Sequence[Escalation]:
    """Return the answers of the last week that the tracer should have read by now, the oldest first."""
    chosen = _settled(site_id, audiences, at=at).where(
        Escalation.seen_at.is_(None), Escalation.settled_at <= at - UNREAD_AFTER
    )
    return session.scalars(chosen.order_by(None).order_by(Escalation.settled_at).limit(LONGEST_LIST)).all()


def by_hour(site: Workplace, audiences: Iterable[Audience], *, at: datetime) -> list[Hour]:
    """Return what was answered in the last week by the hour at which it was asked, in the time of the site."""
    chosen = _settled(site.id, audiences, at=at).with_only_columns(
        Escalation.raised_at, Escalation.settled_at
    )
    waits: dict[int, list[timedelta]] = {}
    for raised_at, settled_at in session.execute(chosen.limit(MOST_COUNTED)):
        if settled_at is None:
            continue
        waits.setdefault(raised_at.astimezone(site.time_zone).hour, []).append(settled_at - raised_at)
    first, last = min((*waits, 8)), max((*waits, 19))
    return [
        Hour(hour, len(waits.get(hour, ())), _middle(waits[hour]) if hour in waits else None)
        for hour in range(first, last + 1)
    ]


def _middle(waits: Iterable[timedelta]) -> timedelta:
    return timedelta(seconds=median(one.total_seconds() for one in waits))


def _settled(site_id: int, audiences: Iterable[Audience], *, at: datetime) -> Select[Escalation]:
    return (
        select(Escalation)
        .where(
            Escalation.site_id == site_id,
            Escalation.audience.in_(list(audiences)),
            Escalation.state == EscalationState.SETTLED,
            Escalation.settled_at >= at - LOOKED_BACK,
        )
        .order_by(Escalation.settled_at.desc())
    )
