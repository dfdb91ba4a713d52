"""A database that falls silent: pages are told at once, jobs wait for it, and a slow one is left alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from tests.support.relay import Relay
from tracing.kernel import db
from tracing.kernel.outages import outage, probe
from tracing.kernel.postgres.embedded import Server

LOCK = 7_305_114


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    """The way to the server, which can fall silent: connections stay open, and nothing is passed on."""
    server.add_database("outage")
    with Relay(server.add_database("outage")[1]) as way:
        yield way


@pytest.fixture
def engine(relay: Relay) -> Iterator[Engine]:
    """An engine of the product that goes this way."""
    made = db.make_engine(relay.url)
    yield made
    made.dispose()


@contextmanager
def lock_held(server: Server) -> Iterator[None]:
    """Hold a lock for which the statements of the test wait."""
    url = server.add_database("outage")[1].replace("+psycopg", "", 1)
    with psycopg.connect(url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield


def ask(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT 1"))


def wait_for_lock(engine: Engine) -> str:
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
    return "done"


def as_page(work, engine: Engine):
    with outage.for_a_page():
        return work(engine)


def until_waiting(server: Server, number: int) -> None:
    """Wait until so many statements wait for the lock."""
    url = server.add_database("outage")[1].replace("+psycopg", "", 1)
    with psycopg.connect(url, autocommit=True) as looking:
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
        while looking.execute(waiting, [LOCK]).fetchone() != (number,):
            pass


def test_a_page_that_waits_is_told_the_next_ones_at_once_and_a_job_goes_on(
    server: Server, relay: Relay, engine: Engine
):
    with ThreadPoolExecutor(2) as threads:
        with lock_held(server):
            job = threads.submit(wait_for_lock, engine)
            page = threads.submit(as_page, wait_for_lock, engine)
            until_waiting(server, 2)
            relay.fall_silent()

            with pytest.raises(OperationalError):
                page.result()
            assert outage.is_lost(engine)
            with pytest.raises(OperationalError) as told:
                as_page(ask, engine)
            assert isinstance(told.value.orig, outage.Lost)
            assert not job.done()

        relay.speak()
        assert job.result() == "done"
        while outage.is_lost(engine):
            pass
        assert as_page(ask, engine) == 1


def test_a_page_that_opens_a_connection_is_told(relay: Relay, engine: Engine):
    relay.fall_silent()

    with pytest.raises(OperationalError):
        as_page(ask, engine)

    relay.speak()
    while outage.is_lost(engine):
        pass
    assert as_page(ask, engine) == 1


def test_a_page_that_takes_a_connection_out_of_its_rest_is_told(relay: Relay, engine: Engine):
    assert as_page(ask, engine) == 1
    with engine.connect() as held:
        held.connection._connection_record.info["rests_since"] = -1.0  # as after a quiet night
    relay.fall_silent()

    with pytest.raises(OperationalError):
        as_page(ask, engine)


def test_a_slow_answer_is_waited_for(server: Server, relay: Relay, engine: Engine):
    with ThreadPoolExecutor(1) as threads:
        with lock_held(server):
            page = threads.submit(as_page, wait_for_lock, engine)
            until_waiting(server, 1)
            before = relay.accepted
            while relay.accepted < before + 2:  # it was asked twice whether it is there
                pass
            assert not page.done()

        assert page.result() == "done"
    assert not outage.is_lost(engine)


def test_a_server_that_refuses_is_there(server: Server):
    url = server.add_database("outage")[1]
    wrong = probe.conninfo(url.replace("tracing_app:", "tracing_app:x", 1))

    with pytest.raises(probe.Refused):
        probe.ask(wrong, "SELECT 1", within=10)
    with pytest.raises(psycopg.errors.UndefinedTable):
        probe.ask(probe.conninfo(url), "SELECT * FROM nothing", within=10)
    assert probe.ask(probe.conninfo(url), "SELECT 1, NULL, 'é'", within=10) == [("1", None, "é")]


def test_nobody_at_an_address_is_told_from_a_server_that_refuses():
    with pytest.raises(probe.Unreachable):
        probe.ask(probe.conninfo("postgresql+psycopg://me:secret@127.0.0.1:1/x"), "SELECT 1", within=10)
