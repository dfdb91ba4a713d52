"""The gallery instead of the application: components need no database."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from tests.support.browser import find_browser, must_not_skip
from tests.ui.gallery import create_gallery

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


@pytest.fixture
def gallery() -> Flask:
    """The gallery as an application, without the protection that a test client cannot pass."""
    app = create_gallery()
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def client(gallery: Flask) -> FlaskClient:
    """A visitor of the gallery."""
    return gallery.test_client()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser, or a loud skip."""
    path = find_browser()
    if path is None:
        message = "no Chromium here: the browser tests did not run"
        (pytest.fail if must_not_skip() else pytest.skip)(message)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def served() -> Iterator[tuple[Flask, str]]:
    """The gallery behind a real address, with its protection on."""
    app = create_gallery()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
