"""The outcomes of a call and their consequences, in one table. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class CallOutcome(StrEnum):
    """How a call, or one conversation in it, ended."""

    COMPLETED = "completed"
    CALLBACK = "callback"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused"
    LANGUAGE = "language"
    NEEDS_DOCTOR = "needs_doctor"
    INTERPRETER = "interpreter"
    HOSPITALISED = "hospitalised"
    OUT_OF_AREA = "out_of_area"
    DECEASED = "deceased"
    ADVISED = "advised"
    """An adviser or a referent rang about a question and has answered it."""
    GIVEN_BACK = "given_back"
    CLAIM_ENDED = "claim_ended"
    TAKEN_BACK = "taken_back"


class GiveBackReason(StrEnum):
    """Why a tracer gives a call back."""

    ACQUAINTED = "acquainted"
    """The tracer knows the person."""
    EQUIPMENT = "equipment"
    SHIFT_ENDS = "shift_ends"
    TOO_HARD = "too_hard"
    HANDED_OVER = "handed_over"
    """To a colleague, by name."""


REASONS_TO_CHOOSE = (
    GiveBackReason.ACQUAINTED,
    GiveBackReason.EQUIPMENT,
    GiveBackReason.SHIFT_ENDS,
    GiveBackReason.TOO_HARD,
)
LONGEST_CALL = timedelta(hours=4)
"""Upper limit used by queries: calls that ended since a time are searched among those begun up to this long before it.

If no scheduler ran, a claim may be ended much later: that call is in the history but in no daily count."""
SKIPS_A_DAY = 3
"""This many calls a day may be given back without a reason; after that a reason is required."""


class Follows(StrEnum):
    """What happens to a task after a conversation."""

    DONE = "done"
    PROMISE = "promise"
    TRY_AGAIN = "try_again"
    """Another attempt at another time, or the supervisor's list once the attempts are used up."""
    DOCTOR = "doctor"
    LANGUAGE = "language"
    INTERPRETER = "interpreter"
    HAND_ON = "hand_on"
    """The supervisor informs another service, which takes over."""
    STOP = "stop"
    """Nothing more is sent to the person; the supervisor decides."""
    AS_IT_WAS = "as_it_was"


@dataclass(frozen=True)
class Consequence:
    """What an outcome means for the task, and whether anyone was reached at the number."""

    follows: Follows
    is_attempt: bool = False
    """Counts as an attempt (three in all)."""
    whole_household: bool = False
    """The outcome is about the number, not one person: it applies to the whole household."""


CONSEQUENCES: dict[CallOutcome, Consequence] = {
    CallOutcome.COMPLETED: Consequence(Follows.DONE),
    CallOutcome.REFUSED: Consequence(Follows.DONE),
    CallOutcome.CALLBACK: Consequence(Follows.PROMISE),
    CallOutcome.NO_ANSWER: Consequence(Follows.TRY_AGAIN, is_attempt=True, whole_household=True),
    CallOutcome.VOICEMAIL: Consequence(Follows.TRY_AGAIN, is_attempt=True, whole_household=True),
    CallOutcome.WRONG_NUMBER: Consequence(Follows.TRY_AGAIN, is_attempt=True, whole_household=True),
    CallOutcome.LANGUAGE: Consequence(Follows.LANGUAGE),
    CallOutcome.NEEDS_DOCTOR: Consequence(Follows.DOCTOR),
    CallOutcome.INTERPRETER: Consequence(Follows.INTERPRETER),
    CallOutcome.HOSPITALISED: Consequence(Follows.HAND_ON),
    CallOutcome.OUT_OF_AREA: Consequence(Follows.HAND_ON),
    CallOutcome.DECEASED: Consequence(Follows.STOP),
    CallOutcome.ADVISED: Consequence(Follows.AS_IT_WAS, whole_household=True),
    CallOutcome.GIVEN_BACK: Consequence(Follows.AS_IT_WAS, whole_household=True),
    CallOutcome.CLAIM_ENDED: Consequence(Follows.AS_IT_WAS, whole_household=True),
    CallOutcome.TAKEN_BACK: Consequence(Follows.AS_IT_WAS, whole_household=True),
}

BY_TRACER = (
    CallOutcome.COMPLETED,
    CallOutcome.CALLBACK,
    CallOutcome.NO_ANSWER,
    CallOutcome.VOICEMAIL,
    CallOutcome.WRONG_NUMBER,
    CallOutcome.REFUSED,
    CallOutcome.LANGUAGE,
    CallOutcome.NEEDS_DOCTOR,
    CallOutcome.INTERPRETER,
    CallOutcome.HOSPITALISED,
    CallOutcome.OUT_OF_AREA,
    CallOutcome.DECEASED,
)
"""The outcomes that a tracer can choose."""

ATTEMPTS = tuple(outcome for outcome, follows in CONSEQUENCES.items() if follows.is_attempt)
"""A wrong number is an attempt too: the person's other numbers are tried next, then the supervisor's list."""


def in_order_to_ring(numbers: Sequence[str], rung: Mapping[str, int], wrong: Collection[str]) -> list[str]:
    """Return a person's numbers in the order to ring them: least often rung first, wrong ones last."""
    return sorted(numbers, key=lambda number: (number in wrong, rung.get(number, 0)))


def must_say_why(skipped_today: int) -> bool:
    """Return whether a tracer gave back so many calls without a reason today that the next one needs a reason."""
    return skipped_today >= SKIPS_A_DAY
