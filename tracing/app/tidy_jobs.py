"""Job that deletes old rows that nothing needs any more: job slots, sent forms, log-in attempts, public tries, papers of links."""

from datetime import datetime

from tracing.kernel import clock, submitted_forms
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import forget_slots, take_slot
from tracing.public import tidying
from tracing.sickleave.delivery import services as delivery
from tracing.staff.login import sessions


def tidy(slot: datetime) -> None:
    """Delete the slots and sent forms of past days, old log-in attempts, and papers that no link opens."""
    with transaction():
        at = clock.database_now()
        if take_slot("tidy", slot, at=at):
            forget_slots(slot.replace(hour=0, minute=0))
            submitted_forms.forget(at=at)
            sessions.forget_attempts(at=at)
            tidying.forget_tries(at=at)
            delivery.forget_papers(at=at)
