"""The scheduler has each job once, and a slot is worked on once however many schedulers there are."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from tests.conftest import NOW, Clock
from tests.support.story import Story, agent, identity, waiting_case
from tracing.app import scheduler
from tracing.calls import services as calls
from tracing.kernel.config import Settings
from tracing.kernel.db import Session
from tracing.kernel.events import Event
from tracing.kernel.job_slots import RunSlot, take_slot
from tracing.queue import queries
from tracing.queue import services as queue
from tracing.queue.models import EntryState, QueueEntry

MINUTE = timedelta(minutes=1)
SETTINGS = Settings(data_dir=Path("/nowhere"))
"""Nothing is kept there: these jobs find no folder to watch."""


def jobs():
    """Return the jobs by name, without the one that ends in the key store, which no test rolls back (tests/retention)."""
    return {job.id: job for job in scheduler.make_scheduler(SETTINGS).get_jobs() if job.id != "erase_expired"}


def test_each_job_is_planned_once_in_universal_time():
    planned = scheduler.make_scheduler(SETTINGS)

    names = [job.id for job in planned.get_jobs()]

    assert {
        "sweep_claims",
        "promote",
        "tidy",
        "clear_destroyed",
        "erase_expired",
        "work",
        "fetch",
        "remove_originals",
    } <= set(names)
    assert {"watch", "rebuild", "release_questions", "follow_ended_calls", "end_follow_ups"} <= set(names)
    assert len(names) == len(set(names))
    assert str(planned.timezone) == "UTC"
    assert {job.trigger.timezone.tzname(NOW) for job in planned.get_jobs()} == {"UTC"}


def test_making_a_scheduler_starts_nothing():
    assert not scheduler.make_scheduler(SETTINGS).running


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        (datetime(2026, 3, 10, 9, 0, 0, tzinfo=UTC), datetime(2026, 3, 10, 9, 0, 0, tzinfo=UTC)),
        (datetime(2026, 3, 10, 9, 0, 14, 999999, tzinfo=UTC), datetime(2026, 3, 10, 9, 0, 0, tzinfo=UTC)),
        (datetime(2026, 3, 10, 9, 0, 15, 1, tzinfo=UTC), datetime(2026, 3, 10, 9, 0, 15, tzinfo=UTC)),
        (datetime(2026, 3, 10, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 10, 23, 59, 45, tzinfo=UTC)),
    ],
)
def test_two_schedulers_that_start_a_run_a_little_apart_mean_the_same_slot(moment: datetime, slot: datetime):
    assert scheduler.slot_of(moment, 15) == slot


@pytest.mark.parametrize("night", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_the_nights_on_which_clocks_change_have_each_slot_once(night: datetime):
    runs = [night + n * timedelta(seconds=15) for n in range(6 * 60 * 4)]

    slots = [scheduler.slot_of(run + timedelta(seconds=2), 15) for run in runs]

    assert slots == runs


def work_for_every_job(story: Story, clock: Clock) -> datetime:
    """Leave something to do for each job; returns when it is to be done."""
    ended = waiting_case(story.nantes, identity("Marie"), at=NOW)
    calls.take_next(agent(story.ada), at=NOW)
    promised = waiting_case(story.nantes, identity("Luc", phones=("+33639980003",)), at=NOW)
    call = calls.take_next(agent(story.abel), at=NOW)
    assert {call.household_id, ended.household_id} == {promised.household_id, ended.household_id}
    queue.promise(promised, when=NOW + 6 * MINUTE, by=agent(story.abel), at=NOW)
    calls.give_back(call, by=agent(story.abel), at=NOW)
    take_slot("promote", NOW - timedelta(days=1), at=NOW - timedelta(days=1))
    return clock.move_to(NOW + 7 * MINUTE)


def standing(session: Session) -> tuple[object, ...]:
    """Return everything that a job may change."""
    session.expire_all()
    entries = session.execute(
        select(QueueEntry.id, QueueEntry.state, QueueEntry.claim_number, QueueEntry.overdue_at).order_by(
            QueueEntry.id
        )
    )
    return (
        [tuple(row) for row in entries],
        session.scalar(select(func.count()).select_from(Event)),
        session.scalar(select(func.count()).select_from(RunSlot)),
    )


@pytest.mark.parametrize("name", sorted(jobs()))
def test_a_job_run_again_for_the_same_slot_changes_nothing(
    story: Story, clock: Clock, session: Session, name: str
):
    work_for_every_job(story, clock)
    job = jobs()[name]

    with capture_logs() as said:
        job.func()
        once = standing(session)
        job.func()

    assert said == []
    assert standing(session) == once


def test_the_jobs_together_bring_back_what_ended_and_what_is_due(
    story: Story, clock: Clock, session: Session
):
    at = work_for_every_job(story, clock)

    for job in jobs().values():
        job.func()

    states = set(session.scalars(select(QueueEntry.state)))
    assert states == {EntryState.READY}
    assert queries.find_claim(story.ada.id) is None
    late = session.scalars(select(QueueEntry.overdue_at).where(QueueEntry.promised_at.is_not(None))).one()
    assert late == at
    assert session.scalar(select(func.count()).where(RunSlot.slot < at.replace(hour=0))) == 0


def test_a_job_that_fails_is_told_to_the_log_and_the_next_run_tries_again(clock: Clock):
    tries = []

    def breaks(slot: datetime) -> None:
        tries.append(slot)
        raise RuntimeError("no")

    run = scheduler.run_once_per_slot("breaks", breaks, 15)
    with capture_logs() as said:
        run()
        run()

    assert [line["job"] for line in said] == ["breaks", "breaks"]
    assert len(tries) == 2
