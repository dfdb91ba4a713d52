"""Cases, and the laboratory results they are based on."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Sequence,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tracing.facts.models import RuledColumns
from tracing.kernel.db import Base, enum_text
from tracing.vault import registry


class CaseStatus(StrEnum):
    """The state of a case."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    """The laboratory withdrew the result: a supervisor reviews the case, nothing is deleted."""


class CaseOutcome(StrEnum):
    """How a case was closed."""

    COMPLETED = "completed"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NOT_A_CASE = "not_a_case"
    DECEASED = "deceased"
    HANDED_ON = "handed_on"
    """Another service takes over: a hospital, another region."""


reference_sequence = Sequence("case_reference_seq", metadata=Base.metadata)


class Case(RuledColumns, Base):
    """A person with a positive result, from the laboratory's report until the case is closed (patient zero, P0)."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_time"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_has_an_outcome"),
        UniqueConstraint("person_id", "programme", "episode"),
        Index("ix_cases_site_status", "site_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    """P0-26-000123-5: may be said and written where an identity may not."""
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    programme: Mapped[str]
    episode: Mapped[int] = mapped_column(default=1)
    cohort: Mapped[date] = mapped_column(index=True)
    first_sampled_at: Mapped[datetime]
    """The earliest sampling of this episode: the 60 days count from it."""
    sampled_on: Mapped[date | None]
    """The day of sampling, where somebody has corrected the laboratory's; the dates follow it."""
    onset_on: Mapped[date | None]
    vaccination: Mapped[str | None]
    """As answered: complete, partial, none, unknown."""
    immunodepressed: Mapped[bool | None]
    """As answered; none: not asked, or not known."""
    variant: Mapped[str | None]
    """As the latest result that was screened says, by the programme's names (`laboratory.screening`)."""
    window_start: Mapped[date | None]
    window_end: Mapped[date | None]
    """The contagious days in which contacts are searched, both included."""
    isolation_measure: Mapped[str | None]
    """required, not_required, no_rule or missing_dates (programmes)."""
    isolation_start: Mapped[date | None]
    isolation_end: Mapped[date | None]
    """J0 + n, as every source writes it."""
    isolation_last_day: Mapped[date | None]
    isolation_rule: Mapped[str | None]
    """Programme, pack version and rule that decided."""
    recalled_from: Mapped[date | None]
    recalled_to: Mapped[date | None]
    """The days for which the person was asked whom they met, both included: days added later are asked about again."""
    told_at: Mapped[datetime | None]
    """When their call was completed, the last time."""
    first_told_on: Mapped[date | None]
    """The day on which they were told first: its rules decide from then on, and whom they met later is not searched."""
    ruled_on: Mapped[date | None]
    """The later day whose rules decide instead, where a rule that also changes measures under way has reached them."""
    told_last_day: Mapped[date | None]
    """The last day of isolation that they were told then; None if none was asked of them."""
    status: Mapped[CaseStatus] = mapped_column(enum_text(CaseStatus), default=CaseStatus.OPEN)
    outcome: Mapped[CaseOutcome | None] = mapped_column(enum_text(CaseOutcome))
    outcome_before: Mapped[CaseOutcome | None] = mapped_column(
        enum_text(CaseOutcome, name="caseoutcome_before")
    )
    """How it had been closed when its result was withdrawn; keeping it returns to that."""
    closed_before_at: Mapped[datetime | None]
    from_contact_id: Mapped[int | None] = mapped_column(BigInteger)
    """The contact who became this case."""
    warnings: Mapped[list[str]]
    """Doubtful fields of the line that created it (codes of the import)."""
    sealed: Mapped[bytes | None]
    """Other data from the laboratory: place of living, prescriber, laboratory."""
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class LabResult(Base):
    """One result of a laboratory. Its id is permanently unique within its source."""

    __tablename__ = "lab_results"
    __table_args__ = (
        UniqueConstraint("source_code", "source_result_id"),
        Index(
            "ix_lab_results_reinstated", "reinstated_at", postgresql_where=text("reinstated_at IS NOT NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    source_code: Mapped[str]
    source_result_id: Mapped[str | None]
    """None: it has no id, or one that another person's result has already."""
    sampled_at: Mapped[datetime]
    validated_at: Mapped[datetime | None]
    analysis: Mapped[str | None]
    """PCR, AG."""
    result: Mapped[str]
    variant_screen: Mapped[str | None]
    symptoms: Mapped[str | None]
    """The laboratory's code: ASY, S01, S24, S57, SP7, U."""
    withdrawn_at: Mapped[datetime | None]
    reinstated_at: Mapped[datetime | None]
    """When the laboratory sent a withdrawn result as positive again."""
    line_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    """The line of a lot it came from."""


class ContraryResult(Base):
    """A negative result that contradicts a case known by another kind of test: the result and its day, no more."""

    __tablename__ = "contrary_results"
    __table_args__ = (
        CheckConstraint("(noted_at IS NULL) = (noted_by IS NULL)", name="noted_by_somebody"),
        Index("ix_contrary_results_to_note", "id", postgresql_where=text("noted_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    analysis: Mapped[str]
    """PCR."""
    result: Mapped[str]
    """N."""
    sampled_on: Mapped[date]
    line_id: Mapped[int] = mapped_column(BigInteger, index=True)
    """The line of a lot that says so, itself without a person: undoing the lot removes both."""
    received_at: Mapped[datetime]
    noted_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """The medical adviser who took note of it."""
    noted_at: Mapped[datetime | None]


registry.sealed("cases")
