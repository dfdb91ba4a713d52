"""Audit events about lots and their lines, recorded for the auditor of the site that owns the lot."""

from datetime import datetime
from typing import Any

from tracing.imports.models import ImportLine, ImportLot
from tracing.kernel import events


def record(kind: str, lot: ImportLot, *, by: int | None, at: datetime, **detail: Any) -> None:
    """Record an event about a lot for its owner's auditor; about a national one, for the auditors of all live sites."""
    events.record(kind, by=by, at=at, subject=("lot", lot.id), site_id=lot.owner_site_id, **detail)


def record_line(
    kind: str, line: ImportLine, owner: int | None, *, by: int | None, at: datetime, **detail: Any
) -> None:
    """Record an event about a line of a lot with this owner."""
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
