"""National import officers, who see the lots of all live sites: given by two administrators or the command line."""

from datetime import datetime

from sqlalchemy import select, update

from tracing.kernel import events
from tracing.kernel.db import find_row, fresh, session
from tracing.staff import queries, rules
from tracing.staff.agent import Agent
from tracing.staff.errors import (
    CannotGrantOneself,
    NeedsOtherAdministrator,
    NoSuchProposal,
    NotNational,
    NotProposable,
)
from tracing.staff.models import AccountMaker, Member, MemberRole, NationalProposal, Role, SiteKind


def find_role(member_id: int, site_id: int, *, lock: bool = False) -> MemberRole | None:
    """Return the role of import officer of a member at a site."""
    key = (member_id, site_id, Role.IMPORTER)
    return find_row(MemberRole, key, lock=lock)


def find_proposal(member_id: int, site_id: int, *, at: datetime) -> NationalProposal | None:
    """Return the open proposal for a member at a site."""
    chosen = select(NationalProposal).where(
        NationalProposal.member_id == member_id,
        NationalProposal.site_id == site_id,
        NationalProposal.ended_at.is_(None),
        NationalProposal.expires_at > at,
    )
    return session.scalar(chosen)


def grant(member: Member, site_id: int, *, at: datetime) -> None:
    """Make an import officer of a live site national, from the command line.

    Raises:
        NotProposable: they are not an import officer of a live site.
    """
    held = _officer(member.id, site_id)
    if not held.is_national:
        held.is_national = True
        _record("confirmed", member.id, site_id, by=None, at=at)
    end_proposals(member.id, site_id, at=at)
    session.flush()


def propose(member: Member, *, by: Agent, at: datetime) -> NationalProposal:
    """Propose that an import officer of the agent's site be national; another administrator confirms it.

    Raises:
        NotProposable: they are not an import officer of a live site, or national already.
        CannotGrantOneself: the agent proposes themselves.
    """
    if member.id == by.member_id:
        raise CannotGrantOneself
    if _officer(member.id, by.site.id).is_national:
        raise NotProposable
    return find_proposal(member.id, by.site.id, at=at) or _propose(
        member.id, by.site.id, by=by.member_id, at=at
    )


def _propose(member_id: int, site_id: int, *, by: int, at: datetime) -> NationalProposal:
    # an expired proposal is replaced
    end_proposals(member_id, site_id, at=at)
    proposal = NationalProposal(
        member_id=member_id,
        site_id=site_id,
        proposed_by=by,
        proposed_at=at,
        expires_at=at + rules.PROPOSAL_LASTS,
    )
    session.add(proposal)
    session.flush()
    _record("proposed", member_id, site_id, by=by, at=at)
    return proposal


def confirm(member: Member, *, by: Agent, at: datetime) -> None:
    """Confirm what another administrator of the site proposed: the officer is national at once.

    Raises:
        NoSuchProposal: there is none: it was withdrawn, confirmed, or has expired.
        NeedsOtherAdministrator: the agent proposed it, or is an administrator whom the proposer has just made.
        CannotGrantOneself: it is for the agent.
        NotProposable: the member is no longer an import officer here.
    """
    held = _officer(member.id, by.site.id)
    proposal = _waiting(member.id, by.site.id, at=at)
    if proposal.proposed_by == by.member_id or _was_made_by(proposal.proposed_by, by.member_id, at=at):
        raise NeedsOtherAdministrator
    if member.id == by.member_id:
        raise CannotGrantOneself
    held.is_national = True
    proposal.confirmed_by, proposal.ended_at = by.member_id, at
    session.flush()
    _record("confirmed", member.id, by.site.id, by=by.member_id, at=at)


def _was_made_by(proposer: int, other: int, *, at: datetime) -> bool:
    """Return whether the proposer opened, promoted or gave a password to the other account within PROPOSAL_LASTS.

    One administrator could be two that way.
    """
    made = session.get(AccountMaker, (other, proposer))
    return made is not None and made.last_at > at - rules.PROPOSAL_LASTS


def withdraw(member: Member, *, by: Agent, at: datetime) -> None:
    """Withdraw a proposal, whichever administrator made it.

    Raises:
        NoSuchProposal: there is none.
    """
    _waiting(member.id, by.site.id, at=at).ended_at = at
    session.flush()
    _record("not_confirmed", member.id, by.site.id, by=by.member_id, at=at)


def make_local(member: Member, *, by: Agent, at: datetime) -> None:
    """Revoke the national right: the officer sees only the lots of the agent's site. One administrator may do this.

    Raises:
        NotNational: the officer is not, or no longer, national.
    """
    held = find_role(member.id, by.site.id, lock=True)
    if held is None or not held.is_national:
        raise NotNational
    held.is_national = False
    session.flush()
    _record("ended", member.id, by.site.id, by=by.member_id, at=at)


def suspend(member: Member, *, by: int, at: datetime) -> list[int]:
    """Suspend the national right after an administrator set the member's password; return the sites concerned.

    The administrator knows that password, and one alone must not obtain a right that two must give: a second one has to
    confirm it again.
    """
    held = [role for role in member.roles if role.is_national and member.id != by]
    for role in held:
        role.is_national = False
        session.flush()
        _record("ended", member.id, role.site_id, by=by, at=at)
        _propose(member.id, role.site_id, by=by, at=at)
    return [role.site_id for role in held]


def end_proposals(member_id: int, site_id: int, *, at: datetime) -> None:
    """End all open proposals for a member at a site."""
    session.execute(
        update(NationalProposal)
        .where(
            NationalProposal.member_id == member_id,
            NationalProposal.site_id == site_id,
            NationalProposal.ended_at.is_(None),
        )
        .values(ended_at=at)
    )


def _officer(member_id: int, site_id: int) -> MemberRole:
    """Return the role of import officer at a live site, locked."""
    held = find_role(member_id, site_id, lock=True)
    if held is None or queries.get_site(site_id).kind is not SiteKind.LIVE:
        raise NotProposable
    return held


def _waiting(member_id: int, site_id: int, *, at: datetime) -> NationalProposal:
    chosen = fresh(
        select(NationalProposal)
        .where(
            NationalProposal.member_id == member_id,
            NationalProposal.site_id == site_id,
            NationalProposal.ended_at.is_(None),
            NationalProposal.expires_at > at,
        )
        .with_for_update()
    )
    found = session.scalar(chosen)
    if found is None:
        raise NoSuchProposal
    return found


def _record(what: str, member_id: int, site_id: int, *, by: int | None, at: datetime) -> None:
    events.record(f"national.{what}", by=by, at=at, subject=("member", member_id), site_id=site_id)
