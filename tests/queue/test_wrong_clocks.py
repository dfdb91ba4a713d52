"""Application hosts whose clocks are an hour ahead or behind, on a database whose clock is right: nothing changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from tests.conftest import NOW, Clock
from tests.desk.walking import Walk, take_call
from tests.support.host import Host
from tests.support.live import Live, committed, fill_queue
from tests.support.story import Story, agent, identity, member, waiting_case
from tests.support.web import Browser
from tracing.app import scheduler
from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.kernel import clock as kernel_clock
from tracing.kernel.config import Settings
from tracing.kernel.db import session, transaction
from tracing.kernel.events import Event
from tracing.kernel.job_slots import RunSlot
from tracing.queue import services as queue
from tracing.queue.models import EntryState, QueueEntry
from tracing.staff.models import Role

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WRONG = pytest.mark.parametrize("wrong", [-HOUR, HOUR], ids=["behind", "ahead"])


@contextmanager
def host(clock: Clock, at: datetime, wrong: timedelta) -> Iterator[None]:
    """Be a host whose clock is wrong, while it is `at` in the database."""
    clock.move_to(at)
    with time_machine.travel(at + wrong, tick=False):
        yield


def run_job(name: str) -> None:
    """Let the scheduler of this host do a job now."""
    jobs = {job.id: job for job in scheduler.make_scheduler(Settings(data_dir=Path("/nowhere"))).get_jobs()}
    jobs[name].func()


def standing() -> list[tuple[Any, ...]]:
    """Return what decides who may call whom, and when."""
    session.expire_all()
    return [
        (
            entry.state,
            entry.claim_number,
            entry.claimed_at,
            entry.last_input_at,
            entry.claim_ends_at,
            entry.not_before,
            entry.closes_at,
            entry.due_at,
            entry.reserved_until,
        )
        for entry in session.scalars(select(QueueEntry).order_by(QueueEntry.id))
    ]


def end_of(walk: Walk) -> str:
    """Return where the conversation on the screen is ended."""
    return str(walk.page.select_one("#answers")["action"]).split("/steps/")[0] + "/end"


def history(browse: Browser, story: Story, clock: Clock, wrong: timedelta) -> list[object]:
    """Claim, renew, write, try in vain, promise, give back and sweep on a host; returns how things stood each time."""
    stood: list[object] = []
    with host(clock, NOW, wrong):
        ada, abel = Browser(browse.app).as_(story.ada), Browser(browse.app).as_(story.abel)
        walk = take_call(ada)
        stood.append(standing())
    with host(clock, NOW + 4 * MINUTE, wrong):
        stood += [ada.client.post(f"{walk.call}/heartbeat").json, standing()]
    with host(clock, NOW + 6 * MINUTE, wrong):
        ada.post(f"{walk.call}/still-here")
        stood.append(standing())
    with host(clock, NOW + 7 * MINUTE, wrong):
        ada.follow(end_of(walk), {"outcome": "no_answer"})
        stood.append(standing())
        promised = take_call(abel)
        when = {"callback_on": "2026-03-10", "callback_time": "10:40"}
        abel.follow(end_of(promised), {"outcome": "callback", **when})
        stood.append(standing())
    with host(clock, NOW + 8 * MINUTE, wrong):
        given_back = take_call(ada)
        ada.post(f"{given_back.call}/give-back")
        stood.append(standing())
        take_call(abel)
    for minutes in (12, 13, 30, 40):
        with host(clock, NOW + minutes * MINUTE, wrong):
            for job in ("sweep_claims", "promote", "watch", "rebuild"):
                run_job(job)
            stood.append(standing())
    return stood


@WRONG
def test_a_host_whose_clock_is_wrong_claims_renews_ends_and_sweeps_as_one_whose_clock_is_right(
    story: Story, clock: Clock, browse: Browser, wrong: timedelta
):
    for n in range(3):
        waiting_case(story.nantes, identity(f"P{n}", phones=(f"+3363998{n:04d}",)), at=NOW)

    found = []
    for off in (timedelta(0), wrong):
        session.commit()
        begun = session.get_bind().begin_nested()
        found.append(history(browse, story, clock, off))
        session.commit()
        begun.rollback()
        session.expire_all()

    right, other = found
    assert other == right
    assert len({str(one) for one in right}) > 8, "something happened"


def test_a_scheduler_that_is_ahead_ends_nothing_early_and_leaves_the_coming_hour_to_the_others(
    story: Story, clock: Clock
):
    waiting_case(story.nantes, at=NOW)
    promised = waiting_case(story.nantes, identity("Luc", phones=("+33639980003",)), at=NOW)
    held = calls.take_next(agent(story.ada), at=NOW)
    queue.promise(promised, when=NOW + 45 * MINUTE, by=agent(story.abel), at=NOW)
    before = standing()

    with host(clock, NOW, HOUR):
        for job in ("sweep_claims", "promote", "watch"):
            run_job(job)

    assert standing() == before
    assert set(session.scalars(select(RunSlot.slot))) == {NOW}

    with host(clock, NOW + HOUR, timedelta(0)):
        for job in ("sweep_claims", "promote"):
            run_job(job)

    assert calls.queries.get_call(held.id).ended_at == NOW + HOUR
    assert set(session.scalars(select(QueueEntry.state))) == {EntryState.READY}


def test_processes_an_hour_ahead_and_an_hour_behind_share_the_queue(live_database: Live):
    site, households = live_database.story.nantes, 40
    with transaction():
        begun = kernel_clock.database_now()
        fill_queue(site, households, at=begun)
        staff = [
            [member(f"h{host}t{n}", f"Hôte {n}", (Role.TRACER, site), at=begun).id for n in range(4)]
            for host in range(2)
        ]
    told = {
        "url": live_database.url,
        "keys_url": live_database.keys_url,
        "master": live_database.master.hex(),
    }

    hosts = [
        Host(told | {"members": members, "hours_ahead": hours})
        for members, hours in zip(staff, (1, -1), strict=True)
    ]
    try:
        for one in hosts:
            one.wait_for("ready")
        for one in hosts:
            one.call()
        for one in hosts:
            one.wait_for("idle")
    finally:
        for one in hosts:
            one.end()

    ended = committed(lambda at: at)
    assert [one.all_said("refused") for one in hosts] == [[], []]
    assert session.scalar(select(func.count()).where(Event.kind == "call.claimed")) == households
    times = session.execute(select(Call.started_at, Call.ended_at)).all()
    assert len(times) == households
    assert all(begun <= start <= end <= ended for start, end in times)
