"""What the same person was told, or is to be told, under another record: so that they hear one thing, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracing.cases.models import Case, CaseOutcome
from tracing.cases.queries import get_case
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.queries import find_contact, same_person_as
from tracing.contacts.rules import is_called

OF_ONE_TIME = timedelta(days=14)
"""Two cases that name a person within this time speak of one time: what follows from both is told together."""
NO_MORE = frozenset({ContactStatus.REMOVED, ContactStatus.BECAME_CASE, ContactStatus.REFUSED})


@dataclass(frozen=True)
class Elsewhere:
    """What a person was told about another meeting, or still has to be told. Nothing says whom they met."""

    met_on: date
    told_at: datetime | None
    """None: they were not told yet."""
    last_day: date | None
    """The last day that they were told, or that is to be told; None: nothing is asked."""


def told_as_contact(case: Case) -> Elsewhere | None:
    """Return what the person of a case was told as a contact, before they became the case; None if nothing was."""
    contact = find_contact(case.from_contact_id)
    if contact is None or contact.told_at is None:
        return None
    return Elsewhere(contact.last_contact_on, contact.told_at, contact.told_last_day)


def named_elsewhere(contact: Contact, case: Case) -> Sequence[Elsewhere]:
    """Return what follows for a contact from other cases of the programme that named them about the same time."""
    found = []
    for other in same_person_as(contact):
        if other.status in NO_MORE or abs(other.named_at - contact.named_at) > OF_ONE_TIME:
            continue
        if other.told_at is None and (other.is_outside or not is_called(other.risk)):
            continue
        named_by = get_case(other.case_id)
        if named_by.programme != case.programme or named_by.outcome is CaseOutcome.NOT_A_CASE:
            continue
        last_day = other.quarantine_last_day if other.told_at is None else other.told_last_day
        found.append(Elsewhere(other.last_contact_on, other.told_at, last_day))
    return found
