"""Somebody who was told, or whose birth date nobody knew, rings: what they say is kept, and nobody rings them for it."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.desk.inbound.test_somebody_is_calling import MARIE, ended
from tests.desk.walking import CONTACT, soup, take_call
from tests.support.story import Story, contact, identity, waiting_case
from tests.support.web import Browser
from tracing.cases.models import CaseStatus
from tracing.cases.queries import get_case
from tracing.contacts import calling
from tracing.contacts.case_closing import close_when_done
from tracing.contacts.queries import described, find_contact
from tracing.desk.conversation.facts import day_said
from tracing.kernel.db import session
from tracing.kernel.events import Event
from tracing.people import queries as people
from tracing.queue import queries
from tracing.queue import services as queue
from tracing.queue.models import TaskState


def test_a_birth_date_that_nobody_knew_is_kept_once_the_caller_has_said_who_they_are(
    browse: Browser, story: Story
):
    case = get_case(waiting_case(story.nantes, at=NOW).case_id)
    luc = identity("Luc", "Kaci", born=None, phones=("+33639980002",))
    met = contact(case, luc, by=story.ada, at=NOW)
    calling.update_call_task(met, case, phones=luc.phones, by=story.ada.id, at=NOW)
    person_id, contact_id = met.person_id, met.id
    ada = browse.as_(story.ada)
    ada.follow("/incoming", {"key": "06 39 98 00 02", "born": "1971-02-03"})
    walk = take_call(ada, CONTACT)
    assert people.find_identity(person_id).birth_date is None

    walk.to("data_notice")

    assert people.find_identity(person_id).birth_date == date(1971, 2, 3)
    assert described(find_contact(contact_id)).birth_date == date(1971, 2, 3)
    assert "03/02/1971" in walk.page.select_one("#person").text


def test_a_case_that_the_call_of_its_last_contact_closes_is_closed_by_the_platform(story: Story):
    first = waiting_case(story.nantes, at=NOW)
    queue.close_task(first, TaskState.DONE, by=story.ada.id, at=NOW)

    close_when_done(first.case_id, by=story.ada.id, at=NOW)

    assert session.scalars(select(Event.by_id).where(Event.kind == "case.closed")).all() == [None]


def test_whoever_was_told_and_rings_hears_the_day_of_the_meeting_as_they_corrected_it(
    browse: Browser, story: Story
):
    case = get_case(waiting_case(story.nantes, at=NOW).case_id)
    luc = identity("Luc", "Kaci", born=date(1971, 2, 3), phones=("+33639980002",))
    met = contact(case, luc, by=story.ada, at=NOW)
    met.said_last_contact_on, met.last_contact_on = date(2026, 3, 5), date(2026, 3, 8)
    assert day_said(met) == date(2026, 3, 5), "what was announced in a call stays until its end"

    met.told_at = NOW

    assert day_said(met) == date(2026, 3, 8)


@pytest.mark.parametrize("sent", [{}, {"reason": "equipment"}], ids=["hung_up", "given_back"])
def test_whoever_was_told_and_only_asks_something_is_not_called_again(browse: Browser, story: Story, sent):
    task_id = ended(browse, story, "completed")
    before = get_case(queries.get_task(task_id).case_id).outcome
    abel = browse.as_(story.abel)
    abel.follow("/incoming", MARIE)
    walk = take_call(abel)
    assert "c’est la personne qui appelle" in walk.page.select_one(".call-why").text
    assert "avant" not in walk.page.select_one(".call-why").text
    assert not soup(abel.get(f"{walk.call}/tasks/{task_id}/end")).select_one("#way-answered")
    walk.to("data_notice").send()
    assert soup(abel.get(f"{walk.call}/tasks/{task_id}/end")).select_one("#way-answered")

    told = abel.follow(f"{walk.call}/give-back", sent)

    task = queries.get_task(task_id)
    case = get_case(task.case_id)
    assert "rien ne change" in told.text
    assert (task.state, case.status, case.outcome) == (TaskState.DONE, CaseStatus.CLOSED, before)
