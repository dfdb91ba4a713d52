"""Job: count the waiting calls and the lists of each site, and store the counts that the pages read."""

from datetime import datetime

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot
from tracing.staff import queries as staff
from tracing.supervision.board import counting


def count_waiting(slot: datetime) -> int:
    """Count what waits at every site, one site per transaction; return how many sites."""
    with transaction():
        if not take_slot("count_waiting", slot, at=clock.database_now()):
            return 0
        sites = [staff.workplace(site) for site in staff.sites()]
    for site in sites:
        with transaction():
            counting.keep(site, at=clock.database_now())
    return len(sites)
