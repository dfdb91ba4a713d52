"""The files with which systemd runs the product on several machines: systemd accepts them, and so do the settings."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.source import ROOT
from tracing.app.serving import FINISH_SECONDS
from tracing.cli import main
from tracing.kernel.config import Settings

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
FILES = [*UNITS, *DEPLOY.glob("*.socket")]
INSTALLED = "/opt/tracing/.venv/bin/tracing"
MOST_EXPOSED = 20
"""Of 100, as systemd counts what a service could do with the machine; a unit with no such line has 96."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


@pytest.fixture
def installed(tmp_path: Path) -> list[str]:
    """The units as they are, but for the program: it is where this machine has one."""
    paths = []
    for unit in FILES:
        path = tmp_path / unit.name
        here = Path(sys.executable).with_name("tracing")
        path.write_text(unit.read_text(encoding="utf-8").replace(INSTALLED, str(here)), encoding="utf-8")
        paths.append(str(path))
    return paths


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], check=False, capture_output=True, text=True)


@pytest.mark.systemd
@needs_systemd
def test_systemd_accepts_the_units_without_a_word(installed: list[str]):
    found = analyze("verify", "--man=no", *installed)

    assert (found.returncode, found.stderr.strip()) == (0, "")


@pytest.mark.systemd
@needs_systemd
def test_the_units_leave_the_services_little_of_the_machine(installed: list[str]):
    help_text = analyze("--help").stdout
    if "--offline" not in help_text:
        pytest.skip("this systemd counts exposure only of running services")

    for path in (one for one in installed if one.endswith(".service")):
        found = analyze("security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSED}", path)
        assert found.returncode == 0, found.stdout.splitlines()[-1]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_unit_starts_a_command_that_there_is_with_one_folder_to_write_to(unit: Path):
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read(unit, encoding="utf-8")
    service = read["Service"]
    program, *words = service["ExecStart"].split()

    assert program == INSTALLED
    assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0
    assert service["Environment"] == f"TRACING_DATA_DIR=/var/lib/{service['StateDirectory']}"
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectoryMode"] == "0700", "or the product refuses its keys"


def test_the_settings_of_the_examples_are_settings_of_this_program():
    texts = [path.read_text(encoding="utf-8") for path in sorted(DEPLOY.glob("*.env.example"))]
    given = dict(line.split("=", 1) for line in shlex.split("\n".join(texts), comments=True))

    settings = Settings.from_env(given)

    assert not settings.is_embedded
    assert settings.demo == "off"
    assert settings.secure_cookies
    assert "tracing_owner" in (settings.owner_database_url or "")
    assert "tracing_owner" in (settings.owner_keys_url or "")


def test_the_pages_take_the_socket_that_stays_open():
    serve = (DEPLOY / "tracing-serve.service").read_text(encoding="utf-8")
    nginx = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    [address] = re.findall(
        r"^ListenStream=(.+)$", (DEPLOY / "tracing-serve.socket").read_text(), re.MULTILINE
    )

    assert "Requires=tracing-serve.socket" in serve
    assert f"server {address} " in nginx
    assert int(re.findall(r"^TimeoutStopSec=(\d+)$", serve, re.MULTILINE)[0]) > FINISH_SECONDS
