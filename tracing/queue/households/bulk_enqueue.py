"""Put all people of a lot into the queue at once, one table at a time.

Shared numbers are found for all people together. Difficult cases (a switchboard, two households that turn out to share
a number, another transaction writing the same number) go through `households.settle_person`, one by one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tracing.facts.rules import FactKind
from tracing.kernel.bulk_copy import copy_rows
from tracing.kernel.db import session, take_ids
from tracing.kernel.events import Event
from tracing.kernel.redaction import redacted
from tracing.people import queries as people
from tracing.people.models import Household, HouseholdNumber, KeyKind
from tracing.queue import rules
from tracing.queue.households import priorities
from tracing.queue.households import services as households
from tracing.queue.models import BARRED_AS, CallTask, EntryState, QueueEntry, TaskKind, TaskState
from tracing.queue.ordering.hours import calling_of
from tracing.queue.ordering.reasons import SiteSettingsCache
from tracing.ui.languages import FRENCH


@redacted
class Newcomer(NamedTuple):
    """A person about to be written, with the blind indexes of their telephone numbers."""

    person_id: int
    numbers: tuple[bytes, ...]


class Arrival(NamedTuple):
    """A person to be called, and why."""

    kind: TaskKind
    person_id: int
    has_number: bool
    site_id: int
    case_id: int
    due_at: datetime
    time_zone: str | None = None
    factors: int = 0
    lot_id: int | None = None
    is_known: bool = False
    """The person was known before: something may have been said that binds them."""
    barred_by: FactKind | None = None
    """They were said dead, or asked never to be called."""

    @property
    def is_called(self) -> bool:
        """Whether they go into the queue."""
        return self.has_number and self.barred_by is None


@dataclass
class HouseholdAssignments:
    """The household of each newcomer where it is unambiguous, and which of these households are new."""

    of: dict[int, int] = field(default_factory=dict)
    new: set[int] = field(default_factory=set)


@dataclass(slots=True, repr=False)
class _Group:
    """Newcomers linked by numbers, directly or through others, and those numbers."""

    people: list[int]
    numbers: list[bytes]
    home: int = 0


def assign_households(
    newcomers: Iterable[Newcomer], *, cohort: date, index_key_id: int, at: datetime
) -> HouseholdAssignments:
    """Assign people who are about to be written to the household that has their numbers.

    Locks the known numbers, in order. A person missing from the result has no number, or must be settled one by one
    after being written.
    """
    newcomers = [one for one in newcomers if one.numbers]
    if not newcomers:
        return HouseholdAssignments()
    behind = Counter(number for one in newcomers for number in one.numbers)
    known, crowded = _known_numbers(behind, cohort=cohort)
    groups = [
        group
        for group in _grouped(newcomers)
        if _is_plain({known[number] for number in group.numbers if number in known})
        and not any(number in crowded or behind[number] > rules.LARGEST_HOUSEHOLD for number in group.numbers)
    ]
    for group in groups:
        group.home = next((known[number] or 0 for number in group.numbers if number in known), 0)
    return _settle(groups, known, cohort=cohort, index_key_id=index_key_id, at=at)


def _is_plain(answering: set[int | None]) -> bool:
    """Return whether known numbers lead to at most one household; None means a switchboard."""
    return len(answering) <= 1 and None not in answering


def _known_numbers(behind: Counter[bytes], *, cohort: date) -> tuple[dict[bytes, int | None], set[bytes]]:
    """Return the household of each known number, and the numbers with too many people behind them."""
    rows = session.execute(
        text("""
            SELECT number_hash, household_id FROM household_numbers
            WHERE number_hash = ANY(:numbers) ORDER BY number_hash FOR UPDATE
        """),
        {"numbers": list(behind)},
    ).all()
    known: dict[bytes, int | None] = {bytes(row.number_hash): row.household_id for row in rows}
    if not known:
        return known, set()
    # a number is kept as long as the newest person behind it
    session.execute(
        text(
            "UPDATE household_numbers SET cohort = :cohort WHERE number_hash = ANY(:numbers) AND cohort < :cohort"
        ),
        {"numbers": list(known), "cohort": cohort},
    )
    counted = session.execute(
        text(
            "SELECT hash, count(*) FROM person_keys WHERE hash = ANY(:numbers) AND kind = :phone GROUP BY hash"
        ),
        {"numbers": list(known), "phone": KeyKind.PHONE.value},
    )
    crowded = {bytes(row[0]) for row in counted if row[1] + behind[bytes(row[0])] > rules.LARGEST_HOUSEHOLD}
    return known, crowded


def _grouped(newcomers: Sequence[Newcomer]) -> list[_Group]:
    """Group people who are linked by shared numbers. Each number is visited once, so this is linear."""
    group_of: dict[bytes, _Group] = {}
    groups: dict[int, _Group] = {}
    for one in newcomers:
        met = {id(group_of[number]): group_of[number] for number in one.numbers if number in group_of}
        joined = max(met.values(), key=lambda group: len(group.numbers)) if met else _Group([], [])
        groups[id(joined)] = joined
        for other in met.values():
            if other is not joined:
                joined.people += other.people
                joined.numbers += other.numbers
                group_of.update(dict.fromkeys(other.numbers, joined))
                del groups[id(other)]
        joined.people.append(one.person_id)
        for number in one.numbers:
            if number not in group_of:
                joined.numbers.append(number)
                group_of[number] = joined
    return list(groups.values())


def _settle(
    groups: Sequence[_Group],
    known: Mapping[bytes, int | None],
    *,
    cohort: date,
    index_key_id: int,
    at: datetime,
) -> HouseholdAssignments:
    """Create the new households, and assign each new number to its household."""
    fresh = [group for group in groups if not group.home]
    for group, home in zip(fresh, take_ids("households", len(fresh)), strict=True):
        group.home = home
    new = {group.home for group in fresh}
    copy_rows(Household, ("id", "is_institution", "created_at"), ((home, False, at) for home in sorted(new)))
    wanted = sorted(
        (number, group.home) for group in groups for number in group.numbers if number not in known
    )
    lost = _write_numbers(wanted, cohort=cohort, index_key_id=index_key_id)
    _forget(sorted(lost & new))
    of = {person: group.home for group in groups if group.home not in lost for person in group.people}
    return HouseholdAssignments(of, new - lost)


_NUMBER = ("number_hash", "household_id", "index_key_id", "is_institution", "cohort")


def _write_numbers(wanted: Sequence[tuple[bytes, int]], *, cohort: date, index_key_id: int) -> set[int]:
    """Write new numbers, in order; return the households with a number that another transaction wrote first."""
    if not wanted:
        return set()
    try:
        with session.begin_nested():
            rows = [(number, home, index_key_id, False, cohort) for number, home in wanted]
            copy_rows(HouseholdNumber, _NUMBER, rows)
    except IntegrityError:
        # a tracer added a contact with one of these numbers a moment ago
        return _write_numbers_left(wanted, cohort=cohort, index_key_id=index_key_id)
    return set()


def _write_numbers_left(wanted: Sequence[tuple[bytes, int]], *, cohort: date, index_key_id: int) -> set[int]:
    """Write the numbers that no other transaction wrote; return the households of the others."""
    kept = session.scalars(
        text("""
            INSERT INTO household_numbers (number_hash, household_id, index_key_id, is_institution, cohort)
            SELECT number, home, :key, false, :cohort FROM unnest(:numbers, CAST(:homes AS bigint[])) AS n(number, home)
            ON CONFLICT DO NOTHING RETURNING number_hash
        """),
        {
            "numbers": [number for number, _home in wanted],
            "homes": [home for _number, home in wanted],
            "key": index_key_id,
            "cohort": cohort,
        },
    ).all()
    written = {bytes(number) for number in kept}
    return {home for number, home in wanted if number not in written}


def _forget(homes: Sequence[int]) -> None:
    """Delete households that were just created and are not needed."""
    if homes:
        session.execute(
            text("DELETE FROM household_numbers WHERE household_id = ANY(:homes)"), {"homes": homes}
        )
        session.execute(text("DELETE FROM households WHERE id = ANY(:homes)"), {"homes": homes})


def enqueue_all(arrivals: Sequence[Arrival], homes: HouseholdAssignments, *, at: datetime) -> None:
    """Create the tasks to call many people; those without a usable number go to a separate list.

    The people must be in the database already, newcomers with the household that `assign_households` assigned.
    """
    if not arrivals:
        return
    known = [one.person_id for one in arrivals if one.is_known]
    barred, misdialled = people.barred_by(known), people.only_wrong_numbers(known)
    if barred or misdialled:
        arrivals = [
            one._replace(
                barred_by=barred.get(one.person_id),
                has_number=one.has_number and one.person_id not in misdialled,
            )
            for one in arrivals
        ]
    home_of = homes.of | _homes_of_the_known(
        [one.person_id for one in arrivals if one.is_called and one.person_id not in homes.of]
    )
    _write_tasks(arrivals, home_of, at=at)
    called = [one for one in arrivals if one.is_called]
    _write_entries([one for one in called if home_of.get(one.person_id) in homes.new], home_of, at=at)
    session.expire_all()
    met = {home for one in called if (home := home_of.get(one.person_id)) and home not in homes.new}
    households.refresh_all(met, at=at)
    for person_id in dict.fromkeys(one.person_id for one in called if one.person_id not in home_of):
        households.settle_person(person_id, at=at)


def _homes_of_the_known(person_ids: Sequence[int]) -> dict[int, int]:
    """Return the households of people who have one."""
    if not person_ids:
        return {}
    rows = session.execute(
        text("SELECT id, household_id FROM people WHERE id = ANY(:people) AND household_id IS NOT NULL"),
        {"people": list(person_ids)},
    )
    return {row.id: row.household_id for row in rows}


_TASK = (
    *("id", "household_id", "person_id", "site_id", "kind", "case_id", "state", "created_at"),
    *("due_at", "not_before", "attempts", "closed_at", "factors", "lot_id"),
)


def _write_tasks(arrivals: Sequence[Arrival], home_of: Mapping[int, int], *, at: datetime) -> None:
    ids = take_ids("call_tasks", len(arrivals))
    rows = (
        (
            *(task_id, home_of.get(one.person_id), one.person_id, one.site_id, one.kind.value, one.case_id),
            *(_state_of(one), at, one.due_at, at, 0, None if one.is_called else at, one.factors, one.lot_id),
        )
        for task_id, one in zip(ids, arrivals, strict=True)
    )
    copy_rows(CallTask, _TASK, rows)
    copy_rows(
        Event,
        ("at", "kind", "site_id", "subject_type", "subject_id", "detail"),
        (
            (at, "task.opened", one.site_id, "task", task_id, {"why": one.kind.value})
            for task_id, one in zip(ids, arrivals, strict=True)
        ),
    )
    priorities.request_rescan(sorted({one.site_id for one in arrivals}), min(ids), max(ids), at=at)


def _state_of(one: Arrival) -> str:
    if one.barred_by is not None:
        return BARRED_AS[one.barred_by].value
    return (TaskState.OPEN if one.has_number else TaskState.NO_NUMBER).value


_ENTRY = (
    *("household_id", "site_id", "state", "rank_at", "due_at", "not_before", "closes_at", "call_by"),
    *("time_zone", "language", "claim_number", "regroup"),
)


def _write_entries(arrivals: Iterable[Arrival], home_of: Mapping[int, int], *, at: datetime) -> None:
    """Create the entry of every new household, placed by its most urgent reason."""
    grouped: dict[int, list[Arrival]] = defaultdict(list)
    for one in arrivals:
        grouped[home_of[one.person_id]].append(one)
    place_of = _placer(at)
    copy_rows(QueueEntry, _ENTRY, ((home, *place_of(theirs), 0, False) for home, theirs in grouped.items()))


def _placer(at: datetime) -> Callable[[list[Arrival]], tuple[Any, ...]]:
    """Return a function that computes the place of a household; it caches, as most arrivals of a lot are alike."""
    ground, known = SiteSettingsCache(), dict[tuple[Any, ...], tuple[Any, ...]]()

    def reason_of(one: Arrival) -> rules.Reason:
        site, weights = ground.of(one.site_id)
        calling = calling_of(site, one.time_zone)
        factors = rules.Factor(one.factors)
        return rules.Reason(
            one.site_id, one.due_at, at, calling, factors=factors, weights=weights, time_zone=one.time_zone
        )

    def place_of(theirs: list[Arrival]) -> tuple[Any, ...]:
        alike = tuple((one.site_id, one.due_at, one.time_zone, one.factors) for one in theirs)
        if alike not in known:
            known[alike] = _columns(rules.place_of([reason_of(one) for one in theirs], at=at), at)
        return known[alike]

    return place_of


def _columns(place: rules.Place | None, at: datetime) -> tuple[Any, ...]:
    if place is None:
        raise ValueError("somebody who arrives has a reason")
    state = EntryState.READY if place.not_before <= at else EntryState.SCHEDULED
    return (
        *(place.site_id, state.value, place.rank_at, place.due_at, place.not_before, place.closes_at),
        *(place.call_by, place.time_zone, place.language or FRENCH),
    )
