"""Claim one given household, whatever its state unless it is claimed: its people ring us, or a doctor rings them."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from tracing.kernel.db import session
from tracing.queue import queries
from tracing.queue.claims import next_call
from tracing.queue.claims.next_call import Claim
from tracing.queue.claims.services import claim_of
from tracing.queue.errors import BeingJoined, HeldBy, NotWaiting, OnAnotherCall
from tracing.queue.models import EntryState, QueueEntry
from tracing.staff import queries as staff
from tracing.staff.agent import Agent


def claim_for_call(household_id: int, by: Agent, *, at: datetime) -> Claim:
    """Claim a household at once whose people ring us, even if it is scheduled, promised or given to another tracer.

    It is one that the agent's site calls, or in which somebody waits for that site: a household of people of two sites
    is called by one of them, and whoever rings is spoken to by either. If the agent holds it already, return that claim.

    Raises:
        HeldBy: another tracer holds it; the sentence says who.
        OnAnotherCall: the agent has another call.
        NotWaiting: no one there needs a call now, or another site calls them.
    """
    entry = queries.find_entry_of(household_id, lock=True)
    if entry is None or entry.state is EntryState.IDLE or _is_joining(entry):
        raise NotWaiting
    if entry.site_id != by.site.id and not queries.waits_for(household_id, by.site.id):
        raise NotWaiting
    if entry.state is EntryState.CLAIMED:
        return _held(entry, by)
    # the call belongs to the site where it is made; when it ends, the household goes to the site where its people wait
    entry.site_id = by.site.id
    session.flush()
    return _only(next_call.claim_this(entry, by, at=at), entry)


def claim_for_advice(
    household_id: int, escalation_id: int, by: Agent, *, due_at: datetime, at: datetime
) -> Claim:
    """Claim a household at once for a question about it, even if no one there waits for a call.

    If the agent holds it already, return that claim. `due_at` is the due time if no one else there waits.

    Raises:
        HeldBy: another tracer holds it; the sentence says who.
        OnAnotherCall: the agent has another call.
        BeingJoined: it must be joined with a household that is claimed.
    """
    entry = queries.find_entry_of(household_id, lock=True) or _begin_entry(household_id, by, due_at, at=at)
    if entry.state is EntryState.CLAIMED:
        return _held(entry, by)
    if entry.needs_regroup:
        raise BeingJoined
    if entry.state is EntryState.IDLE:
        # its last due time is obsolete
        entry.rank_at = entry.due_at = due_at
    # the call belongs to the site where it is made; when it ends, the household goes to the site where its people wait
    entry.site_id = by.site.id
    session.flush()
    return _only(next_call.claim_for_advice(entry, escalation_id, by, at=at), entry)


def _begin_entry(household_id: int, by: Agent, due_at: datetime, *, at: datetime) -> QueueEntry:
    """Add a household to the queue that has had no entry since it was joined or split."""
    new = {"state": EntryState.IDLE, "site_id": by.site.id, "claim_number": 0, "regroup": False}
    dated = {"rank_at": due_at, "due_at": due_at, "not_before": at}
    session.execute(
        insert(QueueEntry)
        .values(household_id=household_id, **new, **dated)
        .on_conflict_do_nothing(index_elements=["household_id"])
    )
    entry = queries.find_entry_of(household_id, lock=True)
    if entry is None:
        raise NotWaiting
    return entry


def _held(entry: QueueEntry, by: Agent) -> Claim:
    if entry.claimant_id == by.member_id:
        return claim_of(entry)
    raise HeldBy(staff.get_member(entry.claimant_id or 0).display_name)


def _only(claim: Claim | None, entry: QueueEntry) -> Claim:
    if claim is None:
        # the agent is being lent to another site at this moment
        raise NotWaiting
    if claim.entry_id != entry.id:
        raise OnAnotherCall
    return claim


def _is_joining(entry: QueueEntry) -> bool:
    return entry.needs_regroup and entry.state is not EntryState.CLAIMED
