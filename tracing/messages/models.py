"""The outbox, and the people whose messages are stopped."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, enum_text
from tracing.messages.rules import Channel, MessageState
from tracing.vault import registry


class Message(Base):
    """A text message or a letter to one person. Recipient and text are sealed."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_site", "site_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    reference: Mapped[str]
    """Reference of the case it is about."""
    channel: Mapped[Channel] = mapped_column(enum_text(Channel))
    state: Mapped[MessageState] = mapped_column(enum_text(MessageState))
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """`to` and `text`; None once destroyed."""
    queued_at: Mapped[datetime]
    queued_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    not_before: Mapped[datetime | None]
    """It leaves at this time or later: until then, what it follows from can be taken back."""
    ended_at: Mapped[datetime | None]
    """When it was written, or stopped."""


class MessageStop(Base):
    """A person whose messages are stopped, because they were reported dead or asked never to be called."""

    __tablename__ = "message_stops"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, autoincrement=False)
    since: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """The member who was told so in a call; none: a laboratory reported it with a result."""


registry.sealed("messages")
