"""Whoever was told is rung again on the programme's days: planned, moved, suspended, ended, and the day after."""

from datetime import date, datetime, timedelta

import pytest

from tests.conftest import NOW
from tests.contacts.conftest import on_the_phone
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.desk.walking import CONTACT, P0, soup, take_call
from tests.support.story import agent, case, identity, person, waiting_case
from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.calls.rules import CallOutcome
from tracing.cases import services as case_services
from tracing.cases.queries import get_case
from tracing.consequences import follow_ups
from tracing.consequences import services as consequences
from tracing.consequences.jobs import end_follow_ups
from tracing.contacts import calling
from tracing.contacts import services as contacts
from tracing.contacts.models import ContactStatus
from tracing.contacts.queries import find_contact
from tracing.contacts.rules import ContactDetails, Described
from tracing.desk import services as desk
from tracing.desk.ending import call_outcomes
from tracing.facts import queries as facts
from tracing.facts import services as fact_services
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel.db import session as database
from tracing.people.queries import get_person
from tracing.programmes.rules import Circumstances
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.maintenance.jobs import promote
from tracing.queue.models import EntryState, TaskState
from tracing.scripts.wording import day_in_words
from tracing.supervision.worklists import services as worklists

DAY = timedelta(days=1)
SAYS = {
    "person_on_line": "person",
    "identity_confirmed": "yes",
    "has_time": "yes",
    "red_flags": "no",
    "test_result": "none",
    "new_symptoms": "no",
    "isolation_kept": "hard",
    "needs": "shopping",
    "needs_consent": "yes",
}
"""Somebody who gets by, and would like help with the shopping."""


def told(task, *, at=NOW):
    """Let a first call have been made: the person knows until when they stay at home."""
    about = (SubjectType.CASE, task.case_id)
    if task.contact_id is not None:
        about = (SubjectType.CONTACT, task.contact_id)
    consequences.decide_first(*about, by=None, at=at)
    queue_services.close_task(task, TaskState.DONE, by=None, at=at)
    consequences.remember_told(task, at=at)
    follow_ups.plan_follow_ups([task], by=None, at=at)
    return queue.find_follow_up(task.case_id, task.contact_id)


def say(subject, kind, value, *, source=FactSource.PERSON, at=NOW):
    new = NewFact(subject=subject, kind=kind, value=value, source=source, cohort=at.date())
    consequences.record([new], by=None, at=at)


def waits(task):
    """Return the follow-up call that waits, as its state and days; None if none does."""
    found = queue.find_follow_up(task.case_id, task.contact_id)
    if found is None or found.state in {TaskState.DONE, TaskState.CANCELLED}:
        return None
    return found.state, found.planned_on, found.ends_on


@pytest.fixture
def marie(story):
    """Marie's first call: sampled on the 9th, nothing else known."""
    return waiting_case(story.nantes, MARIE, at=NOW)


def at_nine(day: int) -> datetime:
    return datetime(2026, 3, day, 9, tzinfo=NOW.tzinfo)


def test_a_completed_call_plans_the_next_one_and_its_short_script_asks_how_they_are(
    story, browse, clock, marie
):
    ada = browse.as_(story.ada)
    walk = take_call(ada).to("closing")
    ada.follow(f"{walk.call}/tasks/{marie.id}/end", {"outcome": "completed"})
    planned = queue.find_follow_up(marie.case_id, None)
    assert (planned.state, planned.planned_on, planned.ends_on) == (
        TaskState.OPEN,
        date(2026, 3, 12),
        get_case(marie.case_id).isolation_last_day,
    )
    entry = queue.find_entry_of(planned.household_id)
    assert entry.state is EntryState.SCHEDULED
    assert "12 mars" in browse.as_(story.dora).get("/lists/follow-ups").text

    assert promote(clock.move_to(at_nine(12))) == 1
    visitor = browse.as_(story.abel)
    walk = take_call(visitor, SAYS).to("closing")
    assert walk.steps == [
        *("opening", "identity", "time", "red_flags", "at_home", "keep_apart", "safety"),
        *("isolation", "needs", "needs_consent", "next_steps"),
    ]
    page = visitor.follow(f"{walk.call}/tasks/{planned.id}/end", {"outcome": "completed"})
    assert "Appel terminé" in page.text
    assert queue.get_task(planned.id).state is TaskState.DONE
    assert waits(marie) is None, "the tenth day is after the isolation"
    assert get_case(marie.case_id).told_at == at_nine(12)


def test_first_calls_come_before_follow_ups_of_the_same_day(story, clock, marie):
    follow_up = told(marie)
    later = at_nine(13)
    clock.move_to(later)
    first = waiting_case(story.nantes, identity("Paul", "Deniau", phones=("+33639980009",)), at=later)

    ranks = [queue.find_entry_of(one.household_id).rank_at for one in (first, follow_up)]

    assert ranks == sorted(ranks)
    assert follow_up.planned_on == later.date()


def test_a_changed_first_day_moves_the_call_and_one_told_otherwise_is_told_first(marie):
    told(marie)
    assert waits(marie) == (TaskState.OPEN, date(2026, 3, 13), date(2026, 3, 19))

    say((SubjectType.CASE, marie.case_id), FactKind.ONSET, "2026-03-11", at=NOW + DAY)
    assert queue.get_task(marie.id).again is not None
    assert waits(marie) is None

    told(queue.get_task(marie.id), at=NOW + 2 * DAY)
    assert waits(marie) == (TaskState.OPEN, date(2026, 3, 15), date(2026, 3, 21))


def test_nobody_is_rung_once_the_isolation_is_over(marie, clock):
    told(marie)
    assert end_follow_ups(clock.move_to(at_nine(19))) == 0
    assert waits(marie) is not None

    assert end_follow_ups(clock.move_to(at_nine(20))) == 1
    assert waits(marie) is None
    assert end_follow_ups(clock.move_to(at_nine(20) + timedelta(minutes=2))) == 0


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (FactKind.DEATH, True),
        (FactKind.NO_CALLS, True),
        (FactKind.HOSPITAL, True),
        (FactKind.REFUSAL, "case_follow_up"),
    ],
    ids=str,
)
def test_what_is_said_stops_the_call_and_taking_it_back_opens_it_again(marie, kind, value):
    told(marie)
    of_person = kind in {FactKind.DEATH, FactKind.NO_CALLS}
    subject = (SubjectType.PERSON, marie.person_id) if of_person else (SubjectType.CASE, marie.case_id)

    say(subject, kind, value)
    if kind is FactKind.HOSPITAL:
        assert waits(marie)[0] is TaskState.TO_HAND_ON, "a supervisor asks whether they are home"
    else:
        assert waits(marie) is None

    [said] = [one for one in facts.facts_of(*subject) if one.kind is kind]
    fact_services.retract(
        said, subject, source=FactSource.SUPERVISOR, cohort=NOW.date(), by=None, at=NOW + timedelta(minutes=1)
    )
    assert waits(marie) == (TaskState.OPEN, date(2026, 3, 13), date(2026, 3, 19))


def end_call(story, clock, task, outcome, *, at):
    """Take the follow-up call that is due and end it."""
    clock.move_to(at)
    entry = queue.find_entry_of(task.household_id)
    entry.state, entry.not_before, entry.closes_at = EntryState.READY, at, at + timedelta(hours=8)
    database.flush()
    by = agent(story.ada)
    call = calls.take_next(by, at=at)
    call_outcomes.finish(desk.talk_in(call, task.id, by=by, at=at), outcome, by=by, at=at)


def test_whoever_never_answers_is_rung_on_the_next_day_and_then_left_to_a_supervisor(story, clock, marie):
    follow_up = told(marie)
    for day, hours in ((13, (0, 3, 6)), (19, (0, 3, 6))):
        assert waits(marie) == (TaskState.OPEN, date(2026, 3, day), date(2026, 3, 19))
        for hour in hours:
            end_call(story, clock, follow_up, CallOutcome.NO_ANSWER, at=at_nine(day) + timedelta(hours=hour))

    assert waits(marie)[0] is TaskState.UNREACHABLE
    worklists.give_up(follow_up.id, by=agent(story.dora), at=at_nine(19))
    assert waits(marie) is None
    assert get_case(marie.case_id).outcome is None
    say((SubjectType.CASE, marie.case_id), FactKind.VACCINATION, "none", at=at_nine(19))
    assert waits(marie) is None, "what a supervisor has ended stays ended"


def test_in_hospital_nobody_rings_until_a_supervisor_says_they_are_home(story, clock, marie):
    follow_up = told(marie)
    end_call(story, clock, follow_up, CallOutcome.HOSPITALISED, at=at_nine(13))
    assert waits(marie)[0] is TaskState.TO_HAND_ON

    worklists.put_back(follow_up.id, by=agent(story.dora), at=at_nine(14))

    assert waits(marie) == (TaskState.OPEN, date(2026, 3, 13), date(2026, 3, 19))


@pytest.mark.parametrize("by_whom", ["supervisor", "person"])
def test_whoever_is_in_hospital_at_the_first_call_is_followed_from_the_day_they_are_home(
    story, marie, by_whom
):
    about = (SubjectType.CASE, marie.case_id)
    say(about, FactKind.HOSPITAL, True)
    follow_up = told(marie)
    assert waits(marie) == (TaskState.TO_HAND_ON, date(2026, 3, 13), date(2026, 3, 19))
    follow_ups.plan_follow_ups([marie], by=None, at=NOW)
    assert follow_up.state is TaskState.TO_HAND_ON, "twice changes nothing"

    if by_whom == "supervisor":
        worklists.put_back(follow_up.id, by=agent(story.dora), at=at_nine(11))
    else:
        say(about, FactKind.HOSPITAL, False, at=at_nine(11))

    assert waits(marie) == (TaskState.OPEN, date(2026, 3, 13), date(2026, 3, 19))
    assert follow_up.not_before.date() >= date(2026, 3, 12), "nobody is asked before its day"


def test_somebody_who_stays_in_hospital_until_the_end_leaves_the_list(story, clock, marie):
    say((SubjectType.CASE, marie.case_id), FactKind.HOSPITAL, True)
    follow_up = told(marie)

    end_follow_ups(clock.move_to(at_nine(20)))

    assert follow_up.state is TaskState.CANCELLED


def test_a_refusal_of_these_calls_is_one_of_no_others(story, clock, marie):
    task = waiting_contact(story, get_case(marie.case_id), LUC)
    follow_up = told(task)
    assert follow_up is not None
    end_call(story, clock, follow_up, CallOutcome.REFUSED, at=at_nine(follow_up.planned_on.day))

    assert waits(task) is None
    assert find_contact(task.contact_id).status is ContactStatus.NAMED
    assert queue.get_task(task.id).state is TaskState.DONE


def test_whoever_rings_back_on_the_day_is_asked_at_once_and_before_it_gets_their_first_call(
    story, browse, clock, marie
):
    told(marie)
    ada = browse.as_(story.ada)
    rings = {"key": "06 39 98 00 01", "born": "1980-05-17"}

    early = soup(ada.follow("/incoming", rings))
    assert early.select_one("#answers input[name=step]")["value"] == "opening"
    assert queue.get_task(marie.id).state is TaskState.OPEN
    assert waits(marie) is None, "what they ask for now comes first"
    call_id = int(early.select_one("[data-heartbeat-url]")["data-heartbeat-url"].split("/")[2])
    call_outcomes.hang_up(database.get_one(Call, call_id), by=agent(story.ada), at=NOW)
    told(queue.get_task(marie.id))

    clock.move_to(at_nine(13))
    page = browse.as_(story.abel).follow("/incoming", rings)

    assert "appel de suivi" in page.text.lower()
    assert queue.get_task(marie.id).state is TaskState.DONE
    assert waits(marie)[0] is TaskState.OPEN


def test_an_outcome_that_is_taken_back_takes_the_planned_call_with_it(story, browse, marie):
    ada = browse.as_(story.ada)
    walk = take_call(ada, P0).to("closing")
    home = soup(ada.follow(f"{walk.call}/tasks/{marie.id}/end", {"outcome": "completed"}))
    assert waits(marie) is not None

    ada.follow(home.select_one("form[action^='/outcomes/']")["action"])

    assert queue.get_task(marie.id).state is TaskState.OPEN
    assert waits(marie) is None


def test_a_contact_told_of_two_meetings_is_rung_about_the_last_one(story, marie):
    paul = waiting_case(story.nantes, identity("Paul", "Deniau", phones=("+33639980009",)), at=NOW)
    first = waiting_contact(story, get_case(marie.case_id), LUC)
    again = waiting_contact(story, get_case(paul.case_id), LUC)
    find_contact(again.contact_id).person_id = again.person_id = first.person_id
    find_contact(again.contact_id).last_contact_on += DAY
    database.flush()

    told(first)
    assert waits(first) is not None
    told(again)

    assert waits(first) is None
    assert waits(again) is not None


def test_a_contact_who_turns_out_to_be_another_person_takes_the_follow_up_along(story, marie):
    task = waiting_contact(story, get_case(marie.case_id), LUC)
    follow_up = told(task)
    other = person(identity("Luc", "Martin", born=date(1981, 1, 1), phones=("+33639980055",)), at=NOW)
    contact = find_contact(task.contact_id)
    before, contact.person_id = contact.person_id, other.id
    database.flush()

    calling.move(contact, before, at=NOW)

    assert queue.get_task(follow_up.id).person_id == other.id
    assert queue.get_task(follow_up.id).household_id == get_person(other.id).household_id


def test_a_contact_who_turns_out_to_be_a_case_is_not_asked_as_a_contact_how_they_are(story, marie):
    task = waiting_contact(story, get_case(marie.case_id), LUC)
    told(task)
    ill = identity("Luc", "Malherbe", born=date(1981, 1, 1), phones=("+33639980055",))
    waiting_case(story.nantes, ill, at=NOW)
    phone = on_the_phone(story.ada, marie)
    line = ContactDetails(
        described=Described.of(ill),
        last_contact_on=find_contact(task.contact_id).last_contact_on,
        circumstances=Circumstances(lives_with_case=True),
    )

    contacts.edit(phone.call, phone.task, task.contact_id, line, by=agent(story.ada), at=NOW)

    assert find_contact(task.contact_id).status is ContactStatus.BECAME_CASE
    assert waits(task) is None


def test_an_hour_that_was_promised_is_kept_although_the_isolation_ends_before_it(story, clock, marie):
    follow_up = told(marie)
    clock.move_to(at_nine(19))
    promised = at_nine(20) + timedelta(hours=2)
    queue_services.promise(follow_up, when=promised, by=agent(story.ada), at=at_nine(19))

    end_follow_ups(clock.move_to(at_nine(20)))
    assert waits(marie)[0] is TaskState.OPEN
    say((SubjectType.CASE, marie.case_id), FactKind.VACCINATION, "none", at=at_nine(20))
    assert waits(marie)[0] is TaskState.OPEN

    assert end_follow_ups(clock.move_to(at_nine(21))) == 1
    assert waits(marie) is None, "nobody kept it on its day"


def test_a_promise_does_not_bring_a_call_to_somebody_who_refused_or_is_told_otherwise(story, clock, marie):
    follow_up = told(marie)
    queue_services.promise(follow_up, when=at_nine(20), by=agent(story.ada), at=at_nine(19))

    say((SubjectType.CASE, marie.case_id), FactKind.REFUSAL, "case_follow_up", at=at_nine(19))

    assert waits(marie) is None


@pytest.mark.parametrize(("hours", "is_carried"), [(20, True), (30, False)])
def test_whoever_is_told_otherwise_first_is_rung_at_the_hour_that_was_promised(
    story, marie, hours, is_carried
):
    follow_up = told(marie)
    promised = at_nine(11) + timedelta(hours=hours)
    queue_services.promise(follow_up, when=promised, by=agent(story.ada), at=at_nine(11))

    say((SubjectType.CASE, marie.case_id), FactKind.ONSET, "2026-03-11", at=at_nine(11))

    assert waits(marie) is None
    again = queue.get_task(marie.id)
    assert again.again is not None
    assert again.promised_at == (promised if is_carried else None)
    if is_carried:
        assert (again.promised_by, again.not_before) == (story.ada.id, promised)


def test_two_records_of_one_person_who_were_both_told_are_asked_once_how_they_are(story, marie):
    other = waiting_case(story.nantes, identity("Marie", "Durandeau-Roux", phones=("+33639980009",)), at=NOW)
    told(marie)
    told(other)
    both = {(SubjectType.PERSON, one.person_id) for one in (marie, other)}
    get_person(other.person_id).same_as = marie.person_id
    database.flush()

    consequences.follow(both, by=None, at=NOW)
    assert waits(marie) is None, "of two that end on one day, the later record is asked about"
    assert waits(other) == (TaskState.OPEN, date(2026, 3, 13), date(2026, 3, 19))

    case_services.close_as_none(get_case(other.case_id), by=None, at=NOW)
    consequences.follow_case(other.case_id, by=None, at=NOW)
    assert waits(other) is None
    assert waits(marie) is not None, "the other one is none: they are asked about this one after all"

    case_services.reopen(get_case(other.case_id), by=story.dora.id, at=NOW)
    consequences.follow_case(other.case_id, by=None, at=NOW)
    assert (waits(marie), waits(other) is None) == (None, False)
    get_person(other.person_id).same_as = None
    database.flush()
    consequences.follow(both, by=None, at=NOW)
    assert waits(marie) is not None
    assert waits(other) is not None


@pytest.mark.parametrize("vaccination", ["none", "complete"])
def test_a_contact_hears_the_day_of_the_next_call_and_it_is_planned_for_that_day(story, browse, vaccination):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    abel = browse.as_(story.abel)

    walk = take_call(abel, {**CONTACT, "vaccination": vaccination}).to("next_steps")
    said = walk.page.select_one("#say").text
    walk.to("closing")
    abel.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "completed"})

    planned = queue.find_follow_up(task.case_id, task.contact_id)
    assert f"Nous vous rappellerons le {day_in_words(planned.planned_on)}" in said


def test_no_call_is_announced_to_somebody_in_hospital(story, browse, marie):
    walk = take_call(browse.as_(story.ada), {**P0, "hospitalised": "yes"}).to("next_steps")

    assert "Nous vous rappellerons le" not in walk.page.select_one("#say").text
