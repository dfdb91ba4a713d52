"""When a session locks or ends, when a log-in must wait, what a password must be, who is at work. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

IDLE_LOCK = timedelta(minutes=15)
IDLE_LOCK_ON_CALL = timedelta(minutes=45)
"""On an open call people listen for long; the claim itself asks after 30 minutes."""
ABSOLUTE_END = timedelta(hours=10)
"""One shift."""
ABSOLUTE_END_ON_CALL = timedelta(hours=11)
"""A call under way is ended first, so that no answer of it is lost."""
LAST_WORDS = timedelta(minutes=5)
"""What was being typed when the time was up is still written, for as long as the call is theirs without a sign of life."""

ATTEMPTS_WINDOW = timedelta(minutes=15)
ATTEMPTS_PER_NAME = 5
ATTEMPTS_PER_ADDRESS = 50
"""A platform's tracers share one address."""

MINIMUM_PASSWORD = 14
"""CNIL 2022-100: 14 characters give 80 bits without asking for special ones."""

SHORTEST_TELLING_LOGIN = 3

PROPOSAL_LASTS = timedelta(days=7)
"""For so long a second administrator may confirm that an import officer sees all live sites."""


def may_act_on_account(live: Collection[int], practice: Collection[int], *, held: Collection[int]) -> bool:
    """Return whether somebody may do to an account what reaches every site at which it works.

    `live` and `practice` are those sites; `held` those at which the person has the right. It is needed at every live
    one: a password set at the training site opens the live site as well. An account that only practises needs it at
    one of its sites.
    """
    return set(live) <= set(held) and not set(held).isdisjoint({*live, *practice})


def is_too_old(started_at: datetime, *, on_call: bool = False, at: datetime) -> bool:
    """Return whether a session has lasted a whole shift, and the call with which it ends."""
    return at - started_at >= (ABSOLUTE_END_ON_CALL if on_call else ABSOLUTE_END)


def must_lock(last_input_at: datetime, *, on_call: bool, at: datetime) -> bool:
    """Return whether nobody touched this session for too long."""
    return at - last_input_at >= (IDLE_LOCK_ON_CALL if on_call else IDLE_LOCK)


def wait_before_login(
    by_name: Sequence[datetime], by_address: Sequence[datetime], *, at: datetime
) -> timedelta | None:
    """Return how long a log-in must wait after these failed attempts, or None when it may be tried now.

    The same for names that exist and names that do not: the answer must not tell which is which.
    """
    waits = [
        _until_below(by_name, ATTEMPTS_PER_NAME, at),
        _until_below(by_address, ATTEMPTS_PER_ADDRESS, at),
    ]
    longest = max(waits)
    return longest if longest > timedelta(0) else None


def _until_below(failures: Sequence[datetime], limit: int, at: datetime) -> timedelta:
    recent = sorted(moment for moment in failures if at - moment < ATTEMPTS_WINDOW)
    if len(recent) < limit:
        return timedelta(0)
    return recent[-limit] + ATTEMPTS_WINDOW - at


def is_weak(password: str, login: str) -> bool:
    """Return whether a password is too short or contains the login (one of two letters is in everything)."""
    says_who = len(login) >= SHORTEST_TELLING_LOGIN and login.lower() in password.lower()
    return len(password) < MINIMUM_PASSWORD or says_who


class Presence(StrEnum):
    """Whether somebody is at work now."""

    ON_CALL = "on_call"
    HERE = "here"
    PAUSED = "paused"
    AWAY = "away"


class Gone(StrEnum):
    """Why somebody is not at work at a moment."""

    ACCOUNT_CLOSED = "account_closed"
    CONTRACT_ENDED = "contract_ended"
    ROLE_WITHDRAWN = "role_withdrawn"
    ABSENCE = "absence"
    SHIFT_OVER = "shift_over"
    PAUSED = "paused"
    LOGGED_OUT = "logged_out"


AWAY_AFTER = timedelta(minutes=10)
"""Nobody has touched their page for so long: they are away, whatever their hours say."""
LONGEST_PAUSE = timedelta(hours=1)
"""A meal lasts no longer: whoever went on a pause and has not come back since is away."""
OVERTIME = timedelta(minutes=15)
"""What is kept for somebody stays theirs this long after their hours end."""


@dataclass(frozen=True)
class Week:
    """When somebody works: their weekly hours, and the days on which they do not."""

    hours: Mapping[int, tuple[time, time]] = field(default_factory=dict)
    """By weekday, 0 being Monday; without any, they work whenever they come."""
    absences: Sequence[tuple[date, date]] = ()
    """First and last day of each."""


def presence_of(last_input_at: datetime | None, *, on_call: bool, paused: bool, at: datetime) -> Presence:
    """Return whether somebody is there; `last_input_at` is None for one who is not logged in."""
    if on_call:
        return Presence.ON_CALL
    if last_input_at is None:
        return Presence.AWAY
    silence = at - last_input_at
    if paused and silence < LONGEST_PAUSE:
        return Presence.PAUSED
    return Presence.AWAY if paused or silence >= AWAY_AFTER else Presence.HERE


def is_away(week: Week, local: datetime) -> bool:
    """Return whether a day of absence covers this moment, on the clock of the site."""
    return any(first <= local.date() <= last for first, last in week.absences)


def works_at(week: Week, local: datetime) -> bool:
    """Return whether somebody is to be at work at this moment, on the clock of the site."""
    if is_away(week, local):
        return False
    if not week.hours:
        return True
    hours = week.hours.get(local.weekday())
    return hours is not None and hours[0] <= local.time() < hours[1]


def why_gone(week: Week, local: datetime) -> Gone | None:
    """Return why nothing is to be kept for somebody at this moment, on the clock of the site; None when they work."""
    if is_away(week, local):
        return Gone.ABSENCE
    earlier = (local.astimezone(UTC) - OVERTIME).astimezone(local.tzinfo)
    if works_at(week, local) or works_at(week, earlier):
        return None
    return Gone.SHIFT_OVER
