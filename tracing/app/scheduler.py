"""The scheduler's jobs. Exactly one process runs it; a second one does no harm (kernel.slots)."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from tracing.calls import jobs as calls
from tracing.kernel import clock
from tracing.kernel.db import session, transaction
from tracing.kernel.slots import take_slot
from tracing.vault import services as vault

log = structlog.get_logger()

EVERY = {
    "sweep_claims": (calls.sweep_claims, 15),
    "promote": (calls.promote, 15),
}
"""Jobs by name, with how often they run, in seconds."""


def make_scheduler() -> BackgroundScheduler:
    """Return the scheduler with its jobs, in UTC, not started."""
    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for name, (job, seconds) in EVERY.items():
        scheduler.add_job(once(name, job, seconds), CronTrigger(second=f"*/{seconds}", timezone=UTC), id=name)
    scheduler.add_job(once("tidy", calls.tidy, 3600), CronTrigger(minute=7, timezone=UTC), id="tidy")
    scheduler.add_job(
        once("clear_destroyed", clear_destroyed, 3600),
        CronTrigger(minute=17, timezone=UTC),
        id="clear_destroyed",
    )
    return scheduler


def clear_destroyed(slot: datetime) -> None:
    """Finish what a crash left of the destruction of a day."""
    with transaction():
        if take_slot("clear_destroyed", slot, at=clock.now()):
            vault.clear_destroyed()


def once(name: str, job: Callable[[datetime], object], seconds: int) -> Callable[[], None]:
    """Return `job` for the slot in which it is run, with its session closed after it and its failure logged."""

    def run() -> None:
        try:
            job(slot_of(clock.now(), seconds))
        except Exception:
            # the next run tries again; a job that failed must not stop the scheduler
            log.exception("job failed", job=name)
        finally:
            session.remove()

    return run


def slot_of(moment: datetime, seconds: int) -> datetime:
    """Return the planned time of the run that `moment` belongs to: the last multiple of `seconds`."""
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC)
