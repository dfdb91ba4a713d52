"""A tracer asks from the call screen."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.conftest import NOW
from tests.escalations.conftest import QUESTION, ring
from tests.support.markup import read
from tests.support.pages import check_fragment
from tests.support.story import agent, identity
from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.jobs import sweep_claims
from tracing.calls.rules import CallOutcome
from tracing.escalations import queries, services
from tracing.escalations.errors import MedicalForAdviser, QuestionNeeded
from tracing.escalations.models import Audience, Decision, Reason
from tracing.scripts.vocabulary import EscalationReason


def typed(reason=Reason.MEDICAL_QUESTION, question=QUESTION):
    return {"escalation-reason": reason.value, "escalation-question": question}


def test_a_question_goes_to_those_whom_its_reason_names(browse, story, line):
    ada = browse.as_(story.ada)

    shown = ada.fragment(line.panel, typed())
    ada.fragment(line.panel, typed(Reason.PROCEDURE, "Quel modèle de courrier ?"))

    check_fragment(shown.text)
    assert QUESTION in shown.text
    assert "En attente" in shown.text
    assert [one.reason for one in queries.waiting_for(story.nantes.id, Audience.ADVISER)] == [
        Reason.MEDICAL_QUESTION
    ]
    assert [one.reason for one in queries.waiting_for(story.nantes.id, Audience.REFERENT)] == [
        Reason.PROCEDURE
    ]


def test_the_panel_is_a_page_of_its_own_without_script(browse, story, line):
    ada = browse.as_(story.ada)

    page = ada.follow(line.panel, typed())

    assert QUESTION in page.text
    assert f"/calls/{line.call.id}" in page.text


def test_a_second_question_to_the_same_people_joins_the_first(line):
    first = line.ask()
    again = line.ask(question="Et son mari ?")
    same = line.ask(question="Et son mari ?")

    assert first.id == again.id == same.id
    assert queries.words_of(first).question == f"{QUESTION}\nEt son mari ?"
    assert len(queries.open_for_task(line.task.id)) == 1


def test_a_sign_of_danger_makes_an_open_question_more_urgent(line):
    known = line.ask(Reason.SICK_LEAVE)

    line.ask(EscalationReason.RED_FLAGS, question="")

    assert (known.reason, known.urgency) == (Reason.RED_FLAGS, 1)
    assert queries.words_of(known).question == QUESTION


def test_a_referent_and_an_adviser_can_be_asked_about_one_person(line):
    line.ask()
    line.ask(Reason.PROCEDURE, "Quel courrier ?", Audience.REFERENT)

    assert [one.audience for one in queries.open_for_task(line.task.id)] == [
        Audience.ADVISER,
        Audience.REFERENT,
    ]


def test_nothing_medical_goes_to_a_referent(line):
    with pytest.raises(MedicalForAdviser):
        line.ask(Reason.MEDICAL_QUESTION, audience=Audience.REFERENT)


def test_an_empty_question_is_refused_unless_the_reason_says_enough(browse, story, line):
    with pytest.raises(QuestionNeeded):
        line.ask(Reason.MEDICAL_QUESTION, question=" ")

    refused = browse.as_(story.ada).fragment(line.panel, typed(question=""), status=422)

    assert "Écrivez votre question" in refused.text
    assert line.ask(EscalationReason.RESULT_NOT_ANNOUNCED, question="").urgency == 1


def test_a_text_too_long_is_refused_and_stays_on_the_page(browse, story, line):
    refused = browse.as_(story.ada).fragment(line.panel, typed(question="mot " * 200), status=422)

    assert "500 signes" in refused.text
    assert "mot mot mot" in refused.text


def test_a_late_question_is_refused_kept_and_shown(browse, story, line, clock):
    ada, ada_id, task_id = browse.as_(story.ada), story.ada.id, line.task.id
    sweep_claims(clock.move_to(NOW + timedelta(minutes=6)))

    refused = ada.fragment(line.panel, typed(), status=409)

    assert QUESTION in refused.text
    assert queries.open_for_task(task_id) == []
    [(draft, text_kept)] = call_queries.drafts(ada_id)
    assert (draft.field, text_kept) == ("escalation", QUESTION)


def test_a_late_reason_without_words_is_kept_in_words(browse, story, line, clock):
    ada, ada_id = browse.as_(story.ada), story.ada.id
    sweep_claims(clock.move_to(NOW + timedelta(minutes=6)))

    ada.fragment(line.panel, typed(Reason.RED_FLAGS, ""), status=409)

    [(_draft, text_kept)] = call_queries.drafts(ada_id)
    assert text_kept == "Signe d’urgence"


def test_somebody_elses_call_cannot_be_asked_about(browse, story, line):
    browse.as_(story.abel).get(line.panel, status=404)
    browse.as_(story.cleo).post(line.panel, typed(), status=404)
    browse.as_(story.dora).get(line.panel, status=403)


def test_a_person_of_another_household_cannot_be_asked_about(browse, story, line):
    other = ring(story, story.abel, identity("Luc", phones=("+33639980003",)))
    ada = browse.as_(story.ada)

    ada.get(f"/calls/{line.call.id}/tasks/{other.task.id}/escalations", status=404)
    ada.get(f"/calls/{line.call.id}/tasks/999999/escalations", status=404)


def test_the_answer_appears_during_the_call_with_who_and_when(browse, story, line, clock):
    asked = line.ask()
    ada = browse.as_(story.ada)
    waiting = ada.fragment(line.panel, method="get").text

    services.take(asked.id, by=agent(story.ben), at=NOW)
    taken = ada.fragment(line.panel, method="get").text
    services.settle(
        asked.id,
        answer="Oui, avec un masque.",
        decision=Decision.GO_ON,
        by=agent(story.ben),
        at=clock.move_to(NOW + timedelta(minutes=2)),
    )
    answered = ada.fragment(line.panel, method="get").text

    assert "En attente" in waiting
    assert 'hx-trigger="every 5s"' in waiting
    assert "Prise par Ben" in taken
    assert "Oui, avec un masque." in answered
    assert "Réponse de Ben" in answered
    assert "10:02" in answered
    assert "every 5s" not in answered
    assert 'id="alerts"' in answered
    assert 'id="alerts"' not in taken
    check_fragment(answered)


def test_looking_by_itself_is_no_sign_that_somebody_is_there(browse, story, line, session, clock):
    line.ask()
    ada = browse.as_(story.ada)
    clock.move_to(NOW + timedelta(minutes=4))

    ada.fragment(line.panel, method="get")

    assert session.execute(text("SELECT max(last_input_at) FROM staff_sessions")).scalar() == NOW


def test_an_answer_is_read_once(browse, story, line):
    asked = line.ask()
    services.take(asked.id, by=agent(story.ben), at=NOW)
    services.settle(asked.id, answer="Oui.", decision=Decision.GO_ON, by=agent(story.ben), at=NOW)
    assert [one.id for one in queries.unread_answers(story.ada.id)] == [asked.id]
    ada = browse.as_(story.ada)
    told = read(ada.fragment(line.panel, method="get").text).select_one("#alerts form")
    assert told["action"] == f"{line.panel}/{asked.id}/seen", "what opens the answer records that it was read"

    ada.fragment(told["action"])

    assert "est arrivée" not in ada.fragment(line.panel, method="get").text
    assert queries.unread_answers(story.ada.id) == []
    assert queries.get_asked(asked.id, by=agent(story.ada)).seen_at == NOW


def test_an_answer_that_came_after_the_call_waits_for_its_tracer(browse, story, line):
    asked = line.ask()
    calls.end(line.call, CallOutcome.NEEDS_DOCTOR, by=line.tracer, at=NOW)
    services.take(asked.id, by=agent(story.ben), at=NOW)
    services.settle(
        asked.id, answer="Oui, avec un masque.", decision=Decision.GO_ON, by=agent(story.ben), at=NOW
    )
    ada = browse.as_(story.ada)

    page = ada.get(f"/escalations/{asked.id}/answer")
    ada.post(f"/escalations/{asked.id}/seen")

    assert "Oui, avec un masque." in page.text
    assert "Dupont" not in page.text
    assert queries.unread_answers(story.ada.id) == []
    browse.as_(story.abel).get(f"/escalations/{asked.id}/answer", status=404)


def test_the_next_tracer_reads_earlier_words_only_once_the_person_said_who_they_are(browse, story, line):
    asked = line.ask()
    calls.give_back(line.call, by=line.tracer, at=NOW)
    abel = agent(story.abel)
    call = calls.take_next(abel, at=NOW)
    panel = f"/calls/{call.id}/tasks/{line.task.id}/escalations"
    visitor = browse.as_(story.abel)

    before = visitor.fragment(panel, method="get").text
    conversation = calls.start_conversation(call, line.task, script_version="2026.1", at=NOW)
    calls.confirm_identity(conversation, confirmed=True, by=abel, at=NOW)
    after = visitor.fragment(panel, method="get").text

    assert asked.call_id != call.id
    assert QUESTION not in before
    assert QUESTION in after


def test_no_word_of_a_question_is_in_an_event_or_in_the_clear(line, session, caplog):
    line.ask()

    written = session.execute(text("SELECT string_agg(detail::text || kind, ' ') FROM events")).scalar()
    stored = session.execute(text("SELECT string_agg(escalations::text, ' ') FROM escalations")).scalar()

    assert "escalation.raised" in written
    for word in ("nourrisson", "Dupont", "Marie"):
        assert word not in written
        assert word not in stored
        assert word not in caplog.text
