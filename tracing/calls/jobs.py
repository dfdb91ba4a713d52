"""What the scheduler does about calls: claims that ended, times that have come."""

from datetime import datetime

from tracing.calls import services
from tracing.calls.rules import CallOutcome
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.slots import forget_slots, take_slot
from tracing.queue import expiring, households, languages, priorities, priority_rounds, upkeep
from tracing.queue import services as queue


def sweep_claims(slot: datetime) -> int:
    """Return every ended claim to the queue, a batch a transaction; returns how many."""
    swept = 0
    with transaction():
        if not take_slot("sweep_claims", slot, at=clock.database_now()):
            return 0
    while True:
        with transaction():
            at = clock.database_now()
            claims = expiring.expire_claims(at=at)
            services.close_lost(claims, CallOutcome.CLAIM_ENDED, at=at)
        swept += len(claims)
        if not claims:
            return swept


def promote(slot: datetime) -> int:
    """Join what could not be joined, make ready what is due, open kept calls to everyone, mark what is overdue.

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
            moved = upkeep.promote(at=at)
            late = upkeep.mark_overdue(at=at)
        changed += moved + late
        if max(moved, late) < queue.SWEEP_BATCH:
            return changed


def rebuild(slot: datetime) -> int:
    """Place anew whoever waits where hours, weights, priorities or languages have changed; returns how many.

    A batch a transaction.
    """
    placed = 0
    with transaction():
        if not take_slot("rebuild", slot, at=clock.database_now()):
            return 0
    with transaction():
        placed += languages.settle(at=clock.database_now())
        priorities.end_old(at=clock.database_now())
    while True:
        with transaction():
            moved = priority_rounds.go_on(at=clock.database_now())
        if moved is None:
            break
        placed += moved
    while True:
        with transaction():
            moved = upkeep.rebuild(at=clock.database_now())
        placed += moved
        if moved == 0:
            return placed


def tidy(slot: datetime) -> None:
    """Forget the slots of past days."""
    with transaction():
        if take_slot("tidy", slot, at=clock.database_now()):
            forget_slots(slot.replace(hour=0, minute=0))
