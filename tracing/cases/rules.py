"""What makes a case one, and its reference: what may be said and written where an identity may not. Pure."""

import re

SAME_EPISODE_DAYS = 60
"""Samplings of a person this many calendar days apart or fewer are one case; a meeting further from one than that has
nothing to do with it."""

COMPACT = re.compile(r"P[0O](\d{2})(\d{6,})(\d)", re.ASCII)


def check_digit(digits: str) -> int:
    """Return the Luhn digit that makes `digits` valid: one mistyped or swapped figure is found."""
    total = 0
    for place, figure in enumerate(reversed(digits)):
        value = int(figure) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def reference(year: int, sequence: int) -> str:
    """Return the reference of the `sequence`-th case, opened in `year`: P0-26-000123-5."""
    digits = f"{year % 100:02d}{sequence:06d}"
    return f"P0-{digits[:2]}-{digits[2:]}-{check_digit(digits)}"


def read_reference(typed: str) -> str | None:
    """Return a typed reference in its normal form, or None when its check digit does not fit.

    However it was grouped, in either case, and with a letter O for the zero.
    """
    found = COMPACT.fullmatch(re.sub(r"[\s.-]", "", typed.upper()))
    if found is None or check_digit(found[1] + found[2]) != int(found[3]):
        return None
    return f"P0-{found[1]}-{found[2]}-{found[3]}"
