"""Job: end expired claims and their calls."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

import structlog

from tracing.calls import expired_claims
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot
from tracing.queue import rules
from tracing.queue.claims import expiry

log = structlog.get_logger()


def sweep_claims(slot: datetime) -> int:
    """End every claim that had expired when the sweep began, one batch per transaction; return how many.

    The size of each batch follows from the time the last one took, so locks are short on a slow machine too.
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
            ended = expired_claims.end_unchanged(at=at, most=most)
        if not ended:
            return swept
        swept += ended
        most = rules.next_batch(most, timedelta(seconds=monotonic() - began), rules.AS_THEY_STAND)


def _end_with_care(*, at: datetime) -> int:
    swept, most, last = 0, rules.WITH_CARE.first, None
    while True:
        with transaction():
            found = expiry.find_expired_changed(at=at, after=last, most=most)
        if not found:
            return swept
        last = found[-1]
        began = monotonic()
        swept += _end_these([entry_id for _ended_at, entry_id in found], at=at)
        most = rules.next_batch(most, timedelta(seconds=monotonic() - began), rules.WITH_CARE)


def _end_these(entry_ids: Sequence[int], *, at: datetime) -> int:
    """End claims together; if that fails, one by one, so that one that cannot be ended does not block the others."""
    try:
        # after a power failure these claims are still expired and are swept again
        with transaction(waits_for_disk=False):
            return expired_claims.end_changed(entry_ids, at=at)
    except Exception:
        if len(entry_ids) == 1:
            # the next sweep tries again
            log.exception("claim not ended", entry=entry_ids[0])
            return 0
    return sum(_end_these([entry_id], at=at) for entry_id in entry_ids)
