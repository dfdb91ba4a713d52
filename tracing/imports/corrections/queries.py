"""Read the lines that wait for a correction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select, true

from tracing.imports.errors import NoSuchLot
from tracing.imports.format.columns import EXTRAS, FIELDS
from tracing.imports.format.faults import Problem
from tracing.imports.format.reading import NOT_POSITIVE
from tracing.imports.lots.queries import fields_of
from tracing.imports.models import ImportLine, ImportLot, LotState
from tracing.imports.rules import Outcome
from tracing.kernel.db import equals_any, fresh, session
from tracing.kernel.events import Event
from tracing.staff.scope import Scope

MOST_CHANGES = 20

WAITS = and_(
    ImportLine.outcome == Outcome.QUARANTINED,
    ImportLine.is_current == true(),
    ImportLine.settled_by_id.is_(None),
    ImportLine.set_aside_at.is_(None),
)
"""SQL condition of a line that still waits for a correction, as in the index (`models.TO_CORRECT`)."""


@dataclass(frozen=True, repr=False)
class Waiting:
    """A line to correct, and its lot."""

    line: ImportLine
    source_code: str
    file_name: str
    received_at: datetime


@dataclass(frozen=True)
class Change:
    """An action on a line: corrected, set aside, taken up."""

    kind: str
    at: datetime
    by: int | None
    outcome: str | None


def is_to_correct(line: ImportLine) -> bool:
    """Return whether a line still waits for a correction."""
    return (
        line.outcome is Outcome.QUARANTINED
        and line.is_current
        and line.settled_by_id is None
        and line.set_aside_at is None
    )


def get_line(lot_id: int, row_number: int, *, lock: bool = False) -> ImportLine:
    """Return the current line of a row."""
    chosen = select(ImportLine).where(
        ImportLine.lot_id == lot_id, ImportLine.row_number == row_number, ImportLine.is_current
    )
    if lock:
        chosen = fresh(chosen.with_for_update())
    line = session.scalar(chosen)
    if line is None:
        raise NoSuchLot
    return line


def changes_of(line: ImportLine) -> list[Change]:
    """Return what was done to a line and to its earlier revisions, latest first."""
    revisions = select(ImportLine.id).where(
        ImportLine.lot_id == line.lot_id, ImportLine.row_number == line.row_number
    )
    rows = session.scalars(
        select(Event)
        .where(Event.subject_type == "line", Event.subject_id.in_(revisions))
        .order_by(Event.id.desc())
        .limit(MOST_CHANGES)
    )
    return [Change(row.kind, row.at, row.by_id, row.detail.get("outcome")) for row in rows]


def find_settling(line: ImportLine) -> ImportLine | None:
    """Return the line of another row or lot that settled this one."""
    return session.get(ImportLine, line.settled_by_id) if line.settled_by_id else None


def to_correct(lot_id: int, rows: Iterable[int], *, lock: bool = False) -> dict[int, ImportLine]:
    """Return the lines that wait for a correction among some rows of a lot, by row."""
    chosen = (
        select(ImportLine)
        .where(ImportLine.lot_id == lot_id, equals_any(ImportLine.row_number, rows), WAITS)
        .order_by(ImportLine.row_number)
    )
    if lock:
        chosen = fresh(chosen.with_for_update())
    return {line.row_number: line for line in session.scalars(chosen)}


def rows_of(lot_id: int, rows: Iterable[int]) -> set[int]:
    """Return which of these rows exist in a lot."""
    return set(
        session.scalars(
            select(ImportLine.row_number).where(
                ImportLine.lot_id == lot_id, equals_any(ImportLine.row_number, rows), ImportLine.is_current
            )
        )
    )


def uses_of_ids(source_code: str, result_ids: Iterable[str]) -> dict[str, set[tuple[int, int]]]:
    """Return the lines, by lot and row, for which a source has used these result ids."""
    uses: dict[str, set[tuple[int, int]]] = {}
    for row in session.execute(
        select(ImportLine.source_result_id, ImportLine.lot_id, ImportLine.row_number).where(
            ImportLine.source_code == source_code, equals_any(ImportLine.source_result_id, result_ids)
        )
    ):
        uses.setdefault(row.source_result_id, set()).add((row.lot_id, row.row_number))
    return uses


def values_of(line: ImportLine) -> tuple[str, ...] | None:
    """Return the current fields of a line, in the order of the layout; None once they were destroyed."""
    fields = fields_of(line)
    return None if fields is None else tuple(fields.get(name, "") for name in FIELDS)


def extras_of(line: ImportLine) -> tuple[str, ...]:
    """Return what the message of a line said beside the fields (`EXTRAS`); nothing for a row of a table."""
    fields = fields_of(line) or {}
    extras = tuple(fields.get(name, "") for name in EXTRAS)
    return extras if any(extras) else ()


def waiting_of(
    lot_id: int, *, after_row: int = 0, limit: int, is_positive: bool = False
) -> Sequence[ImportLine]:
    """Return the lines of a lot that wait for a correction, in the order of the file, after a row.

    `is_positive` leaves out those that are not positive: whom they name leaves the vault for no file.
    """
    chosen = select(ImportLine).where(ImportLine.lot_id == lot_id, ImportLine.row_number > after_row, WAITS)
    if is_positive:
        chosen = chosen.where(func.coalesce(ImportLine.result, "").not_in(NOT_POSITIVE))
    return session.scalars(chosen.order_by(ImportLine.row_number).limit(limit)).all()


_IS_OLD = ImportLine.reasons == [Problem.OLD_SAMPLING.value]


def old_lines_of(lot_id: int, *, after_row: int = 0, limit: int) -> Sequence[ImportLine]:
    """Return the lines of a lot that wait only because their sampling is old, in the order of the file."""
    return session.scalars(
        select(ImportLine)
        .where(ImportLine.lot_id == lot_id, ImportLine.row_number > after_row, WAITS, _IS_OLD)
        .order_by(ImportLine.row_number)
        .limit(limit)
    ).all()


def count_old_of(lot_id: int) -> int:
    """Return how many lines of a lot wait only because their sampling is old."""
    counted = select(func.count()).select_from(ImportLine)
    return session.scalar(counted.where(ImportLine.lot_id == lot_id, WAITS, _IS_OLD)) or 0


def next_row(lot_id: int, row_number: int) -> int | None:
    """Return the next row of a lot that waits for a correction: after this one, else from the beginning."""
    return session.scalar(
        select(ImportLine.row_number)
        .where(ImportLine.lot_id == lot_id, ImportLine.row_number != row_number, WAITS)
        .order_by(ImportLine.row_number < row_number, ImportLine.row_number)
        .limit(1)
    )


def count_of(lot_id: int) -> int:
    """Return how many lines of a lot wait for a correction."""
    counted = select(func.count()).select_from(ImportLine).where(ImportLine.lot_id == lot_id, WAITS)
    return session.scalar(counted) or 0


def count_waiting(scope: Scope) -> int:
    """Return how many lines wait for a correction, over all lots inside a scope."""
    counted = (
        select(func.count())
        .select_from(ImportLine)
        .join(ImportLot, ImportLot.id == ImportLine.lot_id)
        .where(WAITS, ImportLot.state != LotState.UNDONE, scope.holds(ImportLot.owner_site_id))
    )
    return session.scalar(counted) or 0


def waiting(scope: Scope, *, after_id: int = 0, limit: int) -> list[Waiting]:
    """Return the lines to correct of all lots inside a scope, oldest first, after a key."""
    rows = session.execute(
        select(ImportLine, ImportLot.source_code, ImportLot.file_name, ImportLot.received_at)
        .join(ImportLot, ImportLot.id == ImportLine.lot_id)
        .where(
            WAITS,
            ImportLine.id > after_id,
            ImportLot.state != LotState.UNDONE,
            scope.holds(ImportLot.owner_site_id),
        )
        .order_by(ImportLine.id)
        .limit(limit)
    )
    return [Waiting(*row) for row in rows]
