"""Claims that ended by themselves: every one of them returns, with its event and the end of its call."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.conftest import NOW, Clock
from tests.support.story import Story, agent, identity, waiting_case
from tests.support.sweep import end_claims
from tracing.calls import queries
from tracing.calls import services as calls
from tracing.calls.jobs import sweep_claims
from tracing.calls.rules import CallOutcome
from tracing.kernel.events import Event
from tracing.queue import rules
from tracing.queue.models import EntryState, QueueEntry

ENDED = NOW + rules.CLAIM_LASTS


@pytest.mark.parametrize("is_stale", [True, False])
def test_a_claim_that_ended_leaves_its_event_and_ends_its_call_and_who_was_spoken_to(
    story, session, is_stale
):
    task = waiting_case(story.nantes, identity(), at=NOW)
    call = calls.take_next(agent(story.ada), at=NOW)
    conversation = calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    session.execute(update(QueueEntry).values(is_stale=is_stale))

    assert end_claims(at=ENDED) == 1

    entry = session.get(QueueEntry, call.entry_id, populate_existing=True)
    told = session.scalars(select(Event.detail).where(Event.kind == "call.claim_ended")).all()
    assert (entry.state, entry.claimant_id, entry.claim_number) == (EntryState.READY, None, call.claim_number)
    assert told == [{"claim": call.claim_number, "claimant": story.ada.id}]
    assert (call.outcome, call.ended_at) == (CallOutcome.CLAIM_ENDED, ENDED)
    assert (conversation.outcome, conversation.finished_at) == (CallOutcome.CLAIM_ENDED, ENDED)


def test_those_that_are_placed_anew_and_those_that_are_not_end_in_one_sweep(story: Story, session) -> None:
    for number in range(2):
        waiting_case(story.nantes, identity(f"Luc{number}", phones=(f"+3363998001{number}",)), at=NOW)
    held = [calls.take_next(agent(one), at=NOW) for one in (story.ada, story.abel)]
    session.execute(update(QueueEntry).where(QueueEntry.id == held[0].entry_id).values(is_stale=True))

    assert end_claims(at=ENDED - timedelta(seconds=1)) == 0
    assert end_claims(at=ENDED) == 2

    assert [queries.get_call(one.id).outcome for one in held] == [CallOutcome.CLAIM_ENDED] * 2


@pytest.mark.parametrize("together", [1, 8])
def test_a_household_that_cannot_be_placed_keeps_no_other_one_with_who_is_gone(
    story: Story, session, clock: Clock, monkeypatch, together
) -> None:
    monkeypatch.setattr(rules, "WITH_CARE", rules.Batches(together, together, together))
    waiting_case(story.ajaccio, identity("Anna", phones=("+33639980010",)), at=NOW)
    for number in range(2):
        waiting_case(story.nantes, identity(f"Luc{number}", phones=(f"+3363998002{number}",)), at=NOW)
    stuck, *held = [calls.take_next(agent(one), at=NOW) for one in (story.cleo, story.ada, story.abel)]
    session.execute(update(QueueEntry).values(is_stale=True))
    story.ajaccio.programme, known = "withdrawn", story.ajaccio.programme

    assert sweep_claims(clock.move_to(ENDED)) == 2
    assert [queries.get_call(one.id).outcome for one in held] == [CallOutcome.CLAIM_ENDED] * 2
    assert session.get(QueueEntry, stuck.entry_id, populate_existing=True).state is EntryState.CLAIMED

    story.ajaccio.programme = known
    assert sweep_claims(clock.move_to(ENDED + timedelta(minutes=1))) == 1


@pytest.mark.parametrize(
    ("size", "took", "following"),
    [(100, 1, 100), (100, 2, 50), (100, 0.1, 150), (100, 0, 150), (900, 0.5, 1000), (30, 50, 25)],
)
def test_a_batch_is_as_large_as_the_last_one_shows_that_it_may_be(size, took, following) -> None:
    assert rules.next_batch(size, took * rules.LOCKS_LAST, rules.Batches(25, 100, 1000)) == following
