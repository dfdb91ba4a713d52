"""What the scheduler does about calls: claims that ended, times that have come."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

import structlog

from tracing.calls import expired_claims
from tracing.kernel import clock, submitted_forms
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import forget_slots, take_slot
from tracing.queue import rules
from tracing.queue import services as queue
from tracing.queue.claims import expiry, languages
from tracing.queue.households import priorities, priority_rescan
from tracing.queue.households import services as households
from tracing.queue.maintenance import upkeep
from tracing.staff.login import sessions

log = structlog.get_logger()


def sweep_claims(slot: datetime) -> int:
    """Return to the queue every claim that had ended when the sweep began, a batch a transaction; returns how many.

    Each batch is as large as the last one shows that it may be: its locks are short on a slow machine, too.
    """
    with transaction():
        at = clock.database_now()
        if not take_slot("sweep_claims", slot, at=at):
            return 0
    return _end_as_they_stand(at=at) + _end_with_care(at=at)


def _end_as_they_stand(*, at: datetime) -> int:
    swept, most = 0, rules.AS_THEY_STAND.first
    while True:
        began = monotonic()
        with transaction():
            ended = expired_claims.end_as_they_stand(at=at, most=most)
        if not ended:
            return swept
        swept += ended
        most = rules.next_batch(most, timedelta(seconds=monotonic() - began), rules.AS_THEY_STAND)


def _end_with_care(*, at: datetime) -> int:
    swept, most, last = 0, rules.WITH_CARE.first, None
    while True:
        with transaction():
            found = expiry.need_care(at=at, after=last, most=most)
        if not found:
            return swept
        last = found[-1]
        began = monotonic()
        swept += _end_these([entry_id for _ended_at, entry_id in found], at=at)
        most = rules.next_batch(most, timedelta(seconds=monotonic() - began), rules.WITH_CARE)


def _end_these(entry_ids: Sequence[int], *, at: datetime) -> int:
    """End claims together; where that fails, each by itself: one that cannot be ended keeps no other one."""
    try:
        # if the power fails, claims that had ended have ended still
        with transaction(waits_for_disk=False):
            return expired_claims.end_with_care(entry_ids, at=at)
    except Exception:
        if len(entry_ids) == 1:
            # the next sweep tries again
            log.exception("claim not ended", entry=entry_ids[0])
            return 0
    return sum(_end_these([entry_id], at=at) for entry_id in entry_ids)


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
            moved = priority_rescan.go_on(at=clock.database_now())
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
    """Forget the slots and the forms of past days, and old attempts to log in."""
    with transaction():
        at = clock.database_now()
        if take_slot("tidy", slot, at=at):
            forget_slots(slot.replace(hour=0, minute=0))
            submitted_forms.forget(at=at)
            sessions.forget_attempts(at=at)
