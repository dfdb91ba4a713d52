"""The gallery instead of the application: components need no database."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from tests.support.browser import launched
from tests.ui.gallery import create_gallery


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
    with launched() as running:
        yield running


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
