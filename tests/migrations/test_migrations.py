"""Both chains of migrations, up and down on a real server, and the tables they make against the models."""

import ast
import hashlib
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine, inspect, text

from tracing.kernel import migrate
from tracing.kernel.config import CannotStart, Settings
from tracing.kernel.embedded import ensure_server
from tracing.kernel.roles import APPLICATION

STORES = [migrate.MAIN, migrate.KEYS]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = ensure_server(Settings(data_dir=tmp_path_factory.mktemp("pg")), durable=False)
    yield running
    running.stop()


@pytest.fixture
def urls(server, request):
    """An empty database with its owner's and its application's URL."""
    return server.add_database(f"t_{abs(hash(request.node.name)) % 10**9}")


def as_owner(url):
    """Open a transaction whose connection is closed with it."""
    return create_engine(url, poolclass=NullPool).begin()


def tables(url):
    with as_owner(url) as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_every_migration_can_be_taken_back_and_applied_again(store, urls):
    owner, _ = urls
    migrate.move(store, owner, "head")
    first = tables(owner)
    assert first

    migrate.move(store, owner, "base")
    assert tables(owner) == set()

    migrate.move(store, owner, "head")
    assert tables(owner) == first


def test_the_tables_are_those_of_the_models(server):
    migrate.upgrade(server.owner_url, server.keys_owner_url)

    migrate.check(server.owner_url, server.keys_owner_url)


def test_a_table_no_migration_made_is_reported(urls, server):
    owner, _ = urls
    migrate.move(migrate.MAIN, owner, "head")
    with as_owner(owner) as connection:
        connection.execute(text("DROP TABLE run_slots"))

    with pytest.raises(migrate.ModelsDiffer, match="run_slots"):
        migrate.check(owner, server.keys_owner_url)


def test_the_application_may_add_events_and_never_change_or_delete_them(urls):
    owner, application = urls
    migrate.move(migrate.MAIN, owner, "head")

    with psycopg.connect(application.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute("INSERT INTO events (at, kind) VALUES (now(), 'test.happened')")
        assert connection.execute("SELECT kind FROM events").fetchall() == [("test.happened",)]
        for forbidden in (
            "UPDATE events SET kind = 'other'",
            "DELETE FROM events",
            "TRUNCATE events",
            "DROP TABLE events",
            "UPDATE alembic_version SET version_num = '9999'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_the_application_can_use_every_table(store, urls):
    owner, _ = urls
    migrate.move(store, owner, "head")

    with as_owner(owner) as connection:
        closed = connection.scalars(
            text("""
                SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
                AND CASE relkind
                    WHEN 'S' THEN NOT has_sequence_privilege(:role, oid, 'USAGE')
                    WHEN 'r' THEN NOT has_table_privilege(:role, oid, 'SELECT')
                    WHEN 'p' THEN NOT has_table_privilege(:role, oid, 'SELECT')
                END
            """),
            {"role": APPLICATION},
        ).all()
    assert closed == []


def test_the_application_alone_may_start_on_a_database_that_is_up_to_date(server):
    migrate.upgrade(server.owner_url, server.keys_owner_url)

    migrate.upgrade(server.app_url, server.keys_app_url)


def test_a_database_of_a_later_release_is_left_alone(urls):
    owner, _ = urls
    migrate.move(migrate.MAIN, owner, "head")
    with as_owner(owner) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(CannotStart, match="later release"):
        migrate.move(migrate.MAIN, owner, "head")


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_migrations_are_numbered_without_gaps_or_branches(store):
    names = sorted(path.name for path in (store.folder / "versions").glob("*.py"))

    assert [name[:5] for name in names] == [f"{number:04}_" for number in range(1, len(names) + 1)]


def test_a_released_migration_is_never_changed():
    """Bases made by it exist: what it left out comes in a migration of its own."""
    released = (migrate.ROOT / "released.sha256").read_text(encoding="utf-8").splitlines()

    for digest, name in (line.split() for line in released):
        assert hashlib.sha256((migrate.ROOT / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("has_the_column", [True, False])
def test_bases_with_and_without_the_mark_of_the_invented_become_the_same(urls, has_the_column):
    owner, _ = urls
    migrate.move(migrate.MAIN, owner, "0001")
    with as_owner(owner) as connection:
        if has_the_column:
            connection.execute(
                text("ALTER TABLE people ADD COLUMN is_invented boolean DEFAULT false NOT NULL")
            )
        connection.execute(
            text("INSERT INTO people (id, cohort, created_at) VALUES (7, '2026-11-22', now())")
        )

    migrate.move(migrate.MAIN, owner, "head")

    with as_owner(owner) as connection:
        assert connection.scalar(text("SELECT is_invented FROM people WHERE id = 7")) is False


def every_migration():
    return sorted(path for store in STORES for path in (store.folder / "versions").glob("*.py"))


@pytest.mark.parametrize("path", every_migration(), ids=lambda path: f"{path.parents[1].name}/{path.stem}")
def test_a_migration_goes_both_ways_says_why_and_imports_no_model(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))

    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    docstring = ast.get_docstring(tree) or ""

    assert not all(
        isinstance(line, ast.Pass | ast.Expr) and not isinstance(getattr(line, "value", None), ast.Call)
        for line in functions["downgrade"].body
    )
    assert not any(module.startswith("tracing") for module in imported)
    assert docstring
    assert "Then delete these rules" not in docstring
