"""When a session locks or ends, when a log-in must wait, what a password must be. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

IDLE_LOCK = timedelta(minutes=15)
IDLE_LOCK_ON_CALL = timedelta(minutes=45)
"""On an open call people listen for long; the claim itself asks after 30 minutes."""
ABSOLUTE_END = timedelta(hours=10)
"""One shift."""

ATTEMPTS_WINDOW = timedelta(minutes=15)
ATTEMPTS_PER_NAME = 5
ATTEMPTS_PER_ADDRESS = 50
"""A platform's tracers share one address."""

MINIMUM_PASSWORD = 14
"""CNIL 2022-100: 14 characters give 80 bits without asking for special ones."""

SHORTEST_TELLING_LOGIN = 3


def is_too_old(started_at: datetime, *, at: datetime) -> bool:
    """Return whether a session has lasted a whole shift."""
    return at - started_at >= ABSOLUTE_END


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
