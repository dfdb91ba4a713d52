"""A collective place that somebody names reaches the agency by number and reason; and the day after, when it was none."""

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.desk.walking import P0, take_call
from tests.support.lots import arrival, lot_of, take_back
from tests.support.story import identity, waiting_case
from tracing.calls.models import OutcomeUndo
from tracing.cases import services as cases
from tracing.cases.models import CaseOutcome
from tracing.cases.queries import get_case
from tracing.hand_offs import services as hand_offs
from tracing.hand_offs.models import HandOff
from tracing.hand_offs.rules import HandOffState
from tracing.imports.jobs import load
from tracing.kernel.db import session as database
from tracing.queue import queries as queue

MARIE = identity("Marie", "Kergoat", phones=("+33639980001",))
SCHOOL = P0 | {"collectivities": "school", "collectivity_last_on": "2026-03-09"}


def reasons():
    return {one.reason: one.state for one in database.scalars(select(HandOff).order_by(HandOff.id))}


def the_one():
    """The only hand-off, as it stands now."""
    [found] = database.scalars(select(HandOff).execution_options(populate_existing=True))
    return found


def stands():
    one = the_one()
    return one.state, one.is_waiting


def answer(task_id, *places):
    """The places of a call, answered again."""
    task = queue.get_task(task_id)
    said = {"collectivities": list(places)}
    hand_offs.keep_up(task, get_case(task.case_id), said, on=NOW.date(), by=None, at=NOW)


def told_of(story, browse, says):
    """Marie, called by Ada, with these answers."""
    task = waiting_case(story.nantes, MARIE, at=NOW)
    walk = take_call(browse.as_(story.ada), says)
    walk.to("closing")
    walk.visitor.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "completed"})
    return task.id


def test_a_school_is_handed_off_by_number_and_without_a_name(story, browse):
    reference = get_case(queue.get_task(told_of(story, browse, SCHOOL)).case_id).reference

    page = browse.as_(story.dora).get("/hand-offs")

    assert reasons() == {"H-3": HandOffState.TO_SEND}
    assert f"Merci d’analyser le dossier {reference}" in page.text
    assert "Kergoat" not in page.text
    assert "Marie" not in page.text


def test_a_disease_of_which_each_case_counts_is_handed_off_as_the_lot_is_loaded(story, browse):
    story.nantes.programme = "measles"
    database.flush()
    day = {"DATE_EXTRACTION": "10/03/2026 07:45", "DATE_PRELEVEMENT": "09/03/2026 08:30"}
    lines = [{"CODE_CAISSE": "441"} | day]

    lot = load(arrival("pdl-20210308-0800.csv.p7m", lot_of(lines)))

    assert reasons() == {"H-1": HandOffState.TO_SEND}
    task_id = the_one().task_id
    answer(task_id, "none")
    assert reasons() == {"H-1": HandOffState.TO_SEND}, "the call changes nothing of it"
    take_back(lot["lot"], by=story.ivan.id)
    assert reasons() == {}


def test_a_person_who_was_in_no_such_place_is_not_handed_off(story, browse):
    told_of(story, browse, P0)

    assert reasons() == {}
    assert "Aucun signalement à transmettre" in browse.as_(story.ben).get("/hand-offs").text


def test_what_was_sent_is_corrected_when_the_answer_changes_and_holds_again_if_it_changes_back(story, browse):
    task_id = told_of(story, browse, SCHOOL)
    one = the_one().id
    dora = browse.as_(story.dora)
    dora.follow(f"/hand-offs/{one}/send")
    assert not the_one().is_waiting

    answer(task_id, "none")
    assert stands() == (HandOffState.TAKEN_BACK, True)
    assert "n’est plus à analyser" in dora.get("/hand-offs").text

    answer(task_id, "school")
    assert stands() == (HandOffState.SENT, False), "the agency never knew otherwise"
    told = {"was": "taken_back"}
    refused = dora.post(f"/hand-offs/{one}/take-back", told, status=409)  # on the page opened before
    assert "vaut de nouveau" in refused.text
    assert stands() == (HandOffState.SENT, False)

    answer(task_id, "none")
    dora.follow(f"/hand-offs/{one}/take-back")  # what the row offered while it held: nobody is told by that
    assert the_one().is_waiting
    dora.follow(f"/hand-offs/{one}/take-back", told)
    assert not the_one().is_waiting
    answer(task_id, "school")
    assert stands() == (HandOffState.TO_SEND, True)


def test_what_was_not_sent_yet_leaves_the_list_without_a_word_to_the_agency(story, browse):
    task_id = told_of(story, browse, SCHOOL)
    answer(task_id)

    assert stands() == (HandOffState.TAKEN_BACK, False)


def test_sending_what_was_taken_back_meanwhile_is_refused(story, browse):
    task_id = told_of(story, browse, SCHOOL)
    one = the_one().id
    answer(task_id)

    said = browse.as_(story.dora).post(f"/hand-offs/{one}/send", status=409)

    assert "les réponses ont changé depuis" in said.text
    assert the_one().state is HandOffState.TAKEN_BACK


def test_a_withdrawn_result_takes_its_hand_offs_back_and_undoing_that_brings_them_back(story, browse):
    task_id = told_of(story, browse, SCHOOL)
    case_id = queue.get_task(task_id).case_id
    cases.withdraw(get_case(case_id), by=None, at=NOW)
    dora = browse.as_(story.dora)

    dora.follow(f"/lists/cases/{case_id}/close")
    assert get_case(case_id).outcome is CaseOutcome.NOT_A_CASE
    assert the_one().state is HandOffState.TAKEN_BACK

    dora.follow(f"/lists/cases/{case_id}/undo")
    assert the_one().state is HandOffState.TO_SEND


def test_a_record_is_handed_off_by_hand_for_a_reason_that_no_answer_gives(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    reference = get_case(task.case_id).reference
    dora = browse.as_(story.dora)

    task_id = task.id
    dora.follow("/hand-offs", {"reference": reference.lower(), "reason": "H-6"})
    dora.follow("/hand-offs", {"reference": reference, "reason": "H-6"})

    assert reasons() == {"H-6": HandOffState.TO_SEND}
    answer(task_id)
    assert reasons() == {"H-6": HandOffState.TO_SEND}, "no answer takes it back"

    one = the_one().id
    dora.follow(f"/hand-offs/{one}/take-back")
    assert reasons() == {"H-6": HandOffState.TAKEN_BACK}


@pytest.mark.parametrize(
    ("reference", "reason", "status"), [("P0-26-999999-9", "H-6", 422), ("", "H-6", 422), ("P0-1", "", 422)]
)
def test_an_unknown_record_or_no_reason_is_refused_and_nothing_is_handed_off(
    story, browse, reference, reason, status
):
    browse.as_(story.dora).post("/hand-offs", {"reference": reference, "reason": reason}, status=status)

    assert reasons() == {}


def test_a_record_of_another_site_cannot_be_handed_off(story, browse):
    task = waiting_case(story.ajaccio, MARIE, at=NOW)
    reference = get_case(task.case_id).reference

    browse.as_(story.dora).post("/hand-offs", {"reference": reference, "reason": "H-6"}, status=422)

    assert reasons() == {}


def test_an_outcome_taken_back_takes_its_hand_off_back(story, browse):
    told_of(story, browse, SCHOOL)
    undo = database.scalars(select(OutcomeUndo).order_by(OutcomeUndo.id.desc())).first()

    browse.as_(story.ada).follow(f"/outcomes/{undo.id}/take-back")

    assert stands() == (HandOffState.TAKEN_BACK, False)
