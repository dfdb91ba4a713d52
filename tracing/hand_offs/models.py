"""The table of hand-offs: a reason's code and a state. What is sent names nobody."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.hand_offs.rules import HandOffState
from tracing.kernel.db import Base, enum_text


class HandOff(Base):
    """One reason for which a record is handed off."""

    __tablename__ = "hand_offs"
    __table_args__ = (
        UniqueConstraint("task_id", "reason"),
        CheckConstraint(
            "state NOT IN ('sent', 'acknowledged') OR sent_at IS NOT NULL", name="sent_has_a_time"
        ),
        Index("ix_hand_offs_waiting", "site_id", "id", postgresql_where=text("is_waiting")),
        Index("ix_hand_offs_done", "site_id", "id", postgresql_where=text("NOT is_waiting")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id", ondelete="CASCADE"))
    """The call in which it was learnt; the case's first one, if it was given by hand."""
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    reason: Mapped[str]
    """The id of the rule in its programme."""
    is_by_hand: Mapped[bool]
    state: Mapped[HandOffState] = mapped_column(enum_text(HandOffState))
    is_waiting: Mapped[bool]
    """Something is left to do: to send it, or to say that it no longer holds."""
    opened_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    """When somebody was told of it, the last time; kept until they are told that it no longer holds."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
