"""Decide batch n+1 in one thread while batch n is being written in another.

The database works while Python does. The next batch cannot read what the batch in flight brings, so it is given it
(`lookups.look_up(before=…)`). Batches are committed one after another, in order, by the writer thread.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

from psycopg.errors import DeadlockDetected
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from tracing.imports.format.line import ParsedLine
from tracing.imports.loading import services
from tracing.imports.loading.context import LoadContext
from tracing.imports.loading.writer import Batch
from tracing.kernel import clock
from tracing.kernel.db import session, transaction

TURN = 0.0005
"""Seconds after which the interpreter switches between the two threads."""
ATTEMPTS = 3
"""Attempts to write a batch in a deadlock with a transaction that writes the same telephone numbers."""

Advance = Callable[[int], bool]
"""Called inside a batch's transaction with the lines read up to its end; returns whether to stop after it."""
Hand = Callable[[Callable[[], bool]], "Future[bool]"]


def load_batches(
    batches: Iterable[tuple[int, Sequence[ParsedLine]]], taking: LoadContext, *, advance: Advance
) -> Iterator[tuple[int, bool]]:
    """Load batches of lines, one transaction each; yields the result of `advance` once each is committed.

    When the caller stops iterating after an answer, nothing is in flight: the next batch was decided and is dropped.
    """
    with _second_hand() as hand:
        before: Batch | None = None
        running: tuple[int, Future[bool]] | None = None
        for read, lines in batches:
            work = _prepare(lines, taking, before)
            if running is not None:
                yield running[0], running[1].result()
            running = read, hand(lambda work=work, read=read: _write(work, read, advance))  # type: ignore[misc]
            before = work or before
        if running is not None:
            yield running[0], running[1].result()


def _prepare(lines: Sequence[ParsedLine], taking: LoadContext, before: Batch | None) -> Batch | None:
    if not lines:
        return None
    with transaction():
        return services.prepare(lines, taking, at=clock.now(), before=before.known if before else None)


def _write(work: Batch | None, read: int, advance: Advance) -> bool:
    """Write and commit a batch; after losing a deadlock with a tracer's page, write it once more."""
    for attempt in count(1):
        try:
            # no wait for the disk: after a power failure the last batches are read again from where the lot says
            with transaction(waits_for_disk=False):
                if work is not None:
                    work.write()
                return advance(read)
        except OperationalError as error:
            if not isinstance(error.orig, DeadlockDetected) or attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


@contextmanager
def _second_hand() -> Iterator[Hand]:
    """Yield a function that runs work in the writer thread, with a session of its own.

    A session bound to one connection cannot be shared by two threads; with such a session the work runs at once.
    """
    if isinstance(session.get_bind(), Connection):
        yield _at_once
        return
    with _quick_turns(), ThreadPoolExecutor(1, thread_name_prefix="lot") as thread:
        yield lambda work: thread.submit(_with_own_session, work)


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Let the writer thread continue soon after the database answers: it needs little processor time.

    By default the deciding thread may keep the interpreter for 5 ms each time, while the database waits for rows.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _with_own_session(work: Callable[[], bool]) -> bool:
    try:
        return work()
    finally:
        session.remove()


def _at_once(work: Callable[[], bool]) -> "Future[bool]":
    done: Future[bool] = Future()
    done.set_result(work())
    return done
