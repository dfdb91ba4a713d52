"""When a person may be called: opening hours in their own time zone, without days on which no calls are made."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tracing.programmes.rules.holidays import is_holiday

MIDNIGHT = time(0)
"""As a closing time: the end of the day."""
_DAYS_AHEAD = 14
"""Days to look ahead: more than the longest row of days without calls; unlimited hours are checked again after it."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calling:
    """The hours in which people of one place may be called."""

    zone: ZoneInfo
    """The person's time zone."""
    opens: time
    closes: time
    sundays: bool = True
    holidays: bool = True


class NeverOpen(ValueError):
    """Hours in which calls would never be possible."""


def opening_days(calling: Calling, day: date) -> bool:
    """Return whether calls are made on that day."""
    if not calling.sundays and day.isoweekday() == 7:
        return False
    return calling.holidays or not is_holiday(day, calling.zone.key)


@lru_cache(maxsize=4096)
def window_on(calling: Calling, day: date) -> tuple[datetime, datetime] | None:
    """Return the start and end (UTC, excluded) of calling hours on the person's day `day`; None if there are none."""
    if not opening_days(calling, day):
        return None
    last = day if calling.closes != MIDNIGHT else day + _DAY
    # each end is converted by itself: on two days a year the offset changes within the day
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
    """Return whether people may be called at that moment."""
    window = window_on(calling, at.astimezone(calling.zone).date())
    return window is not None and window[0] <= at < window[1]


def next_open(calling: Calling, at: datetime) -> datetime:
    """Return `at`, or the next start of calling hours (UTC) if it is outside them."""
    for opens, _closes in _windows(calling, at):
        return max(opens, at.astimezone(UTC))
    raise NeverOpen


def open_until(calling: Calling, at: datetime) -> datetime:
    """Return when the calling hours around `at` end; hours that adjoin at midnight count as one."""
    ends = at.astimezone(UTC)
    for opens, closes in _windows(calling, at):
        if opens > ends:
            break
        ends = closes
    return ends


def last_open_before(calling: Calling, moment: datetime) -> datetime:
    """Return `moment`, or the end of the calling hours before it (UTC) if it is outside them."""
    day = moment.astimezone(calling.zone).date()
    for offset in range(_DAYS_AHEAD):
        window = window_on(calling, day - offset * _DAY)
        if window is not None and window[0] < moment:
            return min(window[1], moment.astimezone(UTC))
    raise NeverOpen
