"""Read the lines of a source that wait because nobody has said what a code means."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from tracing.imports.corrections.queries import WAITS
from tracing.imports.format.faults import Problem
from tracing.imports.models import ImportLine, ImportLot, LotState
from tracing.kernel.db import session
from tracing.staff.scope import Scope


def lines_of(
    source_code: str, scope: Scope, *, states: Collection[LotState], limit: int
) -> Sequence[ImportLine]:
    """Return the lines of a source, in lots of some states inside a scope, that wait for an unknown code, oldest first."""
    return session.scalars(
        select(ImportLine)
        .join(ImportLot, ImportLot.id == ImportLine.lot_id)
        .where(
            WAITS,
            ImportLine.source_code == source_code,
            ImportLine.reasons.contains([Problem.UNKNOWN_CODE.value]),
            ImportLot.state.in_(states),
            scope.holds(ImportLot.owner_site_id),
        )
        .order_by(ImportLine.id)
        .limit(limit)
    ).all()
