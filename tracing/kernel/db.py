"""The engine, the session, and the only place that commits."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum
from time import monotonic
from typing import Any, ClassVar, TypeVar, cast

import psycopg
from psycopg.adapt import PyFormat
from psycopg.types.array import BaseListDumper, ListBinaryDumper, ListDumper
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Engine,
    Enum,
    Executable,
    LargeBinary,
    MetaData,
    any_,
    create_engine,
    event,
    literal,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from tracing.kernel.outages import outage

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint gets a name that can be found in an error, a migration and a test."""

CLAIM_POOL = 8
"""Connections of one process: more of them make claiming from the queue slower, not faster (docs/decisions)."""

GIVE_UP = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""Detect a cut connection after some twenty seconds; the operating system alone would wait for minutes."""

POOL_WAIT = 2.5
"""Seconds to wait for a pooled connection; if all are in use for longer, something is wrong and is reported."""

TRIED_AFTER = 1.0
"""Seconds of idleness after which a pooled connection is tested before it is used."""


class Base(DeclarativeBase):
    """Base class of the main database's tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        bytes: LargeBinary,
        dict[str, Any]: JSONB,
        list[str]: JSONB,
    }


def enum_text(codes: type[StrEnum], *, name: str | None = None) -> Enum:
    """Return a text column type that holds only the values of `codes`, held to it by a named check.

    A second column of the same codes in one table gives its check a `name` of its own.
    """
    return Enum(
        codes,
        native_enum=False,
        create_constraint=True,
        length=40,
        name=name or codes.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


Row = TypeVar("Row", bound=Base)
Statement = TypeVar("Statement", bound=Executable)

session: scoped_session[Session] = scoped_session(sessionmaker(expire_on_commit=False))
"""One session per thread; removed at the end of each request, command and job."""


def make_engine(url: str) -> Engine:
    """Return an engine for a PostgreSQL `url` with at most CLAIM_POOL connections."""
    driver_url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(
        driver_url,
        pool_size=CLAIM_POOL,
        max_overflow=2,
        pool_timeout=POOL_WAIT,
        hide_parameters=True,  # errors are logged, and a parameter may be a person's name
        connect_args={"connect_timeout": 10} | GIVE_UP,
    )
    outage.watch(engine, driver_url)  # before the listeners below: it then watches page tests too
    event.listen(engine, "connect", _send_bytes_as_they_are)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", _try_rested)
    return engine


class _ListDumper(ListDumper):
    """Sends a list of byte strings in binary; as text each byte would be escaped twice, some 40 µs per digest."""

    def upgrade(self, obj: list[Any], format: PyFormat) -> BaseListDumper:  # noqa: A002 - psycopg's parameter name
        if obj and type(obj[0]) is bytes:
            return ListBinaryDumper(self.cls, self._tx).upgrade(obj, PyFormat.BINARY)
        return super().upgrade(obj, format)


def _send_bytes_as_they_are(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # the pool opens the driver's own connections
    cast("psycopg.Connection[Any]", connection).adapters.register_dumper(list, _ListDumper)


def _note_rest(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = monotonic()


def _try_rested(
    connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Reject a pooled connection that was lost while it was idle: the pool then opens another one.

    A connection used a moment ago is not tested: on every request that would cost as much as a statement.
    """
    if monotonic() - record.info.get("rests_since", monotonic()) < TRIED_AFTER:
        return
    try:
        connection.autocommit = True
        connection.cursor().execute("SELECT 1")
        connection.autocommit = False
    except psycopg.Error as error:
        raise DisconnectionError from error


def connect(url: str) -> Engine:
    """Bind the session to the main database at `url` for the life of this process."""
    engine = make_engine(url)
    session.remove()
    session.configure(bind=engine)
    return engine


WITHOUT_WAITING = "set_config('synchronous_commit', 'off', true)"
"""SQL that lets its transaction commit before it is on disk; put into another statement to save a round trip."""


_begins_with: ContextVar[Callable[[], None] | None] = ContextVar("begins_with", default=None)


@contextmanager
def beginning_with(step: Callable[[], None]) -> Iterator[None]:
    """Run `step` at the start of the next work transaction; the two commit or roll back together.

    If that transaction is rolled back, the one after it starts with `step` again.
    """
    before = _begins_with.set(step)
    try:
        yield
    finally:
        _begins_with.reset(before)


@contextmanager
def transaction(*, waits_for_disk: bool = True, is_work: bool = True) -> Iterator[Session]:
    """Commit on success, roll back on any error. Entry points only: never inside a service.

    Work that can simply be redone after a power failure need not wait for the disk (`waits_for_disk=False`) and so
    holds its locks for less time. A later commit that does wait also waits for everything before it in the log.
    A view that is `sent_once` says with `is_work=False` which transactions run before the work its form asks for.
    """
    try:
        if not waits_for_disk:
            session.execute(text(f"SELECT {WITHOUT_WAITING}"))
        step = _begins_with.get() if is_work else None
        if step is not None:
            step()
        yield session()
        session.commit()
        if step is not None:
            _begins_with.set(None)
    except BaseException:
        session.rollback()
        raise


@contextmanager
def trial() -> Iterator[None]:
    """Let services write and see what comes of it; nothing of it stays, whether they succeed or not."""
    savepoint = session.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def fresh(statement: Statement) -> Statement:
    """Return a query that reads its rows again even where the session holds them already.

    SQLAlchemy keeps one object per row and does not overwrite its values: a query that locks a row may wait for another
    transaction, and without this it then returns the row as it was before that transaction. So every query that locks
    the objects it returns is fresh, and so is one for rows that a plain statement or another process may have changed
    since the session first read them. Changes not flushed yet are written before the query; none is lost.
    """
    return statement.execution_options(populate_existing=True)


CONTENTION = frozenset({"40P01", "55P03"})
"""PostgreSQL's codes for a deadlock, and for a lock that was not available in time."""


def is_contention(error: DBAPIError) -> bool:
    """Return whether a statement failed only because somebody else held a row: tried again later it will succeed."""
    return getattr(error.orig, "sqlstate", None) in CONTENTION


def find_row(model: type[Row], key: Any, *, lock: bool = False) -> Row | None:
    """Return the row with a primary key, or None; locked, it is read again (see `fresh`)."""
    return session.get(model, key, with_for_update=lock or None, populate_existing=lock)


def lock_row(model: type[Row], key: Any) -> Row:
    """Lock a row that exists and read it again (see `fresh`)."""
    return session.get_one(model, key, with_for_update=True, populate_existing=True)


def refresh_known(*models: type[Base]) -> None:
    """Reload the rows of `models` that the session holds, after a statement that changed them behind its back."""
    for one in list(session()):
        if isinstance(one, models):
            session.refresh(one)


def equals_any(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Return `column` = ANY of `values`, as one array parameter: the same statement text for any number of values."""
    return cast("ColumnElement[bool]", column == any_(literal(list(values), ARRAY(column.type))))


def take_ids(table: str, count: int) -> list[int]:
    """Reserve `count` ids of `table` before its rows exist: a sealed blob is bound to its row's id."""
    ids: list[int] | None = session.scalar(
        # look the sequence up once and not per row; and one array is read faster than many rows
        text("""
            SELECT array_agg(nextval(sequence.id))
            FROM (SELECT CAST(pg_get_serial_sequence(:name, 'id') AS regclass) AS id OFFSET 0) AS sequence,
                 generate_series(1, :count)
        """),
        {"name": table, "count": count},
    )
    return ids or []


def take_id(table: str) -> int:
    """Reserve one id of `table`."""
    return take_ids(table, 1)[0]
