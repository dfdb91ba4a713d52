"""A call kept by hand for somebody who does not take it in time is for everyone again, and its timeline says so."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.conftest import NOW, Clock
from tests.desk.walking import take_call
from tests.support.story import Story, agent, identity, waiting_case
from tests.support.web import Browser
from tracing.kernel.db import session
from tracing.kernel.events import Event
from tracing.queue import queries, services
from tracing.queue.claims import ending, next_call
from tracing.queue.claims import services as claims
from tracing.queue.maintenance.jobs import promote
from tracing.queue.models import CallTask, EntryState, QueueEntry

MINUTE = timedelta(minutes=1)
SAID = "n’est plus gardé pour Ada\u202f: il n’a pas été pris à temps"


def paris(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 10, hour, minute, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)


def entry_of(task: CallTask) -> QueueEntry:
    entry = queries.find_entry_of(task.household_id)
    session.refresh(entry)
    return entry


def give(story: Story, task: CallTask, *, at: datetime) -> None:
    claims.reserve_for(entry_of(task).id, story.ada.id, by=agent(story.dora), at=at)


def promised(story: Story, when: datetime) -> CallTask:
    task = waiting_case(story.nantes, at=NOW)
    abel = agent(story.abel)
    claim = next_call.claim_next(abel, at=NOW)
    services.promise(task, when=when, by=abel, at=NOW)
    ending.release(claim.entry_id, claim.number, at=NOW)
    return task


def told() -> list[tuple[int | None, int, int]]:
    """Return by whom, about which household and whom each event was written."""
    found = session.scalars(select(Event).where(Event.kind == "call.gift_over").order_by(Event.id))
    return [(one.by_id, one.subject_id, one.detail["member"]) for one in found]


def test_whoever_rings_then_reads_for_whom_it_was_kept(story: Story, browse: Browser, clock: Clock):
    give(story, task := waiting_case(story.nantes, at=NOW), at=NOW)
    entry_id = entry_of(task).id

    promote(clock.move_to(NOW + 29 * MINUTE))
    assert told() == []
    promote(clock.move_to(NOW + 30 * MINUTE))
    promote(clock.move_to(NOW + 31 * MINUTE))

    assert told() == [(None, entry_id, story.ada.id)]
    assert SAID in take_call(browse.as_(story.abel)).page.select_one("#panel-timeline").text
    assert "Appel confié, non pris à temps" in browse.as_(story.olga).get("/journal?show=events").text


def test_one_given_before_its_time_says_so_and_waits_for_its_time(story: Story, clock: Clock):
    task = promised(story, NOW + timedelta(hours=3))
    give(story, task, at=NOW)

    promote(clock.move_to(NOW + 30 * MINUTE))

    entry = entry_of(task)
    assert told() == [(None, entry.id, story.ada.id)]
    assert (entry.state, entry.not_before) == (EntryState.SCHEDULED, NOW + timedelta(hours=3) - 10 * MINUTE)
    assert entry.given_at is None


@pytest.mark.parametrize("is_early", [False, True])
def test_one_that_the_end_of_the_calling_hours_cut_short_says_so_once(story: Story, clock: Clock, is_early):
    task = promised(story, NOW + timedelta(days=1)) if is_early else waiting_case(story.nantes, at=NOW)
    give(story, task, at=clock.move_to(paris(18, 45)))

    promote(clock.move_to(paris(19)))
    promote(clock.move_to(paris(19, 20)))

    entry = entry_of(task)
    assert told() == [(None, entry.id, story.ada.id)]
    assert (entry.state, entry.given_at) == (EntryState.SCHEDULED, None)


def test_several_at_once_are_told_each(story: Story, clock: Clock):
    tasks = [
        waiting_case(story.nantes, identity(name, phones=(f"+3363998000{n}",)), at=NOW)
        for n, name in enumerate(("Marie", "Luc"), start=1)
    ]
    give(story, tasks[0], at=NOW)
    claims.reserve_for(entry_of(tasks[1]).id, story.abel.id, by=agent(story.dora), at=NOW)

    promote(clock.move_to(NOW + 30 * MINUTE))

    assert {(entry_id, member) for _by, entry_id, member in told()} == {
        (entry_of(tasks[0]).id, story.ada.id),
        (entry_of(tasks[1]).id, story.abel.id),
    }


def test_one_that_was_taken_and_the_hour_of_a_promise_say_nothing(story: Story, clock: Clock):
    give(story, waiting_case(story.nantes, identity("Luc", phones=("+33639980003",)), at=NOW), at=NOW)
    assert next_call.claim_next(agent(story.ada), at=NOW) is not None
    promised(story, NOW + timedelta(hours=1))

    promote(clock.move_to(NOW + timedelta(hours=1) - 10 * MINUTE))
    promote(clock.move_to(NOW + timedelta(hours=1)))

    assert told() == []
