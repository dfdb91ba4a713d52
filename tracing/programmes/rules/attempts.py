"""When to try again somebody who did not answer."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracing.programmes.schema import Hours, Pack

_DAYS_AHEAD = 3


def next_attempt_at(
    pack: Pack, attempts: Sequence[datetime], *, zone: ZoneInfo, hours: Hours | None = None
) -> datetime | None:
    """Return the first moment (UTC) for another attempt: another part of the day, far enough from the last one.

    None once every attempt is used up: the person then stands on the supervisor's list. `hours` are the site's calling
    hours, the pack's when it has none of its own.
    """
    if not attempts:
        raise ValueError("there is no next attempt before a first one")
    if len(attempts) >= pack.attempts.max:
        return None
    tried = [attempt.astimezone(zone) for attempt in attempts]
    # Counted in UTC, so that the night the clocks change is as long as it really is.
    earliest = (max(attempts).astimezone(UTC) + timedelta(minutes=pack.attempts.spacing_minutes)).astimezone(
        zone
    )
    openings = list(_openings(pack, hours or pack.calling_hours, earliest, zone))
    fresh = [moment for band, moment in openings if not any(_within(band, attempt) for attempt in tried)]
    # A site that opens only one part of the day has no other to offer.
    candidates = fresh or [moment for _, moment in openings]
    return candidates[0].astimezone(UTC) if candidates else None


def next_opening(pack: Pack, at: datetime, *, zone: ZoneInfo, hours: Hours | None = None) -> datetime:
    """Return `at`, or when it falls outside calling hours the moment they next begin (UTC)."""
    calling = hours or pack.calling_hours
    local = at.astimezone(zone)
    opens = datetime.combine(local.date(), calling.opens, zone)
    if local < opens:
        return opens.astimezone(UTC)
    if local.time() < calling.closes:
        return at.astimezone(UTC)
    return datetime.combine(local.date() + timedelta(days=1), calling.opens, zone).astimezone(UTC)


def _openings(
    pack: Pack, hours: Hours, earliest: datetime, zone: ZoneInfo
) -> Iterator[tuple[Hours, datetime]]:
    """Yield, in order of time, when each part of each day can first be used."""
    for offset in range(_DAYS_AHEAD):
        day = earliest.date() + timedelta(days=offset)
        for band in sorted(pack.attempts.bands, key=lambda band: band.opens):
            moment = _first_moment(day, band, hours, earliest, zone)
            if moment is not None:
                yield band, moment


def _first_moment(
    day: date, band: Hours, hours: Hours, earliest: datetime, zone: ZoneInfo
) -> datetime | None:
    opens = datetime.combine(day, max(band.opens, hours.opens), zone)
    closes = datetime.combine(day, min(band.closes, hours.closes), zone)
    moment = max(opens, earliest)
    return moment if moment < closes else None


def _within(band: Hours, attempt: datetime) -> bool:
    return band.opens <= attempt.time() < band.closes
