"""When a session locks or ends, when a log-in must wait, what a password must be, who is at work. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

IDLE_LOCK = timedelta(minutes=15)
IDLE_LOCK_ON_CALL = timedelta(minutes=45)
"""On an open call people listen for long; the claim itself asks after 30 minutes."""
ABSOLUTE_END = timedelta(hours=10)
"""One shift."""
ABSOLUTE_END_ON_CALL = timedelta(hours=11)
"""A call under way is ended first, so that no answer of it is lost."""
LAST_WORDS = timedelta(minutes=5)
"""What was being typed when the time was up is still written, for as long as the call is theirs without a sign of life."""

FREE_TRIES = 3
"""Failures without any wait: people mistype once or twice. The waits after them are 1, 2, 4, 8, … seconds."""
LONGEST_WAIT = timedelta(minutes=10)
"""For one account from one address, or from one known browser: some 150 guesses a day at most."""
ATTEMPTS_WINDOW = timedelta(hours=12)
"""How long a failure counts, unless the password was right after it."""

FREE_TRIES_FROM_ANYWHERE = 20
LONGEST_WAIT_FROM_ANYWHERE = timedelta(minutes=1)
"""For one account from many addresses; a browser that is known for the account never waits for these."""

ACCOUNTS_OF_ONE_ADDRESS = 100
"""Accounts that may fail from one address at a time: a platform's tracers share one, and many mistype at 08:00."""
ACCOUNTS_PER_DOUBLING = 10
LONGEST_WAIT_OF_ADDRESS = timedelta(minutes=1)
ADDRESS_WINDOW = timedelta(hours=1)

UNLOCKS_BEFORE_END = 10
"""After so many wrong passwords in a row a covered session ends."""

MOST_FAILURES = 50
MOST_DOUBLINGS = 20
"""More of them make no wait longer."""

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


@dataclass(frozen=True)
class Failures:
    """How many attempts failed, or how many accounts failed, and when the last one did."""

    count: int = 0
    last_at: datetime | None = None


NO_FAILURES = Failures()


def wait_before_login(
    pair: Failures, account: Failures = NO_FAILURES, address: Failures = NO_FAILURES, *, at: datetime
) -> timedelta | None:
    """Return how long a log-in must wait after these failures, or None when it may be tried now.

    `pair` is the account from one address, or from one known browser; for a known browser the other two are left out.
    `account` counts the failures of the account from anywhere, `address` the accounts that failed from one address.
    The same for names that exist and names that do not: the answer must not tell which is which.
    """
    spread = (address.count - ACCOUNTS_OF_ONE_ADDRESS) // ACCOUNTS_PER_DOUBLING
    longest = max(
        _left(pair, pair.count - FREE_TRIES, LONGEST_WAIT, at),
        _left(account, account.count - FREE_TRIES_FROM_ANYWHERE, LONGEST_WAIT_FROM_ANYWHERE, at),
        _left(address, spread, LONGEST_WAIT_OF_ADDRESS, at),
    )
    return longest if longest > timedelta(0) else None


def wait_before_unlock(failures: Failures, *, at: datetime) -> timedelta | None:
    """Return how long a covered session must wait before its password may be tried again; None: not at all."""
    left = _left(failures, failures.count - FREE_TRIES, LONGEST_WAIT, at)
    return left if left > timedelta(0) else None


def _left(failures: Failures, doublings: int, longest: timedelta, at: datetime) -> timedelta:
    """Return what is left of a wait of one second, doubled so many times, after the last failure."""
    if doublings < 0 or failures.last_at is None:
        return timedelta(0)
    wait = min(timedelta(seconds=2 ** min(doublings, MOST_DOUBLINGS)), longest)
    # hosts read one clock, but a transaction that waited for another began before the other's failure
    return min(failures.last_at + wait - at, longest)


def network_of(address: str) -> str:
    """Return the address as attempts are counted: of IPv6, the network that one customer has as a whole."""
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
    """A browser in which members have logged in, as its signed cookie says."""

    id: str
    members: Mapping[int, datetime] = field(default_factory=dict)
    """Who logged in there, and when last."""

    def knows(self, member_id: int, *, since: datetime | None) -> bool:
        """Return whether the member logged in here after `since`, when what was known before was forgotten."""
        known_at = self.members.get(member_id)
        return known_at is not None and (since is None or known_at >= since)


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
