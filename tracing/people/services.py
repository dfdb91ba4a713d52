"""Create people, replace their identities, and maintain the keys by which they are found."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from tracing.kernel.bulk_copy import copy_rows
from tracing.kernel.db import session, take_id
from tracing.people import rules
from tracing.people.models import KeyKind, Person, PersonKey
from tracing.people.rules import Identity
from tracing.people.zones import zone_of
from tracing.vault import services as vault

Follow = Callable[[Mapping[int, Identity]], None]
"""Called with the new identities of people, by id, in the transaction that replaced them."""

_follow: list[Follow] = []


def follow_identities(follow: Follow) -> None:
    """Register what depends on identities in a feature above this one; it sends a fixed number of statements."""
    if follow not in _follow:
        _follow.append(follow)


POSTCODE = "postcode"
"""Kind of blind index by which a place is found; it identifies no person, so it is not one of their keys."""


def register(identity: Identity, *, cohort: date, is_invented: bool = False, at: datetime) -> Person:
    """Create a person, sealed under the day they were collected, with the keys by which they are found."""
    person_id = take_id("people")
    person = Person(
        id=person_id,
        cohort=cohort,
        sealed=vault.seal("people", person_id, cohort, identity.to_dict()),
        is_invented=is_invented,
        time_zone=zone_of(identity),
        postcode_hash=place_hash(identity.french_postcode, is_invented=is_invented),
        created_at=at,
    )
    session.add(person)
    session.flush()
    _index([(person, identity)], [cohort])
    return person


def revise(person: Person, identity: Identity, *, cohort: date | None = None) -> None:
    """Replace a person's identity; a newer record's day replaces theirs (a correction is no collection)."""
    _replace([(person, identity)], cohort=cohort or person.cohort)
    session.refresh(person)


def revise_all(revisions: Sequence[tuple[Any, Identity]], *, cohort: date) -> None:
    """Replace many identities, as `revise` does: people or rows of `queries.locked`, with their new identities."""
    if revisions:
        _replace(revisions, cohort=cohort)
        session.expire_all()


def _replace(revisions: Sequence[tuple[Any, Identity]], *, cohort: date) -> None:
    """Write identities and keys with plain SQL, bypassing the session."""
    session.flush()
    ids = [person.id for person, _identity in revisions]
    cohorts = [max(person.cohort, cohort) for person, _identity in revisions]
    sealed = [
        vault.seal("people", person.id, newest, identity.to_dict())
        for (person, identity), newest in zip(revisions, cohorts, strict=True)
    ]
    session.execute(
        text("""
            UPDATE people SET cohort = newer.cohort, sealed = newer.sealed, time_zone = newer.time_zone,
                              postcode_hash = newer.postcode_hash
            FROM unnest(CAST(:ids AS bigint[]), CAST(:cohorts AS date[]), CAST(:sealed AS bytea[]),
                        CAST(:zones AS text[]), CAST(:postcodes AS bytea[]))
                 AS newer(id, cohort, sealed, time_zone, postcode_hash)
            WHERE people.id = newer.id
        """),
        {
            "ids": ids,
            "cohorts": cohorts,
            "sealed": sealed,
            "zones": [zone_of(who) for _row, who in revisions],
            "postcodes": [
                place_hash(who.french_postcode, is_invented=row.is_invented) for row, who in revisions
            ],
        },
    )
    session.execute(text("DELETE FROM person_keys WHERE person_id = ANY(:ids)"), {"ids": ids})
    _index(revisions, cohorts)
    for follow in _follow:
        follow({person.id: identity for person, identity in revisions})


def _index(people: Sequence[tuple[Any, Identity]], cohorts: Sequence[date]) -> None:
    """Insert the search keys of people who have none, each with its day."""
    rows = dict.fromkeys(
        (person.id, kind.value, vault.blind(kind.value, value), vault.index_key_id(), cohort)
        for (person, identity), cohort in zip(people, cohorts, strict=True)
        for kind, value in index_values(identity, is_invented=person.is_invented)
    )
    copy_rows(PersonKey, ("person_id", "kind", "hash", "index_key_id", "cohort"), rows)
    newest: dict[bytes, date] = {}
    for _person_id, kind, number, _key_id, cohort in rows:
        if kind == KeyKind.PHONE:
            newest[number] = max(cohort, newest.get(number, cohort))
    if newest:
        _keep_numbers(newest)


def _keep_numbers(newest: dict[bytes, date]) -> None:
    """Extend each number's life to its newest person's day; locks in order of the numbers, to avoid deadlocks."""
    session.execute(
        text("""
            WITH older AS (
                SELECT number_hash, index_key_id, newer.cohort
                FROM household_numbers
                JOIN unnest(CAST(:numbers AS bytea[]), CAST(:cohorts AS date[])) AS newer(hash, cohort)
                  ON newer.hash = number_hash AND newer.cohort > household_numbers.cohort
                WHERE number_hash = ANY(:numbers)
                ORDER BY number_hash FOR UPDATE OF household_numbers
            )
            UPDATE household_numbers SET cohort = older.cohort FROM older
            WHERE household_numbers.number_hash = older.number_hash
              AND household_numbers.index_key_id = older.index_key_id
        """),
        {"numbers": list(newest), "cohorts": list(newest.values())},
    )


def place_hash(postcode: str, *, is_invented: bool) -> bytes | None:
    """Return the keyed hash of a place, shared by all who live there; real and fictional people have different ones."""
    key = rules.place_key(postcode)
    return vault.blind(POSTCODE, rules.realm_key(key, is_invented=is_invented)) if key else None


def index_values(
    identity: Identity, *, is_invented: bool, given: tuple[str, ...] | None = None
) -> list[tuple[KeyKind, str]]:
    """Return the search values of a person, with their kinds; those of fictional people are kept apart.

    `given` are their `given_birth_keys`, if the caller already has them.
    """
    values = _values(identity, given)
    if is_invented:
        return [(kind, rules.realm_key(value, is_invented=True)) for kind, value in values]
    return values


def _values(identity: Identity, given: tuple[str, ...] | None) -> list[tuple[KeyKind, str]]:
    values = [(KeyKind.PHONE, phone) for phone in rules.phone_keys(identity)]
    if identity.birth_date:
        values += _by_name(identity, given or rules.given_birth_keys(identity))
    # whoever gives a name or birth date as it was before a correction finds the person too
    for former in rules.as_ever(identity) if identity.sent or identity.stood else ():
        if former.birth_date:
            values += _by_name(former, rules.given_birth_keys(former))
    if nir := rules.nir_key(identity):
        values.append((KeyKind.NIR, nir))
    if email := rules.email_key(identity):
        values.append((KeyKind.EMAIL, email))
    return values


def _by_name(identity: Identity, given: tuple[str, ...]) -> list[tuple[KeyKind, str]]:
    found = [(KeyKind.GIVEN_BIRTH, key) for key in given]
    return [*found, (KeyKind.NAME_BIRTH, rules.name_birth_key(identity, given[0]))]
