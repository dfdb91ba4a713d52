"""When to call a person again who did not answer."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from tracing.programmes.rules.hours import Calling, window_on
from tracing.programmes.schema import Hours, Pack

_DAYS_AHEAD = 10
"""Days to look ahead: enough to find another part of a day after a long weekend without calls."""


def next_attempt_at(pack: Pack, attempts: Sequence[datetime], *, calling: Calling) -> datetime | None:
    """Return the earliest time (UTC) of the next attempt: in another part of the day, long enough after the last one.

    None once every attempt is used up: the person is then on the supervisor's list.
    """
    if not attempts:
        raise ValueError("there is no next attempt before a first one")
    if len(attempts) >= pack.attempts.max:
        return None
    tried = [attempt.astimezone(calling.zone) for attempt in attempts]
    # Computed in UTC, so that the spacing is right in the night the clocks change.
    earliest = max(attempts).astimezone(UTC) + timedelta(minutes=pack.attempts.spacing_minutes)
    openings = list(_openings(pack, calling, earliest))
    fresh = [moment for band, moment in openings if not any(_within(band, attempt) for attempt in tried)]
    # A site that is open in only one part of the day has no other to offer.
    candidates = fresh or [moment for _, moment in openings]
    return candidates[0] if candidates else None


def is_text_due(pack: Pack, attempts: int) -> bool:
    """Return whether the failed attempt just made is the one after which a text message is sent."""
    return attempts == pack.attempts.text_after


def _openings(pack: Pack, calling: Calling, earliest: datetime) -> Iterator[tuple[Hours, datetime]]:
    """Yield, in order of time, the first usable moment of each part of each day."""
    today = earliest.astimezone(calling.zone).date()
    for offset in range(_DAYS_AHEAD):
        day = today + timedelta(days=offset)
        for band in sorted(pack.attempts.bands, key=lambda band: band.opens):
            moment = _first_moment(day, band, calling, earliest)
            if moment is not None:
                yield band, moment


def _first_moment(day: date, band: Hours, calling: Calling, earliest: datetime) -> datetime | None:
    window = window_on(calling, day)
    if window is None:
        return None
    opens, closes = (datetime.combine(day, end, calling.zone) for end in (band.opens, band.closes))
    moment = max(opens.astimezone(UTC), window[0], earliest)
    return moment if moment < min(closes.astimezone(UTC), window[1]) else None


def _within(band: Hours, attempt: datetime) -> bool:
    return band.opens <= attempt.time() < band.closes
