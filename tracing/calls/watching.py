"""What the scheduler watches over: promises that nobody kept, calls that stay with somebody who is gone."""

from datetime import datetime

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.slots import take_slot
from tracing.queue import leaving, promises


def watch(slot: datetime) -> int:
    """Count broken promises, and open what is kept for somebody who is gone; returns how many of both."""
    with transaction():
        if not take_slot("watch", slot, at=clock.now()):
            return 0
    with transaction():
        broken = promises.break_missed(at=clock.database_now())
    with transaction():
        return broken + leaving.release_gone(at=clock.database_now())
