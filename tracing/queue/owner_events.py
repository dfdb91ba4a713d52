"""Record that a call lost its owner: the tracer who had claimed it, been given it or promised it is gone."""

from datetime import datetime

from tracing.kernel import events
from tracing.queue.models import QueueEntry
from tracing.staff.rules import UnavailableReason

GONE = "owner.gone"


def record_gone(
    entry: QueueEntry, member_id: int | None, why: UnavailableReason, what: str, *, at: datetime
) -> None:
    """Record that an entry lost its owner, and why; `what` says what they had: a call, a gift, a promise."""
    events.record(
        GONE,
        by=None,
        at=at,
        subject=("entry", entry.id),
        site_id=entry.site_id,
        member=member_id,
        why=why.value,
        what=what,
    )
