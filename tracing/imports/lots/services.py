"""State changes of a lot: received, planned, loading, loaded; stopped, discarded, refused. Each locks the lot's row."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from sqlalchemy import and_, or_, select, update

from tracing.imports.decryption.secrets import Secrets
from tracing.imports.errors import FileRefused, NoSuchLot, NotNow, OriginalGone
from tracing.imports.lots import events, originals
from tracing.imports.models import CameBy, ImportLot, ImportSource, LotState
from tracing.imports.sources import services as source_services
from tracing.kernel.db import fresh, session
from tracing.staff.scope import HOST, Scope
from tracing.vault import services as vault

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600))
"""Wait after each consecutive passing error; the last one for all that follow."""
NOTHING_LEFT_OUT: Mapping[str, int] = MappingProxyType({})
WAITING = (LotState.RECEIVED, LotState.LOADING)
"""States in which the scheduler's job has work to do; it also has for lots being undone."""
UNDOABLE = (LotState.LOADED, LotState.STOPPED)
OPEN = (LotState.RECEIVED, LotState.TO_MAP, LotState.PLANNED, LotState.LOADING, LotState.STOPPED)
"""States in which the file is still needed."""


def receive(
    content: bytes,
    *,
    file_name: str,
    source_code: str,
    one_off_secret: Secrets | None = None,
    came_by: CameBy = CameBy.PAGE,
    site_id: int | None = None,
    scope: Scope = HOST,
    keep_days: int = originals.KEEP_DAYS,
    by: int | None,
    at: datetime,
) -> ImportLot:
    """Store a file as it came; the scheduler's job reads it, so the sender need not wait.

    Raises:
        NoSuchSource: the source is outside the sender's scope.
    """
    source = source_services.get_or_create_source(source_code, scope, at=at)
    lot = _new_lot(content, file_name=file_name, source=source, came_by=came_by, by=by, at=at)
    lot.state, lot.site_id = LotState.RECEIVED, site_id
    session.add(lot)
    session.flush()
    originals.keep(lot.id, content, one_off_secret, days=keep_days, at=at)
    events.record(
        "lot.received",
        lot,
        by=by,
        at=at,
        sha256=lot.file_sha256,
        source=lot.source_code,
        came_by=lot.came_by.value,
    )
    return lot


def begin_lot(
    content: bytes, *, source_code: str, file_name: str, keep_days: int, by: int | None, at: datetime
) -> ImportLot:
    """Return the lot to load `content` into: a new one, or one that a crash or a person stopped.

    Raises:
        NotNow: a person asked to undo that lot, and this is not done yet.
    """
    unfinished = session.scalar(
        fresh(
            select(ImportLot)
            .where(
                ImportLot.source_code == source_code,
                ImportLot.file_sha256 == sha256(content).hexdigest(),
                ImportLot.state.in_((LotState.LOADING, LotState.STOPPED)),
            )
            .order_by(ImportLot.id)
            .limit(1)
            .with_for_update()
        )
    )
    if unfinished is not None and unfinished.is_being_undone:
        raise NotNow
    lot = unfinished or receive(
        content,
        file_name=file_name,
        source_code=source_code,
        came_by=CameBy.COMMAND,
        keep_days=keep_days,
        by=by,
        at=at,
    )
    lot.state, lot.stop_asked_at = LotState.LOADING, None
    session.flush()
    return lot


def refuse_file(
    content: bytes,
    refusal: FileRefused,
    *,
    source_code: str,
    file_name: str,
    came_by: CameBy = CameBy.COMMAND,
    by: int | None,
    at: datetime,
) -> int:
    """Record that a file was refused as a whole, and why, without any of its content."""
    source = source_services.get_or_create_source(source_code, at=at)
    lot = _new_lot(content, file_name=file_name, source=source, came_by=came_by, by=by, at=at)
    _refuse(lot, refusal)
    session.add(lot)
    session.flush()
    events.record("lot.refused", lot, by=by, at=at, source=source_code)
    return lot.id


def _new_lot(
    content: bytes, *, file_name: str, source: ImportSource, came_by: CameBy, by: int | None, at: datetime
) -> ImportLot:
    return ImportLot(
        source_code=source.code,
        owner_site_id=source.site_id,
        file_name=file_name[:200],
        file_sha256=digest_of(content, came_by),
        came_by=came_by,
        received_at=at,
        received_by=by,
    )


def digest_of(content: bytes, came_by: CameBy) -> str:
    """Return what tells a file from others, in hexadecimal: of clear text a keyed hash, which nobody can guess at."""
    if came_by is CameBy.MESSAGES:
        return vault.blind("message", content.decode("latin-1")).hex()
    return sha256(content).hexdigest()


def _refuse(lot: ImportLot, refusal: FileRefused | OriginalGone) -> None:
    lot.state, lot.refusal = LotState.REFUSED, refusal.message
    lot.refusal_code = refusal.refusal.value if isinstance(refusal, FileRefused) else None


def is_waiting(lot: ImportLot) -> bool:
    """Return whether the scheduler's job has work to do for a lot."""
    return lot.state in WAITING or lot.is_being_undone


def next_waiting(*, at: datetime) -> ImportLot | None:
    """Return the lot that has work to do now: one to undo, else the oldest.

    Undoing goes first: a lot loaded before it may rely on what the undone lot brought, which then has to stay.
    """
    to_undo = and_(ImportLot.state.in_(UNDOABLE), ImportLot.undone_by.is_not(None))
    for waits in (to_undo, ImportLot.state.in_(WAITING)):
        found = session.scalar(
            fresh(
                select(ImportLot)
                .where(waits, or_(ImportLot.try_again_at.is_(None), ImportLot.try_again_at <= at))
                .order_by(ImportLot.id)
                .limit(1)
            )
        )
        if found is not None:
            return found
    return None


def get_locked(lot_id: int, *states: LotState) -> ImportLot:
    """Return a lot, locked against state changes by others.

    Raises:
        NotNow: it is not in one of these states any more, or is being undone: another person was faster.
    """
    lot = session.scalar(fresh(select(ImportLot).where(ImportLot.id == lot_id).with_for_update()))
    if lot is None:
        raise NoSuchLot
    if states and (lot.state not in states or lot.is_being_undone):
        raise NotNow
    return lot


def opened(
    lot_id: int,
    *,
    container: str,
    lines: int,
    left_out: Mapping[str, int] = NOTHING_LEFT_OUT,
    mapping_id: int | None = None,
    at: datetime,
) -> ImportLot:
    """Note that the file could be opened, what protected it, how many lines it has and what was left out of it."""
    lot = get_locked(lot_id, *WAITING)
    lot.container, lot.lines_total, lot.lines_read, lot.mapping_id = container, lines, 0, mapping_id
    lot.left_out = dict(left_out)
    lot.started_at = lot.progress_at = at
    session.flush()
    return lot


def advance(lot_id: int, *, read: int, at: datetime) -> bool:
    """Record how many lines are read; returns whether a person asked to stop."""
    asked = session.scalar(
        update(ImportLot)
        .where(ImportLot.id == lot_id)
        .values(lines_read=read, progress_at=at, trouble=None, tries=0, try_again_at=None)
        .returning(ImportLot.stop_asked_at)
        .execution_options(synchronize_session=False)
    )
    return asked is not None


def planned(lot_id: int, plan: dict[str, Any], *, at: datetime) -> None:
    """Store the plan of a lot, for a person to see and commit."""
    lot = get_locked(lot_id, LotState.RECEIVED)
    lot.state, lot.plan, lot.lines_read = LotState.PLANNED, plan, plan["lines"]
    forget_trouble(lot)
    events.record("lot.planned", lot, by=None, at=at, lines=plan["lines"], created=plan["created"])


def await_mapping(lot_id: int, *, trouble: str | None = None, at: datetime) -> None:
    """Wait for a person to say which column is which; `trouble` says what there is to say."""
    lot = get_locked(lot_id, LotState.RECEIVED)
    lot.state = LotState.TO_MAP
    forget_trouble(lot)
    lot.trouble = trouble
    events.record("lot.to_map", lot, by=None, at=at, source=lot.source_code)


def read_with_new_mapping(lot_id: int, *, by: int, at: datetime) -> None:
    """Have a lot read again, now that a person said which column is which."""
    lot = get_locked(lot_id, LotState.TO_MAP)
    _read_again(lot)


def begin_loading(lot_id: int) -> None:
    """Start loading a lot just read: lots of a trusted source need no person's approval."""
    lot = get_locked(lot_id, LotState.RECEIVED)
    lot.state = LotState.LOADING
    forget_trouble(lot)


def accept(lot_id: int, *, by: int, at: datetime) -> None:
    """Approve a planned lot after a person saw the plan; the job then loads it."""
    lot = get_locked(lot_id, LotState.PLANNED)
    lot.state, lot.committed_by = LotState.LOADING, by
    lot.lines_read, lot.started_at, lot.progress_at, lot.stop_asked_at = 0, None, None, None
    forget_trouble(lot)
    events.record("lot.committed", lot, by=by, at=at, source=lot.source_code)


def plan_again(lot_id: int, *, by: int, at: datetime) -> None:
    """Have a lot planned again, because other lots came meanwhile."""
    _read_again(get_locked(lot_id, LotState.PLANNED))


def plan_all_again(source_code: str) -> int:
    """Have the planned lots of a source planned again, because what its codes mean was said; returns how many."""
    planned_lots = session.scalars(
        fresh(
            select(ImportLot)
            .where(
                ImportLot.source_code == source_code,
                ImportLot.state == LotState.PLANNED,
                ImportLot.undone_by.is_(None),
            )
            .with_for_update(skip_locked=True)
        )
    ).all()
    for lot in planned_lots:
        _read_again(lot)
    return len(planned_lots)


def discard(lot_id: int, *, by: int, at: datetime) -> None:
    """Discard a lot without loading it. Its file is kept for a while, so that it can be taken up again."""
    lot = get_locked(lot_id, LotState.RECEIVED, LotState.TO_MAP, LotState.PLANNED)
    lot.state, lot.progress_at = LotState.DISCARDED, at
    forget_trouble(lot)
    events.record("lot.discarded", lot, by=by, at=at, source=lot.source_code)


def restore_discarded(lot_id: int, *, by: int, at: datetime) -> None:
    """Take up a discarded lot: it is read again and shows its plan."""
    lot = get_locked(lot_id, LotState.DISCARDED)
    originals.need(lot_id)
    _read_again(lot)
    events.record("lot.taken_up", lot, by=by, at=at, source=lot.source_code)


def open_with(lot_id: int, secret: Secrets, *, by: int, at: datetime) -> None:
    """Try a refused or stopped lot again with another key or password."""
    lot = get_locked(lot_id, LotState.REFUSED, LotState.STOPPED)
    originals.need(lot_id)
    originals.set_secret(lot_id, secret)
    lot.state = LotState.RECEIVED if lot.state is LotState.REFUSED else LotState.LOADING
    lot.refusal = lot.refusal_code = lot.stop_asked_at = None
    forget_trouble(lot)
    events.record("lot.tried_again", lot, by=by, at=at, source=lot.source_code)


def ask_to_stop(lot_id: int, *, by: int, at: datetime) -> None:
    """Ask for loading to stop after the current batch."""
    lot = get_locked(lot_id, LotState.LOADING)
    lot.stop_asked_at = at
    events.record("lot.stop_asked", lot, by=by, at=at, source=lot.source_code)


def stopped(lot_id: int, *, trouble: str | None = None, at: datetime) -> None:
    """Mark a lot as stopped: what is loaded stays, and the rest can be resumed."""
    lot = get_locked(lot_id, LotState.LOADING)
    lot.state, lot.stop_asked_at = LotState.STOPPED, None
    forget_trouble(lot)
    lot.trouble = trouble
    events.record("lot.stopped", lot, by=None, at=at, lines=lot.lines_read)


def resume(lot_id: int, *, by: int, at: datetime) -> None:
    """Resume a stopped lot."""
    lot = get_locked(lot_id, LotState.STOPPED)
    originals.need(lot_id)
    lot.state, lot.stop_asked_at = LotState.LOADING, None
    forget_trouble(lot)
    events.record("lot.resumed", lot, by=by, at=at, source=lot.source_code)


def try_now(lot_id: int) -> None:
    """End the wait after a passing error."""
    lot = get_locked(lot_id)
    if not is_waiting(lot):
        raise NotNow
    lot.try_again_at = None


def record_interruption(lot_id: int, sentence: str, *, at: datetime) -> None:
    """Record what stopped an attempt, and wait a little longer each time; the file is not refused."""
    lot = get_locked(lot_id)
    if not is_waiting(lot):
        return
    lot.trouble, lot.try_again_at = sentence, at + PAUSES[min(lot.tries, len(PAUSES) - 1)]
    lot.tries += 1
    session.flush()


def refuse(lot_id: int, refusal: FileRefused | OriginalGone, *, at: datetime) -> None:
    """Refuse a received lot as a whole."""
    lot = get_locked(lot_id, LotState.RECEIVED)
    _refuse(lot, refusal)
    forget_trouble(lot)
    if isinstance(refusal, FileRefused):
        originals.drop_unless_of_use(lot_id, refusal.refusal)
    events.record("lot.refused", lot, by=None, at=at, source=lot.source_code)


def finish_lot(lot_id: int, counts: dict[str, Any], *, by: int | None, at: datetime) -> None:
    """Store the report of a fully loaded lot, and delete its one-off secret, which is no longer needed."""
    lot = get_locked(lot_id, LotState.LOADING)
    lot.state, lot.loaded_at, lot.counts, lot.lines_read = LotState.LOADED, at, counts, counts["lines"]
    lot.stop_asked_at = None
    forget_trouble(lot)
    originals.forget_secret(lot_id)
    events.record("lot.loaded", lot, by=by, at=at, lines=counts["lines"], created=counts["created"])


def _read_again(lot: ImportLot) -> None:
    lot.state, lot.plan = LotState.RECEIVED, {}
    lot.lines_read, lot.started_at, lot.progress_at = 0, None, None
    forget_trouble(lot)


def forget_trouble(lot: ImportLot) -> None:
    """Clear the record of what stopped a lot: it has moved on."""
    lot.trouble, lot.tries, lot.try_again_at = None, 0, None
    session.flush()
