"""The queue of a benchmark: many households that wait, many that do not, and tracers."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.pool import Pool

from sqlalchemy import text

from benchmarks.ground import Ground
from tracing.kernel import db
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.staff.models import Role

CONNECTIONS = 8
"""The connections of one process, and the number meant to claim at once over all hosts."""


@dataclass(frozen=True)
class Address:
    """The addresses by which another process connects: as the application, and as the owner of the tables."""

    url: str
    owner_url: str
    site_id: int
    programme: str


def address_of(ground: Ground) -> Address:
    """Return the addresses of this database for other processes."""
    with db.transaction():
        site = staff.sites()[0]
        return Address(
            ground.engine.url.render_as_string(hide_password=False),
            ground.owner.url.render_as_string(hide_password=False),
            site.id,
            site.programme,
        )


def processes(count: int) -> Pool:
    """Return a pool of spawned processes, because a forked connection would be used twice."""
    return get_context("spawn").Pool(count)


def agent(member_id: int, site_id: int) -> Agent:
    """Return a tracer of the site as an agent."""
    site = staff.workplace(staff.get_site(site_id))
    return Agent(
        member_id=member_id,
        login=f"bench{member_id}",
        name="Banc",
        session_id=None,
        site=site,
        roles=frozenset({(site_id, Role.TRACER)}),
    )


def add_members(ground: Ground, count: int) -> list[int]:
    """Add tracers of the first site; return their ids."""
    with ground.owner.begin() as connection:
        return list(
            connection.scalars(
                text("""
                    WITH added AS (
                        INSERT INTO members (login, display_name, kind, created_at)
                        SELECT 'bench' || number, 'Banc', 'staff', now() FROM generate_series(1, :count) AS number
                        RETURNING id
                    ), hired AS (
                        INSERT INTO member_roles (member_id, site_id, role)
                        SELECT id, (SELECT min(id) FROM sites), 'tracer' FROM added
                    )
                    SELECT id FROM added ORDER BY id
                """),
                {"count": count},
            )
        )


def add_households(ground: Ground, count: int, state: str) -> None:
    """Add households in a state of the queue: `ready`, `scheduled` for tomorrow, or `idle`.

    Ready ones are due one after the other. They have no people, because claiming reads nothing but the queue.
    """
    moment = "now() + number * interval '1 ms'"
    not_before = {"scheduled": "now() + interval '1 day'"}.get(state, "now()")
    with ground.owner.begin() as connection:
        connection.execute(
            text(f"""
                WITH added AS (
                    INSERT INTO households (is_institution, created_at)
                    SELECT false, now() FROM generate_series(1, :count) RETURNING id
                )
                INSERT INTO queue_entries (household_id, site_id, state, rank_at, due_at, not_before,
                                           claim_number, regroup)
                SELECT id, (SELECT min(id) FROM sites), :state, {moment}, {moment}, {not_before}, 0, false
                FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM added) AS numbered
            """),  # noqa: S608 - our own words
            {"count": count, "state": state},
        )


def settle(ground: Ground) -> None:
    """Vacuum and update the statistics, as the server does by itself in time."""
    with ground.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def seconds(normal: float) -> float:
    """Return the duration of a measurement; TRACING_BENCH_SECONDS sets all of them."""
    return float(os.environ.get("TRACING_BENCH_SECONDS", normal))
