"""Services for sites and members: open and close accounts, set passwords, roles, languages and hours."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from tracing.kernel import events
from tracing.kernel.db import session
from tracing.staff import national, queries, rules
from tracing.staff.errors import LoginTaken, NoRoleLeft, NotCertified, OwnAccount, WeakPassword
from tracing.staff.models import (
    AccountMaker,
    Member,
    MemberKind,
    MemberRole,
    Role,
    SessionEnd,
    Shift,
    Site,
    SiteFund,
    SiteKind,
)

hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
"""Argon2id with the parameters of the OWASP password storage sheet: 19 MiB, two passes."""

NOBODY = hasher.hash("nobody has this password")
"""Verified when the login is unknown, so that both answers take the same time."""


def password_fits(member: Member | None, password: str) -> bool:
    """Return whether `password` is the member's; always takes the time of one verification."""
    stored = member.password_hash if member and member.password_hash else NOBODY
    try:
        hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
    return member is not None and stored is not NOBODY


def set_password(member: Member, password: str, *, by: int | None, at: datetime) -> None:
    """Give a member a password.

    Raises:
        WeakPassword: too short, or it contains the login.
    """
    if rules.is_weak(password, member.login):
        raise WeakPassword(rules.MINIMUM_PASSWORD)
    member.password_hash = hasher.hash(password)
    member.browsers_known_from = at  # who knew the old password is a stranger again
    _note_maker(member, by=by, at=at)
    events.record("member.password_set", by=by, at=at, subject=("member", member.id))


def set_paper(
    site: Site, *, fund_name: str, fund_address: str, fund_number: str, signatory: str, at: datetime
) -> None:
    """Set who pays and who signs, as an employer reads it on a sick note; notes already issued stay as they are."""
    site.fund_name, site.fund_address = fund_name.strip(), fund_address.strip()
    site.fund_number, site.signatory = fund_number.strip(), signatory.strip()
    session.flush()
    events.record("site.paper_set", by=None, at=at, subject=("site", site.id), site_id=site.id)


def add_site(
    *,
    code: str,
    name: str,
    programme: str,
    kind: SiteKind = SiteKind.LIVE,
    time_zone: str = "Europe/Paris",
    address: str = "",
    call_back_number: str = "",
    is_default: bool = False,
    funds: Iterable[str] = (),
    hours: tuple[time, time] | None = None,
    by: int | None = None,
    at: datetime,
) -> Site:
    """Open a site and route fund codes to it; without `hours`, the calling hours are those of its programme."""
    calls_from, calls_until = hours or (None, None)
    site = Site(
        code=code,
        name=name,
        programme=programme,
        kind=kind,
        time_zone=time_zone,
        address=address,
        call_back_number=call_back_number,
        is_default=is_default,
        calls_from=calls_from,
        calls_until=calls_until,
    )
    session.add(site)
    session.flush()
    session.add_all(SiteFund(fund_code=fund, site_id=site.id) for fund in funds)
    session.flush()
    events.record("site.opened", by=by, at=at, subject=("site", site.id), site_id=site.id)
    return site


def add_member(
    *,
    login: str,
    name: str,
    kind: MemberKind = MemberKind.STAFF,
    contract_ends_on: date | None = None,
    by: int | None,
    at: datetime,
) -> Member:
    """Open an account without password or role.

    Raises:
        LoginTaken: another member has this login.
    """
    login = login.strip().lower()
    if queries.find_member_by_login(login):
        raise LoginTaken
    member = Member(
        login=login, display_name=name.strip(), kind=kind, contract_ends_on=contract_ends_on, created_at=at
    )
    session.add(member)
    session.flush()
    _note_maker(member, by=by, at=at)
    events.record("member.added", by=by, at=at, subject=("member", member.id))
    return member


def grant(member: Member, role: Role, site_id: int, *, by: int | None, at: datetime) -> None:
    """Give a member a role at a site; does nothing when they hold it already."""
    if any(held.role == role and held.site_id == site_id for held in member.roles):
        return
    member.roles.append(MemberRole(member_id=member.id, site_id=site_id, role=role))
    session.flush()
    _note_maker(member, by=by, at=at)
    events.record(
        "member.role_granted", by=by, at=at, subject=("member", member.id), site_id=site_id, role=role.value
    )


def _note_maker(member: Member, *, by: int | None, at: datetime) -> None:
    """Keep who made an account what it is: they are no second person beside its member for a while."""
    if by is None or by == member.id:
        return
    made = insert(AccountMaker).values(member_id=member.id, by_id=by, last_at=at)
    session.execute(made.on_conflict_do_update(index_elements=["member_id", "by_id"], set_={"last_at": at}))


def withdraw(member: Member, role: Role, site_id: int, *, by: int | None, at: datetime) -> None:
    """Take a role at a site from a member; does nothing when they do not hold it."""
    if not any(held.role == role and held.site_id == site_id for held in member.roles):
        return
    session.execute(
        delete(MemberRole).where(
            MemberRole.member_id == member.id, MemberRole.site_id == site_id, MemberRole.role == role
        )
    )
    session.expire(member, ["roles"])
    if role is Role.IMPORTER:
        national.end_proposals(member.id, site_id, at=at)
    events.record(
        "member.role_withdrawn", by=by, at=at, subject=("member", member.id), site_id=site_id, role=role.value
    )


def set_roles(member: Member, wanted: Iterable[Role], site_id: int, *, by: int | None, at: datetime) -> None:
    """Make `wanted` the roles of a member at a site; those at other sites stay.

    Raises:
        OwnAccount: administrators would remove their own role of administrator.
        NoRoleLeft: the member would have no role anywhere, and no administrator would see them again.
        NotCertified: a recruit joins a live site only by practice and a referent's certification.
    """
    chosen = set(wanted)
    held = {role.role for role in member.roles if role.site_id == site_id}
    is_live = queries.get_site(site_id).kind is SiteKind.LIVE
    if is_live and member.kind is MemberKind.RECRUIT and chosen - held:
        raise NotCertified
    if member.id == by and Role.ADMINISTRATOR in held - chosen:
        raise OwnAccount
    if not chosen and all(role.site_id == site_id for role in member.roles):
        raise NoRoleLeft
    for role in Role:
        change = grant if role in chosen else withdraw
        change(member, role, site_id, by=by, at=at)


def set_languages(member: Member, languages: Iterable[str], *, by: int | None, at: datetime) -> None:
    """Set the languages, besides French, in which a member can hold a call."""
    wanted = sorted(set(languages))
    if wanted == member.languages:
        return
    member.languages = wanted
    session.flush()
    events.record(
        "member.languages_set", by=by, at=at, subject=("member", member.id), languages=" ".join(wanted)
    )


def set_hours(
    member: Member, hours: Mapping[int, tuple[time, time]], *, by: int | None, at: datetime
) -> None:
    """Set a member's weekly pattern: weekday (0 is Monday) to first and last hour, in the site's time zone."""
    session.execute(delete(Shift).where(Shift.member_id == member.id))
    session.add_all(
        Shift(member_id=member.id, weekday=weekday, starts_at=starts, ends_at=ends)
        for weekday, (starts, ends) in sorted(hours.items())
    )
    session.flush()
    session.expire(member, ["shifts"])
    events.record("member.hours_set", by=by, at=at, subject=("member", member.id))


def close_account(member: Member, *, by: int | None, at: datetime) -> None:
    """Close an account and end its sessions.

    Raises:
        OwnAccount: the agent would close the account they work with.
    """
    if member.id == by:
        raise OwnAccount
    member.closed_at = member.browsers_known_from = at
    for one in queries.open_sessions(member.id):
        one.ended_at, one.end_reason = at, SessionEnd.ACCOUNT_CLOSED
    session.flush()
    events.record("member.closed", by=by, at=at, subject=("member", member.id))


def reopen_account(member: Member, *, by: int | None, at: datetime) -> None:
    """Open a closed account again, with the roles and the password it had."""
    if member.closed_at is not None:
        member.closed_at = None
        session.flush()
        events.record("member.reopened", by=by, at=at, subject=("member", member.id))
