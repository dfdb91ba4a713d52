"""Claims that ended by themselves, and their calls with them: a batch is one statement."""

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
"""One statement sees one moment, and misses nothing: whoever writes to a call renews its claim first, so that claim has
not ended, or waits on the same row until it has.

Its transaction does not wait for the disk: if the power fails, claims that had ended have ended still.
"""


def end_as_they_stand(*, at: datetime, most: int) -> int:
    """End claims of households that stand where they stood, `most` of them, and their calls; returns how many.

    Answers and drafts stay, here and of those that are placed anew.
    """
    session.flush()
    ended: int = session.execute(
        _SWEEP, {"at": at, "most": most, "outcome": CallOutcome.CLAIM_ENDED.value}
    ).scalar_one()
    refresh_known(QueueEntry, Call, Conversation)
    return ended


def end_with_care(entry_ids: Sequence[int], *, at: datetime) -> int:
    """End claims of households that must be placed anew, and their calls; returns how many of these have ended."""
    claims = expiry.expire_with_care(entry_ids, at=at)
    services.close_lost(claims, CallOutcome.CLAIM_ENDED, at=at)
    return len(claims)
