"""Who is called next, and by whom."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import inspect

from tests.conftest import NOW, Clock
from tests.support.story import Story, agent, identity, waiting_case
from tests.support.sweep import end_claims
from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.jobs import sweep_claims
from tracing.calls.models import Call
from tracing.calls.rules import CallOutcome
from tracing.queue import queries, rules, services
from tracing.queue.claims import ending, next_call
from tracing.queue.claims import services as claims
from tracing.queue.errors import ClaimLost
from tracing.queue.maintenance.jobs import promote
from tracing.queue.models import EntryState, TaskState
from tracing.staff.login import sessions

MINUTE = timedelta(minutes=1)


def test_the_household_due_first_is_called_first(story: Story) -> None:
    later = waiting_case(story.nantes, identity("Zoé", phones=("+33639980002",)), at=NOW)
    first = waiting_case(story.nantes, identity("Luc", phones=("+33639980003",)), at=NOW - timedelta(hours=1))

    claim = next_call.claim_next(agent(story.ada), at=NOW)

    assert claim is not None
    assert claim.household_id == first.household_id != later.household_id


def test_a_household_is_one_claim_for_everybody_behind_the_number(story: Story) -> None:
    mother = waiting_case(story.nantes, identity("Marie"), at=NOW)
    son = waiting_case(story.nantes, identity("Paul", born=None), at=NOW)

    claim = next_call.claim_next(agent(story.ada), at=NOW)

    assert claim is not None
    assert mother.household_id == son.household_id == claim.household_id
    assert next_call.claim_next(agent(story.abel), at=NOW) is None


def test_more_than_eight_people_behind_a_number_are_called_one_by_one(story: Story) -> None:
    residents = [waiting_case(story.nantes, identity(f"Résident{n}", f"Nom{n}"), at=NOW) for n in range(12)]

    households = {task.household_id for task in map(queries.get_task, [task.id for task in residents])}

    assert len(households) == 12
    assert all(queries.find_entry_of(household).state is EntryState.READY for household in households)


def test_two_households_that_turn_out_to_share_a_number_become_one(story: Story) -> None:
    one = waiting_case(story.nantes, identity("Marie", phones=("+33639980011",)), at=NOW)
    other = waiting_case(story.nantes, identity("Jean", phones=("+33639980012",)), at=NOW)
    both = waiting_case(story.nantes, identity("Rita", phones=("+33639980011", "+33639980012")), at=NOW)

    assert len({queries.get_task(task.id).household_id for task in (one, other, both)}) == 1


def test_the_call_that_begins_with_a_claim_is_kept_as_it_was_returned(story: Story, session) -> None:
    waiting_case(story.nantes, identity("Luc"), at=NOW)
    opened = sessions.begin(story.ada, device="Firefox", at=NOW).session
    ada = replace(agent(story.ada), session_id=opened.id)
    columns = inspect(Call).column_attrs.keys()

    call = calls.take_next(ada, at=NOW)
    returned = {column: getattr(call, column) for column in columns}
    session.refresh(call)

    assert returned == {column: getattr(call, column) for column in columns}
    assert (call.tracer_id, call.session_id, call.started_at) == (story.ada.id, opened.id, NOW)
    assert calls.take_next(ada, at=NOW + MINUTE) is call, "the claim that is held, and no second call"


def test_households_join_only_when_the_last_claim_ends(story: Story, session) -> None:
    one = waiting_case(story.nantes, identity("Marie", phones=("+33639980011",)), at=NOW)
    other = waiting_case(story.nantes, identity("Jean", phones=("+33639980012",)), at=NOW + MINUTE)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    assert call.household_id == one.household_id

    both = waiting_case(story.nantes, identity("Rita", phones=("+33639980011", "+33639980012")), at=NOW)
    session.refresh(both)
    assert both.household_id == one.household_id != other.household_id
    calls.give_back(call, by=ada, at=NOW)

    for task in (one, other, both):
        session.refresh(task)
    assert one.household_id == other.household_id == both.household_id
    assert queries.find_entry_of(one.household_id).claim_number == call.claim_number + 1


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_two_called_households_join_whichever_call_ends_first(
    story: Story, session, first_to_end: int
) -> None:
    one = waiting_case(story.nantes, identity("Marie", phones=("+33639980011",)), at=NOW)
    other = waiting_case(story.nantes, identity("Jean", phones=("+33639980012",)), at=NOW + MINUTE)
    tracers = [agent(story.ada), agent(story.abel)]
    held = [calls.take_next(tracer, at=NOW) for tracer in tracers]
    both = waiting_case(story.nantes, identity("Rita", phones=("+33639980011", "+33639980012")), at=NOW)

    calls.give_back(held[first_to_end], by=tracers[first_to_end], at=NOW)
    assert next_call.claim_next(tracers[first_to_end], at=NOW) is None, "the number is on the line"
    calls.give_back(held[1 - first_to_end], by=tracers[1 - first_to_end], at=NOW)

    for task in (one, other, both):
        session.refresh(task)
    assert one.household_id == other.household_id == both.household_id


def test_two_called_households_join_where_both_claims_end_in_one_sweep(story: Story, session) -> None:
    one = waiting_case(story.nantes, identity("Marie", phones=("+33639980011",)), at=NOW)
    other = waiting_case(story.nantes, identity("Jean", phones=("+33639980012",)), at=NOW + MINUTE)
    held = [calls.take_next(agent(tracer), at=NOW) for tracer in (story.ada, story.abel)]
    both = waiting_case(story.nantes, identity("Rita", phones=("+33639980011", "+33639980012")), at=NOW)

    assert end_claims(at=NOW + rules.CLAIM_LASTS) == 2

    for task in (one, other, both):
        session.refresh(task)
    assert one.household_id == other.household_id == both.household_id
    entry = queries.find_entry_of(one.household_id)
    assert (entry.state, entry.needs_regroup) == (EntryState.READY, False)
    assert entry.claim_number > max(call.claim_number for call in held)
    assert [call_queries.get_call(call.id).outcome for call in held] == [CallOutcome.CLAIM_ENDED] * 2


def test_a_tracer_of_another_site_gets_nothing(story: Story) -> None:
    waiting_case(story.nantes, at=NOW)

    assert next_call.claim_next(agent(story.cleo), at=NOW) is None


def test_somebody_who_holds_a_call_gets_that_call_again(story: Story) -> None:
    waiting_case(story.nantes, identity("Marie"), at=NOW)
    waiting_case(story.nantes, identity("Luc", phones=("+33639980003",)), at=NOW)

    first = calls.take_next(agent(story.ada), at=NOW)
    again = calls.take_next(agent(story.ada), at=NOW)

    assert first.id == again.id


def test_a_claim_that_nobody_renews_returns_to_the_queue_and_its_answers_stay(
    story: Story, clock: Clock
) -> None:
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    calls.save_answer(call, task, "knows_result", "yes", by=ada, at=NOW)

    sweep_claims(clock.move_to(NOW + 5 * MINUTE))

    assert queries.find_claim(story.ada.id) is None
    taken = calls.take_next(agent(story.abel), at=NOW + 6 * MINUTE)
    assert taken.household_id == call.household_id
    assert taken.claim_number == call.claim_number + 1
    assert call_queries.answers(task.id) == {"knows_result": "yes"}
    assert call_queries.get_call(call.id).outcome is CallOutcome.CLAIM_ENDED


def test_a_late_writer_is_refused(story: Story, clock: Clock) -> None:
    waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    sweep_claims(clock.move_to(NOW + 5 * MINUTE))
    calls.take_next(agent(story.abel), at=NOW + 5 * MINUTE)

    with pytest.raises(ClaimLost):
        calls.lock_for_write(call.id, ada, at=NOW + 6 * MINUTE)


def test_a_heartbeat_keeps_a_claim_for_thirty_minutes_of_silence_and_asks_before(story: Story) -> None:
    waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    claim = next_call.claim_next(ada, at=NOW)

    asked = [
        claims.renew(claim.entry_id, claim.number, ada, at=NOW + n * MINUTE).must_ask for n in range(1, 30)
    ]

    assert asked == [False] * 24 + [True] * 5
    with pytest.raises(ClaimLost):
        claims.renew(claim.entry_id, claim.number, ada, at=NOW + 30 * MINUTE)


def test_an_input_starts_the_thirty_minutes_again(story: Story) -> None:
    waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    claim = next_call.claim_next(ada, at=NOW)

    claims.renew_for_write(claim.entry_id, claim.number, ada, at=NOW + 4 * MINUTE)

    assert claims.renew(claim.entry_id, claim.number, ada, at=NOW + 8 * MINUTE).must_ask is False


def test_a_promise_is_ready_for_its_owner_first_and_then_for_everyone(story: Story, clock: Clock) -> None:
    task = waiting_case(story.nantes, at=NOW)
    ada, abel = agent(story.ada), agent(story.abel)
    call = calls.take_next(ada, at=NOW)
    promised = NOW + timedelta(hours=2)
    services.promise(task, when=promised, by=ada, at=NOW)
    calls.end(call, CallOutcome.CALLBACK, by=ada, at=NOW)

    promote(clock.move_to(promised - 11 * MINUTE))
    assert next_call.claim_next(ada, at=promised - 11 * MINUTE) is None
    promote(clock.move_to(promised - 10 * MINUTE))
    assert next_call.claim_next(abel, at=promised - 10 * MINUTE) is None
    mine = next_call.claim_next(ada, at=promised - 10 * MINUTE)
    assert mine is not None
    ending.release(mine.entry_id, mine.number, at=promised - 9 * MINUTE)
    promote(clock.move_to(promised))
    assert next_call.claim_next(abel, at=promised) is not None


def test_a_promise_missed_is_marked_once(story: Story, clock: Clock) -> None:
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    services.promise(task, when=NOW + timedelta(hours=1), by=ada, at=NOW)
    calls.end(call, CallOutcome.CALLBACK, by=ada, at=NOW)

    promote(clock.move_to(NOW + timedelta(hours=1, minutes=1)))
    late = queries.find_entry_of(task.household_id).overdue_at
    promote(clock.move_to(NOW + timedelta(hours=1, minutes=2)))

    assert late == NOW + timedelta(hours=1, minutes=1)
    assert queries.find_entry_of(task.household_id).overdue_at == late


def test_a_promise_given_to_a_colleague_who_does_not_take_it_waits_for_its_time_again(
    story: Story, clock: Clock
) -> None:
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    promised = NOW + timedelta(hours=3)
    services.promise(task, when=promised, by=ada, at=NOW)
    calls.end(call, CallOutcome.CALLBACK, by=ada, at=NOW)
    entry = queries.find_entry_of(task.household_id)
    claims.reserve_for(entry.id, story.abel.id, by=agent(story.dora), at=NOW)

    later = clock.move_to(NOW + timedelta(minutes=31))
    promote(later)

    assert next_call.claim_next(agent(story.abel), at=later) is None
    promote(clock.move_to(promised - 10 * MINUTE))
    assert next_call.claim_next(agent(story.abel), at=promised - 10 * MINUTE) is None
    assert next_call.claim_next(ada, at=promised - 10 * MINUTE) is not None


def test_the_same_run_is_done_once_by_two_schedulers(story: Story, clock: Clock) -> None:
    waiting_case(story.nantes, at=NOW)
    next_call.claim_next(agent(story.ada), at=NOW)
    slot = clock.move_to(NOW + 5 * MINUTE)

    assert [sweep_claims(slot), sweep_claims(slot)] == [1, 0]


def test_nobody_with_an_open_task_is_left_idle(story: Story) -> None:
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    services.close_task(task, TaskState.DONE, by=ada.member_id, at=NOW)
    calls.end(call, CallOutcome.COMPLETED, by=ada, at=NOW)

    assert queries.find_entry_of(task.household_id).state is EntryState.IDLE


@pytest.mark.parametrize("what", ["closed", "postponed", "promised", "untouched"])
def test_a_claim_that_ends_by_itself_leaves_a_household_where_its_tasks_put_it(
    story: Story, clock: Clock, what: str
) -> None:
    task = waiting_case(story.nantes, identity("Marie"), at=NOW)
    ada = agent(story.ada)
    calls.take_next(ada, at=NOW)
    later = NOW + timedelta(hours=2)
    if what == "closed":
        services.close_task(task, TaskState.CANCELLED, by=None, at=NOW)
    elif what == "postponed":
        services.postpone_task(task, until=later, at=NOW)
    elif what == "promised":
        services.promise(task, when=later, by=ada, at=NOW)

    sweep_claims(clock.move_to(NOW + 6 * MINUTE))

    entry = queries.find_entry_of(task.household_id)
    expected = {"closed": EntryState.IDLE, "untouched": EntryState.READY}
    assert entry.state is expected.get(what, EntryState.SCHEDULED)
    assert entry.reserved_for == (ada.member_id if what == "promised" else None)
