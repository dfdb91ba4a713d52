"""A note follows what is said later: marked, mended in the call by one button, and in one chain with the one before."""

import pytest

from tests.conftest import NOW
from tests.sickleave.conftest import decided_case
from tests.sickleave.test_issuing_a_note import SWORN, notes
from tests.sickleave.test_mending_a_note import DAY, letters, sampled
from tests.support.pages import check_fragment
from tests.support.story import agent, identity, waiting_case
from tracing.calls import queries as calls
from tracing.calls import services as call_services
from tracing.consequences import services as consequences
from tracing.facts.rules import SubjectType
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.queue import queries as queue
from tracing.sickleave.models import NoteKind, NoteState, SickNote
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


def test_days_that_moved_while_the_panel_was_open_are_not_taken(story, ada, phone, issued):
    sampled(issued, "2026-03-10")

    refused = ada.fragment(f"{phone.path}/{issued.id}/prolong", {"last_day": "2026-03-25"}, status=422)

    assert "Le dernier jour doit être entre" in refused.text
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
