"""A tracer leaves a call: to the queue with a reason, to a colleague who is there, to their other browser."""

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.desk.walking import soup, take_call
from tests.support.story import Story, agent, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome, GiveBackReason
from tracing.kernel.db import session
from tracing.queue import queries
from tracing.queue.claims import services as claims
from tracing.queue.households import services as households
from tracing.staff import presence

MINUTE = timedelta(minutes=1)
OTHER = identity("Luc", phones=("+33639980002",))


def call_of(path: str):
    return call_queries.get_call(int(path.rsplit("/", 1)[1].split("?", maxsplit=1)[0]))


def test_the_reason_stands_on_the_timeline_of_the_next_caller(browse: Browser, story: Story):
    waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    call = take_call(ada).call
    ada.get(f"{call}/leave")

    ada.follow(f"{call}/give-back", {"reason": "acquainted"})

    assert call_of(call).give_back_reason is GiveBackReason.ACQUAINTED
    abel = browse.as_(story.abel)
    assert "connaît la personne" in abel.get(take_call(abel).call).text


def test_a_call_given_back_goes_to_somebody_else_first(story: Story):
    first = waiting_case(story.nantes, at=NOW)
    ada, abel = agent(story.ada), agent(story.abel)
    calls.give_back(calls.take_next(ada, at=NOW), by=ada, at=NOW)
    other = waiting_case(story.nantes, OTHER, at=NOW + MINUTE)

    assert calls.take_next(ada, at=NOW).household_id == other.household_id
    assert calls.take_next(abel, at=NOW).household_id == first.household_id


def test_it_comes_back_to_whoever_gave_it_back_when_nothing_else_waits(story: Story):
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    calls.give_back(calls.take_next(ada, at=NOW), by=ada, at=NOW)

    assert calls.take_next(ada, at=NOW).household_id == task.household_id


def test_after_three_calls_given_back_without_a_word_the_fourth_says_why(browse: Browser, story: Story):
    waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    for _time in range(3):
        ada.follow(f"{take_call(ada).call}/give-back")
    call = take_call(ada).call

    asked = ada.post(f"{call}/give-back", status=422)

    assert "Choisissez pourquoi vous rendez cet appel" in asked.text
    assert call_of(call).ended_at is None
    ada.follow(f"{call}/give-back", {"reason": "too_hard"})
    assert call_of(call).outcome is CallOutcome.GIVEN_BACK


def test_a_colleague_who_is_there_gets_the_call_next(browse: Browser, story: Story, clock):
    task = waiting_case(story.nantes, at=NOW)
    waiting_case(story.nantes, OTHER, at=NOW - timedelta(hours=2))
    ada, abel = browse.as_(story.ada), browse.as_(story.abel)
    agent_of_ada = agent(story.ada)
    claims.reserve_for(queries.find_entry_of(task.household_id).id, story.ada.id, by=agent_of_ada, at=NOW)
    call = take_call(ada).call
    assert "Abel" in ada.get(f"{call}/leave").text
    nobody = ada.post(f"{call}/hand-over", {"colleague": ""}, status=422)
    assert "Choisissez à qui confier l’appel." in nobody.text

    said = ada.follow(f"{call}/hand-over", {"colleague": story.abel.id})

    assert "Confié à Abel" in said.text
    assert call_of(take_call(abel).call).household_id == task.household_id


@pytest.mark.parametrize("state", ["away", "paused", "on a call"])
def test_nobody_hands_a_call_to_one_who_could_not_take_it(browse: Browser, story: Story, clock, state):
    waiting_case(story.nantes, at=NOW)
    ada, abel = browse.as_(story.ada), browse.as_(story.abel)
    if state == "paused":
        presence.pause(agent(story.abel), at=NOW)
    if state == "on a call":
        abel.follow("/calls/next")
        waiting_case(story.nantes, OTHER, at=NOW)
    call = take_call(ada).call
    if state == "away":
        clock.move_to(NOW + 11 * MINUTE)
        calls.lock_for_write(call_of(call).id, agent(story.ada), at=NOW + 11 * MINUTE)

    assert "Personne d’autre n’est présent" in ada.get(f"{call}/leave").text
    ada.post(f"{call}/hand-over", {"colleague": story.abel.id}, status=422)
    assert call_of(call).ended_at is None


def test_the_second_browser_shows_the_call_and_takes_it_over(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    first, second = browse.as_(story.ada), browse.as_(story.ada)
    walk = take_call(first).to("symptoms")

    shown = second.follow("/calls/next").text
    assert "ouvert dans un autre navigateur" in shown
    assert "upont" not in shown.lower(), "nobody is shown before the call is taken over"
    second.follow(f"{walk.call}/take-over")

    typed = {"step": "symptoms", "asked": ["has_symptoms"], "answer-has_symptoms": "yes"}
    late = first.fragment(f"{walk.call}/tasks/{task.id}/answers", typed, status=409)
    assert "repris cet appel dans un autre navigateur" in late.text
    assert first.fragment(f"{walk.call}/heartbeat", status=409).json["message"]
    assert len(call_queries.drafts(story.ada.id)) == 1, "what was typed on the first page is kept"
    second.fragment(f"{walk.call}/tasks/{task.id}/answers", typed)
    assert call_queries.answers(task.id)["has_symptoms"] == "yes"


def test_the_browser_that_no_longer_leads_a_call_cannot_leave_or_end_it(browse: Browser, story: Story):
    task_id = waiting_case(story.nantes, at=NOW).id
    first, second, abel = browse.as_(story.ada), browse.as_(story.ada), browse.as_(story.abel)
    call = take_call(first).call
    second.follow(f"{call}/take-over")

    abel.get("/desk")
    left = first.follow(f"{call}/give-back", {"reason": "equipment"})
    handed = first.follow(f"{call}/hand-over", {"colleague": story.abel.id})
    first.get(f"{call}/tasks/{task_id}/end", status=303)

    for page in (left, handed):
        assert "ouvert dans un autre navigateur" in page.text
        assert "revenu dans la file" not in page.text
    assert call_of(call).ended_at is None


def test_a_browser_that_was_left_is_taken_over_without_a_question(browse: Browser, story: Story):
    waiting_case(story.nantes, at=NOW)
    first = browse.as_(story.ada)
    call = take_call(first).call
    first.post("/logout")

    assert soup(browse.as_(story.ada).get(call)).select_one(".call-clock")


def test_a_call_that_was_given_stays_given_when_somebody_else_of_the_household_must_be_called(story: Story):
    task = waiting_case(story.nantes, at=NOW)
    entry = queries.find_entry_of(task.household_id)
    claims.reserve_for(entry.id, story.abel.id, by=agent(story.dora), at=NOW)

    waiting_case(story.nantes, identity("Paul", born=None), at=NOW + MINUTE)
    households.refresh(task.household_id, at=NOW + MINUTE)
    session.refresh(entry)

    assert entry.reserved_for == story.abel.id
    assert calls.take_next(agent(story.ada), at=NOW + MINUTE) is None
    assert calls.take_next(agent(story.abel), at=NOW + MINUTE).household_id == task.household_id


def test_a_call_under_way_stays_where_it_began(story: Story):
    task = waiting_case(story.nantes, at=NOW)
    call = calls.take_next(agent(story.ada), at=NOW)

    waiting_case(story.ajaccio, identity("Paul", born=None), at=NOW - timedelta(hours=3))

    assert queries.find_entry_of(task.household_id).site_id == story.nantes.id == call.site_id
