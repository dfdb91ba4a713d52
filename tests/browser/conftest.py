"""The product as it is run: `tracing run` in a process of its own, on data that came through the import."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.browser import launched
from tests.support.platform import PASSWORD

ROOT = Path(__file__).parents[2]
READY = re.compile(r"Ready: (http://\S+?)/")
LONGEST_START = 120


@dataclass
class Platform:
    """A running product: its address, and the process behind it."""

    address: str
    data_dir: Path
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser, or a loud skip."""
    with launched() as running:
        yield running


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a product with a small lot loaded, as it was left: made once, copied for each module."""
    data_dir = tmp_path_factory.mktemp("prepared")
    subprocess.run(
        [sys.executable, "-m", "tests.support.platform"], cwd=ROOT, env=environment_of(data_dir), check=True
    )
    return data_dir


def environment_of(data_dir: Path) -> dict[str, str]:
    """Return the settings of a product with its data in this folder."""
    return os.environ | {
        "TRACING_DATA_DIR": str(data_dir),
        "TRACING_PORT": str(free_port()),
        "TRACING_DEMO": "off",
        "TRACING_FICTION_NUMBERS": "on",
    }


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[Platform]:
    """The product with a small lot loaded, until the module's tests are done."""
    data_dir = tmp_path_factory.mktemp("platform")
    # with its owners: PostgreSQL refuses a folder that is another user's
    subprocess.run(["cp", "--archive", f"{prepared}/.", data_dir], check=True)
    environment = environment_of(data_dir)
    with subprocess.Popen(
        [sys.executable, "-m", "tracing.cli", "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Platform(address_of(process), data_dir, process)
            process.send_signal(signal.SIGINT)
            said, _nothing = process.communicate(timeout=60)
        finally:
            process.kill()  # or leaving this block would wait for ever for what does not stop
        assert process.returncode == 0, f"Ctrl-C must stop everything cleanly:\n{said}"


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def address_of(process: subprocess.Popen[str]) -> str:
    """Read what the product prints until it says where it is."""
    said = []
    for line in process.stdout or ():
        said.append(line)
        if found := READY.search(line):
            return found[1]
    raise AssertionError(f"the product did not start:\n{''.join(said)}")


LogIn = Callable[[str], Page]


@pytest.fixture
def log_in(chromium: Browser, platform: Platform) -> Iterator[LogIn]:
    """Open the product as somebody, in a browser window of their own; nothing may fail in its console."""
    contexts = []
    failures: list[str] = []

    def begin(login: str) -> Page:
        context = chromium.new_context(
            locale="fr-FR",
            timezone_id="Europe/Paris",
            viewport={"width": 1280, "height": 800},
            accept_downloads=True,
            # a test that ends TLS gives itself the certificate
            ignore_https_errors=True,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: failures.append(f"{login}: {error}"))
        page.on(
            "console",
            lambda message: (
                failures.append(f"{login}: {message.text}")
                if message.type == "error" and "Content Security Policy" in message.text
                else None
            ),
        )
        page.goto(f"{platform.address}/login")
        page.get_by_label("Identifiant").fill(login)
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Se connecter").click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    yield begin
    for context in contexts:
        context.close()
    assert failures == []


def accessible(page: Page) -> None:
    """Fail when axe finds something on the page that WCAG 2.2 AA forbids."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
