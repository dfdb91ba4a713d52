"""Benchmark of the supervisor's board and order of calls, and of the counting behind them.

At N and at ten times N waiting households (600,000): half of them from a lot with priority, most of them overdue. The
site has 200 tracers, 120 of them at work, 80 on a call. `--quick` uses a tenth of everything.
"""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event, text

from benchmarks.figures import Figure, at_most, say, show, told
from benchmarks.ground import Ground, ground, server, without_foreign_keys
from benchmarks.queue_ground import add_members, now, settle
from tracing.app.factory import create_app
from tracing.app.scheduler import EVERY
from tracing.kernel import clock, db
from tracing.kernel.config import Settings
from tracing.staff import queries, services
from tracing.staff.access import COOKIE
from tracing.staff.login import sessions
from tracing.staff.models import Role
from tracing.supervision import jobs

WAITING = 600_000
TRACERS, THERE, ON_CALL, ENDED = 200, 120, 80, 5_000
PAGES = {"board": "/board/now", "order": "/order"}
TIMES = 30
COUNTED_EVERY = EVERY["count_waiting"][1]


def main(arguments: list[str]) -> int:
    """Run everything and print the figures; return 1 when one of them misses its target."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="a tenth of everything")
    chosen = options.parse_args(arguments)
    many = WAITING // 10 if chosen.quick else WAITING
    figures = _figures(many)
    show(figures, as_json=chosen.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def _figures(many: int) -> list[Figure]:
    few = many // 10
    with server() as running:
        with ground(running, "few") as here:
            small = _measure(here, few)
        with ground(running, "many") as here:
            large = _measure(here, many)
    figures = []
    for name in PAGES:
        page, in_base = large[name], large[f"{name} in the database"]
        figures += [
            at_most(f"{name}, {many:,} waiting", page, "ms", target=50 if name == "board" else 75),
            at_most(f"{name}, from {few:,} to {many:,}", page, "ms", raw=small[name], target=1.5),
            at_most(f"{name}, of it in the database", in_base, "ms", target=25),
        ]
    share = large["count"] / (COUNTED_EVERY * 1000)
    return [
        *figures,
        told(f"counting {few:,}", small["count"], "ms"),
        told(f"counting {many:,}", large["count"], "ms"),
        at_most("of one processor, counting", share * 100, "%", target=10),
    ]


def _measure(here: Ground, waiting: int) -> dict[str, float]:
    """Return the times of the pages and of the counting, in milliseconds."""
    say(f"  {waiting:,} households wait …")
    members = add_members(here, TRACERS)
    _fill(here, waiting, members)
    found = {"count": _count()}
    with TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder)), secret_key="of a benchmark")  # noqa: S106
        client = app.test_client()
        client.set_cookie(COOKIE, _supervisor())
        for name, path in PAGES.items():
            found |= _page(here, client, name, path)
    say("    " + ", ".join(f"{name} {took:.0f} ms" for name, took in found.items()))
    return found


def _page(here: Ground, client: FlaskClient, name: str, path: str) -> dict[str, float]:
    statements: list[float] = []
    begun: list[float] = []

    def before(*_arguments: Any) -> None:
        begun.append(time.perf_counter())

    def after(*_arguments: Any) -> None:
        statements.append(time.perf_counter() - begun.pop())

    event.listen(here.engine, "before_cursor_execute", before)
    event.listen(here.engine, "after_cursor_execute", after)
    took, in_base = [], []
    for turn in range(TIMES + 5):
        statements.clear()
        since = time.perf_counter()
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(answer.status)
        if turn >= 5:
            took.append((time.perf_counter() - since) * 1000)
            in_base.append(sum(statements) * 1000)
    event.remove(here.engine, "before_cursor_execute", before)
    event.remove(here.engine, "after_cursor_execute", after)
    return {name: median(took), f"{name} in the database": median(in_base)}


def _count() -> float:
    """Return how long the scheduler's second count takes, when the pages of the tables are in memory."""
    took = 0.0
    for second in (0, 20):
        since = time.perf_counter()
        jobs.count_waiting(datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC))
        db.session.remove()
        took = (time.perf_counter() - since) * 1000
    return took


def _supervisor() -> str:
    with db.transaction():
        site = queries.sites()[0]
        member = services.add_member(login="supervisor", name="Banc", by=None, at=now())
        services.grant(member, Role.SUPERVISOR, site.id, by=None, at=now())
        return sessions.begin(member, device="bench", at=clock.database_now()).token


def _fill(here: Ground, waiting: int, members: list[int]) -> None:
    sizes = {"waiting": waiting, "there": THERE, "on_call": ON_CALL, "ended": ENDED, "first": members[0]}
    with here.owner.begin() as connection, without_foreign_keys(connection):
        for statement in FILL.split(";"):
            connection.execute(text(statement), sizes)
    settle(here)


FILL = """
    INSERT INTO import_sources (code, label, layout, created_at) VALUES ('BASE', 'BASE', 'lab-positive-v1', now());

    INSERT INTO import_lots (id, source_code, file_name, file_sha256, state, received_at, loaded_at)
    OVERRIDING SYSTEM VALUE VALUES (1, 'BASE', 'base', '', 'loaded', now(), now());

    CREATE TEMP TABLE one ON COMMIT DROP AS
    SELECT number, now() - number % 30 * interval '1 hour' AS since FROM generate_series(1, :waiting) AS number;

    INSERT INTO people (id, cohort, sealed, household_id, is_invented, created_at) OVERRIDING SYSTEM VALUE
    SELECT number, date '2026-01-01', decode(repeat(md5(number::text), 10), 'hex'), number, false, since FROM one;

    INSERT INTO households (id, is_institution, created_at) OVERRIDING SYSTEM VALUE
    SELECT number, false, since FROM one;

    INSERT INTO cases (id, reference, person_id, site_id, programme, episode, cohort, first_sampled_at, status,
                       warnings, sealed, created_at) OVERRIDING SYSTEM VALUE
    SELECT number, 'base-' || number, number, site.id, site.programme, 1, date '2026-01-01', since, 'open', '[]',
           decode(repeat(md5(number::text), 8), 'hex'), since
    FROM one, (SELECT id, programme FROM sites LIMIT 1) AS site;

    INSERT INTO call_tasks (household_id, person_id, site_id, kind, case_id, lot_id, factors, state, created_at,
                            due_at, not_before, attempts, closed_at)
    SELECT number, number, (SELECT min(id) FROM sites), 'case_first', number, number % 2,
           CASE WHEN number % 2 = 1 THEN 16 ELSE 0 END,
           CASE WHEN number % 50 = 0 THEN 'unreachable' ELSE 'open' END, since, since + interval '4 hours', since, 0,
           CASE WHEN number % 50 = 0 THEN now() END
    FROM one;

    INSERT INTO queue_entries (household_id, site_id, state, rank_at, due_at, not_before, claim_number, regroup,
                               overdue_at)
    SELECT number, (SELECT min(id) FROM sites),
           CASE WHEN number % 50 = 0 THEN 'idle' WHEN number % 20 = 0 THEN 'scheduled' ELSE 'ready' END,
           since + interval '4 hours', since + interval '4 hours',
           CASE WHEN number % 20 = 0 THEN now() + interval '1 hour' ELSE since END, 0, false,
           CASE WHEN since + interval '4 hours' < now() THEN now() END
    FROM one;

    INSERT INTO queue_priorities (site_id, lot_id, sender, only_collective, given_at, given_by)
    VALUES ((SELECT min(id) FROM sites), 1, 'BASE', false, now(), :first);

    INSERT INTO staff_sessions (token_hash, member_id, site_id, device, started_at, last_input_at)
    SELECT uuid_send(gen_random_uuid()), :first + number, (SELECT min(id) FROM sites), 'bench', now(), now()
    FROM generate_series(0, :there - 1) AS number;

    UPDATE queue_entries SET state = 'claimed', claimant_id = :first + held.place, claimed_at = now(),
        claim_ends_at = now() + interval '1 hour', last_input_at = now(), claim_number = 1
    FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM queue_entries WHERE state = 'ready'
          ORDER BY id LIMIT :on_call) AS held
    WHERE queue_entries.id = held.id;

    INSERT INTO calls (entry_id, claim_number, household_id, site_id, tracer_id, started_at, ended_at, outcome)
    SELECT number, 1, number, (SELECT min(id) FROM sites), :first + number % :there, now() - interval '9 minutes',
           now() - number % 60 * interval '1 second', 'completed'
    FROM generate_series(1, :ended) AS number
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
