"""Starting a process: settings, database, keys, and the checks before the first page."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import Engine

from tracing.app.factory import create_app
from tracing.app.health import Readiness, answer_probes
from tracing.kernel import clock, logs
from tracing.kernel.config import CannotStart, Settings
from tracing.kernel.db import connect, make_engine, session, transaction
from tracing.kernel.postgres import migrate
from tracing.kernel.postgres.embedded import Server, ensure_server
from tracing.kernel.secrets import flask_secret_key, write_public_pages_key
from tracing.programmes.loader import load_packs
from tracing.programmes.publishing import queries as rule_versions
from tracing.programmes.publishing import services as publishing
from tracing.scripts.publishing import queries as script_versions
from tracing.scripts.publishing import services as script_publishing
from tracing.sickleave.models import NOTE_CHECK
from tracing.staff import queries as staff
from tracing.vault import opening
from tracing.vault import services as vault

log = structlog.get_logger()


@dataclass
class Runtime:
    """A started process: its database is migrated, its vault open, its rules and scripts checked."""

    settings: Settings
    server: Server
    engine: Engine
    keys_engine: Engine

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The connections that a child process must not share."""
        return self.engine, self.keys_engine

    def make_app(self) -> Flask:
        """Return the pages."""
        app = create_app(self.settings, secret_key=flask_secret_key(self.settings.data_dir))
        app.extensions["tracing.runtime"] = self
        ready = Readiness(self.engine, self.keys_engine, vault.master_key_opens)
        app.wsgi_app = answer_probes(app.wsgi_app, ready.report)  # type: ignore[method-assign, assignment]
        return app

    def stop(self) -> None:
        """Close the connections, and the embedded server if nobody else uses it."""
        session.remove()
        self.engine.dispose()
        self.keys_engine.dispose()
        self.server.stop()


def start(settings: Settings) -> Runtime:
    """Start everything that a command or a page needs; in a fresh data directory it is created."""
    logs.configure(settings.log_level, settings.log_format)
    load_packs()
    with ExitStack() as if_it_fails:
        server = ensure_server(settings)
        if_it_fails.callback(server.stop)
        migrate.upgrade(server.owner_url, server.keys_owner_url)
        engine, keys_engine = connect(server.app_url), make_engine(server.keys_app_url)
        runtime = Runtime(settings, server, engine, keys_engine)
        if_it_fails.pop_all()
        if_it_fails.callback(runtime.stop)
        with transaction():
            ring = opening.open_store(master_key_path(settings), keys_engine)
        vault.open_vault(ring)
        write_public_pages_key(settings.data_dir, ring.index_key(NOTE_CHECK))
        with transaction():
            check_programmes()
            publishing.seed(at=clock.now())
            rule_versions.follow_now(clock.database_now())
            script_publishing.seed(at=clock.now())
            script_versions.follow_now()
        if_it_fails.pop_all()
    return runtime


def master_key_path(settings: Settings) -> Path:
    """Return the file of the master key."""
    return settings.data_dir / "keys" / "master.key"


def check_keys(settings: Settings) -> dict[str, Any]:
    """Return a report on the keys, also of a platform that refuses to start; nothing is written."""
    logs.configure(settings.log_level, settings.log_format)
    server = ensure_server(settings)
    try:
        engine, keys_engine = connect(server.app_url), make_engine(server.keys_app_url)
        with transaction():
            report = opening.check(master_key_path(settings), keys_engine)
        engine.dispose()
        keys_engine.dispose()
    finally:
        session.remove()
        server.stop()
    return report


def check_programmes() -> None:
    """Check that the programmes of all sites exist: without its programme, a site could call nobody.

    Raises:
        CannotStart: one is missing. If the process started anyway, the scheduler would fail for the other sites, too.
    """
    known = load_packs()
    for site in staff.sites():
        if site.programme not in known:
            missing = f"Site {site.code} works by the programme {site.programme!r}, which this release does not have"
            raise CannotStart(
                f"{missing} (it has {', '.join(sorted(known))}). Go back to the release that had it."
            )


@contextmanager
def running(settings: Settings) -> Iterator[Runtime]:
    """Start a process, and stop it cleanly whatever happens."""
    runtime = start(settings)
    try:
        yield runtime
    finally:
        runtime.stop()
