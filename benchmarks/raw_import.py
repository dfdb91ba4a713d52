"""The raw limit of an import: each indispensable stage alone, on the rows that the import wrote.

The stages: reading the clear text with `csv`, one HMAC for every blind index, one AEAD for every sealed blob, and COPY
of every row into copies of the tables with the same indexes and no foreign keys, in transactions of 5,000 lines.
"""

import csv
import io
import os
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from statistics import median
from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from psycopg import sql
from sqlalchemy import Engine, text

from tracing.kernel import gc_control
from tracing.kernel.bulk_copy import send, type_name
from tracing.kernel.db import Base

LINES_A_TRANSACTION = 5000
ROUNDS = 3
WRITTEN = (
    *("households", "people", "person_keys", "household_numbers", "cases", "lab_results", "call_tasks"),
    *("queue_entries", "events", "import_lines", "possible_duplicates"),
)
"""The tables that a load writes."""


def marks(engine: Engine) -> dict[str, int]:
    """Return the last id of each table that has one: rows with later ids were written by the load."""
    found = {}
    with engine.connect() as connection:
        for name in WRITTEN:
            if "id" in Base.metadata.tables[name].columns:
                found[name] = connection.scalar(text(f"SELECT max(id) FROM {name}")) or 0  # noqa: S608
    return found


def rows_written(engine: Engine, before: dict[str, int]) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row that the load wrote; in tables without an id, those of its people and households."""
    where = {name: f"id > {last}" for name, last in before.items()}
    where["person_keys"] = f"person_id > {before['people']}"
    where["household_numbers"] = f"household_id > {before['households']}"
    found = {}
    with engine.connect() as connection:
        for name in WRITTEN:
            columns = ", ".join(Base.metadata.tables[name].columns.keys())
            statement = f"SELECT {columns} FROM {name} WHERE {where[name]}"  # noqa: S608 - our own names
            found[name] = [tuple(row) for row in connection.execute(text(statement))]
    return found


def stages(
    owner: Engine, clear: bytes, rows: dict[str, list[tuple[Any, ...]]], *, lines: int, copy_url: str
) -> dict[str, float]:
    """Return the seconds of each stage, as the median of some rounds: a single round depends on other load."""
    with gc_control.defer_gc():  # as the product does
        rounds = [
            {
                "csv": _csv(clear),
                "hmac": _hmac(rows),
                "aead": _aead(rows),
                "copy": _copy(owner, rows, lines=lines, url=copy_url),
            }
            for _ in range(ROUNDS)
        ]
    return {stage: median(one[stage] for one in rounds) for stage in rounds[0]}


def _csv(clear: bytes) -> float:
    started = time.perf_counter()
    for _row in csv.reader(io.TextIOWrapper(io.BytesIO(clear), "utf-8-sig", newline=""), delimiter=";"):
        pass
    return time.perf_counter() - started


def _hmac(rows: dict[str, list[tuple[Any, ...]]]) -> float:
    prepared = HMAC(os.urandom(32), SHA256())
    values = [b"x" * 250] * len(rows["import_lines"]) + [b"x" * 24] * len(rows["person_keys"])
    started = time.perf_counter()
    for value in values:
        one = prepared.copy()
        one.update(value)
        one.finalize()
    return time.perf_counter() - started


def _aead(rows: dict[str, list[tuple[Any, ...]]]) -> float:
    blobs = [
        bytes(row[at])
        for name in ("people", "cases", "import_lines")
        for at in [list(Base.metadata.tables[name].columns.keys()).index("sealed")]
        for row in rows[name]
        if row[at] is not None
    ]
    encrypt = AESGCM(os.urandom(32)).encrypt
    started = time.perf_counter()
    nonces = os.urandom(12 * len(blobs))
    for at, blob in enumerate(blobs):
        encrypt(nonces[12 * at : 12 * at + 12], blob, b"people|1|2026-01-01")
    return time.perf_counter() - started


def _copy(owner: Engine, rows: dict[str, list[tuple[Any, ...]]], *, lines: int, url: str) -> float:
    with owner.begin() as connection:
        for name in WRITTEN:
            connection.execute(text(f"CREATE TABLE raw_{name} (LIKE {name} INCLUDING INDEXES)"))
    batches = max(1, -(-lines // LINES_A_TRANSACTION))
    parts = {name: _parts(found, batches) for name, found in rows.items()}
    with psycopg.connect(url) as connection:
        started = time.perf_counter()
        for number in range(batches):
            with connection.transaction():
                for name in WRITTEN:
                    _copy_part(connection, name, parts[name][number])
        taken = time.perf_counter() - started
    with owner.begin() as connection:
        for name in WRITTEN:
            connection.execute(text(f"DROP TABLE raw_{name}"))
    return taken


def _copy_part(connection: psycopg.Connection[Any], name: str, part: Sequence[tuple[Any, ...]]) -> None:
    table = Base.metadata.tables[name]
    types = [type_name(column.type) for column in table.columns]
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(f"raw_{name}"), sql.SQL(", ").join(map(sql.Identifier, table.columns.keys()))
    )
    send(connection, statement, types, part)


def _parts(rows: Sequence[tuple[Any, ...]], number: int) -> list[list[tuple[Any, ...]]]:
    size = -(-len(rows) // number) or 1
    remaining: Iterator[tuple[Any, ...]] = iter(rows)
    return [list(islice(remaining, size)) for _ in range(number)]
