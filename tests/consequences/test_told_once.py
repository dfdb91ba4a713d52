"""A contact who was told and is named again by another case is rung once more only if there is something else to say."""

from datetime import date, timedelta

import pytest
from werkzeug.datastructures import MultiDict

from tests.conftest import NOW
from tests.contacts.conftest import LUC as TYPED
from tests.contacts.conftest import browse as browse  # noqa: PLC0414
from tests.contacts.conftest import on_the_phone
from tests.desk.test_contact_call import MARIE
from tests.desk.walking import CONTACT, take_call
from tests.support.pairs import pair
from tests.support.story import agent, identity, waiting_case
from tracing.calls import services as calls
from tracing.consequences.reopening import choose
from tracing.contacts.models import ContactStatus
from tracing.contacts.queries import contacts_of_case, find_contact
from tracing.desk.ending import taking_back
from tracing.desk.queries import outcomes_to_take_back
from tracing.duplicates import services as duplicates
from tracing.facts import services as fact_services
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel.db import session as database
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.models import TaskKind, TaskState
from tracing.queue.rules import CallAgain

DAY = timedelta(days=1)
PAUL = identity("Paul", "Deniau", phones=("+33639980009",))
LUC = TYPED | {"contact-birth_date": "1988-04-05"}


def named_by(story, browse, who, **typed):
    """Have somebody name Luc in their call, and end it without a word more; return the contact."""
    task = waiting_case(story.nantes, who, at=NOW)
    phone = on_the_phone(story.ada, task)
    browse.as_(story.ada).fragment(phone.path, MultiDict(LUC | {f"contact-{k}": v for k, v in typed.items()}))
    [luc] = contacts_of_case(task.case_id)
    return phone, luc


def over(story, phone):
    """End a call of which nothing is asked here: its case waits for somebody else."""
    calls.end(phone.call, calls.CallOutcome.GIVEN_BACK, by=agent(story.ada), at=NOW)
    queue_services.close_task(queue.get_task(phone.task.id), TaskState.WAITING_DOCTOR, by=None, at=NOW)


@pytest.fixture
def told(story, browse):
    """Luc, whom Marie met on 8 March, was called and told."""
    phone, luc = named_by(story, browse, MARIE)
    over(story, phone)
    walk = take_call(browse.as_(story.abel), CONTACT).to("closing")
    task = queue.find_task_of_contact(luc.id)
    walk.visitor.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "completed"})
    assert find_contact(luc.id).status is ContactStatus.INFORMED
    return find_contact(luc.id)


def call_of(contact):
    return queue.find_task_of_contact(contact.id)


def test_with_nothing_else_to_say_they_are_not_rung(story, browse, told):
    phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07")

    assert again.person_id == told.person_id
    assert call_of(again).state is TaskState.DONE
    assert (again.status, again.told_with_id) == (ContactStatus.INFORMED, told.id)
    assert again.told_at is None
    shown = browse.as_(story.ada).fragment(phone.path, method="get").text
    assert "Suivie par la plateforme" in shown
    assert "Prévenue" not in shown


def test_met_on_the_same_day_by_both_they_are_not_rung(story, browse, told):
    _phone, again = named_by(story, browse, PAUL)

    assert call_of(again).state is TaskState.DONE


def test_met_later_they_are_rung(story, browse, told):
    _phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-09")

    assert (call_of(again).state, again.told_at) == (TaskState.OPEN, None)


def test_while_nobody_knows_whether_they_live_together_they_are_rung(story, browse, told):
    told.circumstances = {**told.circumstances, "answered": {}}
    database.flush()
    _phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07", lives_with_case="")

    assert call_of(again).state is TaskState.OPEN


def test_that_they_live_with_no_positive_person_holds_for_all_meetings(story, browse, told):
    _phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07", lives_with_case="")

    assert call_of(again).state is TaskState.DONE


def test_while_something_else_waits_to_be_told_of_the_first_meeting_they_are_rung(story, browse, told):
    _say_met(told, date(2026, 3, 9))
    assert call_of(told).again is CallAgain.DATES

    _phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07")

    assert call_of(again).state is TaskState.OPEN


def _say_met(contact, day, *, at=NOW):
    met = NewFact(
        subject=(SubjectType.CONTACT, contact.id),
        kind=FactKind.LAST_CONTACT,
        value=day.isoformat(),
        source=FactSource.PERSON,
        cohort=NOW.date(),
    )
    fact_services.record([met], by=None, at=at)


def test_when_the_day_of_the_second_meeting_is_corrected_they_are_rung(story, browse, told):
    _phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07")

    _say_met(again, date(2026, 3, 9))

    task = call_of(again)
    assert (task.state, task.again) == (TaskState.OPEN, None)
    assert (again.status, again.told_with_id) == (ContactStatus.NAMED, None)

    _say_met(again, date(2026, 3, 6), at=NOW + DAY)
    assert call_of(again).state is TaskState.DONE


def test_when_what_they_were_told_changes_they_are_told_of_both_at_once(story, browse, told):
    _phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07")

    _say_met(told, date(2026, 3, 9))

    assert call_of(told).again is CallAgain.DATES
    assert call_of(again).state is TaskState.OPEN


def test_an_outcome_that_is_taken_back_leaves_nobody_told(story, browse):
    phone, luc = named_by(story, browse, MARIE)
    over(story, phone)
    walk = take_call(browse.as_(story.abel), CONTACT).to("closing")
    walk.visitor.follow(f"{walk.call}/tasks/{call_of(luc).id}/end", {"outcome": "completed"})
    _phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07")
    assert call_of(again).state is TaskState.DONE

    by = agent(story.abel)
    [[undo]] = outcomes_to_take_back(by.member_id, at=NOW).values()
    taking_back.take_back(undo.id, by=by, at=NOW)

    again = find_contact(again.id)
    assert (again.status, again.told_at, again.told_with_id) == (ContactStatus.NAMED, None, None)
    assert call_of(again).state is TaskState.OPEN


def test_a_line_that_was_told_elsewhere_is_removed_and_restored_as_any_other(story, browse, told):
    phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07")
    ada = browse.as_(story.ada)

    ada.fragment(f"{phone.path}/{again.id}/remove")
    assert find_contact(again.id).status is ContactStatus.REMOVED
    assert call_of(again).state is TaskState.CANCELLED

    ada.fragment(f"{phone.path}/{again.id}/restore")
    assert find_contact(again.id).status is ContactStatus.INFORMED
    assert call_of(again).state is TaskState.DONE


def test_two_records_that_become_one_person_and_two_again(story, browse, told):
    phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07", birth_date="", birth_name="")
    over(story, phone)
    assert again.person_id != told.person_id
    assert call_of(again).state is TaskState.OPEN
    question = pair(again.person_id, told.person_id, at=NOW)

    duplicates.merge(question.id, is_sure=True, by=agent(story.dora), at=NOW)
    assert call_of(again).state is TaskState.DONE

    duplicates.take_back(question.id, by=agent(story.dora), at=NOW)
    assert call_of(again).state is TaskState.OPEN
    assert find_contact(again.id).told_at is None


def test_rung_for_the_second_they_are_told_of_it_in_its_own_name(story, browse, told):
    phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07")
    over(story, phone)
    _say_met(again, date(2026, 3, 9))
    walk = take_call(browse.as_(story.abel), CONTACT).to("closing")
    walk.visitor.follow(f"{walk.call}/tasks/{call_of(again).id}/end", {"outcome": "completed"})

    again = find_contact(again.id)
    assert (again.told_with_id, again.told_last_day) == (None, again.quarantine_last_day)
    assert call_of(again).state is TaskState.DONE


def test_whoever_rings_the_day_after_goes_on_with_what_they_have_answered(story, browse, told):
    _phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07")

    chosen = choose(queue.tasks_of_person(told.person_id))

    assert again.id > told.id
    assert chosen is not None
    assert chosen.contact_id == told.id


def test_one_follow_up_call_is_planned_for_both_meetings(story, browse, told):
    named_by(story, browse, PAUL, last_contact_on="2026-03-07")

    planned = [
        one
        for one in queue.tasks_of_person(told.person_id)
        if one.kind is TaskKind.CONTACT_FOLLOW_UP and one.state is TaskState.OPEN
    ]
    assert [one.contact_id for one in planned] == [told.id]


def test_the_day_after_what_follows_is_the_same(story, browse, told):
    _phone, again = named_by(story, browse, PAUL, last_contact_on="2026-03-07")
    fact_services.follow({(SubjectType.CONTACT, again.id)}, by=None, at=NOW + DAY)

    assert call_of(again).state is TaskState.DONE
