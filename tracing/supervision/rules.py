"""When a tracer counts as absent, what may still be undone, what a list is of. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

ABSENT_AFTER = timedelta(minutes=10)
"""A tracer who listens types something now and then; after this long the board doubts that they are there."""
UNDO_LASTS = timedelta(minutes=10)
AGES = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
"""The board tells apart who has waited for less than each of these, and for longer than the last."""
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


def can_undo(done_at: datetime, *, at: datetime) -> bool:
    """Return whether a decision is recent enough to be taken back with one button."""
    return at - done_at < UNDO_LASTS
