"""Read what happened to the notes of a site on a day, and which days were made into a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from tracing.kernel.db import session
from tracing.sickleave.models import NoteExport, NoteMovement, SickNote

SHOWN_DAYS, EMPTY_DAYS = 31, 7
"""How far back days are listed, and those on which nothing happened."""


@dataclass(frozen=True)
class PaymentDay:
    """A day that is over: how much happened on it, and whether its file was made."""

    day: date
    movements: int
    made: NoteExport | None


def movements_of(site_id: int, day: date, zone: ZoneInfo) -> Sequence[tuple[NoteMovement, SickNote]]:
    """Return what happened to the notes of a site on a day, in the order in which it happened."""
    first, end = _bounds(day, day, zone)
    rows = session.execute(
        select(NoteMovement, SickNote)
        .join(SickNote, SickNote.id == NoteMovement.note_id)
        .where(NoteMovement.site_id == site_id, NoteMovement.at >= first, NoteMovement.at < end)
        .order_by(NoteMovement.id)
    ).all()
    return [(movement, note) for movement, note in rows]


def days_until(site_id: int, newest: date, zone: ZoneInfo) -> list[PaymentDay]:
    """Return the days until the newest that is complete, which comes first; of the older ones those with something to send."""
    days = [newest - timedelta(days=back) for back in range(SHOWN_DAYS)]
    first, end = _bounds(days[-1], days[0], zone)
    local_day = func.date(func.timezone(zone.key, NoteMovement.at))
    counted = session.execute(
        select(local_day, func.count())
        .where(NoteMovement.site_id == site_id, NoteMovement.at >= first, NoteMovement.at < end)
        .group_by(local_day)
    ).all()
    counts: dict[date, int] = {row[0]: row[1] for row in counted}
    made = session.scalars(
        select(NoteExport).where(NoteExport.site_id == site_id, NoteExport.day >= days[-1])
    )
    exports = {one.day: one for one in made}
    listed = [PaymentDay(day, counts.get(day, 0), exports.get(day)) for day in days]
    return [one for back, one in enumerate(listed) if back < EMPTY_DAYS or one.movements or one.made]


def _bounds(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return (
        datetime.combine(first, time.min, tzinfo=zone),
        datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone),
    )
