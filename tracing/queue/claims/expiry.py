"""Expired claims: their households return to the queue in batches."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, tuple_

from tracing.kernel.db import equals_any, fresh, session
from tracing.queue.claims.ending import end_claims
from tracing.queue.claims.next_call import Claim
from tracing.queue.models import EntryState, QueueEntry
from tracing.queue.owner_events import record_gone
from tracing.staff.models import Member
from tracing.staff.rules import UnavailableReason

AS_THEY_STAND = """
    ended AS (
        SELECT ctid, claimant_id FROM queue_entries
        WHERE state = 'claimed' AND claim_ends_at <= :at AND NOT (is_stale OR regroup)
            AND (promised_at IS NULL OR promised_at <= :at)
        ORDER BY claim_ends_at LIMIT :most FOR UPDATE SKIP LOCKED
    ), freed AS (
        UPDATE queue_entries SET state = CASE WHEN not_before <= :at THEN 'ready' ELSE 'scheduled' END,
            claimant_id = NULL, claimed_at = NULL, claim_ends_at = NULL, last_input_at = NULL
        FROM ended WHERE queue_entries.ctid = ended.ctid
        RETURNING queue_entries.id, household_id, claim_number, site_id, ended.claimant_id
    ), told AS (
        INSERT INTO events (at, kind, site_id, subject_type, subject_id, detail)
        SELECT :at, 'call.claim_ended', site_id, 'entry', id,
            jsonb_build_object('claim', claim_number, 'claimant', claimant_id)
        FROM freed
    )
"""
"""The first part of a statement that ends the expired claims of households whose tasks have not changed since the
claim: they keep their place. The rest of the statement reads them from `freed` (calls.expired_claims).

Rows are joined by ctid, which is safe because they were just locked; a row changed by another writer in the meantime
is left to the next sweep.
"""


def find_expired_changed(
    *, at: datetime, after: tuple[datetime, int] | None = None, most: int
) -> list[tuple[datetime, int]]:
    """Return up to `most` expired claims of households whose place must be computed again, after the key `after`.

    Each is (end of the claim, entry id): this pair is the key and the order.
    """
    ended = tuple_(QueueEntry.claim_ends_at, QueueEntry.id)
    chosen = select(QueueEntry.claim_ends_at, QueueEntry.id).where(
        QueueEntry.state == EntryState.CLAIMED,
        QueueEntry.claim_ends_at <= at,
        QueueEntry.is_stale | QueueEntry.needs_regroup | (QueueEntry.promised_at > at),
    )
    if after is not None:
        chosen = chosen.where(ended > after)
    rows = session.execute(chosen.order_by(QueueEntry.claim_ends_at, QueueEntry.id).limit(most))
    return [(ends_at, entry_id) for ends_at, entry_id in rows if ends_at is not None]


def expire_changed(entry_ids: Sequence[int], *, at: datetime) -> list[Claim]:
    """End those of these entries' claims that are still expired, and compute their households' places; return them."""
    ended = session.scalars(
        fresh(
            select(QueueEntry)
            .where(
                equals_any(QueueEntry.id, entry_ids),
                QueueEntry.state == EntryState.CLAIMED,
                QueueEntry.claim_ends_at <= at,
            )
            .order_by(QueueEntry.claim_ends_at)
            .with_for_update(skip_locked=True)
        )
    ).all()
    return end_claims("call.claim_ended", ended, by=None, at=at)


def expire_closed_accounts(*, at: datetime) -> int:
    """Make the claims of members whose account is closed expire now: the next sweep returns them to the queue."""
    rows = session.scalars(
        fresh(
            select(QueueEntry)
            .join(Member, Member.id == QueueEntry.claimant_id)
            .where(
                QueueEntry.state == EntryState.CLAIMED,
                QueueEntry.claim_ends_at > at,
                Member.closed_at.is_not(None),
            )
            .with_for_update(of=QueueEntry, skip_locked=True)
        )
    ).all()
    for entry in rows:
        entry.claim_ends_at = at
        record_gone(entry, entry.claimant_id, UnavailableReason.ACCOUNT_CLOSED, "call", at=at)
    session.flush()
    return len(rows)
