"""Tables of the files: every search with its reason, and every file that was opened. Neither names anybody."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from tracing.casefiles.rules import FileReason, FoundBy
from tracing.kernel.db import Base, enum_text
from tracing.vault import registry


class FileSearch(Base):
    """A search for a file by an exact key; the key itself is not kept."""

    __tablename__ = "file_searches"
    __table_args__ = (
        CheckConstraint("found >= 0", name="found_is_a_count"),
        Index("ix_file_searches_member", "member_id", "searched_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    searched_at: Mapped[datetime]
    found_by: Mapped[FoundBy] = mapped_column(enum_text(FoundBy, name="filesearches_foundby"))
    reason: Mapped[FileReason] = mapped_column(enum_text(FileReason, name="filesearches_reason"))
    found: Mapped[int]
    """How many files of the site it found."""
    other_site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    """Another site that follows the person, if this one does not."""
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """`words`: what was typed beside the reason."""


class FileOpening(Base):
    """A file that a member may read for an hour, because they found it by an exact key or were asked about it.

    The case and the contact are ids without foreign keys: taking back a lot removes its cases and leaves who read them.
    """

    __tablename__ = "file_openings"
    __table_args__ = (Index("ix_file_openings_member", "member_id", "opened_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    search_id: Mapped[int | None] = mapped_column(ForeignKey("file_searches.id"), index=True)
    """The search that found it; none: from a list or a question."""
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    case_id: Mapped[int] = mapped_column(BigInteger, index=True)
    """The case; for a contact, the case that named them."""
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    found_by: Mapped[FoundBy] = mapped_column(enum_text(FoundBy, name="fileopenings_foundby"))
    reason: Mapped[FileReason] = mapped_column(enum_text(FileReason, name="fileopenings_reason"))
    opened_at: Mapped[datetime]
    """When it was found; it may be read from then on."""
    read_at: Mapped[datetime | None]
    """When it was read first; none: it was only among those found."""


registry.sealed("file_searches")
