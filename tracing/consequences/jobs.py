"""Job: carry out what had to wait while somebody was on the telephone, however their call has ended."""

from datetime import datetime

import structlog

from tracing.consequences import queries, services
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot

log = structlog.get_logger()


def follow_ended_calls(slot: datetime) -> int:
    """Look again at the calls that have ended since something changed during them; return how many.

    One transaction each. A call that ends as it should is looked at where it ends; this finds those whose claim expired
    or was taken back.
    """
    with transaction():
        if not take_slot("follow_ended_calls", slot, at=clock.database_now()):
            return 0
        tasks = queries.held_back_and_over()
    followed = 0
    for task_id in tasks:
        try:
            with transaction():
                services.follow_held_back(task_id, at=clock.database_now())
        except Exception:
            # the next run tries again
            log.exception("nothing followed after a call", task=task_id)
        else:
            followed += 1
    return followed
