"""Which keys the main database's data was sealed and blinded with: a key of such a name must never be made again.

The answer comes from the rows themselves, through the index that each table has on its days. It is needed only when a
key is missing from the store: once a day, and at the start of a process.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import func

from tracing.kernel.db import Base, session
from tracing.vault.models import IndexKeyUse
from tracing.vault.registry import SEALED


def day_has_rows(cohort: date) -> bool:
    """Return whether anything is sealed with the key of a day."""
    here = _connection()
    return any(here.scalar(text(_one_of(table)), {"cohort": cohort}) is not None for table in SEALED)


def days() -> set[date]:
    """Return every day for which a table has rows, each found with one step through an index."""
    here = _connection()
    return {day for table in SEALED for day in here.scalars(text(DAYS.format(table=table)))}


DAYS = """
    WITH RECURSIVE days AS (
        (SELECT cohort FROM {table} WHERE cohort > '-infinity' ORDER BY cohort LIMIT 1)
        UNION ALL
        SELECT (SELECT later.cohort FROM {table} AS later WHERE later.cohort > days.cohort
                ORDER BY later.cohort LIMIT 1)
        FROM days WHERE days.cohort IS NOT NULL
    )
    SELECT cohort FROM days WHERE cohort IS NOT NULL
"""


def sealed_rows(cohort: date) -> list[tuple[str, int, bytes]]:
    """Return one sealed row of a day from each table that has one: table, row, blob."""
    here = _connection()
    found = [
        (table, here.execute(text(_one_of(table)), {"cohort": cohort}).one_or_none()) for table in SEALED
    ]
    return [(table, row[0], row[1]) for table, row in found if row is not None]


def index_keys() -> dict[tuple[str, int], str]:
    """Return the fingerprints of all index keys that were ever used, by kind and id."""
    rows = _connection().execute(select(IndexKeyUse.kind, IndexKeyUse.key_id, IndexKeyUse.fingerprint))
    return {(kind, key_id): fingerprint for kind, key_id, fingerprint in rows}


def record_index_keys(fingerprints: Mapping[tuple[str, int], str]) -> None:
    """Record index keys before their first use."""
    if not fingerprints:
        return
    rows = [
        {"kind": kind, "key_id": key_id, "fingerprint": fingerprint, "first_used_at": func.now()}
        for (kind, key_id), fingerprint in fingerprints.items()
    ]
    _connection().execute(insert(IndexKeyUse).values(rows).on_conflict_do_nothing())


def _one_of(table: str) -> str:
    column, known = SEALED[table], Base.metadata.tables[table]
    row = "id" if "id" in known.columns else known.primary_key.columns[0].name
    return f"SELECT {row}, {column} FROM {table} WHERE cohort = :cohort AND {column} IS NOT NULL LIMIT 1"  # noqa: S608


def _connection() -> Connection:
    # joins the caller's transaction, without the flush that a session statement would cause
    return session.connection()
