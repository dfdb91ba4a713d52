"""Load a file from beginning to end: one lot at a time, one transaction per batch, nothing decrypted on disk."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from tracing.imports.arrivals import messages
from tracing.imports.decryption.secrets import Secrets
from tracing.imports.errors import FileRefused, NotNow, OriginalGone
from tracing.imports.format.laboratory import Laboratory
from tracing.imports.format.line import ParsedLine
from tracing.imports.format.reading import Reading
from tracing.imports.loading import pipeline, services
from tracing.imports.loading.dry_run import Planner
from tracing.imports.lots import interruptions, originals, queries, routing, uploads
from tracing.imports.lots import services as lots
from tracing.imports.lots.lock import lock_if_free, one_at_a_time
from tracing.imports.models import CameBy, ImportLot, LotState
from tracing.imports.refusal_codes import Refusal
from tracing.imports.sandbox.client import Extract
from tracing.imports.sources import queries as source_queries
from tracing.imports.sources import services as source_services
from tracing.imports.sources.agreement import Agreed, open_with_accepted_mapping
from tracing.imports.undo import services as undoing
from tracing.kernel import clock, gc_control
from tracing.kernel.config import Settings
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot
from tracing.programmes.publishing import queries as rule_versions

BATCH = 2500
FIRST_BATCH = 500
MOST_TRIES_TO_UNDO = 3
"""Attempts after a passing error before undoing a lot is given up; a person may ask for it again."""

Progress = Callable[[int, int], None]
"""Called with the number of lines done and the number of lines in all."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Arrival:
    """A file as received, and what is needed to open and read it."""

    content: bytes
    file_name: str
    source_code: str
    secrets: Secrets
    zone: ZoneInfo
    allow_fiction: bool
    programme: str
    """The rule pack of the site that is created when no site exists yet."""
    received_at: datetime | None = None
    """When it arrived, if not now: the deadline of the first call counts from it."""
    by: int | None = None
    keep_days: int = originals.KEEP_DAYS


def load(
    arrival: Arrival,
    *,
    with_lines: bool = False,
    progress: Progress | None = None,
    batch_size: int = BATCH,
) -> dict[str, Any]:
    """Load a file at once, whether its source is trusted or not, and return its report.

    A file that was loaded in part, because a process died or was stopped, is continued from where it stopped.

    Raises:
        FileRefused: the file as a whole cannot be loaded; its arrival is recorded.
        AnotherLotIsLoading: another process is loading a lot, and was for a minute.
    """
    try:
        with transaction():
            secrets = arrival.secrets + source_queries.secrets_of(arrival.source_code)
            accepted = source_queries.accepted_mappings(arrival.source_code)
            country = source_queries.country_of(arrival.source_code)
            laboratory = routing.laboratory_of(arrival.programme)
        with (
            open_with_accepted_mapping(arrival.content, secrets, accepted, laboratory) as agreed,
            one_at_a_time(),
        ):
            extract = agreed.extract
            at = arrival.received_at or clock.now()
            with transaction():
                lot = lots.begin_lot(
                    arrival.content,
                    source_code=arrival.source_code,
                    file_name=arrival.file_name,
                    keep_days=arrival.keep_days,
                    by=arrival.by,
                    at=at,
                )
                _note_opened(lot, agreed)
            reading = _reading_of(arrival, country, laboratory, received_at=lot.received_at)
            report = _take_all(
                lot, extract, reading, programme=arrival.programme, batch_size=batch_size, progress=progress
            )
            if report is None or with_lines:
                with transaction():
                    report = queries.report(lot.id, with_lines=with_lines)
            return report
    except FileRefused as refusal:
        with transaction():
            lots.refuse_file(
                arrival.content,
                refusal,
                source_code=arrival.source_code,
                file_name=arrival.file_name,
                by=arrival.by,
                at=clock.now(),
            )
        raise


def plan_file(
    arrival: Arrival, *, progress: Progress | None = None, batch_size: int = BATCH
) -> dict[str, Any]:
    """Return what loading a file would bring, without writing anything.

    Raises:
        FileRefused: the file as a whole cannot be loaded.
    """
    with transaction():
        secrets = arrival.secrets + source_queries.secrets_of(arrival.source_code)
        accepted = source_queries.accepted_mappings(arrival.source_code)
        country = source_queries.country_of(arrival.source_code)
        laboratory = routing.laboratory_of(arrival.programme)
    with open_with_accepted_mapping(arrival.content, secrets, accepted, laboratory) as (extract, _):
        at = arrival.received_at or clock.now()
        reading = _reading_of(arrival, country, laboratory, received_at=at)
        with transaction():
            planner = _planner(arrival.source_code, reading)
        with gc_control.defer_gc() as sweep:
            for done, lines in _batches(extract.understood(reading), batch_size):
                with transaction():
                    planner.add(lines)
                sweep()
                if progress:
                    progress(done, extract.line_count)
        return planner.plan(at=at) | {"left_out": extract.left_out}


def _reading_of(arrival: Arrival, country: str, laboratory: Laboratory, *, received_at: datetime) -> Reading:
    return Reading(
        zone=arrival.zone,
        received_at=received_at,
        allow_fiction=arrival.allow_fiction,
        country=country,
        laboratory=laboratory,
    )


def process_next_lot(
    settings: Settings, *, batch_size: int = BATCH, is_closing: Callable[[], bool] = lambda: False
) -> int | None:
    """Do the next step of the next waiting lot, if no other process is working on one; returns the lot's id.

    A received lot is read: it is loaded if its source is trusted, else its plan waits for a person. A lot that was
    being loaded continues where it stopped. A passing error (full disk, lost database) does not refuse the file: it is
    recorded and the lot is tried again. A lot that a person asked to undo is undone in one transaction.
    """
    with lock_if_free() as is_mine:
        if not is_mine:
            return None
        with transaction():
            lot = lots.next_waiting(at=clock.now())
        if lot is None:
            return None
        try:
            if lot.is_being_undone:
                _undo(lot.id)
            else:
                _work_on(lot, settings, batch_size=batch_size, is_closing=is_closing)
        except NotNow:
            pass  # a person decided otherwise meanwhile
        except (FileRefused, OriginalGone) as refusal:
            _end(lot.id, refusal, keep_days=settings.keep_originals_days)
        except Exception as error:
            with transaction():
                lots.record_interruption(lot.id, interruptions.sentence_of(error), at=clock.now())
            if not interruptions.is_passing(error):
                raise
        return lot.id


def _undo(lot_id: int) -> None:
    """Undo a lot in one transaction; if an error stops that, the lot is left as it was and the error is recorded."""
    try:
        with transaction():
            undoing.undo(lot_id, at=clock.now())
    except NotNow:
        raise
    except Exception as error:
        sentence = interruptions.sentence_of(error)
        with transaction():
            if interruptions.is_passing(error) and lots.get_locked(lot_id).tries < MOST_TRIES_TO_UNDO:
                lots.record_interruption(lot_id, sentence, at=clock.now())
            else:
                undoing.give_up(lot_id, interruptions.not_undone(sentence), at=clock.now())
        if not interruptions.is_passing(error):
            raise


def _work_on(lot: ImportLot, settings: Settings, *, batch_size: int, is_closing: Callable[[], bool]) -> None:
    with transaction():
        content = originals.content_of(lot.id)
        secrets = originals.secret_of(lot.id) + source_queries.secrets_of(lot.source_code)
        terms = routing.terms_of(lot, settings)
        begun_with = lot.mapping_id if lot.state is LotState.LOADING else None
        accepted = source_queries.accepted_mappings(lot.source_code, begun_with=begun_with)
    reading = terms.reading(lot.received_at)
    with open_with_accepted_mapping(content, secrets, accepted, reading.laboratory) as agreed:
        extract = agreed.extract
        with transaction():
            _note_opened(lot, agreed)
            is_tried = lot.mapping_id is None or source_queries.is_tried(lot.mapping_id)
            if lot.state is LotState.RECEIVED and terms.is_trusted and is_tried:
                lots.begin_loading(lot.id)
            state = lot.state
        if state is LotState.RECEIVED:
            _plan(lot, extract, reading, batch_size=batch_size)
        else:
            _take_all(
                lot,
                extract,
                reading,
                programme=terms.programme,
                batch_size=batch_size,
                is_closing=is_closing,
            )


def _note_opened(lot: ImportLot, agreed: Agreed) -> None:
    """Record that the lot was opened and its mapping version; a source's first file creates the first version.

    So does its first table after HL7 messages only.
    """
    extract, mapping_id = agreed
    if mapping_id is None:
        first = source_services.record_first_mapping(lot.source_code, extract.headings, at=clock.now())
        mapping_id = first.id
    lots.opened(
        lot.id,
        container=extract.container,
        lines=extract.line_count,
        left_out=extract.left_out,
        mapping_id=mapping_id,
        at=clock.now(),
    )


def _end(lot_id: int, refusal: FileRefused | OriginalGone, *, keep_days: int) -> None:
    """End a lot that cannot be read: refused, or stopped if some of its lines are loaded already.

    A lot of gathered messages is taken apart instead, until one message alone is refused.
    """
    with transaction():
        lot = lots.get_locked(lot_id)
        if lot.state is LotState.LOADING:
            lots.stopped(lot_id, trouble=refusal.message, at=clock.now())
        elif lot.state is LotState.RECEIVED:
            if isinstance(refusal, FileRefused) and refusal.refusal is Refusal.UNKNOWN_LAYOUT:
                lots.await_mapping(lot_id, trouble=refusal.message, at=clock.now())
            elif not (
                isinstance(refusal, FileRefused)
                and lot.came_by is CameBy.MESSAGES
                and messages.take_apart(lot_id, refusal, keep_days=keep_days, at=clock.now())
            ):
                lots.refuse(lot_id, refusal, at=clock.now())


def _plan(lot: ImportLot, extract: Extract, reading: Reading, *, batch_size: int) -> None:
    """Decide every line and store the outcome as the lot's plan; nothing of the lot is loaded."""
    with transaction():
        planner = _planner(lot.source_code, reading)
    with gc_control.defer_gc() as sweep:
        for read, lines in _batches(extract.understood(reading), batch_size):
            with transaction():
                planner.add(lines)
                lots.advance(lot.id, read=read, at=clock.now())
            sweep()
    with transaction():
        plan = planner.plan(at=clock.now()) | {"left_out": extract.left_out}
        lots.planned(lot.id, plan, at=clock.now())


def _planner(source_code: str, reading: Reading) -> Planner:
    return Planner(
        source_code,
        routing.routing_of(source_code),
        reading,
        trusts_ids=source_queries.trusts_ids(source_code),
    )


def _take_all(
    lot: ImportLot,
    extract: Extract,
    reading: Reading,
    *,
    programme: str,
    batch_size: int,
    progress: Progress | None = None,
    is_closing: Callable[[], bool] = lambda: False,
) -> dict[str, Any] | None:
    """Load every line that is not loaded yet, one transaction per batch; returns the report, or None if stopped."""
    with transaction():
        taking = services.load_context_of(lot, zone=reading.zone, programme=programme)
        done = services.rows_done(lot.id)
    missing = (
        (read, [line for line in lines if line.row not in done])
        for read, lines in _batches(extract.understood(reading), batch_size)
    )
    advance = partial(_advance, lot.id)
    with gc_control.defer_gc() as sweep:
        for read, must_stop in pipeline.load_batches(missing, taking, advance=advance):
            sweep()
            if progress:
                progress(read, extract.line_count)
            if must_stop:
                with transaction():
                    lots.stopped(lot.id, at=clock.now())
                return None
            if is_closing():
                return None  # the next process continues from here
    with transaction():
        report = queries.report(lot.id)
        lots.finish_lot(lot.id, report, by=lot.committed_by or lot.received_by, at=clock.now())
    return report


def _advance(lot_id: int, read: int) -> bool:
    # a lot takes minutes: rules that were published meanwhile take effect in the middle of it
    rule_versions.follow_now(clock.database_now())
    return lots.advance(lot_id, read=read, at=clock.now())


def _batches(lines: Iterator[ParsedLine], size: int) -> Iterator[tuple[int, Sequence[ParsedLine]]]:
    """Yield batches of lines, each with the number of lines read once it is done.

    The first batch is small: until it is decided there is nothing to write, and no person to call.
    """
    read = 0
    while batch := _next_of(lines, size if read else min(size, FIRST_BATCH)):
        read += len(batch)
        yield read, batch


def _next_of(lines: Iterator[ParsedLine], size: int) -> list[ParsedLine]:
    return list(islice(lines, size))


def remove_originals(slot: datetime) -> int:
    """Delete the original files whose retention is over; returns how many."""
    with transaction():
        if not take_slot("remove_originals", slot, at=clock.now()):
            return 0
        messages.remove_old(at=clock.now())
        uploads.remove_old(at=clock.now())
        return originals.remove_old(at=clock.now())


def gather_messages(settings: Settings) -> list[int]:
    """Make lots of the HL7 messages that came one by one and have waited for others; returns the lots."""
    made = []
    with transaction():
        due = messages.due(at=clock.database_now())
    for source_code, encoding in due:
        with transaction():
            lot_id = messages.gather(source_code, encoding, keep_days=settings.keep_originals_days)
        if lot_id is not None:
            made.append(lot_id)
    return made
