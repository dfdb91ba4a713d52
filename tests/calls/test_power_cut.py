"""The power fails after a sweep that did not wait for the disk: what had ended ends once more, and only once."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from sqlalchemy import func, select, text

from tests.support.live import begun, committed, fill_queue, migrated
from tests.support.own_server import postmaster
from tests.support.story import agent
from tracing.calls import queries
from tracing.calls import services as calls
from tracing.calls.jobs import sweep_claims
from tracing.calls.rules import CallOutcome
from tracing.kernel import clock
from tracing.kernel.config import Settings
from tracing.kernel.db import session, transaction
from tracing.kernel.events import Event
from tracing.kernel.postgres.embedded import ensure_server


def children_of(process):
    """Return the numbers of the processes that a server began, with what each of them calls itself."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in children}


def claims_that_ended():
    with transaction():
        return session.scalar(select(func.count()).where(Event.kind == "call.claim_ended"))


def test_claims_swept_just_before_a_power_cut_end_once(data_dir):
    server = ensure_server(Settings(data_dir=data_dir))
    with migrated(server, "power") as (owner, engine, ways), begun(owner, engine, ways) as live:
        ada, abel = agent(live.story.ada), agent(live.story.abel)
        with transaction():
            fill_queue(live.story.nantes, 30, at=clock.now())
        lost = committed(lambda at: calls.take_next(ada, at=at))
        with transaction():
            session.execute(text("UPDATE queue_entries SET claim_ends_at = now() WHERE state = 'claimed'"))
        processes = children_of(first := postmaster(data_dir))
        writers = [one for one, name in processes.items() if "writer" in name or "checkpointer" in name]
        assert len(writers) == 3, processes
        for one in writers:  # what did not wait for the disk stays in memory
            os.kill(one, signal.SIGSTOP)

        assert sweep_claims(clock.now()) == 1
        assert claims_that_ended() == 1
        for one in (first, *processes):
            with suppress(ProcessLookupError):  # the others end by themselves once the first is gone
                os.kill(one, signal.SIGKILL)
        session.remove()
        engine.dispose()
        owner.dispose()
        again = ensure_server(Settings(data_dir=data_dir))

        assert claims_that_ended() == 0, "the power cut undid the sweep"
        assert queries.get_call(lost.id).ended_at is None
        session.remove()
        assert sweep_claims(clock.now()) == 1
        taken = committed(lambda at: calls.take_next(abel, at=at))
        assert (taken.household_id, taken.claim_number) == (lost.household_id, lost.claim_number + 1)
        assert queries.get_call(lost.id).outcome is CallOutcome.CLAIM_ENDED
        assert claims_that_ended() == 1
        session.remove()
    server.stop()
    again.stop()
