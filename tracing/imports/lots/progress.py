"""How fast a lot is being read, and how long the rest will take. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple


class Pace(NamedTuple):
    """Progress of a reading."""

    read: int
    total: int
    per_second: int | None
    """None while too little was read to tell."""
    left: timedelta | None


def pace_of(*, read: int, total: int, started_at: datetime | None, at: datetime | None) -> Pace:
    """Return the pace of a reading that began at `started_at` and last reported at `at`."""
    if started_at is None or at is None or read <= 0 or at <= started_at:
        return Pace(read, total, None, None)
    per_second = read / (at - started_at).total_seconds()
    left = timedelta(seconds=round(max(0, total - read) / per_second))
    return Pace(read, total, round(per_second), left)
