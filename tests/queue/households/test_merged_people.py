"""Two records of one person share whatever number either has: who is called together when people are merged."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.pairs import MARIE, first_call
from tests.support.story import agent, identity, person, waiting_case
from tracing.people import queries as people
from tracing.people.models import Household, HouseholdNumber, Person
from tracing.queue import queries
from tracing.queue.claims import ending, next_call
from tracing.queue.households import services as households
from tracing.queue.households import superseding
from tracing.queue.models import EntryState, QueueEntry, TaskState

LONG_AGO = NOW - timedelta(days=100)


def merge(lead_id: int, other_id: int) -> None:
    """Point one record to the other, and settle: what a decision about a pair does to the queue."""
    people.get_person(other_id).same_as = lead_id
    households.settle_person(lead_id, at=NOW)


def tell_apart(lead_id: int, other_id: int) -> None:
    people.get_person(other_id).same_as = None
    households.settle_person(lead_id, at=NOW)


def home_of(task) -> int | None:
    return people.get_person(task.person_id).household_id


@pytest.fixture
def two(story, session):
    return (
        first_call(story, MARIE, sampled_at=LONG_AGO, at=NOW),
        first_call(story, replace(MARIE, phones=("+33639980002",)), at=NOW),
    )


def test_their_households_join_and_both_numbers_lead_there(two, session):
    one, other = two
    merge(one.person_id, other.person_id)

    assert home_of(one) == home_of(other)
    owners = session.scalars(select(HouseholdNumber.household_id).distinct()).all()
    assert owners == [home_of(one)]
    assert {task.id for task in queries.open_tasks(home_of(one))} == {one.id, other.id}


def test_whoever_lives_behind_either_number_is_called_with_them(story, two):
    _one, other = two
    flatmate = waiting_case(story.nantes, identity("Luc", "MARTIN", phones=("+33639980002",)), at=NOW)
    merge(two[0].person_id, other.person_id)

    assert home_of(flatmate) == home_of(two[0])

    tell_apart(two[0].person_id, other.person_id)
    assert home_of(flatmate) == home_of(other) != home_of(two[0])


def test_a_number_found_later_for_one_record_is_the_household_of_both(story, two, session):
    one, other = two
    merge(one.person_id, other.person_id)

    late = waiting_case(story.nantes, identity("Zoé", "MARTIN", phones=("+33639980002",)), at=NOW)

    assert home_of(late) == home_of(one)


def test_the_joined_entry_takes_the_higher_claim_number(story, two, session):
    one, other = two
    ada = agent(story.ada)
    claim = next_call.claim_next(ada, at=NOW)
    ending.release(claim.entry_id, claim.number, at=NOW)

    merge(one.person_id, other.person_id)

    assert queries.find_entry_of(home_of(one)).claim_number == claim.number + 1
    ready = session.scalar(select(func.count()).where(QueueEntry.state == EntryState.READY))
    assert ready == 1


def test_residents_behind_a_switchboard_are_joined_by_a_merge_and_by_nothing_else(story, session):
    residents = [
        waiting_case(story.nantes, identity(f"R{n}", f"NOM{n}", phones=("+33639980020",)), at=NOW)
        for n in range(9)
    ]
    assert len({home_of(task) for task in residents}) == 9

    merge(residents[0].person_id, residents[1].person_id)

    assert home_of(residents[0]) == home_of(residents[1])
    assert len({home_of(task) for task in residents}) == 8
    tell_apart(residents[0].person_id, residents[1].person_id)
    assert len({home_of(task) for task in residents}) == 9
    assert all(session.get_one(Household, home_of(task)).is_institution for task in residents[1:])


def test_two_records_of_one_person_count_once_behind_a_number(story, session):
    numbers = ("+33639980021",)
    first = person(identity("R0", "NOM0", phones=numbers), at=NOW)
    twin = person(identity("R0", "NOM00", phones=numbers), at=NOW)
    twin.same_as = first.id
    flatmates = [
        waiting_case(story.nantes, identity(f"R{n}", f"NOM{n}", phones=numbers), at=NOW) for n in range(1, 8)
    ]

    assert len({home_of(task) for task in flatmates}) == 1
    assert session.scalar(select(HouseholdNumber.is_institution)) is False


def test_a_covered_call_is_in_no_queue_and_comes_back_to_its_place(two):
    one, other = two

    superseding.supersede_task(other, one, by=None, at=NOW)
    assert queries.find_entry_of(other.household_id).state is EntryState.IDLE

    superseding.reopen_superseded(other, by=None, at=NOW)
    assert (other.state, other.covered_by, other.closed_at) == (TaskState.OPEN, None, None)
    assert queries.find_entry_of(other.household_id).state is EntryState.READY


def test_every_task_of_a_person_is_found_under_any_record(two):
    one, other = two
    merge(one.person_id, other.person_id)

    for record in (one.person_id, other.person_id):
        assert {task.id for task in queries.tasks_of_person(record)} == {one.id, other.id}


def test_leads_and_records_of_people_who_were_never_merged_are_their_own(two, session):
    ids = list(session.scalars(select(Person.id)))

    assert people.leading_records(ids) == {one: one for one in ids}
    assert [people.records_of_same_person(one) for one in ids] == [(one,) for one in ids]
