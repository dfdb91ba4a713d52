"""Job: mark broken promises, release calls reserved for absent members, end loans of tracers that are due."""

from datetime import datetime

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot
from tracing.queue import queries
from tracing.queue.maintenance import release_absent
from tracing.queue.ordering import callbacks
from tracing.staff import loans


def handle_absences(slot: datetime) -> int:
    """Mark broken promises, release calls reserved for absent members, end loans that are over; return the total."""
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
    """Return tracers whose loan is over to their own site, once their call has ended; return how many."""
    sent = 0
    for loan in loans.expired_loans(at=at):
        loans.lock_tracer(loan)
        if not queries.holds_a_claim(loan.member_id):
            loans.end_loan(loan, by=None, at=at)
            sent += 1
    return sent
