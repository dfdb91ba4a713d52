"""Jinja filters: formats.py with the present moment, the site's time zone and the reader's language filled in."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Flask, g
from flask_babel import get_locale

from tracing.kernel import clock as kernel_clock
from tracing.ui import formats, languages

DEFAULT_ZONE = ZoneInfo("Europe/Paris")


def time_zone() -> ZoneInfo:
    """Return the zone of the site the reader works for, or that of Paris."""
    zone: ZoneInfo | None = g.get("time_zone")
    return zone or DEFAULT_ZONE


def day(value: date, now: datetime | None = None) -> str:
    """Say a day."""
    return formats.day(value, now=now or kernel_clock.now(), zone=time_zone(), locale=get_locale())


def moment(value: datetime, now: datetime | None = None) -> str:
    """Say a moment near the present one."""
    return formats.moment(value, now=now or kernel_clock.now(), zone=time_zone(), locale=get_locale())


def exact(value: datetime, now: datetime | None = None) -> str:
    """Say a moment in full."""
    return formats.exact(value, now=now or kernel_clock.now(), zone=time_zone(), locale=get_locale())


def clock(value: datetime | time, *, seconds: bool = False) -> str:
    """Say a time of day."""
    return formats.clock(value, zone=time_zone(), seconds=seconds)


def duration(value: timedelta) -> str:
    """Say how long."""
    return formats.duration(value)


def count(value: float) -> str:
    """Write a number with its separators."""
    return formats.count(value, locale=get_locale())


def until(value: datetime, now: datetime | None = None) -> timedelta:
    """Return how long remains until a moment; negative once it is past."""
    return value - (now or kernel_clock.now())


def is_past(value: datetime, now: datetime | None = None) -> bool:
    """Say whether a moment is behind us."""
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
