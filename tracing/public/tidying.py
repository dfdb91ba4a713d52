"""Forgetting who asked: the counts are worth nothing after their ten minutes."""

from datetime import datetime, timedelta

from sqlalchemy import delete

from tracing.kernel.db import session
from tracing.public.models import PublicLinkTry, PublicTry
from tracing.sickleave.delivery.rules import LINK_LASTS

KEPT = timedelta(hours=1)


def forget_tries(*, at: datetime) -> None:
    """Delete the counts of past hours, and those of links that no longer open."""
    session.execute(delete(PublicTry).where(PublicTry.began_at < at - KEPT))
    session.execute(delete(PublicLinkTry).where(PublicLinkTry.last_at < at - LINK_LASTS))
