"""Read people: always by id or by an exact key, never by browsing."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select, text

from tracing.facts import queries as facts
from tracing.facts.rules import FactKind
from tracing.kernel.db import equals_any, session
from tracing.people.merging import Kept, joint
from tracing.people.models import KeyKind, Person, PersonKey
from tracing.people.rules import Identity, realm_key
from tracing.vault import services as vault


def get_person(person_id: int) -> Person:
    """Return a person that is known to exist."""
    return session.get_one(Person, person_id)


def records_of_same_person(person_id: int) -> tuple[int, ...]:
    """Return the ids of all records of the same person, the leading one first; only this one if none were merged."""
    return tuple(row.id for row in _records([person_id])) or (person_id,)


def leading_records(person_ids: Iterable[int]) -> dict[int, int]:
    """Return the leading record of each person; itself unless it was merged into another."""
    rows = session.execute(
        select(Person.id, func.coalesce(Person.same_as, Person.id)).where(Person.id.in_(set(person_ids)))
    )
    return {row[0]: row[1] for row in rows}


BARRING = frozenset({FactKind.DEATH, FactKind.NO_CALLS})
"""What binds a person through every door: nobody rings them, and nothing is sent to them."""


def barred(person_ids: Iterable[int]) -> frozenset[int]:
    """Return those of these people who were said dead or asked never to be called, under any of their records."""
    wanted = sorted(set(person_ids))
    if not wanted:
        return frozenset()
    rows = session.execute(
        text("""
            SELECT asked.id AS asked, record.id AS record
            FROM people AS asked JOIN people AS record ON record.id = coalesce(asked.same_as, asked.id)
            WHERE asked.id = ANY(:asked)
            UNION
            SELECT asked.id, record.id
            FROM people AS asked JOIN people AS record ON record.same_as = coalesce(asked.same_as, asked.id)
            WHERE asked.id = ANY(:asked)
        """),
        {"asked": wanted},
    ).all()
    said = facts.people_with(BARRING, {row.record for row in rows})
    return frozenset(row.asked for row in rows if row.record in said)


def records_shown(person_ids: Iterable[int]) -> list[str]:
    """Return the records that the access log must name when the joint identities of these people are shown."""
    return [f"person:{row.id}" for row in _records(person_ids)]


def time_zones_of(person_ids: Iterable[int]) -> dict[int, str]:
    """Return the time zone of each of these people, of whom it is known."""
    wanted = set(person_ids)
    if not wanted:
        return {}
    rows = session.execute(
        select(Person.id, Person.time_zone).where(
            equals_any(Person.id, wanted), Person.time_zone.is_not(None)
        )
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}


def has_number(person_id: int) -> bool:
    """Return whether a person has a telephone number in any of their records."""
    number = select(PersonKey.person_id).where(
        PersonKey.person_id.in_(records_of_same_person(person_id)), PersonKey.kind == KeyKind.PHONE
    )
    return session.scalar(number.limit(1)) is not None


def find_joint_identity(person_id: int) -> Identity | None:
    """Return the joint identity of all records of a person, or None once every one was destroyed."""
    return joint_identities([person_id]).get(person_id)


def joint_identities(person_ids: Iterable[int]) -> dict[int, Identity]:
    """Return the joint identity of each person, to be shown; destroyed ones are absent."""
    wanted = set(person_ids)
    kept: dict[int, list[Kept]] = {}
    lead_of: dict[int, int] = {}
    for row in _records(wanted):
        lead_of[row.id] = row.lead
        opened = vault.find_unsealed("people", row.id, row.cohort, row.sealed)
        if opened is not None:
            record = Kept(Identity.from_dict(opened), row.cohort, leads=row.id == row.lead)
            kept.setdefault(row.lead, []).append(record)
    together = {lead: joint(records) for lead, records in kept.items()}
    return {
        person_id: together[lead]
        for person_id, lead in lead_of.items()
        if person_id in wanted and lead in together
    }


_RECORDS = text("""
    SELECT record.id, coalesce(asked.same_as, asked.id) AS lead, record.cohort, record.sealed
    FROM people AS asked JOIN people AS record ON record.id = coalesce(asked.same_as, asked.id)
    WHERE asked.id = ANY(:asked)
    UNION ALL
    SELECT record.id, coalesce(asked.same_as, asked.id), record.cohort, record.sealed
    FROM people AS asked JOIN people AS record ON record.same_as = coalesce(asked.same_as, asked.id)
    WHERE asked.id = ANY(:asked)
""")
"""Two joins, each with its index: a single condition with OR would read the whole table."""


def _records(person_ids: Iterable[int]) -> Sequence[Any]:
    """Return all records of these people as id, lead, cohort, sealed; each leading one before those merged into it."""
    session.flush()
    rows = session.execute(_RECORDS, {"asked": sorted(set(person_ids))}).all()
    return sorted(
        {row.id: row for row in rows}.values(), key=lambda row: (row.lead, row.id != row.lead, row.id)
    )


def find_identity(person_id: int) -> Identity | None:
    """Return the identity in one record, or None once it was destroyed; to be updated, not shown."""
    return identities([person_id]).get(person_id)


def identities(person_ids: Iterable[int]) -> dict[int, Identity]:
    """Return the identities in single records, without those merged with them; destroyed ones are absent."""
    found: dict[int, Identity] = {}
    rows = session.execute(
        select(Person.id, Person.cohort, Person.sealed).where(Person.id.in_(set(person_ids)))
    )
    for row in rows:
        opened = vault.find_unsealed("people", row.id, row.cohort, row.sealed)
        if opened is not None:
            found[row.id] = Identity.from_dict(opened)
    return found


def locked(person_ids: Sequence[int]) -> list[tuple[Any, Identity]]:
    """Lock people in the order of their ids; returns id, cohort and is_invented of each, with their identity.

    People whose identity was destroyed are absent.
    """
    rows = session.execute(
        select(Person.id, Person.cohort, Person.is_invented, Person.sealed)
        .where(equals_any(Person.id, person_ids))
        .order_by(Person.id)
        .with_for_update()
    )
    found = []
    for row in rows:
        opened = vault.find_unsealed("people", row.id, row.cohort, row.sealed)
        if opened is not None:
            found.append((row, Identity.from_dict(opened)))
    return found


def find_by_key(kind: KeyKind, value: str, *, is_invented: bool = False, limit: int = 20) -> Sequence[Person]:
    """Return the people who have exactly this key."""
    return session.scalars(
        select(Person)
        .join(PersonKey, PersonKey.person_id == Person.id)
        .where(
            PersonKey.kind == kind,
            PersonKey.hash == vault.blind(kind.value, realm_key(value, is_invented=is_invented)),
        )
        .order_by(Person.id)
        .limit(limit)
    ).all()


def number_hashes(person_id: int, numbers: Iterable[str]) -> dict[str, bytes]:
    """Return the blind index of each of a person's numbers, as stored in the tables of numbers."""
    is_invented = get_person(person_id).is_invented
    wanted = list(numbers)
    keys = [realm_key(number, is_invented=is_invented) for number in wanted]
    return dict(zip(wanted, vault.blind_all(KeyKind.PHONE.value, keys), strict=True))
