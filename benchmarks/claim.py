"""Benchmark of claims per second, compared with a durable update by primary key, and of how flat the rate stays.

A claim is one transaction of the product's service: it looks for a call the member already holds, takes the next
household and writes the event. It is compared with its statement alone, as it is sent, and with the bare statement,
which only finds and takes the next household, without the event and without the check for a held call. After each claim
the household goes to the end of the queue, untimed, so that the number of waiting households stays the same. `--quick`
uses a tenth of everything.
"""

import argparse
import random
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any, Literal

import psycopg
from sqlalchemy import event, text

from benchmarks.figures import Figure, at_least, at_most, say, show, told
from benchmarks.ground import Ground, ground, server
from benchmarks.queue_ground import (
    CONNECTIONS,
    Address,
    add_households,
    add_members,
    address_of,
    agent,
    now,
    processes,
    seconds,
    settle,
)
from tracing.kernel import db
from tracing.kernel.postgres.embedded import Server
from tracing.programmes.loader import load_packs
from tracing.queue.claims import next_call

Kind = Literal["update", "bare", "statement", "service"]

AGAIN = """
    UPDATE queue_entries SET state = 'ready', claimant_id = NULL, claimed_at = NULL, claim_ends_at = NULL,
        last_input_at = NULL, rank_at = rank_at + interval '1 day' WHERE id = %s
"""
"""Puts a claimed household back at the end of the queue."""

TAKING = re.compile(
    r"taken AS \(\s*(UPDATE .*?)CASE\s+WHEN EXISTS \(SELECT FROM held\).*? THEN (coalesce.*) END\s+(RETURNING .*?)\), told",
    re.DOTALL,
)
"""Matches the part of the claiming statement that takes a household, without the checks of the member and held call."""


@dataclass
class Work:
    """The work of one process: which kind of statement, for how long, as which members."""

    kind: Kind
    address: Address
    seconds: float
    members: list[int]
    ids: tuple[int, int]
    """The range of entries that a plain update chooses from."""


@dataclass
class Done:
    """For each claim, when it ended (seconds since the work began) and how long it took."""

    ends: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    claimed: list[tuple[int, int]] = field(default_factory=list)
    """Entry and claim number."""

    def rate(self, since: float, until: float) -> float:
        """Return the claims per second between two moments."""
        return sum(since <= end < until for end in self.ends) / (until - since)


def run(work: Work) -> Done:
    """Do the work of one process."""
    load_packs()
    done = Done()
    url = work.address.owner_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as besides:
        step = {"update": _update, "bare": _bare, "statement": _statement, "service": _service}[work.kind](
            work
        )
        began = time.perf_counter()
        while (started := time.perf_counter()) - began < work.seconds:
            claimed = step(work.members[len(done.ends) % len(work.members)])
            ended = time.perf_counter()
            if claimed is None:
                break
            done.ends.append(ended - began)
            done.took.append(ended - started)
            if work.kind != "update":
                done.claimed.append(claimed)
                besides.execute(AGAIN, [claimed[0]])
    db.session.remove()
    return done


Step = Callable[[int], tuple[int, int] | None]


def _update(work: Work) -> Step:
    """Update one row by its primary key and commit: no claim can be faster than this."""
    connection = psycopg.connect(work.address.owner_url.replace("+psycopg", ""), autocommit=True)
    first, last = work.ids

    def step(_member: int) -> tuple[int, int] | None:
        chosen = random.randint(first, last)  # noqa: S311 - a row, not a secret
        connection.execute(
            "UPDATE raw_entries SET number = number + 1 WHERE id = %s RETURNING number", [chosen]
        )
        return chosen, 0

    return step


def _bare(work: Work) -> Step:
    """Run the part of the product's claiming statement that finds and takes a household."""
    whole, parameters, whose = _captured(work)
    found = TAKING.search(whole)
    if found is None:
        raise ValueError("the claiming statement has another shape than this benchmark knows")
    return _running(work, f"{found[1]} {found[2]} {found[3]}", parameters, whose)


def _statement(work: Work) -> Step:
    """Run the product's own claiming statement as it is sent, with nothing around it."""
    return _running(work, *_captured(work))


def _running(work: Work, statement: str, parameters: dict[str, Any], whose: list[str]) -> Step:
    connection = psycopg.connect(work.address.url.replace("+psycopg", ""), autocommit=True)

    def step(member: int) -> tuple[int, int] | None:
        row = connection.execute(statement.encode(), parameters | dict.fromkeys(whose, member)).fetchone()
        return None if row is None else (row[0], row[2])

    return step


def _captured(work: Work) -> tuple[str, dict[str, Any], list[str]]:
    """Return the claiming statement, its parameters, and the names of those that are the member."""
    seen: list[tuple[str, dict[str, Any]]] = []
    engine = db.connect(work.address.url)

    @event.listens_for(engine, "before_cursor_execute")
    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> None:
        if "UPDATE queue_entries" in statement:
            seen.append((statement, dict(parameters)))

    member = work.members[-1]  # not the first, whose id equals the site's
    with db.transaction():
        next_call.claim_next(agent(member, work.address.site_id), at=now())
        db.session.rollback()
    engine.dispose()
    statement, parameters = seen[-1]
    return (
        re.sub(r"::(VARCHAR|INTEGER|BIGINT)", "", statement),
        parameters,
        [name for name, value in parameters.items() if value == member],
    )


def _service(work: Work) -> Step:
    """Claim as a page does, without HTTP."""
    db.connect(work.address.url)

    def step(member: int) -> tuple[int, int] | None:
        with db.transaction():
            claim = next_call.claim_next(agent(member, work.address.site_id), at=now())
        db.session.remove()
        return None if claim is None else (claim.entry_id, claim.number)

    return step


def measure(here: Ground, kind: Kind, *, connections: int, lasting: float, members: list[int]) -> Done:
    """Run a number of processes at the same time."""
    address = address_of(here)
    with here.owner.begin() as connection:
        connection.execute(
            text("CREATE TABLE IF NOT EXISTS raw_entries (id bigint PRIMARY KEY, number bigint NOT NULL)")
        )
        first, last = connection.execute(text("SELECT min(id), max(id) FROM queue_entries")).one()
        connection.execute(
            text("INSERT INTO raw_entries SELECT id, 0 FROM queue_entries ON CONFLICT DO NOTHING")
        )
    share = len(members) // connections
    works = [
        Work(kind, address, lasting, members[at * share : (at + 1) * share], (first, last))
        for at in range(connections)
    ]
    with processes(connections) as pool:
        parts = pool.map(run, works, chunksize=1)
    done = Done()
    for part in parts:
        done.ends += part.ends
        done.took += part.took
        done.claimed += part.claimed
    say(
        f"    {kind} at {connections}: {len(done.ends) / lasting:,.0f}/s, p50 {median(done.took) * 1000:.2f} ms"
    )
    return done


def main(arguments: list[str]) -> int:
    """Run everything and print the figures; return 1 when one of them misses its target."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="a tenth of everything")
    chosen = options.parse_args(arguments)
    with server() as running:
        figures = _figures(running, scale=10 if chosen.quick else 1)
    show(figures, as_json=chosen.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def _figures(running: Server, *, scale: int) -> list[Figure]:
    few, many, ahead = 10_000 // scale, 1_000_000 // scale, 50_000 // scale
    short, long = seconds(5), seconds(60 / scale)
    figures = []
    with ground(running, "few") as here:
        members = _fill(here, ready=few)
        figures += _beside_the_raw_limit(here, members, short)
        small = measure(here, "service", connections=1, lasting=short, members=members)  # warm by now
        figures += _with_a_forgotten_transaction(here, members, small)
    for name, filling in (
        ("1M ready", {"ready": many}),
        ("50,000 not yet due in front", {"ready": few, "scheduled": ahead}),
        ("1M finished", {"ready": few, "idle": many}),
    ):
        with ground(running, name.replace(" ", "_").replace(",", "").lower()) as here:
            members = _fill(here, **filling)
            done = measure(here, "service", connections=1, lasting=short, members=members)
            figures.append(
                at_most(
                    f"claim p50, {name}",
                    median(done.took) * 1000,
                    "ms",
                    raw=median(small.took) * 1000,
                    target=1.3,
                )
            )
            if name == "1M ready":
                figures.append(_lasting(here, members, long))
    return figures


def _fill(here: Ground, **states: int) -> list[int]:
    say(f"  {here.engine.url.database}: {states} …")
    members = add_members(here, 800)
    for state, count in states.items():
        add_households(here, count, state)
    settle(here)
    return members


def _beside_the_raw_limit(here: Ground, members: list[int], lasting: float) -> list[Figure]:
    figures = []
    for connections, of_statement in ((1, 0.9), (CONNECTIONS, 0.5)):
        kinds: tuple[Kind, ...] = ("update", "bare", "statement", "service")
        rates: dict[Kind, float] = {}
        for kind in kinds:
            settle(here)  # dead rows of one kind must not slow down the next
            done = measure(here, kind, connections=connections, lasting=lasting, members=members)
            # only the time of the claims themselves counts, not that of putting households back
            rates[kind] = len(done.took) / sum(done.took) * connections
            figures += _twice(done, f"{kind} at {connections}")
        figures.append(
            at_least(
                f"bare claim at {connections}",
                rates["bare"],
                "/s",
                raw=rates["update"],
                target=of_statement,
            )
        )
        named: dict[Kind, str] = {
            "statement": "claiming statement with its event",
            "service": "claims by the service",
        }
        figures += [
            at_least(f"{name} at {connections}", rates[kind], "/s", raw=rates["update"], target=0)
            for kind, name in named.items()
        ]
    return figures


def _twice(done: Done, name: str) -> list[Figure]:
    """Return how many claims were given to two members at once; there must be none."""
    return [at_most(f"claimed twice, {name}", len(done.claimed) - len(set(done.claimed)), "claims", target=0)]


def _lasting(here: Ground, members: list[int], lasting: float) -> Figure:
    done = measure(here, "service", connections=CONNECTIONS, lasting=lasting, members=members)
    edge = min(5.0, lasting / 4)
    return at_least(
        "claims a second after a minute",
        done.rate(lasting - edge, lasting),
        "/s",
        raw=done.rate(0.5, edge),
        target=0.8,
    )


def _with_a_forgotten_transaction(here: Ground, members: list[int], normal: Done) -> list[Figure]:
    """Measure claims while an application transaction is left open, until the database ends it."""
    forgotten = psycopg.connect(here.engine.url.render_as_string(hide_password=False).replace("+psycopg", ""))
    forgotten.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    forgotten.execute("SELECT 1 FROM members LIMIT 1")
    done = measure(here, "service", connections=1, lasting=seconds(15), members=members)
    try:
        forgotten.execute("SELECT 1")
        ended = 0.0
    except psycopg.Error:
        ended = 1.0
    finally:
        forgotten.close()
    return [
        at_least("a forgotten transaction is ended", ended, "", raw=1, target=1),
        at_least(
            "claims a second meanwhile",
            1 / median(done.took),
            "/s",
            raw=1 / median(normal.took),
            target=0,
        ),
        told("claim p99 meanwhile", quantiles(done.took, n=100)[-1] * 1000, "ms"),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
