"""A contact tells of a test: a positive one makes them a case in the same call, and what follows the day after."""

from datetime import date, timedelta

from tests.conftest import NOW
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.desk.walking import CONTACT, P0, Walk, soup, take_call
from tests.support.story import case, waiting_case
from tracing.calls import queries as calls
from tracing.cases.models import Case, CaseOutcome
from tracing.cases.queries import get_case
from tracing.contacts.case_closing import first_call_of
from tracing.contacts.models import ContactStatus
from tracing.contacts.queries import find_contact
from tracing.facts import queries as facts
from tracing.facts import rules as fact_rules
from tracing.facts.rules import SubjectType
from tracing.kernel.db import session as database
from tracing.queue import queries as queue
from tracing.queue.models import TaskKind, TaskState
from tracing.queue.rules import CallAgain

POSITIVE = CONTACT | {"test_result": "positive", "test_kind": "pcr", "test_on": "2026-03-09"}


def told(task):
    return [
        (one.value, one.speaks_of)
        for one in fact_rules.tests_told(facts.facts_of(SubjectType.CONTACT, task.contact_id))
    ]


def case_of(task):
    return database.query(Case).filter_by(person_id=task.person_id).one()


def test_a_contact_with_a_positive_test_is_led_on_as_a_case_in_the_same_call(story, browse):
    mother = case(story.nantes, MARIE, at=NOW)
    task = waiting_contact(story, mother, LUC)
    abel = browse.as_(story.abel)
    walk = take_call(abel, POSITIVE).to("became_case")

    walk = Walk(abel, P0, soup(abel.follow(f"{walk.call}/tasks/{task.id}/become-case")))

    opened, contact = case_of(task), find_contact(task.contact_id)
    assert (contact.status, contact.became_case_id) == (ContactStatus.BECAME_CASE, opened.id)
    assert (opened.from_contact_id, opened.first_sampled_at.date()) == (contact.id, date(2026, 3, 9))
    assert queue.get_task(task.id).state is TaskState.CANCELLED
    first = next(one for one in queue.tasks_of_person(task.person_id) if one.kind is TaskKind.CASE_FIRST)
    assert (first.state, first.due_at <= NOW + timedelta(hours=4)) == (TaskState.OPEN, True)
    assert calls.answers(first.id)["knows_result"] == "yes"
    rest = walk.to("closing").steps
    assert {"opening", "identity", "time", "result_known"}.isdisjoint(rest), "said already, as a contact"
    abel.follow(f"{walk.call}/tasks/{first.id}/end", {"outcome": "completed"})
    assert queue.get_task(first.id).state is TaskState.DONE


def test_opening_the_case_twice_opens_one(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    abel = browse.as_(story.abel)
    walk = take_call(abel, POSITIVE).to("became_case")

    for _ in range(2):
        abel.follow(f"{walk.call}/tasks/{task.id}/become-case")

    assert case_of(task).episode == 1


def test_a_case_opened_by_mistake_is_taken_back_and_the_call_goes_on_as_with_a_contact(story, browse, clock):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    abel = browse.as_(story.abel)
    walk = take_call(abel, POSITIVE).to("became_case")
    page = soup(abel.follow(f"{walk.call}/tasks/{task.id}/become-case"))
    opened = case_of(task)
    button = page.select_one("form[action$='/no-case']")

    assert not page.select("#people-tabs a"), "one person, whatever they are called for"
    walk = Walk(abel, dict(CONTACT), soup(abel.follow(button["action"])))
    assert (walk.step, told(task)) == ("tested", [])
    contact = find_contact(task.contact_id)
    assert (contact.status, contact.became_case_id) == (ContactStatus.NAMED, None)
    assert get_case(opened.id).outcome is CaseOutcome.NOT_A_CASE
    abel.client.post(button["action"])
    abel.follow(f"{walk.to('closing').call}/tasks/{task.id}/end", {"outcome": "completed"})
    assert find_contact(task.contact_id).told_last_day is not None
    calls_left = {one.kind: one.state for one in queue.tasks_of_person(task.person_id)}
    assert calls_left == {
        TaskKind.CASE_FIRST: TaskState.CANCELLED,
        TaskKind.CONTACT_FIRST: TaskState.DONE,
        TaskKind.CONTACT_FOLLOW_UP: TaskState.OPEN,
    }


def test_the_day_after_a_supervisor_takes_the_case_back_with_a_reason(story, browse, clock):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    abel = browse.as_(story.abel)
    walk = take_call(abel, POSITIVE).to("became_case")
    walk = Walk(abel, P0, soup(abel.follow(f"{walk.call}/tasks/{task.id}/become-case"))).to("closing")
    opened = case_of(task)
    first = first_call_of(opened.id)
    abel.follow(f"{walk.call}/tasks/{first.id}/end", {"outcome": "completed"})
    clock.move_to(NOW + timedelta(days=1))
    dora = browse.as_(story.dora)
    assert abel.client.post(f"{walk.call}/tasks/{first.id}/no-case").status_code != 200

    address = f"/lists/tasks/{first.id}/opened-by-mistake"
    assert address in dora.get(f"/lists/calls?reference={opened.reference}").text
    dora.post(address, {"reason": ""}, status=422)
    dora.follow(address, {"reason": "Le laboratoire dit négatif."})

    contact, again = find_contact(task.contact_id), first_call_of(opened.id)
    assert (get_case(opened.id).outcome, contact.status) == (CaseOutcome.NOT_A_CASE, ContactStatus.NAMED)
    assert (again.state, again.again) == (TaskState.OPEN, CallAgain.WITHDRAWN), "they were told to isolate"
    assert queue.get_task(task.id).state is TaskState.OPEN
    assert told(task) == []
    dora.post(address, {"reason": "Deux fois."}, status=409)


def test_a_self_test_opens_no_case_and_asks_to_stay_apart_until_it_is_confirmed(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    abel = browse.as_(story.abel)
    says = POSITIVE | {"test_kind": "self_test", "vaccination": "complete"}
    walk = take_call(abel, says).to("result_awaited")

    assert "jusqu’au résultat d’un test" in walk.page.select_one(".say").text
    abel.post(f"{walk.call}/tasks/{task.id}/become-case", status=409)
    assert find_contact(task.contact_id).status is ContactStatus.NAMED
    abel.follow(f"{walk.to('closing').call}/tasks/{task.id}/end", {"outcome": "completed"})
    contact = find_contact(task.contact_id)
    assert (contact.told_awaits_result, contact.told_last_day) == (True, None)
    assert contact.told_tests[0] == ["2026-03-10", "pcr_or_antigen"]


def test_what_is_typed_again_in_a_call_replaces_the_test_that_was_told(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    walk = take_call(
        browse.as_(story.abel),
        CONTACT | {"test_result": "negative", "test_kind": "antigen", "test_on": "2026-03-08"},
    )
    walk.to("symptoms")
    assert told(task) == [("antigen_negative", date(2026, 3, 8))]

    walk.says["test_on"] = "2026-03-09"
    walk.page = soup(walk.visitor.get(f"{walk.call}?task={task.id}&step=tested"))
    walk.send()
    assert told(task) == [("antigen_negative", date(2026, 3, 9))]

    walk.says |= {"test_result": "none"}
    walk.page = soup(walk.visitor.get(f"{walk.call}?task={task.id}&step=tested"))
    walk.send(walk.form() | {"drop": "test_result=none"})
    assert told(task) == []


def test_the_tests_that_a_contact_was_told_are_kept_for_when_they_change(story, browse):
    mother = waiting_case(story.nantes, MARIE, at=NOW)
    task = waiting_contact(story, get_case(mother.case_id), LUC, due=timedelta(hours=1))
    abel = browse.as_(story.abel)
    walk = take_call(abel, CONTACT | {"vaccination": "complete"}).to("closing")
    abel.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "completed"})
    contact = find_contact(task.contact_id)
    assert [day for day, _kind in contact.told_tests] == ["2026-03-10", "2026-03-12", "2026-03-14"]
