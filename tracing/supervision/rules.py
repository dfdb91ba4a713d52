"""When a tracer counts as absent, what may still be undone, what a list is of. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate

ABSENT_AFTER = timedelta(minutes=10)
"""A tracer who listens types something now and then; after this long the board doubts that they are there."""
UNDO_LASTS = timedelta(minutes=10)
AGES = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
"""The board tells apart who has waited for less than each of these, and for longer than the last."""
HOURS_AHEAD = 4
"""For so many hours the board shows what falls due: a case's promise is four hours."""
OLD_COUNTS = timedelta(minutes=2)
"""The scheduler counts several times a minute: figures older than this mean that it does not run."""
REOPENED_DUE_IN = timedelta(hours=4)
"""A call that a supervisor puts back is due like a new case's."""


class WorkList(StrEnum):
    """The lists that a supervisor works through."""

    UNREACHABLE = "unreachable"
    NO_NUMBER = "no_number"
    LANGUAGE = "language"
    INTERPRETER = "interpreter"
    DOCTOR = "doctor"
    TO_HAND_ON = "to_hand_on"
    DECEASED = "deceased"
    CALLERS = "callers"
    WITHDRAWN = "withdrawn"


def is_absent(last_input_at: datetime, *, at: datetime) -> bool:
    """Return whether nobody seems to be at this call any more."""
    return at - last_input_at >= ABSENT_AFTER


def are_old(counted_at: datetime, *, at: datetime) -> bool:
    """Return whether figures are so old that nobody seems to count any more."""
    return at - counted_at >= OLD_COUNTS


def late_ahead(overdue: int, due_next: Sequence[int], pace: int) -> list[int]:
    """Return how many households will be late at the end of each of the next hours.

    `overdue` households are late now, `due_next` fall due in each hour, `pace` are called an hour, the earliest due first.
    """
    return [max(0, overdue + due - pace * hours) for hours, due in enumerate(accumulate(due_next), start=1)]


def can_undo(done_at: datetime, *, at: datetime) -> bool:
    """Return whether a decision is recent enough to be taken back with one button."""
    return at - done_at < UNDO_LASTS
