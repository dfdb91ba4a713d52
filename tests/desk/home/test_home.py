"""A tracer's home: what to do next, what was promised, what was done."""

from datetime import timedelta

from tests.conftest import NOW
from tests.desk.walking import soup, take_call
from tests.support.story import agent, identity, waiting_case
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.queue import services as queue
from tracing.queue.maintenance.jobs import promote
from tracing.queue.models import TaskState
from tracing.staff import services as staff
from tracing.staff.models import Role


def test_the_large_button_leads_to_the_call_that_is_due_first(story, browse):
    waiting_case(story.nantes, identity("Zoé", phones=("+33639980002",)), at=NOW)
    waiting_case(story.nantes, identity("Luc", phones=("+33639980003",)), at=NOW - timedelta(hours=1))

    page = browse.as_(story.ada).follow("/calls/next")

    assert "DUPONT Luc" in page.text
    assert "Zoé" not in page.text


def test_an_empty_queue_says_when_the_next_call_will_be_ready(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    queue.promise(task, when=NOW + timedelta(hours=3), by=ada, at=NOW)
    calls.end(call, CallOutcome.CALLBACK, by=ada, at=NOW)

    page = browse.as_(story.abel).follow("/calls/next")

    assert "Aucun appel à passer" in page.text
    assert "aujourd’hui 12:50" in page.text  # kept for Ada ten minutes before 13:00, in Paris


def test_a_tracer_who_holds_a_call_is_led_back_to_it(story, browse):
    waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    ada.follow("/calls/next")

    home = soup(ada.get("/desk"))

    assert "Reprendre l’appel en cours" in home.select_one("#next-call").text


def test_promised_callbacks_stand_there_without_a_name(story, browse, clock):
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    queue.promise(task, when=NOW + timedelta(minutes=30), by=ada, at=NOW)
    calls.end(call, CallOutcome.CALLBACK, by=ada, at=NOW)

    home = browse.as_(story.ada).get("/desk").text

    assert "P0-26-" in home
    assert "Reste 30 min" in home
    assert "upont" not in home.lower()
    promote(clock.move_to(NOW + timedelta(minutes=20)))
    assert "Appel suivant" in soup(browse.as_(story.ada).get("/desk")).select_one("#next-call button").text


def test_a_promise_whose_hour_has_passed_is_said_as_over(story, browse, clock):
    task = waiting_case(story.nantes, at=NOW)
    ada, household = agent(story.ada), task.household_id
    call = calls.take_next(ada, at=NOW)
    queue.promise(task, when=NOW + timedelta(minutes=30), by=ada, at=NOW)
    calls.end(call, CallOutcome.CALLBACK, by=ada, at=NOW)

    promote(clock.move_to(NOW + timedelta(minutes=39)))
    live = soup(browse.as_(story.ada).get("/desk"))
    promote(clock.move_to(NOW + timedelta(minutes=41)))
    over = soup(browse.as_(story.ada).get("/desk"))
    taken = calls.take_next(agent(story.abel), at=NOW + timedelta(minutes=42))
    held = soup(browse.as_(story.ada).get("/desk"))

    assert live.select_one("#promised-over") is None, "ten minutes late, it still counts as kept"
    assert "était promis" in over.select_one("#promised-over").text
    assert "dans la file" in over.select_one("#promised-over").text
    assert "En retard" not in over.select_one("section[aria-labelledby=promised]").text
    assert taken.household_id == household
    assert "est en cours" in held.select_one("#promised-over").text


def test_the_day_counts_calls_and_time_and_opens_nobody_again(story, browse, clock):
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    clock.move_to(NOW + timedelta(minutes=4))
    ended = ada.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "no_answer"})

    today = soup(ended).select_one(".today").text
    again = ada.get(walk.call).text

    assert "Sans réponse" in today
    assert "4 min" in today
    assert "Cet appel est terminé" in again
    assert "upont" not in again.lower()


def test_a_tracer_of_another_site_gets_nothing_and_sees_nothing(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada))
    cleo = browse.as_(story.cleo)

    assert "Aucun appel à passer" in cleo.follow("/calls/next").text
    call = walk.call
    cleo.get(call, status=404)
    cleo.get(f"{call}/tasks/{task.id}/end", status=404)
    cleo.post(f"{call}/tasks/{task.id}/answers", {"step": "opening"}, status=404)
    cleo.post(f"{call}/tasks/{task.id}/steps/opening", status=404)
    cleo.post(f"{call}/tasks/{task.id}/end", {"outcome": "refused"}, status=404)
    cleo.post(f"{call}/give-back", status=404)
    cleo.post(f"{call}/heartbeat", status=404)
    cleo.post(f"{call}/still-here", status=404)
    assert task.state is TaskState.OPEN


def test_a_colleague_of_the_same_site_does_not_see_the_call_either(story, browse):
    waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada))

    browse.as_(story.abel).get(walk.call, status=404)


def test_only_a_tracer_has_a_desk(story, browse):
    others = [browse.as_(one) for one in (story.ben, story.dora, story.gaston, story.olga, story.ivan)]

    for someone in others:
        someone.get("/desk", status=403)
        someone.post("/calls/next", status=403)


def test_a_call_that_has_ended_is_not_opened_from_another_site(story, browse):
    waiting_case(story.nantes, at=NOW)
    staff.grant(story.ada, Role.TRACER, story.ajaccio.id, by=None, at=NOW)
    ada = browse.as_(story.ada, site=story.nantes)
    walk = take_call(ada)
    ada.post(f"{walk.call}/give-back")

    browse.as_(story.ada, site=story.ajaccio).get(walk.call, status=404)
