"""Write one lot at a time: the writer holds an advisory lock, which is released when its process ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from tracing.imports.errors import AnotherLotIsLoading
from tracing.kernel.db import session

LOT_LOCK = 7_305_118
"""Number of the advisory lock for writing a lot; any number, the same in every release."""
WAIT_FOR_LOT = "60s"


@contextmanager
def one_at_a_time(wait: str = WAIT_FOR_LOT) -> Iterator[None]:
    """Wait for the lock for writing a lot and hold it, on a separate connection: it cannot outlive the process."""
    with _apart() as connection:
        connection.execute(text(f"SET lock_timeout = '{wait}'"))
        try:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOT_LOCK})
        except OperationalError as error:
            if isinstance(error.orig, LockNotAvailable):
                raise AnotherLotIsLoading from error
            raise
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOT_LOCK})


@contextmanager
def lock_if_free() -> Iterator[bool]:
    """Take the lock for writing a lot if it is free, without waiting, and yield whether it was taken."""
    with _apart() as connection:
        is_mine = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOT_LOCK}))
        try:
            yield is_mine
        finally:
            if is_mine:
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOT_LOCK})


@contextmanager
def _apart() -> Iterator[Connection]:
    bind = session.get_bind()
    engine: Engine = bind.engine if isinstance(bind, Connection) else bind
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        try:
            yield connection
        except BaseException:
            connection.invalidate()  # closing the connection releases a lock that could not be released
            raise
        connection.execute(text("RESET ALL"))
