"""A whole lot of people put in the queue at once.

Nearly everybody in a lot is alone behind a number that nobody has: those are written table by table. Whoever
shares a number, or is known already, takes the careful way of `households.settle_person`.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from tracing.kernel.db import session, take_ids
from tracing.kernel.events import Event
from tracing.people.models import Household, HouseholdNumber, KeyKind, Person, PersonKey
from tracing.queue import households
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskKind, TaskState


@dataclass(frozen=True)
class Arrival:
    """Somebody to be called, and why."""

    kind: TaskKind
    person_id: int
    has_number: bool
    site_id: int
    case_id: int
    due_at: datetime


def enqueue_all(arrivals: Sequence[Arrival], *, at: datetime) -> None:
    """Ask that many people be called; those without a usable number go to a list of their own."""
    if not arrivals:
        return
    homes = _homes_of_their_own([one.person_id for one in arrivals if one.has_number], at=at)
    _write_tasks(arrivals, homes, at=at)
    _write_entries([one for one in arrivals if one.person_id in homes], homes, at=at)
    session.expire_all()
    for one in arrivals:
        if one.has_number and one.person_id not in homes:
            households.settle_person(one.person_id, at=at)


def _homes_of_their_own(person_ids: Sequence[int], *, at: datetime) -> dict[int, int]:
    """Give a household to everybody whose numbers nobody else has; returns household by person."""
    numbers: dict[int, list[Any]] = defaultdict(list)
    rows = session.execute(
        select(PersonKey.person_id, PersonKey.hash, PersonKey.index_key_id, Person.cohort)
        .join(Person, Person.id == PersonKey.person_id)
        .where(
            PersonKey.person_id.in_(person_ids),
            PersonKey.kind == KeyKind.PHONE,
            Person.household_id.is_(None),
        )
    )
    for row in rows:
        numbers[row.person_id].append(row)
    owners = Counter(row.hash for theirs in numbers.values() for row in theirs)
    taken = set(
        session.scalars(select(HouseholdNumber.number_hash).where(HouseholdNumber.number_hash.in_(owners)))
    )
    times_wanted = Counter(person_ids)
    alone = [
        person_id
        for person_id, theirs in numbers.items()
        if times_wanted[person_id] == 1
        and all(owners[row.hash] == 1 and row.hash not in taken for row in theirs)
    ]
    return _build(alone, numbers, at=at)


def _build(alone: Sequence[int], numbers: dict[int, list[Any]], *, at: datetime) -> dict[int, int]:
    if not alone:
        return {}
    homes = dict(zip(alone, take_ids("households", len(alone)), strict=True))
    session.execute(
        insert(Household),
        [{"id": home, "is_institution": False, "created_at": at} for home in homes.values()],
    )
    rows = [
        {
            "number_hash": row.hash,
            "index_key_id": row.index_key_id,
            "household_id": homes[person_id],
            "is_institution": False,
            "cohort": row.cohort,
        }
        for person_id in alone
        for row in numbers[person_id]
    ]
    rows.sort(key=lambda row: bytes(row["number_hash"]))
    kept = session.scalars(
        upsert(HouseholdNumber).values(rows).on_conflict_do_nothing().returning(HouseholdNumber.number_hash)
    ).all()
    # a tracer may have added a contact with one of these numbers a moment ago
    lost = {row["household_id"] for row in rows} - {
        row["household_id"] for row in rows if row["number_hash"] in set(kept)
    }
    homes = {person_id: home for person_id, home in homes.items() if home not in lost}
    session.execute(
        text(
            "UPDATE people SET household_id = home.id FROM unnest(:people, :homes) AS home(person, id) WHERE people.id = home.person"
        ),
        {"people": list(homes), "homes": list(homes.values())},
    )
    return homes


def _write_tasks(arrivals: Sequence[Arrival], homes: dict[int, int], *, at: datetime) -> None:
    ids = take_ids("call_tasks", len(arrivals))
    session.execute(
        insert(CallTask),
        [
            {
                "id": task_id,
                "household_id": homes.get(one.person_id),
                "person_id": one.person_id,
                "site_id": one.site_id,
                "kind": one.kind,
                "case_id": one.case_id,
                "state": TaskState.OPEN if one.has_number else TaskState.NO_NUMBER,
                "created_at": at,
                "due_at": one.due_at,
                "not_before": at,
                "attempts": 0,
                "closed_at": None if one.has_number else at,
            }
            for task_id, one in zip(ids, arrivals, strict=True)
        ],
    )
    session.execute(
        insert(Event),
        [
            {
                "at": at,
                "kind": "task.opened",
                "site_id": one.site_id,
                "subject_type": "task",
                "subject_id": task_id,
                "detail": {"why": one.kind.value},
            }
            for task_id, one in zip(ids, arrivals, strict=True)
        ],
    )


def _write_entries(arrivals: Sequence[Arrival], homes: dict[int, int], *, at: datetime) -> None:
    if not arrivals:
        return
    session.execute(
        insert(QueueEntry),
        [
            {
                "household_id": homes[one.person_id],
                "site_id": one.site_id,
                "state": EntryState.READY,
                "rank_at": one.due_at,
                "due_at": one.due_at,
                "not_before": at,
                "claim_number": 0,
                "regroup": False,
            }
            for one in arrivals
        ],
    )
