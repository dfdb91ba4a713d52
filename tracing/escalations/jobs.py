"""Job: return to the list the questions whose holder is gone."""

from datetime import datetime

from tracing.escalations import services
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot


def release_questions(slot: datetime) -> int:
    """Return to the list the questions taken by members who are gone; return how many."""
    with transaction():
        at = clock.database_now()
        return services.release_gone(at=at) if take_slot("release_questions", slot, at=at) else 0
