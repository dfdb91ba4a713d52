"""Table of the toolbox: what a site's staff may look up during a call."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, enum_text
from tracing.toolbox.rules import Topic


class ToolboxEntry(Base):
    """An answer to a frequent question, or a standing instruction. It names nobody, so it is not sealed."""

    __tablename__ = "toolbox_entries"
    __table_args__ = (
        CheckConstraint("until IS NULL OR from_day <= until", name="ends_after_it_starts"),
        Index("ix_toolbox_entries_site", "site_id", "topic", postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    topic: Mapped[Topic] = mapped_column(enum_text(Topic))
    title: Mapped[str]
    """The question, as a tracer would ask it."""
    body: Mapped[str]
    from_day: Mapped[date]
    until: Mapped[date | None]
    """The last day on which it holds; none: until somebody changes it."""
    escalation_id: Mapped[int | None] = mapped_column(BigInteger)
    """The question from whose answer it was made."""
    written_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    written_at: Mapped[datetime]
    """When it was written, or changed the last time."""
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
