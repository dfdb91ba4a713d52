"""A preview of today's queue under other weights, before they are published."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, union_all

from tracing.kernel.clock import midnight
from tracing.kernel.db import session
from tracing.programmes.schema import Weights
from tracing.queue import queries, rules
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState
from tracing.queue.ordering.reasons import WaitingReason, reasons_of
from tracing.staff.agent import Workplace
from tracing.ui.languages import FRENCH

_IS_OPEN = (QueueEntry.state == EntryState.READY) & QueueEntry.reserved_for.is_(None)
SHOWN = 20
LOOKED_AT = 1000
"""Households read from the whole queue, by their present place."""
OF_EACH_SORT = 100
"""Households read per set of circumstances: within a set the order is the same under any weights."""


@dataclass(frozen=True)
class RankedCall:
    """A household in one of the two orders, and the reason that gives it its place."""

    household_id: int
    task: CallTask
    reason: rules.Reason
    opens_at: datetime
    rank_at: datetime


@dataclass(frozen=True, repr=False)
class Preview:
    """Who is called first now, and who would be."""

    before: Sequence[RankedCall]
    after: Sequence[RankedCall]
    places: dict[int, int]
    """The present place of each household that was looked at, from 1."""


def preview(site: Workplace, tried: Weights | None, *, at: datetime) -> Preview:
    """Return today's first calls in the present order and, if `tried` is given, in the order under those weights."""
    found = (
        _first(site, at, LOOKED_AT) | _first_of_each_sort(site, at)
        if tried
        else _first(site, at, min(LOOKED_AT, 3 * SHOWN))
    )
    entries = queries.entries_of(sorted(found))
    reasons: dict[int, list[WaitingReason]] = defaultdict(list)
    for one in reasons_of([entry.household_id for entry in entries]):
        reasons[one.household_id].append(one)
    known = [entry for entry in entries if reasons[entry.household_id]]
    before = sorted(
        (_turn(entry, reasons[entry.household_id]) for entry in known), key=lambda turn: turn.rank_at
    )
    after = before
    if tried:
        turns = (_turn(entry, _under(tried, reasons[entry.household_id])) for entry in known)
        after = sorted(turns, key=lambda turn: turn.rank_at)
    places = {turn.household_id: place for place, turn in enumerate(before, 1)}
    return Preview(before[:SHOWN], after[:SHOWN], places)


def _under(weights: Weights, reasons: Sequence[WaitingReason]) -> list[WaitingReason]:
    return [replace(one, reason=replace(one.reason, weights=weights)) for one in reasons]


def _turn(entry: QueueEntry, reasons: Sequence[WaitingReason]) -> RankedCall:
    """Return the place of a household, from the most urgent of its reasons."""
    ranked = [(rules.rank_of(one.reason, opens_at=entry.not_before), one) for one in reasons]
    rank_at, first = min(ranked, key=lambda pair: pair[0])
    return RankedCall(entry.household_id, first.task, first.reason, entry.not_before, rank_at)


def _first(site: Workplace, at: datetime, most: int) -> set[int]:
    """Return the first households: of each language by the index that claims use, then over all languages."""
    spoken = select(QueueEntry.language).where(QueueEntry.site_id == site.id, QueueEntry.language != FRENCH)
    heads = [
        _head(_IS_OPEN, QueueEntry.site_id == site.id, QueueEntry.language == language, most=most)
        for language in (FRENCH, *session.scalars(spoken.distinct()))
    ]
    kept = (QueueEntry.state == EntryState.READY) & QueueEntry.reserved_for.is_not(None)
    later = (QueueEntry.state == EntryState.SCHEDULED) & (QueueEntry.not_before < _tomorrow(site, at))
    heads += [_head(one, QueueEntry.site_id == site.id, most=most) for one in (kept, later)]
    first = union_all(*heads).subquery()
    return set(
        session.scalars(select(first.c.household_id).order_by(first.c.rank_at, first.c.id).limit(most))
    )


def _head(*conditions: ColumnElement[bool], most: int) -> Any:
    head = select(QueueEntry.household_id, QueueEntry.rank_at, QueueEntry.id).where(*conditions)
    return select(head.order_by(QueueEntry.rank_at, QueueEntry.id).limit(most).subquery())


def _first_of_each_sort(site: Workplace, at: datetime) -> set[int]:
    """Return the first households of each set of circumstances, however far down the queue."""
    sort = (CallTask.factors, QueueEntry.promised_at.is_not(None))
    place = func.row_number().over(partition_by=sort, order_by=(QueueEntry.rank_at, QueueEntry.id))
    placed = (
        select(QueueEntry.household_id, place.label("place"))
        .join(CallTask, CallTask.household_id == QueueEntry.household_id)
        .where(CallTask.state == TaskState.OPEN, _waits_today(site, at))
        .subquery()
    )
    return set(session.scalars(select(placed.c.household_id).where(placed.c.place <= OF_EACH_SORT)))


def _waits_today(site: Workplace, at: datetime) -> ColumnElement[bool]:
    return and_(
        QueueEntry.site_id == site.id,
        or_(
            QueueEntry.state == EntryState.READY,
            (QueueEntry.state == EntryState.SCHEDULED) & (QueueEntry.not_before < _tomorrow(site, at)),
        ),
    )


def _tomorrow(site: Workplace, at: datetime) -> datetime:
    return midnight(at, site.time_zone) + timedelta(days=1)
