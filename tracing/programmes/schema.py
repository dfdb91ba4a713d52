"""The schema of a programme. Its files are written by people, so anything that is not understood is refused."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, StringConstraints, field_validator, model_validator
from stdnum import luhn

from tracing.programmes.data_fields import DataFields
from tracing.programmes.facts import CORE_FACTS, FactDefinition, Strict
from tracing.programmes.rows import ClusterSize, Code, HandOff, Row, RuleId, Sentence
from tracing.programmes.tables import Line, Rule, Table
from tracing.programmes.vocabulary import Criterion, RiskLevel, Scheme, TestKind

__all__ = ["Row", "Rule", "Table"]

Version = Annotated[str, StringConstraints(pattern=r"^\d{4}\.\d+(\.\d+)?$")]
Days = Annotated[int, Field(ge=0, le=60)]
Words = Annotated[str, StringConstraints(min_length=3, strip_whitespace=True)]


class EndIs(StrEnum):
    """Whether the day J0 + n is the last day in or the first day out: the sources disagree, so each programme decides."""

    LAST_DAY_IN = "last_day_in"
    FIRST_DAY_OUT = "first_day_out"


class Anchor(StrEnum):
    """The day from which a delay is counted."""

    DAY_ZERO = "day_zero"
    """The onset, else the sampling; of a contact, the last contact."""
    LAST_CONTACT = "last_contact"
    CASE_ISOLATION_END = "case_isolation_end"
    NOTIFIED = "notified"
    FIRST_TEST = "first_test"
    SYMPTOMS = "symptoms"


class Delay(Strict):
    """A number of days after an anchor."""

    anchor: Anchor
    days: Days


class TestRow(Strict):
    """A test that a person is asked to do."""

    __test__ = False  # pytest: not a class of tests

    anchor: Anchor
    days: Days
    kind: TestKind
    label: Sentence
    # Used when the first anchor is not known.
    otherwise: Delay | None = None


class WindowRow(Rule):
    """The days in which a case's contacts are searched."""

    days_before_onset: Days | None
    """None: the onset does not count, only the sampling."""
    days_before_sampling: Days
    days_after: Days
    """The last contagious day, counted from J0, if the person is called late."""
    most_days_before_sampling: Days | None = None
    """The legal ceiling: no contact is searched further back, whatever the onset."""


class EarlyExit(Strict):
    """Leaving isolation before its end: from which day, and under which conditions."""

    day: Days
    test: bool = True
    """A negative test is needed, on that day or later; a positive one, or none, leaves the end as it is."""
    free_of: Literal["symptoms", "fever"] = "symptoms"
    free_hours: PositiveInt = 48
    needs: Sentence


class Fever(Strict):
    """How fever prolongs an isolation: it lasts until this many hours have passed without any."""

    hours: PositiveInt
    counts: Literal["always", "on_last_day"]
    """`on_last_day`: only fever that still lasts on the last day prolongs it."""


class ExitTest(Strict):
    """A test at the end of an isolation, without which it does not end."""

    label: Sentence
    kind: TestKind
    days_after_positive: Days
    """How many more days follow a positive one, counted from it."""
    days_if_untested: Days
    """How many more days follow when it is not done."""


class IsolationRow(Rule):
    """How long a case isolates; no `days` means that no isolation is required."""

    days: Days | None = None
    early_exit: EarlyExit | None = None
    fever: Fever | None = None
    exit_test: ExitTest | None = None
    mask_days: Days | None = None
    """For how many days a mask is worn after the isolation."""


class QuarantineRow(Rule):
    """How long a contact stays in quarantine and when they are tested; no `end` means no quarantine."""

    end: tuple[Delay, ...] = ()
    """Tried in order: the first with a known anchor counts."""
    end_untested: tuple[Delay, ...] = ()
    tests: tuple[TestRow, ...] = ()
    is_no_contact: bool = False
    """Such a person counts as no contact at all: neither quarantine nor follow-up calls."""


class SymptomRow(Rule):
    """What a contact with symptoms, or a positive self-test, is asked for besides their quarantine: to isolate and be tested."""

    tests: tuple[TestRow, ...] = Field(min_length=1)


class FollowUpRow(Rule):
    """On which days a person is called again, counted from J0."""

    days: tuple[Days, ...] = ()


class RiskQuestion(Strict):
    """One question of the tree that ends in a level of risk: the first that is answered as it says decides."""

    criterion: Criterion
    when: Line = Field(default_factory=dict)
    level: Literal[RiskLevel.AT_RISK, RiskLevel.NEGLIGIBLE]
    why: Sentence
    named_by: RuleId | None = None
    """The rule to name instead of this row; the question counts only while that one is in force."""
    unknown_is_no: bool = False
    """Whether an answer that is missing counts as a no; otherwise the risk may stay undetermined."""


class RiskRow(Rule):
    """Which circumstances put a contact at risk, and what protects: questions, from top to bottom."""

    questions: tuple[RiskQuestion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ends_for_everybody(self) -> Self:
        if self.questions[-1].when or any(not one.when for one in self.questions[:-1]):
            raise ValueError("the last question, and only the last, has no 'when'")
        if len(self.why) < len(self.questions):
            raise ValueError("each criterion may decide once")
        return self

    @cached_property
    def why(self) -> Mapping[Criterion, str]:
        """The sentence for each criterion that may decide."""
        return {question.criterion: question.why for question in self.questions}

    @cached_property
    def confined_minutes(self) -> int | None:
        """From how many minutes in a closed space the meeting counts; None if that is not asked."""
        cells = [one.when["confined_minutes"] for one in self.questions if "confined_minutes" in one.when]
        return cells[0].at_least if cells else None


class NoteRow(Rule):
    """Who may write a sick note, and how long it may last; `unknown`: no source says who, and an adviser is asked."""

    issuer: Literal["fund", "doctor", "nobody", "unknown"]
    max_days: PositiveInt | None = None
    ends_with_measure: bool = True
    """Whether it stops at the end of the isolation or quarantine; else it lasts `max_days`."""
    retroactive_days: Days | None = None
    """How far back it may begin; None: as far as the measure."""
    extension_days: Days | None = None
    """By how much it may be prolonged while the result of a test is awaited."""
    minimum_age: PositiveInt = 16
    child_under: PositiveInt | None = None  # years from which a child gives a parent no note
    total_days_without_adviser: PositiveInt = 20
    schemes: tuple[Scheme, ...] = ()
    caregivers_excluded: bool = False
    rights: tuple[Sentence, ...] = ()
    legal_basis: Sentence | None = None

    @model_validator(mode="after")
    def _says_for_whom(self) -> Self:
        if self.issuer == "fund" and not (self.schemes and self.rights and self.legal_basis):
            raise ValueError("a note written by the fund needs 'schemes', 'rights' and 'legal_basis'")
        if not self.ends_with_measure and self.max_days is None:
            raise ValueError("a note that does not end with the measure needs 'max_days'")
        return self


class ProphylaxisRow(Rule):
    """A treatment or vaccine that may still prevent the disease, and until when it is useful."""

    kind: Words
    within_days: Days
    """Counted from the last contact; hours are rounded down to days."""
    referral: Words


class CaseDefinition(Row):
    """What makes a person a possible, probable or confirmed case."""

    level: Literal["possible", "probable", "confirmed", "new_episode"]


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
    follow_up: Minutes = 1440
    """The other way: by how many minutes a follow-up call stands back behind the first calls."""


class Law(Strict):
    """Who may trace, and by which text."""

    controller: Words
    who_calls: Words
    notifiable: bool
    basis: Sentence
    in_force_from: date = Field(alias="from")
    in_force_to: date | None = Field(default=None, alias="to")


class Payroll(Strict):
    """What the payroll of an employer must know of a sick note, in words that name no disease."""

    in_force_from: date = Field(alias="from")
    in_force_to: date | None = Field(default=None, alias="to")
    waiting_days: Sentence
    """For how many days nothing is paid."""
    complement: Sentence
    """From when the employer adds to what the fund pays."""
    source: Sentence


class Retention(Strict):
    """For how many days data is kept."""

    person_days: PositiveInt
    log_days: PositiveInt
    file_days: PositiveInt


class Laboratory(Strict):
    """Which results of a laboratory are tests for this disease, by LOINC code and else by the name of the analysis."""

    tests: dict[TestKind, frozenset[str]]
    """LOINC codes by the kind of test. What says nothing of today (antibodies) is in none."""
    other_pathogens: frozenset[str] = frozenset()
    """Tests that often stand beside ours in one file. A positive one is no case of this disease."""
    name: str
    """Regular expression: what the name of an analysis says when it is a test for this disease."""
    other_names: str | None = None
    """The same for other pathogens."""
    around: frozenset[str] = frozenset()
    """Words that name the disease beside an answer, in capitals without signs: “ROUGEOLE : DETECTE”."""
    answers: dict[Literal["P", "N"], frozenset[str]] = Field(default_factory=dict)
    """SNOMED CT codes that name the disease, its pathogen or its antigen as the answer: found (P) or not found (N)."""
    screening: dict[str, str] = Field(default_factory=dict)
    """What a screening code says of the variant: a letter with its digit, in the order in which they count."""

    @field_validator("tests", "other_pathogens")
    @classmethod
    def _are_loinc(
        cls, codes: dict[TestKind, frozenset[str]] | frozenset[str]
    ) -> dict[TestKind, frozenset[str]] | frozenset[str]:
        every = codes if isinstance(codes, frozenset) else frozenset().union(*codes.values())
        for code in sorted(every):
            if not re.fullmatch(r"\d{1,5}-\d", code) or not luhn.is_valid(code.replace("-", "")):
                raise ValueError(f"{code} is no LOINC code")
        return codes

    @field_validator("name", "other_names")
    @classmethod
    def _is_an_expression(cls, written: str | None) -> str | None:
        if written is not None:
            try:
                re.compile(written)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
        return written

    @model_validator(mode="after")
    def _each_code_is_one_thing(self) -> Self:
        seen: set[str] = set(self.other_pathogens)
        for codes in self.tests.values():
            if twice := sorted(seen & codes):
                raise ValueError(f"named twice: {', '.join(twice)}")
            seen |= codes
        return self

    def kind_of(self, loinc: str) -> TestKind | None:
        """Return the kind of test that a LOINC code names; None if it is no test for this disease."""
        return next((kind for kind, codes in self.tests.items() if loinc in codes), None)

    def variant_of(self, code: str) -> str | None:
        """Return the variant that a screening code speaks for, as `A0C0D1`; None if it says nothing of one."""
        return next((variant for part, variant in self.screening.items() if part in code), None)

    def is_other_pathogen(self, loinc: str) -> bool:
        """Return whether a LOINC code is known as a test for another pathogen."""
        return loinc in self.other_pathogens

    def is_named(self, name: str) -> bool:
        """Return whether the name of an analysis speaks of this disease."""
        return re.search(self.name, name, re.IGNORECASE) is not None

    def names_other_pathogen(self, name: str) -> bool:
        """Return whether the name of an analysis speaks of another pathogen."""
        return self.other_names is not None and re.search(self.other_names, name, re.IGNORECASE) is not None


class Pack(Strict):
    """All that depends on the disease, immutable under its version: the files of one folder, read as one."""

    code: Code
    version: Version
    """Of the release's files; a third number is that of the rules published since."""
    label: Annotated[str, StringConstraints(min_length=2)]
    neutral_label: Words
    """Label for an employer or a text message: it does not reveal the disease."""
    disease: Words | None = None  # as a caller names it, with its article
    english: dict[str, str] = Field(default_factory=dict)  # of what is said aloud, by the French
    masks_help: bool = False
    """Whether a mask protects others, and is spoken of in calls."""
    has_boosters: bool = False
    """Whether a complete vaccination has a booster."""
    exercise: bool
    needs_medical_validation: bool = False
    """No doctor has checked it yet: every page says so."""
    about: Sentence
    end_is: EndIs
    recent_infection_days: PositiveInt
    decisive_test: Literal["PCR", "AG"] | None = None
    """Which counts when an antigen test finds the disease and a PCR of the same episode does not; null: not settled."""
    service: Service
    attempts: Attempts
    calling_hours: Hours
    weights: Weights
    facts: dict[str, FactDefinition] = Field(default_factory=dict)
    """What only this programme asks; the facts of all programmes are `facts.CORE_FACTS`."""
    law: tuple[Law, ...] = ()
    payroll: tuple[Payroll, ...] = ()
    """By the day on which a note is issued: the first that is in force counts."""
    retention: Retention
    information_notice: tuple[Sentence, ...] = Field(min_length=1)
    """`{retention}` stands for how long data is kept, in words."""
    notice_address: Words | None = None
    """Where the notice can be read, as it is said: `example.org/data`; null: on the public pages of the platform."""
    data_fields: DataFields
    laboratory: Laboratory
    case_definitions: tuple[CaseDefinition, ...] = ()
    hand_offs: tuple[HandOff, ...] = ()
    listed_together: ClusterSize
    """From how many cases of one place on a list shows them together, while no rule hands such a cluster off."""
    escalation_reasons: tuple[str, ...] = ()
    windows: Table[WindowRow]
    isolations: Table[IsolationRow]
    quarantines: Table[QuarantineRow]
    symptomatic_contacts: tuple[SymptomRow, ...] = ()
    positive_self_tests: tuple[SymptomRow, ...] = ()
    risks: Table[RiskRow]
    follow_ups: Table[FollowUpRow] | None = None
    notes: Table[NoteRow]
    prophylaxis: tuple[ProphylaxisRow, ...] = ()

    @model_validator(mode="after")
    def _adds_facts_only(self) -> Self:
        if known := sorted(set(self.facts) & set(CORE_FACTS)):
            raise ValueError(f"'facts' of every programme cannot be defined again: {', '.join(known)}")
        return self

    @model_validator(mode="after")
    def _screens_for_variants_it_knows(self) -> Self:
        known = self.facts.get("variant")
        for code, variant in self.laboratory.screening.items():
            if not re.fullmatch(r"[A-Z]\d", code):
                raise ValueError(f"{code!r} is no letter with its digit")
            if known is None or not known.allows(variant):
                raise ValueError(f"{variant!r} is no value of the fact 'variant'")
        return self

    @model_validator(mode="after")
    def _names_each_rule_once(self) -> Self:
        seen: set[str] = set()
        for row in self.rows():
            if row.id in seen:
                raise ValueError(f"two rows are named {row.id}")
            seen.add(row.id)
        for risk in self.risks:
            for question in risk.questions:
                if question.named_by is not None and question.named_by not in seen:
                    raise ValueError(f"row {risk.id} names {question.named_by}, which is no row")
        return self

    @property
    def vocabulary(self) -> Mapping[str, FactDefinition]:
        """Every fact that its rules may name."""
        return {**CORE_FACTS, **self.facts}

    def tables(self) -> Iterator[tuple[str, Table[Rule]]]:
        """Yield the decision tables by name."""
        for name in ("windows", "isolations", "quarantines", "risks", "follow_ups", "notes"):
            if (table := getattr(self, name)) is not None:
                yield name, table

    def rows(self) -> Iterator[Row]:
        """Yield every rule of the programme, of all kinds."""
        for _name, table in self.tables():
            yield from table
        yield from self.symptomatic_contacts
        yield from self.positive_self_tests
        for rows in (self.case_definitions, self.hand_offs, self.prophylaxis):
            yield from rows

    def find_rule(self, rule_id: str) -> Row | None:
        """Return the rule with that id, so that an old decision can still be explained."""
        return next((row for row in self.rows() if row.id == rule_id), None)
