"""Keep a claim alive, and reserve a household for one tracer. Every write of a call states its claim number."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from tracing.kernel import events
from tracing.kernel.db import fresh, session
from tracing.programmes.rules import is_open, next_open, open_until
from tracing.queue import queries, rules
from tracing.queue.claims.next_call import Claim
from tracing.queue.errors import ClaimLost, NotWaiting, OnAnotherCall, OutsideHours
from tracing.queue.models import EntryState, QueueEntry
from tracing.queue.ordering.hours import calling_of
from tracing.staff import queries as staff
from tracing.staff.agent import Agent


@dataclass(frozen=True)
class Renewal:
    """The answer to a heartbeat: until when the claim lasts, and whether to ask if the tracer is there."""

    ends_at: datetime
    must_ask: bool


def claim_of(entry: QueueEntry) -> Claim:
    """Return the current claim of a claimed entry."""
    return Claim(entry.id, entry.household_id, entry.claim_number, entry.site_id)


def renew_for_write(entry_id: int, claim_number: int, by: Agent, *, at: datetime) -> None:
    """Lock the household for a write of this call, and count it as input.

    Raises:
        ClaimLost: the claim has ended; roll back this write.
    """
    kept = session.execute(
        update(QueueEntry)
        .where(
            QueueEntry.id == entry_id,
            QueueEntry.claim_number == claim_number,
            QueueEntry.claimant_id == by.member_id,
            QueueEntry.state == EntryState.CLAIMED,
        )
        .values(last_input_at=at, claim_ends_at=at + rules.CLAIM_LASTS)
        .returning(QueueEntry.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if kept is None:
        raise ClaimLost


def renew(entry_id: int, claim_number: int, by: Agent, *, at: datetime) -> Renewal:
    """Renew a claim while its page is open. This is no input, so it cannot keep a claim for ever.

    Raises:
        ClaimLost: the claim has ended.
    """
    entry = session.scalar(
        fresh(
            select(QueueEntry)
            .where(
                QueueEntry.id == entry_id,
                QueueEntry.claim_number == claim_number,
                QueueEntry.claimant_id == by.member_id,
                QueueEntry.state == EntryState.CLAIMED,
            )
            .with_for_update()
        )
    )
    if entry is None or entry.last_input_at is None:
        raise ClaimLost
    ends_at = rules.renewed_until(last_input_at=entry.last_input_at, at=at)
    if ends_at <= at:
        raise ClaimLost
    entry.claim_ends_at = ends_at
    return Renewal(ends_at, rules.must_ask(last_input_at=entry.last_input_at, at=at))


def reserve_for(entry_id: int, member_id: int, *, by: Agent, at: datetime) -> None:
    """Reserve a waiting household for one tracer: it is their next call, for half an hour.

    Raises:
        NotWaiting: another tracer holds it, or no one there needs a call.
        OutsideHours: calling hours do not allow a call there now.
        OnAnotherCall: the tracer already has a call reserved for them.
    """
    entry = queries.get_entry(entry_id, site_id=by.site.id, lock=True)
    if entry.state not in {EntryState.READY, EntryState.SCHEDULED}:
        raise NotWaiting
    calling = calling_of(staff.get_site(entry.site_id), entry.time_zone)
    if not is_open(calling, at):
        raise OutsideHours(next_open(calling, at).astimezone(by.site.time_zone))
    taken = select(QueueEntry.id).where(
        QueueEntry.id != entry.id,
        QueueEntry.reserved_for == member_id,
        QueueEntry.state == EntryState.READY,
        QueueEntry.reserved_until > at,
    )
    if session.scalar(taken.limit(1)) is not None:
        raise OnAnotherCall
    entry.state, entry.given_at = EntryState.READY, at
    entry.reserved_for, entry.reserved_until = member_id, at + rules.GIFT_LASTS
    entry.closes_at = open_until(calling, at)
    session.flush()
    events.record(
        "call.given", by=by.member_id, at=at, subject=("entry", entry.id), site_id=entry.site_id, to=member_id
    )
