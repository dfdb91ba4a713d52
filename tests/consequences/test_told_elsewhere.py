"""A person named twice, or spoken to as a contact and now a case: the caller knows what they were told, never by whom."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.consequences.test_following import DAY, say
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.desk.walking import CONTACT, P0, soup, take_call
from tests.support.story import case, identity, waiting_case
from tracing.cases.queries import get_case
from tracing.contacts.models import ContactStatus
from tracing.contacts.queries import find_contact
from tracing.facts import queries as facts
from tracing.facts.rules import FactKind, FactSource, SubjectType
from tracing.kernel.db import session as database
from tracing.people import queries as people
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.models import TaskState
from tracing.queue.rules import CallAgain
from tracing.scripts.wording import day_in_words

HOUR = timedelta(hours=1)

PAUL = identity("Paul", "Deniau", phones=("+33639980009",))


def head(walk):
    page = soup(walk.visitor.get(f"{walk.call}?step=announcement"))
    return " ".join(one.text for one in page.select(".call-again"))


def named_twice(story):
    """Luc, named by Marie and by Paul, under one record."""
    first = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    again = waiting_contact(story, case(story.nantes, PAUL, at=NOW), LUC)
    other = find_contact(again.contact_id)
    other.person_id = again.person_id = first.person_id
    other.last_contact_on = NOW.date() - 3 * DAY
    database.flush()
    return first, other


def test_a_contact_named_by_two_cases_is_known_as_such_without_a_name(story, browse):
    named_twice(story)
    walk = take_call(browse.as_(story.abel), CONTACT).to("announcement")

    said = head(walk)

    assert "Nommée aussi par un autre dossier" in said
    assert "durandeau" not in said.lower()
    assert "deniau" not in said.lower()


def test_it_is_said_as_soon_as_they_have_said_who_they_are_without_opening_the_page_again(story, browse):
    named_twice(story)
    walk = take_call(browse.as_(story.abel), CONTACT).to("identity")
    assert "Nommée aussi" not in walk.page.text

    moved = walk.visitor.fragment(str(walk.page.select_one("#answers")["action"]), walk.form())

    assert "Nommée aussi par un autre dossier" in soup(moved).select_one("#news").text


def test_what_they_were_told_about_the_other_meeting_is_said(story, browse):
    _first, other = named_twice(story)
    other.told_at, other.first_told_on = NOW - DAY, NOW.date() - DAY
    other.told_last_day = NOW.date() + 4 * DAY
    database.flush()
    walk = take_call(browse.as_(story.abel), CONTACT).to("announcement")

    assert "jusqu’au samedi 14 mars" in head(walk)


def test_nothing_is_said_before_they_have_said_who_they_are(story, browse):
    named_twice(story)

    assert "autre dossier" not in str(take_call(browse.as_(story.abel), CONTACT).page)


def test_a_case_spoken_to_as_a_contact_is_known_as_such(story, browse):
    of_luc = waiting_contact(story, case(story.nantes, PAUL, at=NOW), LUC)
    contact = find_contact(of_luc.contact_id)
    contact.told_at, contact.told_last_day = NOW - DAY, NOW.date() + 5 * DAY
    contact.symptoms_on = NOW.date() - 2 * DAY
    task = waiting_case(story.nantes, MARIE, at=NOW)
    get_case(task.case_id).from_contact_id = contact.id
    database.flush()
    walk = take_call(browse.as_(story.ada), P0)

    said = head(walk.to("data_notice"))

    assert "Déjà appelée comme personne contact, lundi 9 mars" in said
    assert "dimanche 15 mars" in said
    assert "symptômes depuis le dimanche 8 mars" in said


# -- one person, one telling


def end(walk, task_id, outcome="completed", **more):
    return walk.visitor.follow(f"{walk.call}/tasks/{task_id}/end", {"outcome": outcome, **more})


def test_a_person_named_by_two_cases_is_one_person_on_the_line(story, browse):
    named_twice(story)
    walk = take_call(browse.as_(story.abel), CONTACT)

    assert not walk.page.select("#people-tabs a")
    assert "Foyer de" not in walk.page.select_one(".call-what").text
    home = soup(walk.visitor.get("/desk")).text
    assert "2 personnes" not in home


def test_one_conversation_tells_both_meetings_and_closes_both_calls(story, browse):
    first, other = named_twice(story)
    # the meeting with Paul was the later one: its days are the longer
    one = find_contact(first.contact_id)
    one.last_contact_on, other.last_contact_on = NOW.date() - 3 * DAY, NOW.date() - DAY
    for contact in (one, other):
        contact.circumstances = {}
    database.flush()
    walk = take_call(browse.as_(story.abel), CONTACT).to("announcement")
    assert "le samedi 7 mars et le lundi 9 mars" in walk.page.select_one(".say").text
    said = walk.to("quarantine").page.select_one(".say").text
    walk.to("closing")
    answer = end(walk, first.id)

    one, other = find_contact(one.id), find_contact(other.id)
    assert one.quarantine_last_day < other.quarantine_last_day
    assert day_in_words(other.quarantine_last_day) in said
    assert "Appel terminé" in answer.text
    for contact in (one, other):
        assert queue.find_task_of_contact(contact.id).state is TaskState.DONE
        assert contact.status is ContactStatus.INFORMED
        assert contact.told_last_day == contact.quarantine_last_day
        assert facts.in_force_of(SubjectType.CONTACT, contact.id)[FactKind.VACCINATION].value == "none"
    met = facts.in_force_of(SubjectType.CONTACT, other.id)[FactKind.LAST_CONTACT]
    assert met.source is FactSource.CASE


def test_the_day_after_only_what_changes_for_the_person_rings_them_again(story, browse):
    first, other = named_twice(story)
    one = find_contact(first.contact_id)
    for contact in (one, other):
        contact.circumstances = {}
    database.flush()
    walk = take_call(browse.as_(story.abel), CONTACT).to("closing")
    end(walk, first.id)
    calls = [queue.find_task_of_contact(contact.id) for contact in (one, other)]
    later = NOW + DAY

    # the shorter of both moves, and what the person heard still holds
    say(
        (SubjectType.CONTACT, other.id),
        FactKind.LAST_CONTACT,
        (NOW.date() - 4 * DAY).isoformat(),
        at=later,
    )
    after_the_shorter = [task.again for task in calls]
    # the longer moves
    say(
        (SubjectType.CONTACT, one.id),
        FactKind.LAST_CONTACT,
        (NOW.date() - 2 * DAY).isoformat(),
        at=later + HOUR,
    )

    assert after_the_shorter == [None, None]
    assert [task.again for task in calls] == [CallAgain.DATES, CallAgain.DATES]
    page = take_call(browse.as_(story.ada), CONTACT).page
    assert not page.select("#people-tabs a")


@pytest.mark.parametrize(
    ("outcome", "more", "state"),
    [
        ("refused", {}, TaskState.DONE),
        ("callback", {"callback_on": "2026-03-10", "callback_time": "15:00"}, TaskState.OPEN),
        ("hospitalised", {}, TaskState.TO_HAND_ON),
        ("identity_failed", {"identity": "Lucas Petit"}, TaskState.IDENTITY_FAILED),
        ("no_answer", {}, TaskState.OPEN),
    ],
)
def test_whatever_comes_of_the_conversation_holds_for_both_meetings(story, browse, outcome, more, state):
    first, other = named_twice(story)
    walk = take_call(browse.as_(story.abel), CONTACT).to("announcement")

    answer = end(walk, first.id, outcome, **more)

    first, second = queue.get_task(first.id), queue.find_task_of_contact(other.id)
    assert "Appel terminé" in answer.text
    assert (first.state, second.state) == (state, state)
    assert first.promised_at == second.promised_at
    if outcome == "callback":
        assert len(soup(answer).select("strong.promise-time")) == 1


def test_whom_the_doctor_sends_back_is_called_about_both(story, browse):
    first, other = named_twice(story)
    walk = take_call(browse.as_(story.abel), CONTACT).to("announcement")
    end(walk, first.id, "identity_failed", identity="Lucas Petit")

    queue_services.reopen_task(queue.get_task(first.id), due_at=NOW + DAY, by=None, at=NOW + HOUR)

    assert queue.find_task_of_contact(other.id).state is TaskState.OPEN


def test_two_who_were_named_alike_are_one_when_they_say_so_and_two_again_when_it_was_wrong(story, browse):
    luc = replace(LUC, birth_name="", birth_date=None)
    first = waiting_contact(story, case(story.nantes, MARIE, at=NOW), luc)
    second = waiting_contact(story, case(story.nantes, PAUL, at=NOW), luc)
    walk = take_call(browse.as_(story.abel), CONTACT)
    assert len(walk.page.select("#people-tabs .tabs a")) == 2

    button = walk.page.select_one("form[action*='/pairs/in-call/']")
    for _time in range(2):
        walk.page = soup(walk.visitor.follow(button["action"], {"other": second.id}))

    assert not walk.page.select("#people-tabs .tabs")
    assert "Nommée aussi par un autre dossier" in head(walk.to("announcement"))
    end(walk.to("closing"), first.id)
    assert {queue.find_task_of_contact(one.contact_id).state for one in (first, second)} == {TaskState.DONE}
    ivan = browse.as_(story.ivan)
    [wrong] = soup(ivan.get("/pairs/decided")).select("form[action$='/take-back']")
    ivan.post(wrong["action"])
    assert second.person_id not in people.records_of_same_person(first.person_id)


def test_two_who_are_told_apart_stay_two(story, browse):
    first = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    twin = replace(LUC, birth_date=LUC.birth_date + DAY)
    second = waiting_contact(story, case(story.nantes, PAUL, at=NOW), twin)
    walk = take_call(browse.as_(story.abel), CONTACT)

    assert not walk.page.select("form[action*='/pairs/in-call/']")
    number = walk.call.rsplit("/", 1)[1]
    walk.visitor.post(f"/pairs/in-call/{number}/{first.id}", {"other": second.id}, status=409)


def test_named_again_without_a_birth_date_the_one_who_was_told_is_found_by_given_name_and_number(
    story, browse
):
    luc = replace(LUC, birth_name="", birth_date=None)
    told = waiting_contact(story, case(story.nantes, MARIE, at=NOW), luc)
    end(take_call(browse.as_(story.abel), CONTACT).to("closing"), told.id)
    again = waiting_contact(story, case(story.nantes, PAUL, at=NOW), luc)
    walk = take_call(browse.as_(story.abel), CONTACT)
    assert "a été averti" not in str(walk.page)

    walk.to("announcement")
    walk.page = soup(walk.visitor.get(walk.call))
    assert "Quelqu’un de ce prénom et de ce numéro a été averti" in walk.page.select_one("#people-tabs").text
    button = walk.page.select_one("form[action*='/pairs/in-call/']")
    walk.page = soup(walk.visitor.follow(button["action"], {"other": told.id}))

    assert not walk.page.select("form[action*='/pairs/in-call/']")
    assert "Déjà avertie mardi 10 mars" in head(walk)
    end(walk.to("closing"), again.id)
    assert queue.find_task_of_contact(again.contact_id).state is TaskState.DONE


def test_nobody_else_of_the_household_is_proposed(story, browse):
    told = waiting_contact(story, case(story.nantes, MARIE, at=NOW), replace(LUC, first_names="Zoé"))
    end(take_call(browse.as_(story.abel), CONTACT).to("closing"), told.id)
    waiting_contact(story, case(story.nantes, PAUL, at=NOW), LUC)
    walk = take_call(browse.as_(story.abel), CONTACT).to("announcement")

    assert not soup(walk.visitor.get(walk.call)).select("form[action*='/pairs/in-call/']")
