"""Whoever is called in another language is called by somebody who speaks it."""

import re
from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.desk.walking import take_call
from tests.support.story import agent, contact, identity, waiting_case
from tracing.calls.jobs import sweep_claims
from tracing.cases.queries import get_case
from tracing.kernel.db import session as database
from tracing.people.models import Person
from tracing.queue import languages, queries, services
from tracing.queue.claims import ending, next_call
from tracing.queue.households import services as households
from tracing.queue.maintenance.jobs import promote, rebuild
from tracing.queue.models import EntryState, TaskKind, TaskState
from tracing.queue.ordering import callbacks
from tracing.staff import services as staff

MINUTE = timedelta(minutes=1)
ASKED = {"outcome": "language", "language": "pt"}


def anew(member):
    """Return a member as they are now: a page has closed the session since."""
    return database.get(type(member), member.id)


def speaks(member, *codes):
    staff.set_languages(anew(member), codes, by=None, at=NOW)


def speaking(task, code):
    """Make it known that somebody must be called in a language."""
    database.get(Person, task.person_id).language = code
    database.flush()
    households.refresh(task.household_id, at=NOW)
    return task


def entry_of(task):
    return queries.find_entry_of(task.household_id)


def ended(browse, story, form=ASKED):
    """Return the task of a call that ended because nobody understood each other."""
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    ada.follow(f"{walk.call}/tasks/{task_id}/end", form)
    return queries.get_task(task_id)


def test_a_call_in_a_language_that_a_colleague_speaks_waits_for_them(browse, story):
    speaks(story.abel, "pt", "es")

    task = ended(browse, story)

    assert (task.state, entry_of(task).state, entry_of(task).language) == (
        TaskState.OPEN,
        EntryState.READY,
        "pt",
    )
    assert next_call.claim_next(agent(story.ada), at=NOW) is None
    assert not queries.has_waiting(story.nantes.id, story.ada.id, NOW)
    assert queries.has_waiting(story.nantes.id, story.abel.id, NOW)
    claim = next_call.claim_next(agent(anew(story.abel)), at=NOW)
    assert claim.household_id == task.household_id
    page = browse.as_(story.abel).follow("/calls/next", {})
    assert "portugais" in page.text


def test_a_language_that_nobody_speaks_stands_on_the_supervisors_list(browse, story):
    speaks(story.cleo, "pt")  # at another site

    task = ended(browse, story)

    assert (task.state, entry_of(task).state) == (TaskState.WAITING_LANGUAGE, EntryState.IDLE)
    assert "portugais" in browse.as_(story.dora).get("/lists?list=language").text


def test_it_comes_back_as_soon_as_somebody_speaks_it(browse, story):
    task = ended(browse, story)
    speaks(story.abel, "pt")

    rebuild(NOW)

    database.refresh(task)
    assert task.state is TaskState.OPEN
    assert next_call.claim_next(agent(story.ada), at=NOW) is None
    assert next_call.claim_next(agent(anew(story.abel)), at=NOW).household_id == task.household_id


def test_it_is_listed_again_once_nobody_is_left_who_speaks_it(story, clock):
    speaks(story.abel, "pt")
    task = speaking(waiting_case(story.nantes, at=NOW), "pt")
    staff.close_account(story.abel, by=None, at=NOW)

    rebuild(clock.move_to(NOW + 29 * MINUTE))
    assert queries.get_task(task.id).state is TaskState.OPEN
    rebuild(clock.move_to(NOW + 31 * MINUTE))

    database.refresh(task)
    assert task.state is TaskState.WAITING_LANGUAGE


def test_those_whose_language_is_spoken_are_never_in_front_of_those_nobody_can_call(
    story, clock, monkeypatch
):
    monkeypatch.setattr(languages, "MOVED_AT_ONCE", 3)
    speaks(story.abel, "ar")
    spoken = [
        speaking(waiting_case(story.nantes, identity(phones=(f"+3363998001{one}",)), at=NOW), "ar")
        for one in range(4)
    ]
    unspoken = speaking(waiting_case(story.nantes, identity(phones=("+33639980020",)), at=NOW), "ta")

    assert languages.update_language_lists(at=clock.move_to(NOW + 31 * MINUTE)) == 1

    assert queries.get_task(unspoken.id).state is TaskState.WAITING_LANGUAGE
    assert {queries.get_task(task.id).state for task in spoken} == {TaskState.OPEN}


def test_what_waits_behind_a_call_under_way_is_not_counted_as_brought_back(browse, story):
    mother = waiting_case(story.nantes, identity("Marie"), at=NOW)
    son = waiting_case(story.nantes, identity("Paul", born=None), at=NOW)
    languages.set_call_language(son, "pt", by=story.ada.id, at=NOW)
    speaks(story.abel, "pt")
    claim = next_call.claim_next(agent(story.ada), at=NOW)

    assert languages.update_language_lists(at=NOW) == 0
    ending.release(claim.entry_id, claim.number, at=NOW)
    assert languages.update_language_lists(at=NOW) == 1
    assert {queries.get_task(one.id).state for one in (mother, son)} == {TaskState.OPEN}


def test_a_call_whose_claim_ends_by_itself_waits_in_the_language_that_was_asked_for(story, clock):
    speaks(story.abel, "pt")
    waiting_case(story.nantes, identity("Marie"), at=NOW)
    task = waiting_case(story.nantes, identity("Paul", born=None), at=NOW)
    next_call.claim_next(agent(story.ada), at=NOW)

    languages.set_call_language(task, "pt", by=story.ada.id, at=NOW)
    sweep_claims(clock.move_to(NOW + 6 * MINUTE))

    assert (entry_of(task).state, entry_of(task).language) == (EntryState.READY, "pt")


def test_a_supervisor_gives_it_to_somebody_by_name_or_has_it_called_in_french(browse, story):
    task = ended(browse, story)
    dora = browse.as_(story.dora)

    dora.follow(f"/lists/tasks/{task.id}/put-back", {"give": "1"})
    dora.follow(f"/board/{entry_of(task).id}/give", {"tracer": story.abel.id, "anyway": "y"})
    claim = next_call.claim_next(agent(anew(story.abel)), at=NOW)
    assert claim.household_id == task.household_id
    ending.release(claim.entry_id, claim.number, at=NOW)
    languages.set_call_language(queries.get_task(task.id), "pt", by=story.abel.id, at=NOW)
    dora.follow(f"/lists/tasks/{task.id}/put-back", {})

    assert entry_of(task).language == "fr"
    assert next_call.claim_next(agent(story.ada), at=NOW).household_id == task.household_id


def test_whoever_speaks_several_languages_takes_the_most_urgent_of_all(story):
    french = waiting_case(story.nantes, identity("Léa", phones=("+33639980002",)), at=NOW - 10 * MINUTE)
    arabic = speaking(
        waiting_case(story.nantes, identity("Ali", phones=("+33639980003",)), at=NOW - 20 * MINUTE), "ar"
    )
    tamil = speaking(
        waiting_case(story.nantes, identity("Rani", phones=("+33639980004",)), at=NOW - 30 * MINUTE), "ta"
    )
    speaks(story.abel, "ar", "so")
    speaks(story.ada, "ta")

    assert next_call.claim_next(agent(anew(story.abel)), at=NOW).household_id == arabic.household_id
    ada = next_call.claim_next(agent(story.ada), at=NOW)
    assert ada.household_id == tamil.household_id
    ending.release(ada.entry_id, ada.number, at=NOW)
    assert entry_of(french).state is EntryState.READY


def test_one_person_of_a_household_decides_its_language(story):
    waiting_case(story.nantes, identity("Marie"), at=NOW - 10 * MINUTE)
    son = speaking(waiting_case(story.nantes, identity("Paul", born=None), at=NOW), "ar")

    assert entry_of(son).language == "ar"


def test_a_contact_is_called_in_their_language_too(story):
    speaks(story.abel, "ar")
    case = get_case(waiting_case(story.nantes, at=NOW).case_id)
    met = contact(case, identity("Ali", "Kaci", phones=("+33639980003",)), by=story.ada, at=NOW)
    database.get(Person, met.person_id).language = "ar"
    task = services.enqueue(
        kind=TaskKind.CONTACT_FIRST,
        person_id=met.person_id,
        phones=("+33639980003",),
        site_id=story.nantes.id,
        case_id=case.id,
        contact_id=met.id,
        due_at=NOW + MINUTE,
        at=NOW,
    )

    assert next_call.claim_next(agent(story.ada), at=NOW).household_id != task.household_id
    assert next_call.claim_next(agent(anew(story.abel)), at=NOW).household_id == task.household_id


@pytest.mark.parametrize(("sent", "kept"), [(["pt", "ar"], ["ar", "pt"]), ([], [])])
def test_an_administrator_notes_the_languages_of_a_member(browse, story, sent, kept):
    gaston = browse.as_(story.gaston)

    gaston.follow(f"/members/{story.ada.id}", {"roles": ["tracer"], "languages": sent})

    assert database.get(type(story.ada), story.ada.id).languages == kept


def promised_then_in(browse, story, *, when):
    """Let Ada promise an hour, and learn in another call that the person speaks Portuguese."""
    task = waiting_case(story.nantes, at=NOW)
    ada, task_id = browse.as_(story.ada), task.id
    services.promise(task, when=when, by=agent(story.ada), at=NOW - MINUTE)
    born = {"key": "06 39 98 00 01", "born": "1980-05-17"}
    call = re.sub(r"[?#].*", "", ada.client.post("/incoming", data=born).headers["Location"])
    ada.follow(f"{call}/tasks/{task_id}/end", {"outcome": "language", "language": "pt"})
    return queries.get_task(task_id)


def test_a_promise_keeps_its_hour_in_another_language_and_the_home_says_who_keeps_it(browse, story, clock):
    speaks(story.abel, "pt")
    when = NOW + timedelta(hours=2)

    task = promised_then_in(browse, story, when=when)

    assert (task.state, task.promised_at, task.not_before) == (TaskState.OPEN, when, when)
    assert task.promised_by is None, "Ada does not speak it"
    home = browse.as_(story.ada).get("/desk").text
    assert "sera tenu par qui parle portugais" in home
    promote(clock.move_to(when))
    assert next_call.claim_next(agent(story.ada), at=when) is None
    assert next_call.claim_next(agent(anew(story.abel)), at=when).household_id == task.household_id


def test_whoever_speaks_the_language_keeps_what_they_promised(browse, story):
    speaks(story.ada, "pt")
    when = NOW + timedelta(hours=2)

    task = promised_then_in(browse, story, when=when)

    assert (task.promised_at, task.promised_by) == (when, story.ada.id)
    assert "sera tenu par" not in browse.as_(story.ada).get("/desk").text


def test_a_promise_handed_on_is_still_counted(browse, story, clock):
    speaks(story.abel, "pt")
    when = NOW + timedelta(hours=2)
    promised_then_in(browse, story, when=when)

    late = clock.move_to(when + timedelta(minutes=11))

    assert callbacks.break_missed(at=late) == 1
