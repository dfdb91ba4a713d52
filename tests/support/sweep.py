"""The sweep without its clock and its transactions."""

from datetime import datetime

from tracing.calls import expired_claims
from tracing.queue.claims import expiry

A_FEW = 100


def end_claims(*, at: datetime) -> int:
    """End every claim whose time is over at a moment; returns how many."""
    swept = sum(iter(lambda: expired_claims.end_as_they_stand(at=at, most=A_FEW), 0))
    while found := expiry.need_care(at=at, most=A_FEW):
        swept += expired_claims.end_with_care([entry_id for _ended_at, entry_id in found], at=at)
    return swept
