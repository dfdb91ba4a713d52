"""COPY: the fastest way to write many rows, inside the transaction of the session."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, LargeBinary, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
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


def copy_rows(model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write `rows`, each with the values of `columns` in their order. Defaults of Python are not applied.

    Raises:
        IntegrityError: a constraint does not hold; as with any statement the transaction is lost.
    """
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    session.flush()
    driver = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
    statement, types = _statement(cast("Table", model.__table__), tuple(columns))
    try:
        send(driver, statement, types, chain((first,), rows))
    except psycopg.Error as error:
        # what a statement of the session would raise: callers know one kind of error
        raise DBAPIError.instance(
            f"COPY {model.__tablename__}", None, error, psycopg.Error, hide_parameters=True
        ) from error


def send(
    driver: "psycopg.Connection[Any]",
    statement: sql.Composed,
    types: list[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Send rows to a COPY on a connection of the driver."""
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
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
