"""A database where the code under test really commits, for tests with threads, processes and kills.

Other tests run inside a transaction that is never committed, in which two transactions cannot meet.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Barrier
from typing import TypeVar

import pytest
from sqlalchemy import Engine, create_engine, text

from tests.support.databases import Databases, Ways
from tests.support.story import Story, tell
from tracing.kernel import clock, db
from tracing.kernel.postgres import migrate
from tracing.kernel.postgres.embedded import Server
from tracing.programmes.rules import MIDNIGHT
from tracing.staff.models import Site
from tracing.vault.keys import KeyRing
from tracing.vault.services import open_vault

Result = TypeVar("Result")

KEPT = {"alembic_version"}


@dataclass(frozen=True)
class Live:
    """A migrated database with the people of the story, and the addresses that a second process needs."""

    story: Story
    url: str
    keys_url: str
    master: bytes


@pytest.fixture(scope="session")
def live_engines(databases: Databases) -> Iterator[tuple[Engine, Engine, Live]]:
    """Create two migrated databases; yield the owner's and the application's engine of the main one."""
    with opened(databases.add(f"live_{os.getpid()}")) as ways:
        yield ways


@contextmanager
def migrated(server: Server, name: str) -> Iterator[tuple[Engine, Engine, Live]]:
    """Create two migrated databases on a server; yield the owner's and the application's engine of the main one."""
    owner_url, url = server.add_database(name)
    keys_owner_url, keys_url = server.add_database(f"{name}_keys")
    migrate.upgrade(owner_url, keys_owner_url)
    with opened(Ways(owner_url, url, keys_owner_url, keys_url)) as engines:
        yield engines


@contextmanager
def opened(ways: Ways) -> Iterator[tuple[Engine, Engine, Live]]:
    """Yield the owner's and the application's engine of a migrated main database."""
    owner, engine = db.make_engine(ways.owner_url), crowded_engine(ways.url)
    yield owner, engine, Live(None, ways.url, ways.keys_url, os.urandom(32))  # type: ignore[arg-type]
    engine.dispose()
    owner.dispose()


def crowded_engine(url: str) -> Engine:
    """Return an engine with the connections of one process, for many more threads than a process ever runs.

    The pool serves waiting threads in no particular order; on a busy machine the last of 32 may wait for long.
    """
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=db.CLAIM_POOL,
        max_overflow=0,
        pool_timeout=150,
    )


@pytest.fixture
def live_database(live_engines: tuple[Engine, Engine, Live]) -> Iterator[Live]:
    """Let the session of the code under test commit to a database that contains only the story's people."""
    with begun(*live_engines) as live:
        yield live


@contextmanager
def begun(owner: Engine, engine: Engine, ways: Live) -> Iterator[Live]:
    """Empty the databases, add the story's people, and let the session of the code under test commit there."""
    with owner.begin() as connection:
        tables = set(db.Base.metadata.tables) & set(
            connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        )
        connection.execute(text(f"TRUNCATE {', '.join(sorted(tables - KEPT))} RESTART IDENTITY CASCADE"))
    keys_engine = db.make_engine(ways.keys_url)
    db.session.remove()
    db.session.configure(bind=engine, join_transaction_mode="conditional_savepoint")
    open_vault(KeyRing(keys_engine, ways.master))
    with db.transaction():
        story = tell(at=clock.now())
        # these tests use the machine's clock, and must also pass at night
        for site in (story.nantes, story.ajaccio):
            site.calls_from = site.calls_until = MIDNIGHT
    yield Live(story, ways.url, ways.keys_url, ways.master)
    db.session.remove()
    keys_engine.dispose()


def at_once(works: Iterable[Callable[[], Result]]) -> list[Result]:
    """Run each function in a thread of its own, all started at the same moment; return their results."""
    works = list(works)
    line = Barrier(len(works))

    def run(work: Callable[[], Result]) -> Result:
        line.wait()
        try:
            return work()
        finally:
            db.session.remove()

    with ThreadPoolExecutor(len(works)) as threads:
        return [running.result() for running in [threads.submit(run, work) for work in works]]


def committed(service: Callable[[datetime], Result]) -> Result:
    """Call a service in its own transaction, at the database's time, as a page does."""
    with db.transaction():
        return service(clock.database_now())


def fill_queue(site: Site, households: int, *, at: datetime) -> None:
    """Put households into the queue, each of one person with one call to make, without identities."""
    values = {
        "site": site.id,
        "programme": site.programme,
        "number": households,
        "at": at,
        "due": at + timedelta(hours=4),
        "day": at.date(),
    }
    for statement in FILL.split(";"):
        db.session.execute(text(statement), values)


FILL = """
    INSERT INTO households (is_institution, created_at)
    SELECT false, :at FROM generate_series(1, :number);

    INSERT INTO people (cohort, household_id, created_at)
    SELECT :day, id, :at FROM households WHERE id NOT IN (SELECT household_id FROM people);

    INSERT INTO cases (reference, person_id, site_id, programme, episode, cohort, first_sampled_at, status,
                       warnings, created_at)
    SELECT 'live-' || id, id, :site, :programme, 1, :day, :at, 'open', '[]', :at
    FROM people WHERE id NOT IN (SELECT person_id FROM cases);

    INSERT INTO call_tasks (household_id, person_id, site_id, kind, case_id, state, created_at, due_at,
                            not_before, attempts)
    SELECT people.household_id, people.id, :site, 'case_first', cases.id, 'open', :at, :due, :at, 0
    FROM people JOIN cases ON cases.person_id = people.id
    WHERE people.id NOT IN (SELECT person_id FROM call_tasks);

    INSERT INTO queue_entries (household_id, site_id, state, rank_at, due_at, not_before, claim_number, regroup)
    SELECT household_id, site_id, 'ready', due_at, due_at, not_before, 0, false
    FROM call_tasks WHERE household_id NOT IN (SELECT household_id FROM queue_entries)
"""
