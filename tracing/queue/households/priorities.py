"""Priorities for lots and postcodes: a supervisor gives them and takes them back, or they expire.

A priority applies to calls that wait and to later ones. It is not applied while calls are written: `request_rescan` only notes
which calls to check, and a later run of a job (`priority_rescan`) does it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from tracing.kernel import events
from tracing.kernel.db import equals_any, session
from tracing.people import services as people
from tracing.queue import rules
from tracing.queue.errors import HasPriority, NoSuchPriority, NothingWaits
from tracing.queue.models import CallTask, Priority, PriorityRound, TaskState
from tracing.staff.agent import Agent
from tracing.staff.models import SiteKind

GIVING = 743_010
"""The advisory lock: exclusive for giving a priority, shared for writing calls; the same number in every release."""
EVERY_TASK = 2**62


def give_to_lot(lot_id: int, *, sender: str, by: Agent, at: datetime) -> Priority:
    """Put the calls of a lot at the agent's site first, including later ones.

    Raises:
        NothingWaits: no call of the lot waits at that site.
        HasPriority: the lot has priority already.
    """
    waits = select(CallTask.id).where(
        CallTask.site_id == by.site.id, CallTask.state == TaskState.OPEN, CallTask.lot_id == lot_id
    )
    if session.scalar(waits.limit(1)) is None:
        raise NothingWaits
    return _give({"lot_id": lot_id, "sender": sender}, by=by, at=at)


def give_to_place(postcode: str, *, only_collective: bool, by: Agent, at: datetime) -> Priority:
    """Put the calls of a postcode at the agent's site first, including later ones.

    Raises:
        HasPriority: the postcode has priority already.
    """
    is_invented = by.site.kind is SiteKind.TRAINING
    place = {"postcode": postcode, "only_collective": only_collective}
    return _give(
        place | {"postcode_hash": people.place_hash(postcode, is_invented=is_invented)}, by=by, at=at
    )


def _give(what: dict[str, object], *, by: Agent, at: datetime) -> Priority:
    # calls being written now do not see the priority: the lock waits until they are committed, so the rescan finds them
    session.execute(select(func.pg_advisory_xact_lock(GIVING)))
    given: Priority | None = session.scalar(
        insert(Priority)
        .values(site_id=by.site.id, given_at=at, given_by=by.member_id, **what)
        .on_conflict_do_nothing()
        .returning(Priority)
    )
    if given is None:
        raise HasPriority
    events.record(
        "priority.given",
        by=by.member_id,
        at=at,
        subject=("priority", given.id),
        site_id=by.site.id,
        lot=given.lot_id,
    )
    _ask_for_all(by.site.id, by=by.member_id, at=at)
    return given


def take_back(priority_id: int, *, by: Agent, at: datetime) -> None:
    """End a priority: its calls return to their ordinary place.

    Raises:
        NoSuchPriority: it is of another site, or has ended.
    """
    ended = update(Priority).where(
        Priority.id == priority_id, Priority.site_id == by.site.id, Priority.ended_at.is_(None)
    )
    found = session.execute(ended.values(ended_at=at, ended_by=by.member_id).returning(Priority.lot_id))
    row = found.one_or_none()
    if row is None:
        raise NoSuchPriority
    events.record(
        "priority.taken_back",
        by=by.member_id,
        at=at,
        subject=("priority", priority_id),
        site_id=by.site.id,
        lot=row.lot_id,
    )
    _ask_for_all(by.site.id, by=by.member_id, at=at)


def end_of_lot(lot_id: int, *, at: datetime) -> None:
    """End the priority of a lot that is taken back; people who stay were called already and need none."""
    _end(Priority.lot_id == lot_id, at=at)


def end_old(*, at: datetime) -> None:
    """End priorities that are a week old."""
    _end(Priority.given_at <= at - rules.PRIORITY_LASTS, at=at)


def _end(which: ColumnElement[bool], *, at: datetime) -> None:
    ended = update(Priority).where(which, Priority.ended_at.is_(None)).values(ended_at=at)
    for priority_id, site_id in session.execute(ended.returning(Priority.id, Priority.site_id)).all():
        events.record("priority.ended", by=None, at=at, subject=("priority", priority_id), site_id=site_id)
        _ask_for_all(site_id, by=None, at=at)


def _ask_for_all(site_id: int, *, by: int | None, at: datetime) -> None:
    session.add(PriorityRound(site_id=site_id, after_task=0, until_task=EVERY_TASK, asked_by=by, asked_at=at))
    session.flush()


def request_rescan(site_ids: Sequence[int], first_task: int, last_task: int, *, at: datetime) -> None:
    """Note that new calls must be compared with the priorities of their sites, if there are any."""
    session.execute(select(func.pg_advisory_xact_lock_shared(GIVING)))
    rounds = select(
        Priority.site_id,
        literal(first_task - 1, PriorityRound.after_task.type),
        literal(last_task, PriorityRound.until_task.type),
        literal(at, PriorityRound.asked_at.type),
    ).where(Priority.ended_at.is_(None), equals_any(Priority.site_id, site_ids))
    session.execute(
        insert(PriorityRound).from_select(
            ["site_id", "after_task", "until_task", "asked_at"], rounds.distinct()
        )
    )
