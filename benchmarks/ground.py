"""The database of a benchmark: durable, separate, and filled with a given number of people."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine, text

from tracing.kernel import db
from tracing.kernel.config import Settings
from tracing.kernel.postgres import migrate
from tracing.kernel.postgres.embedded import Server, ensure_server
from tracing.programmes.loader import load_packs
from tracing.staff import services as staff
from tracing.vault.keys import KeyRing
from tracing.vault.services import open_vault

PROGRAMME = "exercise-2022"


@dataclass
class Ground:
    """A migrated database with one site, bound to the session; `owner` may create and drop tables."""

    server: Server
    engine: Engine
    owner: Engine
    keys_url: str = ""
    master: bytes = b""
    """The master key, with which another process opens the vault."""


@contextmanager
def server() -> Iterator[Server]:
    """Run a durable server in a temporary folder."""
    load_packs()
    with TemporaryDirectory(prefix="bench-", dir=os.environ.get("TRACING_BENCH_DIR")) as folder:
        running = ensure_server(Settings(data_dir=Path(folder) / "data"))
        try:
            yield running
        finally:
            running.stop()


@contextmanager
def ground(running: Server, name: str) -> Iterator[Ground]:
    """Create a database called `name`, with one site."""
    owner_url, app_url = running.add_database(name)
    keys_owner_url, keys_url = running.add_database(f"{name}_keys")
    migrate.upgrade(owner_url, keys_owner_url)
    engine, keys_engine, owner = db.connect(app_url), db.make_engine(keys_url), db.make_engine(owner_url)
    master = os.urandom(32)
    open_vault(KeyRing(keys_engine, master))
    with db.transaction():
        staff.add_site(
            code="441",
            name="Banc",
            programme=PROGRAMME,
            time_zone="Europe/Paris",
            is_default=True,
            at=datetime.now(UTC),
        )
    yield Ground(running, engine, owner, keys_url, master)
    db.session.remove()
    for one in (engine, keys_engine, owner):
        one.dispose()


def fill(ground: Ground, count: int) -> None:
    """Put `count` people into the database: each with keys, a case, a result, a line, a household and a call to make.

    The database generates the rows itself, without foreign keys, which are restored before measuring.
    """
    if not count:
        return
    with ground.owner.begin() as connection, without_foreign_keys(connection):
        for statement in FILL.split(";"):
            connection.execute(text(statement), {"count": count})
    with ground.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


@contextmanager
def without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Write without foreign keys; they are restored afterwards."""
    dropped = _drop_foreign_keys(connection)
    yield
    for table, name, rule in dropped:
        connection.execute(text(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {rule} NOT VALID'))


def _drop_foreign_keys(connection: Connection) -> list[tuple[str, str, str]]:
    rows = connection.execute(
        text("""
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'public'::regnamespace
        """)
    ).all()
    for table, name, _rule in rows:
        connection.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
    return [(table, name, rule.removesuffix(" NOT VALID")) for table, name, rule in rows]


FILL = """
    CREATE TEMP TABLE one ON COMMIT DROP AS
    SELECT number, nextval(pg_get_serial_sequence('people', 'id')) AS person,
           nextval(pg_get_serial_sequence('households', 'id')) AS household,
           nextval(pg_get_serial_sequence('cases', 'id')) AS case_id
    FROM generate_series(1, :count) AS number;

    INSERT INTO import_sources (code, label, layout, created_at) VALUES ('BASE', 'BASE', 'lab-positive-v1', now());

    INSERT INTO import_lots (source_code, file_name, file_sha256, state, received_at, loaded_at)
    VALUES ('BASE', 'base', '', 'loaded', now(), now());

    INSERT INTO households (id, is_institution, created_at) OVERRIDING SYSTEM VALUE
    SELECT household, false, now() FROM one;

    INSERT INTO people (id, cohort, sealed, household_id, is_invented, created_at) OVERRIDING SYSTEM VALUE
    SELECT person, date '2026-01-01', decode(repeat(md5(number::text), 10), 'hex'), household, false, now() FROM one;

    INSERT INTO person_keys (person_id, kind, hash, index_key_id, cohort)
    SELECT person, kind, uuid_send(gen_random_uuid()), 1, date '2026-01-01'
    FROM one, unnest(ARRAY['given_birth', 'name_birth', 'nir', 'phone', 'email']) AS kind;

    INSERT INTO household_numbers (number_hash, index_key_id, household_id, is_institution, cohort)
    SELECT hash, 1, one.household, false, date '2026-01-01'
    FROM person_keys JOIN one ON one.person = person_keys.person_id WHERE kind = 'phone';

    INSERT INTO cases (id, reference, person_id, site_id, programme, episode, cohort, first_sampled_at, status,
                       warnings, sealed, created_at) OVERRIDING SYSTEM VALUE
    SELECT case_id, 'base-' || case_id, person, site.id, site.programme, 1, date '2026-01-01', now(), 'open', '[]',
           decode(repeat(md5(number::text), 8), 'hex'), now()
    FROM one, (SELECT id, programme FROM sites LIMIT 1) AS site;

    INSERT INTO lab_results (case_id, source_code, source_result_id, sampled_at, analysis, result)
    SELECT case_id, 'BASE', 'BASE-' || number, now(), 'PCR', 'P' FROM one;

    INSERT INTO import_lines (lot_id, row_number, source_code, source_result_id, fingerprint, result, outcome,
                              new_episode, possible_duplicate, reasons, warnings, case_id, cohort)
    SELECT (SELECT max(id) FROM import_lots), number + 1, 'BASE', 'BASE-' || number,
           uuid_send(gen_random_uuid()), 'P', 'created', false, false, '[]', '[]', case_id, date '2026-01-01'
    FROM one;

    INSERT INTO call_tasks (household_id, person_id, site_id, kind, case_id, state, created_at, due_at, not_before,
                            attempts)
    SELECT household, person, (SELECT min(id) FROM sites), 'case_first', case_id, 'open', now(),
           now() + interval '4 hours', now(), 0
    FROM one;

    INSERT INTO queue_entries (household_id, site_id, state, rank_at, due_at, not_before, claim_number, regroup)
    SELECT household, (SELECT min(id) FROM sites), 'ready', now() + interval '4 hours', now() + interval '4 hours',
           now(), 0, false
    FROM one;

    INSERT INTO events (at, kind, site_id, subject_type, subject_id, detail)
    SELECT now(), kind, (SELECT min(id) FROM sites), 'case', case_id, '{}'
    FROM one, unnest(ARRAY['case.opened', 'task.opened']) AS kind
"""
"""The rows that an import writes for a person, many times; hashes are random, so that indexes grow as in production."""
