"""The engine, the session, and the only place that commits."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum
from time import monotonic
from typing import Any, ClassVar, cast

import psycopg
from psycopg.adapt import PyFormat
from psycopg.types.array import BaseListDumper, ListBinaryDumper, ListDumper
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Engine,
    Enum,
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
from sqlalchemy.exc import DisconnectionError
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
"""Every constraint has a name that can be found in an error, a migration and a test."""

CLAIM_POOL = 8
"""Connections of one process: more of them make the head of the queue slower, not faster (docs/decisions)."""

GIVE_UP = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""When a connection over a wire that was cut counts as lost: some twenty seconds, where the system waits for minutes."""

POOL_WAIT = 2.5
"""Seconds to wait for one of these connections; where all are held for longer, something is wrong, and is said."""

TRIED_AFTER = 1.0
"""Seconds of rest after which a pooled connection is tried before it is used."""


class Base(DeclarativeBase):
    """The main database's tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        bytes: LargeBinary,
        dict[str, Any]: JSONB,
        list[str]: JSONB,
    }


def coded(codes: type[StrEnum], *, name: str | None = None) -> Enum:
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


session: scoped_session[Session] = scoped_session(sessionmaker(expire_on_commit=False))
"""One session a thread; removed at the end of each request, command and job."""


def make_engine(url: str) -> Engine:
    """Return an engine for a PostgreSQL `url`, at most CLAIM_POOL connections."""
    driver_url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(
        driver_url,
        pool_size=CLAIM_POOL,
        max_overflow=2,
        pool_timeout=POOL_WAIT,
        hide_parameters=True,  # an error's text ends up in a log, and a parameter may be somebody's name
        connect_args={"connect_timeout": 10} | GIVE_UP,
    )
    outage.watch(engine, driver_url)  # before what follows: a page that tries a connection is watched already
    event.listen(engine, "connect", _send_bytes_as_they_are)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", _try_rested)
    return engine


class _ListDumper(ListDumper):
    """Sends a list of byte strings in binary; as text each of its bytes would be escaped twice, some 40 µs a digest."""

    def upgrade(self, obj: list[Any], format: PyFormat) -> BaseListDumper:  # noqa: A002 - the name it has there
        if obj and type(obj[0]) is bytes:
            return ListBinaryDumper(self.cls, self._tx).upgrade(obj, PyFormat.BINARY)
        return super().upgrade(obj, format)


def _send_bytes_as_they_are(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # what the pool opens is the driver's own connection
    cast("psycopg.Connection[Any]", connection).adapters.register_dumper(list, _ListDumper)


def _note_rest(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = monotonic()


def _try_rested(
    connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Refuse a pooled connection that rested for a while and was lost meanwhile: the pool opens another one.

    One that was used a moment ago is not tried: at every request that would cost as much as a statement.
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
"""Said in a statement, lets its transaction end before it is on the disk: no journey to the database of its own."""


_begins_with: ContextVar[Callable[[], None] | None] = ContextVar("begins_with", default=None)


@contextmanager
def beginning_with(step: Callable[[], None]) -> Iterator[None]:
    """Begin the next transaction that is work with `step`, which is kept or lost together with all that is done in it.

    If it is lost, the one that follows begins with it.
    """
    before = _begins_with.set(step)
    try:
        yield
    finally:
        _begins_with.reset(before)


@contextmanager
def transaction(*, waits_for_disk: bool = True, is_work: bool = True) -> Iterator[Session]:
    """Commit on success, roll back on any error. Entry points only: never inside a service.

    What is simply done again if the power fails need not wait until it is on the disk (`waits_for_disk`): it keeps its
    locks for less. Whoever builds on it and commits with the wait waits for all that came before in the log.
    A view that is `sent_once` says which of its transactions come before what its form asks for (`is_work`).
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


def refresh_known(*models: type[Base]) -> None:
    """Read again the rows of `models` that the session has at hand, after a statement that went around it."""
    for one in list(session()):
        if isinstance(one, models):
            session.refresh(one)


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Return that `column` is one of `values`, as one array parameter: the same statement for any number."""
    return cast("ColumnElement[bool]", column == any_(literal(list(values), ARRAY(column.type))))


def take_ids(table: str, count: int) -> list[int]:
    """Reserve `count` ids of `table` before its rows exist: a sealed blob is bound to its row's id."""
    ids: list[int] | None = session.scalar(
        # the name of the sequence is looked up once, not once a row; and one array is read faster than many rows
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
