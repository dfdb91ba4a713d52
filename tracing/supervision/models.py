"""Table of counts for the pages of supervision: counting is too slow for a page that refreshes itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base


class SiteCount(Base):
    """What waits at a site, as last counted. Claims, calls and imports never write here."""

    __tablename__ = "site_counts"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True, autoincrement=False)
    counted_at: Mapped[datetime]
    waiting: Mapped[int]
    """Households that wait for a call."""
    overdue: Mapped[int]
    """Waiting households past their due time."""
    late: Mapped[int]
    """Of the overdue ones, those without a promised callback: past the service time."""
    due_next: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{0,0,0,0}'"))
    """Waiting households by the hour in which they become due, the next hour first (rules.HOURS_AHEAD)."""
    pace: Mapped[int] = mapped_column(server_default=text("0"))
    """Calls that tracers ended in the last hour."""
    ages: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """Waiting households by the age of the oldest open task (rules.AGES), the youngest first."""
    first: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """The queue entries that are due first; the board shows their current state."""
    priorities: Mapped[dict[str, Any]]
    """How many calls wait under each priority in force, keyed by its id."""
    clusters: Mapped[int] = mapped_column(server_default=text("0"))
    """Places that several cases named and somebody should report."""
    team: Mapped[dict[str, Any]]
    """How many tracers are in each presence, and some of them with their day."""
