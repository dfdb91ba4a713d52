"""A supervisor takes a call from somebody absent, and gives calls to those who are there."""

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.support.story import Story, agent, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.errors import ClaimLost
from tracing.queue.models import EntryState, TaskState

MINUTE = timedelta(minutes=1)


def entry_of(task):
    return queue_queries.find_entry_of(task.household_id)


def test_a_call_taken_back_returns_to_the_queue_with_its_answers(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    calls.save_answer(call, task, "knows_result", "yes", by=ada, at=NOW)
    dora = browse.as_(story.dora)
    page = dora.get(f"/board/{call.entry_id}/take-back")

    done = dora.follow(f"/board/{call.entry_id}/take-back", {"claim": call.claim_number, "tracer": ""})

    assert "gardé en brouillon" in page.text
    assert "Appel repris à Ada. Il est revenu dans la file." in done.text
    assert entry_of(task).state is EntryState.READY
    assert call_queries.get_call(call.id).outcome is CallOutcome.TAKEN_BACK
    assert call_queries.answers(task.id) == {"knows_result": "yes"}
    with pytest.raises(ClaimLost):
        calls.lock_for_write(call.id, ada, at=NOW)


def test_a_call_taken_back_can_go_straight_to_somebody_else(browse: Browser, story: Story):
    waiting_case(story.nantes, identity("Marie"), at=NOW)
    earlier = waiting_case(story.nantes, identity("Luc", phones=("+33639980002",)), at=NOW - MINUTE)
    call = calls.take_next(agent(story.ada), at=NOW)
    assert call.household_id == earlier.household_id

    browse.as_(story.dora).follow(
        f"/board/{call.entry_id}/take-back",
        {"claim": call.claim_number, "tracer": story.abel.id, "anyway": "y"},
    )

    again = calls.take_next(agent(story.abel), at=NOW)
    assert again.household_id == call.household_id
    assert again.claim_number == call.claim_number + 1


def test_the_call_of_whoever_came_after_is_not_taken_by_mistake(browse: Browser, story: Story):
    waiting_case(story.nantes, at=NOW)
    seen = calls.take_next(agent(story.ada), at=NOW)
    calls.give_back(seen, by=agent(story.ada), at=NOW)
    theirs_id = calls.take_next(agent(story.abel), at=NOW).id

    browse.as_(story.dora).post(
        f"/board/{seen.entry_id}/take-back", {"claim": seen.claim_number, "tracer": ""}, status=409
    )

    assert call_queries.get_call(theirs_id).ended_at is None


def test_a_call_taken_back_with_nobody_left_to_call_leaves_the_queue(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    queue.close_task(task, TaskState.DONE, by=ada.member_id, at=NOW)

    done = browse.as_(story.dora).follow(
        f"/board/{call.entry_id}/take-back",
        {"claim": call.claim_number, "tracer": story.abel.id, "anyway": "y"},
    )

    assert "Appel repris à Ada. Personne de ce foyer n’attend d’appel." in done.text
    assert entry_of(task).state is EntryState.IDLE
    assert calls.take_next(agent(story.abel), at=NOW) is None


def test_a_waiting_call_given_to_somebody_is_their_next_one(browse: Browser, story: Story):
    given = waiting_case(story.nantes, identity("Marie"), at=NOW)
    waiting_case(story.nantes, identity("Luc", phones=("+33639980002",)), at=NOW - MINUTE)
    dora = browse.as_(story.dora)
    entry = entry_of(given)
    assert "Abel" in dora.get(f"/board/{entry.id}/give").text

    said = dora.follow(f"/board/{entry.id}/give", {"tracer": story.abel.id, "anyway": "y"}).text

    assert "confié à" in said
    assert calls.take_next(agent(story.ada), at=NOW).household_id != given.household_id
    assert calls.take_next(agent(story.abel), at=NOW).household_id == given.household_id


def test_a_call_is_given_only_to_a_tracer_of_the_site_who_is_free(browse: Browser, story: Story):
    task = waiting_case(story.nantes, identity("Marie"), at=NOW)
    waiting_case(story.nantes, identity("Luc", phones=("+33639980002",)), at=NOW - MINUTE)
    calls.take_next(agent(story.ada), at=NOW)
    dora = browse.as_(story.dora)

    for nobody in (story.ada, story.cleo, story.dora):
        dora.post(f"/board/{entry_of(task).id}/give", {"tracer": nobody.id}, status=422)

    assert entry_of(task).reserved_for is None


def test_a_call_of_another_site_cannot_be_moved(browse: Browser, story: Story):
    task = waiting_case(story.ajaccio, at=NOW)
    call = calls.take_next(agent(story.cleo), at=NOW)
    dora = browse.as_(story.dora)

    dora.get(f"/board/{entry_of(task).id}/give", status=404)
    dora.post(f"/board/{call.entry_id}/take-back", {"claim": call.claim_number}, status=404)

    assert call_queries.get_call(call.id).ended_at is None
