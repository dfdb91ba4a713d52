"""The bearer of a note: the details asked for when it is issued, and stored with the person."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from tracing.contacts import identities
from tracing.contacts import queries as contacts
from tracing.kernel.db import fresh, session
from tracing.people import queries as people
from tracing.people import services as people_services
from tracing.people.models import Person
from tracing.people.rules import Identity
from tracing.queue.models import CallTask


@dataclass(frozen=True, kw_only=True, repr=False)
class BearerDetails:
    """The personal details typed when the note is issued; empty where they were known or not asked for."""

    birth_name: str = ""
    birth_date: date | None = None
    address: str
    postcode: str
    city: str
    nir: str | None = None

    def completes(self, identity: Identity) -> Identity:
        """Return the identity with the confirmed address and, where missing, name, birth date and number."""
        moved = (self.address, self.postcode, self.city) != (
            identity.address,
            identity.postcode,
            identity.city,
        )
        return replace(
            identity,
            birth_name=identity.birth_name or self.birth_name,
            birth_date=identity.birth_date or self.birth_date,
            nir=self.nir or identity.nir,
            address=self.address,
            postcode=self.postcode,
            city=self.city,
            insee_code="" if moved else identity.insee_code,
            # a new address is in France unless its postcode is as it was
            country=identity.country if self.postcode == identity.postcode else "",
        )


def complete(task: CallTask, details: BearerDetails) -> None:
    """Store the details on the person, in each of their records. Call `calls.lock_for_write` first."""
    complete_person(task.person_id, details)
    _complete_line(task, details)


def complete_person(person_id: int, details: BearerDetails) -> None:
    """Store the details on a person, in each of their records."""
    records = people.records_of_same_person(person_id)
    locked = select(Person).where(Person.id.in_(records)).order_by(Person.id).with_for_update()
    for person in session.scalars(fresh(locked)).all():
        identity = people.find_identity(person.id)
        if identity is not None and details.completes(identity) != identity:
            people_services.revise(person, details.completes(identity))


def _complete_line(task: CallTask, details: BearerDetails) -> None:
    """Store name and birth date in the contact's line as well, which would otherwise overwrite them."""
    contact = contacts.find_contact(task.contact_id)
    described = contacts.described(contact) if contact is not None else None
    if contact is None or described is None:
        return
    completed = replace(
        described,
        birth_name=described.birth_name or details.birth_name,
        birth_date=described.birth_date or details.birth_date,
    )
    if completed != described:
        identities.seal(contact, completed)
        session.flush()
