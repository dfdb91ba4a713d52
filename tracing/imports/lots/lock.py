"""One lot is written at a time: who writes holds a lock that is lost with their process."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from tracing.imports.errors import AnotherLotIsLoading
from tracing.kernel.db import session

LOT_LOCK = 7_305_118
"""The advisory lock of whoever writes a lot; any number, the same in every release."""
WAIT_FOR_LOT = "60s"


@contextmanager
def one_at_a_time(wait: str = WAIT_FOR_LOT) -> Iterator[None]:
    """Hold the right to write a lot, on a connection of its own: it is lost with the process, never left."""
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
    """Hold the right to write a lot if nobody has it, and say whether it is ours; nobody waits."""
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
            connection.invalidate()  # a lock that could not be given back is lost with it
            raise
        connection.execute(text("RESET ALL"))
