"""A command that cannot go on says one sentence and ends with a status: no traceback, no secret."""

import errno
import re
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.exc import OperationalError

from tests.support.dead import NOWHERE
from tests.support.live import Live, migrated
from tracing.app.command_errors import BUG, DATABASE, FILES, explain
from tracing.app.serving import check_address
from tracing.cli import main
from tracing.kernel import db
from tracing.kernel.config import CannotStart, Settings
from tracing.kernel.postgres.embedded import Server

COMMANDS = [
    ["run"],
    ["serve"],
    ["scheduler"],
    ["demo"],
    ["db", "upgrade"],
    ["db", "check"],
    ["imports", "fetch"],
    ["staff", "add", "ada", "--name", "Ada", "--site", "440", "--role", "tracer"],
]


LOGGED = re.compile(r"\d{4}-\d\d-\d\dT\S+ \[error\] command failed ")


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    return {"TRACING_DATA_DIR": str(data_dir), "TRACING_DEMO": "off", **more}


def outside(url: str, keys_url: str) -> dict[str, str]:
    return {"TRACING_DATABASE_URL": url, "TRACING_KEYS_URL": keys_url}


def run(words: list[str], env: dict[str, str]) -> Result:
    return CliRunner(env=env).invoke(main, words)


def says_one_sentence(result: Result, status: int) -> str:
    assert result.exit_code == status, result.output
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    assert "s3cret-word" not in result.output
    # besides what the command says, its log tells where it stopped
    [sentence] = [line for line in result.stderr.strip().splitlines() if not LOGGED.match(line)]
    return sentence


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_database_that_is_not_there(tmp_path: Path, words: list[str]):
    result = run(words, environment(tmp_path, **outside(NOWHERE, NOWHERE)))

    assert "does not answer" in says_one_sentence(result, DATABASE)


def test_a_load_without_its_database(tmp_path: Path):
    lot = tmp_path / "lot.csv"
    lot.write_text("x", encoding="ascii")

    result = run(
        ["imports", "load", str(lot), "--source", "PDL"], environment(tmp_path, **outside(NOWHERE, NOWHERE))
    )

    says_one_sentence(result, DATABASE)


def test_a_wrong_password(tmp_path: Path, server: Server):
    url = server.add_database("wrong_password")[1].replace("tracing_app:", "tracing_app:s3cret-word", 1)

    result = run(["serve"], environment(tmp_path, **outside(url, url)))

    assert "password authentication failed" in says_one_sentence(result, DATABASE)


@pytest.mark.parametrize("words", [["serve"], ["scheduler"], ["db", "upgrade"]], ids=" ".join)
def test_a_database_that_nobody_migrated(tmp_path: Path, server: Server, words: list[str]):
    url, keys_url = (server.add_database(name)[1] for name in ("unmigrated", "unmigrated_keys"))

    result = run(words, environment(tmp_path, **outside(url, keys_url)))

    assert isinstance(result.exception, CannotStart), "Python prints its sentence and ends with 1"
    assert "tracing db upgrade" in str(result.exception)


@pytest.mark.parametrize("place", ["file", "file/below"])
@pytest.mark.parametrize("words", [["run"], ["db", "upgrade"]], ids=" ".join)
def test_a_data_folder_that_is_a_file(tmp_path: Path, words: list[str], place: str):
    (tmp_path / "file").write_text("not a folder", encoding="ascii")

    result = run(words, environment(tmp_path / place))

    assert f"{tmp_path / 'file'}" in says_one_sentence(result, FILES)


@pytest.fixture(scope="module")
def never_started(server: Server) -> Iterator[Live]:
    """Databases that no master key belongs to yet: the first start has to write one."""
    with migrated(server, "never_started") as (_owner, _engine, ways):
        yield ways


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Files of this process may not grow at all, as on a disk that is full."""
    bound = dict(db.session.session_factory.kw)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    db.session.remove()
    db.session.configure(**bound)


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning"
)  # the process would end here, and its connections with it
@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("words", [["serve"], ["db", "upgrade"]], ids=" ".join)
def test_a_full_disk(never_started: Live, tmp_path: Path, words: list[str]):
    there = outside(never_started.url, never_started.keys_url)

    result = run(words, environment(tmp_path / "var", **there))

    assert "no room on the disk" in says_one_sentence(result, FILES)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EIO])
def test_whatever_a_disk_refuses_is_told(number: int):
    failure = explain(OSError(number, "no", "/var/lib/tracing/inbox"))

    assert failure.status == FILES
    assert "/var/lib/tracing/inbox" in failure.sentence


def test_the_database_is_lost_in_the_middle_of_a_command(server: Server):
    engine = db.make_engine(server.add_database("lost")[1])
    with pytest.raises(OperationalError) as lost, engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    engine.dispose()

    failure = explain(lost.value)

    assert failure.status == DATABASE
    assert "\n" not in failure.sentence


def test_a_bug_is_told_without_what_it_was_about(capsys: pytest.CaptureFixture[str]):
    failure = explain(ValueError("Marie Dupont"))

    assert failure.status == BUG
    assert "Dupont" not in failure.sentence + "".join(capsys.readouterr())


@pytest.mark.parametrize("host", ["999.1.1.1", "no.such.host.invalid"])
def test_an_address_that_is_none(tmp_path: Path, host: str):
    with pytest.raises(CannotStart, match=f"{host}:8000 cannot be used"):
        check_address(Settings(data_dir=tmp_path, host=host))


def test_an_address_that_is_taken(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CannotStart, match=f"127.0.0.1:{port} cannot be used"):
            check_address(Settings(data_dir=tmp_path, port=port))
