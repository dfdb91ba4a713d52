"""The files as they came: sealed once more, kept for some days, and the secrets that were given for one file only."""

import json
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from tracing.imports.decryption.secrets import Secrets
from tracing.imports.errors import OriginalGone
from tracing.imports.models import ImportLot, ImportOriginal, LotState
from tracing.imports.refusals import Refusal
from tracing.kernel.db import session
from tracing.vault import services as vault

KEEP_DAYS = 7
CHANGE_OF_MIND = timedelta(minutes=30)
"""How long the secret of a discarded lot is kept, so that discarding can be taken back."""
OF_USE = frozenset(
    {
        Refusal.KEY_MISSING,
        Refusal.KEY_UNUSABLE,
        Refusal.WRONG_KEY,
        Refusal.PASSWORD_MISSING,
        Refusal.WRONG_PASSWORD,
    }
)
"""After these refusals the same file may be opened with something else. Any other file is not kept: one that was
sent in clear least of all."""


def keep(lot_id: int, content: bytes, secret: Secrets | None, *, days: int, at: datetime) -> None:
    """Keep a file, sealed: nobody knows yet whether its sender encrypted it."""
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
    """Return until when the file of a lot is kept, or None once it is gone."""
    return session.scalar(select(ImportOriginal.kept_until).where(ImportOriginal.lot_id == lot_id))


def need(lot_id: int) -> None:
    """Refuse what cannot be done without the file.

    Raises:
        OriginalGone: it was removed after its days.
    """
    if kept_until(lot_id) is None:
        raise OriginalGone


def content_of(lot_id: int) -> bytes:
    """Return a file as it came.

    Raises:
        OriginalGone: it was removed after its days.
    """
    sealed = session.scalar(select(ImportOriginal.content).where(ImportOriginal.lot_id == lot_id))
    if sealed is None:
        raise OriginalGone
    return vault.unseal_setting(f"original:{lot_id}", sealed)


def secret_of(lot_id: int) -> Secrets:
    """Return what was given to open this file only."""
    sealed = session.scalar(select(ImportOriginal.secret).where(ImportOriginal.lot_id == lot_id))
    if sealed is None:
        return Secrets()
    return Secrets.from_dict(json.loads(vault.unseal_setting(f"secret:{lot_id}", sealed)))


def set_secret(lot_id: int, secret: Secrets) -> None:
    """Replace what was given to open this file only."""
    session.execute(
        update(ImportOriginal).where(ImportOriginal.lot_id == lot_id).values(secret=_sealed(lot_id, secret))
    )


def forget_secret(lot_id: int) -> None:
    """Forget what was given to open this file only."""
    session.execute(update(ImportOriginal).where(ImportOriginal.lot_id == lot_id).values(secret=None))


def drop_unless_of_use(lot_id: int, refusal: Refusal) -> None:
    """Remove a refused file, and what was given to open it, unless another key may open it."""
    if refusal in OF_USE:
        forget_secret(lot_id)
    else:
        session.execute(delete(ImportOriginal).where(ImportOriginal.lot_id == lot_id))


def remove_old(*, at: datetime) -> int:
    """Remove the files whose days are over, and the secrets of lots that were discarded for good."""
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
