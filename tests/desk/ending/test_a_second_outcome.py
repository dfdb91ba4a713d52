"""An outcome sent for a conversation that has one already: what is stored is said, and what was typed is kept."""

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.desk.walking import soup, take_call
from tests.support.story import Story, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import queries as calls
from tracing.queue import queries
from tracing.queue.models import TaskState

CALLBACK = {"outcome": "callback", "callback_on": "2026-03-10", "callback_time": "14:30"}
DOCTOR = {"outcome": "needs_doctor", "reason": "medical_question", "question": "Quel masque ?"}


@pytest.mark.parametrize(
    "form",
    [
        {"outcome": "no_answer"},
        {"outcome": "refused"},
        CALLBACK,
        DOCTOR,
        {"outcome": "language", "language": "pt"},
        {"outcome": "interpreter", "interpreter": "pt"},
        {"outcome": "identity_failed", "identity": "Une voisine"},
    ],
    ids=lambda form: form["outcome"],
)
def test_the_same_outcome_twice_is_harmless(story: Story, browse: Browser, form):
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    end = f"{take_call(ada).call}/tasks/{task.id}/end"

    ada.post(end, form)
    again = ada.post(end, form)

    assert again.headers["Location"] == "/desk"
    assert not calls.drafts(story.ada.id)


@pytest.mark.parametrize(
    ("first", "second", "stored", "refused"),
    [
        ({"outcome": "no_answer"}, {"outcome": "refused"}, "sans réponse", "refus"),
        ({"outcome": "refused"}, {"outcome": "no_answer"}, "refus", "sans réponse"),
        # nothing is complete here, and nothing is chosen there: what counts is that the call is over
        ({"outcome": "no_answer"}, {"outcome": "completed"}, "sans réponse", "complet"),
    ],
)
def test_another_outcome_is_answered_with_the_one_that_is_stored(
    story: Story, browse: Browser, first, second, stored, refused
):
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    end = f"{take_call(ada).call}/tasks/{task.id}/end"
    ada.post(end, first)
    state = queries.get_task(task.id).state

    page = ada.post(end, second, status=409)

    said = soup(page).select_one("main").text.lower()
    assert stored in soup(page).select_one("h1").text.lower()
    assert refused in said
    assert "n’a pas été noté" in said
    assert "upont" not in said, "nobody is named on a page of a call that is over"
    assert queries.get_task(task.id).state is state
    assert soup(page).select_one("form[action*=take-back]"), "for two minutes the tracer may choose again"


def test_what_was_typed_with_it_is_kept(story: Story, browse: Browser):
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    end = f"{take_call(ada).call}/tasks/{task.id}/end"
    ada.post(end, {"outcome": "no_answer"})

    page = ada.post(end, DOCTOR, status=409).text

    assert "Quel masque ?" in page
    assert "Quel masque ?" in ada.get("/desk").text
    assert queries.get_task(task.id).state is TaskState.OPEN


def test_another_hour_is_not_the_same_promise(story: Story, browse: Browser):
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    end = f"{take_call(ada).call}/tasks/{task.id}/end"
    ada.post(end, CALLBACK)
    promised_at = queries.get_task(task.id).promised_at

    page = ada.post(end, CALLBACK | {"callback_time": "16:00"}, status=409)

    assert "16:00" in page.text
    assert queries.get_task(task.id).promised_at == promised_at


def test_one_person_of_a_household_is_over_while_the_call_goes_on(story: Story, browse: Browser):
    mother = waiting_case(story.nantes, identity("Marie"), at=NOW).id
    waiting_case(story.nantes, identity("Paul"), at=NOW + timedelta(minutes=1))
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    ada.post(f"{walk.call}/tasks/{mother}/end", {"outcome": "refused"})

    page = soup(ada.post(f"{walk.call}/tasks/{mother}/end", CALLBACK, status=409))

    assert "Vous avez déjà terminé avec cette personne" in page.select_one("h1").text
    assert page.select_one(f"main a[href='{walk.call}']"), "the call goes on from here"


def test_of_two_people_each_is_offered_their_own_outcome_to_be_taken_back(story: Story, browse: Browser):
    mother = waiting_case(story.nantes, identity("Marie"), at=NOW).id
    paul = waiting_case(story.nantes, identity("Paul"), at=NOW + timedelta(minutes=1)).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    for task_id in (mother, paul):
        ada.post(f"{walk.call}/tasks/{task_id}/end", {"outcome": "refused"})

    about_mother = soup(ada.post(f"{walk.call}/tasks/{mother}/end", CALLBACK, status=409))
    about_paul = soup(ada.post(f"{walk.call}/tasks/{paul}/end", CALLBACK, status=409))

    theirs = [one.select("form[action*=take-back]") for one in (about_mother, about_paul)]
    assert [len(one) for one in theirs] == [1, 1]
    assert theirs[0][0]["action"] != theirs[1][0]["action"]
    assert about_paul.select_one("form[action*=take-back]")


def test_later_only_a_supervisor_can_choose_again(story: Story, browse: Browser, clock):
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    end = f"{take_call(ada).call}/tasks/{task.id}/end"
    ada.post(end, {"outcome": "refused"})
    clock.move_to(NOW + timedelta(minutes=3))

    page = soup(ada.post(end, {"outcome": "no_answer"}, status=409))

    assert page.select_one("form[action*=take-back]") is None
    assert "superviseur" in page.select_one("main").text


def test_a_call_that_is_over_is_not_given_back(story: Story, browse: Browser):
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    ada.post(f"{walk.call}/tasks/{task.id}/end", {"outcome": "refused"})

    for way, form in (("give-back", {}), ("hand-over", {"colleague": story.abel.id})):
        page = ada.client.post(f"{walk.call}/{way}", data=form)
        assert "revenu dans la file" not in page.text, way
    assert "déjà fini" in ada.post(f"{walk.call}/give-back", status=409).text


def test_an_answer_after_the_end_is_not_said_to_be_in_the_queue(story: Story, browse: Browser):
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    walk = take_call(ada).to("symptoms")
    ada.post(f"{walk.call}/tasks/{task.id}/end", {"outcome": "refused"})

    typed = {"step": "symptoms", "asked": ["has_symptoms"], "answer-has_symptoms": "yes"}
    page = ada.post(f"{walk.call}/tasks/{task.id}/answers", typed, status=409).text

    assert "Vous avez déjà terminé cet appel" in page
    assert "dans la file" not in page
    assert calls.drafts(story.ada.id)
