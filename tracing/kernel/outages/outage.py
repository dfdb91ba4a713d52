"""Whether a database answers, as the pages of this process see it: none waits long for one that was cut off.

A page that holds a connection for longer than usual makes one thread ask the server a question of its own, with a
deadline. A server that answers is only slow, and the page goes on. One that does not is lost: whatever pages wait for
it is ended, and until it answers again every page fails at once instead of waiting in its turn.

Jobs and commands are not watched: theirs are the deadlines of the connection (`db.GIVE_UP`), which a long lot outlives.
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
"""Seconds in which a server that is there answers that question, however much it has to do.

Together less than the three seconds after which a page says that the database does not answer.
"""
LOOK_EVERY = 0.2
ASK_AGAIN_AFTER = 1.0
"""Seconds between two questions to a server that answered; one that is lost is asked at every look."""
REST_AFTER = 60.0
"""Seconds without a page after which the thread that looks ends; the next page starts another."""
CONNECT_WITHIN = 2
"""Seconds that a page waits for a new connection; the driver counts no less."""

_doing = threading.local()


class Lost(psycopg.OperationalError):
    """The database did not answer a moment ago: not tried again by a page until it does."""


@contextmanager
def for_a_page() -> Iterator[None]:
    """Let what this thread does count as a page: short deadlines, and none while the database is lost."""
    page_begins()
    try:
        yield
    finally:
        page_ends()


def page_begins() -> None:
    """Let what this thread does from now on count as a page."""
    _doing.a_page = True


def page_ends() -> None:
    """Let what this thread does from now on count as a job again."""
    _doing.a_page = False


def is_page() -> bool:
    """Return whether this thread answers a page."""
    return bool(getattr(_doing, "a_page", False))


class _Held(NamedTuple):
    """A connection that a page holds, or waits for."""

    since: float
    connection: DBAPIConnection | None
    """Kept, so that its wire stays open until the page has given it back."""


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
    """The process whose thread looks."""
    _starting: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def note_wire(self, connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        """Keep a way of our own to end a wire: the driver's could be closed and its number taken by another."""
        wire = os.dup(connection.fileno())
        self._wires[connection] = wire
        weakref.finalize(connection, os.close, wire).atexit = False

    def begin(
        self, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        """Watch a connection from here on, if a page takes it."""
        if is_page():
            self._refuse_if_lost()
            self._hold(record, connection)

    def end(self, _connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        """Watch a connection no longer."""
        self._held.pop(record, None)

    def connect(
        self, dialect: Any, _record: ConnectionPoolEntry, words: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        """Open a connection: for a page with a short deadline, and not at all while the database is lost."""
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
        """Begin anew: the engine has closed its connections."""
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
            # a page that comes now sees that nobody looks, or is seen here
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
            self.lost = False  # it is there: what it refuses, it refuses at once
        else:
            self.lost = False

    def _end_waits(self, *, since: float) -> None:
        for held in list(self._held.values()):
            if held.connection is not None and held.since <= since:
                wire = self._wires.get(held.connection)
                if wire is not None:
                    _shut(wire)


def _shut(wire: int) -> None:
    """End a wire in both directions: whoever waits for it is told at once."""
    ended = socket.socket(fileno=wire)
    try:
        ended.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it has ended by itself
    finally:
        ended.detach()


_watches: "weakref.WeakKeyDictionary[Engine, Watch]" = weakref.WeakKeyDictionary()


def watch(engine: Engine, url: str) -> Watch:
    """Watch the connections of an engine."""
    watched = _watches[engine] = Watch(probe.conninfo(url))
    event.listen(engine, "connect", watched.note_wire)
    event.listen(engine, "do_connect", watched.connect)
    event.listen(engine, "checkout", watched.begin)
    event.listen(engine, "checkin", watched.end)
    event.listen(engine, "engine_disposed", watched.forget)
    return watched


def is_lost(engine: Engine) -> bool:
    """Return whether the database of an engine did not answer when it was last asked."""
    return _watches[engine].lost
