"""End expired claims together with their calls: one statement per batch."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from tracing.calls import services
from tracing.calls.models import Call, Conversation
from tracing.calls.rules import CallOutcome
from tracing.kernel.db import WITHOUT_WAITING, refresh_known, session
from tracing.queue.claims import expiry
from tracing.queue.models import QueueEntry

_SWEEP = text(f"""
    WITH {expiry.AS_THEY_STAND}, closed AS (
        UPDATE calls SET outcome = :outcome, ended_at = :at
        FROM freed
        WHERE calls.entry_id = freed.id AND calls.claim_number = freed.claim_number AND ended_at IS NULL
        RETURNING calls.id
    ), hung_up AS (
        UPDATE conversations SET outcome = :outcome, finished_at = :at
        FROM closed WHERE call_id = closed.id AND conversations.outcome IS NULL
    )
    SELECT count(*), {WITHOUT_WAITING} FROM freed
""")  # noqa: S608 - our own words
"""A single statement is safe: every writer of a call renews its claim first, so an expired claim has no writer, or its
writer waits for the same row until this is done.

Its transaction does not wait for the disk: after a power failure these claims are still expired and are swept again.
"""


def end_unchanged(*, at: datetime, most: int) -> int:
    """End up to `most` expired claims of households that keep their place, with their calls; return how many.

    Answers and drafts are kept, here and in `end_changed`.
    """
    session.flush()
    ended: int = session.execute(
        _SWEEP, {"at": at, "most": most, "outcome": CallOutcome.CLAIM_ENDED.value}
    ).scalar_one()
    refresh_known(QueueEntry, Call, Conversation)
    return ended


def end_changed(entry_ids: Sequence[int], *, at: datetime) -> int:
    """End expired claims of households whose place must be computed again, with their calls; return how many."""
    claims = expiry.expire_changed(entry_ids, at=at)
    services.close_lost(claims, CallOutcome.CLAIM_ENDED, at=at)
    return len(claims)
