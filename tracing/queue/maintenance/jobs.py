"""Jobs of the queue: make calls ready, open reserved ones to everyone, mark overdue ones, reorder a site."""

from datetime import datetime

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot
from tracing.queue import languages
from tracing.queue import services as queue
from tracing.queue.households import priorities, priority_rescan
from tracing.queue.households import services as households
from tracing.queue.maintenance import due_changes


def promote(slot: datetime) -> int:
    """Do delayed joins, make due calls ready, open reserved calls to everyone, mark overdue ones.

    Returns how many became ready, were opened or were marked.
    """
    changed = 0
    with transaction():
        if not take_slot("promote", slot, at=clock.database_now()):
            return 0
    with transaction():
        households.settle_waiting(at=clock.database_now(), limit=queue.SWEEP_BATCH)
    while True:
        with transaction():
            at = clock.database_now()
            moved = due_changes.promote(at=at)
            late = due_changes.mark_overdue(at=at)
        changed += moved + late
        if max(moved, late) < queue.SWEEP_BATCH:
            return changed


def rebuild(slot: datetime) -> int:
    """Reorder the calls of sites whose hours, weights, priorities or languages changed; return how many.

    One batch per transaction.
    """
    placed = 0
    with transaction():
        if not take_slot("rebuild", slot, at=clock.database_now()):
            return 0
    with transaction():
        placed += languages.update_language_lists(at=clock.database_now())
        priorities.end_old(at=clock.database_now())
    while True:
        with transaction():
            moved = priority_rescan.rescan_batch(at=clock.database_now())
        if moved is None:
            break
        placed += moved
    while True:
        with transaction():
            moved = due_changes.rebuild(at=clock.database_now())
        placed += moved
        if moved == 0:
            return placed
