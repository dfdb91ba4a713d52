"""Rules of supervision: when a tracer counts as absent, what can still be undone, the lists. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate

ABSENT_AFTER = timedelta(minutes=10)
"""A tracer in a call types something now and then; after this long without input the board marks them as doubtful."""
UNDO_LASTS = timedelta(minutes=10)
AGES = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
"""Limits of the board's age groups: younger than each of these, and older than the last."""
HOURS_AHEAD = 4
"""For how many hours ahead the board shows what becomes due: a case is promised a call within four hours."""
OLD_COUNTS = timedelta(minutes=2)
"""The scheduler counts several times a minute: older figures mean that it does not run."""
REOPENED_DUE_IN = timedelta(hours=4)
"""A call that a supervisor returns to the queue is due like a new case's."""


class WorkList(StrEnum):
    """The lists that a supervisor works through."""

    UNREACHABLE = "unreachable"
    NO_NUMBER = "no_number"
    IDENTITY = "identity"
    LANGUAGE = "language"
    INTERPRETER = "interpreter"
    DOCTOR = "doctor"
    TO_HAND_ON = "to_hand_on"
    DECEASED = "deceased"
    NO_CALLS = "no_calls"
    CALLERS = "callers"
    WITHDRAWN = "withdrawn"


def is_absent(last_input_at: datetime, *, at: datetime) -> bool:
    """Return whether the tracer of a call seems to be absent."""
    return at - last_input_at >= ABSENT_AFTER


def are_old(counted_at: datetime, *, at: datetime) -> bool:
    """Return whether the counts are so old that the scheduler seems not to run."""
    return at - counted_at >= OLD_COUNTS


def late_ahead(overdue: int, due_next: Sequence[int], pace: int) -> list[int]:
    """Return how many households will be late at the end of each of the next hours.

    `overdue` households are late now, `due_next` become due in each hour, `pace` are called per hour, the earliest due
    first.
    """
    return [max(0, overdue + due - pace * hours) for hours, due in enumerate(accumulate(due_next), start=1)]


def can_undo(done_at: datetime, *, at: datetime) -> bool:
    """Return whether a decision is recent enough to be undone with one button."""
    return at - done_at < UNDO_LASTS
