"""What the scheduler watches over: promises that nobody kept, calls kept for somebody who is gone, loans that end."""

from datetime import datetime

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot
from tracing.queue import queries
from tracing.queue.maintenance import release_absent
from tracing.queue.ordering import callbacks
from tracing.staff import loans


def watch(slot: datetime) -> int:
    """Count broken promises, open what is kept for somebody who is gone, send the lent home; returns how many of all."""
    with transaction():
        if not take_slot("watch", slot, at=clock.database_now()):
            return 0
    with transaction():
        broken = callbacks.break_missed(at=clock.database_now())
    with transaction():
        opened = release_absent.release_gone(at=clock.database_now())
    with transaction():
        return broken + opened + _return_lent(at=clock.database_now())


def _return_lent(*, at: datetime) -> int:
    """Send home whose loan is over, once their call has ended; returns how many."""
    sent = 0
    for loan in loans.over(at=at):
        loans.hold_tracer(loan)
        if not queries.holds_a_claim(loan.member_id):
            loans.take_back(loan, by=None, at=at)
            sent += 1
    return sent
