"""What came, and what became of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.imports.rules import Outcome
from tracing.kernel.db import Base, coded
from tracing.vault import registry


class LotState(StrEnum):
    """Where a lot stands."""

    LOADING = "loading"
    LOADED = "loaded"
    REFUSED = "refused"


class ImportSource(Base):
    """A laboratory, a portal or a platform that sends lots."""

    __tablename__ = "import_sources"

    code: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    layout: Mapped[str]
    created_at: Mapped[datetime]


class ImportLot(Base):
    """One file as it arrived. Its clear text is never kept."""

    __tablename__ = "import_lots"
    __table_args__ = (
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused_has_a_reason"),
        CheckConstraint("(state = 'loaded') = (loaded_at IS NOT NULL)", name="loaded_has_a_time"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source_code: Mapped[str] = mapped_column(ForeignKey("import_sources.code"), index=True)
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    container: Mapped[str | None]
    state: Mapped[LotState] = mapped_column(coded(LotState))
    refusal: Mapped[str | None]
    received_at: Mapped[datetime]
    received_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    loaded_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """The report, with the keys of the command line's JSON."""


class ImportLine(Base):
    """One line of a lot and its outcome. Of a line that is not positive, nothing of the person is kept."""

    __tablename__ = "import_lines"
    __table_args__ = (
        UniqueConstraint("lot_id", "row_number"),
        Index("ix_import_lines_result", "source_code", "source_result_id"),
        Index("ix_import_lines_fingerprint", "source_code", "fingerprint"),
        Index("ix_import_lines_lot_outcome", "lot_id", "outcome", "row_number"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("import_lots.id"))
    row_number: Mapped[int]
    """As a person sees it in the file."""
    source_code: Mapped[str]
    source_result_id: Mapped[str | None]
    fingerprint: Mapped[bytes | None]
    """Keyed hash of all the line's own fields."""
    result: Mapped[str | None]
    outcome: Mapped[Outcome] = mapped_column(coded(Outcome))
    new_episode: Mapped[bool] = mapped_column(default=False)
    possible_duplicate: Mapped[bool] = mapped_column(default=False)
    reasons: Mapped[list[str]]
    """Why it was quarantined, the decisive one first."""
    warnings: Mapped[list[str]]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("import_lines.id"))
    """The later line that corrected this quarantined one."""
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """The fields of a quarantined line, as they came."""


registry.sealed("import_lines")
registry.blind_columns("import_lines", "fingerprint")
