"""A dated row of a programme: what every rule has, whatever it decides."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from tracing.programmes.facts import Strict
from tracing.programmes.vocabulary import Mark

RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9.-]*$")]
Sentence = Annotated[str, StringConstraints(min_length=10, strip_whitespace=True)]


class Row(Strict):
    """A rule in force from one day to another (excluded), with the sentence a person reads and where it comes from."""

    id: RuleId
    in_force_from: date = Field(alias="from")
    in_force_to: date | None = Field(default=None, alias="to")
    text: Sentence
    source: Annotated[str, StringConstraints(min_length=3)]
    mark: Mark = Mark.FOUND
    open: Sentence | None = None
    """What the sources leave open, and the choice made here."""
    applies_to_ongoing: bool = True
    """Whether it also changes measures that began before it was in force."""

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.in_force_to is not None and self.in_force_to <= self.in_force_from:
            raise ValueError("'to' must come after 'from' (it is the first day the rule no longer applies)")
        return self

    def in_force(self, on: date) -> bool:
        """Return whether the rule applies to a question asked on that day."""
        return self.in_force_from <= on and (self.in_force_to is None or on < self.in_force_to)
