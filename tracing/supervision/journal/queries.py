"""Queries of the journal: who did what and who saw whom; ids of records only, never an identity."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select, tuple_

from tracing.kernel.db import session
from tracing.kernel.events import Event, IdentityAccess
from tracing.kernel.paging import PAGE_SIZE, Page, page_of


class Journal(StrEnum):
    """The two journals."""

    SIGHTINGS = "sightings"
    EVENTS = "events"


IMPORTS = frozenset({"lot", "line", "source", "key", "inbox", "scope"})
"""First parts of event kinds about lots and senders: without a site such events are national."""
NATIONAL_WHY = "national_lot"
"""The reason in the read log for people of a national lot: the auditors of all live sites see these rows."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The search of an auditor at one site."""

    site_id: int
    members: Collection[int]
    """Everyone who has a role at the site."""
    member_id: int | None = None
    kind: str | None = None
    day: date | None = None
    zone: ZoneInfo
    is_live: bool = True


@dataclass(frozen=True, repr=False)
class SightingPage:
    """A page of the read log, and the key after which the next page starts."""

    rows: Sequence[IdentityAccess]
    next_key: str | None


def events_of(wanted: Wanted, *, before_id: int | None) -> Page[Event]:
    """Return the events of a site or by its members, newest first.

    Events about a national lot or sender concern every live site, whoever caused them. What a member of one live site
    does with another site's lots or senders is seen by both auditors. A training site shows nothing about real people.
    """
    by_members = Event.by_id.in_(wanted.members)
    of_imports = func.split_part(Event.kind, ".", 1).in_(IMPORTS)
    concerns = (
        (Event.site_id.is_(None) & (by_members | of_imports)) | (of_imports & by_members)
        if wanted.is_live
        else Event.site_id.is_(None) & by_members & ~of_imports
    )
    chosen = select(Event).where((Event.site_id == wanted.site_id) | concerns)
    if wanted.member_id is not None:
        chosen = chosen.where(Event.by_id == wanted.member_id)
    if wanted.kind:
        chosen = chosen.where(Event.kind == wanted.kind)
    if wanted.day:
        first, end = bounds(wanted.day, wanted.zone)
        chosen = chosen.where(Event.at >= first, Event.at < end)
    if before_id is not None:
        chosen = chosen.where(Event.id < before_id)
    found = session.scalars(chosen.order_by(Event.id.desc()).limit(PAGE_SIZE + 1)).all()
    return page_of(found, [event.id for event in found])


def sightings_of(wanted: Wanted, *, before: str | None) -> SightingPage:
    """Return the records that the members of a site were shown, newest first."""
    chosen = select(IdentityAccess)
    if wanted.member_id is not None:
        chosen = chosen.where(IdentityAccess.viewer_id.in_({wanted.member_id} & set(wanted.members)))
    elif wanted.is_live:
        chosen = chosen.where(
            or_(IdentityAccess.viewer_id.in_(wanted.members), IdentityAccess.why == NATIONAL_WHY)
        )
    else:
        chosen = chosen.where(IdentityAccess.viewer_id.in_(wanted.members))
    if wanted.kind:
        chosen = chosen.where(IdentityAccess.why == wanted.kind)
    if wanted.day:
        chosen = _seen_on(chosen, *bounds(wanted.day, wanted.zone))
    order = (IdentityAccess.first_at, IdentityAccess.viewer_id, IdentityAccess.scope, IdentityAccess.why)
    if (key := _read_key(before)) is not None:
        chosen = chosen.where(IdentityAccess.first_month <= month_of(key[0]), tuple_(*order) < tuple_(*key))
    chosen = chosen.order_by(*(column.desc() for column in order))
    found: list[IdentityAccess] = []
    # month by month: the index is on month and viewer; without a month the whole read log would be read
    month = _newest_month(month_of(key[0]) if key else None)
    while month is not None and len(found) <= PAGE_SIZE:
        one_month = chosen.where(IdentityAccess.first_month == month).limit(PAGE_SIZE + 1 - len(found))
        found += session.scalars(one_month).all()
        month = _newest_month(month - 1)
    shown = found[:PAGE_SIZE]
    return SightingPage(shown, _key_of(shown[-1]) if len(found) > PAGE_SIZE else None)


def _newest_month(until: int | None) -> int | None:
    """Return the newest month with any row in the read log, not after `until`."""
    chosen = select(func.max(IdentityAccess.first_month))
    return session.scalar(chosen if until is None else chosen.where(IdentityAccess.first_month <= until))


def _seen_on(chosen: Select[IdentityAccess], first: datetime, end: datetime) -> Select[IdentityAccess]:
    """Keep the rows of a day: a row covers the time from the first look to the last."""
    months = {month_of(first), month_of(end), month_of(first - timedelta(days=1))}
    return chosen.where(
        IdentityAccess.first_month.in_(months), IdentityAccess.first_at < end, IdentityAccess.last_at >= first
    )


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the start of a day and of the next one; two days a year have 23 or 25 hours."""
    start, end = (
        datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1))
    )
    return start, end


def month_of(moment: datetime) -> int:
    """Return the month of a time as it is stored in the read log: yyyymm."""
    return moment.year * 100 + moment.month


def _key_of(row: IdentityAccess) -> str:
    return "~".join((row.first_at.astimezone(UTC).isoformat(), str(row.viewer_id), row.scope, row.why))


def _read_key(key: str | None) -> tuple[datetime, int, str, str] | None:
    """Parse a key of `_key_of`; an invalid one starts the list from the beginning."""
    parts = (key or "").split("~")
    if len(parts) != 4 or not parts[1].isdecimal() or len(parts[1]) > 9:
        return None
    try:
        first_at = datetime.fromisoformat(parts[0])
    except ValueError:
        return None
    return (first_at, int(parts[1]), parts[2], parts[3]) if first_at.tzinfo is not None else None
