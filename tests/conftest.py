"""Real PostgreSQL, a savepoint a test, a frozen clock, and the people of the story."""

import os
import pickle
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from hypothesis import settings as hypothesis
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.support.databases import Databases
from tests.support.growth import planner, told
from tests.support.live import live_database, live_engines  # noqa: F401 - fixtures
from tests.support.logging import log_as_before  # noqa: F401 - a fixture
from tests.support.own_server import data_dir  # noqa: F401 - a fixture
from tests.support.sent import Collector
from tests.support.story import Story, tell
from tests.support.web import Browser
from tracing.kernel import db
from tracing.kernel.config import Settings
from tracing.kernel.postgres.embedded import Server, ensure_server
from tracing.programmes import in_force
from tracing.scripts import in_force as scripts_in_force
from tracing.vault.keys import KeyRing
from tracing.vault.opening import introduce
from tracing.vault.services import open_vault

# The same examples at every run, and none refused for the time it took: a change is judged, not a machine.
hypothesis.register_profile("judge", deadline=None, derandomize=True)
hypothesis.load_profile("judge")

# A job in the background of a script (`make test &`) is started with SIGINT ignored, and so would be every process that
# a test starts and stops as Ctrl-C does.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
"""A Tuesday, ten in the morning in Paris: somebody is on shift and the calling hours have begun."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The embedded server of this run, without the safety of a disk that nobody needs here."""
    shared = os.environ.get("TRACING_TEST_DATA_DIR")
    folder = Path(shared) if shared else tmp_path_factory.mktemp("server")
    running = ensure_server(Settings(data_dir=folder), durable=False)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def databases(server: Server) -> Databases:
    """Makes migrated databases for this run."""
    return Databases(server)


@pytest.fixture(scope="session")
def owner(server: Server, engines: tuple[Engine, KeyRing]) -> Iterator[Engine]:
    """The way of the main database's owner to it: who may change tables."""
    owner = db.make_engine(server.add_database(f"test_{os.getpid()}")[0])
    yield owner
    owner.dispose()


@pytest.fixture(scope="session", autouse=True)
def sent_statements() -> Iterator[Collector]:
    """What the product asks the database during this run."""
    collector = Collector()
    collector.start()
    yield collector
    collector.stop()


@pytest.fixture(scope="session")
def engines(databases: Databases, sent_statements: Collector) -> Iterator[tuple[Engine, KeyRing]]:
    """The migrated databases of this run: main engine, and the keys.

    At the end of the run the statements that were sent are planned here: none may read the whole of a growing table.
    """
    name = f"test_{os.getpid()}"
    ways = databases.add(name)
    give_it_a_clock(ways.owner_url)
    engine, keys_engine = db.make_engine(ways.url), db.make_engine(ways.keys_url)
    ring = KeyRing(keys_engine, os.urandom(32))
    introduce(ring)
    yield engine, ring
    engine.dispose()
    keys_engine.dispose()
    # planned where nothing was ever written: what a test leaves in the statistics must not decide
    empty = db.make_engine(databases.add(f"{name}_plans").owner_url)
    with planner(empty) as asking:
        offences = asking.offences(sent_statements.found.values())
    empty.dispose()
    if offences:
        pytest.fail(told(offences), pytrace=False)


def give_it_a_clock(owner_url: str) -> None:
    """Let tests choose the database's time as well: their now() stands before PostgreSQL's own."""
    owner = db.make_engine(owner_url)
    with owner.begin() as connection:
        connection.execute(text("CREATE SCHEMA test_clock"))
        connection.execute(text("GRANT USAGE ON SCHEMA test_clock TO PUBLIC"))
        connection.execute(
            text("""
                CREATE FUNCTION test_clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
                    SELECT coalesce(nullif(current_setting('test.now', true), '')::timestamptz, pg_catalog.now())
                $$
            """)
        )
    owner.dispose()


@dataclass(frozen=True)
class Told:
    """A database in which the people of the story are there before a test begins, and they as they were made."""

    engine: Engine
    owner_url: str
    story: bytes


@pytest.fixture(scope="session")
def told_once(databases: Databases, engines: tuple[Engine, KeyRing]) -> Iterator[Told]:
    """The story, told once in a run: to tell it takes as long as many a test."""
    ways = databases.add(f"test_{os.getpid()}_story")
    give_it_a_clock(ways.owner_url)
    engine = db.make_engine(ways.url)
    with engine.connect() as connection, time_machine.travel(NOW, tick=False) as traveller:
        connection.execute(text("SET search_path = test_clock, public, pg_catalog"))
        db.session.remove()
        db.session.configure(bind=connection, join_transaction_mode="conditional_savepoint")
        open_vault(engines[1])
        Clock(traveller).move_to(NOW)
        with db.transaction():
            story = tell(at=NOW)
        db.session.remove()
        connection.execute(text("RESET ALL"))
        connection.commit()
    yield Told(engine, ways.owner_url, pickle.dumps(story))
    engine.dispose()


class Clock:
    """The time of a test, for Python and for the database."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def move_to(self, moment: datetime) -> datetime:
        """Make it `moment` everywhere."""
        self._traveller.move_to(moment, tick=False)
        db.session.execute(text("SELECT set_config('test.now', :now, false)"), {"now": moment.isoformat()})
        return moment


@pytest.fixture
def session(request: pytest.FixtureRequest, engines: tuple[Engine, KeyRing]) -> Iterator[Session]:
    """The session of the code under test, inside a transaction that is rolled back at the end."""
    engine, ring = engines
    if "story" in request.fixturenames:
        engine = request.getfixturevalue("told_once").engine
    connection = engine.connect()
    connection.execute(text("SET search_path = test_clock, public, pg_catalog"))
    connection.commit()
    outer = connection.begin()
    db.session.remove()
    db.session.configure(bind=connection, join_transaction_mode="create_savepoint")
    open_vault(ring)
    yield db.session()
    db.session.remove()
    outer.rollback()
    in_force.forget()  # what was published in this test is gone
    scripts_in_force.forget()
    connection.execute(text("RESET ALL"))
    connection.commit()
    connection.close()
    db.session.configure(bind=engines[0], join_transaction_mode="conditional_savepoint")


@pytest.fixture
def clock(session: Session) -> Iterator[Clock]:
    """Time stands still at NOW until the test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        frozen = Clock(traveller)
        frozen.move_to(NOW)
        yield frozen


@pytest.fixture
def story(clock: Clock, told_once: Told) -> Story:
    """Ada calls for Nantes, Ben is its doctor, Cleo calls for Ajaccio and must see nothing of Nantes."""
    story: Story = pickle.loads(told_once.story)  # noqa: S301 - made by this process
    db.session.add_all(vars(story).values())
    return story


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The whole application."""
    from tracing.app import create_app

    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), fiction_numbers=True)
    application = create_app(settings, secret_key="for tests only")
    application.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return application


@pytest.fixture
def browse(app: Flask, story: Story) -> Browser:
    """Open pages as somebody: `browse.as_(story.ada).get("/")`; every page is checked."""
    return Browser(app)
