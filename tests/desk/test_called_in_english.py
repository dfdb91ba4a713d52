"""Somebody who is called in English: the tracer reads the words of the script in English, and leads in French."""

from tests.conftest import NOW
from tests.desk.walking import soup, take_call
from tests.support.pages import check_fragment
from tests.support.story import waiting_case
from tracing.kernel.db import session
from tracing.people.models import Person
from tracing.queue import languages, queries
from tracing.queue.models import CallTask
from tracing.staff import services as staff
from tracing.staff.queries import get_member


def waiting_in(language, story):
    task = waiting_case(story.nantes, at=NOW)
    staff.set_languages(get_member(story.ada.id), ["en", "pt"], by=None, at=NOW)
    languages.set_call_language(task, language, by=story.ada.id, at=NOW)
    return task


def test_who_is_called_in_english_hears_english_with_the_french_one_key_away(story, browse):
    waiting_in("en", story)
    walk = take_call(browse.as_(story.ada))
    say = walk.page.select_one("#say")

    assert "I am calling from the French health insurance" in say.text
    assert say.select_one(".say p[lang=en]")
    assert "je vous appelle de l’Assurance Maladie" in say.select_one("details.in-french").text
    question = walk.page.select_one("#question-person_on_line")
    assert "Qui est au bout du fil" in question.text
    assert "Who is on the line?" in question.select_one("legend [lang=en]").text
    assert "another legal representative" in question.text
    assert "Please call us back" in walk.page.text or "We will call you again" in walk.page.text
    walk.to("recall")
    assert "Sunday 8 March" in walk.page.select_one(".recall-days").text
    walk.to("isolation")
    assert "To protect others, I ask you to stay in isolation until" in walk.page.select_one("#say").text


def test_what_is_saved_is_the_same_in_both_languages(story, browse):
    task = waiting_in("en", story)
    ada = browse.as_(story.ada)
    walk = take_call(ada).to("time")

    session.get_one(Person, session.get_one(CallTask, task.id).person_id).language = None
    session.flush()

    page = soup(ada.get(walk.call))
    assert page.select_one("#answers input[name=step]")["value"] == "time"
    assert "Avez-vous un moment" in page.select_one("#say").text
    assert not page.select(".in-french, .in-english")


def test_another_language_is_led_in_french(story, browse):
    waiting_in("pt", story)
    walk = take_call(browse.as_(story.ada))

    assert "je vous appelle de l’Assurance Maladie" in walk.page.select_one(".say").text
    assert not walk.page.select(".in-french, .in-english")


def turned(walk, visitor, task):
    """Send the button that goes on in the other language, and return the page that follows."""
    form = next(
        one for one in walk.page.select("form") if one["action"].endswith(f"/tasks/{task.id}/language")
    )
    sent = {one["name"]: one["value"] for one in form.select("input[type=hidden]")}
    walk.page = soup(visitor.follow(form["action"], sent))
    return walk.page


def test_a_call_under_way_goes_on_in_english_and_back_with_its_answers_and_the_person_keeps_the_language(
    story, browse
):
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    walk = take_call(ada).to("symptoms")
    assert "Avez-vous, ou avez-vous eu, des symptômes" in walk.page.select_one("#say").text

    page = turned(walk, ada, task)

    assert walk.step == "symptoms"
    assert "Have you had" in page.select_one("#say").text or "Do you have" in page.select_one("#say").text
    assert "anglais" in page.select_one(".call-why").text
    assert session.get_one(Person, task.person_id).language == "en"
    assert queries.find_entry_of(task.household_id).language == "en"
    walk.send()
    assert walk.page.select_one(".say p[lang=en]")

    page = turned(walk, ada, task)

    assert not page.select(".in-french, .in-english")
    assert session.get_one(Person, task.person_id).language is None
    walk.to("closing")
    assert "opening" not in walk.steps[-3:], "nothing is asked again"


def test_with_script_only_the_step_is_turned_and_what_is_open_beside_it_stays(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    walk = take_call(ada).to("symptoms")
    form = next(one for one in walk.page.select("form") if one["action"].endswith("/language"))
    sent = {one["name"]: one["value"] for one in form.select("input[type=hidden]")}

    answer = ada.fragment(form["hx-post"], sent)

    check_fragment(answer.text)
    part = soup(answer)
    assert part.select_one("#step #say [lang=en]")
    assert "anglais" in part.select_one("#spoken").text
    for beside in ("#panel-note", "#panel-handover", "#panel-escalation", "#health"):
        assert not part.select(beside)
    assert "language-changed" in answer.headers["HX-Trigger-After-Settle"]
    assert session.get_one(Person, task.person_id).language == "en"


def test_a_call_in_a_third_language_is_not_turned_to_english(story, browse):
    task = waiting_in("pt", story)
    walk = take_call(browse.as_(story.ada))

    assert not [one for one in walk.page.select("form") if one["action"].endswith("/language")]
    walk.visitor.follow(f"{walk.call}/tasks/{task.id}/language", {"language": "en"})
    assert session.get_one(Person, task.person_id).language == "pt"
