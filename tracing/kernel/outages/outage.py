"""Watch whether a database answers the pages of this process, so that no page waits long for a lost one.

When a page holds a connection for longer than usual, a thread sends the server a question of its own, with a
deadline. If the server answers, it is only slow, and the page goes on. If not, it is lost: every connection that a
page waits on is shut down, and until the server answers again every page fails at once instead of waiting.

Jobs and commands are not watched: they rely on the connection's own deadlines (`db.GIVE_UP`), which leave time for a
long lot.
"""

import os
import socket
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from tracing.kernel.outages import probe

PATIENCE = 0.7
"""Seconds that a page may hold a connection before the server is asked whether it is there."""
ANSWERS_WITHIN = 1.8
"""Seconds within which a reachable server answers that question, however busy it is.

Together with PATIENCE less than the three seconds after which a page says that the database does not answer.
"""
LOOK_EVERY = 0.2
ASK_AGAIN_AFTER = 1.0
"""Seconds between two questions to a server that answered; a lost one is asked at every look."""
REST_AFTER = 60.0
"""Seconds without a page after which the watching thread ends; the next page starts another."""
CONNECT_WITHIN = 2
"""Seconds that a page waits for a new connection; the driver accepts no lower value."""

_doing = threading.local()


class Lost(psycopg.OperationalError):
    """The database did not answer a moment ago; pages do not try it until it does."""


@contextmanager
def for_a_page() -> Iterator[None]:
    """Treat this thread inside the block as a page: short deadlines, and an error while the database is lost."""
    page_begins()
    try:
        yield
    finally:
        page_ends()


def page_begins() -> None:
    """Treat what this thread does from now on as a page."""
    _doing.a_page = True


def page_ends() -> None:
    """Treat what this thread does from now on as a job again."""
    _doing.a_page = False


def is_page() -> bool:
    """Return whether this thread is serving a page."""
    return bool(getattr(_doing, "a_page", False))


class _Held(NamedTuple):
    """A connection that a page holds, or is waiting for."""

    since: float
    connection: DBAPIConnection | None
    """Keeps a reference, so that the socket stays open until the page has returned it."""


@dataclass(eq=False)
class Watch:
    """Watches the connections of one engine that pages hold."""

    address: bytes = field(repr=False)
    lost: bool = False
    _held: dict[object, _Held] = field(default_factory=dict, repr=False)
    _wires: "weakref.WeakKeyDictionary[DBAPIConnection, int]" = field(
        default_factory=weakref.WeakKeyDictionary, repr=False
    )
    _looked_after_by: int | None = None
    """Process id of the process whose thread watches."""
    _starting: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def note_wire(self, connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        """Duplicate the socket to be able to shut it down: the driver's descriptor could be closed and reused."""
        wire = os.dup(connection.fileno())
        self._wires[connection] = wire
        weakref.finalize(connection, os.close, wire).atexit = False

    def begin(
        self, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        """Start watching a connection, if a page takes it."""
        if is_page():
            self._refuse_if_lost()
            self._hold(record, connection)

    def end(self, _connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        """Stop watching a connection."""
        self._held.pop(record, None)

    def connect(
        self, dialect: Any, _record: ConnectionPoolEntry, words: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        """Open a connection; for a page with a short deadline, and not at all while the database is lost."""
        if not is_page():
            return dialect.connect(*words, **options)
        self._refuse_if_lost()
        attempt = object()
        self._hold(attempt, None)
        try:
            return dialect.connect(*words, **options | {"connect_timeout": CONNECT_WITHIN})
        finally:
            self._held.pop(attempt, None)

    def forget(self, _engine: Engine) -> None:
        """Reset: the engine has closed its connections."""
        self.lost = False

    def _hold(self, key: object, connection: DBAPIConnection | None) -> None:
        self._held[key] = _Held(monotonic(), connection)
        if self._looked_after_by != os.getpid():  # no thread survives a fork
            self._start()

    def _refuse_if_lost(self) -> None:
        if self.lost:
            raise Lost("the database did not answer a moment ago")

    def _start(self) -> None:
        with self._starting:
            if self._looked_after_by != os.getpid():
                self._looked_after_by = os.getpid()
                threading.Thread(target=self._look, name="outage", daemon=True).start()

    def _look(self) -> None:
        pause = threading.Event()
        busy = monotonic()
        asked = busy - ASK_AGAIN_AFTER
        while not pause.wait(LOOK_EVERY):
            now = monotonic()
            held = list(self._held.values())
            if held or self.lost:
                busy = now
            elif now - busy > REST_AFTER and self._may_rest():
                return
            waits = any(now - one.since > PATIENCE for one in held)
            if self.lost or (waits and now - asked > ASK_AGAIN_AFTER):
                self.ask()
                asked = monotonic()

    def _may_rest(self) -> bool:
        with self._starting:
            # a page that arrives now either sees that no thread watches, or is seen by this check
            self._looked_after_by = None
            if not self._held:
                return True
            self._looked_after_by = os.getpid()
            return False

    def ask(self) -> None:
        """Find out whether the server answers; if not, end what pages waited for meanwhile."""
        began = monotonic()
        try:
            probe.ask(self.address, "SELECT 1", within=ANSWERS_WITHIN)
        except probe.Unreachable:
            self.lost = True
            self._end_waits(since=began)
        except psycopg.Error:
            self.lost = False  # it is reachable: whatever it refuses, it refuses at once
        else:
            self.lost = False

    def _end_waits(self, *, since: float) -> None:
        for held in list(self._held.values()):
            if held.connection is not None and held.since <= since:
                wire = self._wires.get(held.connection)
                if wire is not None:
                    _shut(wire)


def _shut(wire: int) -> None:
    """Shut a socket down in both directions, which wakes any thread that waits on it."""
    ended = socket.socket(fileno=wire)
    try:
        ended.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # already closed
    finally:
        ended.detach()


_watches: "weakref.WeakKeyDictionary[Engine, Watch]" = weakref.WeakKeyDictionary()


def watch(engine: Engine, url: str) -> Watch:
    """Start watching the connections of an engine; returns the watch."""
    watched = _watches[engine] = Watch(probe.conninfo(url))
    event.listen(engine, "connect", watched.note_wire)
    event.listen(engine, "do_connect", watched.connect)
    event.listen(engine, "checkout", watched.begin)
    event.listen(engine, "checkin", watched.end)
    event.listen(engine, "engine_disposed", watched.forget)
    return watched


def is_lost(engine: Engine) -> bool:
    """Return whether the database of an engine failed to answer when it was last asked."""
    return _watches[engine].lost
