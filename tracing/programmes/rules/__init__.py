"""The rules of a programme, as pure functions that return a decision and the rule that made it."""

from tracing.programmes.rules.ages import REPRESENTATIVE_UNDER, age_on
from tracing.programmes.rules.attempts import is_text_due, next_attempt_at
from tracing.programmes.rules.clusters import Clusters, clusters
from tracing.programmes.rules.data_notice import DataNotice, data_notice, kept_for, notice_address
from tracing.programmes.rules.explain import Explanation, Situation, explain
from tracing.programmes.rules.follow_ups import FollowUps, Prophylaxis, follow_ups, prophylaxis
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
    Course,
    EarlyExit,
    Isolation,
    Measure,
    PlannedTest,
    Quarantine,
    TestDone,
    isolation,
    possible_case,
    quarantine,
    tests_households,
)
from tracing.programmes.rules.notes import NoteDays, note_days, note_rule
from tracing.programmes.rules.reference import AppliedRule, RuleRef
from tracing.programmes.rules.risk import Circumstances, Risk, contact_risk, infected_recently
from tracing.programmes.rules.window import Window, contagious_window, day_zero, origin_since

__all__ = [
    "MIDNIGHT",
    "REPRESENTATIVE_UNDER",
    "AppliedRule",
    "Calling",
    "Circumstances",
    "Clusters",
    "Course",
    "DataNotice",
    "EarlyExit",
    "Explanation",
    "FollowUps",
    "Isolation",
    "Measure",
    "NoteDays",
    "PlannedTest",
    "Prophylaxis",
    "Quarantine",
    "Risk",
    "RuleRef",
    "Situation",
    "TestDone",
    "Window",
    "age_on",
    "clusters",
    "contact_risk",
    "contagious_window",
    "data_notice",
    "day_zero",
    "explain",
    "follow_ups",
    "infected_recently",
    "is_open",
    "is_text_due",
    "isolation",
    "kept_for",
    "last_open_before",
    "next_attempt_at",
    "next_open",
    "note_days",
    "note_rule",
    "notice_address",
    "open_until",
    "origin_since",
    "possible_case",
    "prophylaxis",
    "quarantine",
    "tests_households",
    "window_on",
]
