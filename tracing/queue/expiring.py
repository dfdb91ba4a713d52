"""Claims that ended by themselves: their households return to the queue, a batch at a time."""

from datetime import datetime

from sqlalchemy import select, text

from tracing.kernel.db import refresh_known, session
from tracing.queue.models import EntryState, QueueEntry
from tracing.queue.services import end_claim
from tracing.queue.taking import Claim

EXPIRE_BATCH = 150
CARE_BATCH = 25
"""Claims ended in one transaction: no lock is held for longer than a page would notice."""


def expire_claims(*, at: datetime) -> list[Claim]:
    """Return to the queue every household whose claim has ended, a batch at most; returns their claims."""
    return _expire_as_they_are(at=at) or _expire_with_care(at=at)


_EXPIRE = text("""
    WITH ended AS (
        SELECT id, claimant_id FROM queue_entries
        WHERE state = 'claimed' AND claim_ends_at <= :at AND NOT (is_stale OR regroup)
            AND (promised_at IS NULL OR promised_at <= :at)
        ORDER BY claim_ends_at LIMIT :most FOR UPDATE SKIP LOCKED
    ), freed AS (
        UPDATE queue_entries SET state = CASE WHEN not_before <= :at THEN 'ready' ELSE 'scheduled' END,
            claimant_id = NULL, claimed_at = NULL, claim_ends_at = NULL, last_input_at = NULL
        FROM ended WHERE queue_entries.id = ended.id
        RETURNING queue_entries.id, household_id, claim_number, site_id, ended.claimant_id
    ), told AS (
        INSERT INTO events (at, kind, site_id, subject_type, subject_id, detail)
        SELECT :at, 'call.claim_ended', site_id, 'entry', id,
            jsonb_build_object('claim', claim_number, 'claimant', claimant_id)
        FROM freed
    )
    SELECT id, household_id, claim_number, site_id FROM freed
""")


def _expire_as_they_are(*, at: datetime) -> list[Claim]:
    """End claims of households whose tasks are what they were when they were claimed: they stand where they stood."""
    rows = session.execute(_EXPIRE, {"at": at, "most": EXPIRE_BATCH}).all()
    refresh_known(QueueEntry)
    return [Claim(row.id, row.household_id, row.claim_number, row.site_id) for row in rows]


def _expire_with_care(*, at: datetime) -> list[Claim]:
    """End claims of households that must be placed anew."""
    ended = session.scalars(
        select(QueueEntry)
        .where(
            QueueEntry.state == EntryState.CLAIMED,
            QueueEntry.claim_ends_at <= at,
            QueueEntry.is_stale | QueueEntry.regroup | (QueueEntry.promised_at > at),
        )
        .order_by(QueueEntry.claim_ends_at)
        .limit(CARE_BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    return [end_claim("call.claim_ended", entry, by=None, at=at) for entry in ended]
