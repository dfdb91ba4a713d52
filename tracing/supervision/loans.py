"""Calling somebody back who is lent to another site."""

from datetime import datetime

from tracing.kernel.db import session
from tracing.queue import queries as queue
from tracing.staff import lending
from tracing.staff.agents import Agent


def call_back(loan_id: int, *, by: Agent, at: datetime) -> bool:
    """End a loan before its time; returns False when the tracer is on a call, which is ended first.

    Raises:
        NoSuchLoan: it is neither from nor to the agent's site.
    """
    loan = lending.get_loan(loan_id, site_id=by.site.id)
    if loan.returned_at is None and queue.holds_a_claim(loan.member_id):
        # whoever comes home loses the pages of the other site: the watch sends them once their call has ended
        loan.ends_at = min(loan.ends_at, at)
        session.flush()
        return False
    lending.take_back(loan, by=by.member_id, at=at)
    return True
