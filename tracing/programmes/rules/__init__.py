"""The rules of a programme, as pure functions that return a decision and the rule that made it."""

from tracing.programmes.rules.ages import age_on
from tracing.programmes.rules.attempts import is_text_due, next_attempt_at
from tracing.programmes.rules.hours import (
    MIDNIGHT,
    Calling,
    is_open,
    last_open_before,
    next_open,
    open_until,
    window_on,
)
from tracing.programmes.rules.measures import (
    EarlyExit,
    Isolation,
    Measure,
    PlannedTest,
    Quarantine,
    isolation,
    quarantine,
)
from tracing.programmes.rules.reference import AppliedRule, RuleRef
from tracing.programmes.rules.risk import Circumstances, Risk, contact_risk, infected_recently
from tracing.programmes.rules.window import Window, contagious_window, day_zero

__all__ = [
    "MIDNIGHT",
    "AppliedRule",
    "Calling",
    "Circumstances",
    "EarlyExit",
    "Isolation",
    "Measure",
    "PlannedTest",
    "Quarantine",
    "Risk",
    "RuleRef",
    "Window",
    "age_on",
    "contact_risk",
    "contagious_window",
    "day_zero",
    "infected_recently",
    "is_open",
    "is_text_due",
    "isolation",
    "last_open_before",
    "next_attempt_at",
    "next_open",
    "open_until",
    "quarantine",
    "window_on",
]
