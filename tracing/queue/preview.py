"""The queue of today under other weights, before anybody publishes them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from tracing.kernel.clock import midnight
from tracing.kernel.db import session
from tracing.programmes.schema import Weights
from tracing.queue import queries, rules
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState
from tracing.queue.reasons import Of, reasons_of
from tracing.staff.agents import Workplace

SHOWN = 20
LOOKED_AT = 1000
"""Of each sort of call, by its present place: nobody further back comes to the front in one step."""


@dataclass(frozen=True)
class Turn:
    """A household in one of the two orders, and the reason that puts it there."""

    household_id: int
    task: CallTask
    reason: rules.Reason
    opens_at: datetime
    rank_at: datetime


@dataclass(frozen=True)
class Preview:
    """Who is called first now, and who would be."""

    before: Sequence[Turn]
    after: Sequence[Turn]
    places: dict[int, int]
    """The present place of each household that was looked at, from 1."""


def preview(site: Workplace, weights: Weights, *, at: datetime) -> Preview:
    """Return the first calls of today as they stand, and as they would stand under other weights."""
    entries = _waiting_today(site, at)
    reasons: dict[int, list[Of]] = defaultdict(list)
    for one in reasons_of([entry.household_id for entry in entries]):
        reasons[one.household_id].append(one)
    known = [entry for entry in entries if reasons[entry.household_id]]
    before = sorted(
        (_turn(entry, reasons[entry.household_id]) for entry in known), key=lambda turn: turn.rank_at
    )
    after = sorted(
        (_turn(entry, _under(weights, reasons[entry.household_id])) for entry in known),
        key=lambda turn: turn.rank_at,
    )
    places = {turn.household_id: place for place, turn in enumerate(before, 1)}
    return Preview(before[:SHOWN], after[:SHOWN], places)


def _under(weights: Weights, reasons: Sequence[Of]) -> list[Of]:
    return [replace(one, reason=replace(one.reason, weights=weights)) for one in reasons]


def _turn(entry: QueueEntry, reasons: Sequence[Of]) -> Turn:
    """Return the place of a household by the most urgent of its reasons."""
    ranked = [(rules.rank_of(one.reason, opens_at=entry.not_before), one) for one in reasons]
    rank_at, first = min(ranked, key=lambda pair: pair[0])
    return Turn(entry.household_id, first.task, first.reason, entry.not_before, rank_at)


def _waiting_today(site: Workplace, at: datetime) -> Sequence[QueueEntry]:
    """Return who may come to the front today: the first of all, and the first of each sort that weights advance."""
    tomorrow = midnight(at, site.time_zone) + timedelta(days=1)
    waiting = (
        select(QueueEntry.household_id)
        .where(
            QueueEntry.site_id == site.id,
            or_(
                QueueEntry.state == EntryState.READY,
                (QueueEntry.state == EntryState.SCHEDULED) & (QueueEntry.not_before < tomorrow),
            ),
        )
        .order_by(QueueEntry.rank_at, QueueEntry.id)
        .limit(LOOKED_AT)
    )
    found = set(session.scalars(waiting))
    task = select(CallTask.id).where(
        CallTask.household_id == QueueEntry.household_id, CallTask.state == TaskState.OPEN
    )
    for factor in rules.Factor:
        found |= set(
            session.scalars(waiting.where(task.where(CallTask.factors.op("&")(factor) != 0).exists()))
        )
    found |= set(session.scalars(waiting.where(QueueEntry.promised_at.is_not(None))))
    return queries.entries_of(sorted(found))
