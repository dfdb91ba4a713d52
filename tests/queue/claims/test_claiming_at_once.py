"""Many who claim at the same moment: each household goes to one of them, once, and none is lost."""

from collections import Counter
from datetime import timedelta
from threading import Barrier

from sqlalchemy import func, select, text

from tests.support.live import Live, at_once, committed, fill_queue
from tests.support.story import agent, identity, member, waiting_case
from tracing.app.middleware.retry import retry_once
from tracing.calls import services as calls
from tracing.calls.jobs import sweep_claims
from tracing.calls.models import Call
from tracing.kernel import clock
from tracing.kernel.db import session, transaction
from tracing.kernel.events import Event
from tracing.kernel.job_slots import RunSlot
from tracing.queue import queries, services
from tracing.queue.claims import next_call
from tracing.queue.maintenance.jobs import promote
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState
from tracing.staff.models import Role

CLAIMERS = 32
HOUSEHOLDS = 3_000


def tracers(site, count):
    return [
        agent(member(f"tracer{n}", f"Enquêteur {n}", (Role.TRACER, site), at=clock.now()))
        for n in range(count)
    ]


def finish(claim):
    """End the one call of a household in one statement: what is tried here is the claiming."""
    session.execute(
        text("""
            UPDATE queue_entries SET state = 'idle', claimant_id = NULL, claimed_at = NULL, claim_ends_at = NULL,
                                     last_input_at = NULL
            WHERE id = :entry AND claim_number = :number
        """),
        {"entry": claim.entry_id, "number": claim.number},
    )


def call_until_nobody_waits(tracer):
    claimed = []
    while claim := committed(lambda at: next_call.claim_next(tracer, at=at)):
        claimed.append(claim)
        committed(lambda _at, done=claim: finish(done))
    return claimed


def test_thirty_two_claimers_share_three_thousand_households_without_losing_or_doubling_one(
    live_database: Live,
):
    site = live_database.story.nantes
    with transaction():
        everybody = tracers(site, CLAIMERS)
        fill_queue(site, HOUSEHOLDS, at=clock.database_now())

    claims = [
        claim
        for theirs in at_once([lambda one=one: call_until_nobody_waits(one) for one in everybody])
        for claim in theirs
    ]

    times = Counter(claim.household_id for claim in claims)
    assert len(times) == HOUSEHOLDS
    assert set(times.values()) == {1}
    assert {claim.number for claim in claims} == {1}
    left = session.execute(select(QueueEntry.state, func.count()).group_by(QueueEntry.state)).all()
    assert [tuple(row) for row in left] == [(EntryState.IDLE, HOUSEHOLDS)]
    noted = session.scalar(select(func.count()).where(Event.kind == "call.claimed"))
    assert noted == HOUSEHOLDS


def test_a_second_click_at_the_same_moment_gives_the_same_call(live_database: Live):
    story = live_database.story
    with transaction():
        for n in range(8):
            waiting_case(story.nantes, identity(f"P{n}", phones=(f"+3363998{n:04d}",)), at=clock.now())
        ada = agent(story.ada)

    found = at_once(
        [retry_once(lambda: committed(lambda at: calls.take_next(ada, at=at).id)) for _ in range(8)]
    )

    assert len(set(found)) == 1
    assert session.scalar(select(func.count()).where(QueueEntry.state == EntryState.CLAIMED)) == 1
    assert session.scalar(select(func.count()).select_from(Call)) == 1


def test_two_schedulers_at_once_do_everything_once(live_database: Live):
    story = live_database.story
    with transaction():
        at = clock.database_now()
        for one in tracers(story.nantes, 24):
            n = one.member_id
            waiting_case(story.nantes, identity(f"P{n}", phones=(f"+3363998{n:04d}",)), at=at)
            assert calls.take_next(one, at=at)
        fill_queue(story.ajaccio, 50, at=at)
        session.execute(
            text("UPDATE queue_entries SET claim_ends_at = :past WHERE state = 'claimed'"),
            {"past": at - timedelta(seconds=1)},
        )
        session.execute(
            text("UPDATE queue_entries SET state = 'scheduled' WHERE site_id = :site"),
            {"site": story.ajaccio.id},
        )
        for table in ("queue_entries", "call_tasks"):
            session.execute(text(f"UPDATE {table} SET due_at = :past"), {"past": at - timedelta(hours=1)})

    slots = [at.replace(microsecond=0) + n * timedelta(seconds=15) for n in range(3)]
    done = at_once(
        [lambda job=job, slot=slot: job(slot) for slot in slots for job in (sweep_claims, promote) * 2]
    )
    # a row that was locked for a moment is left for the next run
    done.append(promote(slots[-1] + timedelta(seconds=15)))

    kinds = dict(session.execute(select(Event.kind, func.count()).group_by(Event.kind)).all())
    assert kinds["call.claim_ended"] == kinds["call.claimed"] == 24
    assert kinds["call.overdue"] == 24 + 50
    assert sum(done) == 24 + 50 + (24 + 50)
    assert session.scalar(select(func.count()).select_from(RunSlot)) == len(slots) * 2 + 1
    assert session.scalar(select(func.count()).where(QueueEntry.state == EntryState.READY)) == 24 + 50
    assert session.scalar(select(func.count()).where(Call.ended_at.is_(None))) == 0


def test_people_found_to_share_a_number_while_both_are_called_join_when_the_calls_end(live_database: Live):
    story = live_database.story
    with transaction():
        at = clock.database_now()
        waiting_case(story.nantes, identity("Marie", phones=("+33639980011",)), at=at)
        waiting_case(story.nantes, identity("Jean", phones=("+33639980012",)), at=at)
        ada, abel = agent(story.ada), agent(story.abel)
        hers, his = calls.take_next(ada, at=at), calls.take_next(abel, at=at)
    both = identity("Rita", phones=("+33639980011", "+33639980012"))
    committed(lambda at: waiting_case(story.nantes, both, at=at))
    both_hold_their_row = Barrier(2)

    def end(call, by, at):
        held = calls.lock_for_write(call.id, by, at=at)
        both_hold_their_row.wait()
        calls.give_back(held, by=by, at=at)

    at_once(
        [
            lambda: committed(lambda at: end(hers, ada, at)),
            lambda: committed(lambda at: end(his, abel, at)),
        ]
    )
    promote(clock.now())

    households = set(session.scalars(select(CallTask.household_id).where(CallTask.state == TaskState.OPEN)))
    assert len(households) == 1
    assert queries.find_entry_of(households.pop()).state is EntryState.READY
    taken = committed(lambda at: calls.take_next(ada, at=at))
    assert taken.claim_number > max(hers.claim_number, his.claim_number)
    assert committed(lambda at: next_call.claim_next(abel, at=at)) is None


def test_nobody_calls_a_household_that_waits_to_be_joined_with_one_on_the_line(live_database: Live):
    story = live_database.story
    with transaction():
        at = clock.database_now()
        one = waiting_case(story.nantes, identity("Marie", phones=("+33639980011",)), at=at)
        waiting_case(story.nantes, identity("Jean", phones=("+33639980012",)), at=at + timedelta(minutes=1))
        ada, abel = agent(story.ada), agent(story.abel)
        hers = calls.take_next(ada, at=at)
        assert hers.household_id == one.household_id
    both = identity("Rita", phones=("+33639980011", "+33639980012"))
    committed(lambda at: waiting_case(story.nantes, both, at=at))

    assert committed(lambda at: next_call.claim_next(abel, at=at)) is None

    committed(lambda at: calls.give_back(calls.lock_for_write(hers.id, ada, at=at), by=ada, at=at))
    assert committed(lambda at: next_call.claim_next(abel, at=at)).household_id == hers.household_id


def test_the_same_family_arriving_twice_at_the_same_moment_is_one_household(live_database: Live):
    story = live_database.story

    def arrive(n):
        who = identity(f"Enfant{n}", phones=("+33639980031",))
        return committed(lambda at: waiting_case(story.nantes, who, at=at).id)

    tasks = at_once([lambda n=n: arrive(n) for n in range(6)])

    households = {queries.get_task(task).household_id for task in tasks}
    assert len(households) == 1
    assert session.scalar(select(func.count()).where(QueueEntry.state == EntryState.READY)) == 1


def test_a_promise_and_the_promoter_at_the_same_moment_leave_the_promise(live_database: Live):
    story = live_database.story
    with transaction():
        at = clock.database_now()
        task_id = waiting_case(story.nantes, at=at).id
        ada = agent(story.ada)
        call = calls.take_next(ada, at=at)
    when = at + timedelta(hours=2)

    def promise(at):
        held = calls.lock_for_write(call.id, ada, at=at)
        services.promise(queries.get_task(task_id), when=when, by=ada, at=at)
        calls.give_back(held, by=ada, at=at)

    at_once([lambda: committed(promise), *[lambda n=n: promote(at + timedelta(seconds=n)) for n in range(4)]])

    entry = session.scalar(select(QueueEntry))
    assert (entry.state, entry.promised_at, entry.reserved_for) == (EntryState.SCHEDULED, when, story.ada.id)
