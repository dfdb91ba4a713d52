"""How long a claim lasts, when a household is ready, whom it is kept for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

CLAIM_LASTS = timedelta(minutes=5)
LONGEST_SILENCE = timedelta(minutes=30)
"""A claim ends this long after the last input, whatever the heartbeat says."""
ASK_AFTER = LONGEST_SILENCE - CLAIM_LASTS
"""From then on renewals are cut short: the page asks whether somebody is still there."""
OWNER_FIRST = timedelta(minutes=10)
"""A promised callback is ready for whoever promised it this long before its time."""
GIFT_LASTS = timedelta(minutes=30)
"""A call given to a colleague waits for them this long, then it is for everyone."""
LARGEST_HOUSEHOLD = 8
"""More people behind one number are an institution's residents, not a household (DESIGN: one household, one call)."""


@dataclass(frozen=True)
class Reason:
    """Why somebody of a household must be called: one open task."""

    site_id: int
    due_at: datetime
    not_before: datetime
    promised_at: datetime | None = None
    promised_by: int | None = None


@dataclass(frozen=True)
class Place:
    """Where a household stands in the queue."""

    site_id: int
    due_at: datetime
    not_before: datetime
    promised_at: datetime | None
    reserved_for: int | None
    reserved_until: datetime | None


def place_of(reasons: Sequence[Reason]) -> Place | None:
    """Return the place that the most urgent reason gives a household; None when nobody needs a call.

    A promise is due at its time, ready for its owner ten minutes before, and for everyone at its time.
    """
    if not reasons:
        return None
    first = min(reasons, key=lambda reason: (ready_at(reason), reason.due_at))
    urgent = min(reasons, key=due_of)
    is_kept = first.promised_at is not None and first.promised_by is not None
    return Place(
        site_id=urgent.site_id,
        due_at=due_of(urgent),
        not_before=ready_at(first),
        promised_at=first.promised_at,
        reserved_for=first.promised_by if is_kept else None,
        reserved_until=first.promised_at if is_kept else None,
    )


def due_of(reason: Reason) -> datetime:
    """Return when a reason is overdue: a promise at its time, else the service time."""
    return reason.promised_at or reason.due_at


def ready_at(reason: Reason) -> datetime:
    """Return when a reason can first be claimed by anybody."""
    if reason.promised_at is None:
        return reason.not_before
    return reason.promised_at - (OWNER_FIRST if reason.promised_by is not None else timedelta(0))


def renewed_until(*, last_input_at: datetime, at: datetime) -> datetime:
    """Return until when a heartbeat keeps a claim; it is no input, so it cannot keep it for ever."""
    return min(at + CLAIM_LASTS, last_input_at + LONGEST_SILENCE)


def must_ask(*, last_input_at: datetime, at: datetime) -> bool:
    """Return whether the page must ask if somebody is still there."""
    return at - last_input_at >= ASK_AFTER


def components(numbers_of: dict[int, set[bytes]]) -> list[set[int]]:
    """Group people who are linked by shared numbers, directly or through others.

    People without a number that links them stand alone. Groups come in the order of their lowest person.
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
