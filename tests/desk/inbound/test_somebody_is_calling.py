"""Somebody rings: found by what they say, taken at once wherever they stood, or their request is kept."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW, Clock
from tests.desk.walking import soup, take_call
from tests.support.story import Story, agent, contact, identity, waiting_case
from tests.support.sweep import end_claims
from tests.support.web import Browser
from tracing.calls import caller_requests
from tracing.calls import services as calls
from tracing.calls.models import Answer, Call
from tracing.calls.rules import CallOutcome
from tracing.cases import services as cases
from tracing.cases.models import CaseOutcome, CaseStatus
from tracing.cases.queries import get_case
from tracing.consequences import services as consequences
from tracing.consequences.jobs import follow_ended_calls
from tracing.contacts import calling, marks
from tracing.contacts.models import ContactStatus
from tracing.contacts.queries import find_contact
from tracing.facts import queries as facts
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel.db import session
from tracing.kernel.events import Event
from tracing.people import queries as people
from tracing.queue import queries
from tracing.queue import services as queue
from tracing.queue.models import EntryState, TaskState

MARIE = {"key": "06 39 98 00 01", "born": "1980-05-17"}
REQUEST = {"name": "Marie Kerguelen", "number": "06 39 98 00 01", "words": "Attend son arrêt"}


def scheduled_for_abel(story: Story):
    task = waiting_case(story.nantes, at=NOW)
    abel = agent(story.abel)
    call = calls.take_next(abel, at=NOW)
    queue.promise(task, when=NOW + timedelta(hours=3), by=abel, at=NOW)
    calls.end(call, CallOutcome.CALLBACK, by=abel, at=NOW)
    return task


def test_a_caller_is_taken_at_once_by_number_and_birth_date(browse: Browser, story: Story):
    task = scheduled_for_abel(story)

    page = browse.as_(story.ada).follow("/incoming", MARIE)

    assert "DUPONT Marie" in page.text
    entry = queries.find_entry_of(task.household_id)
    assert (entry.state, entry.claimant_id) == (EntryState.CLAIMED, story.ada.id)


def test_a_caller_is_taken_by_the_reference_of_their_case(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    reference = get_case(task.case_id).reference.lower().replace("-", " ")

    assert "DUPONT" in browse.as_(story.ada).follow("/incoming", MARIE | {"key": reference}).text


def test_of_a_household_the_one_who_rings_is_on_the_screen(browse: Browser, story: Story):
    waiting_case(story.nantes, at=NOW - timedelta(hours=1))
    paul = waiting_case(story.nantes, identity("Paul", "Dupont", born=date(1976, 3, 4)), at=NOW)

    page = soup(browse.as_(story.ada).follow("/incoming", MARIE | {"born": "1976-03-04"}))

    assert f"task={paul.id}" in page.select_one("#people-tabs a[aria-current]")["href"]


def test_a_contact_is_taken_by_the_reference_that_stands_in_their_letter(browse: Browser, story: Story):
    case = get_case(waiting_case(story.nantes, at=NOW).case_id)
    luc = identity("Luc", "Kaci", born=date(1971, 2, 3), phones=("+33639980002",))
    met = contact(case, luc, by=story.ada, at=NOW)
    calling.update_call_task(met, case, phones=luc.phones, by=story.ada.id, at=NOW)
    ada = browse.as_(story.ada)

    nobody = ada.post("/incoming", {"key": case.reference, "born": "1971-02-04"}, status=200)
    found = ada.follow("/incoming", {"key": case.reference, "born": "1971-02-03"})

    assert "Personne ne correspond" in nobody.text
    assert not soup(nobody).select_one("input[name=number]").get("value"), "a reference is no number to call"
    assert "KACI Luc" in found.text


@pytest.mark.parametrize(
    "said", [{"born": "1980-05-18"}, {"key": "06 39 98 00 09"}, {"key": "P0-26-999999-9"}]
)
def test_what_does_not_fit_finds_nobody(browse: Browser, story: Story, said):
    task = waiting_case(story.nantes, at=NOW)

    page = browse.as_(story.ada).post("/incoming", MARIE | said, status=200)

    assert "Personne ne correspond" in page.text
    assert queries.find_entry_of(task.household_id).state is EntryState.READY


def test_the_page_says_who_has_the_household(browse: Browser, story: Story):
    waiting_case(story.nantes, at=NOW)
    take_call(browse.as_(story.abel))

    page = browse.as_(story.ada).post("/incoming", MARIE, status=409)

    assert "Abel a déjà ce foyer en appel" in page.text


def test_that_somebody_was_found_is_kept_also_when_they_cannot_be_taken(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    queue.close_task(task, TaskState.UNREACHABLE, by=None, at=NOW)
    task_id, person_id = task.id, task.person_id
    waiting_case(story.nantes, identity("Luc"), at=NOW)
    take_call(browse.as_(story.abel))

    browse.as_(story.ada).post("/incoming", MARIE, status=409)

    found = session.scalars(select(Event).where(Event.kind == "caller.found")).one()
    assert (found.by_id, found.subject_id) == (story.ada.id, person_id)
    assert queries.get_task(task_id).state is TaskState.UNREACHABLE, "nothing else was done"


def test_one_has_one_call_also_when_somebody_rings(browse: Browser, story: Story):
    ada = browse.as_(story.ada)
    waiting_case(story.nantes, identity("Luc", phones=("+33639980002",)), at=NOW)
    take_call(ada)
    waiting_case(story.nantes, at=NOW)

    assert "Vous avez déjà un appel" in ada.post("/incoming", MARIE, status=409).text


def test_somebody_unreachable_who_rings_is_called_after_all(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    queue.close_task(task, TaskState.UNREACHABLE, by=None, at=NOW)

    assert "DUPONT" in browse.as_(story.ada).follow("/incoming", MARIE).text
    assert queries.get_task(task.id).state is TaskState.OPEN


def test_a_person_of_another_site_is_not_opened_here(browse: Browser, story: Story):
    task = waiting_case(story.ajaccio, at=NOW)
    reference = get_case(task.case_id).reference
    ada = browse.as_(story.ada)

    page = ada.post("/incoming", MARIE, status=200)
    ada.follow("/incoming/request", REQUEST | {"reference": reference})

    assert "Ajaccio" in page.text
    assert "upont" not in page.text.lower()
    [told] = caller_requests.open_requests(task.site_id, before_id=None).rows
    assert told.request.case_id == task.case_id


def test_a_request_that_is_not_complete_keeps_what_it_is_about(browse: Browser, story: Story):
    task = waiting_case(story.ajaccio, at=NOW)
    ada = browse.as_(story.ada)

    asked = soup(ada.post("/incoming", MARIE, status=200))
    again = ada.post("/incoming/request", {"reference": get_case(task.case_id).reference}, status=422)

    assert asked.select_one("input[name=number]")["value"] == MARIE["key"]
    assert "Cette personne est appelée par un autre site" in again.text


def test_the_school_leaves_no_request_about_a_real_case(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    made_up = REQUEST | {"reference": get_case(task.case_id).reference}

    browse.as_(story.theo).follow("/incoming/request", made_up)

    assert caller_requests.open_count(story.nantes.id) == 0
    [told] = caller_requests.open_requests(story.school.id, before_id=None).rows
    assert told.request.case_id is None


def test_somebody_unknown_stands_on_the_list_of_the_supervisor_until_it_is_done(
    browse: Browser, story: Story
):
    browse.as_(story.ada).follow("/incoming/request", REQUEST)
    dora = browse.as_(story.dora)

    page = dora.get("/lists?list=callers")
    assert "Marie Kerguelen" in page.text
    [told] = caller_requests.open_requests(story.nantes.id, before_id=None).rows
    request_id = told.request.id
    assert "Kerguelen" not in dora.follow(f"/lists/callers/{request_id}/close").text


# -- whoever rings back is taken, whatever came of their call


def ended(browse: Browser, story: Story, outcome: str) -> int:
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    if outcome == "completed":
        walk.to("closing")
    ada.follow(f"{walk.call}/tasks/{task_id}/end", {"outcome": outcome} | SAID.get(outcome, {}))
    return task_id


SAID = {
    "needs_doctor": {"reason": "medical_question", "question": "Quel masque ?"},
    "interpreter": {"interpreter": "ta"},
    "deceased": {"certain": "y"},
}


@pytest.mark.parametrize(
    "outcome", ["completed", "refused", "needs_doctor", "interpreter", "hospitalised", "out_of_area"]
)
def test_whoever_rings_back_is_taken_at_once_with_their_earlier_answers(
    browse: Browser, story: Story, outcome
):
    task_id = ended(browse, story, outcome)

    page = browse.as_(story.abel).follow("/incoming", MARIE)

    task = queries.get_task(task_id)
    assert "DUPONT Marie" in page.text
    assert task.state is TaskState.OPEN
    assert get_case(task.case_id).status is CaseStatus.OPEN
    assert (find_answer(task_id, "identity_confirmed") is not None) == (outcome == "completed")


@pytest.mark.parametrize("outcome", ["completed", "refused"])
def test_a_ring_that_is_cut_off_before_a_word_leaves_everything_as_it_was(
    browse: Browser, story: Story, outcome
):
    task_id = ended(browse, story, outcome)
    before = get_case(queries.get_task(task_id).case_id).outcome
    abel = browse.as_(story.abel)
    for _time in range(2):
        call = re.sub(r"[?#].*", "", abel.client.post("/incoming", data=MARIE).headers["Location"])
        abel.post(f"{call}/give-back", {"reason": "equipment"})

    task = queries.get_task(task_id)
    case = get_case(task.case_id)
    assert (task.state, case.status, case.outcome) == (TaskState.DONE, CaseStatus.CLOSED, before)
    refused = facts.in_force_of(SubjectType.CASE, case.id).get(FactKind.REFUSAL)
    assert (refused is not None) == (outcome == "refused")


@pytest.mark.parametrize("outcome", ["completed", "refused"])
@pytest.mark.parametrize("is_opened", [True, False])
def test_a_ring_whose_claim_runs_out_leaves_everything_as_it_was(
    browse: Browser, story: Story, clock: Clock, outcome, is_opened
):
    task_id = ended(browse, story, outcome)
    before = get_case(queries.get_task(task_id).case_id).outcome
    abel = browse.as_(story.abel)
    sent = abel.client.post("/incoming", data=MARIE)
    if is_opened:
        abel.get(sent.headers["Location"])
    assert follow_ended_calls(NOW) == 0
    assert queries.get_task(task_id).state is TaskState.OPEN

    later = NOW + timedelta(hours=1)
    clock.move_to(later)
    end_claims(at=later)
    assert follow_ended_calls(later) == 1

    task = queries.get_task(task_id)
    case = get_case(task.case_id)
    assert (task.state, case.status, case.outcome) == (TaskState.DONE, CaseStatus.CLOSED, before)
    refused = facts.in_force_of(SubjectType.CASE, case.id).get(FactKind.REFUSAL)
    assert (refused is not None) == (outcome == "refused")


def test_who_refused_only_to_be_asked_again_how_they_are_stays_informed(browse: Browser, story: Story):
    case = get_case(waiting_case(story.nantes, at=NOW).case_id)
    luc = identity("Luc", "Kaci", born=date(1971, 2, 3), phones=("+33639980002",))
    met = contact(case, luc, by=story.ada, at=NOW)
    calling.update_call_task(met, case, phones=luc.phones, by=story.ada.id, at=NOW)
    task = queries.find_task_of_contact(met.id)
    queue.close_task(task, TaskState.DONE, by=None, at=NOW)
    marks.mark_informed(met, by=None, at=NOW)
    said = NewFact(
        subject=task.subject,
        kind=FactKind.REFUSAL,
        value="contact_follow_up",
        source=FactSource.PERSON,
        cohort=NOW.date(),
    )
    consequences.record([said], by=None, at=NOW)
    contact_id = met.id
    abel = browse.as_(story.abel)

    sent = abel.client.post("/incoming", data={"key": "06 39 98 00 02", "born": "1971-02-03"})
    abel.post(f"{re.sub(r'[?#].*', '', sent.headers['Location'])}/give-back", {"reason": "equipment"})

    assert find_contact(contact_id).status is ContactStatus.INFORMED
    assert FactKind.REFUSAL in facts.in_force_of(SubjectType.CONTACT, contact_id)


def test_a_ring_in_which_something_was_said_and_that_is_cut_off_is_taken_up_again(
    browse: Browser, story: Story
):
    task_id = ended(browse, story, "refused")
    abel = browse.as_(story.abel)
    abel.follow("/incoming", MARIE)
    walk = take_call(abel)
    walk.to("symptoms")

    abel.post(f"{walk.call}/give-back", {"reason": "equipment"})

    assert queries.get_task(task_id).state is TaskState.OPEN


def find_answer(task_id: int, question: str):
    return session.scalar(select(Answer).where(Answer.task_id == task_id, Answer.question == question))


def test_a_refusal_is_taken_back_by_ringing_and_the_case_completed(browse: Browser, story: Story):
    task_id = ended(browse, story, "refused")
    abel = browse.as_(story.abel)
    abel.follow("/incoming", MARIE)

    walk = take_call(abel)
    said = walk.page.select_one(".say").text
    assert "merci de votre appel" in said
    assert "je vous appelle" not in said
    walk.to("closing")
    abel.follow(f"{walk.call}/tasks/{task_id}/end", {"outcome": "completed"})

    case = get_case(queries.get_task(task_id).case_id)
    assert (case.status, case.outcome) == (CaseStatus.CLOSED, CaseOutcome.COMPLETED)


def test_a_contact_who_refused_and_rings_is_called_after_all(browse: Browser, story: Story):
    case = get_case(waiting_case(story.nantes, at=NOW).case_id)
    luc = identity("Luc", "Kaci", born=date(1971, 2, 3), phones=("+33639980002",))
    met = contact(case, luc, by=story.ada, at=NOW)
    calling.update_call_task(met, case, phones=luc.phones, by=story.ada.id, at=NOW)
    task = queries.find_task_of_contact(met.id)
    queue.close_task(task, TaskState.DONE, by=None, at=NOW)
    marks.mark_refused(met, by=None, at=NOW)
    task_id, contact_id = task.id, met.id

    browse.as_(story.ada).follow("/incoming", {"key": "06 39 98 00 02", "born": "1971-02-03"})

    assert queries.get_task(task_id).state is TaskState.OPEN
    assert find_contact(contact_id).status is ContactStatus.NAMED


@pytest.mark.parametrize(
    ("kind", "says"), [(FactKind.DEATH, "n’attend pas d’appel"), (FactKind.NO_CALLS, "le superviseur lèvera")]
)
def test_nobody_who_is_dead_or_asked_never_to_be_called_is_opened_again(
    browse: Browser, story: Story, kind, says
):
    task = waiting_case(story.nantes, at=NOW)
    said = NewFact(
        subject=(SubjectType.PERSON, task.person_id),
        kind=kind,
        value=True,
        source=FactSource.RELATIVE,
        cohort=NOW.date(),
    )
    consequences.record([said], by=None, at=NOW)
    task_id, before = task.id, task.state

    page = browse.as_(story.ada).post("/incoming", MARIE, status=200)

    assert says in page.text
    assert queries.get_task(task_id).state is before


def test_whoever_rings_and_gives_the_number_that_was_said_wrong_is_reached_by_it_after_all(
    browse: Browser, story: Story, clock: Clock
):
    task_id = ended(browse, story, "wrong_number")
    clock.move_to(NOW + timedelta(minutes=5))
    assert queries.get_task(task_id).state is TaskState.NO_NUMBER
    person_id = queries.get_task(task_id).person_id
    assert not people.has_number(person_id)

    browse.as_(story.ada).follow("/incoming", MARIE)

    assert queries.get_task(task_id).state is TaskState.OPEN
    assert people.has_number(person_id)


def test_no_callback_is_promised_to_somebody_whom_no_number_reaches(browse: Browser, story: Story):
    task_id = ended(browse, story, "wrong_number")
    ada = browse.as_(story.ada)
    reference = get_case(queries.get_task(task_id).case_id).reference
    ada.follow("/incoming", MARIE | {"key": reference})
    call_id = queries.find_claim(story.ada.id) and session.scalar(select(Call.id).order_by(Call.id.desc()))

    promised = {"outcome": "callback", "callback_on": "2026-03-10", "callback_time": "15:00"}
    said = ada.post(f"/calls/{call_id}/tasks/{task_id}/end", promised, status=422)

    assert "Aucun numéro ne joint cette personne" in said.text


def test_a_case_that_is_none_is_not_opened_again(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    queue.close_task(task, TaskState.CANCELLED, by=None, at=NOW)
    cases.close(get_case(task.case_id), CaseOutcome.NOT_A_CASE, by=None, at=NOW)

    assert "n’attend pas d’appel" in browse.as_(story.ada).post("/incoming", MARIE, status=200).text


# -- a supervisor opens a call that is over


def test_a_supervisor_opens_a_closed_call_from_the_request_with_a_reason(browse: Browser, story: Story):
    task_id = ended(browse, story, "refused")
    reference = get_case(queries.get_task(task_id).case_id).reference
    browse.as_(story.ada).follow("/incoming/request", REQUEST | {"reference": reference})
    [told] = caller_requests.open_requests(story.nantes.id, before_id=None).rows
    dora = browse.as_(story.dora)

    link = soup(dora.get("/lists?list=callers")).select_one("a[href*='/lists/calls?']")["href"]
    page = dora.get(str(link))
    dora.post(f"/lists/tasks/{task_id}/reopen", {"reference": reference}, status=422)
    assert queries.get_task(task_id).state is TaskState.DONE
    sent = {"reference": reference, "request": told.request.id, "why": "rang"}
    dora.follow(f"/lists/tasks/{task_id}/reopen", sent)
    dora.follow(f"/lists/tasks/{task_id}/reopen", sent)

    assert "Refus" in page.text
    assert "upont" not in page.text.lower()
    assert queries.get_task(task_id).state is TaskState.OPEN
    assert get_case(queries.get_task(task_id).case_id).status is CaseStatus.OPEN
    assert caller_requests.open_count(story.nantes.id) == 0
    [event] = session.scalars(select(Event).where(Event.kind == "task.taken_up_again"))
    assert event.detail["why"] == "rang"


def test_a_supervisor_opens_no_call_of_another_site_or_of_nobody(browse: Browser, story: Story):
    task = waiting_case(story.ajaccio, identity("Luc", phones=("+33639980002",)), at=NOW)
    reference, task_id = get_case(task.case_id).reference, task.id
    dora = browse.as_(story.dora)

    assert "Aucun dossier de votre site" in dora.get(f"/lists/calls?reference={reference}").text
    dora.post(f"/lists/tasks/{task_id}/reopen", {"why": "rang"}, status=404)
    dead = ended(browse, story, "deceased")
    dora.post(f"/lists/tasks/{dead}/reopen", {"why": "mistake"}, status=409)

    assert queries.get_task(dead).state is TaskState.DECEASED


def of_two_sites(story: Story):
    """Marie of Nantes and Jean of Ajaccio share a number: Ajaccio, where it is more urgent, calls them both."""
    who = identity("Jean", "Dupont", born=date(1979, 1, 2), phones=("+33639980001",))
    jean = waiting_case(story.ajaccio, who, at=NOW - timedelta(hours=1))
    marie = waiting_case(story.nantes, at=NOW)
    session.refresh(marie)
    session.refresh(jean)
    assert marie.household_id == jean.household_id
    assert queries.find_entry_of(marie.household_id).site_id == story.ajaccio.id
    return marie


def test_whoever_shares_a_number_with_people_of_another_site_is_taken_by_their_own(
    browse: Browser, story: Story
):
    marie = of_two_sites(story)

    page = browse.as_(story.ada).follow("/incoming", MARIE)

    assert "DUPONT Marie" in page.text
    entry = queries.find_entry_of(marie.household_id)
    assert (entry.claimant_id, entry.site_id) == (story.ada.id, story.nantes.id)
    [call] = session.scalars(select(Call).where(Call.tracer_id == story.ada.id)).all()
    calls.end(call, CallOutcome.GIVEN_BACK, by=agent(story.ada), at=NOW)
    session.refresh(entry)
    assert entry.site_id == story.ajaccio.id


def test_and_by_the_site_that_calls_them(browse: Browser, story: Story):
    marie = of_two_sites(story)

    page = browse.as_(story.cleo).follow("/incoming", MARIE)

    assert "DUPONT Marie" in page.text
    assert queries.find_entry_of(marie.household_id).claimant_id == story.cleo.id


def test_whoever_cannot_be_taken_now_leaves_a_request(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    calls.take_next(agent(story.abel), at=NOW)

    page = browse.as_(story.ada).post("/incoming", MARIE, status=409)

    assert "Abel" in page.text
    assert soup(page).select_one("form[action='/incoming/request']") is not None
    assert queries.find_entry_of(task.household_id).claimant_id == story.abel.id


def test_whoever_rings_before_the_promised_hour_is_not_said_to_expect_no_call(browse: Browser, story: Story):
    scheduled_for_abel(story)

    page = soup(browse.as_(story.abel).follow("/incoming", MARIE))

    assert "c’est la personne qui appelle" in page.select_one("#news").text
    assert "ne s’attend pas" not in page.text
