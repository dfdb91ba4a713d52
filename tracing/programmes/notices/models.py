"""The notices of changes, and who has read them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, enum_text


class NoticeKind(StrEnum):
    """What has changed."""

    RULES = "rules"
    SCRIPT = "script"


class Notice(Base):
    """What a version of the rules or of a script changes, in three sentences at most. It names nobody."""

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint("(kind = 'rules') = (rule_version_id IS NOT NULL)", name="rules_have_a_version"),
        CheckConstraint("(kind = 'script') = (script_version IS NOT NULL)", name="scripts_have_a_version"),
        Index("uq_notices_rule_version", "rule_version_id", unique=True),
        Index(
            "uq_notices_script_version_programme",
            "subject",
            "script_version",
            "programme",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("kind = 'script'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(enum_text(NoticeKind))
    programme: Mapped[str | None]
    """None: every programme, of a script that names none."""
    subject: Mapped[str]
    """The rule table, or the kind of script."""
    rule_version_id: Mapped[int | None] = mapped_column(ForeignKey("rule_versions.id"))
    script_version: Mapped[str | None]
    body: Mapped[str]
    """What changes and why, as those who call read it."""
    reaches_ongoing: Mapped[bool]
    """Whether it also changes isolations and quarantines under way."""
    effective_at: Mapped[datetime]
    made_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=1)
    """Grows when it is changed or withdrawn: whoever read an earlier one reads it again."""
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    changed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    """When its version was withdrawn: it will not take effect."""


class NoticeReading(Base):
    """Who has read a notice, when, and which revision of it."""

    __tablename__ = "notice_readings"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    revision: Mapped[int]
    read_at: Mapped[datetime]
