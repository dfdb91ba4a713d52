"""Test whether the conditions of a rule hold for a person. An unknown fact does not hold."""

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from tracing.programmes.schema import IsolationRow, QuarantineRow, When
from tracing.programmes.vocabulary import Vaccination

Choice = TypeVar("Choice", IsolationRow, QuarantineRow)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of the person when the rule is chosen; None for an unanswered question."""

    vaccination: Vaccination
    age: int | None
    lives_with_case: bool | None = None
    omicron: bool | None = None
    infected_recently: bool | None = None
    immunodepressed: bool | None = None


def choose(rows: tuple[Choice, ...], facts: Facts, on: date) -> Choice | None:
    """Return the first row in force that day whose conditions hold."""
    return next((row for row in rows if row.in_force(on) and _applies(row, facts)), None)


def _applies(row: IsolationRow | QuarantineRow, facts: Facts) -> bool:
    excepted = row.unless is not None and holds(row.unless, facts)
    return holds(row.when, facts) and not excepted


def holds(when: When, facts: Facts) -> bool:
    """Return whether all conditions hold, and at least one of `any` if it is given."""
    if when.vaccination is not None and facts.vaccination is not Vaccination.COMPLETE:
        return False
    if when.age_under is not None and (facts.age is None or facts.age >= when.age_under):
        return False
    for name in ("lives_with_case", "omicron", "infected_recently", "immunodepressed"):
        expected = getattr(when, name)
        if expected is not None and getattr(facts, name) is not expected:
            return False
    return not when.any or any(holds(choice, facts) for choice in when.any)
