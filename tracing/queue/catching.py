"""Claiming a household whose people ring us: wherever it stood, unless somebody has it."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from tracing.kernel import events
from tracing.kernel.db import session
from tracing.queue import queries, rules
from tracing.queue.errors import HeldBy, NotWaiting, OnAnotherCall
from tracing.queue.models import EntryState, QueueEntry
from tracing.queue.services import Claim, claim_of
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
    entry.state, entry.claimant_id, entry.claim_number = (
        EntryState.CLAIMED,
        by.member_id,
        entry.claim_number + 1,
    )
    entry.claimed_at = entry.last_input_at = at
    entry.claim_ends_at = at + rules.CLAIM_LASTS
    entry.reserved_for = entry.reserved_until = entry.given_at = entry.passed_by = None
    entry.is_stale = True
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as error:
        raise OnAnotherCall from error
    claim = claim_of(entry)
    events.record(
        "call.claimed",
        by=by.member_id,
        at=at,
        subject=("entry", entry.id),
        site_id=entry.site_id,
        claim=claim.number,
        rang_us=True,
    )
    return claim


def _is_joining(entry: QueueEntry) -> bool:
    return entry.regroup and entry.state is not EntryState.CLAIMED
