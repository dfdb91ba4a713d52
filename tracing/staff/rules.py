"""Rules for session lock and end, log-in delays, passwords, and presence at work. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

IDLE_LOCK = timedelta(minutes=15)
IDLE_LOCK_ON_CALL = timedelta(minutes=45)
"""During a call tracers listen for long; after 30 minutes the claim itself asks for a sign of life."""
ABSOLUTE_END = timedelta(hours=10)
"""A session ends after one shift."""
ABSOLUTE_END_ON_CALL = timedelta(hours=11)
"""During a call the session lasts longer: the call is ended first, so that none of its answers is lost."""
LAST_WORDS = timedelta(minutes=5)
"""Grace period in which a timed-out session may still save its last input; a claim lasts as long without input."""

FREE_TRIES = 3
"""Failures without a delay: people mistype once or twice. The delays after that are 1, 2, 4, 8, … seconds."""
LONGEST_WAIT = timedelta(minutes=10)
"""For one account from one address, or from one known browser: some 150 guesses a day at most."""
ATTEMPTS_WINDOW = timedelta(hours=12)
"""How long a failure counts, unless the password was right after it."""

FREE_TRIES_FROM_ANYWHERE = 20
LONGEST_WAIT_FROM_ANYWHERE = timedelta(minutes=1)
"""For one account from many addresses; a browser known for the account is never delayed by these failures."""

ACCOUNTS_OF_ONE_ADDRESS = 100
"""Accounts that may fail from one address at a time: tracers of a platform share one, and many mistype at 08:00."""
ACCOUNTS_PER_DOUBLING = 10
LONGEST_WAIT_OF_ADDRESS = timedelta(minutes=1)
ADDRESS_WINDOW = timedelta(hours=1)

UNLOCKS_BEFORE_END = 10
"""A locked session ends after this many wrong passwords in a row."""

MOST_FAILURES = 50
MOST_DOUBLINGS = 20
"""Further failures make a delay no longer."""

MINIMUM_PASSWORD = 14
"""CNIL 2022-100: 14 characters give 80 bits without requiring special ones."""

SHORTEST_TELLING_LOGIN = 3

PROPOSAL_LASTS = timedelta(days=7)
"""Time in which a second administrator may confirm a proposal for a national import officer."""


def may_act_on_account(live: Collection[int], practice: Collection[int], *, held: Collection[int]) -> bool:
    """Return whether an administrator may change an account in a way that affects every site at which it works.

    `live` and `practice` are those sites; `held` are the sites at which the administrator has the right. It is needed
    at every live site: a password set at the training site opens the live site as well. For an account that only
    practises, the right at one of its sites is enough.
    """
    return set(live) <= set(held) and not set(held).isdisjoint({*live, *practice})


def is_too_old(started_at: datetime, *, on_call: bool = False, at: datetime) -> bool:
    """Return whether a session has lasted a whole shift, including the extra time for a call under way."""
    return at - started_at >= (ABSOLUTE_END_ON_CALL if on_call else ABSOLUTE_END)


def must_lock(last_input_at: datetime, *, on_call: bool, at: datetime) -> bool:
    """Return whether a session must lock because there was no input for too long."""
    return at - last_input_at >= (IDLE_LOCK_ON_CALL if on_call else IDLE_LOCK)


@dataclass(frozen=True)
class Failures:
    """The number of failed attempts, or of accounts with failures, and the time of the last failure."""

    count: int = 0
    last_at: datetime | None = None


NO_FAILURES = Failures()


def wait_before_login(
    pair: Failures, account: Failures = NO_FAILURES, address: Failures = NO_FAILURES, *, at: datetime
) -> timedelta | None:
    """Return how long a log-in must wait after these failures, or None when it may be tried now.

    `pair` counts the account from one address or in one known browser; for a known browser the other two are left out.
    `account` counts the failures of the account from anywhere, `address` the accounts that failed from one address.
    Logins that exist and logins that do not are treated alike: the answer must not tell which is which.
    """
    spread = (address.count - ACCOUNTS_OF_ONE_ADDRESS) // ACCOUNTS_PER_DOUBLING
    longest = max(
        _left(pair, pair.count - FREE_TRIES, LONGEST_WAIT, at),
        _left(account, account.count - FREE_TRIES_FROM_ANYWHERE, LONGEST_WAIT_FROM_ANYWHERE, at),
        _left(address, spread, LONGEST_WAIT_OF_ADDRESS, at),
    )
    return longest if longest > timedelta(0) else None


def wait_before_unlock(failures: Failures, *, at: datetime) -> timedelta | None:
    """Return how long a locked session must wait before the next attempt to unlock; None: it need not wait."""
    left = _left(failures, failures.count - FREE_TRIES, LONGEST_WAIT, at)
    return left if left > timedelta(0) else None


def _left(failures: Failures, doublings: int, longest: timedelta, at: datetime) -> timedelta:
    """Return what is left of a delay of one second, doubled `doublings` times, since the last failure."""
    if doublings < 0 or failures.last_at is None:
        return timedelta(0)
    wait = min(timedelta(seconds=2 ** min(doublings, MOST_DOUBLINGS)), longest)
    # all hosts use one clock, but a transaction that waited for another may have begun before the other's failure
    return min(failures.last_at + wait - at, longest)


def network_of(address: str) -> str:
    """Return the address under which attempts are counted: for IPv6, the whole network of one customer."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), 64), strict=False))


@dataclass(frozen=True)
class Browser:
    """A browser in which members have logged in, according to its signed cookie."""

    id: str
    members: Mapping[int, datetime] = field(default_factory=dict)
    """The members who logged in there, with the time of their last log-in."""

    def knows(self, member_id: int, *, since: datetime | None) -> bool:
        """Return whether the member logged in here after `since`; earlier log-ins no longer count."""
        known_at = self.members.get(member_id)
        return known_at is not None and (since is None or known_at >= since)


def is_weak(password: str, login: str) -> bool:
    """Return whether a password is too short or contains the login (very short logins are not checked)."""
    says_who = len(login) >= SHORTEST_TELLING_LOGIN and login.lower() in password.lower()
    return len(password) < MINIMUM_PASSWORD or says_who


class Presence(StrEnum):
    """Whether a member is at work now."""

    ON_CALL = "on_call"
    HERE = "here"
    PAUSED = "paused"
    AWAY = "away"


class UnavailableReason(StrEnum):
    """Why a member is not at work at a moment."""

    ACCOUNT_CLOSED = "account_closed"
    CONTRACT_ENDED = "contract_ended"
    ROLE_WITHDRAWN = "role_withdrawn"
    ABSENCE = "absence"
    SHIFT_OVER = "shift_over"
    PAUSED = "paused"
    LOGGED_OUT = "logged_out"


AWAY_AFTER = timedelta(minutes=10)
"""A member without input for this long is away, whatever their hours are."""
LONGEST_PAUSE = timedelta(hours=1)
"""A member who has not come back after a pause of this length is away; a meal takes no longer."""
OVERTIME = timedelta(minutes=15)
"""A member's reservations stay theirs for this long after their hours end."""


@dataclass(frozen=True)
class Week:
    """When a member works: their weekly hours and their absences."""

    hours: Mapping[int, tuple[time, time]] = field(default_factory=dict)
    """By weekday, 0 is Monday; a member without any works whenever they log in."""
    absences: Sequence[tuple[date, date]] = ()
    """First and last day of each absence."""


def presence_of(last_input_at: datetime | None, *, on_call: bool, paused: bool, at: datetime) -> Presence:
    """Return whether a member is at work; `last_input_at` is None if they are not logged in."""
    if on_call:
        return Presence.ON_CALL
    if last_input_at is None:
        return Presence.AWAY
    silence = at - last_input_at
    if paused and silence < LONGEST_PAUSE:
        return Presence.PAUSED
    return Presence.AWAY if paused or silence >= AWAY_AFTER else Presence.HERE


def is_away(week: Week, local: datetime) -> bool:
    """Return whether this moment, in the site's local time, falls on a day of absence."""
    return any(first <= local.date() <= last for first, last in week.absences)


def works_at(week: Week, local: datetime) -> bool:
    """Return whether a member should be at work at this moment, in the site's local time."""
    if is_away(week, local):
        return False
    if not week.hours:
        return True
    hours = week.hours.get(local.weekday())
    return hours is not None and hours[0] <= local.time() < hours[1]


def unavailable_reason(week: Week, local: datetime) -> UnavailableReason | None:
    """Return why nothing is to be reserved for a member at this moment, in the site's local time; None if they work."""
    if is_away(week, local):
        return UnavailableReason.ABSENCE
    earlier = (local.astimezone(UTC) - OVERTIME).astimezone(local.tzinfo)
    if works_at(week, local) or works_at(week, earlier):
        return None
    return UnavailableReason.SHIFT_OVER
