"""Job: erase each day once the days of its programmes are over."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot
from tracing.retention.services import erase_day, may_be_over
from tracing.vault import services as vault

log = structlog.get_logger()


def erase_expired(slot: datetime, *, zone: ZoneInfo) -> int:
    """Erase what is kept no longer; returns how many days were destroyed or cleared in part. One transaction a day."""
    with transaction():
        at = clock.database_now()
        if not take_slot("erase_expired", slot, at=at):
            return 0
    today = clock.local_day(at, zone)
    # what was collected on a day is looked through only once it may be over
    return sum(
        _erase(day, today=today) for day in vault.keys().kept_cohorts() if may_be_over(day, today=today)
    )


def _erase(day: date, *, today: date) -> bool:
    try:
        with transaction():
            erased = erase_day(day, today=today, at=clock.database_now())
    except Exception:
        # the next run tries again; a programme that this release does not have says nothing of its days
        log.exception("a day is not erased", day=day.isoformat())
        return False
    return erased.day_destroyed or bool(erased.programmes)
