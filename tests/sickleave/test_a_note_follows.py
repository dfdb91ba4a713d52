"""A note follows what is said later: marked, mended in the call by one button, and in one chain with the one before."""

from datetime import date, timedelta

import pytest

from tests.conftest import NOW
from tests.sickleave.conftest import decided_case
from tests.sickleave.test_issuing_a_note import SWORN, notes
from tests.sickleave.test_mending_a_note import DAY, letters, sampled
from tests.support.pages import check_fragment
from tests.support.pairs import SPELT_OTHERWISE, first_call, pair
from tests.support.story import agent, identity, waiting_case
from tracing.calls import queries as calls
from tracing.calls import services as call_services
from tracing.consequences import services as consequences
from tracing.duplicates import services as duplicates
from tracing.facts.rules import SubjectType
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.queue import queries as queue
from tracing.sickleave.answers import SWORN as SWORN_BY_SCRIPT
from tracing.sickleave.answers import SWORN_SINCE
from tracing.sickleave.documents import Declared
from tracing.sickleave.models import NoteKind, NoteState, SickNote
from tracing.sickleave.queries import content_of_note
from tracing.sickleave.rules import NoteMend


def said(story, note: SickNote, question: str, value: str) -> None:
    """The person says something else; what follows is carried out as after a step of the call screen."""
    call, task = calls.get_call(note.call_id), queue.get_task(note.task_id)
    call_services.save_answer(call, task, question, value, by=agent(story.ada), at=NOW)
    consequences.follow({(SubjectType.CASE, task.case_id)}, by=story.ada.id, at=NOW)


@pytest.mark.parametrize(
    ("question", "value", "mend"),
    [
        ("can_telework", "yes", NoteMend.CAN_WORK),
        ("works", "no", NoteMend.CAN_WORK),
        ("stopped_by_doctor", "yes", NoteMend.CAN_WORK),
        ("wants_note", "no", NoteMend.CAN_WORK),
        ("last_work_on", "2026-03-09", NoteMend.WORKED),
        ("last_work_on", "2026-03-07", None),
    ],
)
def test_a_later_answer_marks_the_note_and_takes_nothing_back(browse, story, issued, question, value, mend):
    said(story, issued, question, value)

    [note] = notes(session)
    assert (note.mend, note.state) == (mend, NoteState.ISSUED)


def test_an_answer_put_right_takes_the_mark_off(browse, story, issued):
    said(story, issued, "can_telework", "yes")
    assert issued.number in browse.as_(story.ben).get("/sick-notes/to-mend").text

    said(story, notes(session)[0], "can_telework", "no")

    assert notes(session)[0].mend is None


def test_in_the_call_a_note_is_prolonged_by_one_button_and_no_letter_leaves(story, ada, phone, issued):
    sampled(issued, "2026-03-10")
    panel = ada.fragment(phone.path, method="get")
    assert "Prolonger jusqu’au vendredi 20 mars" in panel.text

    done = ada.fragment(f"{phone.path}/{issued.id}/prolong", {"last_day": "2026-03-20"})

    check_fragment(done.text)
    assert [one.state for one in notes(session)] == [NoteState.PROLONGED, NoteState.ISSUED]
    assert notes(session)[1].number in done.text
    assert letters() == []


def test_in_the_call_a_note_that_covers_a_day_worked_is_replaced_by_one_button(story, ada, phone, issued):
    said(story, issued, "last_work_on", "2026-03-10")
    assert "du mercredi 11 mars au jeudi 19 mars" in ada.fragment(phone.path, method="get").text

    ada.fragment(f"{phone.path}/{issued.id}/replace", {"first_day": "2026-03-11", "last_day": "2026-03-19"})

    old, new = notes(session)
    assert (old.state, new.state, new.mend) == (NoteState.REPLACED, NoteState.ISSUED, None)
    assert new.first_day == old.first_day + 2 * DAY


def test_a_note_gets_other_days_in_the_call_once_what_was_declared_is_declared_again(
    story, ada, phone, issued
):
    call, task = calls.get_call(issued.call_id), queue.get_task(issued.task_id)

    def declares(at):
        call_services.save_answer(call, task, SWORN_BY_SCRIPT, f"{at:%d%H%M}", by=agent(story.ada), at=at)

    declares(NOW - DAY)
    said(story, issued, "last_work_on", "2026-03-10")
    panel = ada.fragment(phone.path, method="get").text
    assert "La déclaration d’abord" in panel
    assert "Remplacer : du" not in panel.replace("\u202f", " ")
    days = {"first_day": "2026-03-11", "last_day": "2026-03-19"}
    refused = ada.fragment(f"{phone.path}/{issued.id}/replace", days, status=422)
    assert "confirmez-la d’abord" in refused.text

    declares(NOW + DAY)
    ada.fragment(f"{phone.path}/{issued.id}/replace", days)
    assert [one.state for one in notes(session)] == [NoteState.REPLACED, NoteState.ISSUED]


def test_a_note_gets_other_days_in_the_call_once_the_days_that_moved_are_declared(
    story, ada, browse, phone, issued
):
    call, task = calls.get_call(issued.call_id), queue.get_task(issued.task_id)

    def declares(since, at):
        for key, value in {SWORN_BY_SCRIPT: f"{at:%d%H%M}", SWORN_SINCE: since}.items():
            call_services.save_answer(call, task, key, value, by=agent(story.ada), at=at)

    said(story, issued, "last_work_on", "2026-03-09")
    declares("2026-03-10", NOW + timedelta(minutes=1))
    ada.fragment(f"{phone.path}/{issued.id}/replace", {"first_day": "2026-03-10", "last_day": "2026-03-19"})
    later = notes(session)[-1]
    said(story, later, "last_work_on", "2026-03-08")
    declares("2026-03-10", NOW + timedelta(minutes=2))
    days = {"first_day": "2026-03-09", "last_day": "2026-03-19"}

    panel = ada.fragment(phone.path, method="get").text
    assert "Les jours ont changé depuis la déclaration" in panel
    assert "Remplacer : du" not in panel.replace("\u202f", " ")
    ada.fragment(f"{phone.path}/{later.id}/replace", days, status=422)

    declares("2026-03-09", NOW + DAY)
    ada.fragment(f"{phone.path}/{later.id}/replace", days)
    new = notes(session)[-1]
    assert content_of_note(new).declaration == Declared(
        on=NOW.date() + DAY, not_worked_since=date(2026, 3, 9)
    )


def test_a_note_whose_days_moved_is_prolonged_once_its_first_days_are_declared(story, ada, phone, issued):
    call, task = calls.get_call(issued.call_id), queue.get_task(issued.task_id)

    def declares(since, at):
        for key, value in {SWORN_BY_SCRIPT: since, SWORN_SINCE: since}.items():
            call_services.save_answer(call, task, key, value, by=agent(story.ada), at=at)

    declares("2026-03-10", NOW)
    issued.last_day, issued.mend, issued.mend_to = date(2026, 3, 17), NoteMend.LONGER, date(2026, 3, 19)
    session.flush()

    assert "Les jours ont changé depuis la déclaration" in ada.fragment(phone.path, method="get").text
    ada.fragment(f"{phone.path}/{issued.id}/prolong", {"last_day": "2026-03-19"}, status=422)
    assert len(notes(session)) == 1

    declares("2026-03-09", NOW + DAY)
    assert "Prolonger jusqu’au jeudi 19 mars" in ada.fragment(phone.path, method="get").text
    ada.fragment(f"{phone.path}/{issued.id}/prolong", {"last_day": "2026-03-19"})
    assert notes(session)[-1].first_day == date(2026, 3, 18)


def test_first_days_that_the_person_did_not_work_after_all_are_covered_again(
    story, ada, browse, phone, issued
):
    said(story, issued, "last_work_on", "2026-03-10")
    ada.fragment(f"{phone.path}/{issued.id}/replace", {"first_day": "2026-03-11", "last_day": "2026-03-19"})
    later = notes(session)[-1]

    said(story, later, "last_work_on", "2026-03-08")

    assert (later.mend, later.mend_to) == (NoteMend.EARLIER, issued.first_day)
    assert "commence trop tard" in browse.as_(story.ben).get("/sick-notes/to-mend").text
    assert "commence trop tard" in browse.as_(story.ben).get("/first").text
    assert 'value="2026-03-09"' in browse.as_(story.ben).get(f"/sick-notes/{later.id}").text
    panel = ada.fragment(phone.path, method="get").text.replace("\u202f", " ")
    assert "Il devrait commencer le lundi 9 mars" in panel
    assert "Remplacer : du lundi 9 mars au jeudi 19 mars" in panel
    ada.fragment(f"{phone.path}/{later.id}/replace", {"first_day": "2026-03-09", "last_day": "2026-03-19"})
    new = notes(session)[-1]
    assert (new.first_day, new.last_day, new.mend) == (date(2026, 3, 9), date(2026, 3, 19), None)


def test_in_the_call_a_contact_s_note_that_is_too_long_is_replaced_and_not_prolonged(ada, phone, issued):
    issued.kind = NoteKind.CONTACT
    sampled(issued, "2026-03-08")

    panel = ada.fragment(phone.path, method="get").text

    assert "Remplacer : du lundi 9 mars au mercredi 18 mars" in panel.replace("\u202f", " ")
    assert "Prolonger" not in panel


def test_days_that_moved_while_the_panel_was_open_are_not_taken(story, ada, phone, issued):
    sampled(issued, "2026-03-10")

    refused = ada.fragment(f"{phone.path}/{issued.id}/prolong", {"last_day": "2026-03-25"}, status=422)

    assert "Le dernier jour doit être entre" in refused.text
    assert len(notes(session)) == 1


def test_in_the_call_a_note_that_is_over_is_prolonged_once_the_person_says_that_they_did_not_work(
    story, ada, phone, issued
):
    issued.last_day = NOW.date() - DAY
    sampled(issued, "2026-03-10")
    panel = ada.fragment(phone.path, method="get").text
    assert (
        'data-confirm="La personne déclare sur l’honneur n’avoir pas travaillé depuis le lundi 9 mars'
        in panel
    )
    assert 'name="not_worked_since" value="y"' in panel
    days = {"last_day": "2026-03-20"}

    refused = ada.fragment(f"{phone.path}/{issued.id}/prolong", days, status=422)
    assert "a travaillé depuis" in refused.text, "left open since the day before, it asked nothing"
    ada.fragment(f"{phone.path}/{issued.id}/prolong", days | {"not_worked_since": "y"})

    assert [one.state for one in notes(session)] == [NoteState.PROLONGED, NoteState.ISSUED]
    first, later = map(content_of_note, notes(session))
    assert first.declaration.not_worked_since == first.first_day
    assert (later.declaration.for_note, later.declaration.not_worked_since) == (None, later.first_day)


def test_a_note_is_not_prolonged_over_a_day_that_was_said_to_be_worked(browse, story, issued):
    issued.last_day = NOW.date() - 2 * DAY
    issued.first_day = NOW.date() - 4 * DAY
    said(story, issued, "last_work_on", "2026-03-09")

    refused = browse.as_(story.dora).post(
        f"/sick-notes/{issued.id}/prolong",
        {"prolong-last_day": "2026-03-19", "prolong-not_worked_since": "y"},
        status=422,
    )

    assert "a travaillé depuis" in refused.text
    assert len(notes(session)) == 1


def test_a_contact_who_becomes_a_case_goes_on_from_the_note_they_had(browse, story, phone):
    task = queue.get_task(phone.task_id)
    earlier = waiting_case(story.nantes, identity("Luc", "Autre", phones=("+33639980077",)), at=NOW)
    decided_case(story, earlier)
    session.add(
        had := SickNote(
            number="AI-440-2026-0000900-1",
            site_id=story.nantes.id,
            person_id=task.person_id,
            task_id=earlier.id,
            call_id=phone.call_id,
            kind=NoteKind.CONTACT,
            first_day=NOW.date() - 7 * DAY,
            last_day=NOW.date(),
            rule="test/N-2",
            issued_at=NOW - 7 * DAY,
            issued_by=story.ada.id,
            cohort=NOW.date(),
        )
    )
    session.flush()

    browse.as_(story.ada).fragment(phone.path, SWORN | {"note-first_day": "2026-03-11"})

    new = notes(session)[-1]
    assert new.prolongs_id == had.id
    assert new.first_day == had.last_day + DAY
    assert session.get_one(SickNote, had.id, populate_existing=True).state is NoteState.PROLONGED
    assert people.records_of_same_person(task.person_id)


def test_notes_of_two_records_that_turn_out_to_be_one_person_are_listed_until_one_is_cancelled(
    browse, story, phone, issued
):
    other = first_call(story, SPELT_OTHERWISE, at=NOW)
    decided_case(story, other)
    session.add(
        twin := SickNote(
            number="AI-440-2026-0000900-1",
            site_id=story.nantes.id,
            person_id=other.person_id,
            task_id=other.id,
            call_id=phone.call_id,
            kind=NoteKind.CASE,
            first_day=NOW.date(),
            last_day=NOW.date() + 9 * DAY,
            rule="test/N-1",
            issued_at=NOW,
            issued_by=story.ada.id,
            cohort=NOW.date(),
        )
    )
    doubt = pair(other.person_id, issued.person_id, at=NOW)

    duplicates.merge(doubt.id, is_sure=True, by=agent(story.ivan), at=NOW)

    ben = browse.as_(story.ben)
    page = ben.get("/sick-notes/to-mend").text
    assert issued.number in page
    assert twin.number in page
    assert page.count("mêmes jours qu’un autre") == 2
    assert twin.number in ben.get(f"/sick-notes/{issued.id}").text
    ben.follow(f"/sick-notes/{twin.id}/cancel", {"cancel-why": "not_due"})
    assert session.get_one(SickNote, issued.id, populate_existing=True).mend is not NoteMend.OVERLAPS


def test_a_note_that_prints_who_they_were_is_marked_made_anew_and_unmarked_if_that_is_taken_back(
    browse, story, ada, phone, issued
):
    page = phone.path.removesuffix("/sick-note") + "/identity"
    who = {"birth_name": "Dupont", "first_names": "Marie", "birth_date": "1980-05-17", "source": "person"}
    home = {"address": "3 rue des Lilas", "postcode": "44000", "city": "Nantes"}
    ada.post(page, who | home | {"birth_name": "Dupond"}, status=303)
    assert notes(session)[0].mend is NoteMend.BEARER
    assert issued.number in browse.as_(story.ben).get("/sick-notes/to-mend").text

    ada.post(f"{page}/take-back", status=303)
    assert notes(session)[0].mend is None

    ada.post(page, who | home | {"address": "5 rue des Lilas"}, status=303)
    ben = browse.as_(story.ben)
    ben.post(
        f"/sick-notes/{issued.id}/bearer",
        {"birth_name": "Dupont", "first_names": "Marie"} | home | {"address": "5 rue des Lilas"},
        status=303,
    )
    old, new = notes(session)
    assert (old.state, new.state, new.mend) == (NoteState.REPLACED, NoteState.ISSUED, None)
    assert content_of_note(new).bearer.address == ("5 rue des Lilas", "44000 Nantes")
