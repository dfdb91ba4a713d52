"""When somebody may be called: hours of their own day, by their own clock, and no day on which nobody calls."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tracing.programmes.rules.holidays import is_holiday

MIDNIGHT = time(0)
"""As a closing time: the end of the day."""
_DAYS_AHEAD = 14
"""Nowhere do so many days without a call follow each other; hours that never end are looked at again after them."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calling:
    """The hours in which people of one place may be called."""

    zone: ZoneInfo
    """Where the person is."""
    opens: time
    closes: time
    sundays: bool = True
    holidays: bool = True


class NeverOpen(ValueError):
    """Hours in which nobody could ever be called."""


def opening_days(calling: Calling, day: date) -> bool:
    """Say whether anybody is called on that day."""
    if not calling.sundays and day.isoweekday() == 7:
        return False
    return calling.holidays or not is_holiday(day, calling.zone.key)


@lru_cache(maxsize=4096)
def window_on(calling: Calling, day: date) -> tuple[datetime, datetime] | None:
    """Return from when to when (UTC, excluded) people are called on their day `day`; None when nobody calls."""
    if not opening_days(calling, day):
        return None
    last = day if calling.closes != MIDNIGHT else day + _DAY
    # each end by the clock of its moment: two days a year have 23 or 25 hours
    opens = datetime.combine(day, calling.opens, calling.zone).astimezone(UTC)
    closes = datetime.combine(last, calling.closes, calling.zone).astimezone(UTC)
    return opens, closes


def _windows(calling: Calling, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the windows that are not over at `at`; the first may have begun."""
    today = at.astimezone(calling.zone).date()
    for offset in range(_DAYS_AHEAD):
        window = window_on(calling, today + offset * _DAY)
        if window is not None and at < window[1]:
            yield window


def is_open(calling: Calling, at: datetime) -> bool:
    """Say whether people may be called at that moment."""
    window = window_on(calling, at.astimezone(calling.zone).date())
    return window is not None and window[0] <= at < window[1]


def next_open(calling: Calling, at: datetime) -> datetime:
    """Return `at`, or when it falls outside calling hours the moment they next begin (UTC)."""
    for opens, _closes in _windows(calling, at):
        return max(opens, at.astimezone(UTC))
    raise NeverOpen


def open_until(calling: Calling, at: datetime) -> datetime:
    """Return when the calling hours in which `at` lies end; hours that follow each other at midnight are one."""
    ends = at.astimezone(UTC)
    for opens, closes in _windows(calling, at):
        if opens > ends:
            break
        ends = closes
    return ends


def last_open_before(calling: Calling, moment: datetime) -> datetime:
    """Return `moment`, or when it falls outside calling hours the end of those before it (UTC)."""
    day = moment.astimezone(calling.zone).date()
    for offset in range(_DAYS_AHEAD):
        window = window_on(calling, day - offset * _DAY)
        if window is not None and window[0] < moment:
            return min(window[1], moment.astimezone(UTC))
    raise NeverOpen
