"""Queries for invitations, recruits and their practice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, case, func, or_, select

from tracing.calls.models import Call, Conversation
from tracing.calls.rules import CallOutcome
from tracing.kernel.db import fresh, session
from tracing.onboarding import rules
from tracing.onboarding.errors import NoSuchRecruit
from tracing.onboarding.models import Certification, Invitation
from tracing.onboarding.rules import LinkState, Stage
from tracing.queue.models import CallTask, TaskKind
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.staff.login import sessions
from tracing.staff.models import Member, Role, StaffSession

LONGEST_LIST = 200


@dataclass(frozen=True)
class Practice:
    """What a recruit has done at the training site."""

    calls: int = 0
    complete: int = 0
    complete_p0: int = 0


@dataclass(frozen=True)
class Recruit:
    """An invited recruit, their stage, and what they have practised."""

    invitation: Invitation
    member: Member | None
    certification: Certification | None
    practice: Practice
    last_seen_at: datetime | None
    stage: Stage

    @property
    def name(self) -> str:
        """The name of the recruit."""
        return self.member.display_name if self.member else self.invitation.display_name

    @property
    def is_ready(self) -> bool:
        """Whether they may be certified."""
        return rules.is_ready(self.practice.complete_p0)


def find_invitation(token_hash: bytes, *, lock: bool = False) -> Invitation | None:
    """Return the invitation of a link."""
    chosen = select(Invitation).where(Invitation.token_hash == token_hash)
    if lock:
        chosen = fresh(chosen.with_for_update())
    return session.scalar(chosen)


def link_of(invitation: Invitation, at: datetime, *, zone: ZoneInfo) -> LinkState:
    """Return whether an invitation's link still opens the door; `zone` is where the live site is."""
    return rules.link_state(
        used_at=invitation.used_at,
        withdrawn_at=invitation.withdrawn_at,
        expires_at=invitation.expires_at,
        contract_ends_on=invitation.contract_ends_on,
        at=at,
        zone=zone,
    )


def is_login_promised(login: str) -> bool:
    """Return whether an unused invitation reserves this login."""
    chosen = select(Invitation.id).where(
        Invitation.login == login, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None)
    )
    return session.scalar(chosen.limit(1)) is not None


def get_invitation(invitation_id: int, *, by: Agent) -> Invitation:
    """Return an invitation to a site of this referent, locked.

    Raises:
        NoSuchRecruit: the invitation is not for a site of theirs.
    """
    found = session.scalar(
        fresh(_visible_to(by).where(Invitation.id == invitation_id).with_for_update(of=Invitation))
    )
    if found is None:
        raise NoSuchRecruit
    return found


def get_recruit(member_id: int, *, by: Agent, at: datetime) -> Recruit:
    """Return a recruit of a site of this referent.

    Raises:
        NoSuchRecruit: the recruit belongs to another site.
    """
    found = session.scalar(_visible_to(by).where(Invitation.member_id == member_id))
    if found is None:
        raise NoSuchRecruit
    return _recruits([found], at)[0]


def list_recruits(by: Agent, *, at: datetime) -> list[Recruit]:
    """Return the recruits of a referent's live sites, the newest invitation first."""
    chosen = _visible_to(by).order_by(Invitation.id.desc()).limit(LONGEST_LIST)
    return _recruits(session.scalars(chosen).all(), at)


def _visible_to(by: Agent) -> Select[Invitation]:
    """Select the invitations to the live sites of this referent, who works at that site or at the training site."""
    here = by.site.id
    return select(Invitation).where(
        Invitation.withdrawn_at.is_(None),
        Invitation.live_site_id.in_(by.sites_as(Role.REFERENT)),
        or_(Invitation.live_site_id == here, Invitation.training_site_id == here),
    )


def _recruits(found: Sequence[Invitation], at: datetime) -> list[Recruit]:
    ids = {one.member_id for one in found if one.member_id is not None}
    members = {one.id: one for one in session.scalars(select(Member).where(Member.id.in_(ids)))}
    certified = {
        (one.member_id, one.site_id): one
        for one in session.scalars(select(Certification).where(Certification.member_id.in_(ids)))
    }
    practised = practice_of(ids, {one.training_site_id for one in found})
    seen = _last_seen(ids)
    sites = {site.id: ZoneInfo(site.time_zone) for site in staff.sites({one.live_site_id for one in found})}
    works_in = sessions.zones_of(members.values())
    recruits = []
    for one in found:
        member = members.get(one.member_id) if one.member_id is not None else None
        certification = certified.get((member.id, one.live_site_id)) if member else None
        left = member is not None and not sessions.may_log_in(member, at, zone=works_in.get(member.id))
        link = link_of(one, at, zone=sites[one.live_site_id])
        recruits.append(
            Recruit(
                invitation=one,
                member=member,
                certification=certification,
                practice=practised.get(member.id, Practice()) if member else Practice(),
                last_seen_at=seen.get(member.id) if member else None,
                stage=rules.stage(link, is_certified=certification is not None, has_left=left),
            )
        )
    return recruits


def practice_of(member_ids: Iterable[int], training_site_ids: Iterable[int]) -> dict[int, Practice]:
    """Return what members have done at training sites; those who never called are absent."""
    complete = Conversation.outcome == CallOutcome.COMPLETED
    with_p0 = and_(complete, CallTask.kind == TaskKind.CASE_FIRST)
    rows = session.execute(
        select(
            Call.tracer_id,
            func.count(Call.id.distinct()),
            func.count(case((complete, Conversation.id))),
            func.count(case((with_p0, Conversation.id))),
        )
        .outerjoin(Conversation, Conversation.call_id == Call.id)
        .outerjoin(CallTask, CallTask.id == Conversation.task_id)
        .where(Call.tracer_id.in_(set(member_ids)), Call.site_id.in_(set(training_site_ids)))
        .group_by(Call.tracer_id)
    )
    return {row[0]: Practice(*row[1:]) for row in rows}


def _last_seen(member_ids: Iterable[int]) -> dict[int, datetime]:
    rows = session.execute(
        select(StaffSession.member_id, func.max(StaffSession.last_input_at))
        .where(StaffSession.member_id.in_(set(member_ids)))
        .group_by(StaffSession.member_id)
    )
    return {row[0]: row[1] for row in rows}
