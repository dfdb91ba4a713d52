"""A contact whom the case takes off the list: told by mistake, on the telephone just then, or a case by now."""

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.contacts.conftest import browse as browse  # noqa: PLC0414
from tests.contacts.conftest import on_the_phone
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.desk.walking import CONTACT, soup, take_call
from tests.support.story import waiting_case
from tracing.cases.queries import get_case
from tracing.contacts.models import ContactStatus
from tracing.contacts.queries import find_contact
from tracing.queue import queries as queue
from tracing.queue.models import TaskState
from tracing.queue.rules import CallAgain

DAY = timedelta(days=1)


@pytest.fixture
def phone(story):
    """Ada is on the telephone with Marie."""
    return on_the_phone(story.ada, waiting_case(story.nantes, MARIE, at=NOW))


@pytest.fixture
def luc(story, phone):
    """The call of Luc, whom Marie has named."""
    return waiting_contact(story, get_case(phone.task.case_id), LUC)


def end(walk, task, outcome):
    return walk.visitor.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": outcome})


def change(story, browse, phone, luc, how):
    return browse.as_(story.ada).fragment(f"{phone.path}/{luc.contact_id}/{how}").text


def test_whoever_was_told_is_told_that_nothing_is_asked_of_them(story, browse, phone, luc):
    walk = take_call(browse.as_(story.abel), CONTACT).to("closing")
    end(walk, luc, "completed")
    assert find_contact(luc.contact_id).told_last_day is not None

    change(story, browse, phone, luc, "remove")

    task = queue.get_task(luc.id)
    assert find_contact(luc.contact_id).status is ContactStatus.REMOVED
    assert (task.state, task.again) == (TaskState.OPEN, CallAgain.NOT_CONCERNED)

    walk = take_call(browse.as_(story.abel), CONTACT).to("no_longer_contact")
    assert "plus rien ne lui est demandé" in soup(walk.visitor.get(walk.call)).text
    assert "cette rencontre ne compte plus" in walk.page.select_one(".say").text
    walk.send()
    assert "announcement" not in walk.steps
    end(walk, luc, "completed")
    assert queue.get_task(luc.id).state is TaskState.DONE
    assert find_contact(luc.contact_id).told_last_day is None


def test_put_back_before_that_call_they_are_not_rung(story, browse, phone, luc):
    end(take_call(browse.as_(story.abel), CONTACT).to("closing"), luc, "completed")
    change(story, browse, phone, luc, "remove")

    change(story, browse, phone, luc, "restore")

    assert find_contact(luc.contact_id).status is ContactStatus.INFORMED
    assert queue.get_task(luc.id).state is TaskState.DONE


def test_put_back_after_it_they_are_told_the_days_again(story, browse, phone, luc):
    end(take_call(browse.as_(story.abel), CONTACT).to("closing"), luc, "completed")
    change(story, browse, phone, luc, "remove")
    walk = take_call(browse.as_(story.abel), CONTACT).to("no_longer_contact")
    walk.send()
    end(walk, luc, "completed")

    change(story, browse, phone, luc, "restore")

    task = queue.get_task(luc.id)
    assert (task.state, task.again) == (TaskState.OPEN, CallAgain.DATES)


def test_on_the_telephone_just_then_the_call_goes_on_and_says_it(story, browse, phone, luc):
    walk = take_call(browse.as_(story.abel), CONTACT).to("announcement")

    change(story, browse, phone, luc, "remove")

    assert queue.get_task(luc.id).state is TaskState.OPEN
    shown = soup(walk.visitor.get(walk.call)).select_one("#news").text
    assert "Retirée de la liste par la personne positive" in shown
    walk.page = soup(walk.visitor.get(f"{walk.call}?step=no_longer_contact"))
    walk.send()
    assert "Appel terminé" in end(walk, luc, "completed").text
    contact = find_contact(luc.contact_id)
    assert queue.get_task(luc.id).state is TaskState.DONE
    assert (contact.status, contact.told_last_day) == (ContactStatus.REMOVED, None)


def test_before_they_have_said_who_they_are_it_is_not_shown(story, browse, phone, luc):
    walk = take_call(browse.as_(story.abel), CONTACT)

    change(story, browse, phone, luc, "remove")

    assert "Retirée de la liste" not in soup(walk.visitor.get(walk.call)).text


@pytest.mark.parametrize("outcome", ["no_answer", "voicemail"])
def test_nobody_answers_and_nobody_rings_again(story, browse, phone, luc, outcome):
    walk = take_call(browse.as_(story.abel), {})
    change(story, browse, phone, luc, "remove")

    end(walk, luc, outcome)

    assert queue.get_task(luc.id).state is TaskState.CANCELLED


def test_put_back_while_still_on_the_telephone_nothing_has_changed(story, browse, phone, luc):
    walk = take_call(browse.as_(story.abel), CONTACT).to("closing")
    change(story, browse, phone, luc, "remove")
    change(story, browse, phone, luc, "restore")

    end(walk, luc, "completed")

    contact = find_contact(luc.contact_id)
    assert (contact.status, queue.get_task(luc.id).state) == (ContactStatus.INFORMED, TaskState.DONE)
    assert contact.told_last_day == contact.quarantine_last_day is not None


def test_a_case_stays_in_the_list_and_nobody_learns_why(story, browse, phone, luc):
    contact_id = luc.contact_id
    contact = find_contact(contact_id)
    contact.status_before, contact.status = contact.status, ContactStatus.BECAME_CASE

    answer = browse.as_(story.ada).fragment(f"{phone.path}/{contact_id}/remove", status=409)

    assert find_contact(contact_id).status is ContactStatus.BECAME_CASE
    assert "suivie par la plateforme" in answer.text
    assert "positif" not in answer.text
