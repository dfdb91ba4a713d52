"""Original files of lots: sealed, kept for some days, with any secrets that were given for one file only."""

import json
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from tracing.imports.decryption.secrets import Secrets
from tracing.imports.errors import OriginalGone
from tracing.imports.models import CameBy, ImportLot, ImportOriginal, LotState
from tracing.imports.refusal_codes import Refusal
from tracing.kernel.db import session
from tracing.vault import services as vault

KEEP_DAYS = 7
CHANGE_OF_MIND = timedelta(minutes=30)
"""How long the one-off secret of a discarded lot is kept, so that the lot can be taken up again."""
OF_USE = frozenset(
    {
        Refusal.KEY_MISSING,
        Refusal.KEY_UNUSABLE,
        Refusal.WRONG_KEY,
        Refusal.PASSWORD_MISSING,
        Refusal.WRONG_PASSWORD,
    }
)
"""After these refusals the same file may be opened with another key or password, so it is kept. Any other refused
file is not kept, least of all one that was sent in clear."""


def keep(lot_id: int, content: bytes, secret: Secrets | None, *, days: int, at: datetime) -> None:
    """Store a file, sealed: it is not known yet whether its sender encrypted it."""
    session.add(
        ImportOriginal(
            lot_id=lot_id,
            content=vault.seal_setting(f"original:{lot_id}", content),
            secret=_sealed(lot_id, secret),
            kept_until=at + timedelta(days=days),
        )
    )
    session.flush()


def _sealed(lot_id: int, secret: Secrets | None) -> bytes | None:
    if secret is None or secret == Secrets():
        return None
    return vault.seal_setting(f"secret:{lot_id}", json.dumps(secret.to_dict()).encode())


def kept_until(lot_id: int) -> datetime | None:
    """Return until when the file of a lot is kept, or None if it is gone."""
    return session.scalar(select(ImportOriginal.kept_until).where(ImportOriginal.lot_id == lot_id))


def need(lot_id: int) -> None:
    """Check that the file of a lot is still there.

    Raises:
        OriginalGone: it was deleted after its retention period.
    """
    if kept_until(lot_id) is None:
        raise OriginalGone


def content_of(lot_id: int) -> bytes:
    """Return a file as it was received.

    Raises:
        OriginalGone: it was deleted after its retention period.
    """
    sealed = session.scalar(select(ImportOriginal.content).where(ImportOriginal.lot_id == lot_id))
    if sealed is None:
        raise OriginalGone
    return vault.unseal_setting(f"original:{lot_id}", sealed)


def secret_of(lot_id: int) -> Secrets:
    """Return the key or password that was given for this file only, and whether it was sealed when it came."""
    chosen = select(ImportOriginal.secret, ImportLot.came_by).join(ImportLot)
    sealed, came_by = session.execute(chosen.where(ImportOriginal.lot_id == lot_id)).one_or_none() or (
        None,
        None,
    )
    here = Secrets(is_sealed_here=came_by is CameBy.MESSAGES)
    if sealed is None:
        return here
    return here + Secrets.from_dict(json.loads(vault.unseal_setting(f"secret:{lot_id}", sealed)))


def set_secret(lot_id: int, secret: Secrets) -> None:
    """Replace the key or password that was given for this file only."""
    session.execute(
        update(ImportOriginal).where(ImportOriginal.lot_id == lot_id).values(secret=_sealed(lot_id, secret))
    )


def forget_secret(lot_id: int) -> None:
    """Delete the key or password that was given for this file only."""
    session.execute(update(ImportOriginal).where(ImportOriginal.lot_id == lot_id).values(secret=None))


def drop_unless_of_use(lot_id: int, refusal: Refusal) -> None:
    """Delete a refused file and its one-off secret, unless another key may open it."""
    if refusal in OF_USE:
        forget_secret(lot_id)
    else:
        session.execute(delete(ImportOriginal).where(ImportOriginal.lot_id == lot_id))


def remove_old(*, at: datetime) -> int:
    """Delete files past their retention, and one-off secrets of finally discarded lots; returns how many files."""
    discarded = select(ImportLot.id).where(
        ImportLot.state == LotState.DISCARDED, ImportLot.progress_at < at - CHANGE_OF_MIND
    )
    session.execute(
        update(ImportOriginal)
        .where(ImportOriginal.lot_id.in_(discarded), ImportOriginal.secret.is_not(None))
        .values(secret=None)
        .execution_options(synchronize_session=False)
    )
    removed = session.scalars(
        delete(ImportOriginal)
        .where(ImportOriginal.kept_until <= at)
        .returning(ImportOriginal.lot_id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(removed)
