"""Lend tracers to another site, and call them back: no one leaves a site in the middle of a call."""

from datetime import datetime, time

from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.queue import queries as queue
from tracing.queue.availability import free_here
from tracing.staff import loans
from tracing.staff.agent import Agent
from tracing.staff.models import Loan


def lend(number: int, to_site_id: int, *, until: time, by: Agent, at: datetime) -> list[Loan]:
    """Lend tracers who are present and free, up to the requested number, until a time of today.

    Raises:
        WrongLoan: the time is past, or the site cannot borrow.
        NobodyToLend: no tracer is present and free.
    """
    there = free_here(by.site.id, but=by.member_id, at=at, zone=by.site.time_zone)
    return loans.lend(
        (one.member for one in there),
        number,
        to_site_id,
        on_calls=queue.on_calls,
        until=datetime.combine(clock.local_day(at, by.site.time_zone), until, by.site.time_zone),
        by=by,
        at=at,
    )


def call_back(loan_id: int, *, by: Agent, at: datetime) -> bool:
    """End a loan before its time; return False if the tracer is on a call, which they may finish first.

    Raises:
        NoSuchLoan: it is neither from nor to the agent's site.
    """
    loan = loans.get_loan(loan_id, site_id=by.site.id)
    loans.lock_tracer(loan)
    if loan.returned_at is None and queue.holds_a_claim(loan.member_id):
        # a returned tracer loses access to the other site's pages, so the `watch` job ends the loan after the call
        loan.ends_at = min(loan.ends_at, at)
        session.flush()
        return False
    loans.end_loan(loan, by=by.member_id, at=at)
    return True
