"""Benchmark of the sweep of expired claims, compared with the raw batch rate, and of its effect on claiming.

50,000 expired claims among a million waiting households. `--quick` uses a tenth of everything.

The raw rate is that of one statement in a loop, which frees the rows and does nothing else: it writes no event and ends
no call. It runs on the same table as the sweep, alternating with it, after the same preparation and in batches of the
same size. Like the sweep, it does not wait for the disk after each batch.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any

import psycopg
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from benchmarks.claim import Done, Work, run
from benchmarks.figures import Figure, at_least, at_most, say, show, told
from benchmarks.ground import Ground, ground, server
from benchmarks.queue_ground import add_households, add_members, address_of, processes, seconds, settle
from tracing.calls.jobs import sweep_claims
from tracing.kernel import db
from tracing.kernel.postgres.embedded import Server

CLAIMED = """
    WITH chosen AS (
        SELECT entry.id, tracer.id AS member_id
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM queue_entries) AS entry
        JOIN (SELECT id, row_number() OVER (ORDER BY id) AS number FROM members WHERE id = ANY(:members)) AS tracer
            USING (number)
    ), claimed AS (
        UPDATE queue_entries SET state = 'claimed', claimant_id = member_id, claim_number = claim_number + 1, is_stale = false,
            claimed_at = now() - interval '6 min', claim_ends_at = now() - interval '1 min',
            last_input_at = now() - interval '6 min'
        FROM chosen WHERE chosen.id = queue_entries.id
        RETURNING queue_entries.id, household_id, site_id, claimant_id, claim_number
    )
    INSERT INTO calls (entry_id, claim_number, household_id, site_id, tracer_id, started_at)
    SELECT id, claim_number, household_id, site_id, claimant_id, now() - interval '6 min' FROM claimed
"""

RAW = """
    UPDATE queue_entries SET state = 'ready', claimant_id = NULL, claimed_at = NULL, claim_ends_at = NULL,
        last_input_at = NULL
    WHERE id IN (
        SELECT id FROM queue_entries WHERE state = 'claimed' AND claim_ends_at <= now()
        ORDER BY claim_ends_at LIMIT %s FOR UPDATE SKIP LOCKED
    )
"""

LONGEST = 0.025
"""Seconds for which a batch may hold its locks at most."""
ROUNDS = 3
"""Alternating rounds: the speed of a shared machine varies, and this way it affects both sides alike."""

CLOSED = "UPDATE calls SET outcome = 'claim_ended', ended_at = now() WHERE ended_at IS NULL"
"""Ends the calls that the raw loop left open."""


def main(arguments: list[str]) -> int:
    """Run everything and print the figures; return 1 when one of them misses its target."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="a tenth of everything")
    chosen = options.parse_args(arguments)
    scale = 10 if chosen.quick else 1
    with server() as running:
        figures = _figures(running, ended=50_000 // scale, waiting=1_000_000 // scale)
    show(figures, as_json=chosen.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def _figures(running: Server, *, ended: int, waiting: int) -> list[Figure]:
    with ground(running, "sweep") as here:
        say(f"  {waiting:,} households, {ended:,} of them with claims that ended …")
        add_households(here, waiting, "ready")
        # the tracers who call meanwhile hold no claim yet
        callers, members = (added := add_members(here, ended + 100))[:100], added[100:]
        held: list[float] = []
        swept, took, written, wrote = 0, 0.0, 0, 0.0
        for _ in range(ROUNDS):
            ended_now, lasted = _sweep_at_rest(here, members, held)
            swept, took = swept + ended_now, took + lasted
            ended_raw, lasted_raw = _raw(here, members, most=swept // len(held))
            written, wrote = written + ended_raw, wrote + lasted_raw
            say(f"    swept {ended_now:,} in {lasted:.1f} s, raw {ended_raw:,} in {lasted_raw:.1f} s")
        _claim(here, members)
        with processes(1) as pool:
            lasting = max(3.0, seconds(3))
            calm = pool.apply(run, [_calling(here, callers, lasting)])
            meanwhile = pool.apply_async(run, [_calling(here, callers, lasting)])
            again, _took = _sweep()
            busy = meanwhile.get()
    return [
        at_least(
            "claims ended by the sweep",
            swept / took,
            "/s",
            raw=written / wrote,
            target=0.5,
        ),
        at_most("longest a batch held its locks", max(held) * 1000, "ms", target=LONGEST * 1000),
        told(f"batches of {len(held):,} that held them longer", sum(one > LONGEST for one in held), ""),
        told("claims in a batch", swept / len(held), ""),
        told("median a batch held its locks", sorted(held)[len(held) // 2] * 1000, "ms"),
        at_most("claim p99 meanwhile", _p99(busy), "ms", raw=_p99(calm), target=2),
        at_most("claims left behind", (ROUNDS + 1) * ended - swept - again, "claims", target=0),
    ]


def _claim(here: Ground, members: list[int]) -> None:
    """Let each of these members hold a household with an expired claim."""
    with here.owner.begin() as connection:
        connection.execute(text(CLAIMED), {"members": members})
    settle(here)


def _calling(here: Ground, members: list[int], lasting: float) -> Work:
    return Work("service", address_of(here), lasting, members, (0, 0))


def _sweep_at_rest(here: Ground, members: list[int], held: list[float]) -> tuple[int, float]:
    """Let claims expire and sweep them while nobody calls; append to `held` how long each batch kept its locks."""
    _claim(here, members)
    with _transactions(here.engine) as each:
        swept = _sweep()
    held += each
    return swept


def _sweep() -> tuple[int, float]:
    started = time.perf_counter()
    swept = sweep_claims(datetime.now(UTC))
    return swept, time.perf_counter() - started


def _p99(done: Done) -> float:
    return quantiles(done.took, n=100)[-1] * 1000


@contextmanager
def _transactions(engine: Engine) -> Iterator[list[float]]:
    """Record how long each transaction of the sweep lasted, from its first lock until its commit."""
    held: list[float] = []
    since: dict[str, float] = {}

    def locks(_c: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: Any) -> None:
        if "ended AS" in statement:
            since["lock"] = time.perf_counter()

    def ends(_session: Session) -> None:
        if "lock" in since:
            held.append(time.perf_counter() - since.pop("lock"))

    event.listen(engine, "before_cursor_execute", locks)
    event.listen(db.session, "after_commit", ends)
    yield held
    event.remove(engine, "before_cursor_execute", locks)
    event.remove(db.session, "after_commit", ends)


def _raw(here: Ground, members: list[int], *, most: int) -> tuple[int, float]:
    """Let claims expire and free them by a loop of bare statements, `most` at a time; return the number and seconds."""
    _claim(here, members)
    url = here.owner.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        started, done = time.perf_counter(), 0
        while written := connection.execute(RAW, [most]).rowcount:
            done += written
        lasted = time.perf_counter() - started
        connection.execute(CLOSED)
    return done, lasted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
