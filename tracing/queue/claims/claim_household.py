"""Claiming one household, wherever it stood, unless somebody has it: its people ring us, or a doctor rings them."""

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
    """Claim a household of the agent's site at once: scheduled, promised to somebody else, or given to them.

    Who holds it already gets that claim.

    Raises:
        HeldBy: somebody has it; the sentence says who.
        OnAnotherCall: the agent has another call.
        NotWaiting: nobody there needs a call now, or another site calls them.
    """
    entry = queries.find_entry_of(household_id, lock=True)
    if entry is None or entry.site_id != by.site.id or entry.state is EntryState.IDLE or _is_joining(entry):
        raise NotWaiting
    if entry.state is EntryState.CLAIMED:
        return _held(entry, by)
    return _only(next_call.claim_this(entry, by, at=at), entry)


def claim_for_advice(
    household_id: int, escalation_id: int, by: Agent, *, due_at: datetime, at: datetime
) -> Claim:
    """Claim a household at once for a question about it, also one in which nobody waits for a call.

    Who holds it already gets that claim. `due_at` is when it is late if nobody else there waits.

    Raises:
        HeldBy: somebody has it; the sentence says who.
        OnAnotherCall: the agent has another call.
        BeingJoined: it waits to be joined with one that somebody has.
    """
    entry = queries.find_entry_of(household_id, lock=True) or _begin_entry(household_id, by, due_at, at=at)
    if entry.state is EntryState.CLAIMED:
        return _held(entry, by)
    if entry.needs_regroup:
        raise BeingJoined
    if entry.state is EntryState.IDLE:
        # what it was last due for is over
        entry.rank_at = entry.due_at = due_at
    # the call is of the site where it is made; when it ends, the household goes where its people wait
    entry.site_id = by.site.id
    session.flush()
    return _only(next_call.claim_for_advice(entry, escalation_id, by, at=at), entry)


def _begin_entry(household_id: int, by: Agent, due_at: datetime, *, at: datetime) -> QueueEntry:
    """Give a household a place in the queue that has had none since it was joined or split."""
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
        # the agent is lent to another site at this very moment
        raise NotWaiting
    if claim.entry_id != entry.id:
        raise OnAnotherCall
    return claim


def _is_joining(entry: QueueEntry) -> bool:
    return entry.needs_regroup and entry.state is not EntryState.CLAIMED
