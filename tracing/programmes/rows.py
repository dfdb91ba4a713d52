"""A dated row of a programme: what every rule has, whatever it decides; and the rows of no decision table."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from tracing.programmes.facts import Strict
from tracing.programmes.vocabulary import Mark

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
"""Of a programme: the name of its folder."""
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
    """What the sources leave open, and the choice made here: in French, as referents read it."""
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


class ClusterSize(Strict):
    """How many cases of one place within how many days are taken to belong together."""

    cases: int = Field(ge=2, le=50)
    days: int = Field(ge=1, le=30)


class HandOff(Row):
    """When a record goes to the regional agency or to a clinician."""

    to_whom: Literal["regional_agency", "clinician"]
    immediate: bool = False
    """Also at night: a call, not a message."""
    every_case: bool = False
    """Each case is handed off, whatever is answered."""
    answers: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Questions of the script, with the answers for which the record is handed off. Neither: by hand only."""
    days_before_test: Annotated[int, Field(ge=1, le=14)] | None = None
    """The script asks for this so many days back from the test, to find where the infection comes from. The
    law lets nobody look back further than 14 days before the diagnosis."""
    cluster: ClusterSize | None = None
    """Offered for the records that name one place, once there are as many; somebody decides."""
