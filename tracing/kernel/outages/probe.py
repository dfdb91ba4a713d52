"""Ask a PostgreSQL server one question with a deadline for everything: connecting, sending and waiting.

The driver's own deadlines do not cover the wait for an answer: a stopped server, or one behind a connection that was
cut after the question arrived, keeps a caller waiting for ever. This module never waits past its deadline.
"""

import select
from time import monotonic

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo
from psycopg.pq.abc import PGconn
from sqlalchemy import make_url

Row = tuple[str | None, ...]

READABLE, WRITABLE = select.POLLIN, select.POLLOUT


class Unreachable(psycopg.OperationalError):
    """No server answers at that address: nothing came back in time, or nothing listens there."""


class Refused(psycopg.OperationalError):
    """A server answered but refused: it has too many clients, is starting, or the password is wrong."""


def conninfo(url: str) -> bytes:
    """Return the libpq connection string for a database, the same as an engine for `url` would use."""
    parsed = make_url(url)
    _words, options = parsed.get_dialect()().create_connect_args(parsed)
    return make_conninfo(**options).encode()


def ask(address: bytes, question: str, *, within: float) -> list[Row]:
    """Return the rows that answer one statement, as text, over a connection of its own.

    Raises:
        Unreachable: nothing answered `within` this many seconds.
        Refused: the server answered that it accepts no question now.
        psycopg.Error: the question was accepted and the statement failed.
    """
    deadline = monotonic() + within
    connection = pq.PGconn.connect_start(address)
    try:
        _connect(connection, deadline)
        connection.nonblocking = 1
        connection.send_query(question.encode())
        while connection.flush():
            _wait(connection, WRITABLE, deadline)
        return _rows(connection, deadline)
    finally:
        connection.finish()


def _connect(connection: PGconn, deadline: float) -> None:
    if connection.status == pq.ConnStatus.BAD:
        raise _failed(connection, pq.ConnStatus.BAD)
    state: int = pq.PollingStatus.WRITING  # as libpq requires: before the first poll, wait until writable
    while state != pq.PollingStatus.OK:
        _wait(connection, READABLE if state == pq.PollingStatus.READING else WRITABLE, deadline)
        reached = connection.status
        state = connection.connect_poll()
        if state == pq.PollingStatus.FAILED:
            raise _failed(connection, reached)


def _failed(connection: PGconn, reached: int) -> psycopg.OperationalError:
    """Return the error that a failed connection means, depending on how far it got."""
    said = connection.error_message.decode(errors="replace").strip()
    nobody = reached in {pq.ConnStatus.BAD, pq.ConnStatus.STARTED} or "closed the connection" in said
    return (Unreachable if nobody else Refused)(said)


def _rows(connection: PGconn, deadline: float) -> list[Row]:
    rows: list[Row] = []
    while True:
        while connection.is_busy():
            _wait(connection, READABLE, deadline)
            try:
                connection.consume_input()
            except psycopg.OperationalError as error:
                raise Unreachable(str(error)) from None
        result = connection.get_result()
        if result is None:
            return rows
        if result.status == pq.ExecStatus.FATAL_ERROR:
            code = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
            kind = psycopg.errors.lookup(code) if code else Unreachable
            raise kind(result.error_message.decode(errors="replace").strip())
        for row in range(result.ntuples):
            values = (result.get_value(row, column) for column in range(result.nfields))
            rows.append(tuple(None if value is None else value.decode() for value in values))


def _wait(connection: PGconn, event: int, deadline: float) -> None:
    left = deadline - monotonic()
    waiting = select.poll()
    waiting.register(connection.socket, event)
    if left <= 0 or not waiting.poll(left * 1000):
        raise Unreachable("the server does not answer in time")
