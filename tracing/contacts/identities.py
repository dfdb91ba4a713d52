"""The person behind a contact: recognised by full identity, or newly registered; and refusal of duplicates."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select

from tracing.contacts import queries
from tracing.contacts.errors import AlreadyNamed, IsTheCase, MayBeTheCase
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.rules import Described, already_named
from tracing.kernel.db import session
from tracing.people import queries as people_queries
from tracing.people import services as people
from tracing.people.models import KeyKind, Person
from tracing.people.rules import (
    NAMES_AND_BIRTH,
    Identity,
    completed,
    given_birth_key,
    may_be_one,
    same_person,
    with_corrections_of,
)
from tracing.vault import services as vault


def person_of(described: Described, *, is_invented: bool, cohort: date, at: datetime) -> Person:
    """Return the described person: the one known by name and birth date, with details added, or a new one.

    Without a birth date nobody is recognised, but who must not be called: given name and number are enough for them.

    `is_invented` says among whom to search: practice never finds a real person.
    """
    known = _find_known(described, is_invented=is_invented) or _find_barred(
        described, is_invented=is_invented
    )
    if known is None:
        return people.register(described.identity, cohort=cohort, is_invented=is_invented, at=at)
    return _complete(*known, described, cohort=cohort)


def correct(contact: Contact, described: Described, *, may_move: bool, cohort: date, at: datetime) -> Person:
    """Correct the identity of a contact, and return their person.

    A record that others rely on (a case, another case's contact) gets details added but is never overwritten: if the
    correction makes the contact another person, the contact moves to that person's record. A person who is on the
    telephone now keeps their record.
    """
    person = people_queries.get_person(contact.person_id)
    identity = people_queries.find_identity(person.id)
    known = _find_known(described, is_invented=person.is_invented) or _find_barred(
        described, is_invented=person.is_invented
    )
    # two records of one person count as the same: a correction does not move a contact between them
    moves = known is not None and known[0].id not in people_queries.records_of_same_person(person.id)
    shared = queries.is_shared(person.id, but=contact.id)
    if may_move and moves and known is not None:
        return _complete(*known, described, cohort=cohort)
    if not shared:
        newer = described.corrects(identity or described.identity)
        # what somebody who knows better has corrected is not the case's to change
        people.revise(person, newer if identity is None else with_corrections_of(identity, newer))
        return person
    if identity is not None and (not may_move or known is not None):
        return _complete(person, identity, described, cohort=cohort)
    return people.register(described.identity, cohort=cohort, is_invented=person.is_invented, at=at)


def refuse_twice(described: Described, *, case_person: int, others: Iterable[Contact]) -> None:
    """Refuse a contact who is the case, or whose number and given name are already in the list.

    Raises:
        IsTheCase: it is the person who is being called.
        MayBeTheCase: it may be, by given name and number; with a birth date it is certain.
        AlreadyNamed: they are in the list.
    """
    of_case = people_queries.identities(people_queries.records_of_same_person(case_person)).values()
    if described.identifies and any(same_person(described.identity, one) for one in of_case):
        raise IsTheCase
    if not described.identifies and any(may_be_one(described.identity, one) for one in of_case):
        raise MayBeTheCase
    listed = queries.descriptions([one for one in others if one.status is not ContactStatus.REMOVED])
    if already_named(described, [one for one in listed.values() if one is not None]):
        raise AlreadyNamed


def is_one_person(described: Described, known: Described) -> bool:
    """Return whether two lines are of one person: same given name and number, or same identity."""
    is_same = described.identifies and same_person(described.identity, known.identity)
    return is_same or already_named(described, [known])


def find_named(described: Described, others: Iterable[Contact]) -> Contact | None:
    """Return the line of the list that is the same person: same given name and number, or same identity."""
    for other in others:
        known = queries.described(other) if other.status is not ContactStatus.REMOVED else None
        if known is not None and is_one_person(described, known):
            return other
    return None


def refuse_person_twice(person_id: int, *, others: Iterable[Contact]) -> None:
    """Refuse a second line for the same person.

    Raises:
        AlreadyNamed: they are in the list.
    """
    records = people_queries.records_of_same_person(person_id)
    if any(other.person_id in records and other.status is not ContactStatus.REMOVED for other in others):
        raise AlreadyNamed


def keep_birth_date(person_id: int, contact: Contact | None, born: date) -> bool:
    """Keep the birth date that a person said where nobody knew it, in their records and their line; return whether it was."""
    was_unknown = False
    for record in people_queries.records_of_same_person(person_id):
        person, identity = session.get_one(Person, record), people_queries.find_identity(record)
        if identity is not None and identity.birth_date is None:
            people.revise(person, replace(identity, birth_date=born))
            was_unknown = True
    named = queries.described(contact) if was_unknown and contact is not None else None
    if contact is not None and named is not None and named.birth_date is None:
        seal(contact, replace(named, birth_date=born))
        session.flush()
    return was_unknown


def follow_corrections(corrected: Mapping[int, tuple[Identity, Identity]]) -> None:
    """Write in the lines of people who were corrected what is another now: before and after, by record."""
    lines = select(Contact).where(Contact.person_id.in_(corrected), Contact.sealed.is_not(None))
    for contact in session.scalars(lines.order_by(Contact.id).with_for_update()).all():
        described = queries.described(contact)
        before, now = corrected[contact.person_id]
        new = {
            name: getattr(now, name)
            for name in NAMES_AND_BIRTH
            if getattr(now, name) != getattr(before, name)
        }
        if described is not None and new:
            seal(contact, replace(described, **new))
    session.flush()


def seal(contact: Contact, described: Described) -> None:
    """Seal the description that the case gave, under the day on which the contact was named."""
    contact.sealed = vault.seal("contacts", contact.id, contact.cohort, described.to_dict())


def _find_known(described: Described, *, is_invented: bool) -> tuple[Person, Identity] | None:
    if not described.identifies:
        return None
    candidates = people_queries.find_by_key(
        KeyKind.GIVEN_BIRTH, given_birth_key(described.identity), is_invented=is_invented
    )
    identities = people_queries.identities(person.id for person in candidates)
    for person in candidates:
        identity = identities.get(person.id)
        if identity is not None and same_person(identity, described.identity):
            return _merged_into(person, identity)
    return None


def _find_barred(described: Described, *, is_invented: bool) -> tuple[Person, Identity] | None:
    """Return the one who is dead or asked never to be called, if this may be them: nobody asks a widow for her husband."""
    if described.birth_date is not None:
        return None
    for record in people_queries.barred_alike(described.identity, is_invented=is_invented):
        identity = people_queries.find_identity(record)
        if identity is not None:
            return _merged_into(session.get_one(Person, record), identity)
    return None


def _merged_into(person: Person, identity: Identity) -> tuple[Person, Identity]:
    """Return the record into which this one was merged, else this one."""
    if person.same_as is None:
        return person, identity
    kept = people_queries.find_identity(person.same_as)
    return (session.get_one(Person, person.same_as), kept) if kept is not None else (person, identity)


def _complete(person: Person, identity: Identity, described: Described, *, cohort: date) -> Person:
    people.revise(person, completed(identity, described.identity), cohort=cohort)
    return person
