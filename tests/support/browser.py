"""Where this machine's Chromium is, for the tests that drive a real browser."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> Path | None:
    """Return the browser named by TRACING_TEST_BROWSER, else one on the path, else None."""
    named = os.environ.get("TRACING_TEST_BROWSER")
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else None


def must_not_skip() -> bool:
    """Say whether a missing browser is a failure: it is wherever a change is judged."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}
