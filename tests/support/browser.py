"""Find and start the machine's Chromium, for the tests that drive a real browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=fr",
)

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> Path | None:
    """Return the browser named by TRACING_TEST_BROWSER, else one on the path, else None."""
    named = os.environ.get("TRACING_TEST_BROWSER")
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else None


def must_not_skip() -> bool:
    """Say whether a missing browser is a failure: it is in CI."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


@contextmanager
def launched() -> Iterator[Browser]:
    """Run a real browser; without one, skip with a clear message, or fail in CI."""
    path = find_browser()
    if path is None:
        message = "no Chromium here: the browser tests did not run"
        (pytest.fail if must_not_skip() else pytest.skip)(message)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield running
        running.close()
