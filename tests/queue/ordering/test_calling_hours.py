"""Nobody is offered outside the hours in which they may be called where they live."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.support.story import agent, identity, waiting_case
from tracing.queue import queries, services
from tracing.queue.claims import ending, next_call
from tracing.queue.claims import services as claims
from tracing.queue.errors import OutsideHours
from tracing.queue.households import services as households
from tracing.queue.maintenance.jobs import promote
from tracing.queue.models import EntryState

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)


def paris(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def entry_of(task):
    return queries.find_entry_of(task.household_id)


def test_a_first_call_that_arrives_at_night_waits_for_the_morning(story, clock):
    night = clock.move_to(paris(10, 21, 30))
    task = waiting_case(story.nantes, at=night)
    ada = agent(story.ada)

    assert (entry_of(task).state, entry_of(task).not_before) == (EntryState.SCHEDULED, paris(11, 8, 30))
    assert next_call.claim_next(ada, at=night) is None
    assert queries.next_ready_at(story.nantes.id) == paris(11, 8, 30)

    promote(clock.move_to(paris(11, 8, 30)))
    assert next_call.claim_next(ada, at=paris(11, 8, 30)) is not None


def test_who_waits_at_closing_time_waits_for_the_morning(story, clock):
    task = waiting_case(story.nantes, at=NOW)
    ada, closing = agent(story.ada), paris(10, 19)

    # between two runs of the promoter nobody gets it either
    assert next_call.claim_next(ada, at=closing) is None
    assert not queries.has_waiting(story.nantes.id, story.ada.id, closing)
    promote(clock.move_to(closing + MINUTE))
    assert (entry_of(task).state, entry_of(task).not_before) == (EntryState.SCHEDULED, paris(11, 8, 30))
    assert next_call.claim_next(ada, at=closing + MINUTE) is None

    promote(clock.move_to(paris(11, 8, 30)))
    assert entry_of(task).closes_at == paris(11, 19)
    assert next_call.claim_next(ada, at=paris(11, 8, 30)) is not None


def test_a_night_without_a_promoter_offers_nobody_too_early(story, clock):
    task = waiting_case(story.nantes, at=NOW)

    promote(clock.move_to(paris(11, 3)))
    assert entry_of(task).state is EntryState.SCHEDULED
    promote(clock.move_to(paris(11, 21)))

    assert (entry_of(task).state, entry_of(task).not_before) == (EntryState.SCHEDULED, paris(12, 8, 30))


@pytest.mark.parametrize(
    ("postcode", "opens"),
    [
        ("97400", paris(10, 10)),  # one in the afternoon at La Réunion
        ("97200", paris(10, 13, 30)),  # half past eight in Martinique
        ("44000", paris(10, 10)),
    ],
)
def test_people_overseas_are_called_by_their_own_clock(story, postcode, opens):
    task = waiting_case(story.nantes, replace(identity(), postcode=postcode), at=NOW)

    assert entry_of(task).not_before == opens


def test_a_household_in_two_time_zones_is_called_by_the_clock_of_the_most_urgent(story):
    away = waiting_case(story.nantes, replace(identity("Léa"), postcode="97200"), at=NOW - 60 * MINUTE)
    waiting_case(story.nantes, replace(identity("Paul"), postcode="44000"), at=NOW)

    assert entry_of(away).not_before == paris(10, 13, 30)


def test_on_days_on_which_a_site_does_not_call_nobody_is_offered(story):
    story.nantes.calls_on_sundays = story.nantes.calls_on_holidays = False
    saturday = waiting_case(story.nantes, identity("Léa", phones=("+33639980002",)), at=paris(14, 20))
    eve = waiting_case(story.nantes, identity("Paul", phones=("+33639980003",)), at=paris(13, 20, month=7))
    easter = waiting_case(story.nantes, identity("Zoé", phones=("+33639980004",)), at=paris(4, 20, month=4))

    assert entry_of(saturday).not_before == paris(16, 8, 30)
    assert entry_of(eve).not_before == paris(15, 8, 30, month=7)
    assert entry_of(easter).not_before == paris(7, 8, 30, month=4)


@pytest.mark.parametrize("evening", [paris(28, 20), paris(24, 20, month=10)])
def test_in_the_night_of_the_clock_change_the_morning_begins_by_the_wall_clock(story, clock, evening):
    task = waiting_case(story.nantes, at=clock.move_to(evening))
    morning = entry_of(task).not_before.astimezone(PARIS)

    assert (morning.date() - evening.astimezone(PARIS).date()).days == 1
    assert morning.time() == time(8, 30)
    promote(clock.move_to(morning - MINUTE))
    assert next_call.claim_next(agent(story.ada), at=morning - MINUTE) is None
    promote(clock.move_to(morning))
    assert next_call.claim_next(agent(story.ada), at=morning) is not None


def test_practice_wakes_nobody_and_goes_on_at_night(story, clock):
    night = clock.move_to(paris(10, 23))
    waiting_case(story.school, at=night)

    assert next_call.claim_next(agent(story.theo), at=night) is not None


def test_a_site_has_its_own_hours_and_may_call_round_the_clock(story, clock):
    story.nantes.calls_from = story.nantes.calls_until = time(0)
    night = clock.move_to(paris(10, 23, 59))
    waiting_case(story.nantes, at=night)

    midnight = clock.move_to(night + MINUTE)
    promote(midnight)
    assert next_call.claim_next(agent(story.ada), at=midnight) is not None


def test_a_promise_that_falls_due_while_nobody_calls_ends_with_the_hours_before(story):
    # due at eight in the evening; the hours end at seven
    late = waiting_case(story.nantes, identity("Léa", phones=("+33639980002",)), at=paris(10, 16))
    tomorrow = waiting_case(story.nantes, identity("Paul", phones=("+33639980003",)), at=paris(10, 20))

    assert (entry_of(late).due_at, entry_of(late).call_by) == (paris(10, 20), paris(10, 19))
    assert entry_of(late).rank_at == paris(10, 19)
    # this one cannot be kept any more: it stands where it is due
    assert (entry_of(tomorrow).call_by, entry_of(tomorrow).rank_at) == (paris(10, 19), paris(11, 0))
    assert (
        entry_of(waiting_case(story.nantes, identity("Zoé", phones=("+33639980004",)), at=NOW)).call_by
        is None
    )


def test_a_call_is_not_given_to_somebody_outside_its_hours(story, clock):
    task = waiting_case(story.nantes, at=NOW)
    night = clock.move_to(paris(10, 22))

    with pytest.raises(OutsideHours):
        claims.reserve_for(entry_of(task).id, story.abel.id, by=agent(story.dora), at=night)


def test_a_call_given_before_its_time_does_not_outlast_the_hours(story, clock):
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    claim = next_call.claim_next(ada, at=NOW)
    services.promise(task, when=paris(11, 15), by=ada, at=NOW)
    ending.release(claim.entry_id, claim.number, at=NOW)
    evening = clock.move_to(paris(10, 18, 50))
    claims.reserve_for(entry_of(task).id, story.abel.id, by=agent(story.dora), at=evening)

    promote(clock.move_to(paris(10, 19)))

    assert next_call.claim_next(agent(story.abel), at=paris(10, 19)) is None
    assert (entry_of(task).state, entry_of(task).not_before) == (EntryState.SCHEDULED, paris(11, 14, 50))


def test_somebody_who_moved_is_called_by_the_clock_of_where_they_live_now(story, session):
    from tracing.people import services as people
    from tracing.people.models import Person

    task = waiting_case(story.nantes, at=NOW)
    person = session.get(Person, task.person_id)
    people.revise(person, replace(identity(), postcode="97200"))
    households.refresh(task.household_id, at=NOW)

    assert entry_of(task).not_before == paris(10, 13, 30)
