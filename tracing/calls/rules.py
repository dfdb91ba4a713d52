"""What follows from the way a call ends (`OUTCOMES`), and which script leads it. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tracing.queue.models import TaskKind
from tracing.scripts.vocabulary import ScriptKind


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
    IDENTITY_FAILED = "identity_failed"
    """Somebody answered whose identity is not that of the file; nothing of health was said."""
    NO_CALLS = "no_calls"
    """The person asked never to be called again."""
    ADVISED = "advised"
    """An adviser or a referent rang about a question and has answered it."""
    GIVEN_BACK = "given_back"
    CLAIM_ENDED = "claim_ended"
    TAKEN_BACK = "taken_back"


SCRIPT_OF = {
    TaskKind.CASE_FIRST: ScriptKind.P0,
    TaskKind.CONTACT_FIRST: ScriptKind.CONTACT,
    TaskKind.CASE_FOLLOW_UP: ScriptKind.CASE_FOLLOW_UP,
    TaskKind.CONTACT_FOLLOW_UP: ScriptKind.CONTACT_FOLLOW_UP,
}
"""The script that leads each kind of call. `queue` and `scripts` do not know each other."""


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
OUTCOME_UNDO_LASTS = timedelta(minutes=2)
"""How long who noted an outcome can take it back; what it sends to anybody leaves after that."""
LONGEST_HANDOVER = 140
"""Characters of a note for the next caller: one sentence that is read before ringing."""
SKIPS_A_DAY = 3
"""This many calls a day may be given back without a reason; after that a reason is required."""


@dataclass(frozen=True, repr=False)
class StoredAnswer:
    """An answer as it is stored."""

    value: Any
    """None: it was taken back."""
    call_id: int
    """The call in which it was said last."""
    saved_at: datetime


class FollowUp(StrEnum):
    """What happens to a task after a conversation."""

    DONE = "done"
    PROMISE = "promise"
    TRY_AGAIN = "try_again"
    """Another attempt at another time, or the supervisor's list once the attempts are used up."""
    NEXT_NUMBER = "next_number"
    """The person's next number is rung at once; without one, the supervisor's list of those who have none."""
    DOCTOR = "doctor"
    LANGUAGE = "language"
    INTERPRETER = "interpreter"
    IDENTITY = "identity"
    """The supervisor compares both identities."""
    HAND_ON = "hand_on"
    """The supervisor informs another service, which takes over."""
    STOP = "stop"
    """Nothing more is sent to the person; the supervisor decides."""
    BAR = "bar"
    """The person is never called again, for whatever reason, and nothing is sent to them."""
    AS_IT_WAS = "as_it_was"


class Asks(StrEnum):
    """What a tracer says together with an outcome: a part of the form that ends the call (desk.forms)."""

    NOTHING = "nothing"
    CALLBACK = "callback"
    """The day and the time of the callback."""
    QUESTION = "question"
    """The question to the adviser, and its reason."""
    LANGUAGE = "language"
    INTERPRETER = "interpreter"
    """The language of the interpreter."""
    CERTAINTY = "certainty"
    """A box to tick: the one outcome that is asked once more."""
    IDENTITY = "identity"
    """What the person said of who they are, if it is worth comparing."""


@dataclass(frozen=True)
class OutcomeRule:
    """What an outcome means: for the task, for the household, for the form."""

    follows: FollowUp
    by_tracer: bool = True
    """A tracer chooses it when they end a conversation; the others are set by the platform."""
    asks: Asks = Asks.NOTHING
    is_attempt: bool = False
    """Counts as an attempt (three in all)."""
    whole_household: bool = False
    """The outcome is about the number, not one person: it applies to the whole household."""


OUTCOMES: dict[CallOutcome, OutcomeRule] = {
    CallOutcome.COMPLETED: OutcomeRule(FollowUp.DONE),
    CallOutcome.CALLBACK: OutcomeRule(FollowUp.PROMISE, asks=Asks.CALLBACK),
    CallOutcome.NO_ANSWER: OutcomeRule(FollowUp.TRY_AGAIN, is_attempt=True, whole_household=True),
    CallOutcome.VOICEMAIL: OutcomeRule(FollowUp.TRY_AGAIN, is_attempt=True, whole_household=True),
    CallOutcome.WRONG_NUMBER: OutcomeRule(FollowUp.NEXT_NUMBER),
    CallOutcome.IDENTITY_FAILED: OutcomeRule(FollowUp.IDENTITY, asks=Asks.IDENTITY),
    CallOutcome.REFUSED: OutcomeRule(FollowUp.DONE),
    CallOutcome.LANGUAGE: OutcomeRule(FollowUp.LANGUAGE, asks=Asks.LANGUAGE),
    CallOutcome.NEEDS_DOCTOR: OutcomeRule(FollowUp.DOCTOR, asks=Asks.QUESTION),
    CallOutcome.INTERPRETER: OutcomeRule(FollowUp.INTERPRETER, asks=Asks.INTERPRETER),
    CallOutcome.HOSPITALISED: OutcomeRule(FollowUp.HAND_ON),
    CallOutcome.OUT_OF_AREA: OutcomeRule(FollowUp.HAND_ON),
    CallOutcome.DECEASED: OutcomeRule(FollowUp.STOP, asks=Asks.CERTAINTY),
    CallOutcome.NO_CALLS: OutcomeRule(FollowUp.BAR),
    CallOutcome.ADVISED: OutcomeRule(FollowUp.AS_IT_WAS, by_tracer=False, whole_household=True),
    CallOutcome.GIVEN_BACK: OutcomeRule(FollowUp.AS_IT_WAS, by_tracer=False, whole_household=True),
    CallOutcome.CLAIM_ENDED: OutcomeRule(FollowUp.AS_IT_WAS, by_tracer=False, whole_household=True),
    CallOutcome.TAKEN_BACK: OutcomeRule(FollowUp.AS_IT_WAS, by_tracer=False, whole_household=True),
}
"""Everything that is decided about an outcome.

A new one also needs its words (calls.words), its icon (desk.words), its place on the page that ends a call
(desk/end.html) and a migration of the two CHECK constraints: tests/desk/ending/test_outcomes.py fails for each of these
that is missing.
"""

BY_TRACER = tuple(outcome for outcome, rule in OUTCOMES.items() if rule.by_tracer)
"""The outcomes that a tracer can choose."""

ATTEMPTS = tuple(outcome for outcome, rule in OUTCOMES.items() if rule.is_attempt)
"""A wrong number is none: the person was not tried, and their next number is rung at once."""

IN_VAIN = (*ATTEMPTS, CallOutcome.WRONG_NUMBER)
"""The outcomes of calls that did not reach the person."""

REACHED_SOMEBODY = frozenset(BY_TRACER) - frozenset(IN_VAIN)
"""Somebody of the household answered: the number is that of the household."""


def in_order_to_ring(numbers: Sequence[str], rung: Mapping[str, int], wrong: Collection[str]) -> list[str]:
    """Return a person's numbers in the order to ring them: least often rung first, never a wrong one."""
    return sorted((one for one in numbers if one not in wrong), key=lambda number: rung.get(number, 0))


SAID_IDENTITY = "identity_said"
"""The answer under which what somebody said of who they are is kept, for the supervisor to compare."""

SAID_BIRTH_DATE = "birth_date_said"
"""The answer under which the birth date of whoever rang is kept, until they have confirmed who they are."""


def can_take_back(noted_at: datetime, *, at: datetime) -> bool:
    """Return whether an outcome was noted so lately that its tracer can take it back."""
    return at - noted_at < OUTCOME_UNDO_LASTS


def must_say_why(skipped_today: int) -> bool:
    """Return whether a tracer gave back so many calls without a reason today that the next one needs a reason."""
    return skipped_today >= SKIPS_A_DAY
