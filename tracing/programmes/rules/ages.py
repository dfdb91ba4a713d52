"""A person's age on a given day."""

from datetime import date

REPRESENTATIVE_UNDER = 16
"""Years below which a parent or legal representative answers, and is written to."""


def age_on(birth_date: date, on: date) -> int:
    """Return the age in years; a person born on 29 February is a year older on 1 March."""
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    return on.year - birth_date.year - (0 if had_birthday else 1)
