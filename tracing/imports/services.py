"""Taking in a lot: every line gets its outcome, everything certain is callable at once."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from tracing.cases import services as cases
from tracing.imports import batches
from tracing.imports.batches import Rows
from tracing.imports.layout import FIELDS
from tracing.imports.layout import NAME as LAYOUT
from tracing.imports.lines import ParsedLine
from tracing.imports.models import ImportLine, ImportLot, ImportSource, LotState
from tracing.imports.rules import Outcome
from tracing.imports.writing import Batch, NewIds, Taking
from tracing.kernel import events
from tracing.kernel.db import session, take_ids
from tracing.staff import queries as staff
from tracing.staff import services as staff_services
from tracing.staff.models import SiteKind
from tracing.vault import services as vault


def begin_lot(
    content: bytes, *, source_code: str, file_name: str, container: str, by: int | None, at: datetime
) -> ImportLot:
    """Return the lot that `content` is loaded into: a new one, or the one that a crash left unfinished."""
    digest = sha256(content).hexdigest()
    _know_source(source_code, at=at)
    unfinished = session.scalar(
        select(ImportLot)
        .where(
            ImportLot.source_code == source_code,
            ImportLot.file_sha256 == digest,
            ImportLot.state == LotState.LOADING,
        )
        .order_by(ImportLot.id)
        .limit(1)
    )
    if unfinished is not None:
        return unfinished
    lot = ImportLot(
        source_code=source_code,
        file_name=file_name[:200],
        file_sha256=digest,
        container=container,
        state=LotState.LOADING,
        received_at=at,
        received_by=by,
    )
    session.add(lot)
    session.flush()
    events.record("lot.received", by=by, at=at, subject=("lot", lot.id), sha256=digest, source=source_code)
    return lot


def refuse_lot(
    content: bytes, reason: str, *, source_code: str, file_name: str, by: int | None, at: datetime
) -> int:
    """Keep that a file was refused as a whole, and why; nothing of what was in it."""
    _know_source(source_code, at=at)
    lot = ImportLot(
        source_code=source_code,
        file_name=file_name[:200],
        file_sha256=sha256(content).hexdigest(),
        state=LotState.REFUSED,
        refusal=reason,
        received_at=at,
        received_by=by,
    )
    session.add(lot)
    session.flush()
    events.record("lot.refused", by=by, at=at, subject=("lot", lot.id), source=source_code)
    return lot.id


def _know_source(code: str, *, at: datetime) -> None:
    session.execute(
        upsert(ImportSource)
        .values(code=code, label=code, layout=LAYOUT, created_at=at)
        .on_conflict_do_nothing()
    )


def taking_of(lot: ImportLot, *, zone: ZoneInfo, programme: str) -> Taking:
    """Return what the lines of a lot are taken in with.

    On a fresh installation a site is opened for them: a lot is never refused because nobody works here yet.
    """
    default = staff.default_site() or staff_services.add_site(
        code="000",
        name=_("Plateforme principale"),
        programme=programme,
        time_zone=zone.key,
        is_default=True,
        at=lot.received_at,
    )
    return Taking(
        lot_id=lot.id,
        source_code=lot.source_code,
        received_at=lot.received_at,
        zone=zone,
        programmes={site.id: site.programme for site in staff.sites()},
        sites=staff.sites_by_fund(),
        default_site=default.id,
        training_sites=frozenset(site.id for site in staff.sites() if site.kind is SiteKind.TRAINING),
    )


def rows_done(lot_id: int) -> set[int]:
    """Return the rows of a lot that were taken in before a crash."""
    return set(session.scalars(select(ImportLine.row_number).where(ImportLine.lot_id == lot_id)))


def take_in(lines: Sequence[ParsedLine], taking: Taking, *, at: datetime) -> None:
    """Take in a batch of lines, in their order, in the transaction of the caller."""
    fingerprints = vault.blind_all(
        "line", (f"{taking.source_code}|{line.fingerprint_content}" for line in lines)
    )
    known = batches.look_up(
        lines,
        fingerprints,
        source_code=taking.source_code,
        zone=taking.zone,
        is_invented=taking.is_invented,
    )
    positive = sum(line.identity is not None for line in lines)
    new = NewIds(
        references=iter(cases.take_references(positive, year=at.year)),
        people=iter(take_ids("people", positive)),
        cases=iter(take_ids("cases", positive)),
    )
    work = Batch(taking, known, Rows(), at, new)
    ids = take_ids("import_lines", len(lines))
    for line, fingerprint, line_id in zip(lines, fingerprints, ids, strict=True):
        decision = known.decide(line, fingerprint)
        case_id = work.apply(line, fingerprint, decision)
        sealed = None
        if decision.outcome is Outcome.QUARANTINED:
            values = dict(zip(FIELDS, line.values, strict=True))
            sealed = vault.seal("import_lines", line_id, taking.cohort, values)
        work.rows.add_line(
            line_id,
            taking.lot_id,
            line,
            decision,
            fingerprint=fingerprint,
            source_code=taking.source_code,
            case_id=case_id,
            cohort=taking.cohort,
            sealed=sealed,
        )
        if decision.settles and (
            quarantined := known.quarantined.pop(batches.key_of(line, fingerprint), None)
        ):
            work.settled[quarantined] = line_id
        known.remember_line(line, fingerprint, decision, line_id)
        if case_id is not None:
            known.case_of_result[batches.key_of(line, fingerprint)] = case_id
    work.write()


def finish_lot(lot: ImportLot, counts: dict[str, Any], *, by: int | None, at: datetime) -> None:
    """Keep the report of a lot that was taken in to its end."""
    lot.state, lot.loaded_at, lot.counts = LotState.LOADED, at, counts
    session.flush()
    events.record(
        "lot.loaded", by=by, at=at, subject=("lot", lot.id), lines=counts["lines"], created=counts["created"]
    )
