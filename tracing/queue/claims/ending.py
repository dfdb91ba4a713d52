"""Ending a claim: the call is over, was given back or handed over, or a supervisor took it back."""

from collections.abc import Sequence
from datetime import datetime

from tracing.kernel import events
from tracing.kernel.db import session
from tracing.queue import queries
from tracing.queue.claims.next_call import Claim
from tracing.queue.claims.services import claim_of, reserve_for
from tracing.queue.errors import ClaimLost, NotWaiting
from tracing.queue.households import services as households
from tracing.queue.models import EntryState, QueueEntry, TaskState
from tracing.queue.services import close_task
from tracing.staff.agent import Agent


def release(entry_id: int, claim_number: int, *, passed_by: int | None = None, at: datetime) -> None:
    """End a claim: the open tasks decide the household's new place; it is offered to others before `passed_by`.

    Raises:
        ClaimLost: the claim has ended already.
    """
    entry = queries.get_entry(entry_id, lock=True)
    if entry.state is not EntryState.CLAIMED or entry.claim_number != claim_number:
        raise ClaimLost
    entry.passed_by = passed_by
    _unclaim([entry], at=at)


def _unclaim(entries: Sequence[QueueEntry], *, at: datetime) -> None:
    """End the claims of households: their open tasks decide the new place; a delayed join or split is done now."""
    for entry in entries:
        is_kept = (
            entry.given_at is not None and entry.reserved_until is not None and entry.reserved_until > at
        )
        # a call for advice ends, and the household stays reserved for whom it was given to
        entry.state = EntryState.READY if is_kept else EntryState.IDLE
        entry.claimant_id = entry.claimed_at = entry.claim_ends_at = entry.last_input_at = None
    session.flush()
    let_go = [entry.household_id for entry in entries]
    for task in queries.superseded_open_tasks(let_go):
        close_task(task, TaskState.CANCELLED, by=None, at=at)
    for entry in entries:
        if entry.needs_regroup:
            entry.needs_regroup = False
            households.settle(entry.household_id, at=at)
    households.refresh_all(let_go, at=at)


def take_back(entry_id: int, *, by: Agent, at: datetime) -> Claim:
    """Take a call from a tracer who is absent: it returns to the queue at once.

    Raises:
        NotWaiting: no one holds it.
    """
    entry = queries.get_entry(entry_id, site_id=by.site.id, lock=True)
    if entry.state is not EntryState.CLAIMED:
        raise NotWaiting
    [claim] = end_claims("call.taken_back", [entry], by=by.member_id, at=at)
    return claim


def end_claims(kind: str, entries: Sequence[QueueEntry], *, by: int | None, at: datetime) -> list[Claim]:
    """End claims on behalf of their holders, with an event of this kind for each; return the ended claims."""
    claims = [claim_of(entry) for entry in entries]
    for entry in entries:
        events.record(
            kind,
            by=by,
            at=at,
            subject=("entry", entry.id),
            site_id=entry.site_id,
            claim=entry.claim_number,
            claimant=entry.claimant_id,
        )
    _unclaim(entries, at=at)
    return claims


def hand_over(entry_id: int, member_id: int, *, by: Agent, at: datetime) -> bool:
    """Reserve a call that was just given back for a colleague; return whether it is still needed.

    Raises:
        OnAnotherCall: the colleague already has a call reserved for them.
    """
    entry = queries.get_entry(entry_id, site_id=by.site.id, lock=True)
    if entry.state is EntryState.IDLE:
        return False
    reserve_for(entry_id, member_id, by=by, at=at)
    return True
