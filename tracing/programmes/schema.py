"""The schema of a rule pack. Packs are written by people, so anything that is not understood is refused."""

from collections.abc import Iterator, Sequence
from datetime import date, time
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, StringConstraints, model_validator

from tracing.programmes.vocabulary import Criterion, Distance, Protection, Scheme, Subject

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d{4}\.\d+$")]
RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9.-]*$")]
Sentence = Annotated[str, StringConstraints(min_length=10, strip_whitespace=True)]
Days = Annotated[int, Field(ge=0, le=60)]


class EndIs(StrEnum):
    """Whether the day J0 + n is the last day in or the first day out: the sources disagree, so each pack decides."""

    LAST_DAY_IN = "last_day_in"
    FIRST_DAY_OUT = "first_day_out"


class Anchor(StrEnum):
    """The day from which a delay is counted."""

    LAST_CONTACT = "last_contact"
    CASE_ISOLATION_END = "case_isolation_end"
    NOTIFIED = "notified"
    FIRST_TEST = "first_test"


class Strict(BaseModel):
    """Base of all models here: frozen, and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Row(Strict):
    """A rule in force from one day to another (excluded), with the sentence a person reads."""

    id: RuleId
    in_force_from: date = Field(alias="from")
    in_force_to: date | None = Field(default=None, alias="to")
    text: Sentence

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.in_force_to is not None and self.in_force_to <= self.in_force_from:
            raise ValueError("'to' must come after 'from' (it is the first day the rule no longer applies)")
        return self

    def in_force(self, on: date) -> bool:
        """Return whether the rule applies to a question asked on that day."""
        return self.in_force_from <= on and (self.in_force_to is None or on < self.in_force_to)


class When(Strict):
    """Conditions that must all hold, and at least one of `any`; an unknown fact does not hold."""

    vaccination: Literal["complete"] | None = None
    age_under: PositiveInt | None = None
    lives_with_case: bool | None = None
    omicron: bool | None = None
    infected_recently: bool | None = None
    immunodepressed: bool | None = None
    any: tuple["When", ...] = ()


class EarlyExit(Strict):
    """Leaving isolation before its end: from which day, and under which conditions."""

    day: Days
    needs: Sentence


class WindowRow(Row):
    """The days in which a case's contacts are searched."""

    days_before_onset: Days
    days_before_sampling: Days
    days_after: Days
    """The last contagious day, counted from J0, if the person is called late."""


class IsolationRow(Row):
    """How long a case isolates; no `days` means that no isolation is required."""

    when: When = When()
    unless: When | None = None
    days: Days | None = None
    early_exit: EarlyExit | None = None
    fever_free_hours: PositiveInt | None = None


class Delay(Strict):
    """A number of days after an anchor."""

    anchor: Anchor
    days: Days


class TestRow(Strict):
    """A test that a contact is asked to do."""

    anchor: Anchor
    days: Days
    label: Sentence
    # Used when the first anchor is not known.
    otherwise: Delay | None = None


class QuarantineRow(Row):
    """How long a contact stays in quarantine and when they are tested; no `end` means no quarantine."""

    when: When = When()
    unless: When | None = None
    end: tuple[Delay, ...] = ()
    """Tried in order: the first with a known anchor counts."""
    end_untested: tuple[Delay, ...] = ()
    tests: tuple[TestRow, ...] = ()


class RiskRow(Row):
    """Which circumstances put a contact at risk, and what protects."""

    counts_face_to_face: tuple[Distance, ...]
    confined_minutes: PositiveInt
    protects: tuple[Protection, ...]
    recent_infection_rule: RuleId | None = None
    """The row to name when a recent infection makes the risk negligible."""
    why: dict[Criterion, Sentence]

    @model_validator(mode="after")
    def _explains_every_outcome(self) -> Self:
        if missing := [criterion.value for criterion in Criterion if criterion not in self.why]:
            raise ValueError(f"'why' has no sentence for {', '.join(missing)}")
        return self


class NoteRow(Row):
    """Who may write a sick note, and how long it may last."""

    subject: Subject
    issuer: Literal["fund", "doctor", "nobody"]
    max_days: PositiveInt | None = None
    retroactive_days: Days = 0
    minimum_age: PositiveInt = 16
    total_days_without_adviser: PositiveInt = 20
    schemes: tuple[Scheme, ...] = ()
    caregivers_excluded: bool = False
    rights: tuple[Sentence, ...] = ()
    legal_basis: Sentence | None = None

    @model_validator(mode="after")
    def _says_for_whom(self) -> Self:
        if self.issuer == "fund" and not (self.schemes and self.rights and self.legal_basis):
            raise ValueError("a note written by the fund needs 'schemes', 'rights' and 'legal_basis'")
        return self


class Hours(Strict):
    """From one time of day to another (excluded)."""

    opens: time = Field(alias="from")
    closes: time = Field(alias="to")

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("'to' must be later than 'from'")
        return self


class Attempts(Strict):
    """How often a person who does not answer is tried again."""

    max: PositiveInt
    spacing_minutes: PositiveInt
    text_after: PositiveInt | None
    """After this many failed attempts a text message asks the person to call back; null: never."""
    bands: tuple[Hours, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _texts_before_the_last(self) -> Self:
        if self.text_after is not None and self.text_after >= self.max:
            raise ValueError(
                "'text_after' must be less than 'max': after the last attempt nobody waits for a call"
            )
        return self


class Service(Strict):
    """The number of hours within which a first call is promised."""

    case_hours: PositiveInt
    contact_hours: PositiveInt


Minutes = Annotated[int, Field(ge=0, le=1440)]


class Weights(Strict):
    """By how many minutes each circumstance moves a call forward in the queue, before its due time."""

    aged: Minutes
    """65 years or older."""
    fragile: Minutes
    place: Minutes
    """Lives in a nursing home, a prison or other collective housing."""
    symptoms: Minutes
    priority: Minutes
    """Belongs to a lot or a place that a supervisor has given priority."""
    promise: Minutes
    """Was promised a callback."""


class Pack(Strict):
    """All that depends on the disease, immutable under its version."""

    code: Code
    version: Version
    label: Sentence | Annotated[str, StringConstraints(min_length=2)]
    neutral_label: Annotated[str, StringConstraints(min_length=3)]
    """Label for an employer or a text message: it does not reveal the disease."""
    disease: Annotated[str, StringConstraints(min_length=3)] | None = None
    """How a caller names it, with its article."""
    exercise: bool
    about: Sentence
    end_is: EndIs
    recent_infection_days: PositiveInt
    decisive_test: Literal["PCR", "AG"] | None = None
    """Which counts when an antigen test finds the disease and a PCR of the same episode does not; null: not settled."""
    service: Service
    attempts: Attempts
    calling_hours: Hours
    weights: Weights
    windows: tuple[WindowRow, ...]
    isolations: tuple[IsolationRow, ...]
    quarantines: tuple[QuarantineRow, ...]
    risks: tuple[RiskRow, ...]
    notes: tuple[NoteRow, ...]

    @model_validator(mode="after")
    def _names_each_rule_once(self) -> Self:
        seen: set[str] = set()
        for row in self.rows():
            if row.id in seen:
                raise ValueError(f"two rows are named {row.id}")
            seen.add(row.id)
        for risk in self.risks:
            if risk.recent_infection_rule is not None and risk.recent_infection_rule not in seen:
                raise ValueError(f"row {risk.id} names {risk.recent_infection_rule}, which is no row")
        return self

    @model_validator(mode="after")
    def _hides_no_rule(self) -> Self:
        for rows in (self.isolations, self.quarantines):
            for earlier, later in _pairs(rows):
                if earlier.when == When() and earlier.unless is None and _covers(earlier, later):
                    raise ValueError(
                        f"row {later.id} is never reached: {earlier.id} comes first and always applies"
                    )
        return self

    def rows(self) -> Iterator[Row]:
        """Yield every rule of the pack, of all kinds."""
        for rows in (self.windows, self.isolations, self.quarantines, self.risks, self.notes):
            yield from rows

    def find_rule(self, rule_id: str) -> Row | None:
        """Return the rule with that id, so that an old decision can still be explained."""
        return next((row for row in self.rows() if row.id == rule_id), None)


type_row = IsolationRow | QuarantineRow


def _pairs(rows: Sequence[type_row]) -> Iterator[tuple[type_row, type_row]]:
    for position, earlier in enumerate(rows):
        for later in rows[position + 1 :]:
            yield earlier, later


def _covers(earlier: Row, later: Row) -> bool:
    """Return whether `earlier` is in force on every day of `later`."""
    if later.in_force_from < earlier.in_force_from:
        return False
    return earlier.in_force_to is None or (
        later.in_force_to is not None and later.in_force_to <= earlier.in_force_to
    )
