"""Services to invite a recruit, open their account by a one-time link, and certify them for real calls."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tracing.kernel import events
from tracing.kernel.db import find_row, session
from tracing.onboarding import queries, rules
from tracing.onboarding.errors import (
    AlreadyJoined,
    ContractOver,
    LinkExpired,
    LinkUsed,
    LinkWithdrawn,
    NoLiveSite,
    NoSuchLink,
    NoSuchRecruit,
    NoTrainingSite,
    NotReady,
)
from tracing.onboarding.models import Certification, Invitation
from tracing.onboarding.rules import LinkState
from tracing.staff import queries as staff
from tracing.staff import services as staff_services
from tracing.staff.agent import Agent
from tracing.staff.errors import LoginTaken
from tracing.staff.login.sessions import hash_token
from tracing.staff.models import Member, MemberKind, Role, Site, SiteKind

COMMITMENT = "2026.1"
"""The version of the confidentiality text on the welcome page that a recruit commits to."""


@dataclass(frozen=True, repr=False)
class Issued:
    """An invitation and the token of its link, which is shown once and never stored."""

    invitation: Invitation
    token: str


def live_site_of(by: Agent) -> Site:
    """Return the live site for which a referent invites: where they work now, or the first of theirs.

    Raises:
        NoLiveSite: they are referent at a training site only.
    """
    theirs = [site for site in staff.sites(by.sites_as(Role.REFERENT)) if site.kind is SiteKind.LIVE]
    here = [site for site in theirs if site.id == by.site.id]
    if not theirs:
        raise NoLiveSite
    return (here or theirs)[0]


def invite(*, name: str, login: str, contract_ends_on: date, by: Agent, at: datetime) -> Issued:
    """Invite a recruit to the training site and, once certified, to a live site of this referent.

    Raises:
        NoLiveSite, NoTrainingSite: there is no such site.
        LoginTaken: another member has this login, or another invitation reserves it.
        ContractOver: the contract has ended.
    """
    live_site, training_site = live_site_of(by), staff.find_training_site()
    if training_site is None:
        raise NoTrainingSite
    if rules.is_over(contract_ends_on, at=at, zone=ZoneInfo(live_site.time_zone)):
        raise ContractOver
    login = login.strip().lower()
    if staff.find_member_by_login(login) or queries.is_login_promised(login):
        raise LoginTaken
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        token_hash=hash_token(token),
        login=login,
        display_name=name.strip(),
        contract_ends_on=contract_ends_on,
        training_site_id=training_site.id,
        live_site_id=live_site.id,
        invited_by=by.member_id,
        invited_at=at,
        expires_at=at + rules.LINK_LASTS,
    )
    session.add(invitation)
    session.flush()
    _record("issued", invitation, by=by.member_id, at=at)
    return Issued(invitation, token)


def reissue(invitation_id: int, *, by: Agent, at: datetime) -> Issued:
    """Give an invitation a new link; the former one is no longer valid.

    Raises:
        AlreadyJoined: the recruit has joined.
    """
    invitation = _not_used(invitation_id, by)
    token = secrets.token_urlsafe(32)
    invitation.token_hash, invitation.expires_at = hash_token(token), at + rules.LINK_LASTS
    session.flush()
    _record("issued_again", invitation, by=by.member_id, at=at)
    return Issued(invitation, token)


def withdraw(invitation_id: int, *, by: Agent, at: datetime) -> None:
    """Withdraw an invitation.

    Raises:
        AlreadyJoined: the recruit has joined.
    """
    invitation = _not_used(invitation_id, by)
    invitation.withdrawn_at = at
    session.flush()
    _record("withdrawn", invitation, by=by.member_id, at=at)


def _not_used(invitation_id: int, by: Agent) -> Invitation:
    invitation = queries.get_invitation(invitation_id, by=by)
    if invitation.used_at is not None:
        raise AlreadyJoined
    return invitation


def open_link(token: str, *, at: datetime, lock: bool = False) -> Invitation:
    """Return the invitation of a link that is still valid.

    Raises:
        NoSuchLink: no invitation has this link.
        LinkUsed, LinkWithdrawn, LinkExpired: the link is no longer valid.
    """
    invitation = queries.find_invitation(hash_token(token), lock=lock)
    if invitation is None:
        raise NoSuchLink
    site = staff.get_site(invitation.live_site_id)
    match queries.link_of(invitation, at, zone=ZoneInfo(site.time_zone)):
        case LinkState.USED:
            raise LinkUsed
        case LinkState.WITHDRAWN:
            raise LinkWithdrawn
        case LinkState.EXPIRED:
            raise LinkExpired
    return invitation


def accept(token: str, *, password: str, at: datetime) -> Member:
    """Open the account of a recruit who committed to secrecy and chose a password: at the training site only.

    Raises:
        NoSuchLink, LinkUsed, LinkWithdrawn, LinkExpired: the link is not valid.
        LoginTaken, WeakPassword: the account cannot be opened with this login or password.
    """
    invitation = open_link(token, at=at, lock=True)
    member = staff_services.add_member(
        login=invitation.login,
        name=invitation.display_name,
        kind=MemberKind.RECRUIT,
        contract_ends_on=invitation.contract_ends_on,
        by=invitation.invited_by,
        at=at,
    )
    staff_services.set_password(member, password, by=member.id, at=at)
    staff_services.grant(member, Role.TRACER, invitation.training_site_id, by=invitation.invited_by, at=at)
    invitation.used_at, invitation.member_id = at, member.id
    session.flush()
    _record("accepted", invitation, by=member.id, at=at)
    events.record(
        "member.committed_to_secrecy", by=member.id, at=at, subject=("member", member.id), version=COMMITMENT
    )
    return member


def certify(member_id: int, *, by: Agent, at: datetime) -> Certification:
    """Certify a recruit for real calls: they become a tracer at the live site, and may continue to practise.

    Raises:
        NoSuchRecruit: they belong to another site, or another referent reviews them.
        NotReady: they have not completed a practice conversation with a patient zero.
    """
    recruit = queries.get_recruit(member_id, by=by, at=at)
    invitation, member = recruit.invitation, find_row(Member, member_id, lock=True)
    if member is None or not may_review(invitation, by):
        raise NoSuchRecruit
    known = session.get(Certification, (member_id, invitation.live_site_id))
    if known is not None:
        return known
    if not recruit.is_ready:
        raise NotReady
    certification = Certification(
        member_id=member_id,
        site_id=invitation.live_site_id,
        certified_by=by.member_id,
        certified_at=at,
        practice_calls=recruit.practice.complete,
    )
    session.add(certification)
    staff_services.grant(member, Role.TRACER, invitation.live_site_id, by=by.member_id, at=at)
    session.flush()
    events.record(
        "member.certified",
        by=by.member_id,
        at=at,
        subject=("member", member_id),
        site_id=invitation.live_site_id,
        practice_calls=certification.practice_calls,
    )
    return certification


def may_review(invitation: Invitation, by: Agent) -> bool:
    """Return whether a referent may see the practice calls: they must be referent at the training site as well."""
    return by.holds(Role.REFERENT, site_id=invitation.training_site_id)


def _record(what: str, invitation: Invitation, *, by: int, at: datetime) -> None:
    events.record(
        f"invitation.{what}",
        by=by,
        at=at,
        subject=("invitation", invitation.id),
        site_id=invitation.live_site_id,
    )
