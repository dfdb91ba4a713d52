"""Jinja filters: the functions of formats.py with the current time, the site's time zone and the reader's language."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from flask import Flask, g
from flask_babel import get_locale

from tracing.kernel import clock as kernel_clock
from tracing.ui import formats, languages

RECENT_DAYS = 8
"""Today, yesterday and the six days before: the days that have a key of their own."""
DEFAULT_ZONE = ZoneInfo("Europe/Paris")


def time_zone() -> ZoneInfo:
    """Return the time zone of the site where the reader works, or that of Paris."""
    zone: ZoneInfo | None = g.get("time_zone")
    return zone or DEFAULT_ZONE


def day(value: date, now: datetime | None = None, locale: str | None = None) -> str:
    """Format a day, in the reader's language unless it is read aloud in another one (`en_GB`)."""
    spoken = Locale.parse(locale) if locale else get_locale()
    return formats.day(value, now=now or kernel_clock.now(), zone=time_zone(), locale=spoken)


def moment(value: datetime, now: datetime | None = None) -> str:
    """Format a moment relative to now."""
    return formats.moment(value, now=now or kernel_clock.now(), zone=time_zone(), locale=get_locale())


def exact(value: datetime, now: datetime | None = None) -> str:
    """Format a moment in full."""
    return formats.exact(value, now=now or kernel_clock.now(), zone=time_zone(), locale=get_locale())


def clock(value: datetime | time, *, seconds: bool = False) -> str:
    """Format a time of day."""
    return formats.clock(value, zone=time_zone(), seconds=seconds)


def recent_days(
    today: date, *, first: date | None = None, last: date | None = None, count: int = RECENT_DAYS
) -> list[tuple[str, str]]:
    """Return the last days, each as ISO date and words, the latest first, without those out of bounds."""
    days = (today - timedelta(days=back) for back in range(count))
    return [
        (one.isoformat(), formats.day_name(one, today=today, locale=get_locale()))
        for one in days
        if (last is None or one <= last) and (first is None or one >= first)
    ]


def duration(value: timedelta) -> str:
    """Format a duration."""
    return formats.duration(value)


def count(value: float) -> str:
    """Format a number with separators."""
    return formats.count(value, locale=get_locale())


def until(value: datetime, now: datetime | None = None) -> timedelta:
    """Return the time that remains until a moment; negative once it is past."""
    return value - (now or kernel_clock.now())


def is_past(value: datetime, now: datetime | None = None) -> bool:
    """Say whether a moment is in the past."""
    return until(value, now) < timedelta(0)


def register(app: Flask) -> None:
    """Give every template the filters and the test `past`."""
    app.jinja_env.filters.update(
        day=day,
        moment=moment,
        exact=exact,
        clock=clock,
        duration=duration,
        count=count,
        until=until,
        phone=formats.phone,
        person_name=formats.person_name,
        language=languages.name_of,
    )
    app.jinja_env.tests["past"] = is_past
    app.jinja_env.tests["moment"] = lambda value: isinstance(value, datetime)
