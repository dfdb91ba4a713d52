"""Two people on the telephone at the same moment who name each other, in two real transactions: neither fails."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError

from tests.support.live import Live, at_once, committed
from tests.support.story import agent, contact, identity, waiting_case
from tracing.calls import services as calls
from tracing.cases.queries import get_case
from tracing.consequences import services as consequences
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.queue import services as queue
from tracing.queue.models import TaskKind

BOTH_LOCK_WITHIN = 0.5
"""Seconds in which two transactions would both hold their own household if neither had to wait for the other."""


def test_two_calls_whose_people_name_each_other_decide_one_after_the_other(live_database: Live):
    story = live_database.story
    marie, jean = identity("Marie", phones=("+33639980011",)), identity("Jean", phones=("+33639980012",))
    with transaction():
        at = clock.database_now()
        tasks = [waiting_case(story.nantes, who, at=at) for who in (marie, jean)]
        tracers = [agent(story.ada), agent(story.abel)]
        led = [calls.take_next(by, at=at) for by in tracers]
        homes = [call.household_id for call in led]
        tasks.sort(key=lambda task: homes.index(task.household_id))
        met = {tasks[0].id: jean, tasks[1].id: marie}
        if tasks[0].case_id > tasks[1].case_id:
            met = {tasks[0].id: marie, tasks[1].id: jean}
        for task in tasks:
            other = met[task.id]
            named = contact(get_case(task.case_id), other, by=story.ada, at=at)
            queue.enqueue(
                kind=TaskKind.CONTACT_FIRST,
                person_id=named.person_id,
                phones=other.phones,
                site_id=story.nantes.id,
                case_id=task.case_id,
                contact_id=named.id,
                due_at=at + timedelta(hours=12),
                at=at,
            )
    both_hold_their_own = Barrier(2)

    def decide(call, task, by, at):
        calls.lock_for_write(call.id, by, reaching=task.id, at=at)
        with suppress(BrokenBarrierError):
            both_hold_their_own.wait(BOTH_LOCK_WITHIN)
        consequences.follow_case(task.case_id, by=by.member_id, at=at)
        return task.id

    done = at_once(
        [
            lambda call=call, task=task, by=by: committed(lambda at: decide(call, task, by, at))
            for call, task, by in zip(led, tasks, tracers, strict=True)
        ]
    )

    assert done == [task.id for task in tasks]
