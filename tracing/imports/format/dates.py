"""Parse dates as French senders and spreadsheets write them; never month first. Pure."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY_FIRST = re.compile(
    r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:[ T]+(?:à )?(\d{1,2})[:hH](\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?",
    re.ASCII,
)
_YEAR_FIRST = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[ T]?(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?", re.ASCII
)
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?", re.ASCII)
_SERIAL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's day count knows no time zone
_OLDEST_YEARS = 130


@lru_cache(maxsize=8192)
def read_moment(text: str, *, not_after: date | None = None) -> tuple[datetime, bool] | None:
    """Return the local date and time and whether a time was given; None when unreadable or impossible.

    `not_after` decides the century of two-digit years: birth dates are never in the future.
    """
    if not text:
        return None
    try:
        if match := _DAY_FIRST.fullmatch(text):
            day, month, year, *clock = match.groups()
            return _moment(_full_year(year, int(month), int(day), not_after), int(month), int(day), clock)
        if match := _YEAR_FIRST.fullmatch(text):
            year, month, day, *clock = match.groups()
            return _moment(int(year), int(month), int(day), clock)
        if match := _SERIAL.fullmatch(text):
            return _from_serial(match[1], match[2])
    except (ValueError, OverflowError):
        return None
    return None


@lru_cache(maxsize=8192)
def in_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """Convert a moment of a site's local time to UTC."""
    return moment.replace(tzinfo=zone).astimezone(UTC)


def _moment(year: int, month: int, day: int, clock: list[str | None]) -> tuple[datetime, bool]:
    """Build the moment; ValueError when there is no such day or hour."""
    hour, minute, second = clock
    if hour is None:
        return datetime(year, month, day), False  # noqa: DTZ001
    return datetime(year, month, day, int(hour), int(minute or 0), int(second or 0)), True  # noqa: DTZ001


def _full_year(year: str, month: int, day: int, not_after: date | None) -> int:
    """Return a two-digit year with its century: the current one, unless that would be after the given day."""
    if len(year) == 4:
        return int(year)
    recent = 2000 + int(year)
    return recent - 100 if not_after and (recent, month, day) > not_after.timetuple()[:3] else recent


def _from_serial(days: str, fraction: str | None) -> tuple[datetime, bool]:
    """Read a spreadsheet's day count (1900 system), which is left when a cell loses its date format."""
    moment = _SERIAL_EPOCH + timedelta(days=float(f"{days}.{fraction or 0}"))
    rounded = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    return rounded, fraction is not None


def can_be_birth_date(birth_date: date, *, on: date) -> bool:
    """Return whether a person tested on that day can have been born on `birth_date`."""
    return birth_date <= on and on.year - birth_date.year <= _OLDEST_YEARS
