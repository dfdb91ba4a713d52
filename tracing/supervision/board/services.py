"""Commands of the board: give a call to a tracer, or take it back from an absent one."""

from datetime import datetime

from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.queue import queries as queue_queries
from tracing.queue.claims import ending
from tracing.queue.claims import services as claims
from tracing.queue.errors import NotWaiting
from tracing.queue.models import EntryState
from tracing.staff.agent import Agent
from tracing.supervision.board import queries
from tracing.supervision.errors import (
    NotATracerHere,
)


def take_back(entry_id: int, claim_number: int, *, to: int | None, by: Agent, at: datetime) -> bool:
    """Take a call from an absent tracer, and give it to another one if `to` is set.

    Returns whether someone in the household still waits for a call; if not, there is nothing to give.

    Raises:
        NotWaiting: the call that the supervisor looked at has ended, or another member has it now.
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
    """Reserve a waiting household for one free tracer of the site.

    Raises:
        NotATracerHere: they do not call for this site, or already have a call.
    """
    if member_id not in {one.member.id for one in queries.free_tracers(by.site, at=at)}:
        raise NotATracerHere
    claims.reserve_for(entry_id, member_id, by=by, at=at)
