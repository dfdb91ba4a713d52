"""A site's queue settings: its calling hours, and the weights that make a call more urgent."""

from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import select

from tracing.kernel import events
from tracing.kernel.db import lock_row, session
from tracing.programmes.schema import Weights
from tracing.queue.maintenance import due_changes
from tracing.queue.models import QueueWeights
from tracing.staff.agent import Agent
from tracing.staff.models import Site


@dataclass(frozen=True)
class Hours:
    """The calling hours of a site; without times, those of its programme apply."""

    opens: time | None
    closes: time | None
    sundays: bool
    holidays: bool


def hours_of(site: Site) -> Hours:
    """Return the calling hours of a site."""
    return Hours(site.calls_from, site.calls_until, site.calls_on_sundays, site.calls_on_holidays)


def set_hours(hours: Hours, *, by: Agent, at: datetime) -> bool:
    """Change the calling hours of the agent's site and have its queue reordered; return whether anything changed."""
    site = lock_row(Site, by.site.id)
    if hours_of(site) == hours:
        return False
    site.calls_from, site.calls_until = hours.opens, hours.closes
    site.calls_on_sundays, site.calls_on_holidays = hours.sundays, hours.holidays
    session.flush()
    events.record(
        "site.hours_set",
        by=by.member_id,
        at=at,
        subject=("site", site.id),
        site_id=site.id,
        opens=f"{hours.opens:%H:%M}" if hours.opens else None,
        closes=f"{hours.closes:%H:%M}" if hours.closes else None,
        sundays=hours.sundays,
        holidays=hours.holidays,
    )
    due_changes.ask_rebuild(site.id, at=at)
    return True


def publish_weights(weights: Weights, *, by: Agent, at: datetime) -> QueueWeights:
    """Put other weights in force at the agent's site, and have its queue reordered."""
    published = QueueWeights(
        site_id=by.site.id,
        programme=by.site.programme,
        minutes=weights.model_dump(),
        published_at=at,
        published_by=by.member_id,
    )
    session.add(published)
    session.flush()
    events.record(
        "queue.weights_published",
        by=by.member_id,
        at=at,
        subject=("site", by.site.id),
        site_id=by.site.id,
        **published.minutes,
    )
    due_changes.ask_rebuild(by.site.id, at=at)
    return published


def history(site_id: int, programme: str, *, limit: int = 10) -> list[QueueWeights]:
    """Return the weights that a site has published, newest first."""
    return list(
        session.scalars(
            select(QueueWeights)
            .where(QueueWeights.site_id == site_id, QueueWeights.programme == programme)
            .order_by(QueueWeights.id.desc())
            .limit(limit)
        )
    )
