"""Job: let the notes be checked that an older release issued."""

from datetime import datetime

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.job_slots import take_slot
from tracing.sickleave.checking import services

AT_ONCE = 200
"""Notes of one transaction: each is unsealed."""


def hash_older_notes(slot: datetime) -> int:
    """Let the notes be checked that an older release issued; return how many they were."""
    with transaction():
        if not take_slot("hash_older_notes", slot, at=clock.database_now()):
            return 0
    hashed = 0
    while True:
        with transaction():
            done = services.hash_older(most=AT_ONCE)
        hashed += done
        if done < AT_ONCE:
            return hashed
