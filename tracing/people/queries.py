"""Reading people: always by id or by an exact key, never by browsing."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from tracing.kernel.db import session
from tracing.people.models import KeyKind, Person, PersonKey
from tracing.people.rules import Identity, realm_key
from tracing.vault import services as vault


def get_person(person_id: int) -> Person:
    """Return a person that is known to exist."""
    return session.get_one(Person, person_id)


def find_identity(person_id: int) -> Identity | None:
    """Return who somebody is, or None once their identity was destroyed."""
    return identities([person_id]).get(person_id)


def identities(person_ids: Iterable[int]) -> dict[int, Identity]:
    """Return the identities that can still be read; destroyed ones are absent."""
    found: dict[int, Identity] = {}
    rows = session.execute(
        select(Person.id, Person.cohort, Person.sealed).where(Person.id.in_(set(person_ids)))
    )
    for row in rows:
        opened = vault.find_unsealed("people", row.id, row.cohort, row.sealed)
        if opened is not None:
            found[row.id] = Identity.from_dict(opened)
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
