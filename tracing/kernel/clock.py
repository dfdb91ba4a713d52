"""The one clock. All other code takes the time as an argument, so that tests and audits can choose it."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from tracing.kernel.db import session


def now() -> datetime:
    """Return the current time of this machine, timezone-aware, in UTC."""
    return datetime.now(UTC)


def database_now() -> datetime:
    """Return the time at which the current transaction began, by the database's clock, in UTC.

    Claims and their expiry use this clock: hosts whose own clocks disagree must still agree on who holds a call.
    """
    return session.execute(select(func.now())).scalar_one().astimezone(UTC)


def local_moment(day: date, hour: time, zone: ZoneInfo) -> datetime | None:
    """Return the moment at which the clocks of a zone show an hour; None if they skip it that day.

    Of an hour that comes twice in a night, the first.
    """
    typed = datetime.combine(day, hour, zone)
    is_there = typed.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == typed.replace(tzinfo=None)
    return typed if is_there else None


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day of `moment` in time zone `zone`."""
    return moment.astimezone(zone).date()


def midnight(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the start of the calendar day of `moment` in time zone `zone`."""
    return datetime.combine(local_day(moment, zone), time(), zone)
