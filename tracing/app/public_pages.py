"""The process of the public pages: a role that may execute two functions, one key, and nothing else of the platform.

`tracing serve --public` runs it alone. In `tracing run` its application shares the port, under the prefix of its pages.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from flask import Flask, Response, g, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException

from tracing.app.health import answer_probes
from tracing.app.middleware.address import init_address
from tracing.app.middleware.request_log import Application, number_requests
from tracing.kernel import logs, secrets
from tracing.kernel.config import CannotStart, Settings
from tracing.kernel.db import make_engine
from tracing.kernel.errors import Refused
from tracing.kernel.outages import outage
from tracing.kernel.postgres.embedded import Server, ensure_server
from tracing.public import views
from tracing.public.services import Checks
from tracing.ui import requests
from tracing.ui.headers import POLICY
from tracing.ui.setup import init_ui

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()

LARGEST_QUESTION = 16 * 1024
"""Bytes of a request: a form of five short fields."""
WAIT = 600
"""Seconds after which tries are counted anew."""
NO_SCRIPT = POLICY.replace("script-src 'self'", "script-src 'none'").replace(
    "connect-src 'self'", "connect-src 'none'"
)


@dataclass
class PublicRuntime:
    """A started process of the public pages."""

    settings: Settings
    engine: Engine
    key: bytes = field(repr=False)
    server: Server | None = field(default=None, repr=False)
    """The embedded server, if this process keeps it running."""

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The connections that a child process must not share."""
        return (self.engine,)

    def make_app(self) -> Flask:
        """Return the pages."""
        app = create_public_app(self.settings, Checks(self.engine, self.key))
        app.wsgi_app = answer_probes(app.wsgi_app, _Readiness(self.engine).report)  # type: ignore[method-assign, assignment]
        return app

    def stop(self) -> None:
        """Close the connections, and the embedded server if nobody else uses it."""
        self.engine.dispose()
        if self.server is not None:
            self.server.stop()


@contextmanager
def running(settings: Settings) -> Iterator[PublicRuntime]:
    """Start the process of the public pages, and stop it cleanly whatever happens.

    Raises:
        CannotStart: no address of the database was given for its role, or its key is missing.
    """
    logs.configure(settings.log_level, settings.log_format)
    path = secrets.public_pages_key(settings.data_dir)
    key = secrets.load(path)
    if key is None:
        raise CannotStart(
            f"The key of the public pages is missing: {path}. Copy it from a host of the platform, "
            + "where `tracing db upgrade` writes it. No other key is needed here."
        )
    url, server = settings.public_database_url, None
    if url is None and settings.is_embedded:
        server = ensure_server(settings)
        url = server.public_url
    if url is None:
        raise CannotStart(
            "TRACING_PUBLIC_DATABASE_URL is not set: the public pages connect as the role tracing_public only."
        )
    runtime = PublicRuntime(settings, make_engine(url), key, server)
    try:
        yield runtime
    finally:
        runtime.stop()


def create_public_app(settings: Settings, checks: Checks) -> Flask:
    """Return the application of the public pages: no session, no cookie, no script."""
    app = Application("tracing", static_folder=None, static_url_path="/static")
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_QUESTION,
        WTF_CSRF_ENABLED=False,  # there is no session that another site could use
        BABEL_DEFAULT_LOCALE=settings.locale,
    )
    app.extensions[views.CHECKS] = checks
    number_requests(app, access_log=settings.access_log)

    @app.before_request
    def remember_settings() -> None:
        g.settings, g.time_zone = settings, settings.zone

    requests.register(app)
    app.before_request(outage.page_begins)
    app.teardown_request(lambda _error: outage.page_ends())
    own_name = settings.public_pages_url or settings.public_url
    init_address(app, replace(settings, public_url=own_name))
    init_ui(app)
    app.after_request(_without_script)
    app.register_blueprint(views.bp)
    app.add_url_rule("/", "root", lambda: redirect(url_for("public.home")))
    for kind in (Refused, HTTPException, SQLAlchemyError, psycopg.Error):
        app.register_error_handler(kind, _show_error)
    return app


def _without_script(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = NO_SCRIPT
    return response


def _show_error(error: Exception) -> Response:
    """Say in words what cannot be answered now; never what was asked."""
    if isinstance(error, HTTPException) and (error.response is not None or (error.code or 0) < 400):
        return make_response(error.get_response())
    status, title, happened = _words(error)
    page = render_template("public/error.html", title=title, happened=happened)
    response = make_response(page, status)
    if status in {429, 503}:
        response.headers["Retry-After"] = str(WAIT if status == 429 else 5)
    return response


def _words(error: Exception) -> tuple[int, str, str]:
    if isinstance(error, (SQLAlchemyError, psycopg.Error)):
        cause = getattr(error, "orig", None) or error
        log.warning(
            "database not available", error=type(cause).__name__, code=getattr(cause, "sqlstate", None)
        )
        is_lost = isinstance(cause, (psycopg.OperationalError, NoConnectionFree))
        return 503 if is_lost else 500, _unavailable(), _("Réessayez dans un instant.")
    if isinstance(error, Refused):
        return error.status, _("Ce n’est pas possible maintenant"), error.message
    code = error.code if isinstance(error, HTTPException) else None
    if code == 404:
        return 404, _("Cette page n’existe pas"), _("Vérifiez l’adresse, ou repartez du début.")
    if code is None or code >= 500:
        return 500, _unavailable(), _("Réessayez dans un instant.")
    return code, _("Cette demande n’a pas pu être lue"), _("Rechargez la page et recommencez.")


def _unavailable() -> str:
    return str(_("La vérification ne répond pas pour l’instant"))


@dataclass
class _Readiness:
    """Whether the database answers this process's role; asked once a second at most."""

    engine: Engine
    _kept: tuple[float, dict[str, Any]] | None = field(default=None, repr=False)

    def report(self) -> dict[str, Any]:
        if self._kept is None or monotonic() - self._kept[0] > 1:
            self._kept = (monotonic(), self._ask())
        return self._kept[1]

    def _ask(self) -> dict[str, Any]:
        try:
            with outage.for_a_page(), self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, psycopg.Error):
            return {"ready": False, "checks": {"database": "does not answer"}}
        return {"ready": True, "checks": {"database": "ok"}}


def sharing_port(platform: "WSGIApplication", public: "WSGIApplication") -> "WSGIApplication":
    """Return an application that passes on what lies under the prefix of the public pages, and all else to the platform."""

    def choose(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        is_theirs = path == views.PREFIX or path.startswith(f"{views.PREFIX}/")
        return (public if is_theirs else platform)(environ, start_response)

    return choose
