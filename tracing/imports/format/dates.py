"""Dates as French senders and spreadsheets write them, and ISO 8601 with its offset; never month first. Pure."""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_CLOCK = r"(?:[ Tt]+(?:à )?(\d{1,2})(?:[:hH](\d{2})|[hH])(?::(\d{2})(?:[.,]\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?)?"
_OFFSET = r"(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})" + _CLOCK, re.ASCII)
_WEEKDAY = (
    r"(?:le )?(?:(?:lun|mar|mer|jeu|ven|sam|dim)[a-z]*\.? |(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? )?"
)
_MONTH_NAMED = re.compile(
    _WEEKDAY + r"(\d{1,2})(?:er)?[ /.\-]*([^\W\d_]{3,9})\.?[ /.,\-]*(\d{4}|\d{2})" + _CLOCK
)
_MONTH_NAME_FIRST = re.compile(_WEEKDAY + r"([^\W\d_]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})" + _CLOCK)
_YEAR_FIRST = re.compile(
    r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[ T]?(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)? ?" + _OFFSET + ")?",
    re.ASCII,
)
_MONTHS = {
    name: number
    for names in (
        "janv fevr mars avril mai juin juil aout sept oct nov dec",
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "january february march april may june july august september october november december",
        "jan fev mar avr mai juin juil aou sep oct nov dec",
    )
    for number, name in enumerate(names.split(), start=1)
}
"""Months in French and in English, whole and as spreadsheets shorten them, without accents."""
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?", re.ASCII)
_SERIAL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's day count knows no time zone
_OLDEST_YEARS = 130


@lru_cache(maxsize=8192)
def read_moment(
    text: str, *, not_after: date | None = None, zone: ZoneInfo | None = None
) -> tuple[datetime, bool] | None:
    """Read a local date and time and whether a time was given at all; None when unreadable or impossible.

    `not_after` decides the century of two-digit years: birth dates are never in the future. A moment with an offset
    from UTC is given as the clocks of `zone` show it; without a zone, as its own clock does.
    """
    if not text:
        return None
    try:
        if match := _DAY_FIRST.fullmatch(text):
            day, month, year, *clock = match.groups()
            return _moment(_full_year(year, int(month), int(day), not_after), int(month), int(day), clock)
        if match := _YEAR_FIRST.fullmatch(text):
            year, month, day, *clock, offset = match.groups()
            moment, has_time = _moment(int(year), int(month), int(day), [*clock, None])
            if offset and zone is None and moment.time() != time.min:
                return None  # a day that was written as a moment of another clock: nobody knows which day is meant
            return (_at(moment, offset, zone) if offset and zone else moment), has_time
        if match := _SERIAL.fullmatch(text):
            return _from_serial(match[1], match[2])
        return _with_named_month(text.casefold(), not_after)
    except (ValueError, OverflowError):
        return None


def _with_named_month(text: str, not_after: date | None) -> tuple[datetime, bool] | None:
    """Read a date whose month is a word; ValueError when there is no such day."""
    if match := _MONTH_NAMED.fullmatch(text):
        day, name, year, *clock = match.groups()
    elif match := _MONTH_NAME_FIRST.fullmatch(text):
        name, day, year, *clock = match.groups()
    else:
        return None
    month = _MONTHS.get(_without_accents(name))
    if month is None:
        return None
    return _moment(_full_year(year, month, int(day), not_after), month, int(day), clock)


@lru_cache(maxsize=8192)
def in_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """Convert a moment of a site's local time to UTC."""
    return moment.replace(tzinfo=zone).astimezone(UTC)


def _moment(year: int, month: int, day: int, clock: list[str | None]) -> tuple[datetime, bool]:
    """Build the moment; ValueError when there is no such day or hour."""
    hour, minute, second, half = clock
    if hour is None:
        return datetime(year, month, day), False  # noqa: DTZ001
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError
        hours = hours % 12 + 12 * (half in "Pp")
    return datetime(year, month, day, hours, int(minute or 0), int(second or 0)), True  # noqa: DTZ001


def _at(moment: datetime, offset: str, zone: ZoneInfo) -> datetime:
    """Return a moment that was written with its offset from UTC as the clocks of a zone show it."""
    offset = "Z" if offset.isalpha() else offset
    return datetime.fromisoformat(f"{moment.isoformat()}{offset}").astimezone(zone).replace(tzinfo=None)


def _without_accents(word: str) -> str:
    letters = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


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
