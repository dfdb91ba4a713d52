"""Rules of the queue: how long a claim lasts, who is called next and when, whom a call is reserved for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntFlag, StrEnum
from functools import cache
from typing import NamedTuple

from tracing.programmes.rules import Calling, is_open, last_open_before, next_open, open_until
from tracing.programmes.schema import Weights

CLAIM_LASTS = timedelta(minutes=5)
LONGEST_SILENCE = timedelta(minutes=30)
"""A claim ends this long after the last input, whatever the heartbeat says."""
ASK_AFTER = LONGEST_SILENCE - CLAIM_LASTS
"""From then on renewals are cut short, and the page asks whether the tracer is still there."""
OWNER_FIRST = timedelta(minutes=10)
"""A promised callback is ready this long before its time, for the member who promised it."""
GIFT_LASTS = timedelta(minutes=30)
"""A call given to a colleague is reserved for them this long, then anyone can claim it."""
PROMISE_TOLERANCE = timedelta(minutes=10)
"""A callback counts as kept when the call begins at most this long after its time."""
PRIORITY_LASTS = timedelta(days=7)
"""The longest time a lot or a postcode stays first: a forgotten priority delays all other calls."""
LOCKS_LAST = timedelta(milliseconds=9)
"""Target lock time of one batch of expired claims; a wait this short goes unnoticed."""
LARGEST_HOUSEHOLD = 8
"""More people behind one number are an institution's residents, not a household."""


class CallAgain(StrEnum):
    """Why a person who was told already is called again."""

    DATES = "dates"
    """The last day of their isolation or quarantine is another one."""
    DAYS_ADDED = "days_added"
    """The contagious days grew: who was met on the days added has not been asked."""
    TESTS = "tests"
    """A test is asked of them on another day, or another test."""
    NOT_CONCERNED = "not_concerned"
    """Nothing is asked of them any more."""
    TO_COMPLETE = "to_complete"
    """They were to ring to complete the list of their contacts, and have not rung."""
    WITHDRAWN = "withdrawn"
    """The result was withdrawn: they were told of a case that was none."""


class Factor(IntFlag):
    """The known circumstances that advance a call; each has its weight in the programme."""

    AGED = 1
    """65 years or older."""
    FRAGILE = 2
    """Reports fragile health."""
    PLACE = 4
    """Lives in a nursing home, a prison or other collective housing."""
    SYMPTOMS = 8
    PRIORITY = 16
    """Belongs to a lot or a postcode that a supervisor put first."""


NO_FACTORS = Factor(0)
AGED_FROM = 65
NO_WEIGHTS = Weights(aged=0, fragile=0, place=0, symptoms=0, priority=0, promise=0)


class Batches(NamedTuple):
    """How many claims are ended in one transaction: the minimum, the first batch, the maximum."""

    fewest: int
    first: int
    most: int


AS_THEY_STAND = Batches(25, 100, 1000)
WITH_CARE = Batches(4, 8, 100)
"""For households whose place is computed again: four take 15 ms, each further one takes 1 ms (measured)."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person of a household must be called: one open task."""

    site_id: int
    due_at: datetime
    not_before: datetime
    calling: Calling
    promised_at: datetime | None = None
    promised_by: int | None = None
    was_rung_early: bool = False
    """Its owner has rung before the promised time, in vain."""
    factors: Factor = NO_FACTORS
    weights: Weights = NO_WEIGHTS
    time_zone: str | None = None
    language: str | None = None
    is_follow_up: bool = False
    """A call after the first one: first calls that are due within the weight's time after it come before it."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a household in the queue."""

    site_id: int
    due_at: datetime
    rank_at: datetime
    not_before: datetime
    closes_at: datetime
    call_by: datetime | None
    promised_at: datetime | None
    reserved_for: int | None
    reserved_until: datetime | None
    time_zone: str | None = None
    language: str | None = None
    is_follow_up: bool = False
    """There is no reason but follow-up calls."""


def place_of(reasons: Sequence[Reason], *, at: datetime) -> Place | None:
    """Return the place that the most urgent reason gives a household; None when no one there needs a call.

    A promised callback is due at the promised time. It is ready for the member who promised it ten minutes before,
    and for everyone at that time; where they rang in vain before, for them at that time, and for everyone ten minutes
    after. No one is called outside the calling hours of the most urgent person.
    """
    if not reasons:
        return None
    first = min(reasons, key=lambda reason: (ready_at(reason), reason.due_at))
    urgent = min(reasons, key=due_of)
    is_kept = first.promised_at is not None and first.promised_by is not None
    opening = opening_of(urgent.calling, ready_at(first), at=at)
    call_by = last_moment(urgent)
    return Place(
        site_id=urgent.site_id,
        due_at=due_of(urgent),
        rank_at=min(rank_of(reason, opens_at=opening.opens_at) for reason in reasons),
        not_before=opening.opens_at,
        closes_at=opening.closes_at,
        call_by=call_by,
        promised_at=first.promised_at,
        reserved_for=first.promised_by if is_kept else None,
        reserved_until=ready_at(first) + OWNER_FIRST if is_kept else None,
        time_zone=urgent.time_zone,
        language=next((one.language for one in sorted(reasons, key=due_of) if one.language), None),
        is_follow_up=all(one.is_follow_up for one in reasons),
    )


class Opening(NamedTuple):
    """The period in which a household is ready."""

    opens_at: datetime
    closes_at: datetime


def opening_of(calling: Calling, ready: datetime, *, at: datetime) -> Opening:
    """Return the calling hours for a call that is ready from `ready`: the current ones if open, else the next ones."""
    if ready <= at and is_open(calling, at):
        return Opening(ready, open_until(calling, at))
    opens_at = next_open(calling, max(ready, at))
    return Opening(opens_at, open_until(calling, opens_at))


def last_moment(reason: Reason) -> datetime | None:
    """Return the end of the last calling hours before a reason is due; None when it is due within them."""
    due_at = due_of(reason)
    ends = last_open_before(reason.calling, due_at)
    return ends if ends < due_at else None


def rank_of(reason: Reason, *, opens_at: datetime) -> datetime:
    """Return the time that reasons are ordered by: the due time, advanced by the circumstances that make it urgent.

    If the last calling hours before the due time end earlier, their end replaces it, unless they end before the
    call is possible.
    """
    ends = last_moment(reason)
    due_at = ends if ends is not None and ends > opens_at else due_of(reason)
    # what was promised for later does not advance a call that is made for another reason now
    is_later = ready_at(reason) > opens_at
    ahead = sum(minutes for name, minutes in advances(reason) if not (is_later and name == "promise"))
    behind = reason.weights.follow_up if reason.is_follow_up else 0
    return due_at + timedelta(minutes=behind - ahead)


def advances(reason: Reason) -> list[tuple[str, int]]:
    """Return by how many minutes each circumstance advances a reason, keyed by the names of the weights."""
    weights = reason.weights
    named = [
        ("aged", weights.aged, Factor.AGED in reason.factors),
        ("fragile", weights.fragile, Factor.FRAGILE in reason.factors),
        ("place", weights.place, Factor.PLACE in reason.factors),
        ("symptoms", weights.symptoms, Factor.SYMPTOMS in reason.factors),
        ("priority", weights.priority, Factor.PRIORITY in reason.factors),
        ("promise", weights.promise, reason.promised_at is not None),
    ]
    return [(name, minutes) for name, minutes, holds in named if holds and minutes]


@cache
def factors_of(
    *, age: int | None, fragile: bool = False, place: bool = False, symptoms: bool = False
) -> Factor:
    """Return the known circumstances that advance a person's call."""
    found = NO_FACTORS
    if age is not None and age >= AGED_FROM:
        found |= Factor.AGED
    if fragile:
        found |= Factor.FRAGILE
    if place:
        found |= Factor.PLACE
    if symptoms:
        found |= Factor.SYMPTOMS
    return found


def due_of(reason: Reason) -> datetime:
    """Return when a reason becomes overdue: at the promised time, else at the end of the service time."""
    return reason.promised_at or reason.due_at


def ready_at(reason: Reason) -> datetime:
    """Return the earliest time at which a reason can be claimed: for a promise, first by the member who made it."""
    if reason.promised_at is None:
        return reason.not_before
    is_owners_first = reason.promised_by is not None and not reason.was_rung_early
    return reason.promised_at - (OWNER_FIRST if is_owners_first else timedelta(0))


def renewed_until(*, last_input_at: datetime, at: datetime) -> datetime:
    """Return until when a heartbeat extends a claim. A heartbeat is no input, so it cannot extend it for ever."""
    return min(at + CLAIM_LASTS, last_input_at + LONGEST_SILENCE)


def must_ask(*, last_input_at: datetime, at: datetime) -> bool:
    """Return whether the page must ask if the tracer is still there."""
    return at - last_input_at >= ASK_AFTER


def components(numbers_of: dict[int, set[bytes]]) -> list[set[int]]:
    """Group people who are linked by shared numbers, directly or through others.

    People without a linking number form a group of one. Groups are ordered by their lowest person id.
    """
    groups: list[tuple[set[int], set[bytes]]] = []
    for person, numbers in sorted(numbers_of.items()):
        joined, shared = {person}, set(numbers)
        apart = []
        for people, theirs in groups:
            if shared & theirs:
                joined |= people
                shared |= theirs
            else:
                apart.append((people, theirs))
        groups = [*apart, (joined, shared)]
    return sorted((people for people, _numbers in groups), key=min)


def next_batch(size: int, took: timedelta, batches: Batches) -> int:
    """Return the size of the next batch, from how long a batch of `size` took: at most half as many again.

    One fast batch says little, and the next one may find the machine busy.
    """
    fitting = int(size * (LOCKS_LAST / took)) if took else batches.most
    return max(batches.fewest, min(fitting, size * 3 // 2, batches.most))


def is_promise_over(promised_at: datetime | None, *, at: datetime) -> bool:
    """Return whether the hour of a callback has passed by more than what still counts as kept."""
    return promised_at is not None and promised_at + PROMISE_TOLERANCE < at
