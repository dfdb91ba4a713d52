"""One person, ill under one record and named as a contact under another: joined, they are one case, called and told once."""

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.desk.test_contact_call import waiting_contact
from tests.support.pairs import MARIE, SPELT_OTHERWISE, first_call, pair
from tests.support.story import agent, case, identity
from tracing.cases.queries import get_case
from tracing.consequences import services as consequences
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.queries import find_contact
from tracing.duplicates import services as duplicates
from tracing.facts.rules import SubjectType
from tracing.kernel.db import session as database
from tracing.queue import services as queue
from tracing.queue.models import CallTask, TaskState
from tracing.queue.rules import CallAgain

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def records(story):
    """Marie's first call as a case, and the one as a contact of Paul under a name of one letter more."""
    own = first_call(story, MARIE, at=NOW)
    named = waiting_contact(story, case(story.nantes, identity("Paul"), at=NOW), SPELT_OTHERWISE)
    consequences.follow_case(own.case_id, by=None, at=NOW)
    consequences.decide_first(SubjectType.CONTACT, named.contact_id, by=None, at=NOW)
    return own, named, pair(named.person_id, own.person_id, at=NOW)


def tell(task, at):
    queue.close_task(task, TaskState.DONE, by=None, at=at)
    consequences.remember_told(task, at=at)


def contact_of(task) -> Contact:
    found = find_contact(task.contact_id)
    assert found is not None
    database.refresh(found)
    return found


def state_of(task):
    return database.get_one(CallTask, task.id, populate_existing=True).state


def test_who_waits_as_both_is_called_as_the_case_only(story, records):
    own, named, doubt = records

    duplicates.merge(doubt.id, by=agent(story.ivan), at=NOW)

    assert contact_of(named).status is ContactStatus.BECAME_CASE
    assert contact_of(named).became_case_id == own.case_id
    assert (state_of(own), state_of(named)) == (TaskState.OPEN, TaskState.CANCELLED)
    assert get_case(own.case_id).from_contact_id == named.contact_id


def test_separated_again_both_are_called(story, records):
    own, named, doubt = records
    duplicates.merge(doubt.id, by=agent(story.ivan), at=NOW)

    duplicates.take_back(doubt.id, by=agent(story.ivan), at=NOW)

    assert contact_of(named).status is ContactStatus.NAMED
    assert (state_of(own), state_of(named)) == (TaskState.OPEN, TaskState.OPEN)
    assert get_case(own.case_id).from_contact_id is None


def test_told_as_a_contact_after_the_isolation_they_are_rung_to_hear_what_holds(story, records):
    own, named, doubt = records
    tell(own, NOW)
    tell(named, NOW + HOUR)
    assert contact_of(named).told_last_day != get_case(own.case_id).told_last_day

    duplicates.merge(doubt.id, by=agent(story.ivan), at=NOW + DAY)

    assert state_of(named) is TaskState.DONE
    assert (state_of(own), database.get_one(CallTask, own.id).again) == (TaskState.OPEN, CallAgain.DATES)
    duplicates.take_back(doubt.id, by=agent(story.ivan), at=NOW + DAY)
    assert state_of(own) is TaskState.DONE


def test_told_of_the_isolation_last_they_know_it(story, records):
    own, named, doubt = records
    tell(named, NOW)
    tell(own, NOW + HOUR)

    duplicates.merge(doubt.id, by=agent(story.ivan), at=NOW + DAY)

    assert contact_of(named).status is ContactStatus.BECAME_CASE
    assert (state_of(own), state_of(named)) == (TaskState.DONE, TaskState.DONE)
