"""Those who are asked see their list, take one, read the case, answer; the case goes on."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from tests.conftest import NOW
from tests.desk.walking import soup
from tests.escalations.conftest import QUESTION, ring
from tests.support.pages import check_fragment
from tests.support.story import agent, case, contact, contradicted, identity, member
from tracing.calls import services as calls
from tracing.escalations import queries, services
from tracing.escalations.errors import (
    AlreadySettled,
    AlreadyTaken,
    AnswerNeeded,
    NoSuchEscalation,
    NotTakenByYou,
)
from tracing.escalations.models import Audience, Decision, EscalationState, Reason
from tracing.kernel.events import Event
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.claims import next_call as claim
from tracing.queue.models import EntryState, TaskState
from tracing.staff.models import Role

MINUTE = timedelta(minutes=1)


@pytest.fixture
def bea(story):
    """Nantes' second adviser."""
    return member("bea", "Béa", (Role.ADVISER, story.nantes), at=NOW)


def answered(decision=Decision.GO_ON, answer="Oui, avec un masque."):
    return {"answer": answer, "decision": decision.value}


def test_the_most_urgent_stands_first_then_the_oldest(browse, story, session):
    today = ring(story, story.ada).ask(Reason.SICK_LEAVE, at=NOW - 30 * MINUTE)
    soon = ring(story, story.abel, identity("Luc", phones=("+33639980003",))).ask(
        Reason.VULNERABLE, at=NOW - MINUTE
    )
    third = member("ali", "Ali", (Role.TRACER, story.nantes), at=NOW)
    at_once = ring(story, third, identity("Zoé", phones=("+33639980004",))).ask(Reason.RED_FLAGS, at=NOW)

    listed = [one.id for one in queries.waiting_for(story.nantes.id, Audience.ADVISER)]
    page = browse.as_(story.ben).get("/escalations").text

    assert listed == [at_once.id, soon.id, today.id]
    places = [page.index(word) for word in ("Signe d’urgence", "Personne fragile", "Arrêt de travail")]
    assert places == sorted(places)


def test_the_list_shows_no_identity_and_no_question(browse, story, line):
    line.ask()

    page = browse.as_(story.ben).get("/escalations").text
    part = browse.as_(story.ben).fragment("/escalations/list", method="get").text

    check_fragment(part)
    for shown in (page, part):
        assert "P0-26-" in shown
        assert not any(word in shown for word in ("Dupont", "DUPONT", "Marie", "nourrisson"))


def test_a_referent_sees_what_is_for_referents_and_nothing_medical(browse, story, line):
    medical = line.ask().id
    line.ask(Reason.PROCEDURE, "Quel courrier ?", Audience.REFERENT)
    rose = browse.as_(story.rose, site=story.nantes)

    page = rose.get("/escalations").text

    assert "Procédure ou consigne" in page
    assert "Question médicale" not in page
    rose.get(f"/escalations/{medical}", status=404)
    rose.post(f"/escalations/{medical}/take", status=404)


def test_an_adviser_takes_note_of_a_negative_pcr_after_an_antigen_test(browse, story, session):
    opened = case(story.nantes, at=NOW)
    contradicted(opened, by_pcr_on=NOW.date(), at=NOW)
    reference, noted = opened.reference, f"/escalations/contradicted/{opened.id}/noted"
    ben, elsewhere = browse.as_(story.ben), member("cora", "Cora", (Role.ADVISER, story.ajaccio), at=NOW)

    page = ben.get("/escalations").text
    assert reference in page
    assert "la PCR l’emporte" in page
    assert "DUPONT" not in page
    assert reference not in browse.as_(story.rose, site=story.nantes).get("/escalations").text
    assert reference not in browse.as_(elsewhere).get("/escalations").text
    browse.as_(elsewhere).post(noted, status=404)
    browse.as_(story.rose, site=story.nantes).post(noted, status=403)
    shown = {"up_to": soup(ben.get("/escalations")).select_one("input[name=up_to]")["value"]}
    contradicted(opened, by_pcr_on=NOW.date(), at=NOW + MINUTE)  # while the page is open
    ben.follow(noted, shown)
    part = ben.fragment("/escalations/list", method="get")
    assert reference in part.text
    for _twice in range(2):
        ben.follow(noted, {"up_to": soup(part).select_one("input[name=up_to]")["value"]})

    part = ben.fragment("/escalations/list", method="get").text
    assert reference not in part
    events = session.scalars(select(Event).where(Event.kind == "case.contrary_result_noted")).all()
    assert [one.by_id for one in events] == [story.ben.id, story.ben.id]


def test_other_roles_and_other_sites_see_nothing(browse, story, line):
    asked = line.ask()
    corsican = member("cora", "Cora", (Role.ADVISER, story.ajaccio), at=NOW)

    asked_id, as_corsican = asked.id, agent(corsican)
    visitors = [browse.as_(nobody) for nobody in (story.ada, story.dora, story.olga, story.cleo)]
    adviser_elsewhere = browse.as_(corsican)

    for visitor in visitors:
        visitor.get("/escalations", status=403)
        visitor.get(f"/escalations/{asked_id}", status=403)
    adviser_elsewhere.get(f"/escalations/{asked_id}", status=404)
    adviser_elsewhere.post(f"/escalations/{asked_id}/take", status=404)
    assert "Question médicale" not in adviser_elsewhere.get("/escalations").text
    with pytest.raises(NoSuchEscalation):
        services.take(asked_id, by=as_corsican, at=NOW)


def test_only_who_took_it_reads_the_case(browse, story, line, bea, session):
    asked = line.ask()
    ben = browse.as_(story.ben)

    before = ben.get(f"/escalations/{asked.id}").text
    case = ben.follow(f"/escalations/{asked.id}/take").text
    for_others = browse.as_(bea).get(f"/escalations/{asked.id}").text

    assert "DUPONT Marie" in case
    assert QUESTION in case
    for shown in (before, for_others):
        assert not any(word in shown for word in ("DUPONT", "Marie", "nourrisson"))
    assert "Ben" in for_others
    seen = session.execute(text("SELECT viewer_id, people FROM sightings WHERE why = 'escalation'")).all()
    assert [tuple(row) for row in seen] == [(story.ben.id, [f"person:{line.task.person_id}"])]


def test_the_case_shows_answers_dates_calls_and_that_the_call_lasts(browse, story, line):
    asked = line.ask()
    for question, value in (("has_symptoms", "yes"), ("onset_on", "2026-03-08"), ("vaccination", "complete")):
        calls.save_answer(line.call, line.task, question, value, by=line.tracer, at=NOW)
    ben = browse.as_(story.ben)

    during = ben.follow(f"/escalations/{asked.id}/take").text
    line.end()
    after = ben.get(f"/escalations/{asked.id}").text
    live = ben.fragment(f"/escalations/{asked.id}/live", method="get").text

    check_fragment(live)
    assert "dimanche 8 mars 2026" in during
    assert "Oui" in during
    assert "La personne est en ligne avec Ada" in during
    assert "tel:+33639980001" not in during
    assert "L’appel est terminé" in after
    assert "L’appel est terminé" in live
    assert "tel:+33639980001" not in after, "the number is shown to whoever holds the household"
    assert "Appeler cette personne" in after


def test_a_contacts_file_never_shows_whose_contact_they_are(browse, story):
    marie = ring(story, story.ada)
    from tracing.cases.queries import get_case

    named = contact(
        get_case(marie.task.case_id), identity("Luc", "Morel", phones=("+33639980007",)), by=story.ada, at=NOW
    )
    from tracing.queue.models import TaskKind

    queue_services.enqueue(
        kind=TaskKind.CONTACT_FIRST,
        person_id=named.person_id,
        phones=("+33639980007",),
        site_id=story.nantes.id,
        case_id=named.case_id,
        contact_id=named.id,
        due_at=NOW + timedelta(hours=1),
        at=NOW,
    )
    abel = agent(story.abel)
    call = calls.take_next(abel, at=NOW)
    task = queue.find_task_of_contact(named.id)
    calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    asked = services.raise_question(
        call,
        task,
        audience=Audience.ADVISER,
        reason=Reason.RISK_DISPUTED,
        question="Risque contesté",
        by=abel,
        at=NOW,
    )

    case = browse.as_(story.ben).follow(f"/escalations/{asked.id}/take").text

    assert "MOREL Luc" in case
    assert "DUPONT" not in case


def test_taking_twice_is_taking_once_and_a_colleague_is_told_who_has_it(browse, story, line, bea):
    asked = line.ask()

    services.take(asked.id, by=agent(story.ben), at=NOW)
    services.take(asked.id, by=agent(story.ben), at=NOW + MINUTE)
    with pytest.raises(AlreadyTaken, match="Ben"):
        services.take(asked.id, by=agent(bea), at=NOW)
    assert (asked.taken_by, asked.taken_at) == (story.ben.id, NOW)
    refused = browse.as_(bea).post(f"/escalations/{asked.id}/take", status=409)

    assert "Ben" in refused.text


def test_a_question_put_back_can_be_taken_by_a_colleague(browse, story, line, bea):
    asked = line.ask()
    services.take(asked.id, by=agent(story.ben), at=NOW)

    with pytest.raises(AlreadyTaken):
        services.put_back(asked.id, by=agent(bea), at=NOW + 29 * MINUTE)
    browse.as_(story.ben).follow(f"/escalations/{asked.id}/put-back")

    assert services.take(asked.id, by=agent(bea), at=NOW).taken_by == bea.id


def test_a_question_that_was_forgotten_is_put_back_by_a_colleague(story, line, bea):
    asked = line.ask()
    services.take(asked.id, by=agent(story.ben), at=NOW)

    services.put_back(asked.id, by=agent(bea), at=NOW + 30 * MINUTE)

    assert asked.state is EscalationState.WAITING


def test_only_who_took_it_answers(story, line, bea):
    asked = line.ask()
    by_ben, by_bea = agent(story.ben), agent(bea)

    with pytest.raises(NotTakenByYou):
        services.settle(asked.id, answer="Oui", decision=Decision.GO_ON, by=by_ben, at=NOW)
    services.take(asked.id, by=by_ben, at=NOW)
    with pytest.raises(AlreadyTaken, match="Ben"):
        services.settle(asked.id, answer="Oui", decision=Decision.GO_ON, by=by_bea, at=NOW)
    with pytest.raises(AnswerNeeded):
        services.settle(asked.id, answer="  ", decision=Decision.GO_ON, by=by_ben, at=NOW)
    services.settle(asked.id, answer="Oui", decision=Decision.GO_ON, by=by_ben, at=NOW)
    with pytest.raises(AlreadySettled, match="Ben"):
        services.settle(asked.id, answer="Non", decision=Decision.CLOSED, by=by_ben, at=NOW)

    assert queries.words_of(asked) == queries.Words(QUESTION, "Oui")


def test_an_answer_written_too_late_is_shown_to_its_author(browse, story, line, bea):
    asked = line.ask()
    ben = browse.as_(story.ben)
    ben.post(f"/escalations/{asked.id}/take")
    services.put_back(asked.id, by=agent(story.ben), at=NOW)
    services.take(asked.id, by=agent(bea), at=NOW)

    refused = ben.post(f"/escalations/{asked.id}", answered(answer="Un masque suffit."), status=409)

    assert "Un masque suffit." in refused.text
    assert "Béa" in refused.text
    assert QUESTION not in refused.text


def test_an_answer_needs_words_and_what_follows(browse, story, line):
    asked = line.ask()
    ben = browse.as_(story.ben)
    ben.post(f"/escalations/{asked.id}/take")

    refused = ben.post(f"/escalations/{asked.id}", {"answer": "Oui, avec un masque."}, status=422)

    assert "Choisissez ce qui se passe ensuite" in refused.text
    assert "Oui, avec un masque." in refused.text


def test_during_the_call_an_answer_leaves_the_task_where_it_is(browse, story, line):
    asked = line.ask()
    ben = browse.as_(story.ben)
    ben.post(f"/escalations/{asked.id}/take")

    page = ben.follow(f"/escalations/{asked.id}", answered())

    assert "Réponse envoyée à Ada" in page.text
    assert "Traitées aujourd’hui" in page.text
    assert queue.get_task(line.task.id).state is TaskState.OPEN
    assert queue.find_claim(story.ada.id) is not None


@pytest.mark.parametrize("decision", [Decision.GO_ON, Decision.CALL_BACK])
def test_a_person_who_waited_for_the_doctor_is_called_again(story, line, session, decision):
    asked = line.ask(Reason.RED_FLAGS, "Essoufflée")
    line.end()
    assert queue.find_entry_of(line.task.household_id).state is EntryState.IDLE
    services.take(asked.id, by=agent(story.ben), at=NOW + MINUTE)

    services.settle(asked.id, answer="Rappelez", decision=decision, by=agent(story.ben), at=NOW + 2 * MINUTE)

    task, entry = queue.get_task(line.task.id), queue.find_entry_of(line.task.household_id)
    assert (task.state, entry.state) == (TaskState.OPEN, EntryState.READY)
    assert entry.due_at == NOW + 17 * MINUTE
    assert claim.claim_next(agent(story.abel), at=NOW + 3 * MINUTE).household_id == line.task.household_id


def test_what_the_doctor_settled_with_the_person_needs_no_further_call(story, line):
    asked = line.ask(Reason.RED_FLAGS, "Essoufflée")
    line.end()
    services.take(asked.id, by=agent(story.ben), at=NOW)

    services.settle(asked.id, answer="Vue avec elle", decision=Decision.CLOSED, by=agent(story.ben), at=NOW)

    assert queue.get_task(line.task.id).state is TaskState.DONE
    assert claim.claim_next(agent(story.abel), at=NOW) is None


@pytest.mark.parametrize("decision", Decision)
def test_a_referents_answer_moves_nobody_who_waits_for_a_doctor(story, line, decision):
    line.ask(Reason.RED_FLAGS, "Essoufflée")
    asked = line.ask(Reason.PROCEDURE, "Quel courrier ?", Audience.REFERENT)
    line.end()
    rose = agent(story.rose, story.nantes)
    services.take(asked.id, by=rose, at=NOW)

    later = services.CallLater(NOW.date() + timedelta(days=1), None)

    services.settle(asked.id, answer="Le modèle 2", decision=decision, later=later, by=rose, at=NOW)

    assert queue.get_task(line.task.id).state is TaskState.WAITING_DOCTOR


def test_a_result_told_by_the_doctor_opens_the_script(browse, story, line):
    asked = line.ask(Reason.RESULT_NOT_ANNOUNCED, "")
    ben = browse.as_(story.ben)
    page = ben.follow(f"/escalations/{asked.id}/take")
    assert "Le résultat lui a été annoncé" in page.text
    assert not queries.result_announced(line.task.id)

    ben.post(f"/escalations/{asked.id}", answered() | {"result_announced": "y"})

    assert queries.result_announced(line.task.id)
    assert "Le résultat lui a été annoncé" in browse.as_(story.ada).fragment(line.panel, method="get").text


def test_a_result_is_not_both_announced_and_left_to_the_persons_doctor(browse, story, line):
    asked = line.ask(Reason.RESULT_NOT_ANNOUNCED, "")
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{asked.id}/take")

    both = {"ready": "1", "result_announced": "y"}
    page = ben.post(f"/escalations/{asked.id}", answered() | both, status=422)
    assert "dit de ne pas dire le résultat" in page.text
    assert not queries.result_announced(line.task.id)

    ben.post(f"/escalations/{asked.id}", answered() | {"ready": "0"})
    assert queries.result_announced(line.task.id), "the ready answer says so by itself"


def test_no_other_question_can_say_that_the_result_was_told(story, line):
    asked = line.ask(Reason.SICK_LEAVE)
    services.take(asked.id, by=agent(story.ben), at=NOW)

    services.settle(
        asked.id, answer="Oui", decision=Decision.GO_ON, result_announced=True, by=agent(story.ben), at=NOW
    )

    assert not queries.result_announced(line.task.id)


def test_who_answered_reads_it_again_the_same_day_and_nobody_else(browse, story, line, bea):
    asked = line.ask()
    services.take(asked.id, by=agent(story.ben), at=NOW)
    services.settle(
        asked.id, answer="Oui, avec un masque.", decision=Decision.GO_ON, by=agent(story.ben), at=NOW
    )

    mine = browse.as_(story.ben).get(f"/escalations/{asked.id}").text
    theirs = browse.as_(bea).get(f"/escalations/{asked.id}").text

    assert "Oui, avec un masque." in mine
    assert "Oui, avec un masque." not in theirs
    assert "DUPONT" not in mine


def test_yesterdays_answers_leave_the_list_once_they_were_read(browse, story, line, clock):
    asked = line.ask()
    services.take(asked.id, by=agent(story.ben), at=NOW)
    services.settle(asked.id, answer="Oui", decision=Decision.GO_ON, by=agent(story.ben), at=NOW)
    assert "Question médicale" in browse.as_(story.ben).get("/escalations").text

    clock.move_to(NOW + timedelta(days=1))
    assert "Question médicale" in browse.as_(story.ben).get("/escalations").text, "nobody has read it"
    services.mark_seen(asked.id, by=line.tracer, at=NOW)

    assert "Question médicale" not in browse.as_(story.ben).get("/escalations").text


def test_no_word_of_an_answer_is_in_an_event(story, line, session):
    asked = line.ask()
    services.take(asked.id, by=agent(story.ben), at=NOW)
    services.settle(
        asked.id, answer="Oui, avec un masque.", decision=Decision.GO_ON, by=agent(story.ben), at=NOW
    )
    session.flush()

    written = session.execute(text("SELECT string_agg(detail::text || kind, ' ') FROM events")).scalar()

    assert "escalation.settled" in written
    assert "masque" not in written
    assert "nourrisson" not in written


def test_a_destroyed_day_leaves_the_dates_and_says_so(browse, story, line, session):
    asked = line.ask()
    services.take(asked.id, by=agent(story.ben), at=NOW)
    asked.sealed = None
    session.execute(text("UPDATE people SET sealed = NULL"))
    session.flush()
    session.expire_all()

    page = browse.as_(story.ben).get(f"/escalations/{asked.id}").text

    assert "Identité effacée" in page
