"""What a failing platform really writes: never an identity, a password or a key, with and without `rich`."""

import json
import os
import subprocess
import sys

import pytest

from tests.support.failing import PEOPLE
from tests.support.platform import PASSWORD
from tests.support.platform import PEOPLE as OTHERS
from tests.support.source import ROOT


def tracing(data_dir, *command, **settings):
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=os.environ | {"TRACING_DATA_DIR": str(data_dir), "TRACING_FICTION_NUMBERS": "on"} | settings,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def secrets_of(data_dir, told):
    """Everything that nobody may read in a log: of people, of the machine, of a browser."""
    of_people = {value for one in (*PEOPLE, *OTHERS) for name, value in one.items() if len(value) > 3}
    files = [*(data_dir / "secrets").iterdir(), data_dir / "keys" / "master.key"]
    of_machine = {form for file in files for form in (file.read_bytes().hex(), repr(file.read_bytes())[2:-1])}
    return of_people | of_machine | {*told["cookies"], PASSWORD}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("style", ["text", "json"])
def test_whatever_fails_nothing_of_anybody_is_written(data_dir, style):
    arguments = [] if style == "text" else ["without-rich"]

    ran = tracing(
        data_dir, "tests.support.failing", *arguments, TRACING_LOG_FORMAT=style, TRACING_ACCESS_LOG="on"
    )

    assert ran.returncode == 0, ran.stderr[-3000:]
    told = json.loads((data_dir / "told.json").read_text())
    servers = "".join(path.read_text() for path in (data_dir / "postgres/log").iterdir())
    written = ran.stdout + ran.stderr
    assert [one for one in secrets_of(data_dir, told) if one in written or one in servers] == []
    assert "postgresql+psycopg://" not in written
    assert "?name=" not in written
    # and it is of use
    failed = {job for job in told["jobs"] if f"job={job}" in written or f'"job": "{job}"' in written}
    assert failed == set(told["jobs"])
    assert "in broken" in written
    assert told["status"] == 500
    lines = [json.loads(line) for line in ran.stderr.splitlines()] if style == "json" else []
    for line in lines:
        if line["event"] == "page failed" and "in broken" in str(line["exception"]):
            assert line["request"] in told["shown"]
            assert {"GET", "/lots", 500, line["request"]} <= {
                value
                for one in lines
                if one["event"] == "request" and one["request"] == line["request"]
                for value in one.values()
            }
            break
    else:
        assert style == "text"
    if style == "text":
        check_the_keys(data_dir)


def check_the_keys(data_dir):
    """The command answers for the platform that was killed, and for one that has another master key."""
    whole = tracing(data_dir, "tracing.cli", "keys", "check", "--json")
    assert (whole.returncode, json.loads(whole.stdout)["ok"]) == (0, True)

    (data_dir / "keys/master.key").write_bytes(os.urandom(32))
    wrong = tracing(data_dir, "tracing.cli", "keys", "check")
    refused = tracing(data_dir, "tracing.cli", "db", "check")

    assert wrong.returncode == 1
    assert "keys are NOT those of the data" in wrong.stdout
    assert refused.returncode == 1
    assert "Copy keys/master.key" in refused.stderr
    assert "Traceback" not in refused.stderr
