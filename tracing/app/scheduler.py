"""The scheduler and the list of its jobs. One process runs it; a second one does no harm (kernel.job_slots)."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.exc import OperationalError

from tracing.app import tidy_jobs
from tracing.calls import jobs as calls
from tracing.consequences import jobs as consequences
from tracing.escalations import jobs as escalations
from tracing.imports import jobs as imports
from tracing.imports.corrections import jobs as corrections
from tracing.imports.lots import inbox as folder
from tracing.kernel import clock
from tracing.kernel.config import Settings
from tracing.kernel.db import session, transaction
from tracing.kernel.job_slots import take_slot
from tracing.programmes.publishing import queries as rule_versions
from tracing.queue.maintenance import absence_jobs
from tracing.queue.maintenance import jobs as queue_jobs
from tracing.retention import jobs as retention
from tracing.sickleave.checking import jobs as note_checks
from tracing.studio import jobs as rule_runs
from tracing.supervision import jobs as supervision
from tracing.vault import services as vault

log = structlog.get_logger()

EVERY = {
    "sweep_claims": (calls.sweep_claims, 15),
    "promote": (queue_jobs.promote, 15),
    "watch": (absence_jobs.handle_absences, 30),
    "rebuild": (queue_jobs.rebuild, 15),
    "follow_ended_calls": (consequences.follow_ended_calls, 15),
    "end_follow_ups": (consequences.end_follow_ups, 60),
    "release_questions": (escalations.release_questions, 30),
    "count_waiting": (supervision.count_waiting, 20),
    "hash_older_notes": (note_checks.hash_older_notes, 60),
}
"""Jobs by name, with how often they run, in seconds."""

LOOK_EVERY = 5
"""A slot that has begun is taken within this many seconds, whatever this machine's clock says."""

WORK_EVERY, GATHER_EVERY, FETCH_EVERY = 2, 5, 15
"""Seconds between two checks for lots that wait, for messages that make one, and of the watched folder."""


class Scheduler(BackgroundScheduler):  # type: ignore[misc]
    """A scheduler that asks a long job to end early when it is shut down."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.closing = threading.Event()

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002 - as its parent has it
        """Let a lot that is being loaded stop after its batch: the next start continues from there."""
        self.closing.set()
        super().shutdown(wait=wait)


def make_scheduler(settings: Settings) -> Scheduler:
    """Return the scheduler with its jobs, in UTC, not started."""
    scheduler = Scheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for name, (job, seconds) in EVERY.items():
        # slots follow the database's clock: checking more often than they begin misses none
        often = CronTrigger(second=f"*/{LOOK_EVERY}", timezone=UTC)
        scheduler.add_job(run_once_per_slot(name, job, seconds), often, id=name)
    scheduler.add_job(
        run_once_per_slot("tidy", tidy_jobs.tidy, 3600), CronTrigger(minute=7, timezone=UTC), id="tidy"
    )
    scheduler.add_job(
        run_once_per_slot("clear_destroyed", clear_destroyed, 3600),
        CronTrigger(minute=17, timezone=UTC),
        id="clear_destroyed",
    )
    scheduler.add_job(
        run_once_per_slot(
            "erase_expired", lambda slot: retention.erase_expired(slot, zone=settings.zone), 86_400
        ),
        # once a day: in the night, or in the first hour in which a scheduler runs again
        CronTrigger(minute=47, timezone=UTC),
        id="erase_expired",
    )
    _add_imports(scheduler, settings)
    scheduler.add_job(
        run_once_per_slot(
            "rule_runs",
            lambda _slot: rule_runs.work_on_runs(settings.zone, scheduler.closing.is_set),
            WORK_EVERY,
        ),
        CronTrigger(second=f"*/{WORK_EVERY}", timezone=UTC),
        id="rule_runs",
    )
    return scheduler


def _add_imports(scheduler: Scheduler, settings: Settings) -> None:
    """Add the jobs that load lots: lots have a lock of their own, so these jobs need no slot."""

    def work(_slot: datetime) -> None:
        while imports.process_next_lot(settings, is_closing=scheduler.closing.is_set):
            session.remove()
            if scheduler.closing.is_set():
                return

    inbox = folder.Inbox(settings)
    every = (
        ("work", work, WORK_EVERY),
        ("gather", lambda _slot: imports.gather_messages(settings), GATHER_EVERY),
        ("fetch", inbox.fetch, FETCH_EVERY),
    )
    for name, job, seconds in every:
        scheduler.add_job(
            run_once_per_slot(name, job, seconds), CronTrigger(second=f"*/{seconds}", timezone=UTC), id=name
        )
    scheduler.add_job(
        run_once_per_slot("remove_originals", imports.remove_originals, 3600),
        CronTrigger(minute=27, timezone=UTC),
        id="remove_originals",
    )
    scheduler.add_job(
        run_once_per_slot("forget_negatives", corrections.forget_negatives, 3600),
        CronTrigger(minute=37, timezone=UTC),
        id="forget_negatives",
    )


def clear_destroyed(slot: datetime) -> None:
    """Finish the destruction of a day's keys after a crash."""
    with transaction():
        if take_slot("clear_destroyed", slot, at=clock.now()):
            vault.clear_destroyed()


def run_once_per_slot(name: str, job: Callable[[datetime], object], seconds: int) -> Callable[[], None]:
    """Return `job` as a function that runs once for each slot, closes its session and logs its failure."""

    def run() -> None:
        try:
            with transaction():
                # hosts whose clocks disagree must agree on the slot, and take no future one
                at = clock.database_now()
                rule_versions.follow_now(at)
            job(slot_of(at, seconds))
        except OperationalError as error:
            if not error.connection_invalidated and getattr(error.orig, "sqlstate", None) is not None:
                log.exception("job failed", job=name)
            else:
                # every job logs this every few seconds while the database is away: one line, not a traceback
                log.warning("job waits for the database", job=name)
        except Exception:
            # the next run tries again; a job that failed must not stop the scheduler
            log.exception("job failed", job=name)
        finally:
            session.remove()

    return run


def slot_of(moment: datetime, seconds: int) -> datetime:
    """Return the planned time of the run that `moment` belongs to: the last multiple of `seconds`."""
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC)
