"""Forgetting who asked: the counts are worth nothing after their ten minutes."""

from datetime import datetime, timedelta

from sqlalchemy import delete

from tracing.kernel.db import session
from tracing.public.models import PublicTry

KEPT = timedelta(hours=1)


def forget_tries(*, at: datetime) -> None:
    """Delete the counts of past hours."""
    session.execute(delete(PublicTry).where(PublicTry.began_at < at - KEPT))
