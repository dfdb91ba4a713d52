"""A real server in a folder of its own: first start, second start, sharing, and what happens after a kill."""

import os
import signal
import subprocess
import sys

import psycopg
import pytest

from tests.support.own_server import postmaster
from tracing.kernel.config import CannotStart, Settings
from tracing.kernel.postgres.embedded import ensure_server

USE_THE_SERVER = """
import sys
from pathlib import Path
from tracing.kernel.config import Settings
from tracing.kernel.postgres.embedded import ensure_server
server = ensure_server(Settings(data_dir=Path(sys.argv[1])))
print(server.app_url, flush=True)
sys.stdin.read()
server.stop()
"""


def connect(url):
    return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)


def write_a_row(url):
    with connect(url) as database:
        database.execute("CREATE TABLE kept (word text)")
        database.execute("INSERT INTO kept VALUES ('élève')")


def read_the_row(url):
    with connect(url) as database:
        return database.execute("SELECT word FROM kept").fetchone()[0]


def start_process(data_dir):
    process = subprocess.Popen(
        [sys.executable, "-c", USE_THE_SERVER, data_dir],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, process.stdout.readline().strip()


def end_process(process):
    process.communicate("", timeout=90)
    assert process.returncode == 0


def test_a_second_start_finds_its_data_and_the_secrets_are_private(data_dir):
    first = ensure_server(Settings(data_dir=data_dir))
    write_a_row(first.owner_url)
    first.stop()
    assert not (data_dir / "postgres/data/postmaster.pid").exists()

    second = ensure_server(Settings(data_dir=data_dir))

    assert read_the_row(second.owner_url) == "élève"
    second.stop()
    second.stop()
    secrets = list((data_dir / "secrets").iterdir())
    assert len(secrets) == 4
    assert {file.stat().st_mode & 0o777 for file in secrets} == {0o600}


def test_the_application_role_owns_nothing_and_is_held_to_time_limits(data_dir):
    server = ensure_server(Settings(data_dir=data_dir))

    with connect(server.app_url) as database:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute("CREATE TABLE mine (id int)")
        limits = database.execute(
            "SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('statement_timeout')"
        )
        assert limits.fetchone() == ("10s", "30s")
        roles = database.execute(
            "SELECT rolname, rolsuper FROM pg_roles WHERE rolname LIKE 'tracing%' ORDER BY 1"
        )
        assert roles.fetchall() == [
            ("tracing_app", False),
            ("tracing_owner", False),
            ("tracing_public", False),
        ]
    with connect(server.keys_app_url) as keys:
        assert keys.execute("SELECT current_database()").fetchone() == ("tracing_keys",)
    with pytest.raises(psycopg.OperationalError):
        connect(server.app_url.replace("tracing_app:", "tracing_app:x"))
    server.stop()


def test_what_is_typed_never_reaches_the_log_of_the_server(data_dir):
    server = ensure_server(Settings(data_dir=data_dir))
    with connect(server.owner_url) as database:
        database.execute("CREATE TABLE people (name text PRIMARY KEY, age int)")
        database.execute("INSERT INTO people VALUES (%s, 1)", ["Secretan"])
        for wrong in (
            "INSERT INTO people VALUES ('Secretan', 2)",
            "INSERT INTO people VALUES ('x', 'Secretan')",
        ):
            with pytest.raises(psycopg.Error):
                database.execute(wrong)
    server.stop()

    log = "".join(file.read_text() for file in (data_dir / "postgres/log").iterdir())
    assert "duplicate key" in log
    assert "(Secretan)" not in log
    assert "INSERT" not in log


def test_it_recovers_after_the_server_was_killed(data_dir):
    server = ensure_server(Settings(data_dir=data_dir))
    write_a_row(server.owner_url)
    os.kill(postmaster(data_dir), signal.SIGKILL)

    again = ensure_server(Settings(data_dir=data_dir))

    assert read_the_row(again.owner_url) == "élève"
    server.stop()
    again.stop()


def test_a_lock_file_that_names_a_process_of_someone_else_is_no_obstacle(data_dir):
    server = ensure_server(Settings(data_dir=data_dir))
    write_a_row(server.owner_url)
    left_over = (data_dir / "postgres/data/postmaster.pid").read_text().splitlines()
    server.stop()
    (data_dir / "postgres/data/postmaster.pid").write_text("\n".join([str(os.getpid()), *left_over[1:]]))

    again = ensure_server(Settings(data_dir=data_dir))

    assert read_the_row(again.owner_url) == "élève"
    again.stop()


def test_two_processes_share_one_server_and_the_last_one_stops_it(data_dir):
    first, first_url = start_process(data_dir)
    second, second_url = start_process(data_dir)
    server = postmaster(data_dir)
    assert first_url == second_url

    end_process(first)
    with connect(second_url) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)

    assert postmaster(data_dir) == server
    end_process(second)
    assert not (data_dir / "postgres/data/postmaster.pid").exists()


def test_a_server_whose_process_was_killed_is_adopted_and_stopped_at_the_end(data_dir):
    killed, _ = start_process(data_dir)
    server = postmaster(data_dir)
    killed.kill()
    killed.communicate()

    adopted = ensure_server(Settings(data_dir=data_dir))

    assert postmaster(data_dir) == server
    adopted.stop()
    assert not (data_dir / "postgres/data/postmaster.pid").exists()


def test_an_initdb_that_was_killed_leaves_nothing_half_done(data_dir):
    half = data_dir / "postgres/new-1234"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    server = ensure_server(Settings(data_dir=data_dir))

    assert not half.exists()
    server.stop()


@pytest.mark.parametrize("moment", ["new-*/global", "data/PG_VERSION", "data/postmaster.pid"])
def test_a_first_start_that_was_killed_is_done_again(data_dir, moment):
    process = subprocess.Popen(
        [sys.executable, "-c", USE_THE_SERVER, data_dir], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    while not list((data_dir / "postgres").glob(moment)):
        assert process.poll() is None
    process.kill()
    process.communicate()

    server = ensure_server(Settings(data_dir=data_dir))

    write_a_row(server.owner_url)
    server.stop()


def test_it_runs_under_a_parent_folder_that_only_its_owner_may_enter(data_dir):
    data_dir.parent.chmod(0o700)

    server = ensure_server(Settings(data_dir=data_dir))

    write_a_row(server.owner_url)
    assert data_dir.parent.stat().st_mode & 0o777 == 0o700
    server.stop()


def test_a_long_path_is_served_on_a_local_port(data_dir):
    deep = data_dir / ("long-folder-name/" * 6)

    server = ensure_server(Settings(data_dir=deep))

    assert "@127.0.0.1:" in server.app_url
    with connect(server.app_url) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)
    server.stop()


def test_a_path_with_a_blank_and_a_quote_works(data_dir):
    server = ensure_server(Settings(data_dir=data_dir / "Ada's files"))

    write_a_row(server.owner_url)
    server.stop()


def test_data_of_a_release_that_is_not_installed_is_refused_in_one_sentence(data_dir):
    data = data_dir / "postgres/data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("14\n")

    with pytest.raises(CannotStart, match="made by PostgreSQL 14"):
        ensure_server(Settings(data_dir=data_dir))


def test_settings_with_addresses_start_no_server(data_dir):
    settings = Settings(
        data_dir=data_dir, database_url="postgresql://app@db/x", keys_url="postgresql://app@db/y"
    )

    server = ensure_server(settings)

    assert (server.app_url, server.owner_url) == ("postgresql://app@db/x", "postgresql://app@db/x")
    assert (server.keys_app_url, server.keys_owner_url) == ("postgresql://app@db/y", "postgresql://app@db/y")
    assert not data_dir.exists()
    server.stop()
