"""Apply priorities to a site's calls, one batch per transaction, and count the calls that each one advances."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text, update

from tracing.kernel.bulk_copy import copy_rows
from tracing.kernel.db import equals_any, fresh, session
from tracing.kernel.events import Event
from tracing.queue import queries
from tracing.queue.households import services as households
from tracing.queue.models import CallTask, Priority, PriorityRound
from tracing.queue.rules import Factor

LOOKED_AT = 5_000
"""Calls compared per batch: they are only read."""
MOVED = 250
"""Calls changed per batch: few enough that no one notices the wait."""

_FITS = f"""
    priority.site_id = task.site_id AND priority.ended_at IS NULL
    AND (priority.lot_id = task.lot_id
         OR (priority.postcode_hash = coalesce(person.postcode_hash, naming.postcode_hash)
             AND (NOT priority.only_collective OR (task.factors & {Factor.PLACE:d}) <> 0)))
"""
"""A contact who gave no address has the postcode of the case that named them."""
_PEOPLE = """
    JOIN people AS person ON person.id = task.person_id
    LEFT JOIN cases ON cases.id = task.case_id AND task.kind = 'contact_first'
    LEFT JOIN people AS naming ON naming.id = cases.person_id
"""
_HAS_PRIORITY = f"(task.factors & {Factor.PRIORITY:d}) <> 0"
_COMPARED = text(f"""
    SELECT task.id, task.household_id, {_HAS_PRIORITY} AS has, given.given_by
    FROM call_tasks AS task {_PEOPLE}
    LEFT JOIN LATERAL (
        SELECT priority.given_by FROM queue_priorities AS priority WHERE {_FITS} ORDER BY priority.id LIMIT 1
    ) AS given ON true
    WHERE task.site_id = :site AND task.state = 'open' AND task.id > :after AND task.id <= :until
    ORDER BY task.id LIMIT :most
""")  # noqa: S608  our own words
_OF_LOTS = text(f"""
    SELECT priority.id, count(*) AS calls
    FROM call_tasks AS task
    JOIN queue_priorities AS priority
        ON priority.site_id = task.site_id AND priority.ended_at IS NULL AND priority.lot_id = task.lot_id
    WHERE task.site_id = :site AND task.state = 'open' AND {_HAS_PRIORITY}
    GROUP BY priority.id
""")  # noqa: S608  our own words
_OF_PLACES = text(f"""
    SELECT priority.id, count(*) AS calls
    FROM call_tasks AS task {_PEOPLE} JOIN queue_priorities AS priority ON {_FITS}
    WHERE task.site_id = :site AND task.state = 'open' AND {_HAS_PRIORITY} AND priority.postcode IS NOT NULL
    GROUP BY priority.id
""")  # noqa: S608  our own words
"""Postcodes are in the rows of people, which are read only if a postcode has priority."""


def rescan_batch(*, at: datetime) -> int | None:
    """Compare the next batch of calls; return how many changed, or None when nothing is left.

    The oldest range comes first, one transaction at a time: taking a priority back is applied after giving it.
    """
    asked = session.scalar(fresh(select(PriorityRound).order_by(PriorityRound.id).limit(1).with_for_update()))
    if asked is None:
        return None
    bounds = {"site": asked.site_id, "after": asked.after_task, "until": asked.until_task, "most": LOOKED_AT}
    seen = session.execute(_COMPARED, bounds).all()
    moved = [row for row in seen if row.has != (row.given_by is not None)][:MOVED]
    if len(moved) == MOVED:
        asked.after_task = moved[-1].id
    elif len(seen) == LOOKED_AT:
        asked.after_task = seen[-1].id
    else:
        session.delete(asked)
    session.flush()
    if moved:
        _move(moved, asked.site_id, taken_back_by=asked.asked_by, at=at)
    return len(moved)


def _move(moved: Sequence[Row[Any]], site_id: int, *, taken_back_by: int | None, at: datetime) -> None:
    """Set or clear the priority of calls, and compute the places of their households, which are locked first."""
    homes = {row.household_id: row.given_by for row in moved if row.household_id is not None}
    entries = queries.entries_of(sorted(homes), lock=True)
    by_given: tuple[list[int], list[int]] = ([], [])
    for row in moved:
        by_given[row.given_by is not None].append(row.id)
    lowered, raised = by_given
    for ids, factors in (
        (lowered, CallTask.factors.op("&")(~Factor.PRIORITY.value)),
        (raised, CallTask.factors.op("|")(Factor.PRIORITY.value)),
    ):
        session.execute(
            update(CallTask)
            .where(equals_any(CallTask.id, ids))
            .values(factors=factors)
            .execution_options(synchronize_session=False)
        )
    told = [(entry.id, homes[entry.household_id]) for entry in entries]
    session.expire_all()
    households.refresh_all(homes, at=at)
    copy_rows(
        Event,
        ("at", "kind", "site_id", "subject_type", "subject_id", "detail"),
        (
            (
                *(at, "call.put_first" if giver else "call.put_back", site_id, "entry", entry_id),
                {"member": giver or taken_back_by},
            )
            for entry_id, giver in told
        ),
    )


def in_force(site_id: int) -> Sequence[Priority]:
    """Return the priorities in force at a site, newest first."""
    given = select(Priority).where(Priority.site_id == site_id, Priority.ended_at.is_(None))
    return session.scalars(given.order_by(Priority.id.desc())).all()


def calls_waiting(site_id: int) -> dict[int, int]:
    """Count the calls that wait under each priority in force at a site. It reads all of them: too slow for a page."""
    given = in_force(site_id)
    counts = dict.fromkeys((one.id for one in given), 0)
    for statement, is_wanted in (
        (_OF_LOTS, any(one.lot_id is not None for one in given)),
        (_OF_PLACES, any(one.postcode is not None for one in given)),
    ):
        if is_wanted:
            counts |= {row.id: row.calls for row in session.execute(statement, {"site": site_id})}
    return counts


def is_under_way(site_id: int) -> bool:
    """Return whether calls of a site must still be compared with its priorities."""
    return (
        session.scalar(select(PriorityRound.id).where(PriorityRound.site_id == site_id).limit(1)) is not None
    )
