"""Benchmark of next calls per second over HTTP, from the button to the redirect to the call, and of the slowest waits.

5,000 tracers are logged in; 83 of them per second ask for their next call. The pages are served as on a separate host
(`tracing serve`), on a database filled by a real import. `--quick` uses a tenth of everything.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text

from benchmarks.figures import Figure, at_least, at_most, say, show, told
from benchmarks.ground import Ground
from benchmarks.queue_ground import seconds
from benchmarks.serving import add_people, free_port, log_in, served
from tracing.app.runtime import running
from tracing.kernel import db
from tracing.kernel.config import Settings

A_SECOND = 83
USERS = 40
"""Connections of the load generator; each sends about two requests a second."""
WORKERS = 2
WARMING = 3.0
"""Seconds of warm-up calls, not measured."""


def main(arguments: list[str]) -> int:
    """Run everything and print the figures; return 1 when one of them misses its target."""
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
    settings = Settings(data_dir=folder / "data", port=free_port(), log_level="error")
    calls = int(A_SECOND * (lasting + WARMING) * 1.5)
    with running(settings) as runtime:
        here = Ground(runtime.server, runtime.engine, db.make_engine(runtime.server.owner_url))
        say(f"  {calls:,} people to call, {sessions:,} sessions …")
        add_people(here, people=calls)
        known = folder / "sessions.json"
        known.write_text(json.dumps(log_in(runtime, here, sessions)), encoding="utf-8")
        with served(settings, workers=WORKERS):
            # a host that has just started must first open connections and prepare statements
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
    # the generator takes a second to start: measure from its first answer to its last
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


def _load(settings: Settings, known: Path, lasting: float, *, after: int = 0) -> dict[str, dict[str, Any]]:
    """Run the load generator, skipping the first `after` sessions; return its results by name."""
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
    """Return the milliseconds within which this share of the answers came, from the generator's histogram."""
    times = sorted((float(took), count) for took, count in found["response_times"].items())
    wanted, seen = share * sum(count for _took, count in times), 0
    for took, count in times:
        seen += count
        if seen >= wanted:
            return took
    return 0.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
