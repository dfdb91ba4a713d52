"""A priority is given while calls are being written that know nothing of it yet: none of them is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event as Signal

from sqlalchemy import text

from tests.support.live import Live, committed
from tests.support.story import agent, identity, waiting_case
from tracing.kernel import clock
from tracing.kernel.db import session, transaction
from tracing.queue.households import priorities, priority_rescan
from tracing.queue.models import CallTask
from tracing.queue.rules import Factor

WAITS_FOR_A_LOCK = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


def test_calls_written_while_a_priority_is_given_have_it_too(live_database: Live):
    story, is_written, may_end = live_database.story, Signal(), Signal()
    dora = agent(story.dora)

    def write_slowly():
        with transaction():
            task = waiting_case(
                story.nantes, replace(identity(), postcode="44100"), at=clock.database_now()
            ).id
            is_written.set()
            may_end.wait(30)
        session.remove()
        return task

    def give():
        committed(lambda at: priorities.give_to_place("44100", only_collective=False, by=dora, at=at))
        while committed(lambda at: priority_rescan.rescan_batch(at=at)) is not None:
            pass
        session.remove()

    with ThreadPoolExecutor(2) as threads:
        writing = threads.submit(write_slowly)
        assert is_written.wait(30)
        giving = threads.submit(give)
        while not giving.done() and not committed(lambda _at: session.scalar(WAITS_FOR_A_LOCK)):
            pass
        may_end.set()
        giving.result(30)

    with transaction():
        assert Factor.PRIORITY in Factor(session.get_one(CallTask, writing.result()).factors)
