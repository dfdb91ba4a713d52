"""Jobs: carry out what had to wait for the end of a call, and what follows from a day's end."""

from datetime import datetime

import structlog

from tracing.consequences import follow_ups, queries, services
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot
from tracing.queue import queries as queue

ENDED_AT_ONCE = 200
"""Follow-up calls that one run looks at; the next one goes on."""

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


def end_follow_ups(slot: datetime) -> int:
    """Stop the follow-up calls whose isolation or quarantine is over; return how many were looked at.

    One transaction each.
    """
    with transaction():
        at = clock.database_now()
        if not take_slot("end_follow_ups", slot, at=at):
            return 0
        tasks = [task.id for task in queue.follow_ups_past_their_end(at, limit=ENDED_AT_ONCE)]
    for task_id in tasks:
        try:
            with transaction():
                at = clock.database_now()
                follow_ups.plan_follow_ups([queue.get_task(task_id)], by=None, at=at)
        except Exception:
            # the next run tries again
            log.exception("a follow-up call was not ended", task=task_id)
    return len(tasks)
