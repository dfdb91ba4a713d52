"""A lot or a place is put before the others: who waits, who comes later, and everybody back when it is taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.conftest import NOW
from tests.support.lots import arrival, lot_of, take_back
from tests.support.story import agent, contact, identity, waiting_case
from tracing.cases.queries import get_case
from tracing.contacts import calling
from tracing.imports.errors import NotNow
from tracing.imports.jobs import load
from tracing.imports.priorities.services import put_first, waiting_at
from tracing.kernel.events import Event
from tracing.people import services as people
from tracing.people.models import Person
from tracing.people.queries import find_identity
from tracing.queue import queries
from tracing.queue.errors import HasPriority, NoSuchPriority, NothingWaits
from tracing.queue.households import priorities, priority_rescan
from tracing.queue.maintenance.jobs import rebuild
from tracing.queue.models import CallTask, Priority, PriorityRound, TaskState
from tracing.queue.ordering.preview import preview
from tracing.queue.ordering.weights import site_and_weights
from tracing.queue.rules import Factor
from tracing.queue.services import close_task, reopen_task
from tracing.queue.timeline import timeline_of
from tracing.vault import services as vault

MINUTE = timedelta(minutes=1)
ADVANCE = 240 * MINUTE
FILE = "pdl-20210308-0800.csv.p7m"
PLACE = "44100"


def living(who, postcode=PLACE):
    return replace(who, postcode=postcode)


def entry_of(task):
    return queries.find_entry_of(task.household_id)


def has_priority(task):
    return Factor.PRIORITY in Factor(task.factors)


def later(clock, minutes=1):
    """Let the job run at its next slot."""
    at = clock.move_to(NOW + minutes * MINUTE)
    rebuild(at)
    return at


def two_places(story):
    """Return two waiting calls: one of the place, due half an hour after one of elsewhere."""
    here = waiting_case(story.nantes, living(identity("Léa", phones=("+33639980002",))), at=NOW)
    there = waiting_case(
        story.nantes, living(identity("Luc", phones=("+33639980003",)), "44000"), at=NOW - 30 * MINUTE
    )
    return here, there


def give(story, postcode=PLACE, *, only_collective=False):
    return priorities.give_to_place(postcode, only_collective=only_collective, by=agent(story.dora), at=NOW)


def take_in(*lines):
    """Load a lot for Nantes; returns its id and its calls."""
    lot_id = load(arrival(FILE, lot_of(lines)))["lot"]
    return lot_id, queries.session.scalars(select(CallTask).where(CallTask.lot_id == lot_id)).all()


LINES = (
    {"ID_RESULTAT": "PDL-1", "CODE_POSTAL": "44100"},
    {"ID_RESULTAT": "PDL-2", "NOM_NAISSANCE": "BARBIER", "TEL_MOBILE": "0612345679", "CODE_POSTAL": "44000"},
)
MORE = (
    {"ID_RESULTAT": "PDL-3", "NOM_NAISSANCE": "COSTA", "TEL_MOBILE": "0612345680", "CODE_POSTAL": "44100"},
)


def test_who_lives_in_the_place_is_called_first_until_it_is_taken_back(story, clock, session):
    here, there = two_places(story)
    given = give(story)

    later(clock)
    assert (has_priority(here), has_priority(there)) == (True, False)
    assert entry_of(here).rank_at == NOW + timedelta(hours=4) - ADVANCE
    assert entry_of(there).rank_at == NOW + timedelta(hours=3, minutes=30)
    assert priority_rescan.calls_waiting(story.nantes.id) == {given.id: 1}

    priorities.take_back(given.id, by=agent(story.dora), at=NOW)
    later(clock, 2)
    assert not has_priority(here)
    assert entry_of(here).rank_at == NOW + timedelta(hours=4)
    assert priority_rescan.calls_waiting(story.nantes.id) == {}
    assert session.query(PriorityRound).count() == 0


def test_the_timeline_says_who_gave_it_and_who_took_it_back_and_nothing_of_the_place(story, clock):
    here, there = two_places(story)
    given = give(story)
    later(clock)
    priorities.take_back(given.id, by=agent(story.dora), at=NOW)
    later(clock, 2)

    words = [one.words for one in timeline_of(entry_of(here).id)]

    assert words == ["Priorité reprise par Dora", "Priorité donnée par Dora"]
    assert timeline_of(entry_of(there).id) == []


def test_whoever_comes_to_the_place_later_is_called_first_too(story, clock):
    give(story)
    later(clock)

    here, there = two_places(story)
    assert not has_priority(here)
    later(clock, 2)

    assert (has_priority(here), has_priority(there)) == (True, False)


def test_other_sites_are_left_as_they_are(story, clock):
    give(story)
    away = waiting_case(story.ajaccio, living(identity("Léa", phones=("+33639980002",))), at=NOW)
    later(clock)

    assert not has_priority(away)


def test_of_a_place_only_those_in_collective_housing_if_asked(story, clock):
    home = waiting_case(story.nantes, living(identity("Léa", phones=("+33639980002",))), at=NOW)
    nursed = waiting_case(story.nantes, living(identity("Luc", phones=("+33639980003",))), at=NOW)
    nursed.factors = Factor.PLACE
    give(story, only_collective=True)
    later(clock)

    assert (has_priority(home), has_priority(nursed)) == (False, True)
    assert Factor.PLACE in Factor(nursed.factors)


def test_a_contact_without_an_address_is_where_the_case_is(story, clock):
    here, there = two_places(story)
    calls = []
    for task, name, number in ((here, "Rose", "+33639980005"), (there, "Ali", "+33639980006")):
        case, who = get_case(task.case_id), identity(name, "Kaci", phones=(number,))
        met = contact(case, who, by=story.ada, at=NOW)
        calling.update_call_task(met, case, phones=who.phones, by=story.ada.id, at=NOW)
        calls.append(queries.find_task_of_contact(met.id))
    give(story)
    later(clock)

    assert [has_priority(task) for task in calls] == [True, False]


def test_a_call_that_was_closed_finds_the_priority_when_it_is_asked_for_again(story, clock):
    here, _there = two_places(story)
    close_task(here, TaskState.UNREACHABLE, by=None, at=NOW)
    give(story)
    at = later(clock)
    assert not has_priority(here)

    reopen_task(here, due_at=at, by=None, at=at)
    later(clock, 2)

    assert has_priority(here)


def test_a_lot_is_called_first_and_what_it_still_brings_too(story, clock):
    lot_id, calls = take_in(*LINES)
    other_lot, others = take_in(*MORE)
    assert [(one.lot.id, one.calls) for one in waiting_at(story.nantes.id)] == [(other_lot, 1), (lot_id, 2)]

    put_first(lot_id, by=agent(story.dora), at=NOW)
    late = waiting_case(story.nantes, at=NOW)
    late.lot_id = lot_id
    later(clock)

    assert all(has_priority(task) for task in [*calls, late])
    assert not any(has_priority(task) for task in others)


def test_a_line_of_a_place_that_arrives_later_is_called_first(story, clock):
    give(story)
    later(clock)
    _lot, calls = take_in(*LINES)
    later(clock, 2)

    by_place = {find_identity(task.person_id).postcode: has_priority(task) for task in calls}
    assert by_place == {"44100": True, "44000": False}


def test_two_priorities_do_not_add_up_and_one_outlasts_the_other(story, clock):
    lot_id, calls = take_in(*LINES)
    place = give(story)
    put_first(lot_id, by=agent(story.dora), at=NOW)
    later(clock)
    due = {task.id: entry_of(task).rank_at for task in calls}

    priorities.take_back(place.id, by=agent(story.dora), at=NOW)
    later(clock, 2)

    assert {task.id: entry_of(task).rank_at for task in calls} == due
    assert all(has_priority(task) for task in calls)


def test_a_lot_of_another_site_or_one_that_was_taken_back_gets_none(story, clock, session):
    lot_id, _calls = take_in(*LINES)
    with pytest.raises(NothingWaits):
        put_first(lot_id, by=agent(story.cleo), at=NOW)

    put_first(lot_id, by=agent(story.dora), at=NOW)
    later(clock)
    take_back(lot_id, by=story.ivan.id)
    assert session.query(Priority).one().ended_at is not None
    with pytest.raises(NotNow):
        put_first(lot_id, by=agent(story.dora), at=NOW)
    assert session.query(CallTask).count() == 0


def test_what_is_given_is_not_given_twice_and_ends_at_its_own_site(story):
    given = give(story)

    with pytest.raises(HasPriority):
        give(story)
    give(story, only_collective=True)
    with pytest.raises(NoSuchPriority):
        priorities.take_back(given.id, by=agent(story.cleo), at=NOW)
    priorities.take_back(given.id, by=agent(story.dora), at=NOW)
    with pytest.raises(NoSuchPriority):
        priorities.take_back(given.id, by=agent(story.dora), at=NOW)
    give(story)


def test_a_priority_that_everybody_forgot_ends_after_a_week(story, clock, session):
    here, _there = two_places(story)
    given = give(story)
    later(clock)
    assert has_priority(here)

    rebuild(clock.move_to(NOW + timedelta(days=7)))

    session.expire_all()
    assert not has_priority(here)
    assert given.ended_by is None
    assert session.query(Event).filter_by(kind="priority.ended").one().by_id is None


def test_many_calls_are_moved_a_batch_at_a_time(story, clock, session, monkeypatch):
    monkeypatch.setattr(priority_rescan, "MOVED", 2)
    calls = [
        waiting_case(story.nantes, living(identity("Léa", f"N{n}", phones=(f"+3363998010{n}",))), at=NOW)
        for n in range(5)
    ]
    give(story)

    moved = []
    while (one := priority_rescan.rescan_batch(at=NOW)) is not None:
        moved.append(one)

    assert moved == [2, 2, 1]
    assert all(has_priority(task) for task in calls)


def test_the_preview_counts_priorities(story, clock):
    here, there = two_places(story)
    give(story)
    later(clock)
    site = agent(story.dora).site
    weights = site_and_weights(site.id)[1]

    shown = preview(site, weights.model_copy(update={"priority": 0}), at=NOW)

    assert [turn.household_id for turn in shown.before] == [here.household_id, there.household_id]
    assert [turn.household_id for turn in shown.after] == [there.household_id, here.household_id]


def test_a_place_is_forgotten_with_the_day_of_its_people_and_follows_a_new_address(story, session):
    here, there = two_places(story)
    known = session.get_one(Person, there.person_id)
    place = people.place_hash(PLACE, is_invented=False)
    assert session.get_one(Person, here.person_id).postcode_hash == place

    people.revise(known, living(find_identity(known.id)))
    assert known.postcode_hash == place

    session.execute(update(Person).values(sealed=None))
    vault.clear_cohort(known.cohort)
    session.expire_all()
    assert known.postcode_hash is None


def test_the_preview_looks_behind_however_many_have_priority(story, clock, monkeypatch):
    monkeypatch.setattr("tracing.queue.ordering.preview.LOOKED_AT", 1)
    here, there = two_places(story)
    give(story)
    later(clock)
    site = agent(story.dora).site
    weights = site_and_weights(site.id)[1]

    assert [turn.household_id for turn in preview(site, None, at=NOW).before] == [here.household_id]
    tried = preview(site, weights.model_copy(update={"priority": 0}), at=NOW)
    assert [turn.household_id for turn in tried.after] == [there.household_id, here.household_id]
