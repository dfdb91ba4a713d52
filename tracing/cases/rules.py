"""What makes a case one, and its reference: what may be said and written where an identity may not. Pure."""

from stdnum import luhn

SAME_EPISODE_DAYS = 60
"""Samplings of a person this many calendar days apart or fewer are one case; a meeting further from one than that has
nothing to do with it."""


def reference(year: int, sequence: int) -> str:
    """Return the reference of the `sequence`-th case, opened in `year`: P0-26-000123-5.

    The last figure is a Luhn check digit: one mistyped or swapped figure is found.
    """
    digits = f"{year % 100:02d}{sequence:06d}"
    return f"P0-{digits[:2]}-{digits[2:]}-{luhn.calc_check_digit(digits)}"
