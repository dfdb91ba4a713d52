"""For two minutes an outcome is taken back by who noted it: everything is as it was, and the call goes on."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.conftest import NOW
from tests.desk.ending.test_outcomes import SAID
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.desk.walking import P0, soup, take_call
from tests.support.story import case, contact, identity, waiting_case
from tracing.calls.models import Answer, Call, Conversation, OutcomeUndo
from tracing.calls.rules import BY_TRACER, OUTCOMES, CallOutcome
from tracing.cases import services as cases
from tracing.cases.models import CaseOutcome, CaseStatus
from tracing.cases.queries import get_case
from tracing.contacts.models import ContactStatus
from tracing.contacts.queries import find_contact
from tracing.desk.ending import taking_back
from tracing.escalations.models import Escalation
from tracing.facts import queries as facts
from tracing.facts.rules import SubjectType
from tracing.kernel import db
from tracing.kernel.db import session as database
from tracing.messages import queries as messages
from tracing.messages.models import Message
from tracing.messages.rules import MessageState
from tracing.people.models import Person
from tracing.queue import queries
from tracing.queue import services as queue
from tracing.queue.models import EntryState, Promise, TaskKind, TaskState
from tracing.queue.services import Planned

SECOND = timedelta(seconds=1)
every_choice = pytest.mark.parametrize("outcome", BY_TRACER, ids=lambda one: one.value)


def state_of(task_id):
    """Return everything about a call that an outcome may change."""
    task = queries.get_task(task_id)
    case, contact = get_case(task.case_id), find_contact(task.contact_id)
    database.refresh(task)
    database.refresh(case)
    return (
        *(getattr(task, name) for name in taking_back._TASK_COLUMNS),
        *(case.status, case.outcome, case.closed_at, case.told_at, case.told_last_day),
        contact and (contact.status, contact.told_at),
        database.scalar(select(Person.language).where(Person.id == task.person_id)),
        messages.is_stopped(task.person_id),
    )


def undo_of(outcome):
    return db.session.scalars(
        select(OutcomeUndo).where(OutcomeUndo.outcome == outcome).order_by(OutcomeUndo.id.desc())
    ).first()


def end(visitor, walk, task_id, outcome):
    return visitor.follow(
        f"{walk.call}/tasks/{task_id}/end", {"outcome": outcome.value} | SAID[OUTCOMES[outcome].asks]
    )


@every_choice
def test_every_outcome_is_taken_back_and_the_call_goes_on(outcome, story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    walk.to("closing" if outcome is CallOutcome.COMPLETED else "identity")
    before = state_of(task_id)
    answers = len(database.scalars(select(Answer)).all())

    home = soup(end(ada, walk, task_id, outcome))
    button = home.select_one("form[action^='/outcomes/']")
    assert "Annuler" in button.text
    page = ada.follow(button["action"])

    assert state_of(task_id) == before
    [call] = database.scalars(select(Call))
    assert (call.outcome, call.ended_at) == (None, None)
    assert list(database.scalars(select(Conversation.outcome))) == [None]
    entry = queries.find_entry_of(queries.get_task(task_id).household_id)
    assert (entry.state, entry.claimant_id) == (EntryState.CLAIMED, story.ada.id)
    assert "DUPONT" in page.text
    assert len(database.scalars(select(Answer)).all()) >= answers
    assert list(database.scalars(select(Escalation))) == []
    assert list(database.scalars(select(Promise).where(Promise.settled_at.is_(None)))) == []


def test_taken_back_twice_is_once_and_the_call_ends_otherwise_afterwards(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    end(ada, walk, task_id, CallOutcome.REFUSED)
    case_id = queries.get_task(task_id).case_id
    assert get_case(case_id).outcome is CaseOutcome.REFUSED
    back = f"/outcomes/{undo_of(CallOutcome.REFUSED).id}/take-back"

    ada.follow(back)
    ada.follow(back)
    end(ada, walk, task_id, CallOutcome.NO_ANSWER)
    ada.follow(back)

    assert queries.get_task(task_id).attempts == 1
    assert get_case(case_id).status is CaseStatus.OPEN


def test_after_two_minutes_it_is_too_late_and_nobody_else_may(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    end(ada, take_call(ada), task_id, CallOutcome.REFUSED)
    noted_id = undo_of(CallOutcome.REFUSED).id
    path = f"/outcomes/{noted_id}/take-back"

    browse.as_(story.abel).post(path, status=404)
    database.get_one(OutcomeUndo, noted_id).noted_at -= 120 * SECOND
    database.flush()

    assert "trop tard" in ada.post(path, status=409).text
    assert "/take-back" not in ada.get("/desk").text
    assert queries.get_task(task_id).state is TaskState.DONE


def test_what_a_supervisor_has_decided_since_stands(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    end(ada, take_call(ada), task_id, CallOutcome.HOSPITALISED)
    browse.as_(story.dora).follow(f"/lists/tasks/{task_id}/put-back")

    said = ada.post(f"/outcomes/{undo_of(CallOutcome.HOSPITALISED).id}/take-back", status=409)

    assert "le dossier a changé depuis" in said.text
    assert queries.get_task(task_id).state is TaskState.OPEN


def test_it_waits_in_the_queue_if_the_tracer_has_another_call(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    end(ada, take_call(ada), task_id, CallOutcome.REFUSED)
    waiting_case(story.nantes, identity("Luc", phones=("+33639980002",)), at=NOW)
    take_call(ada)

    ada.follow(f"/outcomes/{undo_of(CallOutcome.REFUSED).id}/take-back")

    task = queries.get_task(task_id)
    assert task.state is TaskState.OPEN
    assert queries.find_entry_of(task.household_id).state is EntryState.READY
    first = database.scalars(select(Call).order_by(Call.id)).first()
    assert first.outcome is CallOutcome.GIVEN_BACK


def test_a_death_noted_by_mistake_leaves_no_trace_on_any_call_or_message(story, browse):
    task_id = waiting_case(story.nantes, MARIE, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    end(ada, walk, task_id, CallOutcome.DECEASED)
    person_id = queries.get_task(task_id).person_id
    assert messages.is_stopped(person_id)

    ada.follow(f"/outcomes/{undo_of(CallOutcome.DECEASED).id}/take-back")

    assert not messages.is_stopped(person_id)
    assert facts.in_force_of(SubjectType.PERSON, person_id) == {}


def test_a_text_leaves_only_when_the_outcome_stands(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    task.attempts = 1
    database.flush()
    ada = browse.as_(story.ada)
    end(ada, take_call(ada), task.id, CallOutcome.NO_ANSWER)
    [text] = database.scalars(select(Message))
    assert text.not_before == text.queued_at + timedelta(minutes=2)
    task_id = task.id

    ada.follow(f"/outcomes/{undo_of(CallOutcome.NO_ANSWER).id}/take-back")

    assert list(database.scalars(select(Message.state))) == [MessageState.STOPPED]
    assert queries.get_task(task_id).attempts == 1


def test_one_of_a_household_is_taken_back_while_the_call_goes_on_with_another(story, browse):
    first = waiting_case(story.nantes, MARIE, at=NOW).id
    second = waiting_case(story.nantes, identity("Paul", born=None), at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    ada.follow(f"{walk.call}/tasks/{first}/end", {"outcome": "refused"})

    back = soup(ada.get("/desk")).select_one("form[action^='/outcomes/']")
    ada.follow(back["action"])

    assert {queries.get_task(one).state for one in (first, second)} == {TaskState.OPEN}
    assert set(database.scalars(select(Conversation.outcome))) == {None}


def test_each_outcome_of_a_household_is_taken_back_between_two_people_and_after_the_call(story, browse):
    who = (MARIE, identity("Paul", born=None), identity("Zoe", born=None))
    first, second, third = (waiting_case(story.nantes, one, at=NOW).id for one in who)
    ada = browse.as_(story.ada)
    walk = take_call(ada)

    def ends(task_id, outcome):
        return soup(ada.follow(f"{walk.call}/tasks/{task_id}/end", {"outcome": outcome}))

    ends(first, "refused")
    [between] = soup(ada.get(f"{walk.call}?task={first}")).select("#step form[action^='/outcomes/']")
    ends(second, "refused")
    home = ends(third, "hospitalised")
    offered = [one["action"] for one in home.select(".today form[action^='/outcomes/']")]
    assert len(offered) == 3
    assert offered[0] == between["action"]
    assert "Refus, Refus, " in home.select_one(".today .timeline").text

    back = ada.follow(offered[0])

    assert "MARIE" in back.text.upper()
    assert [queries.get_task(one).state for one in (first, second)] == [TaskState.OPEN, TaskState.DONE]
    assert database.scalars(select(Call)).one().ended_at is None
    ada.follow(offered[2])
    ada.follow(offered[1])
    assert {queries.get_task(one).state for one in (first, second, third)} == {TaskState.OPEN}
    assert set(database.scalars(select(Conversation.outcome))) == {None}


def test_a_contact_taken_back_opens_the_case_that_the_next_one_closed(story, browse):
    of = case(story.nantes, MARIE, at=NOW)
    luc = waiting_contact(story, of, LUC).id
    ada = browse.as_(story.ada)
    of.status, of.outcome = CaseStatus.OPEN, None
    zoe = waiting_contact(story, of, identity("Zoe", phones=LUC.phones)).id
    case_id = of.id
    walk = take_call(ada)
    for task_id in (luc, zoe):
        ada.follow(f"{walk.call}/tasks/{task_id}/end", {"outcome": "refused"})
    cases.close(get_case(case_id), CaseOutcome.COMPLETED, by=None, at=NOW)

    ada.follow(
        f"/outcomes/{database.scalars(select(OutcomeUndo).order_by(OutcomeUndo.id)).first().id}/take-back"
    )

    assert queries.get_task(luc).state is TaskState.OPEN
    assert queries.get_task(zoe).state is TaskState.DONE
    assert get_case(case_id).status is CaseStatus.OPEN


def test_a_contact_who_was_told_by_mistake_is_to_be_told(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    task_id, contact_id = task.id, task.contact_id
    ada = browse.as_(story.ada)
    end(ada, take_call(ada), task_id, CallOutcome.REFUSED)
    assert find_contact(contact_id).status is ContactStatus.REFUSED

    ada.follow(f"/outcomes/{undo_of(CallOutcome.REFUSED).id}/take-back")

    assert find_contact(contact_id).status is ContactStatus.NAMED


def test_a_promise_that_was_to_be_kept_stands_again(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    end(ada, walk, task_id, CallOutcome.CALLBACK)
    promised = queries.get_task(task_id).promised_at
    # made a while ago: a call keeps promises that are older than it
    database.execute(update(Promise).values(made_at=NOW - timedelta(hours=1)))
    ada.follow("/incoming", {"key": "06 39 98 00 01", "born": "1980-05-17"})
    end(ada, take_call(ada), task_id, CallOutcome.REFUSED)
    assert list(database.scalars(select(Promise.settled_at))) != [None]

    ada.follow(f"/outcomes/{undo_of(CallOutcome.REFUSED).id}/take-back")

    assert list(database.scalars(select(Promise.settled_at))) == [None]
    assert queries.get_task(task_id).promised_at == promised


def test_only_a_death_is_asked_once_more(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)

    page = ada.post(f"{take_call(ada).call}/tasks/{task_id}/end", {"outcome": "deceased"}, status=422)

    assert "Cochez la case pour confirmer le décès" in page.text
    assert queries.get_task(task_id).state is TaskState.OPEN


def test_a_list_to_be_completed_keeps_the_case_open_and_rings_once(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    says = P0 | {"contacts_listed": "to_be_completed", "contacts_warned": "none"}
    walk = take_call(ada, says).to("closing")
    assert "rappel dans deux jours" in ada.get(f"{walk.call}/tasks/{task_id}/end").text

    end(ada, walk, task_id, CallOutcome.COMPLETED)

    task = queries.get_task(task_id)
    assert task.state is TaskState.OPEN
    assert get_case(task.case_id).status is CaseStatus.OPEN
    assert task.due_at - NOW >= timedelta(hours=47)
    assert queries.find_entry_of(task.household_id).state is EntryState.SCHEDULED
    ada.follow("/incoming", {"key": "06 39 98 00 01", "born": "1980-05-17"})
    walk = take_call(ada, says).to("symptoms")
    assert "compléter la liste" in walk.page.text
    end(ada, walk.to("closing"), task_id, CallOutcome.COMPLETED)
    assert queries.get_task(task_id).state is TaskState.DONE
    assert get_case(task.case_id).status is CaseStatus.CLOSED


def test_a_letter_waits_until_the_outcome_stands(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    end(ada, take_call(ada), task_id, CallOutcome.NO_ANSWER)
    queue.close_task(queries.get_task(task_id), TaskState.NO_NUMBER, by=None, at=NOW)
    dora = browse.as_(story.dora)

    assert "Lettre notée" not in dora.follow(f"/lists/tasks/{task_id}/letter-written").text
    database.scalars(select(OutcomeUndo)).one().noted_at -= 120 * SECOND
    database.flush()
    dora.post(f"/lists/tasks/{task_id}/letter-written")


def test_a_follow_up_that_was_planned_at_the_same_moment_for_somebody_else_stays(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    walk.to("closing")
    of = get_case(queries.get_task(task_id).case_id)
    luc = contact(of, LUC, by=story.ada, at=NOW)
    other = queue.enqueue(
        kind=TaskKind.CONTACT_FOLLOW_UP,
        person_id=luc.person_id,
        phones=LUC.phones,
        site_id=of.site_id,
        case_id=of.id,
        contact_id=luc.id,
        due_at=NOW + timedelta(days=1),
        planned=Planned(on=NOW.date(), until=NOW.date() + timedelta(days=3), not_before=NOW, due_at=NOW),
        at=NOW,
    )
    end(ada, walk, task_id, CallOutcome.COMPLETED)
    kept = undo_of(CallOutcome.COMPLETED)
    other_id = other.id
    assert other.created_at == kept.noted_at

    ada.follow(f"/outcomes/{kept.id}/take-back")

    assert queries.get_task(other_id).state is TaskState.OPEN
    assert other_id not in undo_of(CallOutcome.COMPLETED).changes["follow_ups"]
