"""What links people into one household: a shared number, or two records of one person."""

from sqlalchemy import or_, select

from tracing.kernel.db import session
from tracing.people import queries as people_queries
from tracing.people.models import HouseholdNumber, KeyKind, Person, PersonKey


def numbers_of(person_ids: list[int]) -> dict[int, dict[bytes, PersonKey]]:
    """Return the telephone numbers of people, keyed by hash."""
    found: dict[int, dict[bytes, PersonKey]] = {}
    for key in session.scalars(
        select(PersonKey).where(PersonKey.person_id.in_(person_ids), PersonKey.kind == KeyKind.PHONE)
    ):
        found.setdefault(key.person_id, {})[key.hash] = key
    return found


def linking_numbers(household_id: int) -> dict[int, set[bytes]]:
    """Return the numbers of each person of a household, without those of institutions, which link no one."""
    people = list(session.scalars(select(Person.id).where(Person.household_id == household_id)))
    known = numbers_of(people)
    numbers = {number for keys in known.values() for number in keys}
    institutions = set(
        session.scalars(
            select(HouseholdNumber.number_hash).where(
                HouseholdNumber.number_hash.in_(numbers), HouseholdNumber.is_institution
            )
        )
    )
    return {person: set(known.get(person, {})) - institutions for person in people}


def with_merged(linking: dict[int, set[bytes]]) -> dict[int, set[bytes]]:
    """Return the same numbers, plus one artificial number shared by all records of one person."""
    leads = people_queries.leading_records(linking)
    return {person: numbers | {b"record of %d" % leads[person]} for person, numbers in linking.items()}


def linked_to(household_id: int) -> set[int]:
    """Return the households that share a number or a person with this one; either household may own the number."""
    linked = linking_numbers(household_id)
    numbers = {number for linking in linked.values() for number in linking}
    owners = session.scalars(
        select(HouseholdNumber.household_id).where(HouseholdNumber.number_hash.in_(numbers))
    )
    met = {owner for owner in owners if owner is not None} | _sharing_numbers_of(household_id)
    return met | _of_merged(list(linked))


def _of_merged(person_ids: list[int]) -> set[int]:
    """Return the households of the other records of these people."""
    leads = set(people_queries.leading_records(person_ids).values())
    chosen = select(Person.household_id).where(or_(Person.id.in_(leads), Person.same_as.in_(leads)))
    return {household for household in session.scalars(chosen) if household is not None}


def _sharing_numbers_of(household_id: int) -> set[int]:
    """Return the households of people who have a number that this household owns."""
    owned = select(HouseholdNumber.number_hash).where(HouseholdNumber.household_id == household_id)
    numbers = session.scalars(owned).all()  # its own query: the planner misjudges joins of tables just filled
    chosen = (
        select(Person.household_id)
        .join(PersonKey, PersonKey.person_id == Person.id)
        .where(PersonKey.kind == KeyKind.PHONE, PersonKey.hash.in_(numbers), Person.household_id.is_not(None))
        .distinct()
    )
    return {household for household in session.scalars(chosen) if household is not None}
