"""The drafts of scripts: what is written, what waits for approval, what was published or given up."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, enum_text
from tracing.programmes.publishing.models import Reviewed, VersionOrigin


class ScriptDraft(Reviewed, Base):
    """One draft of a script, from its first word to its approval. Once it is approved, it never changes."""

    __tablename__ = "script_drafts"
    __table_args__ = (
        Index(
            "uq_script_drafts_one_page_draft",
            "kind",
            unique=True,
            postgresql_where=text("state IN ('draft', 'proposed') AND origin = 'page'"),
        ),
        Index("uq_script_drafts_version", "kind", "version", unique=True),
        CheckConstraint(
            "state <> 'approved' OR (version IS NOT NULL AND effective_at IS NOT NULL AND adviser_id IS NOT NULL AND referent_id IS NOT NULL)",
            name="approved_by_two",
        ),
        CheckConstraint("adviser_id <> referent_id", name="two_people"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    origin: Mapped[VersionOrigin] = mapped_column(enum_text(VersionOrigin))
    release: Mapped[str]
    """The version of the release's file that it goes back to."""
    fingerprint: Mapped[str | None]
    """SHA-256 of the release's file, of a draft that a release brought."""
    base: Mapped[str]
    """The version that was published last when this draft was begun, or compared with it since."""
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The title, the steps and their English, as a file has them."""
    version: Mapped[str | None]
    """Under which it was published."""
    with_rule_id: Mapped[int | None] = mapped_column(ForeignKey("rule_versions.id"))
    """The version of a rule table at whose moment it takes effect."""


class ScriptComment(Base):
    """What somebody says of a draft, or of one of its steps, to those who write and approve it. It names nobody."""

    __tablename__ = "script_comments"
    __table_args__ = (Index("ix_script_comments_draft", "draft_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("script_drafts.id"))
    step_id: Mapped[str | None]
    """None: of the draft as a whole."""
    body: Mapped[str]
    revision: Mapped[int]
    """Of the draft when it was said."""
    said_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    said_at: Mapped[datetime]
