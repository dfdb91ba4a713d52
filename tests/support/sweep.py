"""The sweep without its clock and its transactions."""

from datetime import datetime

from tracing.calls import sweeping

A_FEW = 100


def end_claims(*, at: datetime) -> int:
    """End every claim whose time is over at a moment; returns how many."""
    swept = 0
    while ended := sweeping.end_claims(at=at, most=A_FEW):
        swept += ended
    return swept
