"""The sweep of expired claims, without its clock and its transactions."""

from datetime import datetime

from tracing.calls import expired_claims
from tracing.queue.claims import expiry

A_FEW = 100


def end_claims(*, at: datetime) -> int:
    """End every claim that has expired at a moment; return how many."""
    swept = sum(iter(lambda: expired_claims.end_unchanged(at=at, most=A_FEW), 0))
    while found := expiry.find_expired_changed(at=at, most=A_FEW):
        swept += expired_claims.end_changed([entry_id for _ended_at, entry_id in found], at=at)
    return swept
