"""Files that a laboratory's system posts: stored as they came, once however often they are sent."""

from datetime import datetime, timedelta

from sqlalchemy import select

from tracing.imports.arrivals.errors import FileTooLarge, NoFile
from tracing.imports.decryption.layers import is_clear_text
from tracing.imports.errors import NotEncrypted
from tracing.imports.limits import MOST_BYTES
from tracing.imports.lots import services as lots
from tracing.imports.models import CameBy, ImportLot, LotState
from tracing.imports.sources import queries as sources
from tracing.kernel.db import fresh, session

JUST_NOW = timedelta(minutes=10)
"""A file that was refused or discarded, and is sent again within this time, is the same request tried again."""


def receive(
    content: bytes,
    *,
    file_name: str,
    source_code: str,
    came_by: CameBy = CameBy.HTTPS,
    keep_days: int,
    at: datetime,
) -> ImportLot:
    """Store a file, unless the same one was sent before: then its lot is returned. One in clear text is refused at once.

    Raises:
        NoFile: it has no content.
        FileTooLarge: nothing of it is kept.
    """
    if not content:
        raise NoFile
    if len(content) > MOST_BYTES:
        raise FileTooLarge
    sources.get_source(source_code, lock=True)  # the second copy waits here for the first
    if (known := _find_same(content, source_code, came_by, at=at)) is not None:
        return known
    if came_by is CameBy.HTTPS and is_clear_text(content):
        lot_id = lots.refuse_file(
            content,
            NotEncrypted(),
            source_code=source_code,
            file_name=file_name,
            came_by=came_by,
            by=None,
            at=at,
        )
        return session.get_one(ImportLot, lot_id)
    return lots.receive(
        content,
        file_name=file_name,
        source_code=source_code,
        came_by=came_by,
        keep_days=keep_days,
        by=None,
        at=at,
    )


def _find_same(content: bytes, source_code: str, came_by: CameBy, *, at: datetime) -> ImportLot | None:
    same = select(ImportLot).where(
        ImportLot.source_code == source_code,
        ImportLot.file_sha256 == lots.digest_of(content, came_by),
        ImportLot.came_by == came_by,
    )
    newest = session.scalar(fresh(same.order_by(ImportLot.id.desc()).limit(1)))
    if newest is None or newest.undone_by is not None:
        return None
    is_over = newest.state in (LotState.REFUSED, LotState.DISCARDED)
    return None if is_over and newest.received_at < at - JUST_NOW else newest
