"""Queries for members, sites, sessions and failed log-ins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Interval, Row, Select, bindparam, func, or_, select
from sqlalchemy.orm import joinedload

from tracing.kernel.db import equals_any, session
from tracing.kernel.memory_stamps import stamp_of
from tracing.staff import rules
from tracing.staff.agent import Workplace
from tracing.staff.errors import NoSuchMember
from tracing.staff.models import (
    LoginAttempt,
    Member,
    MemberRole,
    Role,
    SessionEnd,
    Shift,
    Site,
    SiteFund,
    SiteKind,
    StaffSession,
)
from tracing.staff.rules import Failures


def find_member_by_login(login: str) -> Member | None:
    """Return the member with this login; their account may be closed."""
    return session.scalar(select(Member).where(Member.login == login.strip().lower()))


def get_member(member_id: int) -> Member:
    """Return a member."""
    member = session.get(Member, member_id)
    if member is None:
        raise NoSuchMember
    return member


def member_names(ids: Iterable[int]) -> dict[int, str]:
    """Return the display names of members."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.execute(select(Member.id, Member.display_name).where(Member.id.in_(wanted)))
    return {row.id: row.display_name for row in rows}


def members(ids: Iterable[int]) -> list[Member]:
    """Return members by their ids."""
    return list(session.scalars(select(Member).where(Member.id.in_(set(ids)))))


def members_with_role(site_id: int, *roles: Role) -> list[Member]:
    """Return the open accounts that hold one of `roles` at a site, by name."""
    return list(
        session.scalars(
            select(Member)
            .where(
                Member.closed_at.is_(None),
                Member.id.in_(
                    select(MemberRole.member_id).where(
                        MemberRole.site_id == site_id, MemberRole.role.in_(roles)
                    )
                ),
            )
            .order_by(Member.display_name)
        )
    )


def import_officers(site_id: int, *, is_national: bool) -> list[Member]:
    """Return the open accounts of a site's import officers, by name; with `is_national`, only the national ones."""
    held = select(MemberRole.member_id).where(MemberRole.site_id == site_id, MemberRole.role == Role.IMPORTER)
    if is_national:
        held = held.where(MemberRole.is_national)
    chosen = select(Member).where(Member.closed_at.is_(None), Member.id.in_(held))
    return list(session.scalars(chosen.order_by(Member.display_name)))


def work_sites_of(member: Member) -> tuple[frozenset[int], frozenset[int]]:
    """Return the live sites and the training sites at which an account works.

    A loan does not count: the lending site is responsible for its tracer, and loans are between live sites.
    """
    kinds = {site.id: site.kind for site in sites(role.site_id for role in member.roles)}
    live = frozenset(site_id for site_id, kind in kinds.items() if kind is SiteKind.LIVE)
    return live, frozenset(kinds) - live


def tracers_of(site_id: int, *, only: int | None = None) -> list[Member]:
    """Return the open accounts that call for a site now, by name: with tracers lent to it, without those lent away.

    With `only`, that member alone.
    """
    own = select(MemberRole.member_id).where(MemberRole.site_id == site_id, MemberRole.role == Role.TRACER)
    return list(
        session.scalars(
            select(Member)
            .where(
                Member.closed_at.is_(None),
                or_(Member.lent_to == site_id, Member.lent_to.is_(None) & Member.id.in_(own)),
                *([] if only is None else [Member.id == only]),
            )
            .order_by(Member.display_name)
        )
    )


def members_of_sites(site_ids: Iterable[int]) -> list[Member]:
    """Return the members who hold a role at one of these sites, by name."""
    chosen = select(MemberRole.member_id).where(MemberRole.site_id.in_(set(site_ids)))
    return list(session.scalars(select(Member).where(Member.id.in_(chosen)).order_by(Member.display_name)))


def get_site(site_id: int) -> Site:
    """Return a site that is known to exist."""
    return session.get_one(Site, site_id)


def sites(ids: Iterable[int] | None = None) -> list[Site]:
    """Return all sites, or those of `ids`, by name."""
    chosen = select(Site).order_by(Site.name)
    if ids is not None:
        chosen = chosen.where(Site.id.in_(set(ids)))
    return list(session.scalars(chosen))


def find_site_by_code(code: str) -> Site | None:
    """Return the site of this code."""
    return session.scalar(select(Site).where(Site.code == code))


def find_training_site() -> Site | None:
    """Return the training site."""
    return session.scalar(select(Site).where(Site.kind == SiteKind.TRAINING).order_by(Site.id))


def default_site() -> Site | None:
    """Return the site of cases whose fund code matches no site."""
    return session.scalar(select(Site).where(Site.is_default))


def sites_by_fund() -> dict[str, int]:
    """Return the site of each fund code."""
    return {row.fund_code: row.site_id for row in session.scalars(select(SiteFund))}


def workplace(site: Site) -> Workplace:
    """Return a site as the workplace of an agent."""
    return Workplace(
        id=site.id,
        code=site.code,
        name=site.name,
        kind=site.kind,
        programme=site.programme,
        time_zone=ZoneInfo(site.time_zone),
    )


@dataclass(frozen=True)
class CurrentUser:
    """The user of a request: session, member, site, and the time by the database's clock, in UTC."""

    session: StaffSession
    member: Member
    site: Site
    asked_at: datetime
    rules_stamp: int
    """The number of the last change of the rules that hosts keep in memory (kernel.memory_stamps)."""


_WHO = (
    select(StaffSession, Member, Site, func.now(), stamp_of("rules"))
    .join(Member, Member.id == StaffSession.member_id)
    .join(Site, Site.id == StaffSession.site_id)
    .where(StaffSession.token_hash == bindparam("token_hash"))
    .options(joinedload(Member.roles))
)
_SIGNED_IN = _WHO.where(StaffSession.ended_at.is_(None))
"""The current-user query, built once: it runs on every request, and building it took longer than running it."""
_TIMED_OUT = _WHO.where(
    StaffSession.end_reason == SessionEnd.TOO_OLD,
    StaffSession.ended_at > func.now() - bindparam("within", type_=Interval),
    StaffSession.locked_at.is_(None),
)


def find_signed_in(token_hash: bytes) -> CurrentUser | None:
    """Return the user whose session token has this hash, in one statement; None without such an open session."""
    return _find_who(_SIGNED_IN, token_hash=token_hash)


def find_timed_out(token_hash: bytes, *, within: timedelta) -> CurrentUser | None:
    """Return the user whose session, not locked, ended `within` this time because it had lasted a whole shift."""
    return _find_who(_TIMED_OUT, token_hash=token_hash, within=within)


def _find_who(
    statement: Select[StaffSession, Member, Site, datetime, int], **given: object
) -> CurrentUser | None:
    row = session.execute(statement, given).unique().one_or_none()
    return None if row is None else CurrentUser(row[0], row[1], row[2], row[3].astimezone(UTC), row[4])


def open_sessions(member_id: int) -> list[StaffSession]:
    """Return a member's sessions that have not ended, newest first."""
    return list(
        session.scalars(
            select(StaffSession)
            .where(StaffSession.member_id == member_id, StaffSession.ended_at.is_(None))
            .order_by(StaffSession.id.desc())
        )
    )


def last_site(member_id: int) -> int | None:
    """Return the site of a member's latest session; None before their first."""
    latest = select(StaffSession.site_id).where(StaffSession.member_id == member_id)
    return session.scalar(latest.order_by(StaffSession.id.desc()).limit(1))


def is_open_session(session_id: int) -> bool:
    """Return whether a session has not ended."""
    chosen = select(StaffSession.id).where(StaffSession.id == session_id, StaffSession.ended_at.is_(None))
    return session.scalar(chosen) is not None


def failures_of_account(
    name_hash: bytes, *, since: datetime, address: str | None = None, browser: str | None = None
) -> Failures:
    """Return how often log-ins of an account failed since a moment, counted up to the number that makes a difference.

    In one known `browser`; otherwise in all unknown browsers, from one `address` or from anywhere.
    """
    where = LoginAttempt.browser.is_(None) if browser is None else LoginAttempt.browser == browser
    chosen = _failed(since).where(LoginAttempt.name_hash == name_hash, where)
    if address is not None:
        chosen = chosen.where(LoginAttempt.address == address)
    found = session.scalars(chosen.order_by(LoginAttempt.at.desc()).limit(rules.MOST_FAILURES)).all()
    return Failures(len(found), found[0] if found else None)


def failures_of_address(address: str, *, since: datetime) -> Failures:
    """Return for how many accounts log-ins failed from an address since a moment, in unknown browsers."""
    chosen = (
        _failed(since)
        .where(LoginAttempt.address == address, LoginAttempt.browser.is_(None))
        .with_only_columns(func.count(LoginAttempt.name_hash.distinct()), func.max(LoginAttempt.at))
    )
    count, last_at = session.execute(chosen).one()
    return Failures(count, last_at)


def _failed(since: datetime) -> Select[datetime]:
    return select(LoginAttempt.at).where(
        LoginAttempt.at >= since, LoginAttempt.succeeded.is_(False), LoginAttempt.forgiven.is_(False)
    )


def shifts_of(member_id: int) -> Sequence[Shift]:
    """Return the weekly hours of a member."""
    return session.scalars(select(Shift).where(Shift.member_id == member_id).order_by(Shift.weekday)).all()


def hours_of(member_ids: Iterable[int]) -> Sequence[Row[int, int, time, time]]:
    """Return the weekly hours of many members: rows of member, weekday, start and end."""
    chosen = select(Shift.member_id, Shift.weekday, Shift.starts_at, Shift.ends_at)
    return session.execute(chosen.where(equals_any(Shift.member_id, member_ids))).all()
