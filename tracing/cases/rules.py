"""Which results belong to one case, and case references, which may be used where an identity may not. Pure."""

SAME_EPISODE_DAYS = 60
"""Samplings of a person at most this many calendar days apart belong to one case; a meeting further away from a case's
sampling has nothing to do with that case."""


def check_digit(digits: str) -> int:
    """Return the Luhn digit that makes `digits` valid: a mistyped or swapped digit is detected."""
    total = 0
    for place, figure in enumerate(reversed(digits)):
        value = int(figure) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def reference(year: int, sequence: int) -> str:
    """Return the reference of the `sequence`-th case, opened in `year`: P0-26-000123-5."""
    digits = f"{year % 100:02d}{sequence:06d}"
    return f"P0-{digits[:2]}-{digits[2:]}-{check_digit(digits)}"
