"""Make each scheduled run happen once, however many schedulers there are."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, session


class RunSlot(Base):
    """One run of one job; it belongs to the scheduler that inserted the row first."""

    __tablename__ = "run_slots"

    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    """The time for which the run was planned, not the time at which it started."""
    taken_at: Mapped[datetime]


def take_slot(job: str, slot: datetime, *, at: datetime) -> bool:
    """Return whether this run is ours; False when another scheduler already has it."""
    taken = session.execute(
        text("""
            INSERT INTO run_slots (job, slot, taken_at) VALUES (:job, :slot, :at)
            ON CONFLICT DO NOTHING RETURNING 1
        """),
        {"job": job, "slot": slot, "at": at},
    )
    return taken.scalar() is not None


def forget_slots(before: datetime) -> None:
    """Delete the slots of past days, which no scheduler asks for any more."""
    session.execute(text("DELETE FROM run_slots WHERE slot < :before"), {"before": before})
