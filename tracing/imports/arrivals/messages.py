"""Single HL7 messages: stored sealed before they are acknowledged, gathered into lots, taken apart if one spoils a lot."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from tracing.imports.arrivals.errors import MessageUnsigned, NoSuchMessage
from tracing.imports.arrivals.hl7_rules import Sent, check
from tracing.imports.errors import FileRefused, MessagesApart
from tracing.imports.limits import MOST_BYTES
from tracing.imports.lots import originals
from tracing.imports.lots import services as lots
from tracing.imports.models import CameBy, ImportLot, ImportMessage, ImportSource, LotState
from tracing.imports.refusal_codes import Refusal
from tracing.imports.sources import queries as sources
from tracing.kernel.db import fresh, session, take_id
from tracing.vault import services as vault

GATHERED_FOR = timedelta(seconds=15)
"""How long messages wait for others of their source: many messages make one lot."""
MOST_IN_A_LOT = 500
OVER = (LotState.REFUSED, LotState.DISCARDED, LotState.UNDONE)
"""States of a lot after which the same message, sent again, is a new one."""
OF_THE_SOURCE = (Refusal.UNSIGNED, Refusal.SIGNER_MISSING)
"""Refusals that meet every message of a lot alike."""


def accept(source: ImportSource, sent: Sent, *, keep_days: int, at: datetime) -> ImportMessage:
    """Store a message, sealed; it may be acknowledged once this is committed. Sent twice, it is stored once.

    Raises:
        MessageRefused: nothing was stored.
    """
    check(sent)
    if source.needs_signature:
        raise MessageUnsigned
    content = sent.content
    message_id = take_id("import_messages")
    values = {
        "content": vault.seal_setting(_seal_name(message_id), content),
        "encoding": sent.encoding,
        "size": len(content),
        "received_at": at,
        "kept_until": at + timedelta(days=keep_days),
        "lot_id": None,
    }
    digest = vault.blind("message", f"{source.code}\r{sent.identity}")
    key = {"source_code": source.code, "digest": digest}
    session.execute(upsert(ImportMessage).values(id=message_id, **key, **values).on_conflict_do_nothing())
    chosen = select(ImportMessage).filter_by(**key).with_for_update()
    stored = session.scalars(fresh(chosen)).one()
    if stored.id != message_id and stored.lot_id is not None and _is_over(stored.lot_id):
        values["content"] = vault.seal_setting(_seal_name(stored.id), content)
        for name, value in values.items():
            setattr(stored, name, value)
        session.flush()
    return stored


def _is_over(lot_id: int) -> bool:
    return session.get_one(ImportLot, lot_id).state in OVER


def _seal_name(message_id: int) -> str:
    return f"message:{message_id}"


def get_message(source_code: str, message_id: int) -> ImportMessage:
    """Return a message of a source.

    Raises:
        NoSuchMessage: it sent none such, or it is no longer known.
    """
    message = session.get(ImportMessage, message_id)
    if message is None or message.source_code != source_code:
        raise NoSuchMessage
    return message


def due(*, at: datetime) -> Sequence[tuple[str, str]]:
    """Return the sources, each with an encoding, whose messages have waited long enough, or are many."""
    waiting = (
        select(ImportMessage.source_code, ImportMessage.encoding)
        .where(ImportMessage.lot_id.is_(None))
        .group_by(ImportMessage.source_code, ImportMessage.encoding)
        .having(or_(func.min(ImportMessage.received_at) <= at - GATHERED_FOR, func.count() >= MOST_IN_A_LOT))
        .order_by(func.min(ImportMessage.received_at))
    )
    return [(code, encoding) for code, encoding in session.execute(waiting)]


def gather(source_code: str, encoding: str, *, keep_days: int) -> int | None:
    """Make a lot of the messages that wait, as many as fit; returns it, or None if another host was faster."""
    sources.get_source(source_code, lock=True)
    chosen = select(ImportMessage).where(
        ImportMessage.source_code == source_code,
        ImportMessage.encoding == encoding,
        ImportMessage.lot_id.is_(None),
    )
    ordered = chosen.order_by(ImportMessage.id).limit(MOST_IN_A_LOT).with_for_update()
    waiting = list(_fitting(session.scalars(fresh(ordered)).all()))
    if not waiting:
        return None
    content = b"".join(
        vault.unseal_setting(_seal_name(message.id), message.content or b"") for message in waiting
    )
    return _make_lot(waiting, content, keep_days=keep_days)


def _fitting(messages: Sequence[ImportMessage]) -> Iterator[ImportMessage]:
    """Yield the first messages that together are small enough for a file."""
    size = 0
    for message in messages:
        size += message.size
        if size > MOST_BYTES:
            return
        yield message


def _make_lot(messages: Sequence[ImportMessage], content: bytes, *, keep_days: int) -> int:
    """Make a lot of messages; it came when the first of them did, from which the deadline of a call counts."""
    came_at = min(message.received_at for message in messages)
    code = messages[0].source_code
    lot = lots.receive(
        content,
        file_name=f"{code}-{came_at:%Y%m%d-%H%M%S}.hl7",
        source_code=code,
        came_by=CameBy.MESSAGES,
        keep_days=keep_days,
        by=None,
        at=came_at,
    )
    session.execute(
        update(ImportMessage)
        .where(ImportMessage.id.in_([message.id for message in messages]))
        .values(lot_id=lot.id, content=None)
        .execution_options(synchronize_session=False)
    )
    return lot.id


def take_apart(lot_id: int, refusal: FileRefused, *, keep_days: int, at: datetime) -> bool:
    """Make two lots of one that was refused as a whole; returns whether there was anything to take apart.

    One message that cannot be read must not keep the others, which were acknowledged, from being loaded. Halved again
    and again, only that message is refused.
    """
    if refusal.refusal in OF_THE_SOURCE:
        return False
    chosen = select(ImportMessage).where(ImportMessage.lot_id == lot_id).order_by(ImportMessage.id)
    messages = session.scalars(fresh(chosen)).all()
    if len(messages) <= 1:
        return False
    content = originals.content_of(lot_id)
    half = len(messages) // 2
    middle = sum(message.size for message in messages[:half])
    _make_lot(messages[:half], content[:middle], keep_days=keep_days)
    _make_lot(messages[half:], content[middle:], keep_days=keep_days)
    lots.refuse(lot_id, MessagesApart(), at=at)
    return True


def remove_old(*, at: datetime) -> None:
    """Forget the messages whose lot's original is no longer kept."""
    session.execute(
        delete(ImportMessage)
        .where(ImportMessage.kept_until <= at, ImportMessage.lot_id.is_not(None))
        .execution_options(synchronize_session=False)
    )
