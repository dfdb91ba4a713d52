"""Staff sessions: log in, record input, lock and unlock, end. The browser has a random token, the database its hash."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import Update, delete, text, update
from sqlalchemy.orm.attributes import set_committed_value

from tracing.kernel import events
from tracing.kernel.db import WITHOUT_WAITING, session
from tracing.staff import queries, rules, services
from tracing.staff.agent import Agent
from tracing.staff.errors import (
    NoRole,
    NoSuchMember,
    NoSuchSession,
    NotAllowed,
    TooManyAttempts,
    TooManyUnlockAttempts,
    WrongPassword,
)
from tracing.staff.models import LoginAttempt, Member, Role, SessionEnd, StaffSession
from tracing.staff.rules import Browser, Failures
from tracing.vault import services as vault

INPUT_PRECISION = timedelta(seconds=20)
"""Input within this time after the last recorded input is not written."""

ATTEMPTS_KEPT = timedelta(days=30)


@dataclass(frozen=True, repr=False)
class SignedIn:
    """A new session and the token for its cookie, which is never stored."""

    session: StaffSession
    token: str


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(CAST(:family AS integer), hashtext(:what))")
_OF_ACCOUNT, _OF_ADDRESS = 7301, 7302
"""Advisory lock families for log-in attempts; any numbers, but the same in every release."""


def begin_attempt(
    login: str, *, address: str, browser: Browser | None, at: datetime
) -> LoginAttempt | TooManyAttempts:
    """Count an attempt to log in before its password is compared, or refuse it.

    The caller commits, so that guesses sent at the same time are all counted.
    """
    name_hash = vault.blind("login", login.strip().lower())
    address = rules.network_of(address)
    member = queries.find_member_by_login(login)
    known = None
    if browser and member and browser.knows(member.id, since=member.browsers_known_from):
        known = browser.id
    # always lock the account first, to avoid deadlocks
    session.execute(_ONE_AT_A_TIME, {"family": _OF_ACCOUNT, "what": name_hash.hex()})
    since = at - rules.ATTEMPTS_WINDOW
    if known is not None:
        wait = rules.wait_before_login(
            queries.failures_of_account(name_hash, since=since, browser=known), at=at
        )
    else:
        session.execute(_ONE_AT_A_TIME, {"family": _OF_ADDRESS, "what": address})
        wait = rules.wait_before_login(
            queries.failures_of_account(name_hash, since=since, address=address),
            queries.failures_of_account(name_hash, since=since),
            queries.failures_of_address(address, since=at - rules.ADDRESS_WINDOW),
            at=at,
        )
    if wait:
        return TooManyAttempts(wait)
    attempt = LoginAttempt(
        name_hash=name_hash,
        address=address,
        browser=known,
        at=at,
        succeeded=False,
    )
    session.add(attempt)
    session.flush()
    return attempt


def sign_in(
    attempt: LoginAttempt, login: str, password: str, *, device: str, at: datetime
) -> SignedIn | Exception:
    """Compare the password of a counted attempt; return the session, or the refusal."""
    member = queries.find_member_by_login(login)
    fits = services.password_fits(member, password)
    if not fits or member is None or not may_log_in(member, at):
        return WrongPassword()
    _forgive(attempt)
    if not member.roles:
        return NoRole()
    return begin(member, device=device, at=at)


def _forgive(attempt: LoginAttempt) -> None:
    """Mark earlier failures of the account in the same place as forgiven, now that the password was right."""
    same = _forgiving(attempt.name_hash, attempt.at).where(LoginAttempt.browser == attempt.browser)
    if attempt.browser is None:
        same = same.where(LoginAttempt.address == attempt.address)
    session.execute(same)
    session.execute(
        update(LoginAttempt)
        .where(LoginAttempt.id == attempt.id)
        .values(succeeded=True)
        .execution_options(synchronize_session=False)
    )


def _forgiving(name_hash: bytes, at: datetime) -> Update:
    return (
        update(LoginAttempt)
        .where(LoginAttempt.name_hash == name_hash, LoginAttempt.at >= at - rules.ATTEMPTS_WINDOW)
        .where(LoginAttempt.succeeded.is_(False), LoginAttempt.forgiven.is_(False))
        .values(forgiven=True)
        .execution_options(synchronize_session=False)
    )


def lift_delays(login: str, *, address: str | None = None, by: int | None, at: datetime) -> None:
    """Lift the delay that earlier failures cause for a login, and for an `address` if one is given.

    Raises:
        NoSuchMember: no member has this login.
    """
    member = queries.find_member_by_login(login)
    if member is None:
        raise NoSuchMember
    session.execute(_forgiving(vault.blind("login", member.login), at))
    if address is not None:
        session.execute(
            update(LoginAttempt)
            .where(
                LoginAttempt.address == rules.network_of(address),
                LoginAttempt.at >= at - rules.ATTEMPTS_WINDOW,
            )
            .values(forgiven=True)
            .execution_options(synchronize_session=False)
        )
    events.record("member.delays_lifted", by=by, at=at, subject=("member", member.id))


def forget_attempts(*, at: datetime) -> None:
    """Delete old log-in attempts: only an investigation of an attack would still read them."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.at < at - ATTEMPTS_KEPT))


def may_log_in(member: Member, at: datetime, *, zone: ZoneInfo | None = None) -> bool:
    """Return whether the account is open and its contract not over; its last day ends in the member's time zone.

    For many members, pass the `zone` of each (`zones_of`); otherwise it is queried for each.
    """
    if member.closed_at is not None:
        return False
    if member.contract_ends_on is None or not member.roles:
        return True
    zone = zone or ZoneInfo(queries.get_site(first_site(member)).time_zone)
    return at.astimezone(zone).date() <= member.contract_ends_on


def zones_of(members: Iterable[Member]) -> dict[int, ZoneInfo]:
    """Return, by member, the time zone in which their contract ends; members without an end date are absent."""
    first = {one.id: first_site(one) for one in members if one.contract_ends_on is not None and one.roles}
    zones = {one.id: ZoneInfo(one.time_zone) for one in queries.sites(first.values())} if first else {}
    return {member_id: zones[site_id] for member_id, site_id in first.items()}


def first_site(member: Member) -> int:
    """Return the site at which a new session of a member begins."""
    return min(role.site_id for role in member.roles)


def _last_site(member: Member) -> int | None:
    """Return the site at which a member worked last, if they still hold a role there."""
    worked_at = queries.last_site(member.id)
    return worked_at if worked_at in {role.site_id for role in member.roles} else None


def begin(member: Member, *, device: str, at: datetime) -> SignedIn:
    """Open a session for a member who has authenticated."""
    token = secrets.token_urlsafe(32)
    member.paused_at = None  # logging in ends a pause
    opened = StaffSession(
        token_hash=hash_token(token),
        member_id=member.id,
        site_id=member.lent_to or _last_site(member) or first_site(member),
        device=device,
        started_at=at,
        last_input_at=at,
    )
    session.add(opened)
    session.flush()
    events.record("session.begun", by=member.id, at=at, subject=("session", opened.id))
    return SignedIn(opened, token)


def hash_token(token: str) -> bytes:
    """Return the hash under which a token is stored; 256 random bits need no salt."""
    return sha256(token.encode()).digest()


def agent_of(current: StaffSession) -> Agent:
    """Return the agent of a session; if their role here was withdrawn, they continue at another site of theirs."""
    member = queries.get_member(current.member_id)
    roles = roles_of(member)
    if roles and current.site_id not in {site_id for site_id, _role in roles}:
        current.site_id = member.lent_to or first_site(member)
    return Agent(
        member_id=member.id,
        login=member.login,
        name=member.display_name,
        session_id=current.id,
        site=queries.workplace(queries.get_site(current.site_id)),
        roles=roles,
        languages=frozenset(member.languages),
        lent_to=member.lent_to,
        national_at=frozenset(role.site_id for role in member.roles if role.is_national),
    )


def roles_of(member: Member) -> frozenset[tuple[int, Role]]:
    """Return the member's pairs of site and role; a lent tracer calls for the other site."""
    held = {(role.site_id, role.role) for role in member.roles}
    if member.lent_to is not None and member.roles:
        held.add((member.lent_to, Role.TRACER))
    return frozenset(held)


_TOUCH = text(
    f"UPDATE staff_sessions SET last_input_at = :at WHERE id = :id RETURNING {WITHOUT_WAITING}"  # noqa: S608 - our own words
)


def record_input(current: StaffSession, *, at: datetime) -> None:
    """Record input by the member. The transaction does not wait for the disk, so nothing else may be in it.

    If the power fails, the input of the last seconds is lost.
    """
    if at - current.last_input_at >= INPUT_PRECISION:
        # runs at nearly every click: the ORM would take twice as long to write its object
        session.execute(_TOUCH, {"id": current.id, "at": at})
        set_committed_value(current, "last_input_at", at)


def lock(current: StaffSession, *, at: datetime) -> None:
    """Lock the session until the password is typed again."""
    if current.locked_at is None:
        current.locked_at = at
        events.record("session.locked", by=current.member_id, at=at, subject=("session", current.id))


def begin_unlock(current: StaffSession, *, at: datetime) -> TooManyAttempts | None:
    """Count an attempt to unlock a session before its password is compared, or refuse it; the caller commits.

    It is counted for this session alone: failed log-ins elsewhere do not delay it.
    """
    session.refresh(current, with_for_update=True)
    failures = Failures(current.failed_unlocks, current.last_failed_unlock_at)
    if wait := rules.wait_before_unlock(failures, at=at):
        return TooManyAttempts(wait)
    current.failed_unlocks += 1
    current.last_failed_unlock_at = at
    session.flush()
    return None


def unlock(current: StaffSession, password: str, *, at: datetime) -> Exception | None:
    """Unlock a session when the password is right; end it after too many wrong ones. Returns the refusal."""
    member = queries.get_member(current.member_id)
    if services.password_fits(member, password):
        current.locked_at, current.last_input_at = None, at
        current.failed_unlocks, current.last_failed_unlock_at = 0, None
        return None
    if current.failed_unlocks >= rules.UNLOCKS_BEFORE_END:
        end(current, SessionEnd.GUESSED_AT, by=None, at=at)
        return TooManyUnlockAttempts()
    return WrongPassword()


def end(current: StaffSession, reason: SessionEnd, *, by: int | None, at: datetime) -> None:
    """End a session; does nothing when it has ended already."""
    if current.ended_at is None:
        current.ended_at, current.end_reason = at, reason
        events.record("session.ended", by=by, at=at, subject=("session", current.id), reason=reason.value)


def end_one_of(member_id: int, session_id: int, *, by: int, at: datetime) -> None:
    """End one of a member's sessions.

    Raises:
        NoSuchSession: it is not theirs, or it has ended.
    """
    for one in queries.open_sessions(member_id):
        if one.id == session_id:
            end(one, SessionEnd.ENDED_ELSEWHERE, by=by, at=at)
            return
    raise NoSuchSession


def work_at(current: StaffSession, site_id: int) -> None:
    """Continue the session at another site.

    Raises:
        NotAllowed: the member holds no role there.
    """
    member = queries.get_member(current.member_id)
    if site_id not in {held for held, _role in roles_of(member)}:
        raise NotAllowed
    current.site_id = site_id


def first_password(login: str) -> str:
    """Return a password to hand over once: 96 random bits, in groups that can be read aloud."""
    while True:
        password = "-".join(secrets.token_hex(3) for _ in range(4))
        # a short login may occur in it by chance: "ada" is hexadecimal
        if not rules.is_weak(password, login):
            return password
