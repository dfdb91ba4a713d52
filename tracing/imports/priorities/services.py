"""List the lots whose calls wait at a site, and put the calls of one before the others."""

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
    """A lot, its sender, and how many of its calls wait at a site."""

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
    """Return the name of a lot's sender, as pages show it."""
    source = source_queries.find_source(lot.source_code)
    return source.label if source else lot.source_code


def _may_have_calls(lot: ImportLot, by: Agent) -> bool:
    """Return whether a lot can have calls at a supervisor's site: its own lots and, if it is live, national ones."""
    is_live = by.site.kind is SiteKind.LIVE
    return lot.owner_site_id == by.site.id or (is_live and lot.owner_site_id is None)


def put_first(lot_id: int, *, by: Agent, at: datetime) -> Priority:
    """Put the calls of a lot before the others at the agent's site, including those of lines still to be read.

    Raises:
        NoSuchLot: it belongs to another site.
        NotNow: the lot was undone, or is being undone.
        NothingWaits: none of its calls waits at that site.
        HasPriority: it already has priority.
    """
    lot = queries.get_lot(lot_id)
    if not _may_have_calls(lot, by):
        raise NoSuchLot
    if lot.state not in ASKS_FOR_CALLS or lot.is_being_undone:
        raise NotNow
    return priorities.give_to_lot(lot.id, sender=sender_of(lot), by=by, at=at)
