"""What the scheduler counts for the pages of supervision: counting takes too long for a page that refreshes itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base


class SiteCount(Base):
    """What waits at a site, as it was counted last. Nothing that claims, calls or imports writes here."""

    __tablename__ = "site_counts"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True, autoincrement=False)
    counted_at: Mapped[datetime]
    waiting: Mapped[int]
    """Households that wait for a call."""
    overdue: Mapped[int]
    """Of these, past the time at which they are due."""
    late: Mapped[int]
    """Households past the service's own time: nothing was promised to them."""
    due_next: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{0,0,0,0}'"))
    """Households that wait, by the hour in which they fall due: the next one first (rules.HOURS_AHEAD)."""
    pace: Mapped[int] = mapped_column(server_default=text("0"))
    """Calls that tracers ended in the last hour."""
    ages: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """Households that wait, by the age of the oldest reason to call them (rules.AGES), the youngest first."""
    first: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """The queue entries that are due first; the board shows them as they stand when it is looked at."""
    priorities: Mapped[dict[str, Any]]
    """How many calls wait with each priority in force, by its id."""
    team: Mapped[dict[str, Any]]
    """How many tracers do what, and some of them with their day."""
