"""How a call ends, and what follows for the person, their household and their case."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.desk.walking import P0, soup, take_call
from tests.support.story import agent, identity, waiting_case
from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.jobs import sweep_claims
from tracing.calls.models import Call, Conversation
from tracing.calls.rules import CallOutcome
from tracing.cases.models import CaseOutcome, CaseStatus
from tracing.cases.queries import get_case
from tracing.escalations import queries as escalations
from tracing.escalations import services as asking
from tracing.escalations.models import Audience, Decision, Reason
from tracing.kernel import db
from tracing.people.models import Person
from tracing.queue import languages, queries
from tracing.queue import services as queue
from tracing.queue.claims import services as claims
from tracing.queue.maintenance.jobs import promote
from tracing.queue.models import EntryState, TaskState

PARIS = ZoneInfo("Europe/Paris")
CALLBACK = {"outcome": "callback", "callback_on": "2026-03-10", "callback_time": "14:30"}
DOCTOR = {"outcome": "needs_doctor", "reason": "medical_question", "question": "Quel masque ?"}
LANGUAGE = {"outcome": "language", "language": "pt"}


def last_conversation(task_id: int) -> Conversation:
    """Return what was said last about a task."""
    said = select(Conversation).where(Conversation.task_id == task_id).order_by(Conversation.id.desc())
    return db.session.scalars(said.limit(1)).one()


def paris(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("form", "state", "entry", "not_before"),
    [
        ({"outcome": "refused"}, TaskState.DONE, EntryState.IDLE, None),
        (CALLBACK, TaskState.OPEN, EntryState.SCHEDULED, paris(10, 14, 30)),
        (LANGUAGE, TaskState.WAITING_LANGUAGE, EntryState.IDLE, None),
        (DOCTOR, TaskState.WAITING_DOCTOR, EntryState.IDLE, None),
        # tried at 10:00; the next part of the day begins at noon
        ({"outcome": "no_answer"}, TaskState.OPEN, EntryState.SCHEDULED, paris(10, 12)),
        ({"outcome": "voicemail"}, TaskState.OPEN, EntryState.SCHEDULED, paris(10, 12)),
        ({"outcome": "wrong_number"}, TaskState.OPEN, EntryState.SCHEDULED, paris(10, 12)),
    ],
    ids=lambda value: value["outcome"] if isinstance(value, dict) else "",
)
def test_each_outcome_has_its_consequence(story, browse, form, state, entry, not_before):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)

    ada.follow(f"{walk.call}/tasks/{task_id}/end", form)

    task = queries.get_task(task_id)
    assert task.state is state
    assert queries.find_entry_of(task.household_id).state is entry
    assert not_before in {None, task.not_before}
    conversation = last_conversation(task_id)
    assert conversation.outcome == form["outcome"]
    assert call_queries.get_call(conversation.call_id).outcome == form["outcome"]


def test_a_refusal_closes_the_case_as_refused(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    case_id = task.case_id
    ada = browse.as_(story.ada)
    walk = take_call(ada)

    ada.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "refused"})

    assert (get_case(case_id).status, get_case(case_id).outcome) == (CaseStatus.CLOSED, CaseOutcome.REFUSED)


def test_three_attempts_in_vain_and_the_person_stands_on_the_supervisors_list(story, browse, clock):
    task_id = waiting_case(story.nantes, at=NOW).id
    states, tried = [], []
    for moment in (NOW, paris(10, 12, 5), paris(10, 17, 30)):
        promote(clock.move_to(moment))
        ada = browse.as_(story.ada)
        walk = take_call(ada)
        words = ada.get(f"{walk.call}/tasks/{task_id}/end").text
        ada.follow(f"{walk.call}/tasks/{task_id}/end", {"outcome": "no_answer"})
        states.append(queries.get_task(task_id).state)
        tried.append("vers le superviseur" in words)

    assert states == [TaskState.OPEN, TaskState.OPEN, TaskState.UNREACHABLE]
    assert tried == [False, False, True]
    assert queries.get_task(task_id).attempts == 3
    assert queries.tasks_in_state(story.nantes.id, TaskState.UNREACHABLE)[0].id == task_id


def test_attempts_begin_anew_when_a_supervisor_opens_the_task_again(story, browse, clock):
    task_id = waiting_case(story.nantes, at=NOW).id
    for moment in (NOW, paris(10, 12, 5), paris(10, 17, 30)):
        promote(clock.move_to(moment))
        ada = browse.as_(story.ada)
        ada.follow(f"{take_call(ada).call}/tasks/{task_id}/end", {"outcome": "voicemail"})
    queue.reopen_task(queries.get_task(task_id), due_at=paris(11, 12), by=None, at=paris(11, 9))

    promote(clock.move_to(paris(11, 9)))
    ada = browse.as_(story.ada)
    ada.follow(f"{take_call(ada).call}/tasks/{task_id}/end", {"outcome": "no_answer"})

    assert queries.get_task(task_id).state is TaskState.OPEN


@pytest.mark.parametrize(
    ("day", "time"),
    [
        ("2026-03-10", "09:30"),  # half an hour ago
        ("2026-03-10", "19:00"),  # nobody works
        ("2026-03-11", "08:15"),
        ("2026-03-18", "10:00"),  # more than a week
    ],
)
def test_a_callback_is_promised_in_calling_hours_within_a_week(story, browse, day, time):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)

    form = CALLBACK | {"callback_on": day, "callback_time": time}
    page = ada.post(f"{walk.call}/tasks/{task_id}/end", form, status=422)

    assert "entre 08:30 et 19:00" in page.text
    assert soup(page).select_one("#callback_on")["value"] == day
    assert queries.get_task(task_id).promised_at is None


def test_what_an_outcome_needs_is_asked_for_beside_its_field(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    end = f"{walk.call}/tasks/{task_id}/end"

    assert "Donnez le jour du rappel" in ada.post(end, {"outcome": "callback"}, status=422).text
    assert "Choisissez le motif" in ada.post(end, {"outcome": "needs_doctor"}, status=422).text
    assert "Indiquez la langue" in ada.post(end, {"outcome": "language"}, status=422).text
    ada.post(end, {"outcome": "given_back"}, status=422)
    assert queries.get_task(task_id).state is TaskState.OPEN


def test_an_interpreter_is_asked_for_in_the_language_that_is_known(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    task_id, person_id = task.id, task.person_id
    languages.set_call_language(task, "ta", by=story.ada.id, at=NOW)
    queue.reopen_task(task, due_at=NOW, by=None, at=NOW)
    claims.reserve_for(
        queries.find_entry_of(task.household_id).id, story.ada.id, by=agent(story.dora), at=NOW
    )
    ada, dora = browse.as_(story.ada), browse.as_(story.dora)
    end = f"{take_call(ada).call}/tasks/{task_id}/end"

    asked = soup(ada.get(end))
    assert asked.select_one("#interpreter option[selected]")["value"] == "ta"
    assert "pour quelle langue" in ada.post(end, {"outcome": "interpreter"}, status=422).text
    ada.follow(end, {"outcome": "interpreter", "interpreter": "so"})

    assert queries.get_task(task_id).state is TaskState.WAITING_INTERPRETER
    assert db.session.get(Person, person_id).language == "so"
    assert "somali" in dora.get("/lists?list=interpreter").text
    dora.follow(f"/lists/tasks/{task_id}/give", {"tracer": story.abel.id, "anyway": "y"})
    assert queries.find_entry_of(queries.get_task(task_id).household_id).language == "so"


def test_an_interpreter_of_a_language_that_nobody_recognised_can_be_asked_for(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada, dora = browse.as_(story.ada), browse.as_(story.dora)

    ada.follow(f"{take_call(ada).call}/tasks/{task_id}/end", {"outcome": "interpreter", "interpreter": "und"})

    assert "autre langue" in dora.get("/lists?list=interpreter").text
    dora.follow(f"/lists/tasks/{task_id}/put-back")
    assert queries.has_waiting(story.nantes.id, story.ada.id, NOW), "in French, for everybody"


def test_complete_is_refused_with_what_is_missing_and_where(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada).to("symptoms")

    refused = soup(ada.post(f"{walk.call}/tasks/{task_id}/end", {"outcome": "completed"}, status=422))

    links = refused.select(".error-summary a")
    assert "Des symptômes, même passés" in [link.text for link in links]
    assert all("step=" in str(link["href"]) for link in links)
    assert queries.get_task(task_id).state is TaskState.OPEN


def test_complete_is_refused_when_the_answers_lead_elsewhere(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada, {**P0, "has_time": "no"}).to("call_back_later")

    refused = ada.post(f"{walk.call}/tasks/{task_id}/end", {"outcome": "completed"}, status=422)

    assert "Les réponses ne mènent pas à un appel complet" in refused.text
    assert "rappel promis" in soup(refused).select_one(".error-summary").text


def test_the_page_proposes_what_the_script_came_to(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada, {**P0, "person_on_line": "absent"}).to("person_absent")

    page = soup(ada.get(f"{walk.call}/tasks/{task_id}/end"))

    assert page.select_one(".way.is-suggested")["id"] == "way-callback"
    assert page.select_one("#callback_time")["value"] == "11:00"


def test_a_second_click_ends_nothing_twice(story, browse):
    first = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    end = f"{walk.call}/tasks/{first}/end"

    ada.post(end, {"outcome": "no_answer"})
    again = ada.post(end, {"outcome": "no_answer"})

    assert again.headers["Location"] == "/desk"
    assert queries.get_task(first).attempts == 1


def test_a_household_is_gone_through_person_by_person(story, browse):
    mother = waiting_case(story.nantes, identity("Marie"), at=NOW).id
    son = waiting_case(story.nantes, identity("Paul"), at=NOW + timedelta(minutes=1)).id
    ada = browse.as_(story.ada)
    walk = take_call(ada).to("closing")

    following = ada.follow(f"{walk.call}/tasks/{mother}/end", {"outcome": "completed"})
    assert "DUPONT Paul" in soup(following).select_one("#person-name").text
    assert queries.find_claim(story.ada.id) is not None
    done = ada.get(f"{walk.call}?task={mother}").text
    ada.follow(f"{walk.call}/tasks/{son}/end", CALLBACK)

    assert "Vous avez terminé avec cette personne" in done
    assert queries.find_claim(story.ada.id) is None
    assert queries.get_task(mother).state is TaskState.DONE
    assert queries.get_task(son).promised_at == paris(10, 14, 30)


def test_no_answer_holds_for_everybody_behind_the_number(story, browse):
    tasks = [waiting_case(story.nantes, identity(name), at=NOW).id for name in ("Marie", "Paul", "Luc")]
    ada = browse.as_(story.ada)
    walk = take_call(ada)

    ada.follow(f"{walk.call}/tasks/{tasks[0]}/end", {"outcome": "no_answer"})

    assert [queries.get_task(task).attempts for task in tasks] == [1, 1, 1]
    assert queries.find_claim(story.ada.id) is None


def test_who_was_spoken_to_keeps_their_outcome_when_the_rest_is_not_reached(story, browse):
    mother = waiting_case(story.nantes, identity("Marie"), at=NOW).id
    son = waiting_case(story.nantes, identity("Paul"), at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    ada.post(f"{walk.call}/tasks/{mother}/end", {"outcome": "refused"})

    ada.follow(f"{walk.call}/tasks/{son}/end", {"outcome": "no_answer"})

    assert queries.get_task(mother).state is TaskState.DONE
    assert queries.get_task(mother).attempts == 0
    assert queries.get_task(son).attempts == 1


def test_hanging_up_leaves_the_rest_as_they_were(story, browse):
    mother = waiting_case(story.nantes, identity("Marie"), at=NOW).id
    son = waiting_case(story.nantes, identity("Paul"), at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    ada.post(f"{walk.call}/tasks/{mother}/end", {"outcome": "refused"})

    ada.follow(f"{walk.call}/give-back")

    task = queries.get_task(son)
    assert (task.state, task.attempts) == (TaskState.OPEN, 0)
    assert last_conversation(son).outcome is CallOutcome.GIVEN_BACK
    assert last_conversation(mother).outcome is CallOutcome.REFUSED
    assert queries.find_entry_of(task.household_id).state is EntryState.READY
    assert "DUPONT Paul" in take_call(browse.as_(story.abel)).page.select_one("#person-name").text


def test_asking_the_doctor_raises_one_question_and_never_a_second(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    held = db.session.scalars(select(Call).where(Call.ended_at.is_(None))).one()
    asking.raise_question(
        held,
        queries.get_task(task_id),
        audience=Audience.ADVISER,
        reason=Reason.RED_FLAGS,
        question="Elle respire mal.",
        by=agent(story.ada),
        at=NOW,
    )
    end = f"{walk.call}/tasks/{task_id}/end"

    page = soup(ada.get(end))
    ada.follow(end, {"outcome": "needs_doctor"})

    assert not page.select_one("#question")
    assert [one.reason for one in escalations.of_task(task_id)] == [Reason.RED_FLAGS]
    assert queries.get_task(task_id).state is TaskState.WAITING_DOCTOR


def test_the_doctors_answer_is_read_at_home_and_the_script_goes_on(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada, {**P0, "knows_result": "no"}).to("result_by_adviser")
    ada.follow(
        f"{walk.call}/tasks/{task_id}/end", {"outcome": "needs_doctor", "reason": "result_not_announced"}
    )
    asked = escalations.of_task(task_id)[0].id
    ben = agent(story.ben)
    asking.take(asked, by=ben, at=NOW)
    asking.settle(
        asked,
        answer="Annoncé, elle va bien.",
        decision=Decision.CALL_BACK,
        result_announced=True,
        by=ben,
        at=NOW,
    )

    home = ada.get("/desk").text
    again = take_call(browse.as_(story.abel), P0 | {"knows_result": "no"}).to("red_flags")

    assert "Annoncé, elle va bien." in home
    assert "upont" not in home.lower()
    assert "result_by_adviser" not in again.steps


def test_a_heartbeat_keeps_the_call_and_asks_before_it_stops(story, browse, clock):
    waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    beats = []
    for minute in range(4, 30, 4):
        clock.move_to(NOW + timedelta(minutes=minute))
        beats.append(ada.fragment(f"{walk.call}/heartbeat").json["must_ask"])

    assert beats == [False] * 6 + [True]
    ada.fragment(f"{walk.call}/still-here", status=204)
    clock.move_to(NOW + timedelta(minutes=32))
    assert ada.fragment(f"{walk.call}/heartbeat").json["must_ask"] is False


def test_a_late_writer_is_refused_and_finds_the_words_at_home(story, browse, clock):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada, abel = browse.as_(story.ada), browse.as_(story.abel)
    walk = take_call(ada).to("work")
    sweep_claims(clock.move_to(NOW + timedelta(minutes=5)))
    take_call(abel)
    form = {
        "step": "work",
        "asked": ["works", "profession"],
        "answer-works": "yes",
        "answer-profession": "boulangère",
    }

    heartbeat = ada.fragment(f"{walk.call}/heartbeat", status=409)
    refused = ada.fragment(f"{walk.call}/tasks/{task_id}/answers", form, status=409)
    page = ada.post(f"{walk.call}/tasks/{task_id}/steps/work", form, status=409)
    home = soup(ada.get("/desk"))

    assert "revenu dans la file" in heartbeat.json["message"]
    assert "boulangère" in refused.text
    assert "boulangère" in page.text
    assert call_queries.answers(task_id).get("profession") is None
    kept = home.select(".kept-note")
    assert sum("Métier" in one.text and "boulangère" in one.text for one in kept) == 1
    dismissed = soup(ada.follow(kept[0].select_one("form")["action"]))
    assert len(dismissed.select(".kept-note")) == len(kept) - 1


def test_an_end_that_comes_too_late_is_kept_as_well(story, browse, clock):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    sweep_claims(clock.move_to(NOW + timedelta(minutes=5)))

    page = ada.post(f"{walk.call}/tasks/{task_id}/end", CALLBACK, status=409)

    assert "Rappel promis" in page.text
    assert "10/03/2026 14:30" in ada.get("/desk").text
    assert queries.get_task(task_id).promised_at is None


def test_a_colleague_cannot_put_away_somebody_elses_words(story, browse):
    waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    calls.keep_draft(call.id, "escalation", "Une phrase.", by=ada, at=NOW)
    draft = call_queries.drafts(story.ada.id)[0][0].id
    hers, abel = browse.as_(story.ada), browse.as_(story.abel)

    abel.post(f"/drafts/{draft}/dismiss")

    assert "Une phrase." in hers.get("/desk").text


def test_what_an_adviser_settled_meanwhile_is_not_asked_again(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada).to("symptoms")
    queue.close_task(queries.get_task(task_id), TaskState.DONE, by=story.ben.id, at=NOW)

    page = soup(ada.get(walk.call))
    sent_on = ada.get(f"{walk.call}/tasks/{task_id}/end", status=303)
    ada.follow(f"{walk.call}/give-back")

    assert "plus d’appel à faire" in page.select_one("#step").text
    assert sent_on.headers["Location"] == walk.call
    assert queries.find_claim(story.ada.id) is None
    assert queries.get_task(task_id).state is TaskState.DONE
