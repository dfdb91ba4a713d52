"""A tracer sees what became of their calls and questions of today and of the day before, by reference."""

from datetime import timedelta

from bs4 import BeautifulSoup

from tests.conftest import NOW
from tests.support.story import Story, agent, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.calls.rules import CallOutcome
from tracing.cases.queries import get_case
from tracing.escalations import services as escalations
from tracing.escalations.models import Audience, Decision, Reason
from tracing.escalations.services import CallLater
from tracing.facts.ruling_rules import Ground, Ruling, RulingKind
from tracing.kernel.db import session
from tracing.queue import services as queue

MARIE = identity("Marie", "Kerguelen")


def rung(story: Story, who, *, at=NOW, outcome=CallOutcome.NO_ANSWER, task=None):
    task = task or waiting_case(story.nantes, MARIE, at=at)
    call = calls.take_next(agent(who), at=at)
    talk = calls.start_conversation(call, task, script_version="2026.1", at=at)
    talk.outcome, talk.finished_at = outcome, at + timedelta(minutes=4)
    calls.end(call, outcome, by=agent(who), at=at + timedelta(minutes=4))
    return task, call


def days(browse: Browser, who) -> list[str]:
    page = BeautifulSoup(browse.as_(who).get("/desk/own-work").text, "html.parser")
    return [
        section.get_text(" ", strip=True)
        for section in page.select("main section")
        if section.get("aria-labelledby") != "own-questions"
    ]


def test_each_call_stands_with_what_came_of_it_and_where_it_is_now(browse: Browser, story: Story, clock):
    task, _call = rung(story, story.ada)
    queue.promise(task, when=NOW + timedelta(hours=3), by=agent(story.abel), at=NOW)
    clock.move_to(NOW + timedelta(minutes=30))

    today, before = days(browse, story.ada)

    assert get_case(task.case_id).reference in today
    assert "Sans réponse" in today
    assert "rappel promis aujourd’hui 13:00" in today
    assert "KERGUELEN" not in today
    assert "Aucun appel ce jour-là" in before


def test_the_day_before_is_there_and_the_one_before_it_is_not(browse: Browser, story: Story, clock):
    task, call = rung(story, story.ada)
    clock.move_to(NOW + timedelta(days=1))
    today, before = days(browse, story.ada)
    assert "Aucun appel ce jour-là" in today
    assert get_case(task.case_id).reference in before

    session.get_one(Call, call.id).started_at = NOW - timedelta(days=1)
    session.flush()

    assert all("Aucun appel ce jour-là" in one for one in days(browse, story.ada))


def test_nobody_sees_a_colleagues_calls(browse: Browser, story: Story):
    rung(story, story.ada)

    assert all("P0-26" not in one for one in days(browse, story.abel))


def test_a_question_shows_who_has_it_and_then_what_was_answered(browse: Browser, story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    ada, ben = agent(story.ada), agent(story.ben)
    call = calls.take_next(ada, at=NOW)
    asked = escalations.raise_question(
        call,
        task,
        audience=Audience.ADVISER,
        reason=Reason.MEDICAL_QUESTION,
        question="Faut-il arrêter son traitement ?",
        by=ada,
        at=NOW,
    )
    page = browse.as_(story.ada)
    assert "Pas encore prise" in page.get("/desk/own-work").text

    escalations.take(asked.id, by=ben, at=NOW)
    assert "Prise en charge" in page.get("/desk/own-work").text
    escalations.settle(asked.id, answer="Il le garde.", decision=Decision.GO_ON, by=ben, at=NOW)
    text = page.get("/desk/own-work").text

    assert "Il le garde." in text
    assert "Ben" in text
    assert "Il le garde." not in browse.as_(story.abel).get("/desk/own-work").text


def test_an_alert_without_words_and_an_answer_by_decision_alone_are_not_called_erased(
    browse: Browser, story: Story
):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    ada, ben = agent(story.ada), agent(story.ben)
    call = calls.take_next(ada, at=NOW)
    red = escalations.raise_question(
        call, task, audience=Audience.ADVISER, reason=Reason.RED_FLAGS, question="", by=ada, at=NOW
    )
    page = browse.as_(story.ada)
    assert "Texte effacé" not in page.get("/desk/own-work").text

    escalations.take(red.id, by=ben, at=NOW)
    until = Ruling(
        kind=RulingKind.UNTIL,
        ground=Ground.HOSPITAL,
        rule="exercise-2022@1/P0-1",
        on=NOW.date(),
        last_day=NOW.date() + timedelta(days=12),
    )
    tomorrow = CallLater(NOW.date() + timedelta(days=1), story.ada.id)
    escalations.settle(
        red.id, answer="", ruling=until, decision=Decision.CALL_LATER, later=tomorrow, by=ben, at=NOW
    )

    for address in ("/desk/own-work", "/desk"):
        text = page.get(address).text
        assert "Texte effacé" not in text
        assert "Décision du médecin-conseil" in text
        assert "demain" in text or "mercredi 11 mars" in text


def test_the_home_leads_there(browse: Browser, story: Story):
    assert 'href="/desk/own-work"' in browse.as_(story.ada).get("/desk").text
