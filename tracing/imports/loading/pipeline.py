"""Two hands for one lot: a batch is decided while the one before it is being written.

The database works while we do. What the batch in flight brings is not to be read yet, so it is told to the next one
(`batches.look_up(before=…)`). Batches are committed one after the other, in their order, by one hand.
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
"""Seconds after which one of the two hands lets the other go on."""
ATTEMPTS = 3
"""Times a batch is written when somebody else writes the same telephone numbers in another order."""

Advance = Callable[[int], bool]
"""Told, inside the transaction of a batch, how many lines are read with it; says whether to stop after it."""
Hand = Callable[[Callable[[], bool]], "Future[bool]"]


def take_all(
    batches: Iterable[tuple[int, Sequence[ParsedLine]]], taking: LoadContext, *, advance: Advance
) -> Iterator[tuple[int, bool]]:
    """Take in batches of lines, a transaction each; yields what `advance` said once each is committed.

    Whoever stops asking after an answer leaves nothing in flight: the next batch is decided, and forgotten.
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
    """Write and commit a batch; the loser of a deadlock with a tracer's page writes it once more."""
    for attempt in count(1):
        try:
            # if the power fails the last batches are read again: the lot says how far it is, and its end waits
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
    """Yield what runs a piece of work: in a thread with a session of its own.

    A session that is bound to one connection cannot be shared by two threads; there the work is done at once.
    """
    if isinstance(session.get_bind(), Connection):
        yield _at_once
        return
    with _quick_turns(), ThreadPoolExecutor(1, thread_name_prefix="lot") as thread:
        yield lambda work: thread.submit(_with_own_session, work)


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Let the hand that writes go on soon after the database answered: it asks for little, the other for all it gets.

    By default the one that decides may keep the interpreter for 5 ms each time, and the database waits for rows.
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
