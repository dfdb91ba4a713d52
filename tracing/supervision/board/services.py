"""TODO."""

from dataclasses import replace
from datetime import datetime
from sqlalchemy import select
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.contacts import contact_to_case
from tracing.contacts import services as contacts
from tracing.contacts.models import Contact, ContactStatus
from tracing.kernel import events
from tracing.kernel.db import session
from tracing.messages import queries as message_queries
from tracing.messages import services as messages
from tracing.people import queries as people_queries
from tracing.people import services as people
from tracing.people.models import Person
from tracing.people.phones import read_phones
from tracing.people.rules import Identity
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.claims import ending, languages
from tracing.queue.claims import services as claims
from tracing.queue.errors import NotWaiting
from tracing.queue.households import services as households
from tracing.queue.models import CallTask, EntryState, TaskKind, TaskState
from tracing.staff.agent import Agent
from tracing.supervision import rules
from tracing.supervision.board import queries
from tracing.supervision.errors import (
    AlreadyDealtWith,
    DoctorStillAsked,
    NotANumber,
    NotATracerHere,
    NotOnThisList,
    SaidDead,
    TooLateToUndo,
)
from tracing.supervision.worklists import queries as lists
from tracing.vault.errors import IdentityDestroyed


def take_back(entry_id: int, claim_number: int, *, to: int | None, by: Agent, at: datetime) -> bool:
    """Take a call from somebody absent, and give it to a tracer when one is named.

    Returns whether somebody there still waits for a call: if not, there is nothing to give.

    Raises:
        NotWaiting: the call that the supervisor looked at has ended, or is somebody else's now.
    """
    entry = queue_queries.get_entry(entry_id, site_id=by.site.id, lock=True)
    if entry.state is not EntryState.CLAIMED or entry.claim_number != claim_number:
        raise NotWaiting
    claim = ending.take_back(entry_id, by=by, at=at)
    calls.close_lost([claim], CallOutcome.TAKEN_BACK, at=at)
    entry = queue_queries.get_entry(entry_id, lock=True)
    if entry.state is EntryState.IDLE:
        return False
    if to is not None:
        give(entry_id, to, by=by, at=at)
    return True


def give(entry_id: int, member_id: int, *, by: Agent, at: datetime) -> None:
    """Keep a waiting household for one tracer of the site who is free.

    Raises:
        NotATracerHere: they do not call for this site, or have a call already.
    """
    if member_id not in {one.member.id for one in queries.free_tracers(by.site, at=at)}:
        raise NotATracerHere
    claims.give_to(entry_id, member_id, by=by, at=at)
