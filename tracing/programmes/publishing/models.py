"""The versions of rule tables: drafts, what is in force, what was."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, enum_text


class VersionState(StrEnum):
    """Where a version stands. Whether an approved one is in force follows from its moment and those after it."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    """Given up, or withdrawn before it took effect."""


class VersionOrigin(StrEnum):
    """Where a version comes from."""

    SEED = "seed"
    """The files of the release with which the database began."""
    RELEASE = "release"
    """A later release brought other rules: they wait as a draft."""
    PAGE = "page"
    """Somebody wrote it."""


OPEN = frozenset({VersionState.DRAFT, VersionState.PROPOSED})


class Reviewed:
    """What a version of a rule table and one of a script have in common: from draft to approval by two."""

    state: Mapped[VersionState] = mapped_column(enum_text(VersionState))
    revision: Mapped[int] = mapped_column(default=1)
    """Grows with each change, so that nobody overwrites what another has written meanwhile."""
    why: Mapped[str | None]
    """What changes and why, in three sentences at most, for whoever must follow it."""
    effective_at: Mapped[datetime | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    created_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    changed_at: Mapped[datetime]
    adviser_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """The medical adviser who approved it."""
    adviser_at: Mapped[datetime | None]
    referent_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """The referent who approved it."""
    referent_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    withdrawn_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        """Whether it is still written or waits for approval."""
        return self.state in OPEN


class RuleVersion(Reviewed, Base):
    """One version of one rule table of a programme. Once it is approved, what it says never changes."""

    __tablename__ = "rule_versions"
    __table_args__ = (
        Index(
            "uq_rule_versions_one_page_draft",
            "programme",
            "table_name",
            unique=True,
            postgresql_where=text("state IN ('draft', 'proposed') AND origin = 'page'"),
        ),
        Index(
            "uq_rule_versions_one_seed",
            "programme",
            "table_name",
            unique=True,
            postgresql_where=text("origin = 'seed'"),
        ),
        Index("ix_rule_versions_programme", "programme", "table_name"),
        UniqueConstraint("programme", "number", name="uq_rule_versions_number"),
        CheckConstraint(
            "state <> 'approved' OR (content IS NOT NULL AND (origin = 'seed' OR (number IS NOT NULL AND effective_at IS NOT NULL AND adviser_id IS NOT NULL AND referent_id IS NOT NULL)))",
            name="approved_by_two",
        ),
        CheckConstraint("adviser_id <> referent_id", name="two_people"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    programme: Mapped[str]
    table_name: Mapped[str]
    """Which of the programme's tables: isolations, quarantines…"""
    origin: Mapped[VersionOrigin] = mapped_column(enum_text(VersionOrigin))
    number: Mapped[int | None]
    """Counted in each programme in the order of approval, which is that of taking effect; none before, nor of a seed."""
    pack_version: Mapped[str]
    """The version of the release's files when it was made."""
    fingerprint: Mapped[str | None]
    """SHA-256 of the release's table, of a version that a release brought."""
    base_id: Mapped[int | None] = mapped_column(ForeignKey("rule_versions.id"))
    """The version of the table that was approved last when this draft was begun, or compared with it since."""
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """The rows that are to hold from its moment on, in their order, as a file has them; none of a seed."""
    content: Mapped[dict[str, Any] | None]
    """The whole table with the rows of the past, as it was approved."""


class RunKind(StrEnum):
    """Why today's cases are gone through."""

    PREVIEW = "preview"
    EFFECT = "effect"


class RuleRun(Base):
    """Going through today's cases under a version: to see what it would do, or to do it when it takes effect."""

    __tablename__ = "rule_runs"
    __table_args__ = (
        Index("ix_rule_runs_version", "version_id"),
        Index("ix_rule_runs_waiting", "due_at", postgresql_where=text("finished_at IS NULL")),
        Index("uq_rule_runs_one_effect", "version_id", unique=True, postgresql_where=text("kind = 'effect'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("rule_versions.id"))
    kind: Mapped[RunKind] = mapped_column(enum_text(RunKind))
    revision: Mapped[int]
    """Of the version when it began: a preview of an older one says nothing about the present one."""
    due_at: Mapped[datetime]
    total: Mapped[int | None]
    """How many cases there are to go through; None: not begun."""
    done: Mapped[int] = mapped_column(default=0)
    last_case: Mapped[int] = mapped_column(BigInteger, default=0)
    """The case up to which it has gone; the next one goes on there."""
    postponed: Mapped[list[int]] = mapped_column(JSONB, default=list, server_default=text("'[]'::jsonb"))
    """Cases that somebody else held when their turn came: they are gone through at the end."""
    failed: Mapped[int] = mapped_column(default=0)
    """Cases that could not be decided: the log says why."""
    ends_moved: Mapped[int] = mapped_column(default=0)
    calls_added: Mapped[int] = mapped_column(default=0)
    calls_dropped: Mapped[int] = mapped_column(default=0)
    notes_to_mend: Mapped[int] = mapped_column(default=0)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
