"""The sweep without its clock and its transactions."""

from datetime import datetime

from tracing.calls import sweeping

A_FEW = 100


def end_claims(*, at: datetime) -> int:
    """End every claim whose time is over at a moment; returns how many."""
    return sum(iter(lambda: sweeping.end_as_they_stand(at=at, most=A_FEW), 0)) + sum(
        iter(lambda: sweeping.end_with_care(at=at, most=A_FEW), 0)
    )
