"""Decision tables, in the sense of DMN: rules with conditions over facts, of which the first that holds decides.

A rule may have several lines of conditions: it holds when one of them does. An unknown fact satisfies no condition but
`not …`.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Generic, Literal, Self, TypeVar

from pydantic import Field, field_validator, model_serializer, model_validator

from tracing.programmes.facts import Facts, FactValue, Strict
from tracing.programmes.rows import Row

_RANGE = re.compile(r"(?P<low>\d+)\.\.(?P<high>\d+)")
_COMPARED = re.compile(r"(?P<sign><=|>=|<|>) ?(?P<number>\d+)")


class Cell(Strict):
    """The condition on one fact: `true`, `complete`, `[v2, v3]`, `not true`, `< 12`, `>= 15`, `6..11` (both included)."""

    among: tuple[FactValue, ...] = ()
    """The values of which the fact must have one; of a number, none."""
    negated: bool = False
    at_least: int | None = None
    below: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, written: Any) -> Any:
        if isinstance(written, dict):
            return written
        if isinstance(written, list):
            return {"among": tuple(written)}
        if isinstance(written, str):
            return _read_text(written)
        return {"among": (written,)}

    @model_serializer
    def _write(self) -> Any:
        """Write it as a file has it."""
        return list(self.among) if len(self.among) > 1 else str(self)

    @property
    def is_number(self) -> bool:
        """Whether it compares a number."""
        return self.at_least is not None or self.below is not None

    def accepts(self, value: FactValue | None) -> bool | None:
        """Return whether the value satisfies the condition; None if it is unknown and might."""
        if value is None:
            return True if self.negated else None
        if self.is_number:
            return (self.at_least is None or int(value) >= self.at_least) and (
                self.below is None or int(value) < self.below
            )
        # True == 1: a yes is no number
        found = any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in self.among)
        return found is not self.negated

    def __str__(self) -> str:
        """Return the condition as it is written in a file."""
        if self.is_number:
            if self.below is None:
                return f">= {self.at_least}"
            return f"< {self.below}" if self.at_least is None else f"{self.at_least}..{self.below - 1}"
        values = [str(one).lower() if isinstance(one, bool) else str(one) for one in self.among]
        return ("not " if self.negated else "") + (values[0] if len(values) == 1 else ", ".join(values))


def _read_text(written: str) -> dict[str, Any]:
    if found := _RANGE.fullmatch(written):
        return {"at_least": int(found["low"]), "below": int(found["high"]) + 1}
    if found := _COMPARED.fullmatch(written):
        number, sign = int(found["number"]), found["sign"]
        number += sign in {"<=", ">"}
        return {"below": number} if sign.startswith("<") else {"at_least": number}
    negated = written.startswith("not ")
    value: str | bool = written.removeprefix("not ")
    if value in {"true", "false"}:
        value = value == "true"
    return {"among": (value,), "negated": negated}


Line = dict[str, Cell]
"""Conditions that must all hold, by the fact they are on."""


def holds(line: Line, facts: Facts) -> bool | None:
    """Return whether all conditions hold; None if that depends on what is unknown."""
    answers = [cell.accepts(facts.get(name)) for name, cell in line.items()]
    if False in answers:
        return False
    return None if None in answers else True


class Rule(Row):
    """A rule of a decision table: one outcome, and the lines of conditions that lead to it."""

    when: tuple[Line, ...] = ({},)

    @field_validator("when", mode="before")
    @classmethod
    def _one_line_or_many(cls, written: Any) -> Any:
        return tuple(written) if isinstance(written, list) else (written,)

    def applies(self, facts: Facts) -> bool:
        """Return whether one of its lines holds."""
        return any(holds(line, facts) for line in self.when)


AnyRule = TypeVar("AnyRule", bound=Rule)


class Table(Strict, Generic[AnyRule]):
    """Rules tried from top to bottom; the first in force that day whose conditions hold decides."""

    hit_policy: Literal["first"] = "first"
    inputs: tuple[str, ...] = ()
    """The facts that its conditions may name."""
    starts: date = Field(alias="from")
    """The first day with an answer: from then on there is one every day, for everybody."""
    ends: date | None = Field(default=None, alias="to")
    """The first day without an answer again."""
    rules: tuple[AnyRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_its_inputs(self) -> Self:
        used = {name for rule in self.rules for line in rule.when for name in line}
        if missing := sorted(used - set(self.inputs)):
            raise ValueError(f"'inputs' must name every fact of its conditions: {', '.join(missing)}")
        if needless := sorted(set(self.inputs) - used):
            raise ValueError(f"no rule has a condition on the input {', '.join(needless)}")
        return self

    def __iter__(self) -> Iterator[AnyRule]:  # type: ignore[override]
        """Yield the rules in their order."""
        return iter(self.rules)

    def choose(self, facts: Facts, on: date, *, began: date | None = None) -> AnyRule | None:
        """Return the rule that decides on that day; None if the table has no answer.

        `began` is the day on which the person's measure began: a rule that does not apply to measures under way leaves
        them to the rule before it.
        """
        if on < self.starts or (self.ends is not None and on >= self.ends):
            return None
        while True:
            rule = next((rule for rule in self.rules if rule.in_force(on) and rule.applies(facts)), None)
            if rule is None or rule.applies_to_ongoing or began is None or began >= rule.in_force_from:
                return rule
            on = rule.in_force_from - timedelta(days=1)
