"""Serve pages over HTTP as on a separate host, with people to call and logged-in tracers."""

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from socket import create_server
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from benchmarks import lots
from benchmarks.ground import PROGRAMME, Ground
from benchmarks.queue_ground import add_members, settle
from tracing.app.middleware.csrf import token_of
from tracing.app.runtime import Runtime
from tracing.demo import encryption
from tracing.imports.decryption.secrets import secrets_from
from tracing.imports.jobs import Arrival, load
from tracing.kernel import db
from tracing.kernel.config import Settings
from tracing.staff import services as staff
from tracing.staff.access import COOKIE
from tracing.staff.login.sessions import hash_token


def add_people(here: Ground, *, people: int) -> None:
    """Open a site that calls at any hour, and import a number of people to call."""
    key, certificate = encryption.new_key_pair("Benchmark", at=datetime.now(UTC))
    with db.transaction():
        site = staff.add_site(
            code="441",
            name="Banc",
            programme=PROGRAMME,
            time_zone="Europe/Paris",
            is_default=True,
            at=datetime.now(UTC),
        )
        # the benchmark must run at any hour
        db.session.execute(
            text("""
                UPDATE sites SET calls_from = '00:00', calls_until = '23:59:59', calls_on_sundays = true,
                    calls_on_holidays = true WHERE id = :site
            """),
            {"site": site.id},
        )
    load(
        Arrival(
            content=encryption.encrypt(lots.as_csv(lots.people(people, seed=1)), certificate),
            file_name="banc.p7m",
            source_code="BENCH",
            secrets=secrets_from(private_key=key, certificate=certificate),
            zone=ZoneInfo("Europe/Paris"),
            allow_fiction=True,
            programme=PROGRAMME,
        )
    )
    settle(here)


def log_in(runtime: Runtime, here: Ground, count: int) -> dict[str, Any]:
    """Log in a number of tracers; return each one's cookie and form token."""
    members = add_members(here, count)
    tokens = [secrets.token_urlsafe(32) for _ in members]
    with here.owner.begin() as connection:
        connection.execute(
            text("""
                INSERT INTO staff_sessions (token_hash, member_id, site_id, device, started_at, last_input_at)
                SELECT hash, member_id, (SELECT min(id) FROM sites), 'bench', now(), now()
                FROM unnest(CAST(:hashes AS bytea[]), CAST(:members AS bigint[])) AS opened(hash, member_id)
            """),
            {"hashes": [hash_token(token) for token in tokens], "members": members},
        )
    with runtime.make_app().app_context():
        return {"sessions": [(token, token_of(token)) for token in tokens], "name": COOKIE}


@contextmanager
def served(settings: Settings, *, workers: int) -> Iterator[int]:
    """Serve the pages as a host does while the context lasts; yield the id of its first process."""
    # where a benchmark keeps its database is not a setting of the product
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TRACING_BENCH_")}
    environment = ours | {
        "TRACING_DATA_DIR": str(settings.data_dir),
        "TRACING_PORT": str(settings.port),
        "TRACING_LOG_LEVEL": settings.log_level,
    }
    command = [sys.executable, "-m", "tracing.cli", "serve", "--workers", str(workers)]
    serving = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(f"http://{settings.host}:{settings.port}/login", serving)
        yield serving.pid
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.wait(30)


def _wait_for(url: str, serving: "subprocess.Popen[bytes]") -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=5).read()  # noqa: S310 - our own address
        except OSError:  # not listening yet, or too busy to answer
            if serving.poll() is not None:
                raise RuntimeError("the pages are not served") from None
            time.sleep(0.5)
        else:
            return
    raise RuntimeError("the pages do not answer")


def free_port() -> int:
    """Return a free port."""
    with create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
