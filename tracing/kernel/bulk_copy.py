"""Bulk insert with COPY, the fastest way to write many rows, inside the session's transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, cast

import orjson
import psycopg
from psycopg import sql
from psycopg.adapt import Dumper
from psycopg.postgres import types
from psycopg.pq import Format
from psycopg.types.string import BytesBinaryDumper
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, LargeBinary, Table, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.types import TypeEngine

from tracing.kernel.db import Base, session

_NAMES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (BigInteger, "int8"),
    (Integer, "int4"),
    (Boolean, "bool"),
    (DateTime, "timestamptz"),
    (Date, "date"),
    (LargeBinary, "bytea"),
    (JSONB, "jsonb"),
)
"""PostgreSQL type names by column type; the first match counts, anything else is text."""


_WRITTEN = "copied"
"""Key in the session's info: the ids that this transaction has copied, by table."""
_MAY = "checks_by_sets"
"""Key in the connection's info: whether its role may leave foreign-key checks to us."""


class _JsonbDumper(Dumper):
    """Writes any value as `jsonb`. The driver's own dumper also handles wrapped values and takes twice as long."""

    format = Format.BINARY
    oid = types["jsonb"].oid

    def dump(self, obj: Any) -> bytes:
        """Return the format version followed by the JSON text."""
        return b"\x01" + orjson.dumps(obj)


def copy_rows(model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write `rows`, each with the values of `columns` in their order. Python-side defaults are not applied.

    The database checks foreign keys row by row, which takes half of its time. If our role may switch that off, they are
    checked here, one column at a time and under the same locks; rows this transaction has itself written with
    `copy_rows` are not looked up at all.

    Raises:
        IntegrityError: a constraint is violated; as with any statement the transaction is lost.
    """
    rows = list(rows)
    if not rows:
        return
    session.flush()
    connection = session.connection()
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    table = cast("Table", model.__table__)
    statement, types = _statement(table, tuple(columns))
    try:
        if not table.foreign_keys or not _may_check_by_sets(connection.info, driver):
            send(driver, statement, types, rows)
            _note_keys(table, columns, rows)
            return
        driver.execute("SET LOCAL session_replication_role = replica")
        send(driver, statement, types, rows)
        driver.execute("SET LOCAL session_replication_role = origin")
        _look_up_references(driver, table, columns, rows)
    except psycopg.Error as error:
        # raise what a statement of the session would raise, so that callers handle one kind of error
        raise DBAPIError.instance(
            f"COPY {model.__tablename__}", None, error, psycopg.Error, hide_parameters=True
        ) from error


def _may_check_by_sets(kept: dict[Any, Any], driver: "psycopg.Connection[Any]") -> bool:
    """Return whether our role may switch off the database's foreign-key checks; asked once per connection."""
    if _MAY not in kept:
        row = driver.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')").fetchone()
        kept[_MAY] = row is not None and bool(row[0])
    return bool(kept[_MAY])


def _note_keys(table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Remember which rows this transaction wrote: references to them need no check."""
    (key,) = table.primary_key.columns if len(table.primary_key.columns) == 1 else (None,)
    if key is not None and key.name in columns:
        at = columns.index(key.name)
        session.info.setdefault(_WRITTEN, defaultdict(set))[table.name].update(row[at] for row in rows)


def _look_up_references(
    driver: "psycopg.Connection[Any]", table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Check that every row `rows` refer to exists, and lock it against deletion until commit."""
    _note_keys(table, columns, rows)
    written: dict[str, set[Any]] = session.info.get(_WRITTEN, defaultdict(set))
    for reference in sorted(table.foreign_keys, key=lambda one: one.parent.name):
        if reference.parent.name not in columns:
            continue
        at = columns.index(reference.parent.name)
        parent = reference.column.table.name
        wanted = {row[at] for row in rows} - {None} - written[parent]
        if wanted and _lock(driver, parent, reference.column.name, wanted) != len(wanted):
            raise psycopg.errors.ForeignKeyViolation(f"{table.name} refers to {parent} that are not there")


def _lock(driver: "psycopg.Connection[Any]", table: str, column: str, wanted: set[Any]) -> int:
    """Lock rows as a foreign-key check does, in key order; return how many exist."""
    statement = sql.SQL("SELECT {column} FROM {table} WHERE {column} = ANY(%s) ORDER BY 1 FOR KEY SHARE")
    named = statement.format(column=sql.Identifier(column), table=sql.Identifier(table))
    return driver.execute(named, [sorted(wanted)]).rowcount


@event.listens_for(Session, "after_transaction_end")
def _forget_at_the_end(of: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        of.info.pop(_WRITTEN, None)


@event.listens_for(Session, "after_soft_rollback")
def _forget_what_was_taken_back(of: Session, _previous: SessionTransaction) -> None:
    of.info.pop(_WRITTEN, None)


def send(
    driver: "psycopg.Connection[Any]",
    statement: sql.Composed,
    type_names: list[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Send rows to a COPY statement on a driver connection."""
    with driver.cursor() as cursor:
        # the dumper registered last for a type is the one used
        cursor.adapters.register_dumper(bytes, BytesBinaryDumper)
        cursor.adapters.register_dumper(dict, _JsonbDumper)
        with cursor.copy(statement) as copy:
            copy.set_types(type_names)
            for row in rows:
                copy.write_row(row)


@cache
def _statement(table: Table, columns: tuple[str, ...]) -> tuple[sql.Composed, list[str]]:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    return statement, [type_name(table.columns[name].type) for name in columns]


def type_name(column_type: TypeEngine[Any]) -> str:
    """Return PostgreSQL's name of a column's type, needed to write its values in binary."""
    return next((name for kind, name in _NAMES if isinstance(column_type, kind)), "text")
