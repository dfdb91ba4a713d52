"""Everybody is erased when their programme says so, by the days from collection; nobody is before."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from tests.support.story import agent, identity, waiting_case
from tracing.calls import services as calls
from tracing.cases.models import Case, CaseOutcome
from tracing.kernel.events import Event
from tracing.people import queries as people
from tracing.people import services as people_services
from tracing.queue.models import CallTask, TaskState
from tracing.retention import jobs, queries
from tracing.retention.services import OF_A_PROGRAMME, OF_NO_PROGRAMME, Erased, erase_day
from tracing.staff.models import Site
from tracing.vault import services as vault
from tracing.vault.registry import BLIND, SEALED

MEASLES, EXERCISE = 30, 90


@pytest.fixture
def school(story, session):
    """A second site, which traces measles."""
    story.ajaccio.programme = "measles"
    session.flush()
    return story.ajaccio


def called(site: Site, name: str, number: str, *, at: datetime) -> CallTask:
    return waiting_case(site, identity(name, phones=(number,)), at=at)


@pytest.fixture
def erase(morning):
    """Erase the day, so many days later."""

    def erased(after: int) -> Erased:
        day = morning.date()
        return erase_day(day, today=day + timedelta(days=after), at=morning)

    return erased


def test_the_last_day_is_kept_and_the_next_one_is_not(story, session, erase, morning):
    task = waiting_case(story.nantes, at=morning)

    assert erase(EXERCISE) == Erased()
    assert people.find_identity(task.person_id) is not None
    assert erase(EXERCISE + 1) == Erased(("exercise-2022",), day_destroyed=True)

    assert people.find_identity(task.person_id) is None
    assert morning.date() in vault.keys().destroyed_cohorts()


def test_what_is_still_open_is_closed_so_that_nobody_calls_a_person_without_a_name(
    story, session, erase, morning
):
    task = waiting_case(story.nantes, at=morning)

    erase(EXERCISE + 1)

    assert session.get_one(CallTask, task.id).state is TaskState.CANCELLED
    assert session.get_one(Case, task.case_id).outcome is CaseOutcome.UNREACHABLE
    assert calls.take_next(agent(story.ada), at=morning) is None


def test_a_programme_that_keeps_people_for_less_is_erased_first_and_takes_nobody_elses_day(
    story, session, school, erase, morning
):
    short = called(school, "Zoé", "+33639980002", at=morning)
    long = called(story.nantes, "Marie", "+33639980003", at=morning)

    assert erase(MEASLES) == Erased()
    assert erase(MEASLES + 1) == Erased(("measles",))
    assert erase(MEASLES + 1) == Erased()

    assert people.find_identity(short.person_id) is None
    assert people.find_identity(long.person_id) is not None
    assert session.get_one(CallTask, long.id).state is TaskState.OPEN
    assert left(session) == {"people": 1, "person_keys": 3, "household_numbers": 1}
    event = session.scalars(select(Event).where(Event.kind == "retention.erased")).one()
    assert event.detail == {"day": morning.date().isoformat(), "programme": "measles"}
    assert erase(EXERCISE + 1).day_destroyed
    assert left(session) == {}


def left(session) -> dict[str, int]:
    """Count the identities and the hashes that find them."""
    found = {
        "people": "SELECT count(*) FROM people WHERE sealed IS NOT NULL",
        "person_keys": "SELECT count(*) FROM person_keys",
        "household_numbers": "SELECT count(*) FROM household_numbers",
    }
    counted = {table: session.scalar(text(statement)) for table, statement in found.items()}
    return {table: number for table, number in counted.items() if number}


def test_somebody_met_again_under_another_programme_is_kept_with_that_record(
    story, session, school, erase, morning
):
    task = called(school, "Zoé", "+33639980002", at=morning)
    person = people.get_person(task.person_id)
    later = morning.date() + timedelta(days=20)
    people_services.revise(person, people.find_identity(person.id), cohort=later)

    erase(MEASLES + 1)

    assert people.find_identity(person.id) is not None


def test_a_day_waits_while_somebody_is_on_the_telephone_about_it(story, session, erase, morning):
    waiting_case(story.nantes, at=morning)
    calls.take_next(agent(story.ada), at=morning)

    assert erase(EXERCISE + 1) == Erased(waits=True)


def test_a_day_without_any_record_goes_with_the_last_programme_of_the_sites(story, school, morning):
    assert queries.programmes_of(morning.date()) == {"exercise-2022", "measles"}


def test_every_table_with_an_identity_says_which_rows_are_a_programmes():
    assert OF_A_PROGRAMME.keys() | OF_NO_PROGRAMME == SEALED.keys() | BLIND.keys()


def test_the_job_erases_the_days_that_are_over_(story, session, clock, morning):
    task = waiting_case(story.nantes, at=morning)
    session.commit()
    clock.move_to(morning + timedelta(days=EXERCISE + 1))

    zone = ZoneInfo("Europe/Paris")
    jobs.erase_expired(morning, zone=zone)

    assert people.find_identity(task.person_id) is None
