"""Next calls a second over HTTP, from the button to being sent to the call, and how long the slowest wait.

5,000 tracers are logged in; 83 of them a second ask for their next call. The pages are served as on a host of their
own (`tracing serve`), on a base filled by a real import. `--quick` takes a tenth of everything.
"""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from benchmarks import lots
from benchmarks.figures import Figure, at_least, at_most, say, show, told
from benchmarks.ground import PROGRAMME, Ground
from benchmarks.queue_ground import add_members, seconds, settle
from tracing.app.csrf import token_of
from tracing.app.runtime import Runtime, running
from tracing.demo import sealing
from tracing.imports.containers import secrets_from
from tracing.imports.jobs import Arrival, load
from tracing.kernel import db
from tracing.kernel.config import Settings
from tracing.staff import services as staff
from tracing.staff.access import COOKIE
from tracing.staff.sessions import hash_token

A_SECOND = 83
USERS = 40
"""Connections of the load generator; each asks about twice a second."""
WORKERS = 2
WARMING = 3.0
"""Seconds of calls before those that are measured."""


def main(arguments: list[str]) -> int:
    """Run everything and print the figures; 1 when one of them does not hold."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="a tenth of everything")
    chosen = options.parse_args(arguments)
    scale = 10 if chosen.quick else 1
    with TemporaryDirectory(prefix="bench-", dir=os.environ.get("TRACING_BENCH_DIR")) as folder:
        figures = _figures(Path(folder), sessions=5000 // scale, lasting=seconds(max(10, 30 / scale)))
    show(figures, as_json=chosen.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def _figures(folder: Path, *, sessions: int, lasting: float) -> list[Figure]:
    settings = Settings(data_dir=folder / "data", port=_free_port(), log_level="error")
    calls = int(A_SECOND * (lasting + WARMING) * 1.5)
    with running(settings) as runtime:
        here = Ground(runtime.server, runtime.engine, db.make_engine(runtime.server.owner_url))
        say(f"  {calls:,} people to call, {sessions:,} sessions …")
        _fill(here, people=calls)
        known = folder / "sessions.json"
        known.write_text(json.dumps(_sessions(runtime, here, sessions)), encoding="utf-8")
        with _served(settings):
            # a host that has just begun makes its connections and prepares its statements first
            _load(settings, known, WARMING)
            found = _load(settings, known, lasting, after=int(A_SECOND * WARMING * 2))
        with here.owner.begin() as connection:
            claims, households = connection.execute(
                text("""
                    SELECT count(*), count(DISTINCT (subject_id, detail ->> 'claim')) FROM events
                    WHERE kind = 'call.claimed'
                """)
            ).one()
        here.owner.dispose()
    taken, own = found["next call"], found["own delay"]
    asked, failed = taken["num_requests"], taken["num_failures"]
    # the generator takes a second to begin: what counts lies between its first answer and its last
    took = taken["last_request_timestamp"] - taken["start_time"]
    say(f"    {asked} calls in {took:.1f} s, {failed} failures")
    return [
        at_least("next calls over http", asked / took, "/s", raw=A_SECOND, target=0.95),
        at_most("next call p99", _percentile(taken, 0.99), "ms", target=50),
        told("next call p50", _percentile(taken, 0.5), "ms"),
        told("own delay of the load generator, p99", _percentile(own, 0.99), "ms"),
        at_most("failures", failed, "calls", target=0),
        at_most("claimed twice", claims - households, "calls", target=0),
    ]


def _fill(here: Ground, *, people: int) -> None:
    key, certificate = sealing.new_key_pair("Benchmark", at=datetime.now(UTC))
    with db.transaction():
        site = staff.add_site(
            code="441",
            name="Banc",
            programme=PROGRAMME,
            time_zone="Europe/Paris",
            is_default=True,
            at=datetime.now(UTC),
        )
        # whatever the hour of this run
        db.session.execute(
            text("""
                UPDATE sites SET calls_from = '00:00', calls_until = '23:59:59', calls_on_sundays = true,
                    calls_on_holidays = true WHERE id = :site
            """),
            {"site": site.id},
        )
    load(
        Arrival(
            content=sealing.encrypt(lots.as_csv(lots.people(people, seed=1)), certificate),
            file_name="banc.p7m",
            source_code="BENCH",
            secrets=secrets_from(private_key=key, certificate=certificate),
            zone=ZoneInfo("Europe/Paris"),
            allow_fiction=True,
            programme=PROGRAMME,
        )
    )
    settle(here)


def _sessions(runtime: Runtime, here: Ground, count: int) -> dict[str, Any]:
    """Log so many tracers in; returns each one's cookie and the token of its forms."""
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
def _served(settings: Settings) -> Iterator[None]:
    """Serve the pages as a host does, until they are no longer needed."""
    environment = os.environ | {
        "TRACING_DATA_DIR": str(settings.data_dir),
        "TRACING_PORT": str(settings.port),
        "TRACING_LOG_LEVEL": settings.log_level,
    }
    command = [sys.executable, "-m", "tracing.cli", "serve", "--workers", str(WORKERS)]
    serving = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(f"http://{settings.host}:{settings.port}/login", serving)
        yield
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.wait(30)


def _wait_for(url: str, serving: "subprocess.Popen[bytes]") -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=2).read()  # noqa: S310 - our own address
        except (urllib.error.URLError, ConnectionError):
            if serving.poll() is not None:
                raise RuntimeError("the pages are not served") from None
            time.sleep(0.5)
        else:
            return
    raise RuntimeError("the pages do not answer")


def _load(settings: Settings, known: Path, lasting: float, *, after: int = 0) -> dict[str, dict[str, Any]]:
    """Let the load generator run with the sessions `after` the first ones; returns what it found, by name."""
    environment = os.environ | {
        "BENCH_SESSIONS": str(known),
        "BENCH_A_SECOND": str(A_SECOND),
        "BENCH_USERS": str(USERS),
        "BENCH_AFTER": str(after),
    }
    command = [
        *(sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("callers.py")), "--headless"),
        *("-u", str(USERS), "-r", str(USERS), "-t", f"{lasting:.0f}s", "--json", "--loglevel", "WARNING"),
        *("--host", f"http://{settings.host}:{settings.port}"),
    ]
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return {one["name"]: one for one in found}


def _percentile(found: dict[str, Any], share: float) -> float:
    """Return the milliseconds within which so many answers came: the generator counts them by time."""
    times = sorted((float(took), count) for took, count in found["response_times"].items())
    wanted, seen = share * sum(count for _took, count in times), 0
    for took, count in times:
        seen += count
        if seen >= wanted:
            return took
    return 0.0


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
