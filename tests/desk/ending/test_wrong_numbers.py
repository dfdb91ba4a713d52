"""A number that is said wrong is dead for the person, an identity not confirmed loses nothing, « ne plus appeler » binds."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.consequences.test_following import said_dead
from tests.desk.test_contact_call import LUC, waiting_contact
from tests.desk.walking import soup, take_call
from tests.support.story import agent, case, identity, waiting_case
from tracing.calls.models import Conversation
from tracing.contacts import calling
from tracing.contacts.queries import described, find_contact
from tracing.facts import queries as fact_queries
from tracing.facts import services as fact_services
from tracing.facts.models import Fact
from tracing.facts.rules import FactKind, FactSource, SubjectType
from tracing.imports.loading.updates import move_to_households_of_numbers
from tracing.kernel.db import session as database
from tracing.messages import queries as outbox
from tracing.messages import services as messages
from tracing.messages.rules import MessageState
from tracing.people import queries as people
from tracing.people import services as people_services
from tracing.people.models import Person
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.models import TaskKind, TaskState

FIRST, SECOND, THIRD = "+33639980001", "+33639980002", "+33639980003"


def end(browse, who, task_id, outcome, **typed):
    walk = take_call(browse.as_(who))
    walk.visitor.follow(f"{walk.call}/tasks/{task_id}/end", {"outcome": outcome} | typed)
    return walk


def test_the_only_number_is_rung_once_and_leads_to_a_letter(browse, story, clock):
    task = waiting_case(story.nantes, at=NOW)
    task_id, person_id = task.id, task.person_id
    messages.queue_missed_call([(person_id, "P0-26-1")], by=agent(story.ada), at=NOW)
    dora = browse.as_(story.dora)

    end(browse, story.ada, task_id, "wrong_number")

    assert (queue.get_task(task_id).state, queue.get_task(task_id).attempts) == (TaskState.NO_NUMBER, 0)
    assert outbox.messages_to(person_id)[0].message.state is MessageState.STOPPED
    assert messages.queue_missed_call([(person_id, "P0-26-1")], by=agent(story.ada), at=NOW) == []
    listed = dora.get("/lists?list=no_number").text
    assert f"/lists/tasks/{task_id}/letter" in listed
    # the outcome may be taken back for two minutes
    dora.get(f"/lists/tasks/{task_id}/letter", status=303)
    assert "minutes" in dora.get("/lists?list=no_number").text
    clock.move_to(NOW + timedelta(minutes=3))
    assert dora.get(f"/lists/tasks/{task_id}/letter").status_code == 200
    page = dora.get(f"/lists/tasks/{task_id}/number")
    assert "06\u202f39\u202f98\u202f00\u202f01" in page.text.replace("\xa0", "\u202f").replace(" ", "\u202f")

    said = dora.post(f"/lists/tasks/{task_id}/number", {"number": "06 39 98 00 01"}, status=422)
    assert "dit mauvais" in said.text
    dora.follow(f"/lists/tasks/{task_id}/good-number", {"place": "0"})
    assert queue.get_task(task_id).state is TaskState.OPEN
    dora.post(f"/lists/tasks/{task_id}/good-number", {"place": "0"}, status=409)
    walk = take_call(browse.as_(story.ada))
    assert soup(walk.visitor.get(walk.call)).select_one(".call-end .phone")["href"] == f"tel:{FIRST}"


def test_the_next_number_is_rung_at_once_and_the_wrong_one_never(browse, story):
    task_id = waiting_case(story.nantes, identity(phones=(FIRST, SECOND)), at=NOW).id

    end(browse, story.ada, task_id, "wrong_number")

    task = queue.get_task(task_id)
    assert (task.state, task.attempts) == (TaskState.OPEN, 0)
    waiting_case(story.nantes, identity("Luc", phones=(THIRD,)), at=NOW - timedelta(days=1))
    walk = take_call(browse.as_(story.ada))
    page = soup(walk.visitor.get(walk.call))
    assert page.select_one(".call-end .phone")["href"] == f"tel:{SECOND}"
    assert not page.select(".numbers form")
    walk.visitor.post(f"{walk.call}/tasks/{task_id}/ring", {"place": "1"}, status=404)


def test_nobody_reached_the_number_is_wrong_for_all_who_have_it(browse, story):
    one = waiting_case(story.nantes, identity("Marie"), at=NOW).id
    two = waiting_case(story.nantes, identity("Paul", phones=(FIRST, SECOND)), at=NOW).id

    end(browse, story.ada, one, "wrong_number")

    assert queue.get_task(one).state is TaskState.NO_NUMBER
    assert queue.get_task(two).state is TaskState.OPEN
    assert people.usable_numbers(queue.get_task(two).person_id, [FIRST, SECOND]) == [SECOND]


def test_once_somebody_was_reached_it_is_wrong_only_for_who_was_asked_for(browse, story):
    one = waiting_case(story.nantes, identity("Marie"), at=NOW).id
    two = waiting_case(story.nantes, identity("Paul"), at=NOW).id
    three = waiting_case(story.nantes, identity("Luc"), at=NOW).id
    walk = end(browse, story.ada, one, "refused")

    walk.visitor.follow(f"{walk.call}/tasks/{two}/end", {"outcome": "wrong_number"})

    assert queue.get_task(two).state is TaskState.NO_NUMBER
    assert queue.get_task(three).state is TaskState.OPEN
    spoken = database.scalars(select(Conversation).where(Conversation.task_id == three)).one()
    assert spoken.outcome is None, "the call goes on with the third person"


def test_a_lot_opens_the_call_with_a_new_number_and_not_with_the_wrong_one(browse, story):
    task = waiting_case(story.nantes, at=NOW)
    task_id, person_id = task.id, task.person_id
    end(browse, story.ada, task_id, "wrong_number")

    move_to_households_of_numbers({person_id}, at=NOW)
    assert queue.get_task(task_id).state is TaskState.NO_NUMBER

    person = database.get_one(Person, person_id)
    people_services.revise(person, identity(phones=(FIRST, SECOND)))
    move_to_households_of_numbers({person_id}, at=NOW)
    assert queue.get_task(task_id).state is TaskState.OPEN


def test_a_wrong_number_of_a_merged_record_is_wrong_for_the_person(browse, story):
    task = waiting_case(story.nantes, at=NOW)
    other = case(story.nantes, identity(), at=NOW).person_id
    end(browse, story.ada, task.id, "wrong_number")
    assert people.has_number(other)

    database.get_one(Person, other).same_as = queue.get_task(task.id).person_id
    database.flush()

    assert not people.has_number(other)
    assert people.only_wrong_numbers([other]) == {other}


def test_an_identity_not_confirmed_is_compared_and_corrected_by_the_supervisor(browse, story):
    task_id = waiting_case(story.nantes, at=NOW).id
    person_id = queue.get_task(task_id).person_id
    dora = browse.as_(story.dora)
    end(browse, story.ada, task_id, "identity_failed", identity="Maria Dupont, 17 mai 1981")

    page = dora.get(f"/lists/tasks/{task_id}/identity")
    assert "Maria Dupont, 17 mai 1981" in page.text
    assert "17/05/1980" in page.text
    assert people.usable_numbers(person_id, [FIRST]) == [FIRST]
    corrected = {"birth_name": "Dupont", "first_names": "Maria", "birth_date": "1981-05-17"}
    dora.follow(f"/lists/tasks/{task_id}/identity", corrected)

    assert queue.get_task(task_id).state is TaskState.OPEN
    assert people.find_joint_identity(person_id).first_names == "Maria"
    dora.get(f"/lists/tasks/{task_id}/identity", status=404)
    browse.as_(story.ada).get(f"/lists/tasks/{task_id}/identity", status=403)


def test_the_corrected_identity_of_a_contact_is_in_the_line_of_whoever_named_them(browse, story):
    task = waiting_contact(story, case(story.nantes, identity("Paul"), at=NOW), LUC)
    task_id, contact_id = task.id, task.contact_id
    end(browse, story.ada, task_id, "identity_failed", identity="Lucas Martin, 2 mai 1931")

    corrected = {"birth_name": "Martin", "first_names": "Lucas", "birth_date": "1931-05-02"}
    browse.as_(story.dora).follow(f"/lists/tasks/{task_id}/identity", corrected)

    line = described(find_contact(contact_id))
    assert (line.first_names, line.birth_name, line.birth_date) == ("Lucas", "Martin", date(1931, 5, 2))
    assert queue.get_task(task_id).state is TaskState.OPEN


def test_whoever_asked_never_to_be_called_is_not_through_any_door(browse, story):
    task = waiting_case(story.nantes, at=NOW)
    task_id, person_id = task.id, task.person_id
    end(browse, story.ada, task_id, "no_calls")
    other = case(story.nantes, identity("Paul", phones=("+33639980009",)), at=NOW)

    again = queue_services.enqueue(
        kind=TaskKind.CASE_FIRST,
        person_id=person_id,
        phones=(FIRST,),
        site_id=story.nantes.id,
        case_id=other.id,
        due_at=NOW + timedelta(hours=4),
        at=NOW,
    )

    assert (queue.get_task(task_id).state, again.state) == (TaskState.NO_CALLS, TaskState.NO_CALLS)
    assert outbox.is_stopped(person_id)
    said_dead(person_id)
    assert queue.get_task(task_id).state is TaskState.DECEASED, "a death goes before"


def test_a_lifted_bar_keeps_its_reason_sealed(browse, story):
    task_id = waiting_case(story.nantes, at=NOW).id
    end(browse, story.ada, task_id, "no_calls")
    dora = browse.as_(story.dora)

    dora.follow(f"/lists/tasks/{task_id}/lift", {"reason": "Il nous a rappelés pour reprendre"})
    dora.post(f"/lists/tasks/{task_id}/lift", {"reason": "Il nous a rappelés"}, status=409)

    assert queue.get_task(task_id).state is TaskState.OPEN
    kept = database.scalars(select(Fact).where(Fact.retracts_id.is_not(None))).one()
    assert kept.sealed is not None
    assert b"rappel" not in kept.sealed


def test_the_next_caller_of_a_household_is_told_of_a_death_without_a_name(browse, story):
    gone = waiting_case(story.nantes, identity("Ernest", "Blot"), at=NOW).person_id
    waiting_case(story.nantes, identity("Odette", "Blot"), at=NOW)
    said_dead(gone)

    walk = take_call(browse.as_(story.ada))

    page = walk.visitor.get(walk.call).text
    assert "Un décès a été signalé dans ce foyer" in page
    assert "Ernest" not in page


@pytest.mark.parametrize("days", [3, 30])
def test_a_contact_who_refused_is_not_called_as_one_again_for_two_weeks(browse, story, days):
    first = waiting_contact(
        story, case(story.nantes, identity("Paul"), at=NOW), identity("Luc", phones=(SECOND,))
    )
    end(browse, story.ada, first.id, "refused")
    refused = database.scalars(select(Fact).where(Fact.kind == FactKind.REFUSAL)).one()
    assert (refused.subject_type, refused.subject_id) == (SubjectType.CONTACT, first.contact_id)
    other = case(story.nantes, identity("Anne", phones=("+33639980009",)), at=NOW)
    named = find_contact(waiting_contact(story, other, identity("Luc", phones=(SECOND,))).contact_id)
    named.person_id, named.named_at = first.person_id, NOW + timedelta(days=days)
    task = queue.find_task_of_contact(named.id)
    task.person_id = first.person_id
    database.flush()

    calling.update_call_task(named, other, phones=(SECOND,), by=None, at=NOW)

    assert task.state is (TaskState.CANCELLED if days == 3 else TaskState.OPEN)
    positive = queue_services.enqueue(
        kind=TaskKind.CASE_FIRST,
        person_id=first.person_id,
        phones=(SECOND,),
        site_id=story.nantes.id,
        case_id=other.id,
        due_at=NOW,
        at=NOW,
    )
    assert positive.state is TaskState.OPEN, "whoever refused as a contact is called when positive"


def test_a_refusal_taken_back_lets_the_other_call_wait_again(browse, story):
    first = waiting_contact(
        story, case(story.nantes, identity("Paul"), at=NOW), identity("Luc", phones=(SECOND,))
    )
    end(browse, story.ada, first.id, "refused")
    other = case(story.nantes, identity("Anne", phones=("+33639980009",)), at=NOW)
    named = find_contact(waiting_contact(story, other, identity("Luc", phones=(SECOND,))).contact_id)
    named.person_id = first.person_id
    queue.find_task_of_contact(named.id).person_id = first.person_id
    database.flush()
    calling.update_call_task(named, other, phones=(SECOND,), by=None, at=NOW)
    assert queue.find_task_of_contact(named.id).state is TaskState.CANCELLED

    subject = (SubjectType.CONTACT, first.contact_id)
    said = fact_queries.in_force_of(*subject)[FactKind.REFUSAL]
    fact_services.retract(
        said, subject, words="", cohort=NOW.date(), source=FactSource.SUPERVISOR, by=story.dora.id, at=NOW
    )

    assert queue.find_task_of_contact(named.id).state is TaskState.OPEN
