"""Read lots and the outcomes of their lines."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, text

from tracing.imports.errors import NoSuchLot
from tracing.imports.lots.report import ReportLine, report_of
from tracing.imports.models import ImportLine, ImportLot, LotState
from tracing.imports.rules import Outcome
from tracing.kernel.db import equals_any, session
from tracing.staff.scope import HOST, Scope
from tracing.vault import services as vault


def get_lot(lot_id: int, scope: Scope = HOST) -> ImportLot:
    """Return a lot inside a scope.

    Raises:
        NoSuchLot: it does not exist, or is outside the scope.
    """
    lot = session.get(ImportLot, lot_id)
    if lot is None or not scope.covers(lot.owner_site_id):
        raise NoSuchLot
    return lot


def lots(scope: Scope, *, before_id: int | None = None, limit: int = 51) -> Sequence[ImportLot]:
    """Return the lots inside a scope, newest first, before a key."""
    chosen = select(ImportLot).where(scope.holds(ImportLot.owner_site_id))
    chosen = chosen.order_by(ImportLot.id.desc()).limit(limit)
    if before_id is not None:
        chosen = chosen.where(ImportLot.id < before_id)
    return session.scalars(chosen).all()


def newest_among(lot_ids: Iterable[int], *, limit: int) -> Sequence[ImportLot]:
    """Return the newest of some lots, newest first."""
    chosen = select(ImportLot).where(equals_any(ImportLot.id, lot_ids))
    return session.scalars(chosen.order_by(ImportLot.id.desc()).limit(limit)).all()


def lots_to_decide(scope: Scope, limit: int = 20) -> Sequence[ImportLot]:
    """Return the lots inside a scope that wait for a person, oldest first."""
    waits = or_(
        ImportLot.state.in_((LotState.TO_MAP, LotState.PLANNED)),
        and_(ImportLot.state == LotState.STOPPED, ImportLot.undone_by.is_(None)),
        and_(ImportLot.state.in_((LotState.RECEIVED, LotState.LOADING)), ImportLot.trouble.is_not(None)),
    )
    chosen = select(ImportLot).where(waits, scope.holds(ImportLot.owner_site_id))
    return session.scalars(chosen.order_by(ImportLot.id).limit(limit)).all()


def created_so_far(lot_id: int) -> int:
    """Return how many cases a lot that is being loaded has created."""
    chosen = select(func.count()).where(ImportLine.lot_id == lot_id, ImportLine.outcome == Outcome.CREATED)
    return session.scalar(chosen) or 0


def changed_since_planned(lot: ImportLot) -> bool:
    """Return whether other lots were loaded or undone since a lot was planned: its plan may be out of date."""
    planned_at = datetime.fromisoformat(lot.plan["planned_at"])
    newer = or_(ImportLot.loaded_at > planned_at, ImportLot.undone_at > planned_at)
    return session.scalar(select(ImportLot.id).where(newer).limit(1)) is not None


def lines_of(
    lot_id: int, *, outcome: Outcome | None = None, after_row: int = 0, limit: int = 51
) -> Sequence[ImportLine]:
    """Return the lines of a lot in the order of the file, after a row; only those of `outcome` if it is given."""
    chosen = select(ImportLine).where(
        ImportLine.lot_id == lot_id, ImportLine.is_current, ImportLine.row_number > after_row
    )
    if outcome is not None:
        chosen = chosen.where(ImportLine.outcome == outcome)
    return session.scalars(chosen.order_by(ImportLine.row_number).limit(limit)).all()


def fields_of(line: ImportLine) -> dict[str, str] | None:
    """Return the fields of a quarantined line as they came, or None once they were destroyed."""
    fields: dict[str, str] | None = vault.find_unsealed("import_lines", line.id, line.cohort, line.sealed)
    return fields


def report(lot_id: int, *, with_lines: bool = False) -> dict[str, Any]:
    """Return the report of a lot: the counts of the format, and on request each line's outcome.

    A corrected line counts as what it became.
    """
    left_out = session.scalars(select(ImportLot.left_out).where(ImportLot.id == lot_id)).one()
    if with_lines:
        return {"lot": lot_id} | report_of(_told(lot_id), with_lines=True) | {"left_out": left_out}
    counts: dict[str, Any] = {"lot": lot_id, "lines": 0, "left_out": left_out}
    counts |= {outcome.value: 0 for outcome in Outcome} | dict.fromkeys(NOTES, 0)
    for row in session.execute(text(_COUNTS), {"lot": lot_id}):
        counts[row.outcome] += row.lines
        counts["lines"] += row.lines
        counts["possible_duplicates"] += row.possible
        counts["new_episodes"] += row.episodes
        counts["completed"] += row.completed
        counts["lost_ids"] += row.lost_ids
        counts["shared_ids"] += row.shared_ids
    for name, statement in (("quarantine_reasons", _REASONS), ("warnings", _WARNINGS)):
        rows = session.execute(text(statement), {"lot": lot_id})
        counts[name] = {row.code: row.lines for row in rows}
    return counts


NOTES = ("possible_duplicates", "new_episodes", "completed", "lost_ids", "shared_ids")
"""What a report counts beside the outcomes."""

_COUNTS = """
    SELECT outcome, count(*) AS lines, count(*) FILTER (WHERE possible_duplicate) AS possible,
           count(*) FILTER (WHERE new_episode) AS episodes,
           count(*) FILTER (WHERE completed) AS completed, count(*) FILTER (WHERE has_lost_id) AS lost_ids,
           count(DISTINCT source_result_id) FILTER (WHERE shares_id) AS shared_ids
    FROM import_lines WHERE lot_id = :lot AND is_current GROUP BY outcome
"""
_REASONS = """
    SELECT reasons->>0 AS code, count(*) AS lines
    FROM import_lines WHERE lot_id = :lot AND is_current AND outcome = 'quarantined'
    GROUP BY 1 ORDER BY min(row_number)
"""
_WARNINGS = """
    SELECT warning.code, count(*) AS lines
    FROM import_lines CROSS JOIN LATERAL jsonb_array_elements_text(warnings) AS warning(code)
    WHERE lot_id = :lot AND is_current AND outcome = 'created' AND warnings <> '[]'
    GROUP BY 1 ORDER BY min(row_number)
"""


def _told(lot_id: int) -> Iterator[ReportLine]:
    rows = session.execute(
        select(
            ImportLine.row_number,
            ImportLine.source_result_id,
            ImportLine.outcome,
            ImportLine.new_episode,
            ImportLine.possible_duplicate,
            ImportLine.reasons,
            ImportLine.warnings,
            ImportLine.completed,
            ImportLine.has_lost_id,
            ImportLine.shares_id,
        )
        .where(ImportLine.lot_id == lot_id, ImportLine.is_current)
        .order_by(ImportLine.row_number)
    )
    return map(ReportLine._make, rows)
