"""The documents' own commands, followed to the letter in a scratch folder up to a log-in.

The blocks of docs/several-machines.md and the SQL of docs/settings.md are run as they stand there. Paths of the machine
are those of the scratch folder, PostgreSQL's own server stands for the databases' machine, and a few programs that need
root or another machine have stand-ins (STAND_INS).
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.activated import log_in, start, stop
from tests.support.source import ROOT
from tracing.kernel.postgres.cluster import ADMIN, Cluster
from tracing.kernel.postgres.programs import find_programs

GUIDE = (ROOT / "docs/several-machines.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(sh|sql)( [^\n]+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OUTSIDE = re.compile(r"not-tested \((apt|systemd|nginx)\b[^)]*\)")
MACHINE = re.compile(r"(?<![\w/.])/(opt|etc|usr|var)/")
FROM_NGINX = {
    "Host": "tracing.example.org",
    "Origin": "https://tracing.example.org",
    "Referer": "https://tracing.example.org/login",
    "X-Forwarded-Proto": "https",
}
"""What the pages are told by nginx and a browser; the two themselves are tried in tests of their own."""
STAND_INS = {
    # the test has one user
    "runuser": 'shift 3; exec "$@"',
    "chown": "exit 0",
    # the other machine is another folder
    "ssh": """shift; exec sh -c "$(printf %s "$*" | sed 's#{root}/#{other}/#g')" """,
    # what is installed for the tests serves here as well; what `make install` does is tested below
    "make": '[ "$1" = install ] && ln -sfn {venv} .venv',
}


def blocks(text: str) -> list[tuple[str, str, str]]:
    """Return language, remark and content of every block of a document."""
    return [(language, remark.strip(), content) for language, remark, content in BLOCK.findall(text)]


@dataclass
class Machine:
    """A folder that stands for a host."""

    root: Path
    other: Path

    def here(self, text: str) -> str:
        """Return text whose paths are those of this machine."""
        return MACHINE.sub(rf"{self.root}/\1/", text)

    @property
    def path(self) -> str:
        return f"{self.root}/bin:{self.root}/usr/local/sbin:{os.environ['PATH']}"

    def build(self) -> None:
        """Make its folders, its stand-ins, and a release that was unpacked."""
        for folder in ("bin", "etc/systemd/system", "usr/lib/sysusers.d", "usr/local/sbin", "var/lib"):
            (self.root / folder).mkdir(parents=True)
        (self.other / "var/lib").mkdir(parents=True)
        for name, words in STAND_INS.items():
            script = words.format(root=self.root, other=self.other, venv=sys.prefix)
            (self.root / "bin" / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (self.root / "bin" / name).chmod(0o755)
        release = self.root / "opt/tracing-0.1.0"
        shutil.copytree(ROOT / "deploy", release / "deploy")
        for file in (release / "deploy").iterdir():
            file.write_text(self.here(file.read_text(encoding="utf-8")), encoding="utf-8")

    def run(self, block: str) -> str:
        """Do what a block says, and stop at the first command that fails."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(block)],
            check=False,
            capture_output=True,
            cwd=self.root,
            env={"PATH": self.path, "LANG": "C.UTF-8"},
            text=True,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def write_addresses(self, sockets: str) -> None:
        """Put the address of the test's server into the settings, as the guide says."""
        for file in (self.root / "etc/tracing").glob("*.env"):
            text = file.read_text(encoding="utf-8")
            text = re.sub(r"@\w+\.example\.org/(\w+)\?[^']+", rf"@/\1?host={sockets}&port=5432", text)
            file.write_text(text, encoding="utf-8")

    def environment_of(self, unit: str) -> tuple[list[str], dict[str, str]]:
        """Return the command of a unit and the environment that it gets."""
        text = (self.root / f"etc/systemd/system/{unit}").read_text(encoding="utf-8")
        line = {
            name: re.findall(rf"^{name}=(.+)$", text, re.MULTILINE)[0]
            for name in ("ExecStart", "Environment", "EnvironmentFile")
        }
        settings = shlex.split(Path(line["EnvironmentFile"]).read_text(encoding="utf-8"), comments=True)
        given = dict(word.split("=", 1) for word in [*settings, line["Environment"]])
        return shlex.split(line["ExecStart"]), given | {"PATH": os.environ["PATH"]}


def databases(cluster: Cluster, sql: str) -> None:
    """Run a block of SQL with psql, as the superuser of the databases' machine."""
    url = cluster.url(ADMIN, "postgres").replace("+psycopg", "")
    done = subprocess.run(
        [find_programs(None) / "psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--dbname={url}"],
        check=False,
        capture_output=True,
        input=sql.replace("…", "change-me"),
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_guide_leads_to_a_log_in_and_back_from_the_loss_of_everything(data_dir, tmp_path):
    [sql] = [content for language, _remark, content in blocks(SETTINGS) if language == "sql"]
    steps = [content for _language, remark, content in blocks(GUIDE) if not remark]
    setting_up, taking_back = steps[:-2], steps[-1]
    [restoring] = [step for step in steps if "tracing restore" in step]
    machine = Machine(tmp_path / "host1", tmp_path / "host2")
    machine.build()
    data_dir.mkdir(mode=0o755)
    cluster = Cluster(data_dir, durable=False)
    with cluster.exclusively():
        share = cluster.join()
        cluster.start()
    try:
        databases(cluster, sql)
        said = ""
        for step in setting_up:
            said += machine.run(step)
            machine.write_addresses(str(data_dir / "postgres/run"))
        password = re.findall(r"shown once: (\S+)", said)[0]
        for name in ("keys/master.key", "secrets/flask_secret_key"):
            first, second = (root / "var/lib/tracing" / name for root in (machine.root, machine.other))
            assert first.read_bytes() == second.read_bytes()
            assert second.stat().st_mode & 0o777 == 0o600
            assert second.parent.stat().st_mode & 0o777 == 0o700

        shutil.rmtree(machine.root / "var/lib/tracing")
        databases(cluster, "DROP DATABASE tracing; DROP DATABASE tracing_keys;")
        databases(cluster, re.sub(r"^CREATE ROLE.*\n", "", sql, flags=re.MULTILINE))
        machine.run(restoring)

        command, environment = machine.environment_of("tracing-serve.service")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            pages = start([*command[:-1], "1"], listener, environment)
            status = log_in(listener.getsockname()[1], "gaspard", password, headers=FROM_NGINX)
            stop(pages)
        assert status == 303
        assert "will be taken back" in machine.run(taking_back)
    finally:
        with cluster.exclusively():
            cluster.leave(share)


@pytest.mark.parametrize("name", ["README.md", "docs/settings.md", "docs/several-machines.md"])
def test_what_the_documents_tell_to_type_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for words in set(re.findall(r"(?:`|^|bin/)tracing ((?:[a-z]+ ?)+)", text, re.MULTILINE)):
        assert found(words.split()), words
    for unit in set(re.findall(r"tracing-\w+\.(?:service|socket)", text)):
        assert (ROOT / "deploy" / unit).exists(), unit
    assert all(OUTSIDE.fullmatch(remark) for _language, remark, _content in blocks(text) if remark)


def found(words: list[str]) -> bool:
    """Say whether words are a command of this program; those after it are its arguments."""
    import click

    from tracing.cli import main

    command: click.Command | None = main
    while words and isinstance(command, click.Group):
        command = command.commands.get(words.pop(0))
    return command is not None and not isinstance(command, click.Group)


def test_production_installs_what_is_pinned_and_nothing_for_development(tmp_path):
    for name in (
        "Makefile",
        "bin",
        "tracing",
        "requirements.lock",
        "requirements-dev.lock",
        "pyproject.toml",
    ):
        (tmp_path / name).symlink_to(ROOT / name)
    said = subprocess.run(["make", "-n", "install"], check=True, cwd=tmp_path, capture_output=True, text=True)

    assert "--require-hashes -r requirements.lock" in said.stdout
    assert "requirements-dev.lock" not in said.stdout
    assert "pip install" not in said.stdout.replace("pip install -qq", "", 1)


def test_the_command_that_install_makes_runs_the_release_beside_it(tmp_path):
    release = tmp_path / "tracing-0.1.0"
    (release / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "bin/link", release / "bin/link")
    (release / "tracing").mkdir()
    (release / "tracing/cli.py").write_text("def main(): print('this release')\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], check=True, cwd=release)

    subprocess.run(["bin/link", ".venv"], check=True, cwd=release)

    said = subprocess.run(
        [release / ".venv/bin/tracing"], check=True, cwd="/", capture_output=True, text=True
    )
    assert said.stdout == "this release\n"
