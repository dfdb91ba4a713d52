"""Lots whose calls wait at a site, and putting one of them before the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tracing.imports.errors import NoSuchLot, NotNow
from tracing.imports.lots import queries
from tracing.imports.models import ImportLot, LotState
from tracing.imports.sources import queries as source_queries
from tracing.queue import queries as queue
from tracing.queue.households import priorities
from tracing.queue.models import Priority
from tracing.staff.agent import Agent
from tracing.staff.models import SiteKind
from tracing.staff.scope import HOST

ASKS_FOR_CALLS = frozenset({LotState.LOADING, LotState.STOPPED, LotState.LOADED})
MOST = 20


@dataclass(frozen=True)
class Waiting:
    """A lot, who sent it, and how many of its calls wait at a site."""

    lot: ImportLot
    sender: str
    calls: int


def waiting_at(site_id: int) -> Sequence[Waiting]:
    """Return the newest lots whose calls wait at a site."""
    calls = queue.waiting_by_lot(site_id)
    labels = {source.code: source.label for source in source_queries.sources(HOST)}
    return [
        Waiting(lot, labels.get(lot.source_code, lot.source_code), calls[lot.id])
        for lot in queries.newest_among(calls, limit=MOST)
        if lot.state in ASKS_FOR_CALLS and not lot.is_being_undone
    ]


def sender_of(lot: ImportLot) -> str:
    """Return who sent a lot, as pages name them."""
    source = source_queries.find_source(lot.source_code)
    return source.label if source else lot.source_code


def _may_have_calls(lot: ImportLot, by: Agent) -> bool:
    """Say whether a lot may bring calls to a supervisor's site: its own and, where people are real, a national one."""
    is_live = by.site.kind is SiteKind.LIVE
    return lot.owner_site_id == by.site.id or (is_live and lot.owner_site_id is None)


def put_first(lot_id: int, *, by: Agent, at: datetime) -> Priority:
    """Put the calls of a lot before the others at the agent's site, those of lines still to be read included.

    Raises:
        NoSuchLot: it is another site's.
        NotNow: the lot was taken back, or is being.
        NothingWaits: none of its calls waits at that site.
        HasPriority: it has been done.
    """
    lot = queries.get_lot(lot_id)
    if not _may_have_calls(lot, by):
        raise NoSuchLot
    if lot.state not in ASKS_FOR_CALLS or lot.is_being_undone:
        raise NotNow
    return priorities.give_to_lot(lot.id, sender=sender_of(lot), by=by, at=at)
