"""Correct lines from beginning to end: under the lock for writing lots, one transaction per batch, nothing on disk."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from tracing.imports.corrections import queries as correction_queries
from tracing.imports.corrections import services as corrections
from tracing.imports.corrections import taken_ids
from tracing.imports.corrections import workbook as files
from tracing.imports.corrections.services import Corrected
from tracing.imports.corrections.taken_ids import WhatItIs
from tracing.imports.corrections.words import told
from tracing.imports.corrections.workbook import ToCorrect
from tracing.imports.decryption.secrets import Secrets
from tracing.imports.errors import NoFileYet
from tracing.imports.format.columns import RawLine
from tracing.imports.format.faults import Fault, faults_of
from tracing.imports.format.reading import Reading
from tracing.imports.loading import services
from tracing.imports.lots import events as lot_events
from tracing.imports.lots import queries, routing
from tracing.imports.lots import services as lots
from tracing.imports.lots.lock import one_at_a_time
from tracing.imports.models import ImportLine, ImportLot
from tracing.imports.rules import Outcome
from tracing.imports.sandbox.client import opened
from tracing.imports.sources import queries as source_queries
from tracing.kernel import clock, events
from tracing.kernel.config import Settings
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot
from tracing.staff.scope import read_log_reason
from tracing.vault import services as vault

WAIT = "5s"
"""Wait for the lock: a person is waiting at the page and is soon told that a lot is being loaded."""
BATCH = 500
MOST_LINES = 5_000
"""Most lines of one workbook: it is made and read in memory. The next one holds the rest."""


def reading_of(lot: ImportLot, settings: Settings, *, allow_old: bool = False) -> Reading:
    """Return how the lines of a lot are read; `allow_old` if an officer says that old samplings are right."""
    reading = routing.terms_of(lot, settings).reading(lot.received_at)
    return replace(reading, tests=source_queries.tests_of(lot.source_code), allow_old=allow_old)


def faults_now(line: ImportLine, lot: ImportLot, settings: Settings) -> tuple[Fault, ...]:
    """Return what is wrong with a line in its current form; empty once its fields were destroyed."""
    values = correction_queries.values_of(line)
    return () if values is None else faults_of(values, reading_of(lot, settings))


def correct_line(
    lot_id: int, raw: RawLine, *, allow_old: bool = False, settings: Settings, by: int
) -> Corrected:
    """Load one line as it was typed, with `allow_old` also if its sampling is old.

    Raises:
        AnotherLotIsLoading: nothing is lost, the form can be sent again in a minute.
        NotNow: the lot was undone meanwhile.
    """
    with one_at_a_time(wait=WAIT):
        return _correct(lot_id, [raw], settings, allow_old=allow_old, by=by)


def load_old_lines(lot_id: int, *, settings: Settings, by: int) -> Corrected:
    """Load the lines of a lot that wait only because their sampling is old: an officer says that they are right.

    Sent twice it finds none left.

    Raises:
        AnotherLotIsLoading: nothing is lost, it can be asked again in a minute.
        NotNow: the lot was undone meanwhile.
    """
    found, after = Corrected(), 0
    with one_at_a_time(wait=WAIT):
        while True:
            with transaction():
                batch = correction_queries.old_lines_of(lot_id, after_row=after, limit=BATCH)
                raws = [
                    RawLine(line.row_number, values)
                    for line in batch
                    if (values := correction_queries.values_of(line)) is not None
                ]
            if not batch:
                return found
            after = batch[-1].row_number
            found.add(_correct(lot_id, raws, settings, allow_old=True, by=by))


def correct_lines(lot_id: int, raws: Sequence[RawLine], *, settings: Settings, by: int) -> Corrected:
    """Load lines as they read now; the caller holds the lock for writing lots. What is still wrong keeps its changes."""
    return _correct(lot_id, raws, settings, keep_wrong=True, by=by)


def say(
    lot_id: int, row: int, what: WhatItIs, case_id: int | None, *, settings: Settings, by: int
) -> Outcome:
    """Load a line whose result id was taken in before, as a person has said what it is.

    Raises:
        NoLongerToCorrect: somebody was faster.
        AnotherLotIsLoading: nothing is lost, the answer can be given again in a minute.
    """
    with one_at_a_time(wait=WAIT), transaction():
        lot = queries.get_lot(lot_id)
        terms = routing.terms_of(lot, settings)
        return taken_ids.decide(
            lot,
            row,
            what,
            case_id,
            reading=reading_of(lot, settings),
            taking=services.load_context_of(lot, zone=terms.zone, programme=terms.programme),
            by=by,
            at=clock.now(),
        )


def decide_without_ids(source_code: str, *, settings: Settings, by: int) -> int:
    """Decide every line again that waits because of its id, after the source's ids lost their trust; return how many.

    It goes on where it stopped when it is asked for again.

    Raises:
        AnotherLotIsLoading: nothing is lost, it can be asked for again in a minute.
    """
    done = last = 0
    with one_at_a_time(wait=WAIT):
        while True:
            with transaction():
                waiting = taken_ids.waiting_for_ids(source_code, after_id=last, limit=BATCH)
                of_lots: dict[int, list[int]] = {}
                for line in waiting:
                    of_lots.setdefault(line.lot_id, []).append(line.row_number)
                    last = line.id
                for lot_id, rows in of_lots.items():
                    lot = queries.get_lot(lot_id)
                    terms = routing.terms_of(lot, settings)
                    taken_ids.decide_again(
                        lot,
                        rows,
                        reading=reading_of(lot, settings),
                        taking=services.load_context_of(lot, zone=terms.zone, programme=terms.programme),
                        by=by,
                        at=clock.now(),
                    )
            if not waiting:
                return done
            done += len(waiting)


def forget_negatives(slot: datetime) -> int:
    """Forget the people of waiting lines that are not positive, when their days are over; returns how many."""
    with transaction():
        if not take_slot("forget_negatives", slot, at=clock.now()):
            return 0
    forgotten = 0
    while True:
        with transaction():
            some = corrections.forget_negatives(at=clock.now())
        forgotten += some
        if some < corrections.NEGATIVES_AT_ONCE:
            return forgotten


def _correct(
    lot_id: int,
    raws: Sequence[RawLine],
    settings: Settings,
    *,
    keep_wrong: bool = False,
    allow_old: bool = False,
    by: int,
) -> Corrected:
    with transaction():
        lot = queries.get_lot(lot_id)
        terms = routing.terms_of(lot, settings)
        return corrections.correct(
            lot,
            raws,
            reading=reading_of(lot, settings, allow_old=allow_old),
            taking=services.load_context_of(lot, zone=terms.zone, programme=terms.programme),
            keep_wrong=keep_wrong,
            by=by,
            at=clock.now(),
        )


def file_of(lot_id: int, *, settings: Settings, by: int) -> bytes:
    """Return the lines to correct of a lot as a protected workbook, and record whose data it shows."""
    at = clock.now()
    with transaction():
        lot = lots.get_locked(lot_id)
        waiting = correction_queries.waiting_of(lot_id, limit=MOST_LINES, is_positive=True)
        password = password_of(lot) or _new_password(lot)
        reading = reading_of(lot, settings)
        lines = [
            ToCorrect(
                line.row_number, values, faults := faults_of(values, reading), told(faults, line.reasons)
            )
            for line in waiting
            if (values := correction_queries.values_of(line)) is not None
        ]
        events.record_access(
            [f"line:{line.id}" for line in waiting], by=by, at=at, why=read_log_reason(lot.owner_site_id)
        )
        lot_events.record("lot.corrections_sent", lot, by=by, at=at, lines=len(lines))
    return files.workbook_of(lines, password)


def password_of(lot: ImportLot) -> str | None:
    """Return the password of a lot's correction workbooks; None before the first of them."""
    if lot.corrections_secret is None:
        return None
    return vault.unseal_setting(_seal_name(lot), lot.corrections_secret).decode()


def password_for(lot_id: int) -> str:
    """Return the password of a lot's correction workbooks, creating it if there is none."""
    with transaction():
        lot = lots.get_locked(lot_id)
        return password_of(lot) or _new_password(lot)


def _new_password(lot: ImportLot) -> str:
    password = files.new_password()
    lot.corrections_secret = vault.seal_setting(_seal_name(lot), password.encode())
    return password


def _seal_name(lot: ImportLot) -> str:
    return f"lot_corrections:{lot.id}"


def correct_file(lot_id: int, content: bytes, *, settings: Settings, by: int) -> tuple[Corrected, int]:
    """Load a workbook of corrected lines; returns what became of them, and how many rows name no line.

    Sending it twice changes nothing more. A line that is still wrong keeps what was changed in it.

    Raises:
        FileRefused: the file as a whole cannot be read.
        NoFileYet: no such workbook of this lot was downloaded.
        AnotherLotIsLoading: nothing is lost, the file can be sent again in a minute.
    """
    password = password_of(queries.get_lot(lot_id))
    if password is None:
        raise NoFileYet
    found, unreadable = Corrected(), 0
    with (
        opened(content, Secrets(passwords=(password,)), files.MAPPING) as extract,
        one_at_a_time(wait=WAIT),
    ):
        while batch := list(islice(extract.lines, BATCH)):
            numbered = [(files.line_of(raw), raw) for raw in batch]
            raws = [files.with_lot(raw, row) for row, raw in numbered if row is not None]
            unreadable += len(batch) - len(raws)
            found.add(_correct(lot_id, raws, settings, keep_wrong=True, by=by))
    return found, unreadable
