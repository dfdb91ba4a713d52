"""The power fails after a sweep that did not wait for the disk: what had ended ends once more, and only once."""

import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from tests.support.live import begun, committed, fill_queue, migrated
from tests.support.story import agent
from tracing.calls import queries
from tracing.calls import services as calls
from tracing.calls.jobs import sweep_claims
from tracing.calls.rules import CallOutcome
from tracing.kernel import clock
from tracing.kernel.config import Settings
from tracing.kernel.db import session, transaction
from tracing.kernel.embedded import ensure_server
from tracing.kernel.events import Event


@pytest.fixture
def data_dir():
    """A folder with a short path, so that its socket file is used."""
    folder = Path(tempfile.mkdtemp(prefix="tracing-"))
    folder.chmod(0o755)
    yield folder / "var"
    shutil.rmtree(folder)


def server_processes(postmaster):
    """Return the numbers of a server's processes by what each of them calls itself."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in children}


def claims_that_ended():
    with transaction():
        return session.scalar(select(func.count()).where(Event.kind == "call.claim_ended"))


def test_claims_swept_just_before_a_power_cut_end_once(data_dir):
    server = ensure_server(Settings(data_dir=data_dir))
    postmaster = int((data_dir / "postgres/data/postmaster.pid").read_text().split()[0])
    with migrated(server, "power") as (owner, engine, ways), begun(owner, engine, ways) as live:
        ada, abel = agent(live.story.ada), agent(live.story.abel)
        with transaction():
            fill_queue(live.story.nantes, 30, at=clock.now())
        lost = committed(lambda at: calls.take_next(ada, at=at))
        with transaction():
            session.execute(text("UPDATE queue_entries SET claim_ends_at = now() WHERE state = 'claimed'"))
        processes = server_processes(postmaster)
        [writer] = [number for number, name in processes.items() if "walwriter" in name]
        os.kill(writer, signal.SIGSTOP)  # what did not wait for the disk stays in memory

        assert sweep_claims(clock.now()) == 1
        assert claims_that_ended() == 1
        for process in (postmaster, *processes):
            with suppress(
                ProcessLookupError
            ):  # each ends by itself once the first is gone, but for the stopped one
                os.kill(process, signal.SIGKILL)
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
