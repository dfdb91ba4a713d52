"""The table of requests for help: codes and states; the person's name and number stay in their own record."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.help_requests.rules import HelpState, Need
from tracing.kernel.db import Base, enum_text


class HelpRequest(Base):
    """One kind of help that a person asked for in a call and agreed to have passed on."""

    __tablename__ = "help_requests"
    __table_args__ = (
        UniqueConstraint("task_id", "need"),
        CheckConstraint("state <> 'passed_on' OR passed_on_at IS NOT NULL", name="passed_on_has_a_time"),
        Index("ix_help_requests_waiting", "site_id", "id", postgresql_where=text("is_waiting")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id", ondelete="CASCADE"))
    """The call in which it was asked for; asked for again, it is the same request."""
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    need: Mapped[Need] = mapped_column(enum_text(Need))
    state: Mapped[HelpState] = mapped_column(enum_text(HelpState))
    is_waiting: Mapped[bool]
    """Something is left to do: to pass it on, to close it, or to tell the service that it is not wanted any more."""
    asked_at: Mapped[datetime]
    asked_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    passed_on_at: Mapped[datetime | None]
    """When the service was told of it, the last time."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
