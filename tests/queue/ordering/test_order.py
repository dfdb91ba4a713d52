"""Who is called first: the due time, advanced by what makes a call more urgent."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.support.story import agent, contact, identity, waiting_case
from tracing.cases.queries import get_case
from tracing.contacts import calling
from tracing.desk.rules import factors_after
from tracing.programmes import get_pack
from tracing.programmes.loader import load_packs
from tracing.programmes.rules import Calling
from tracing.programmes.schema import Weights
from tracing.queue import queries, rules, services
from tracing.queue.claims import ending, next_call
from tracing.queue.households import services as households
from tracing.queue.maintenance import settings
from tracing.queue.maintenance.jobs import rebuild
from tracing.queue.models import TaskState
from tracing.queue.ordering.preview import preview
from tracing.queue.rules import Factor, Reason

PARIS = ZoneInfo("Europe/Paris")
HOURS = get_pack("exercise-2022").calling_hours
CALLING = Calling(PARIS, HOURS.opens, HOURS.closes)
WEIGHTS = Weights(aged=60, fragile=45, place=90, symptoms=30, priority=240, promise=20)
NONE = Weights(aged=0, fragile=0, place=0, symptoms=0, priority=0, promise=0)
MINUTE = timedelta(minutes=1)


def paris(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def reason(due: datetime, **known) -> Reason:
    return Reason(1, due, paris(10, 9), CALLING, weights=WEIGHTS, **known)


@pytest.mark.parametrize(
    ("given", "rank"),
    [
        (reason(paris(10, 14)), paris(10, 14)),
        (reason(paris(10, 14), factors=Factor.AGED), paris(10, 13)),
        (reason(paris(10, 14), factors=Factor.FRAGILE), paris(10, 13, 15)),
        (reason(paris(10, 14), factors=Factor.PLACE), paris(10, 12, 30)),
        (reason(paris(10, 14), factors=Factor.SYMPTOMS), paris(10, 13, 30)),
        (reason(paris(10, 14), factors=Factor.AGED | Factor.SYMPTOMS), paris(10, 12, 30)),
        # promised for later: nothing is advanced before its time
        (reason(paris(11, 9), promised_at=paris(10, 15)), paris(10, 15)),
        # due at nine in the evening: the hours end at seven
        (reason(paris(10, 21)), paris(10, 19)),
        (reason(paris(10, 21), factors=Factor.AGED), paris(10, 18)),
    ],
)
def test_the_rank_is_the_due_time_advanced_by_the_weights(given, rank):
    assert rules.rank_of(given, opens_at=paris(10, 9)) == rank


def test_at_its_hour_a_promise_is_advanced():
    promised = reason(paris(11, 9), promised_at=paris(10, 15), promised_by=1)

    assert rules.rank_of(promised, opens_at=paris(10, 14, 50)) == paris(10, 14, 40)


@pytest.mark.parametrize("programme", sorted(load_packs()))
def test_at_its_hour_a_promise_comes_before_what_is_late_since_the_morning(programme):
    weights = load_packs()[programme].weights
    promised = replace(reason(paris(11, 9), promised_at=paris(10, 15), promised_by=1), weights=weights)
    late = replace(reason(paris(10, 9), factors=Factor.PRIORITY | Factor.PLACE), weights=weights)

    assert rules.rank_of(promised, opens_at=paris(10, 14, 50)) < rules.rank_of(late, opens_at=paris(10, 9))


def test_a_promise_that_cannot_be_kept_any_more_stands_where_it_is_due():
    assert rules.rank_of(reason(paris(10, 23)), opens_at=paris(11, 8, 30)) == paris(10, 23)


@pytest.mark.parametrize(
    ("known", "factors"),
    [
        ({"age": 64}, Factor(0)),
        ({"age": 65}, Factor.AGED),
        ({"age": None}, Factor(0)),
        ({"age": 30, "fragile": True, "symptoms": True}, Factor.FRAGILE | Factor.SYMPTOMS),
        ({"age": 90, "place": True}, Factor.AGED | Factor.PLACE),
    ],
)
def test_what_is_known_of_somebody(known, factors):
    assert rules.factors_of(**known) == factors


def entry_of(task):
    return queries.find_entry_of(task.household_id)


def two_cases(story):
    """Return two waiting calls, the second due first; the first is about somebody of 80."""
    older = waiting_case(story.nantes, identity("Léa", phones=("+33639980002",)), at=NOW)
    younger = waiting_case(story.nantes, identity("Luc", phones=("+33639980003",)), at=NOW - 30 * MINUTE)
    older.factors = Factor.AGED
    households.refresh_all([older.household_id, younger.household_id], at=NOW)
    return older, younger


def test_somebody_of_65_is_called_before_who_is_due_a_little_earlier(story):
    older, _younger = two_cases(story)

    claim = next_call.claim_next(agent(story.ada), at=NOW)

    assert claim.household_id == older.household_id
    assert entry_of(older).rank_at == NOW + timedelta(hours=3)
    assert entry_of(older).due_at == NOW + timedelta(hours=4)


def test_a_preview_changes_nothing_and_publishing_does(story, session):
    older, younger = two_cases(story)
    dora = agent(story.dora)

    shown = preview(dora.site, NONE, at=NOW)
    assert [turn.household_id for turn in shown.before] == [older.household_id, younger.household_id]
    assert [turn.household_id for turn in shown.after] == [younger.household_id, older.household_id]
    assert entry_of(older).rank_at == NOW + timedelta(hours=3)

    settings.publish_weights(NONE, by=dora, at=NOW)
    assert rebuild(NOW) == 2
    session.expire_all()
    assert entry_of(older).rank_at == NOW + timedelta(hours=4)
    assert next_call.claim_next(agent(story.ada), at=NOW).household_id == younger.household_id


def test_published_weights_hold_for_their_site_and_for_whatever_comes_after(story):
    settings.publish_weights(NONE, by=agent(story.dora), at=NOW)
    here = waiting_case(story.nantes, identity("Léa", phones=("+33639980002",)), at=NOW)
    there = waiting_case(story.ajaccio, identity("Luc", phones=("+33639980003",)), at=NOW)
    for task in (here, there):
        task.factors = Factor.PLACE
        households.refresh(task.household_id, at=NOW)

    assert entry_of(here).rank_at == NOW + timedelta(hours=4)
    assert entry_of(there).rank_at == NOW + timedelta(hours=2, minutes=30)


def test_changed_hours_place_everybody_anew_whatever_state_they_are_in(story, session, clock):
    ready = waiting_case(story.nantes, identity("Léa", phones=("+33639980002",)), at=NOW)
    overseas = replace(identity("Luc", phones=("+33639980003",)), postcode="97200")
    asleep = waiting_case(story.nantes, overseas, at=NOW)
    changed = settings.Hours(
        opens=HOURS.opens.replace(hour=6), closes=HOURS.closes.replace(hour=9), sundays=True, holidays=True
    )

    assert settings.set_hours(changed, by=agent(story.dora), at=NOW)
    assert not settings.set_hours(changed, by=agent(story.dora), at=NOW)
    rebuild(NOW)

    session.expire_all()
    assert entry_of(ready).not_before == paris(11, 6, 30)
    assert entry_of(asleep).not_before == paris(10, 11, 30)


def test_an_older_contact_is_called_before_a_younger_one_named_at_the_same_time(story):
    case = get_case(waiting_case(story.nantes, at=NOW).case_id)
    older = identity("Rose", "Kaci", born=date(1940, 1, 1), phones=("+33639980003",))
    younger = identity("Ali", "Kaci", phones=("+33639980004",))
    for who in (younger, older):
        met = contact(case, who, by=story.ada, at=NOW)
        calling.update_call_task(met, case, phones=who.phones, by=story.ada.id, at=NOW)
    ranks = {
        task.factors: entry_of(task).rank_at
        for task in queries.tasks_in_state(story.nantes.id, TaskState.OPEN)
        if task.contact_id
    }

    # due within a day, when nobody calls any more: the hours before count
    assert ranks[Factor.AGED] == ranks[0] - timedelta(hours=1)


@pytest.mark.parametrize(
    ("known", "answers", "after"),
    [
        (Factor.SYMPTOMS, {}, Factor.SYMPTOMS),
        (Factor.SYMPTOMS, {"has_symptoms": "no"}, Factor(0)),
        (
            Factor.AGED,
            {"fragile": "yes", "lives_in": "care_home"},
            Factor.AGED | Factor.FRAGILE | Factor.PLACE,
        ),
        (Factor.PLACE, {"fragile": "unknown", "lives_in": "home"}, Factor(0)),
    ],
)
def test_what_somebody_answers_makes_their_next_call_more_urgent_or_less(known, answers, after):
    assert factors_after(known, answers) == after


def test_somebody_who_says_they_are_fragile_moves_up_when_the_call_ends(story):
    task = waiting_case(story.nantes, at=NOW)
    claim = next_call.claim_next(agent(story.ada), at=NOW)

    services.set_factors(task, Factor.FRAGILE, at=NOW)
    ending.release(claim.entry_id, claim.number, at=NOW)

    assert entry_of(task).rank_at == NOW + timedelta(hours=3)
