"""Claiming a household whose people ring us: wherever it stood, unless somebody has it."""

from datetime import datetime

from tracing.queue import queries, taking
from tracing.queue.errors import HeldBy, NotWaiting, OnAnotherCall
from tracing.queue.models import EntryState, QueueEntry
from tracing.queue.services import claim_of
from tracing.queue.taking import Claim
from tracing.staff import queries as staff
from tracing.staff.agents import Agent


def catch(household_id: int, by: Agent, *, at: datetime) -> Claim:
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
        if entry.claimant_id == by.member_id:
            return claim_of(entry)
        raise HeldBy(staff.get_member(entry.claimant_id or 0).display_name)
    claim = taking.claim_this(entry, by, at=at)
    if claim is None or claim.entry_id != entry.id:
        raise OnAnotherCall
    return claim


def _is_joining(entry: QueueEntry) -> bool:
    return entry.regroup and entry.state is not EntryState.CLAIMED
