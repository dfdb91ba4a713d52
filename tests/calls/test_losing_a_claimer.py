"""A tracer's process dies, or their claim ends while they type: nothing that was saved or typed is lost."""

import json
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests.conftest import NOW, Clock
from tests.support.live import Live, committed
from tests.support.source import ROOT
from tests.support.story import Story, agent, identity, waiting_case
from tracing.calls import queries
from tracing.calls import services as calls
from tracing.calls.jobs import sweep_claims
from tracing.calls.models import Call
from tracing.calls.rules import CallOutcome
from tracing.kernel import clock as kernel_clock
from tracing.kernel.db import session, transaction
from tracing.kernel.events import Event
from tracing.queue.claims import services as claims
from tracing.queue.errors import ClaimLost

MINUTE = timedelta(minutes=1)
ANSWERS_BEFORE_THE_KILL = 12


@pytest.fixture
def claimer(live_database: Live):
    """Start a process in which Ada calls; it is killed at the latest when the test ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.claimer"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    told = {
        "url": live_database.url,
        "keys_url": live_database.keys_url,
        "master": live_database.master.hex(),
        "member": live_database.story.ada.id,
    }

    def begin():
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        return process

    yield begin
    process.kill()
    process.communicate()


def test_a_killed_caller_loses_no_answer_and_the_call_comes_back(live_database: Live, claimer):
    story = live_database.story
    with transaction():
        task_id = waiting_case(story.nantes, at=kernel_clock.now()).id
    caller = claimer()
    call_id = json.loads(caller.stdout.readline())["call"]

    heard = [json.loads(caller.stdout.readline())["saved"] for _ in range(ANSWERS_BEFORE_THE_KILL)]
    caller.send_signal(signal.SIGKILL)
    heard += [json.loads(line)["saved"] for line in caller.stdout if line.endswith("\n")]
    assert caller.wait() == -signal.SIGKILL

    saved = queries.answers(task_id)
    assert {f"question_{n}": n for n in heard}.items() <= saved.items()
    assert len(saved) <= len(heard) + 1, "at most the answer that was committed and not yet said"

    abel = agent(story.abel)
    assert committed(lambda at: calls.take_next(abel, at=at)) is None, "the claim still lasts"
    with transaction():
        session.execute(text("UPDATE queue_entries SET claim_ends_at = now() WHERE state = 'claimed'"))
    assert sweep_claims(kernel_clock.now()) == 1

    lost = queries.get_call(call_id)
    taken = committed(lambda at: calls.take_next(abel, at=at))
    assert lost.outcome is CallOutcome.CLAIM_ENDED
    assert (taken.household_id, taken.claim_number) == (lost.household_id, lost.claim_number + 1)
    assert queries.answers(task_id) == saved


def test_what_a_late_writer_typed_is_kept_and_shown_to_nobody_else(story: Story, clock: Clock):
    task = waiting_case(story.nantes, at=NOW)
    ada, abel = agent(story.ada), agent(story.abel)
    call = calls.take_next(ada, at=NOW)
    late = NOW + 6 * MINUTE
    sweep_claims(clock.move_to(NOW + 5 * MINUTE))
    taken = calls.take_next(abel, at=late)
    calls.start_conversation(taken, task, script_version="2026.1", at=late)
    calls.save_answer(taken, task, "onset", "2026-03-08", by=abel, at=late)

    with pytest.raises(ClaimLost):
        calls.lock_for_write(call.id, ada, at=late)
    calls.keep_draft(call.id, "onset", "depuis lundi", by=ada, at=late)

    [(draft, said)] = queries.drafts(story.ada.id)
    assert (draft.field, said) == ("onset", "depuis lundi")
    assert queries.drafts(story.abel.id) == []
    assert queries.answers(task.id) == {"onset": "2026-03-08"}
    assert session.scalar(select(func.count()).where(Event.kind == "draft.kept")) == 1

    calls.dismiss_draft(draft.id, by=abel, at=late)
    assert len(queries.drafts(story.ada.id)) == 1, "only its author puts a draft away"
    calls.dismiss_draft(draft.id, by=ada, at=late)
    assert queries.drafts(story.ada.id) == []


def test_a_claim_that_was_taken_again_by_the_same_person_does_not_revive_their_old_page(
    story: Story, clock: Clock
):
    waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    old = calls.take_next(ada, at=NOW)
    sweep_claims(clock.move_to(NOW + 5 * MINUTE))
    new = calls.take_next(ada, at=NOW + 5 * MINUTE)

    with pytest.raises(ClaimLost):
        calls.lock_for_write(old.id, ada, at=NOW + 6 * MINUTE)
    assert calls.lock_for_write(new.id, ada, at=NOW + 6 * MINUTE) is new


def test_a_heartbeat_after_the_end_of_the_silence_does_not_bring_the_claim_back(story: Story):
    waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    for minute in range(4, 30, 4):
        claims.renew(call.entry_id, call.claim_number, ada, at=NOW + minute * MINUTE)

    with pytest.raises(ClaimLost):
        claims.renew(call.entry_id, call.claim_number, ada, at=NOW + 31 * MINUTE)


def test_a_second_click_on_the_same_answer_keeps_one(story: Story):
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    calls.start_conversation(call, task, script_version="2026.1", at=NOW)

    for value in ("no", "yes", "yes"):
        calls.save_answer(calls.lock_for_write(call.id, ada, at=NOW), task, "fever", value, by=ada, at=NOW)

    assert queries.answers(task.id) == {"fever": "yes"}
    assert len(queries.answer_rows(task.id)) == 1


def test_a_colleague_cannot_write_in_somebody_elses_call(story: Story):
    waiting_case(story.nantes, identity("Marie"), at=NOW)
    call = calls.take_next(agent(story.ada), at=NOW)

    with pytest.raises(queries.NoSuchCall):
        calls.lock_for_write(call.id, agent(story.abel), at=NOW)

    assert session.get(Call, call.id).ended_at is None
