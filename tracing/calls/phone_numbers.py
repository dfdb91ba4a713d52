"""A person's telephone numbers in the order to ring them: for a tracer the least rung first, never a wrong one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.errors import NoSuchCall
from tracing.calls.models import Call
from tracing.calls.rules import CallOutcome, in_order_to_ring
from tracing.people import queries as people
from tracing.queue.models import CallTask
from tracing.staff.agent import Agent


@dataclass(frozen=True, repr=False)
class Number:
    """A number, and what earlier calls tell about it."""

    e164: str
    hash: bytes
    rung: int
    """In how many earlier calls it was rung."""
    is_wrong: bool
    """Someone else answered, or the number is no longer in use."""
    is_now: bool
    """Whether it is the number of this call."""


def numbers_of(call: Call, task: CallTask, known: Sequence[str]) -> list[Number]:
    """Return the numbers of one person of a call, the one to ring now first; wrong ones last, to be read only."""
    hashes = people.number_hashes(task.person_id, known)
    rows = call_queries.numbers_rung(call.household_id)
    earlier = Counter(row.number_hash for row in rows if row.call_id != call.id)
    said_wrong = people.wrong_numbers(task.person_id)
    wrong = [number for number, key in hashes.items() if key in said_wrong]
    # a doctor rings a person who was reached before, so earlier calls are no reason to try another number
    rung = Counter[bytes]() if call.escalation_id is not None else earlier
    chosen = next((row.number_hash for row in rows if row.call_id == call.id), None)
    ordered = in_order_to_ring(
        known,
        {number: rung[key] for number, key in hashes.items()},
        wrong,
    )
    ordered.sort(key=lambda number: hashes[number] != chosen)
    to_ring = ordered[0] if ordered else None
    return [
        Number(number, hashes[number], earlier[hashes[number]], number in wrong, number == to_ring)
        for number in (*ordered, *wrong)
    ]


def ring(call: Call, task: CallTask, place: int, *, by: Agent, at: datetime) -> None:
    """Choose another number of a person, by its position on the page. Call `calls.services.lock_for_write` first.

    Raises:
        NoSuchCall: there is no such number, or it was said wrong.
    """
    numbers = _numbers(call, task)
    if not 0 <= place < len(numbers) or numbers[place].is_wrong:
        raise NoSuchCall
    calls.note_number(call, numbers[place].hash, by=by, at=at)


def note_rung(call: Call, task: CallTask, outcome: CallOutcome, *, by: Agent, at: datetime) -> bytes | None:
    """Store which number the call reached, and return it; none without one, or once the identity is destroyed."""
    number = next((one.hash for one in _numbers(call, task) if one.is_now), None)
    if number is not None:
        is_wrong = outcome is CallOutcome.WRONG_NUMBER
        calls.note_number(call, number, is_wrong=is_wrong, by=by, at=at)
    return number


def _numbers(call: Call, task: CallTask) -> list[Number]:
    identity = people.find_joint_identity(task.person_id)
    return numbers_of(call, task, identity.phones) if identity else []
