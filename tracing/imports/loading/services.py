"""Load the lines of a lot: decide and write a batch, so that every certain case can be called at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select

from tracing.cases import services as cases
from tracing.imports.format.line import ParsedLine
from tracing.imports.loading import lookups
from tracing.imports.loading.context import LoadContext
from tracing.imports.loading.lookups import Known
from tracing.imports.loading.writer import Batch, NewIds
from tracing.imports.lots.routing import routing_of
from tracing.imports.models import ImportLine, ImportLot
from tracing.imports.rules import Said
from tracing.imports.sources import queries as source_queries
from tracing.kernel.db import equals_any, session, take_ids
from tracing.staff import queries as staff
from tracing.staff import services as staff_services
from tracing.vault import services as vault


def load_context_of(lot: ImportLot, *, zone: ZoneInfo, programme: str) -> LoadContext:
    """Return the context in which the lines of a lot are loaded.

    On a fresh installation a site is created for them: a lot is never refused because no site exists yet.
    """
    if staff.default_site() is None:
        staff_services.add_site(
            code="000",
            name=_("Plateforme principale"),
            programme=programme,
            time_zone=zone.key,
            is_default=True,
            at=lot.received_at,
        )
    return LoadContext(
        lot_id=lot.id,
        source_code=lot.source_code,
        received_at=lot.received_at,
        zone=zone,
        programmes={site.id: site.programme for site in staff.sites()},
        routing=routing_of(lot.source_code),
        trusts_ids=source_queries.trusts_ids(lot.source_code),
    )


def rows_done(lot_id: int) -> set[int]:
    """Return the rows of a lot that were loaded before a crash or a stop."""
    return set(session.scalars(select(ImportLine.row_number).where(ImportLine.lot_id == lot_id)))


def load_lines(
    lines: Sequence[ParsedLine],
    taking: LoadContext,
    *,
    at: datetime,
    revisions: Mapping[int, tuple[int, int]] | None = None,
    said: Mapping[int, Said] | None = None,
) -> None:
    """Load a batch of lines, in order, in the caller's transaction.

    `revisions` gives, for the row of a corrected line, its revision and the id of the line it replaces; `said`, for
    the row of a line whose result id was taken, whom a person said it names.
    """
    prepare(lines, taking, at=at, revisions=revisions, said=said).write()


def prepare(
    lines: Sequence[ParsedLine],
    taking: LoadContext,
    *,
    at: datetime,
    revisions: Mapping[int, tuple[int, int]] | None = None,
    said: Mapping[int, Said] | None = None,
    before: Known | None = None,
) -> Batch:
    """Decide a batch of lines, in order, without writing anything yet.

    `before` is what is known after the previous batch of the same lot, which is being written meanwhile.
    """
    lines = taking.lines_of(lines)
    fingerprints = vault.blind_all(
        "line", (f"{taking.source_code}|{line.fingerprint_content}" for line in lines)
    )
    known = lookups.look_up(
        lines,
        fingerprints,
        source_code=taking.source_code,
        zone=taking.zone,
        is_invented=taking.is_invented,
        lot_id=taking.lot_id,
        leaving=_revised(taking.lot_id, revisions) if revisions else (),
        before=before,
    )
    positive = sum(line.identity is not None for line in lines)
    new = NewIds(
        references=iter(cases.take_references(positive, year=at.year)),
        people=iter(take_ids("people", positive)),
        cases=iter(take_ids("cases", positive)),
    )
    work = Batch(taking, known, at, new, revisions or {}, said or {})
    ids = take_ids("import_lines", len(lines))
    for line, fingerprint, line_id in zip(lines, fingerprints, ids, strict=True):
        work.take(line, fingerprint, line_id)
    work.compare_negatives()
    return work


def _revised(lot_id: int, rows: Iterable[int]) -> set[int]:
    """Return the ids of all lines in some rows of a lot, in every revision."""
    return set(
        session.scalars(
            select(ImportLine.id).where(ImportLine.lot_id == lot_id, equals_any(ImportLine.row_number, rows))
        )
    )
