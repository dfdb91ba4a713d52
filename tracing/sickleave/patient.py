"""The bearer of a note: the details asked for when it is issued, and stored with the person."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from tracing.calls.models import Call
from tracing.contacts import identities
from tracing.contacts import queries as contacts
from tracing.facts import services as facts
from tracing.facts.rules import FactSource
from tracing.kernel.db import fresh, session
from tracing.people import correction_services as corrections
from tracing.people import queries as people
from tracing.people import services as people_services
from tracing.people.correction_rules import Correction
from tracing.people.models import Person
from tracing.people.rules import Identity
from tracing.queue.models import CallTask
from tracing.staff.agent import Agent


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


def complete(call: Call, task: CallTask, details: BearerDetails, *, by: Agent, at: datetime) -> None:
    """Store the details on the person, in each of their records. Call `calls.lock_for_write` first."""
    sent_by = corrections.who_sent(task.contact_id)
    complete_person(call, task.person_id, details, sent_by=sent_by, by=by, at=at)
    _complete_line(task, details)


def complete_person(
    call: Call, person_id: int, details: BearerDetails, *, sent_by: FactSource, by: Agent, at: datetime
) -> None:
    """Store the details on a person, in each of their records; another address than was known is their correction."""
    known = people.find_joint_identity(person_id)
    if known is not None and (known.address or known.postcode or known.city):
        moved = Correction(address=(details.address, details.postcode, details.city))
        said = corrections.facts_of(
            person_id,
            corrections.changes_in(person_id, moved),
            source=FactSource.PERSON,
            sent_by=sent_by,
            call_id=call.id,
            is_other=True,
        )
        facts.record(said, by=by.member_id, at=at)
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
