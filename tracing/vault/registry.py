"""Register which tables hold sealed blobs and blind indexes, so that a destroyed day is cleared everywhere.

Each feature registers its tables where it defines them.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from tracing.kernel.db import session

SEALED: dict[str, str] = {}
"""Column of the sealed blob by table; each of these tables has a `cohort` column."""

BLIND: dict[str, "Blind"] = {}

INDEX_KINDS: set[str] = set()
"""Kinds of blind index, each with its own key; all are created together when the store is first used."""


@dataclass(frozen=True)
class Blind:
    """How to remove the blind indexes of a table: delete the row, or set some columns to NULL."""

    columns: tuple[str, ...] = ()


def sealed(table: str, column: str = "sealed") -> None:
    """Declare that `table` has a sealed blob per row in `column` and its day in `cohort`."""
    SEALED[table] = column


def blind_rows(table: str) -> None:
    """Declare that each row of `table` is a blind index of the day in its `cohort`."""
    BLIND[table] = Blind()


def blind_columns(table: str, *columns: str) -> None:
    """Declare that `columns` of `table` are blind indexes of the day in its `cohort`."""
    BLIND[table] = Blind(columns)


def blind_kinds(*kinds: str) -> None:
    """Declare kinds of blind index: the key of an undeclared kind cannot be obtained."""
    INDEX_KINDS.update(kinds)


def clear_cohort(cohort: date) -> None:
    """Remove blobs and blind indexes of a destroyed day. Idempotent."""
    for table, column in SEALED.items():
        session.execute(
            text(f"UPDATE {table} SET {column} = NULL WHERE cohort = :cohort AND {column} IS NOT NULL"),  # noqa: S608
            {"cohort": cohort},
        )
    for table, how in BLIND.items():
        if how.columns:
            cleared = ", ".join(f"{column} = NULL" for column in how.columns)
            left = " OR ".join(f"{column} IS NOT NULL" for column in how.columns)
            statement = f"UPDATE {table} SET {cleared} WHERE cohort = :cohort AND ({left})"  # noqa: S608
        else:
            statement = f"DELETE FROM {table} WHERE cohort = :cohort"  # noqa: S608
        session.execute(text(statement), {"cohort": cohort})
