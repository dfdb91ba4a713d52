"""Mark what came of a contact's call: informed, refused, not reached."""

from datetime import datetime

from tracing.contacts.models import Contact, ContactStatus
from tracing.kernel import events
from tracing.kernel.db import session


def mark_informed(contact: Contact, *, by: int | None, at: datetime) -> None:
    """Mark a contact as informed."""
    _mark(contact, ContactStatus.INFORMED, by=by, at=at)


def mark_refused(contact: Contact, *, by: int | None, at: datetime) -> None:
    """Mark a contact as having refused the call."""
    _mark(contact, ContactStatus.REFUSED, by=by, at=at)


def mark_unreachable(contact: Contact, *, by: int | None, at: datetime) -> None:
    """Mark a contact as unreachable."""
    _mark(contact, ContactStatus.UNREACHABLE, by=by, at=at)


def _mark(contact: Contact, status: ContactStatus, *, by: int | None, at: datetime) -> None:
    if contact.status in {ContactStatus.REMOVED, ContactStatus.BECAME_CASE, status}:
        return
    contact.status = status
    session.flush()
    events.record(f"contact.{status.value}", by=by, at=at, subject=("contact", contact.id))
