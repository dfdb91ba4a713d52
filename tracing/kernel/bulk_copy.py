"""COPY: the fastest way to write many rows, inside the transaction of the session."""

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
"""The first that fits; anything else is text."""


_WRITTEN = "copied"
"""Where a session keeps the ids that this transaction has copied, by table."""
_MAY = "checks_by_sets"
"""Where a connection keeps whether its role may leave foreign keys to us."""


class _JsonbDumper(Dumper):
    """Writes any value as `jsonb`. The library's own writes wrapped values too, and takes twice as long."""

    format = Format.BINARY
    oid = types["jsonb"].oid

    def dump(self, obj: Any) -> bytes:
        """Return the version of the format and the text."""
        return b"\x01" + orjson.dumps(obj)


def copy_rows(model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write `rows`, each with the values of `columns` in their order. Defaults of Python are not applied.

    The database looks up foreign keys row by row, which takes half of its time. Where our role may tell it not to,
    they are looked up here, all of a column at once and under the same locks; what this transaction has itself
    written by `copy_rows` need not be looked up at all.

    Raises:
        IntegrityError: a constraint does not hold; as with any statement the transaction is lost.
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
        # what a statement of the session would raise: callers know one kind of error
        raise DBAPIError.instance(
            f"COPY {model.__tablename__}", None, error, psycopg.Error, hide_parameters=True
        ) from error


def _may_check_by_sets(kept: dict[Any, Any], driver: "psycopg.Connection[Any]") -> bool:
    """Say whether our role may tell the database not to look up foreign keys; asked once a connection."""
    if _MAY not in kept:
        row = driver.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')").fetchone()
        kept[_MAY] = row is not None and bool(row[0])
    return bool(kept[_MAY])


def _note_keys(table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Remember which rows this transaction wrote: what refers to them need not be looked up."""
    (key,) = table.primary_key.columns if len(table.primary_key.columns) == 1 else (None,)
    if key is not None and key.name in columns:
        at = columns.index(key.name)
        session.info.setdefault(_WRITTEN, defaultdict(set))[table.name].update(row[at] for row in rows)


def _look_up_references(
    driver: "psycopg.Connection[Any]", table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Find every row that `rows` refer to, and keep it from being deleted before they are committed."""
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
    """Lock rows as the check of a foreign key does, in their order; returns how many there are."""
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
    """Send rows to a COPY on a connection of the driver."""
    with driver.cursor() as cursor:
        # whichever was registered last writes the values of a type
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
    """Return PostgreSQL's name of a column's type, by which values are written in binary."""
    return next((name for kind, name in _NAMES if isinstance(column_type, kind)), "text")
