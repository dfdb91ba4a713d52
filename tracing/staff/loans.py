"""Loans: tracers who call for another site for some hours and return automatically."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_, select, update

from tracing.kernel import events
from tracing.kernel.db import find_row, fresh, lock_row, session
from tracing.staff import queries
from tracing.staff.agent import Agent
from tracing.staff.errors import NobodyToLend, NoSuchLoan, WrongLoan
from tracing.staff.models import Loan, Member, Site, SiteKind, StaffSession


def sites_to_lend_to(site_id: int) -> list[Site]:
    """Return the live sites that can borrow tracers of a site; a training site lends nobody.

    A recruit is admitted to real calls only by a referent's certification.
    """
    if queries.get_site(site_id).kind is not SiteKind.LIVE:
        return []
    return [one for one in queries.sites() if one.kind is SiteKind.LIVE and one.id != site_id]


def open_loans(site_id: int) -> list[Loan]:
    """Return the loans from or to a site that have not ended, ordered by their end."""
    chosen = select(Loan).where(
        Loan.returned_at.is_(None), or_(Loan.from_site_id == site_id, Loan.to_site_id == site_id)
    )
    return list(session.scalars(chosen.order_by(Loan.ends_at, Loan.id)))


def lend(
    members: Iterable[Member],
    number: int,
    to_site_id: int,
    *,
    on_calls: Callable[[Collection[int]], Collection[int | None]],
    until: datetime,
    by: Agent,
    at: datetime,
) -> list[Loan]:
    """Lend up to a number of these tracers of the agent's site to another one until a moment, in the order given.

    `on_calls` returns which of them have an open call; it is called once none of them can take a call any more.

    Raises:
        WrongLoan: the end is past, or the site cannot borrow.
        NobodyToLend: every one of them is already lent or on a call.
    """
    if until <= at or to_site_id not in {one.id for one in sites_to_lend_to(by.site.id)}:
        raise WrongLoan
    left, free = {one.id for one in members}, list[Member]()
    while left and len(free) < number:
        locked = _lock_some(left, number - len(free))
        if not locked:
            break
        ids = {one.id for one in locked}
        busy, left = on_calls(ids), left - ids
        free += [one for one in locked if one.id not in busy]
    if not free:
        raise NobodyToLend
    return [_lend(one, to_site_id, until=until, by=by, at=at) for one in free]


def _lock_some(member_ids: Collection[int], number: int) -> Sequence[Member]:
    """Lock this many tracers who are not lent; skip those who are being lent or are taking a call at this moment."""
    return session.scalars(
        fresh(
            select(Member)
            .where(Member.id.in_(member_ids), Member.lent_to.is_(None))
            .order_by(Member.display_name, Member.id)
            .limit(number)
            .with_for_update(skip_locked=True)
        )
    ).all()


def _lend(member: Member, to_site_id: int, *, until: datetime, by: Agent, at: datetime) -> Loan:
    loan = Loan(
        member_id=member.id,
        from_site_id=by.site.id,
        to_site_id=to_site_id,
        lent_at=at,
        lent_by=by.member_id,
        ends_at=until,
    )
    session.add(loan)
    member.lent_to = to_site_id
    _move_sessions(member.id, to_site_id)
    session.flush()
    events.record(
        "member.lent",
        by=by.member_id,
        at=at,
        subject=("member", member.id),
        site_id=by.site.id,
        to=to_site_id,
    )
    return loan


def get_loan(loan_id: int, *, site_id: int) -> Loan:
    """Return a loan from or to a site, locked.

    Raises:
        NoSuchLoan: it is neither from nor to this site.
    """
    loan = find_row(Loan, loan_id, lock=True)
    if loan is None or site_id not in {loan.from_site_id, loan.to_site_id}:
        raise NoSuchLoan
    return loan


def lock_tracer(loan: Loan) -> None:
    """Wait if the lent tracer is taking a call at this moment, and keep them from taking one in this transaction."""
    lock_row(Member, loan.member_id)


def end_loan(loan: Loan, *, by: int | None, at: datetime) -> None:
    """End a locked loan: the tracer calls for their own site again; repeating it does nothing.

    Call `lock_tracer` first, then check that they have no call.
    """
    if loan.returned_at is not None:
        return
    loan.returned_at = at
    queries.get_member(loan.member_id).lent_to = None
    _move_sessions(loan.member_id, loan.from_site_id)
    session.flush()
    events.record(
        "member.returned", by=by, at=at, subject=("member", loan.member_id), site_id=loan.from_site_id
    )


def expired_loans(*, at: datetime) -> list[Loan]:
    """Return the loans whose time is up, locked; one that is being ended at this moment is left out."""
    due = select(Loan).where(Loan.returned_at.is_(None), Loan.ends_at <= at)
    return list(session.scalars(fresh(due.with_for_update(skip_locked=True))))


def _move_sessions(member_id: int, site_id: int) -> None:
    session.execute(
        update(StaffSession)
        .where(StaffSession.member_id == member_id, StaffSession.ended_at.is_(None))
        .values(site_id=site_id)
    )
