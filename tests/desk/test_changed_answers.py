"""An earlier answer is changed: what it makes void is said before it is dropped."""

from tests.conftest import NOW
from tests.desk.walking import soup, take_call
from tests.support.story import waiting_case
from tracing.calls import queries as calls

NO_SYMPTOMS = {
    "step": "symptoms",
    "asked": ["has_symptoms", "onset_on"],
    "answer-has_symptoms": "no",
    "answer-onset_on": "2026-03-08",
}


def test_nothing_is_dropped_before_the_page_has_said_what(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("immunity")
    answers = f"{walk.call}/tasks/{task.id}/answers"

    said = soup(walk.visitor.fragment(answers, NO_SYMPTOMS, status=422))

    assert "écarte" in said.select_one("#remark-has_symptoms").text
    assert "Premier jour des symptômes" in said.select_one("#remark-has_symptoms").text
    assert calls.answers(task.id)["has_symptoms"] == "yes"
    drop = str(said.select_one("#remark-has_symptoms input[name=drop]")["value"])
    walk.visitor.fragment(answers, NO_SYMPTOMS | {"drop": drop})
    assert calls.answers(task.id)["has_symptoms"] == "no"


def test_the_old_answer_chosen_again_changes_nothing_and_asks_nothing(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("immunity")
    answers = f"{walk.call}/tasks/{task.id}/answers"
    walk.visitor.fragment(answers, NO_SYMPTOMS, status=422)

    back = soup(walk.visitor.fragment(answers, NO_SYMPTOMS | {"answer-has_symptoms": "yes"}))

    assert not back.select_one("[name=drop]")
    assert calls.answers(task.id)["onset_on"] == "2026-03-08"


def test_without_script_a_second_next_applies_the_change(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("immunity")
    step = f"{walk.call}/tasks/{task.id}/steps/symptoms"

    asked = soup(walk.visitor.post(step, NO_SYMPTOMS, status=422))
    drop = str(asked.select_one("#remark-has_symptoms input[name=drop]")["value"])
    walk.visitor.follow(step, NO_SYMPTOMS | {"drop": drop})

    assert calls.answers(task.id)["has_symptoms"] == "no"


def test_signs_of_danger_are_never_kept_waiting(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("immunity")
    danger = {"step": "red_flags", "asked": ["red_flags"], "answer-red_flags": "yes"}

    walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/answers", danger)

    assert calls.answers(task.id)["red_flags"] == "yes"
