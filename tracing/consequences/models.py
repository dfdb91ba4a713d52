"""What is still to follow."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base


class HeldBack(Base):
    """A call during which something changed that would stop or move it: it is looked at again once the call is over.

    There are never more rows than calls under way and those that have just ended.
    """

    __tablename__ = "held_back"

    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime]
