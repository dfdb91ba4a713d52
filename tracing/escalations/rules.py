"""Rules of escalations: who is asked, how urgent a question is, what follows from the answer. Pure."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from tracing.facts.ruling_rules import Ruling, RulingKind
from tracing.scripts.vocabulary import EscalationReason
from tracing.toolbox.rules import Topic


class Audience(StrEnum):
    """Those who are asked; the values are those of the roles."""

    ADVISER = "medical_adviser"
    REFERENT = "referent"


class Reason(StrEnum):
    """Why a question is asked."""

    RED_FLAGS = "red_flags"
    RESULT_NOT_ANNOUNCED = "result_not_announced"
    MEDICAL_QUESTION = "medical_question"
    VULNERABLE = "vulnerable"
    SICK_LEAVE = "sick_leave"
    RISK_DISPUTED = "risk_disputed"
    PROCEDURE = "procedure"
    DIFFICULT_CALL = "difficult_call"
    COLLECTIVITY = "collectivity"
    """The person lives in, or went to, a place that must be reported to the health agency."""


class Decision(StrEnum):
    """What follows from an answer."""

    GO_ON = "go_on"
    """The tracer continues with the answer."""
    CALL_BACK = "call_back"
    """Whether or not it is settled with the person: a tracer calls them again at once."""
    CALL_LATER = "call_later"
    """A tracer calls them again on a later day: whoever is free, or the one who is named."""
    CLOSED = "closed"
    """The adviser settled it with the person: no further call."""


AT_ONCE, WITHIN_THE_HOUR, TODAY = 1, 2, 3

URGENCY: dict[Reason, int] = {
    Reason.RED_FLAGS: AT_ONCE,
    Reason.RESULT_NOT_ANNOUNCED: AT_ONCE,
    Reason.MEDICAL_QUESTION: WITHIN_THE_HOUR,
    Reason.VULNERABLE: WITHIN_THE_HOUR,
    Reason.DIFFICULT_CALL: WITHIN_THE_HOUR,
    Reason.SICK_LEAVE: TODAY,
    Reason.RISK_DISPUTED: TODAY,
    Reason.PROCEDURE: TODAY,
    Reason.COLLECTIVITY: TODAY,
}
"""A danger to life, or a person on the line who waits for a result, comes first."""

ANSWER_WITHIN: dict[int, timedelta] = {
    AT_ONCE: timedelta(minutes=10),
    WITHIN_THE_HOUR: timedelta(hours=1),
    TODAY: timedelta(hours=4),
}
"""After this time the question is shown as late."""

CALL_AGAIN_WITHIN: dict[int, timedelta] = {
    AT_ONCE: timedelta(minutes=15),
    WITHIN_THE_HOUR: timedelta(hours=1),
    TODAY: timedelta(hours=4),
}
"""By when the person must be called again, counted from the answer."""

AUDIENCE: dict[Reason, Audience] = {
    Reason.RED_FLAGS: Audience.ADVISER,
    Reason.RESULT_NOT_ANNOUNCED: Audience.ADVISER,
    Reason.MEDICAL_QUESTION: Audience.ADVISER,
    Reason.VULNERABLE: Audience.ADVISER,
    Reason.SICK_LEAVE: Audience.ADVISER,
    Reason.RISK_DISPUTED: Audience.ADVISER,
    Reason.PROCEDURE: Audience.REFERENT,
    Reason.DIFFICULT_CALL: Audience.REFERENT,
    Reason.COLLECTIVITY: Audience.REFERENT,
}
"""Who is asked for a reason. A medical question never goes to a referent."""

TOPIC: dict[Reason, Topic] = {
    Reason.RED_FLAGS: Topic.EMERGENCY,
    Reason.RESULT_NOT_ANNOUNCED: Topic.RESULT,
    Reason.MEDICAL_QUESTION: Topic.HEALTH,
    Reason.VULNERABLE: Topic.HEALTH,
    Reason.SICK_LEAVE: Topic.SICK_LEAVE,
    Reason.RISK_DISPUTED: Topic.CONTACTS,
    Reason.PROCEDURE: Topic.PROCEDURE,
    Reason.DIFFICULT_CALL: Topic.DIFFICULT_CALL,
    Reason.COLLECTIVITY: Topic.PLACES,
}
"""Under which topic of the toolbox a good answer is kept."""

BY_SCRIPT: dict[EscalationReason, Reason] = {
    EscalationReason.RESULT_NOT_ANNOUNCED: Reason.RESULT_NOT_ANNOUNCED,
    EscalationReason.RED_FLAGS: Reason.RED_FLAGS,
    EscalationReason.COLLECTIVITY: Reason.COLLECTIVITY,
    EscalationReason.DISPUTED_CONTACT: Reason.RISK_DISPUTED,
}
"""The reasons that a step of a script may name."""

TAKEN_NEXT_LASTS = timedelta(minutes=20)
"""For so long a question is shown as the next one of an adviser who is on a call; anybody may take it meanwhile."""

NO_RULE = "no_rule"
"""The call screen uses this code if no rule is in force: a medical question with prepared words."""

FURTHEST_DAY = timedelta(days=60)
"""A doctor's decision or a later call is about no day that is further away than this."""

MEASURE_ENDED_WITHIN = timedelta(days=14)
"""A doctor ends no isolation or quarantine longer ago than this: such a day is a typing error."""

LONGEST_QUESTION = 500
LONGEST_ANSWER = 1000

TAKEN_TOO_LONG = timedelta(minutes=30)
"""The member who took a question may have gone home: after this time a colleague may put it back."""


def reason_of(code: Reason | EscalationReason | str) -> Reason:
    """Return the reason of a code: one of ours, or one that a script names."""
    if code in {script.value for script in EscalationReason}:
        return BY_SCRIPT[EscalationReason(code)]
    return Reason(code)


def is_reason(code: str) -> bool:
    """Return whether a code is one of ours or one that a script names."""
    return code in {reason.value for reason in Reason} | {script.value for script in EscalationReason}


def says_enough(reason: Reason) -> bool:
    """Return whether a reason is clear without further words: those that a script raises are."""
    return reason in BY_SCRIPT.values()


def may_ask(audience: Audience, reason: Reason) -> bool:
    """Return whether an audience may be asked for this reason: an adviser any, a referent nothing medical."""
    return audience is Audience.ADVISER or AUDIENCE[reason] is audience


def more_urgent(known: Reason, further: Reason) -> Reason:
    """Return the more urgent of two reasons, for a question that combines both."""
    return further if URGENCY[further] < URGENCY[known] else known


def place_in_list(
    urgency: int, *, is_on_line: bool, fits_reader: bool, raised_at: datetime
) -> tuple[int, bool, int, bool, datetime]:
    """Return what sorts the list of those who answer: the smaller comes first.

    What is urgent at once comes first. Then come those who are on the line, whatever they ask: a person and a tracer
    both wait. Among equals, what the reader knows best, then the oldest.
    """
    first = AT_ONCE if urgency == AT_ONCE else WITHIN_THE_HOUR if is_on_line else urgency + 1
    return first, not is_on_line, urgency, not fits_reader, raised_at


def is_next_of(wanted_at: datetime | None, *, at: datetime) -> bool:
    """Return whether somebody still means to take a question after their call."""
    return wanted_at is not None and at - wanted_at < TAKEN_NEXT_LASTS


def is_near(day: date | None, *, today: date) -> bool:
    """Return whether a day is near enough to be meant: a typing error is usually years away."""
    return day is not None and abs(day - today) <= FURTHEST_DAY


def fits(ruling: Ruling, *, is_contact: bool, today: date) -> bool:
    """Return whether a decision can be meant: it is about this kind of person, and its days are in order and near."""
    match ruling.kind:
        case RulingKind.AT_RISK | RulingKind.NEGLIGIBLE | RulingKind.RISK_BY_RULE:
            return is_contact
        case RulingKind.UNTIL:
            return is_near(ruling.last_day, today=today)
        case RulingKind.NOTE_DAYS:
            first, last = ruling.first_day, ruling.last_day
            near = is_near(first, today=today) and is_near(last, today=today)
            return near and first is not None and last is not None and first <= last
    return True


def first_last_day(since: date | None, *, today: date) -> date:
    """Return the earliest day on which a doctor may end a measure: not before the sampling or the meeting `since`."""
    earliest = today - MEASURE_ENDED_WITHIN
    return earliest if since is None else max(since, earliest)


def answer_by(reason: Reason, raised_at: datetime) -> datetime:
    """Return when an unanswered question becomes late."""
    return raised_at + ANSWER_WITHIN[URGENCY[reason]]


def call_again_by(reason: Reason, at: datetime) -> datetime:
    """Return by when the person must be called again after an answer given at `at`."""
    return at + CALL_AGAIN_WITHIN[URGENCY[reason]]


def may_be_put_back_by_others(taken_at: datetime, *, at: datetime) -> bool:
    """Return whether a question has been held for so long that a colleague may put it back."""
    return at - taken_at >= TAKEN_TOO_LONG
