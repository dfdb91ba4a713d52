"""What a doctor decides apart from the rules: how it is written into a fact, read from one, and applied. Pure.

The value of such a fact holds codes and days only: what was decided, on which ground, and the rule it departs from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from tracing.facts.rules import FactKind, Said, value_of
from tracing.programmes.rules import Isolation, Measure, Quarantine
from tracing.programmes.vocabulary import RiskLevel

BY_RULE = "by_rule"
"""The rule applies again: what was decided apart from it is lifted."""


class Ground(StrEnum):
    """Why a doctor decides apart from the rule."""

    HOSPITAL = "hospital"
    FRAIL = "frail"
    """The state of the person's health, or of whom they live with."""
    TEST_RESULT = "test_result"
    DOUBTFUL_DATES = "doubtful_dates"
    PROTECTED = "protected"
    """They were protected when they met, or did not really meet."""
    LATE_CALL = "late_call"
    """We called too late: the person did what was asked before being told."""
    OTHER = "other"


class RulingKind(StrEnum):
    """What a doctor may decide apart from the rules."""

    UNTIL = "until"
    """Isolation or quarantine up to a day, included."""
    NO_MEASURE = "no_measure"
    AT_RISK = "at_risk"
    NEGLIGIBLE = "negligible"
    NOTE_DAYS = "note_days"
    """A note of these days may be issued, outside the limits of the rule."""
    NOTE_BY_RULE = "note_by_rule"
    """The days of a note follow the rule again: what was granted is taken back."""
    MEASURE_BY_RULE = "measure_by_rule"
    RISK_BY_RULE = "risk_by_rule"


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """One decision of a doctor apart from the rules."""

    kind: RulingKind
    ground: Ground
    rule: str | None
    """The rule in force from which it departs."""
    on: date
    """The day on which it was decided."""
    first_day: date | None = None
    """Of a note."""
    last_day: date | None = None
    """Of a measure or a note, included."""

    @property
    def fact_kind(self) -> FactKind:
        """The kind of fact that it becomes."""
        match self.kind:
            case RulingKind.UNTIL | RulingKind.NO_MEASURE | RulingKind.MEASURE_BY_RULE:
                return FactKind.MEASURE
            case RulingKind.NOTE_DAYS | RulingKind.NOTE_BY_RULE:
                return FactKind.NOTE_DAYS
        return FactKind.RISK

    @property
    def value(self) -> dict[str, Any]:
        """What the fact holds."""
        return {
            "kind": self.kind.value,
            "ground": self.ground.value,
            "rule": self.rule,
            "on": self.on.isoformat(),
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "last_day": self.last_day.isoformat() if self.last_day else None,
        }

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> "Ruling":
        """Return the ruling that a fact holds."""

        def day(name: str) -> date | None:
            return date.fromisoformat(value[name]) if value.get(name) else None

        return cls(
            kind=RulingKind(value["kind"]),
            ground=Ground(value["ground"]),
            rule=value.get("rule"),
            on=date.fromisoformat(value["on"]),
            first_day=day("first_day"),
            last_day=day("last_day"),
        )


@dataclass(frozen=True)
class MeasureRuling:
    """The isolation or quarantine that a doctor decided: from when, and up to which day; no last day: none is asked."""

    since: date
    last_day: date | None

    @property
    def is_required(self) -> bool:
        """Whether anything is asked of the person."""
        return self.last_day is not None


def measure_ruled(known: Mapping[FactKind, Said]) -> MeasureRuling | None:
    """Return the measure that a doctor decided, of the facts that count; None if the rule applies."""
    found = _ruling(known, FactKind.MEASURE)
    if found is None or found.kind is RulingKind.MEASURE_BY_RULE:
        return None
    return MeasureRuling(found.on, found.last_day if found.kind is RulingKind.UNTIL else None)


def risk_ruled(known: Mapping[FactKind, Said]) -> RiskLevel | None:
    """Return the risk that a doctor decided, of the facts that count; None if the rule applies."""
    found = _ruling(known, FactKind.RISK)
    if found is None or found.kind is RulingKind.RISK_BY_RULE:
        return None
    return RiskLevel.AT_RISK if found.kind is RulingKind.AT_RISK else RiskLevel.NEGLIGIBLE


def note_days_ruled(known: Mapping[FactKind, Said]) -> tuple[date, date] | None:
    """Return first and last day of the note to which a doctor agreed; None without one, or once it has lapsed.

    What a doctor decided later about the measure or the risk comes before it: where nothing is asked of the person any
    more nothing is granted, and an earlier last day is the last day of the note as well.
    """
    found = _ruling(known, FactKind.NOTE_DAYS)
    if found is None or found.first_day is None or found.last_day is None:
        return None
    last_day = found.last_day
    for kind in (FactKind.MEASURE, FactKind.RISK):
        later = _ruling(known, kind)
        if later is None or not _is_later(known[kind], known[FactKind.NOTE_DAYS]):
            continue
        if later.kind in {RulingKind.NO_MEASURE, RulingKind.NEGLIGIBLE}:
            return None
        if later.kind is RulingKind.UNTIL and later.last_day is not None:
            last_day = min(last_day, later.last_day)
    return (found.first_day, last_day) if found.first_day <= last_day else None


def _is_later(one: Said, other: Said) -> bool:
    return (one.said_at, one.fact_id) > (other.said_at, other.fact_id)


def _ruling(known: Mapping[FactKind, Said], kind: FactKind) -> Ruling | None:
    value = value_of(known, kind)
    return Ruling.read(value) if value is not None else None


Apart = TypeVar("Apart", Isolation, Quarantine)


def as_ruled(decided: Apart, ruled: MeasureRuling | None) -> Apart:
    """Return a measure as a doctor decided it, beside the rule from which that departs; without a ruling, as it is."""
    if ruled is None:
        return decided
    lifted: dict[str, Any] = (
        {"early_exit": None} if isinstance(decided, Isolation) else {"symptom_rule": None}
    )
    decided = replace(decided, **lifted)
    if ruled.last_day is None:
        return replace(
            decided, measure=Measure.NOT_REQUIRED, start=None, end=None, last_day_in=None, tests=()
        )
    # J0 + n is the last day itself or the day after it, as the programme counts
    after = decided.end - decided.last_day_in if decided.end and decided.last_day_in else timedelta(0)
    return replace(
        decided,
        measure=Measure.REQUIRED,
        start=min(decided.start or ruled.since, ruled.last_day),
        end=ruled.last_day + after,
        last_day_in=ruled.last_day,
    )
