"""Both chains of migrations, up and down on a real server, and the tables they make against the models."""

import ast
import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import NullPool, create_engine, inspect, text
from sqlalchemy.exc import ProgrammingError

from tracing.cli import main
from tracing.kernel.config import CannotStart, Settings
from tracing.kernel.postgres import compatibility, migrate
from tracing.kernel.postgres.compatibility import TABLE
from tracing.kernel.postgres.embedded import ensure_server
from tracing.kernel.postgres.roles import APPLICATION

STORES = [migrate.MAIN, migrate.KEYS]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("pg")


@pytest.fixture(scope="module")
def server(data_dir):
    running = ensure_server(Settings(data_dir=data_dir), durable=False)
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
        return set(inspect(connection).get_table_names()) - {"alembic_version", TABLE}


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
    assert revision(owner) == "9999"


NEWER = """
from alembic import op

revision = "9999"
down_revision = "{store_head}"
{narrowed}

def upgrade():
    op.execute("CREATE TABLE more (id int)")

def downgrade():
    op.execute("DROP TABLE more")
"""


def newer_release(tmp_path, store, *, narrowed=""):
    """Return a store as the next release has it: one more migration."""
    folder = tmp_path / store.folder.name
    shutil.copytree(store.folder, folder, ignore=shutil.ignore_patterns("__pycache__", "keystore"))
    (folder / "versions" / "9999_say_more.py").write_text(
        NEWER.format(store_head=head(store), narrowed=narrowed),
        encoding="utf-8",
    )
    return replace(store, folder=folder)


def head(store):
    return max(path.name[:4] for path in (store.folder / "versions").glob("*.py"))


def revision(url):
    with as_owner(url) as connection:
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


@pytest.fixture
def released(tmp_path, monkeypatch):
    """Make every migration of this source one of a release, so that the next one follows it."""
    monkeypatch.setattr(migrate, "RELEASED", tmp_path / "released.sha256")
    names = sorted(path.relative_to(migrate.ROOT) for path in every_migration())
    lines = ["# this release", *(f"0 {name}" for name in names), ""]
    migrate.RELEASED.write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_a_host_of_the_release_before_starts_again_on_tables_already_migrated(
    store, urls, tmp_path, released
):
    owner, application = urls
    migrate.move(store, owner, "head")
    migrate.move(newer_release(tmp_path, store), owner, "head")

    migrate.move(store, application, "head")

    assert revision(owner) == "9999"
    with as_owner(application) as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(f"UPDATE {TABLE} SET oldest_release = '0000'"))


def test_a_host_of_a_release_that_a_migration_breaks_does_not_start(urls, tmp_path, released):
    owner, application = urls
    migrate.move(migrate.MAIN, owner, "head")
    migrate.move(newer_release(tmp_path, migrate.MAIN, narrowed='oldest_release = "9999"'), owner, "head")

    with pytest.raises(CannotStart, match="does not allow this one"):
        migrate.move(migrate.MAIN, application, "head")


RELEASES = """\
# one
0 versions/0001_a.py
0 versions/0003_c.py
# two
0 versions/0005_e.py
0 keystore/versions/0001_k.py
# three
0 versions/0006_f.py
"""


def test_only_the_release_before_may_run_beside_another(tmp_path):
    listed = tmp_path / "released.sha256"
    listed.write_text(RELEASES, encoding="utf-8")
    heads = compatibility.release_heads(listed, "versions/")
    assert heads == ["0003", "0005", "0006"]
    assert compatibility.release_heads(listed, "keystore/versions/") == ["0001"]
    scripts = ScriptDirectory(str(migrate.ROOT))

    assert [compatibility.oldest_release(scripts, at, heads) for at in ("0002", "0005", "0006", "0007")] == [
        "0002",
        "0003",
        "0005",
        "0006",
    ]


def downgrade(data_dir, *words, answer=None):
    env = {"TRACING_DATA_DIR": str(data_dir), "TRACING_DEMO": "off"}
    return CliRunner().invoke(main, ["db", "downgrade", *words], env=env, input=answer)


def test_a_release_is_taken_back_by_a_command_that_says_what_is_lost_and_asks(server, data_dir):
    migrate.upgrade(server.owner_url, server.keys_owner_url)
    newest, before = head(migrate.MAIN), f"{int(head(migrate.MAIN)) - 1:04}"

    kept = downgrade(data_dir, answer="n\n")
    assert (kept.exit_code, revision(server.owner_url)) == (1, newest)
    assert f"{newest} " in kept.output

    done = downgrade(data_dir, "--yes")
    assert (done.exit_code, revision(server.owner_url)) == (0, before), done.output
    migrate.upgrade(server.owner_url, server.keys_owner_url)


@pytest.mark.parametrize("words", [["0099"], ["base"], ["base", "--store", "keys"]])
def test_a_release_is_not_taken_back_to_where_there_is_none(server, data_dir, words):
    migrate.upgrade(server.owner_url, server.keys_owner_url)

    refused = downgrade(data_dir, *words, "--yes")

    assert refused.exit_code == 1
    assert "There is no migration" in str(refused.exception) + refused.output


def test_a_release_is_not_taken_back_while_hosts_are_at_work(server, data_dir):
    migrate.upgrade(server.owner_url, server.keys_owner_url)

    with create_engine(server.app_url, poolclass=NullPool).connect():
        refused = downgrade(data_dir, "--yes")

    assert refused.exit_code == 1
    assert "stop every tracing-serve" in str(refused.exception) + refused.output
    assert revision(server.owner_url) == head(migrate.MAIN)


def test_only_the_owner_takes_a_release_back(server):
    migrate.upgrade(server.owner_url, server.keys_owner_url)

    with pytest.raises(CannotStart, match="TRACING_OWNER_DATABASE_URL"):
        migrate.steps_back(migrate.MAIN, server.app_url, "-1")


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_migrations_are_numbered_without_gaps_or_branches(store):
    names = sorted(path.name for path in (store.folder / "versions").glob("*.py"))

    assert [name[:5] for name in names] == [f"{number:04}_" for number in range(1, len(names) + 1)]


def test_a_released_migration_is_never_changed():
    """Bases made by it exist: what it left out comes in a migration of its own."""
    released = (migrate.ROOT / "released.sha256").read_text(encoding="utf-8").splitlines()

    for digest, name in (line.split() for line in released if not line.startswith("#")):
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


AWKWARD = """
    INSERT INTO sites (id, code, name, kind, time_zone, programme, address, call_back_number, is_default)
    OVERRIDING SYSTEM VALUE VALUES (1, '044', 'Nantes', 'live', 'Europe/Paris', 'x', '', '', false);
    INSERT INTO members (id, login, display_name, kind, created_at)
    OVERRIDING SYSTEM VALUE SELECT id, 'm' || id, 'M', 'staff', now() FROM generate_series(1, 3) AS id;
    INSERT INTO households (id, is_institution, created_at) OVERRIDING SYSTEM VALUE VALUES (1, false, now());
    INSERT INTO people (id, cohort, created_at, is_invented)
    OVERRIDING SYSTEM VALUE SELECT id, '2026-03-10', now(), false FROM generate_series(1, 9) AS id;
    INSERT INTO cases (id, reference, person_id, site_id, programme, episode, cohort, first_sampled_at, status,
                       warnings, created_at)
    OVERRIDING SYSTEM VALUE
    SELECT id, 'P' || id, id, 1, 'x', 1, '2026-03-10', now(), 'open', '[]', now() FROM generate_series(1, 9) AS id;
    INSERT INTO contacts (id, case_id, person_id, cohort, last_contact_on, circumstances, risk, may_disclose,
                          status, became_case_id, named_at, named_by)
    OVERRIDING SYSTEM VALUE
    SELECT id, 1, person, '2026-03-10', '2026-03-10', '{}', 'undetermined', false, status, became, now(), 1
    FROM (VALUES (2, 2, 'became_case', 2), (3, 3, 'named', NULL), (6001, 4, 'became_case', 4),
                 (6002, 5, 'became_case', 5)) AS row (id, person, status, became);
    INSERT INTO call_tasks (id, household_id, person_id, site_id, kind, case_id, contact_id, state, created_at, due_at,
                            not_before, attempts, closed_at, gives_way)
    OVERRIDING SYSTEM VALUE
    SELECT id, home, 1, 1, CASE WHEN contact IS NULL THEN 'case_first' ELSE 'contact_first' END, 1, contact, state,
           now(), now(), now(), 0, CASE WHEN state <> 'open' THEN now() END, gives_way
    FROM (VALUES (1, 1, NULL, 'cancelled', false), (2, 1, NULL, 'cancelled', false), (3, NULL, NULL, 'cancelled', false),
                 (4, 1, NULL, 'unreachable', false), (5, 1, NULL, 'cancelled', false), (12, 1, 2, 'cancelled', false),
                 (13, 1, 3, 'cancelled', false), (6011, 1, 6001, 'open', true), (6012, 1, 6001, 'done', false))
         AS row (id, home, contact, state, gives_way);
    INSERT INTO events (at, kind, by_id, subject_type, subject_id, detail) VALUES
        (now(), 'task.closed', 1, 'task', 1, '{"state": "unreachable"}'),
        (now(), 'task.closed', 1, 'task', 1, '{"state": "cancelled"}'),
        (now(), 'task.closed', 1, 'task', 2, '{"state": "to_hand_on"}'),
        (now(), 'task.reopened', 1, 'task', 2, '{}'),
        (now(), 'task.closed', 1, 'task', 2, '{"state": "cancelled"}'),
        (now(), 'task.closed', 1, 'task', 3, '{"state": "cancelled"}'),
        (now(), 'task.closed', 1, 'task', 4, '{"state": "unreachable"}'),
        (now(), 'task.closed', 1, 'task', 5, '{"state": "cancelled"}'),
        (now(), 'contact.became_case', NULL, 'contact', 2, '{"was": "named", "calls": {"12": "open"}}'),
        (now(), 'contact.turned_back', NULL, 'contact', 2, '{}'),
        (now(), 'contact.became_case', NULL, 'contact', 2, '{"was": "unreachable", "calls": {"12": "unreachable"}}'),
        (now(), 'contact.became_case', NULL, 'contact', 3, '{"was": "named", "calls": {"13": "open"}}'),
        (now(), 'contact.turned_back', NULL, 'contact', 3, '{}'),
        (now(), 'contact.became_case', 1, 'contact', 6001, '{"was": "refused", "calls": {"6011": "open", "6012": "open"}}'),
        (now(), 'inbox.failed', NULL, 'inbox', 0, '{"troubles": ["unreadable"]}'),
        ('2026-03-10T09:00Z', 'inbox.failed', NULL, 'inbox', 0, '{"troubles": ["no_source", "too_large:PDL"]}'),
        ('2026-03-09T09:00Z', 'member.added', 1, 'member', 2, '{}'),
        ('2026-03-10T09:00Z', 'member.password_set', 1, 'member', 2, '{}'),
        ('2026-03-10T09:00Z', 'member.password_set', 2, 'member', 2, '{}'),
        ('2026-03-10T09:00Z', 'member.added', NULL, 'member', 3, '{}'),
        ('2026-03-10T09:00Z', 'member.added', 1, 'member', 99, '{}'),
        ('2026-03-10T09:00Z', 'demo.begun', NULL, NULL, NULL, '{}');
"""
"""What the release before left: events told in several turns, records on either side of the first batch, and gaps."""


def test_what_was_read_from_the_events_is_filled_from_them(urls):
    owner, _ = urls
    migrate.move(migrate.MAIN, owner, "0022")
    with psycopg.connect(owner.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(AWKWARD)

    migrate.move(migrate.MAIN, owner, "0024")

    with psycopg.connect(owner.replace("+psycopg", "", 1), autocommit=True) as connection:

        def rows(question):
            return connection.execute(question).fetchall()

        assert rows("SELECT id, state_before, gives_way FROM call_tasks ORDER BY id") == [
            (1, "unreachable", False),
            (2, "open", False),
            (3, "no_number", False),
            (4, None, False),
            (5, None, False),  # nothing tells where it was
            (12, "unreachable", True),
            (13, None, False),  # its contact is one again
            (6011, None, True),  # somebody is on the line
            (6012, None, False),  # was held after all
        ]
        assert rows("SELECT id, status_before FROM contacts ORDER BY id") == [
            (2, "unreachable"),
            (3, None),
            (6001, "refused"),
            (6002, None),
        ]
        troubles = "SELECT code, source_code, since = '2026-03-10T09:00Z' FROM inbox_troubles ORDER BY code"
        assert rows(troubles) == [("no_source", "", True), ("too_large", "PDL", True)]
        makers = "SELECT member_id, by_id, last_at = '2026-03-10T09:00Z' FROM account_makers"
        assert rows(makers) == [(2, 1, True)]
        assert rows("SELECT id, loaded_at FROM demo_runs") == [(1, None)]

    migrate.move(migrate.MAIN, owner, "0022")
    migrate.move(migrate.MAIN, owner, "0024")

    with psycopg.connect(owner.replace("+psycopg", "", 1), autocommit=True) as connection:
        assert connection.execute("SELECT state_before FROM call_tasks WHERE id = 12").fetchone() == (
            "unreachable",
        )


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
