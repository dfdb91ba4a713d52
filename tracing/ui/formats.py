"""Formats for times, names and numbers. Pure: the current time, the zone and the language are arguments."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from flask_babel import gettext

# The country codes dialled with a leading 0 from anywhere in France: metropolitan, Guadeloupe, Guyane,
# Martinique, Réunion and Mayotte. All others are shown with their country code.
DIALLED_WITH_ZERO = frozenset({33, 590, 594, 596, 262})


def _(message: str, **values: object) -> str:
    """Translate."""
    return str(gettext(message, **values))


def day(value: date, *, now: datetime, zone: ZoneInfo, locale: Locale) -> str:
    """Format a day: `mardi 11 janvier`, with the year when it is not the current one."""
    local = value.astimezone(zone).date() if isinstance(value, datetime) else value
    pattern = "EEEE d MMMM" if local.year == now.astimezone(zone).year else "EEEE d MMMM y"
    if locale.language == "fr" and local.day == 1:
        pattern = pattern.replace("d", "d'er'")
    return _dated(date(local.year, local.month, local.day), pattern, locale.language, locale.territory)


@lru_cache(maxsize=512)
def _dated(value: date, pattern: str, language: str, territory: str | None) -> str:
    """Format a day by a pattern; cached, because a page of many rows formats the same few days repeatedly."""
    return format_date(value, pattern, Locale(language, territory))


def day_name(value: date, *, today: date, locale: Locale) -> str:
    """Format one of the last days by its name: `Aujourd’hui`, `Hier`, `Dimanche 8`."""
    match (today - value).days:
        case 0:
            return _("Aujourd’hui")
        case 1:
            return _("Hier")
    return format_date(value, "EEEE d", locale).capitalize()


def clock(value: datetime | time, *, zone: ZoneInfo | None = None, seconds: bool = False) -> str:
    """Format a time of day, `14:10` or `14:10:05`; not converted without a zone. All times of day are written here."""
    local = value.astimezone(zone) if isinstance(value, datetime) and zone else value
    return local.strftime("%H:%M:%S" if seconds else "%H:%M")


def exact(value: datetime, *, now: datetime, zone: ZoneInfo, locale: Locale) -> str:
    """Format a moment in full, for the title of a shorter form."""
    said = day(value, now=now, zone=zone, locale=locale)
    return _("%(day)s à %(time)s", day=said, time=clock(value, zone=zone, seconds=True))


def moment(value: datetime, *, now: datetime, zone: ZoneInfo, locale: Locale) -> str:
    """Format a moment relative to now: `il y a 12 min`, `dans 5 min`, `aujourd’hui 14:10`, `hier 09:00`."""
    apart = value - now
    minutes = round(abs(apart).total_seconds() / 60)
    if minutes == 0:
        return _("à l’instant")
    if minutes < 60:
        if apart < timedelta(0):
            return _("il y a %(minutes)d min", minutes=minutes)
        return _("dans %(minutes)d min", minutes=minutes)
    at = clock(value, zone=zone)
    match (value.astimezone(zone).date() - now.astimezone(zone).date()).days:
        case 0:
            return _("aujourd’hui %(time)s", time=at)
        case -1:
            return _("hier %(time)s", time=at)
        case 1:
            return _("demain %(time)s", time=at)
    return _("%(day)s %(time)s", day=day(value, now=now, zone=zone, locale=locale), time=at)


def duration(value: timedelta) -> str:
    """Format a duration: `38 min`, `4 h`, `1 h 05`, `2 j 3 h`. The sign is left to the surrounding sentence."""
    minutes = round(abs(value).total_seconds() / 60)
    if minutes < 60:
        return _("%(minutes)d min", minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        if minutes == 0:
            return _("%(hours)d h", hours=hours)
        return _("%(hours)d h %(minutes)02d", hours=hours, minutes=minutes)
    days, hours = divmod(hours, 24)
    return _("%(days)d j %(hours)d h", days=days, hours=hours) if hours else _("%(days)d j", days=days)


def phone(e164: str) -> str:
    """Format a telephone number as dialled from France: `06 12 34 56 78`, `0690 12 34 56`, `+32 470 12 34 56`."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    national = number.country_code in DIALLED_WITH_ZERO
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return str(phonenumbers.format_number(number, style))


def person_name(person: object) -> str:
    """Format a name: `DUPONT Marie`. The usual name is preferred to the birth name; None is an erased identity."""
    if person is None:
        return _("Identité effacée")
    family = _part(person, "usual_name") or _part(person, "birth_name")
    first = _part(person, "first_names")
    if first.isupper():
        first = first.title()
    return f"{family.upper()} {first}".strip()


def _part(person: object, name: str) -> str:
    """Read one part of a name, from a mapping or from an object."""
    found = person.get(name) if isinstance(person, Mapping) else getattr(person, name, None)
    if isinstance(found, list | tuple):
        found = " ".join(found)
    return str(found or "").strip()


def count(value: float, *, locale: Locale) -> str:
    """Format a number with the separators of the language: `12 345` in French."""
    return format_decimal(value, locale=locale)
