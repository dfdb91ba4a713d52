"""What is kept for somebody who is gone is for everyone again; promises are counted as kept or broken."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW, Clock
from tests.desk.walking import soup, take_call
from tests.support.statements import statements_sent
from tests.support.story import Story, agent, waiting_case
from tests.support.web import Browser
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.kernel.db import session
from tracing.kernel.events import Event
from tracing.queue import queries
from tracing.queue import services as queue
from tracing.queue.claims import services as claims
from tracing.queue.maintenance import due_changes
from tracing.queue.maintenance.absence_jobs import handle_absences
from tracing.queue.ordering import callbacks
from tracing.staff import presence, rules
from tracing.staff import services as staff
from tracing.staff.models import Role
from tracing.staff.rules import Presence, UnavailableReason, Week

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def given_to_ada(story: Story):
    task = waiting_case(story.nantes, at=NOW)
    entry = queries.find_entry_of(task.household_id)
    claims.reserve_for(entry.id, story.ada.id, by=agent(story.dora), at=NOW)
    return entry


def promise(story: Story, when, *, at=NOW):
    task = waiting_case(story.nantes, at=at)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=at)
    conversation = calls.start_conversation(call, task, script_version="2026.1", at=at)
    queue.promise(task, when=when, by=ada, at=at)
    calls.finish_conversation(conversation, CallOutcome.CALLBACK, at=at)
    calls.end(call, CallOutcome.CALLBACK, by=ada, at=at)
    return task


def counted(story: Story):
    found = callbacks.counted(story.nantes.id, since=NOW - timedelta(days=1))
    return found.kept, found.broken


def why_gone() -> list[str]:
    return [one.detail["why"] for one in session.scalars(select(Event).where(Event.kind == "owner.gone"))]


@pytest.mark.parametrize(
    "why",
    [
        UnavailableReason.ACCOUNT_CLOSED,
        UnavailableReason.CONTRACT_ENDED,
        UnavailableReason.ROLE_WITHDRAWN,
        UnavailableReason.ABSENCE,
    ],
)
def test_a_call_kept_for_somebody_who_is_gone_is_for_everyone_and_says_why(
    story: Story, browse: Browser, clock: Clock, why
):
    entry = given_to_ada(story)
    match why:
        case UnavailableReason.ACCOUNT_CLOSED:
            staff.close_account(story.ada, by=None, at=NOW)
        case UnavailableReason.CONTRACT_ENDED:
            story.ada.contract_ends_on = date(2026, 3, 9)
        case UnavailableReason.ROLE_WITHDRAWN:
            staff.withdraw(story.ada, Role.TRACER, story.nantes.id, by=None, at=NOW)
        case UnavailableReason.ABSENCE:
            presence.note_absence(
                story.ada.id, first=NOW.date(), last=NOW.date(), by=agent(story.dora), at=NOW
            )
    session.flush()

    assert handle_absences(NOW) == 1

    session.refresh(entry)
    assert (entry.reserved_for, entry.given_at) == (None, None)
    assert why_gone() == [why.value]
    abel = browse.as_(story.abel)
    page = abel.get(take_call(abel).call)
    assert "n’est plus gardé pour Ada" in soup(page).select_one("#panel-timeline").text


def test_when_a_shift_is_over_so_is_what_was_kept(story: Story, clock: Clock):
    at = clock.move_to(NOW + 7 * HOUR + 10 * MINUTE)
    task = waiting_case(story.nantes, at=at)
    entry = queries.find_entry_of(task.household_id)
    claims.reserve_for(entry.id, story.ada.id, by=agent(story.dora), at=at)

    assert handle_absences(at) == 0, "ten minutes after the end of the shift it is still theirs"
    assert handle_absences(clock.move_to(at + 10 * MINUTE)) == 1
    assert why_gone() == [UnavailableReason.SHIFT_OVER.value]


def test_a_pause_lets_go_of_what_was_given_and_says_so_before(story: Story, browse: Browser, clock: Clock):
    entry_id = given_to_ada(story).id
    ada, abel = browse.as_(story.ada), browse.as_(story.abel)
    assert "l’appel gardé pour vous va à tous" in ada.get("/desk").text
    assert "gardé pour vous va" not in abel.get("/desk").text
    assert not queries.has_waiting(story.nantes.id, story.abel.id, NOW)

    ada.post("/pause")
    assert handle_absences(NOW) == 1

    entry = queries.get_entry(entry_id)
    assert (entry.reserved_for, entry.given_at) == (None, None)
    assert why_gone() == [UnavailableReason.PAUSED.value]
    page = abel.get(take_call(abel).call)
    assert "n’est plus gardé pour Ada\u202f: en pause" in soup(page).select_one("#panel-timeline").text


def test_who_comes_back_before_anybody_noticed_keeps_it(story: Story, clock: Clock):
    entry = given_to_ada(story)
    presence.pause(agent(story.ada), at=NOW)
    presence.resume(agent(story.ada), at=NOW + MINUTE)

    assert handle_absences(clock.move_to(NOW + MINUTE)) == 0
    assert entry.reserved_for == story.ada.id


def test_a_pause_says_nothing_of_an_hour_to_come(story: Story, clock: Clock):
    task = promise(story, NOW + 2 * HOUR)
    presence.pause(agent(story.ada), at=NOW)

    assert handle_absences(NOW) == 0
    assert task.promised_by == story.ada.id
    due_changes.promote(at=clock.move_to(NOW + 2 * HOUR))
    assert queries.has_waiting(story.nantes.id, story.abel.id, NOW + 2 * HOUR), (
        "at its hour it is for everyone"
    )


def test_who_goes_on_working_keeps_what_is_theirs(story: Story, browse: Browser, clock: Clock):
    at = clock.move_to(NOW + 7 * HOUR + 20 * MINUTE)
    task = waiting_case(story.nantes, at=at)
    entry = queries.find_entry_of(task.household_id)
    claims.reserve_for(entry.id, story.ada.id, by=agent(story.dora), at=at)
    browse.as_(story.ada).get("/desk")

    assert handle_absences(at) == 0


def test_a_promise_for_an_hour_without_its_owner_keeps_its_hour(story: Story, clock: Clock):
    tomorrow = NOW + timedelta(days=1)
    task = promise(story, tomorrow)

    assert handle_absences(NOW) == 0, "Ada does not work on Wednesdays, but may be there"
    assert handle_absences(clock.move_to(tomorrow - 10 * MINUTE)) == 1

    entry = queries.find_entry_of(task.household_id)
    assert (task.promised_by, task.promised_at) == (None, tomorrow)
    assert entry.reserved_for is None
    assert entry.not_before == tomorrow


def test_who_is_there_keeps_a_promise_whatever_their_hours(story: Story, browse: Browser, clock: Clock):
    tomorrow = NOW + timedelta(days=1)
    task = promise(story, tomorrow)
    at = clock.move_to(tomorrow - 10 * MINUTE)
    browse.as_(story.ada).get("/desk")

    assert handle_absences(at) == 0
    assert task.promised_by == story.ada.id


def test_a_closed_account_loses_its_call_at_once(story: Story, clock: Clock):
    waiting_case(story.nantes, at=NOW)
    call = calls.take_next(agent(story.ada), at=NOW)
    staff.close_account(story.ada, by=None, at=NOW)

    handle_absences(NOW)

    entry = queries.get_entry(call.entry_id)
    session.refresh(entry)
    assert entry.claim_ends_at == NOW


@pytest.mark.parametrize(("late", "expected"), [(9, (1, 0)), (11, (0, 1))])
def test_a_promise_is_kept_by_a_call_in_time(story: Story, clock: Clock, late, expected):
    when = NOW + 2 * HOUR
    task = promise(story, when)
    at = clock.move_to(when + late * MINUTE)
    ada = agent(story.ada)
    due_changes.promote(at=at)
    call = calls.take_next(ada, at=at)
    conversation = calls.start_conversation(call, task, script_version="2026.1", at=at)
    calls.finish_conversation(conversation, CallOutcome.COMPLETED, at=at + 5 * MINUTE)

    assert counted(story) == expected


@pytest.mark.parametrize(("late", "expected"), [(0, (0, 0)), (11, (0, 1))])
def test_a_ring_in_vain_keeps_no_promise(story: Story, clock: Clock, late, expected):
    when = NOW + 2 * HOUR
    task = promise(story, when)
    at = clock.move_to(when + late * MINUTE)
    due_changes.promote(at=at)
    call = calls.take_next(agent(story.ada), at=at)
    conversation = calls.start_conversation(call, task, script_version="2026.1", at=at)
    calls.finish_conversation(conversation, CallOutcome.VOICEMAIL, at=at)

    assert counted(story) == expected


def test_a_promise_that_nobody_kept_is_broken_once(story: Story, clock: Clock):
    promise(story, NOW + 2 * HOUR)

    assert handle_absences(clock.move_to(NOW + 2 * HOUR + 9 * MINUTE)) == 0
    assert handle_absences(clock.move_to(NOW + 2 * HOUR + 11 * MINUTE)) == 1
    assert handle_absences(clock.move_to(NOW + 2 * HOUR + 12 * MINUTE)) == 0
    assert counted(story) == (0, 1)


def test_a_callback_is_refused_when_nobody_works_then(story: Story, browse: Browser):
    task_id = waiting_case(story.nantes, at=NOW).id
    for one in (story.ada, story.abel):
        presence.note_absence(
            one.id, first=date(2026, 3, 12), last=date(2026, 3, 12), by=agent(story.dora), at=NOW
        )
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    form = {"outcome": "callback", "callback_on": "2026-03-12", "callback_time": "14:30"}

    refused = ada.post(f"{walk.call}/tasks/{task_id}/end", form, status=422)

    assert "Personne ne travaille à ce moment-là" in refused.text
    ada.follow(f"{walk.call}/tasks/{task_id}/end", form | {"callback_on": "2026-03-13"})


@pytest.mark.parametrize(
    ("last", "on_call", "paused", "expected"),
    [
        (0, False, False, Presence.HERE),
        (9, False, False, Presence.HERE),
        (10, False, False, Presence.AWAY),
        (0, False, True, Presence.PAUSED),
        (59, False, True, Presence.PAUSED),
        (60, False, True, Presence.AWAY),
        (30, True, True, Presence.ON_CALL),
        (None, False, True, Presence.AWAY),
    ],
)
def test_presence(last, on_call, paused, expected):
    at = None if last is None else NOW - last * MINUTE
    assert rules.presence_of(at, on_call=on_call, paused=paused, at=NOW) is expected


def test_without_weekly_hours_somebody_works_whenever_they_come():
    assert rules.works_at(Week(), NOW)
    assert (
        rules.unavailable_reason(Week(absences=[(NOW.date(), NOW.date())]), NOW) is UnavailableReason.ABSENCE
    )


def test_sites_are_asked_for_once_however_many_contracts_have_ended(story: Story):
    members = (story.ada, story.abel, story.cleo)
    for one in members:
        one.contract_ends_on = NOW.date() - timedelta(days=1)
    asked, site_id, zone = (
        {(one.id, NOW) for one in members},
        story.nantes.id,
        agent(story.ada).site.time_zone,
    )
    session.flush()
    session.expunge_all()  # as in a job that has looked at nobody yet
    with statements_sent(session()) as sent:
        found = presence.unavailable_members(asked, site_id=site_id, at=NOW, zone=zone)

    assert set(found.values()) == {UnavailableReason.CONTRACT_ENDED}
    assert len(found) == 3
    assert len([one for one in sent if "FROM sites" in one]) == 1
