"""Read people: always by id or by an exact key, never by browsing."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, column, func, select, text

from tracing.facts import queries as facts
from tracing.facts.rules import FactKind, SubjectType, in_force
from tracing.facts.rules import wrong_numbers as wrong_of
from tracing.kernel.db import equals_any, session
from tracing.people.merging import Kept, joint
from tracing.people.models import KeyKind, Person, PersonKey
from tracing.people.rules import Identity, may_be_one, realm_key
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
    return frozenset(barred_by(person_ids))


def barred_by(person_ids: Iterable[int]) -> dict[int, FactKind]:
    """Return what binds each of these people through every door, a death first; the others are absent."""
    records = all_records(person_ids)
    said = facts.facts_by_subject(
        SubjectType.PERSON, {one for theirs in records.values() for one in theirs}, kinds=BARRING
    )
    if not said:
        return {}
    stands = {
        record: {kind for kind, one in in_force(theirs).items() if one.value is True}
        for record, theirs in said.items()
    }
    found = {}
    for asked, theirs in records.items():
        kinds = {kind for record in theirs for kind in stands.get(record, ())}
        if kinds:
            found[asked] = FactKind.DEATH if FactKind.DEATH in kinds else FactKind.NO_CALLS
    return found


def wrong_numbers(person_id: int) -> frozenset[bytes]:
    """Return the blind indexes of the numbers that do not reach a person, whichever of their records had them."""
    return wrong_of(facts.facts_within(_RECORD_IDS.bindparams(asked=[person_id]), FactKind.WRONG_NUMBER))


def usable_numbers(person_id: int, numbers: Sequence[str]) -> list[str]:
    """Return those of a person's numbers that were not said wrong."""
    wrong = wrong_numbers(person_id) if numbers else frozenset[bytes]()
    if not wrong:
        return list(numbers)
    return [number for number, key in number_hashes(person_id, numbers).items() if key not in wrong]


def only_wrong_numbers(person_ids: Iterable[int]) -> frozenset[int]:
    """Return those of these people of whom every number was said wrong."""
    records = all_records(person_ids)
    said = facts.facts_by_subject(
        SubjectType.PERSON,
        {one for theirs in records.values() for one in theirs},
        kinds={FactKind.WRONG_NUMBER},
    )
    concerned = {asked: theirs for asked, theirs in records.items() if not theirs.isdisjoint(said)}
    if not concerned:
        return frozenset()
    numbers = _numbers_of({one for theirs in concerned.values() for one in theirs})
    found = set()
    for asked, theirs in concerned.items():
        known = {number for one in theirs for number in numbers.get(one, ())}
        wrong = wrong_of(one for record in theirs for one in said.get(record, ()))
        if known and known <= wrong:
            found.add(asked)
    return frozenset(found)


def _numbers_of(record_ids: Collection[int]) -> dict[int, set[bytes]]:
    found: dict[int, set[bytes]] = {}
    chosen = select(PersonKey.person_id, PersonKey.hash).where(
        equals_any(PersonKey.person_id, sorted(record_ids)), PersonKey.kind == KeyKind.PHONE
    )
    for row in session.execute(chosen):
        found.setdefault(row.person_id, set()).add(row.hash)
    return found


def said_dead_in(household_id: int) -> bool:
    """Return whether somebody of a household was said dead."""
    said = facts.facts_within(_RECORDS_OF_HOUSEHOLD.bindparams(household=household_id), FactKind.DEATH)
    if not said:
        return False
    people_there = session.scalars(select(Person.id).where(Person.household_id == household_id)).all()
    return FactKind.DEATH in barred_by(people_there).values()


_RECORD_IDS = text("""
    SELECT record.id
    FROM people AS asked JOIN people AS record ON record.id = coalesce(asked.same_as, asked.id)
    WHERE asked.id = ANY(:asked)
    UNION
    SELECT record.id
    FROM people AS asked JOIN people AS record ON record.same_as = coalesce(asked.same_as, asked.id)
    WHERE asked.id = ANY(:asked)
    UNION
    SELECT id FROM people WHERE id = ANY(:asked)
""").columns(column("id", BigInteger))
_RECORDS_OF_HOUSEHOLD = text("""
    SELECT asked.id FROM people AS asked WHERE asked.household_id = :household
    UNION
    SELECT asked.same_as FROM people AS asked WHERE asked.household_id = :household AND asked.same_as IS NOT NULL
    UNION
    SELECT record.id
    FROM people AS asked JOIN people AS record ON record.same_as = coalesce(asked.same_as, asked.id)
    WHERE asked.household_id = :household
""").columns(column("id", BigInteger))


def all_records(person_ids: Iterable[int]) -> dict[int, set[int]]:
    """Return the ids of all records of each of these people."""
    wanted = sorted(set(person_ids))
    if not wanted:
        return {}
    session.flush()
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
    )
    found: dict[int, set[int]] = {}
    for row in rows:
        found.setdefault(row.asked, set()).add(row.record)
    return found


def records_shown(person_ids: Iterable[int]) -> list[str]:
    """Return the records that the access log must name when the joint identities of these people are shown."""
    wanted = set(person_ids)
    return [f"person:{row.id}" for row in _records(wanted)] if wanted else []


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
    """Return whether a person has a telephone number in any of their records that was not said wrong."""
    session.flush()
    known = _numbers_of(records_of_same_person(person_id))
    numbers = {number for theirs in known.values() for number in theirs}
    return bool(numbers and numbers - wrong_numbers(person_id))


def find_joint_identity(person_id: int) -> Identity | None:
    """Return the joint identity of all records of a person, or None once every one was destroyed."""
    return joint_identities([person_id]).get(person_id)


def joint_identities(person_ids: Iterable[int]) -> dict[int, Identity]:
    """Return the joint identity of each person, to be shown; destroyed ones are absent."""
    return identities_and_records(person_ids)[0]


def identities_and_records(person_ids: Iterable[int]) -> tuple[dict[int, Identity], list[str]]:
    """Return the joint identities of people, and the records that the access log must name when they are shown."""
    wanted = set(person_ids)
    if not wanted:
        return {}, []
    kept: dict[int, list[Kept]] = {}
    lead_of: dict[int, int] = {}
    rows = _records(wanted)
    for row in rows:
        lead_of[row.id] = row.lead
        opened = vault.find_unsealed("people", row.id, row.cohort, row.sealed)
        if opened is not None:
            record = Kept(Identity.from_dict(opened), row.cohort, leads=row.id == row.lead)
            kept.setdefault(row.lead, []).append(record)
    together = {lead: joint(records) for lead, records in kept.items()}
    found = {
        person_id: together[lead]
        for person_id, lead in lead_of.items()
        if person_id in wanted and lead in together
    }
    return found, [f"person:{row.id}" for row in rows]


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


def barred_alike(identity: Identity, *, is_invented: bool) -> list[int]:
    """Return the records that may be this person, by given name and number, who died or asked never to be called."""
    behind = [
        person
        for number in identity.phones
        for person in find_by_key(KeyKind.PHONE, number, is_invented=is_invented)
    ]
    known = barred(person.id for person in behind)
    found = identities(person.id for person in behind if person.id in known)
    return [one for one, theirs in sorted(found.items()) if may_be_one(identity, theirs)]


def number_hashes(person_id: int, numbers: Iterable[str]) -> dict[str, bytes]:
    """Return the blind index of each of a person's numbers, as stored in the tables of numbers."""
    is_invented = get_person(person_id).is_invented
    wanted = list(numbers)
    keys = [realm_key(number, is_invented=is_invented) for number in wanted]
    return dict(zip(wanted, vault.blind_all(KeyKind.PHONE.value, keys), strict=True))
