"""Households: join and split them, and compute their place in the queue.

A number belongs to one household. Households that share a number are joined at once if neither is claimed; otherwise
when the last claim ends, and until then neither can be claimed again. A number with more than eight people behind it
does not make a household. Two records of one person share all numbers of both.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from tracing.kernel import events
from tracing.kernel.db import fresh, session
from tracing.people.models import Household, HouseholdNumber, KeyKind, Person, PersonKey
from tracing.queue import queries, rules
from tracing.queue.households import links
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState
from tracing.queue.ordering.reasons import reasons_of
from tracing.ui.languages import FRENCH


def settle_person(person_id: int, *, at: datetime) -> int:
    """Put a person and their open tasks in the household that has their numbers; return the household."""
    person = session.get_one(Person, person_id)
    numbers = links.numbers_of([person_id]).get(person_id, {})
    crowded = _register(numbers, person, at=at)
    if person.household_id is None:
        person.household_id = _household_of(set(numbers), at=at)
    session.execute(
        update(HouseholdNumber)
        .where(
            HouseholdNumber.number_hash.in_(numbers),
            HouseholdNumber.household_id.is_(None),
            HouseholdNumber.is_institution.is_(False),
        )
        .values(household_id=person.household_id)
    )
    session.execute(
        update(CallTask)
        .where(CallTask.person_id == person_id, CallTask.state == TaskState.OPEN)
        .values(household_id=person.household_id)
    )
    session.flush()
    for household_id in sorted({person.household_id, *crowded}):
        settle(household_id, at=at)
    session.refresh(person)
    refresh(person.household_id, at=at)
    return person.household_id


def _register(numbers: dict[bytes, PersonKey], person: Person, *, at: datetime) -> set[int]:
    """Write the numbers and lock them, in hash order; flag those with too many people behind them.

    Returns the households that a newly flagged number held together.
    """
    if not numbers:
        return set()
    household_id = person.household_id
    if household_id is None:
        household = Household(created_at=at)
        session.add(household)
        session.flush()
        spare = household.id
    else:
        spare = household_id
    arriving = insert(HouseholdNumber).values(
        [
            {
                "number_hash": number,
                "index_key_id": key.index_key_id,
                "household_id": spare,
                "is_institution": False,
                "cohort": person.cohort,
            }
            for number, key in sorted(numbers.items())
        ]
    )
    session.execute(
        arriving.on_conflict_do_update(
            index_elements=[HouseholdNumber.number_hash, HouseholdNumber.index_key_id],
            # a number is kept as long as the newest person behind it
            set_={"cohort": arriving.excluded.cohort},
            where=HouseholdNumber.cohort < arriving.excluded.cohort,
        )
    )
    session.execute(
        select(HouseholdNumber.number_hash)
        .where(HouseholdNumber.number_hash.in_(numbers))
        .order_by(HouseholdNumber.number_hash)
        .with_for_update()
    )
    if household_id is None and not _owns_a_number(spare):
        session.delete(session.get_one(Household, spare))
        session.flush()
    return _flag_switchboards(set(numbers))


def _flag_switchboards(numbers: set[bytes]) -> set[int]:
    crowded = session.scalars(
        select(PersonKey.hash)
        .join(Person, Person.id == PersonKey.person_id)
        .where(PersonKey.kind == KeyKind.PHONE, PersonKey.hash.in_(numbers))
        .group_by(PersonKey.hash)
        # two records of one person are one person behind the number
        .having(func.count(func.coalesce(Person.same_as, Person.id).distinct()) > rules.LARGEST_HOUSEHOLD)
    ).all()
    newly = HouseholdNumber.number_hash.in_(crowded) & HouseholdNumber.is_institution.is_(False)
    households = set(session.scalars(select(HouseholdNumber.household_id).where(newly)))
    session.execute(update(HouseholdNumber).where(newly).values(is_institution=True, household_id=None))
    return {household for household in households if household is not None}


def _owns_a_number(household_id: int) -> bool:
    chosen = select(HouseholdNumber.number_hash).where(HouseholdNumber.household_id == household_id).limit(1)
    return session.scalar(chosen) is not None


def _household_of(numbers: set[bytes], *, at: datetime) -> int:
    """Return the household that has one of these numbers, a claimed one first; else create one."""
    chosen = (
        select(HouseholdNumber.household_id)
        .outerjoin(QueueEntry, QueueEntry.household_id == HouseholdNumber.household_id)
        .where(HouseholdNumber.number_hash.in_(numbers), HouseholdNumber.household_id.is_not(None))
        .order_by((QueueEntry.state == EntryState.CLAIMED).desc().nulls_last(), HouseholdNumber.household_id)
        .limit(1)
    )
    found = session.scalar(chosen)
    if found is not None:
        return found
    behind_switchboard = session.scalar(
        select(HouseholdNumber.number_hash)
        .where(HouseholdNumber.number_hash.in_(numbers), HouseholdNumber.is_institution)
        .limit(1)
    )
    household = Household(created_at=at, is_institution=behind_switchboard is not None)
    session.add(household)
    session.flush()
    return household.id


def settle(household_id: int, *, at: datetime) -> None:
    """Join the households that share a number or a person with this one, and split off people who no longer do."""
    met = {household_id}
    while others := links.linked_to(household_id) - met:
        for other in sorted(others):
            _join(household_id, other, at=at)
        met |= others
    linking = links.linking_numbers(household_id)
    groups = rules.components(links.with_merged(linking))
    if len(groups) > 1:
        _split(household_id, groups, linking, at=at)


def _join(target: int, other: int, *, at: datetime) -> None:
    """Join `other` to `target` if neither is claimed; otherwise mark both to be joined later."""
    kept = queries.find_entry_of(target, lock=True)
    leaving, is_busy = _try_entry(other)
    met = [one for one in (kept, leaving) if one is not None]
    if is_busy or any(one.state is EntryState.CLAIMED for one in met):
        for one in met:
            one.needs_regroup = True
        session.flush()
        return
    number = max((one.claim_number for one in (kept, leaving) if one is not None), default=0) + 1
    if leaving is not None:
        leaving.needs_regroup = False
    session.execute(update(Person).where(Person.household_id == other).values(household_id=target))
    session.execute(update(CallTask).where(CallTask.household_id == other).values(household_id=target))
    session.execute(
        update(HouseholdNumber).where(HouseholdNumber.household_id == other).values(household_id=target)
    )
    refresh(other, at=at)
    refresh(target, at=at)
    joined = queries.find_entry_of(target)
    if joined is not None:
        joined.claim_number = number
    session.flush()
    events.record("household.joined", by=None, at=at, subject=("household", target), other=other)


def _try_entry(household_id: int) -> tuple[QueueEntry | None, bool]:
    """Lock the entry of another household unless another transaction has locked it; also return whether it has.

    Two calls that end at the same moment each lock their own household: neither may wait for the other.
    """
    chosen = select(QueueEntry).where(QueueEntry.household_id == household_id)
    entry = session.scalar(fresh(chosen.with_for_update(skip_locked=True)))
    is_busy = entry is None and session.scalar(chosen.with_only_columns(QueueEntry.id)) is not None
    return entry, is_busy


def settle_waiting(*, at: datetime, limit: int) -> int:
    """Join or split a batch of households for which this had to wait until a call ended; return how many."""
    waiting = session.scalars(
        fresh(
            select(QueueEntry)
            .where(QueueEntry.needs_regroup, QueueEntry.state != EntryState.CLAIMED)
            .order_by(QueueEntry.household_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for entry in waiting:
        entry.needs_regroup = False
        session.flush()
        settle(entry.household_id, at=at)
        refresh(entry.household_id, at=at)
    return sum(not entry.needs_regroup for entry in waiting)


def _split(
    household_id: int, groups: list[set[int]], linking: dict[int, set[bytes]], *, at: datetime
) -> None:
    entry = queries.find_entry_of(household_id, lock=True)
    if entry is not None and entry.state is EntryState.CLAIMED:
        entry.needs_regroup = True
        session.flush()
        return
    for group in groups[1:]:
        apart = Household(created_at=at, is_institution=not any(linking[person] for person in group))
        session.add(apart)
        session.flush()
        session.execute(update(Person).where(Person.id.in_(group)).values(household_id=apart.id))
        session.execute(update(CallTask).where(CallTask.person_id.in_(group)).values(household_id=apart.id))
        numbers = {number for person in group for number in linking[person]}
        session.execute(
            update(HouseholdNumber)
            .where(HouseholdNumber.number_hash.in_(numbers), HouseholdNumber.is_institution.is_(False))
            .values(household_id=apart.id)
        )
        refresh(apart.id, at=at)
    if not any(linking[person] for person in groups[0]):
        session.get_one(Household, household_id).is_institution = True
    session.flush()
    refresh(household_id, at=at)
    events.record("household.split", by=None, at=at, subject=("household", household_id), parts=len(groups))


def refresh(household_id: int, *, at: datetime) -> None:
    """Compute a household's place from its open tasks. A claimed household keeps its claim and moves when it ends."""
    refresh_all([household_id], at=at)


def refresh_all(household_ids: Iterable[int], *, at: datetime) -> None:
    """Compute the places of households from their open tasks, locking the entries in order."""
    wanted = sorted(set(household_ids))
    entries = {entry.household_id: entry for entry in queries.entries_of(wanted, lock=True)}
    reasons: dict[int, list[rules.Reason]] = {household_id: [] for household_id in wanted}
    for one in reasons_of(wanted):
        reasons[one.household_id].append(one.reason)
    for household_id in wanted:
        place = rules.place_of(reasons[household_id], at=at)
        _place(household_id, entries.get(household_id), place, at=at)
    session.flush()


def _place(household_id: int, entry: QueueEntry | None, place: rules.Place | None, *, at: datetime) -> None:
    if entry is not None and entry.state is EntryState.CLAIMED:
        entry.is_stale = True
    if place is None:
        if entry is not None and entry.state is not EntryState.CLAIMED:
            entry.state = EntryState.IDLE
            entry.reserved_for = entry.reserved_until = entry.given_at = entry.passed_by = None
            entry.promised_at = entry.overdue_at = None
        return
    if entry is None:
        entry = QueueEntry(
            household_id=household_id, claim_number=0, state=EntryState.IDLE, needs_regroup=False
        )
        session.add(entry)
    if entry.state is not EntryState.CLAIMED:
        # a call ends at the site where it began
        entry.site_id = place.site_id
    entry.rank_at, entry.due_at, entry.call_by = place.rank_at, place.due_at, place.call_by
    entry.not_before, entry.promised_at = place.not_before, place.promised_at
    entry.time_zone, entry.language = place.time_zone, place.language or FRENCH
    entry.is_follow_up = place.is_follow_up
    if entry.overdue_at is not None and place.due_at > at:
        entry.overdue_at = None
    if entry.state is not EntryState.CLAIMED and not _is_given(entry, at=at):
        entry.state = EntryState.READY if place.not_before <= at else EntryState.SCHEDULED
        entry.closes_at = place.closes_at
        past = place.reserved_until is not None and place.reserved_until <= at
        entry.reserved_for = None if past else place.reserved_for
        entry.reserved_until = None if past else place.reserved_until
        entry.given_at = None


def _is_given(entry: QueueEntry, *, at: datetime) -> bool:
    """Return whether the household is reserved by hand, within its calling hours: changed tasks do not end that."""
    is_kept = entry.reserved_until is not None and entry.reserved_until > at < entry.closes_at
    return entry.state is EntryState.READY and entry.given_at is not None and is_kept
