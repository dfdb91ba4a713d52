"""Which results belong to one case, and case references, which may be used where an identity may not. Pure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from stdnum import luhn

SAME_EPISODE_DAYS = 60
"""Samplings of a person at most this many calendar days apart belong to one case; a meeting further away from a case's
sampling has nothing to do with that case."""


def reference(year: int, sequence: int) -> str:
    """Return the reference of the `sequence`-th case, opened in `year`: P0-26-000123-5.

    The last figure is a Luhn check digit: one mistyped or swapped figure is found.
    """
    digits = f"{year % 100:02d}{sequence:06d}"
    return f"P0-{digits[:2]}-{digits[2:]}-{luhn.calc_check_digit(digits)}"


def sampling_day(first_sampled_at: datetime, corrected: date | None, zone: ZoneInfo) -> date:
    """Return the day of sampling that counts: as corrected by the person or a doctor, else the laboratory's."""
    return corrected or first_sampled_at.astimezone(zone).date()
