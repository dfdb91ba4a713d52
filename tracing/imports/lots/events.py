"""What the journal keeps of lots and of their lines: for the auditor of whose they are."""

from datetime import datetime
from typing import Any

from tracing.imports.models import ImportLine, ImportLot
from tracing.kernel import events


def record(kind: str, lot: ImportLot, *, by: int | None, at: datetime, **detail: Any) -> None:
    """Write what happened to a lot, for the auditor of its owner; to a national one, for those of all live sites."""
    events.record(kind, by=by, at=at, subject=("lot", lot.id), site_id=lot.owner_site_id, **detail)


def record_line(
    kind: str, line: ImportLine, owner: int | None, *, by: int | None, at: datetime, **detail: Any
) -> None:
    """Write what happened to a line of a lot with this owner."""
    events.record(
        kind,
        by=by,
        at=at,
        subject=("line", line.id),
        site_id=owner,
        lot=line.lot_id,
        row=line.row_number,
        **detail,
    )
