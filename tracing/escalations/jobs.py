"""What the scheduler does about questions: none stays with anybody who is not there."""

from datetime import datetime

from tracing.escalations import services
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot


def release_questions(slot: datetime) -> int:
    """Put back for everyone what was taken by somebody who has gone; returns how many."""
    with transaction():
        at = clock.database_now()
        return services.release_gone(at=at) if take_slot("release_questions", slot, at=at) else 0
