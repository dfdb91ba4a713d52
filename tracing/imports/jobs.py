"""Loading a file from beginning to end: one lot at a time, a transaction a batch, nothing decrypted on disk."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from tracing.imports import queries, services
from tracing.imports.containers import Secrets
from tracing.imports.errors import AnotherLotIsLoading, FileRefused
from tracing.imports.layout import RawLine
from tracing.imports.lines import Reading, parse
from tracing.imports.reader import opened
from tracing.kernel import clock
from tracing.kernel.db import session, transaction

BATCH = 1000
LOT_LOCK = 7_305_118
"""The advisory lock of whoever writes a lot; any number, the same in every release."""
WAIT_FOR_LOT = "60s"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A file as it came, and what is needed to open and read it."""

    content: bytes
    file_name: str
    source_code: str
    secrets: Secrets
    zone: ZoneInfo
    allow_fiction: bool
    programme: str
    """The rule pack of the site that is opened when there is none at all."""
    received_at: datetime | None = None
    """When it arrived, if that was not now: the promise of a first call counts from it."""
    by: int | None = None


def load(
    arrival: Arrival,
    *,
    with_lines: bool = False,
    progress: Callable[[int, int], None] | None = None,
    batch_size: int = BATCH,
) -> dict[str, Any]:
    """Load a file and return its report; `progress` is told lines done and lines in all.

    A file loaded half by a process that died is taken up where it stopped.

    Raises:
        FileRefused: the file as a whole cannot be taken in; that it came is kept.
        AnotherLotIsLoading: somebody else loads a lot, and did so for a minute.
    """
    try:
        with opened(arrival.content, arrival.secrets) as extract, one_at_a_time():
            with transaction():
                lot = services.begin_lot(
                    arrival.content,
                    source_code=arrival.source_code,
                    file_name=arrival.file_name,
                    container=extract.container.value,
                    by=arrival.by,
                    at=arrival.received_at or clock.now(),
                )
                taking = services.taking_of(lot, zone=arrival.zone, programme=arrival.programme)
                done = services.rows_done(lot.id)
            reading = Reading(
                zone=arrival.zone, received_at=lot.received_at, allow_fiction=arrival.allow_fiction
            )
            read = 0
            for batch in _batches(extract.lines, batch_size):
                lines = [parse(raw, reading) for raw in batch if raw.row not in done]
                if lines:
                    with transaction():
                        services.take_in(lines, taking, at=clock.now())
                read += len(batch)
                if progress:
                    progress(read, extract.line_count)
            with transaction():
                lot = queries.get_lot(lot.id)
                services.finish_lot(lot, queries.report(lot.id), by=arrival.by, at=clock.now())
                return queries.report(lot.id, with_lines=with_lines)
    except FileRefused as refusal:
        with transaction():
            services.refuse_lot(
                arrival.content,
                refusal.message,
                source_code=arrival.source_code,
                file_name=arrival.file_name,
                by=arrival.by,
                at=clock.now(),
            )
        raise


def _batches(lines: Iterator[RawLine], size: int) -> Iterator[Sequence[RawLine]]:
    while batch := list(islice(lines, size)):
        yield batch


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the right to write a lot, on a connection of its own: it is lost with the process, never left."""
    bind = session.get_bind()
    engine: Engine = bind.engine if isinstance(bind, Connection) else bind
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"SET lock_timeout = '{WAIT_FOR_LOT}'"))
        connection.execute(text("SET statement_timeout = 0"))
        try:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOT_LOCK})
        except Exception as error:
            if "lock timeout" in str(error):
                raise AnotherLotIsLoading from error
            raise
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOT_LOCK})
            connection.execute(text("RESET ALL"))
