"""Making people known, and correcting who they are."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert

from tracing.kernel.copying import copy_rows
from tracing.kernel.db import session, take_id
from tracing.people import rules
from tracing.people.models import HouseholdNumber, KeyKind, Person, PersonKey
from tracing.people.rules import Identity
from tracing.people.zones import zone_of
from tracing.vault import services as vault


def register(identity: Identity, *, cohort: date, is_invented: bool = False, at: datetime) -> Person:
    """Make a person known, sealed under the day they were collected, with the keys by which they are found."""
    person_id = take_id("people")
    person = Person(
        id=person_id,
        cohort=cohort,
        sealed=vault.seal("people", person_id, cohort, identity.to_dict()),
        is_invented=is_invented,
        time_zone=zone_of(identity),
        created_at=at,
    )
    session.add(person)
    session.flush()
    _index(person, identity)
    return person


def revise(person: Person, identity: Identity, *, cohort: date | None = None) -> None:
    """Replace who a person is; a newer record's day replaces the person's (a correction is no collection)."""
    person.cohort = max(person.cohort, cohort or person.cohort)
    person.sealed = vault.seal("people", person.id, person.cohort, identity.to_dict())
    person.time_zone = zone_of(identity)
    session.flush()
    session.execute(delete(PersonKey).where(PersonKey.person_id == person.id))
    _index(person, identity)


def revise_all(revisions: Sequence[tuple[Any, Identity]], *, cohort: date) -> None:
    """Replace who many people are, as `revise` does: rows of `queries.locked`, and who they are now."""
    if not revisions:
        return
    ids = [person.id for person, _identity in revisions]
    cohorts = [max(person.cohort, cohort) for person, _identity in revisions]
    sealed = [
        vault.seal("people", person.id, newest, identity.to_dict())
        for (person, identity), newest in zip(revisions, cohorts, strict=True)
    ]
    session.execute(
        text("""
            UPDATE people SET cohort = newer.cohort, sealed = newer.sealed, time_zone = newer.time_zone
            FROM unnest(CAST(:ids AS bigint[]), CAST(:cohorts AS date[]), CAST(:sealed AS bytea[]),
                        CAST(:zones AS text[])) AS newer(id, cohort, sealed, time_zone)
            WHERE people.id = newer.id
        """),
        {
            "ids": ids,
            "cohorts": cohorts,
            "sealed": sealed,
            "zones": [zone_of(who) for _row, who in revisions],
        },
    )
    session.execute(text("DELETE FROM person_keys WHERE person_id = ANY(:ids)"), {"ids": ids})
    rows = dict.fromkeys(
        (person.id, kind.value, vault.blind(kind.value, value), vault.index_key_id(), newest)
        for (person, identity), newest in zip(revisions, cohorts, strict=True)
        for kind, value in index_values(identity, is_invented=person.is_invented)
    )
    copy_rows(PersonKey, ("person_id", "kind", "hash", "index_key_id", "cohort"), rows)
    _keep_all_numbers({row[2] for row in rows if row[1] == KeyKind.PHONE}, cohort)
    session.expire_all()


def _keep_all_numbers(numbers: set[bytes], cohort: date) -> None:
    """Let numbers live as long as the newest person behind them; locked in their order."""
    session.execute(
        text("""
            WITH older AS (
                SELECT number_hash, index_key_id FROM household_numbers
                WHERE number_hash = ANY(:numbers) AND cohort < :cohort
                ORDER BY number_hash FOR UPDATE
            )
            UPDATE household_numbers SET cohort = :cohort FROM older
            WHERE household_numbers.number_hash = older.number_hash
              AND household_numbers.index_key_id = older.index_key_id
        """),
        {"numbers": sorted(numbers), "cohort": cohort},
    )


def _index(person: Person, identity: Identity) -> None:
    rows: list[dict[str, Any]] = [
        {
            "person_id": person.id,
            "kind": kind,
            "hash": vault.blind(kind.value, value),
            "index_key_id": vault.index_key_id(),
            "cohort": person.cohort,
        }
        for kind, value in index_values(identity, is_invented=person.is_invented)
    ]
    if rows:
        session.execute(insert(PersonKey).values(rows).on_conflict_do_nothing())
    _keep_numbers(sorted(row["hash"] for row in rows if row["kind"] is KeyKind.PHONE), person.cohort)


def _keep_numbers(hashes: list[bytes], cohort: date) -> None:
    """Let a number live as long as the newest person behind it; in their order, so that nobody waits in a circle."""
    for number in hashes:
        session.execute(
            update(HouseholdNumber)
            .where(HouseholdNumber.number_hash == number, HouseholdNumber.cohort < cohort)
            .values(cohort=cohort)
        )


def index_values(
    identity: Identity, *, is_invented: bool, given: str | None = None
) -> Iterator[tuple[KeyKind, str]]:
    """Return what a person is indexed by, as kinds and values; those of invented people stand apart.

    `given` is their `given_birth_key` where it is at hand.
    """
    for kind, value in _values(identity, given):
        yield kind, rules.realm_key(value, is_invented=is_invented) if is_invented else value


def _values(identity: Identity, given: str | None) -> Iterator[tuple[KeyKind, str]]:
    if identity.birth_date:
        given = given or rules.given_birth_key(identity)
        yield KeyKind.GIVEN_BIRTH, given
        yield KeyKind.NAME_BIRTH, rules.name_birth_key(identity, given)
    if nir := rules.nir_key(identity):
        yield KeyKind.NIR, nir
    if email := rules.email_key(identity):
        yield KeyKind.EMAIL, email
    for phone in rules.phone_keys(identity):
        yield KeyKind.PHONE, phone
