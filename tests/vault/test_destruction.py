"""Destroying a day: its people are unreadable everywhere, nothing finds them any more, and every page says so."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests.support.lots import arrival, lot_of
from tests.support.story import agent, case, identity, waiting_case
from tracing.app.scheduler import clear_destroyed
from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases.models import Case
from tracing.escalations import services as escalations
from tracing.escalations.models import Audience, Reason
from tracing.imports.jobs import load
from tracing.imports.models import ImportLine, ImportLot
from tracing.kernel.events import Event
from tracing.people import queries as people
from tracing.people import services as people_services
from tracing.people.models import HouseholdNumber, KeyKind, Person, PersonKey
from tracing.queue import services as queue
from tracing.queue.models import TaskState
from tracing.vault import services as vault
from tracing.vault.registry import BLIND, SEALED

ERASED = "Identité effacée"


def left_of(session, day):
    """Count sealed blobs and blind indexes that are left of a day, by table."""
    left = {
        table: session.scalar(
            text(f"SELECT count(*) FROM {table} WHERE cohort = :day AND {column} IS NOT NULL"), {"day": day}
        )
        for table, column in SEALED.items()
    }
    for table, how in BLIND.items():
        there = " AND ".join(["true", *(f"{column} IS NOT NULL" for column in how.columns)])
        found = session.scalar(
            text(f"SELECT count(*) FROM {table} WHERE cohort = :day AND {there}"), {"day": day}
        )
        left[table] = left.get(table, 0) + found
    return {table: number for table, number in left.items() if number}


@pytest.fixture
def day(story, clock, morning):
    """A day of its own, on which Nantes works."""
    clock.move_to(morning)
    return morning.date()


def test_a_destroyed_day_is_unreadable_and_unfindable_and_the_next_one_is_not(story, session, day, morning):
    load(arrival("a.csv.p7m", lot_of([{}, {"ID_RESULTAT": "B-1", "PRENOMS": ""}])))
    gone = session.scalars(select(Person)).one().id
    kept = waiting_case(
        story.nantes, identity("Zoé", phones=("+33639980002",)), at=morning + timedelta(days=1)
    ).person_id
    assert left_of(session, day).keys() >= {"people", "person_keys", "household_numbers", "import_lines"}

    vault.destroy_cohort(day, by=story.gaston.id, at=morning)

    assert left_of(session, day) == {}
    assert people.find_identity(gone) is None
    assert people.find_by_key(KeyKind.PHONE, "+33612345678") == []
    assert people.find_identity(kept).first_names == "Zoé"
    assert [one.id for one in people.find_by_key(KeyKind.PHONE, "+33639980002")] == [kept]
    event = session.scalars(select(Event).where(Event.kind == "vault.cohort_destroyed")).one()
    assert event.detail == {"cohort": day.isoformat()}


def test_dates_decisions_and_counts_stay(story, session, day, morning):
    opened = case(story.nantes, at=morning)
    load(arrival("a.csv.p7m", lot_of([{"ID_RESULTAT": "PDL-9"}])))

    vault.destroy_cohort(day, by=None, at=morning)

    assert session.scalar(select(func.count()).select_from(Case)) == 2
    assert session.get_one(Case, opened.id).reference.startswith("P0-")
    assert session.scalars(select(ImportLot)).one().counts["created"] == 1


def test_a_file_that_comes_again_after_the_destruction_brings_nobody_back(story, session, day, morning):
    lot = arrival("a.csv.p7m", lot_of([{}]))
    load(lot)
    vault.destroy_cohort(day, by=None, at=morning)

    assert load(lot)["duplicate"] == 1


def test_a_number_lives_as_long_as_the_newest_person_behind_it(story, session, day, morning):
    old = waiting_case(story.nantes, identity("Marie"), at=morning)
    newer = waiting_case(story.nantes, identity("Paul", born=None), at=morning + timedelta(days=1))
    assert old.household_id == newer.household_id

    vault.destroy_cohort(day, by=None, at=morning)
    third = waiting_case(story.nantes, identity("Zoé", born=None), at=morning + timedelta(days=2))

    assert third.household_id == newer.household_id


def test_somebody_met_again_later_is_kept_with_their_number_until_that_later_day_goes(
    story, session, day, morning
):
    task = waiting_case(story.nantes, at=morning)
    later = day + timedelta(days=150)
    person = people.get_person(task.person_id)
    people_services.revise(person, identity(), cohort=later)

    vault.destroy_cohort(day, by=None, at=morning)

    assert people.find_identity(person.id).first_names == "Marie"
    assert session.scalars(select(HouseholdNumber)).one().cohort == later
    assert {key.cohort for key in session.scalars(select(PersonKey))} == {later}


def test_a_destruction_that_stopped_half_way_is_finished_by_the_scheduler(story, session, day, morning):
    task = waiting_case(story.nantes, at=morning)
    vault.keys().destroy(day)
    assert people.find_identity(task.person_id) is None
    assert "people" in left_of(session, day)

    clear_destroyed(morning)
    clear_destroyed(morning + timedelta(hours=1))

    assert left_of(session, day) == {}


def test_what_another_process_sealed_in_its_last_five_minutes_is_cleared_too(story, session, day, morning):
    """Its cached key still works; the row is found by its day."""
    key = vault.keys().cohort_key(day)
    vault.destroy_cohort(day, by=None, at=morning)
    cached = f"cohort:{day.isoformat()}"
    vault.keys()._kept[cached] = (vault.keys().elapsed(), key)
    waiting_case(story.nantes, at=morning)
    vault.keys()._kept.pop(cached)
    assert left_of(session, day)

    clear_destroyed(morning)

    assert left_of(session, day) == {}


# -- pages ---------------------------------------------------------------------------------------


@pytest.fixture(params=["the key is gone", "everything is cleared"])
def destroy(request, session, day, morning):
    """Destroy the day: as far as a crash lets it, or to its end."""

    def destroyed():
        if request.param == "the key is gone":
            vault.keys().destroy(day)
        else:
            vault.destroy_cohort(day, by=None, at=morning)
        session.commit()

    return destroyed


def test_the_page_of_a_quarantined_line_says_so(browse, story, session, destroy):
    load(arrival("a.csv.p7m", lot_of([{"PRENOMS": ""}])))
    lot = session.scalar(select(ImportLine.lot_id))
    ivan = browse.as_(story.ivan)
    destroy()

    page = ivan.get(f"/lots/{lot}/lines/2").text

    assert ERASED in page
    assert "LE GOFF" not in page
    ivan.get(f"/lots/{lot}")


def on_a_call(story, morning):
    task = waiting_case(story.nantes, at=morning)
    by = agent(story.ada)
    call = calls.take_next(by, at=morning)
    talk = calls.start_conversation(call, task, script_version="2026.1", at=morning)
    calls.confirm_identity(talk, confirmed=True, by=by, at=morning)
    calls.save_answer(call, task, "knows_result", "yes", by=by, at=morning)
    return task, call, by


def test_the_call_screen_says_so(browse, story, day, morning, destroy):
    task, call, _by = on_a_call(story, morning)
    ada = browse.as_(story.ada)
    assert "DUPONT" in ada.get(f"/calls/{call.id}?task={task.id}").text
    destroy()

    page = ada.get(f"/calls/{call.id}?task={task.id}").text

    assert ERASED in page
    assert "DUPONT" not in page
    ada.get(f"/calls/{call.id}/tasks/{task.id}/contacts")


def test_a_tracers_home_says_so(browse, story, day, morning, destroy):
    task, call, by = on_a_call(story, morning)
    queue.promise(task, when=morning + timedelta(hours=2), by=by, at=morning)
    calls.keep_draft(call.id, "note", "Rappeler le fils", by=by, at=morning)
    calls.end(call_queries.get_call(call.id), CallOutcome.CALLBACK, by=by, at=morning)
    ada = browse.as_(story.ada)
    ada.get("/desk")
    destroy()

    page = ada.get("/desk").text

    assert "Rappeler le fils" not in page


@pytest.mark.parametrize("state", [TaskState.UNREACHABLE, TaskState.NO_NUMBER])
def test_a_supervisors_lists_say_so(browse, story, day, morning, destroy, state):
    task = waiting_case(story.nantes, at=morning)
    queue.close_task(task, state, by=None, at=morning)
    dora = browse.as_(story.dora)
    name = "unreachable" if state is TaskState.UNREACHABLE else "no_number"
    address = f"/lists?list={name}"
    dora.get(address)
    destroy()

    assert "DUPONT" not in dora.get(address).text
    dora.get("/board")


def test_a_question_to_a_doctor_says_so(browse, story, day, morning, destroy):
    task, call, by = on_a_call(story, morning)
    asked = escalations.raise_question(
        call,
        task,
        audience=Audience.ADVISER,
        reason=Reason.MEDICAL_QUESTION,
        question="Elle tousse, que dire ?",
        by=by,
        at=morning,
    )
    ben = browse.as_(story.ben)
    address = f"/escalations/{asked.id}"
    ben.post(f"{address}/take")
    assert "tousse" in ben.get(address).text
    destroy()

    page = ben.get(address).text

    assert ERASED in page
    assert "tousse" not in page
    ben.get("/escalations")
