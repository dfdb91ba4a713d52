"""Table of contacts: the people named by a case, with risk, quarantine and status."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tracing.contacts.rules import ContactStatus
from tracing.facts.models import RuledColumns
from tracing.kernel.db import Base, enum_text
from tracing.programmes.vocabulary import RiskLevel
from tracing.vault import registry

__all__ = ["Contact", "ContactStatus", "RiskLevel"]


class Contact(RuledColumns, Base):
    """A person whom a case met while contagious."""

    __tablename__ = "contacts"
    __table_args__ = (
        CheckConstraint("(status = 'removed') = (removed_at IS NOT NULL)", name="removed_has_a_time"),
        CheckConstraint("risk = 'undetermined' OR risk_rule IS NOT NULL", name="risk_has_a_rule"),
        Index(
            "uq_contacts_named_once",
            "case_id",
            "person_id",
            unique=True,
            postgresql_where=text("status <> 'removed'"),
        ),
        Index(
            "ix_contacts_became_case", "became_case_id", postgresql_where=text("became_case_id IS NOT NULL")
        ),
        Index("ix_contacts_told_with_id", "told_with_id", postgresql_where=text("told_with_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    cohort: Mapped[date] = mapped_column(index=True)
    last_contact_on: Mapped[date]
    """The day that counts: as the person says, else as the case said."""
    said_last_contact_on: Mapped[date | None]
    """As the case said, where the person says another day: what was announced to them stays what it was."""
    is_day_unknown: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Nobody has said the last day: it is taken to be the last one searched, the longest that may follow."""
    circumstances: Mapped[dict[str, Any]]
    """Codes of the programme's criteria (lives_with_case, face_to_face…), never free text."""
    risk: Mapped[RiskLevel] = mapped_column(enum_text(RiskLevel))
    """The risk of the meeting, by the programme's rule; undetermined while an answer is missing."""
    doctor_risk: Mapped[RiskLevel | None] = mapped_column(enum_text(RiskLevel, name="risklevel_doctor"))
    """The risk as a doctor decided it; null where the rule applies."""
    risk_rule: Mapped[str | None]
    """Programme, pack version and rule that decided the risk."""
    risk_criterion: Mapped[str | None]
    """The circumstance that decided it."""
    vaccination: Mapped[str | None]
    """As answered: complete, partial, none, unknown."""
    immunodepressed: Mapped[bool | None]
    """As answered; none: not asked, or not known."""
    symptoms_on: Mapped[date | None]
    """The first day of their symptoms, or the day on which they said that they have some; none without symptoms."""
    tests_said: Mapped[list[Any] | None] = mapped_column(JSONB)
    """The tests that they told of: day, kind (none: not known), whether positive."""
    quarantine_measure: Mapped[str | None]
    """required, not_required or no_rule (programmes)."""
    quarantine_end: Mapped[date | None]
    quarantine_last_day: Mapped[date | None]
    quarantine_rule: Mapped[str | None]
    awaits_result: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """They isolate for their symptoms until the result of a test, whatever the quarantine is."""
    tests_due: Mapped[list[Any] | None] = mapped_column(JSONB)
    """The tests that are asked of them: day and kind."""
    is_outside: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Met outside the contagious days as they are decided now: not called, unless kept in the list with a reason."""
    told_at: Mapped[datetime | None]
    """When their call was completed, the last time."""
    first_told_on: Mapped[date | None]
    """The day on which they were told first: its rules decide from then on, and tests are counted from it."""
    ruled_on: Mapped[date | None]
    """The later day whose rules decide instead, where a rule that also changes measures under way has reached them."""
    told_last_day: Mapped[date | None]
    """The last day of quarantine that they were told then; None if none was asked of them."""
    told_awaits_result: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """They were told then to isolate until the result of a test."""
    told_tests: Mapped[list[Any] | None] = mapped_column(JSONB)
    """The tests that they were told then; none: not known."""
    told_with_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    """Another meeting of theirs of which they were told: this one asks nothing else of them, and they were not rung."""
    may_disclose: Mapped[bool] = mapped_column(default=False)
    """Whether the case agreed that this contact be told the case's name. By default not."""
    status: Mapped[ContactStatus] = mapped_column(enum_text(ContactStatus), default=ContactStatus.NAMED)
    status_before: Mapped[ContactStatus | None] = mapped_column(
        enum_text(ContactStatus, name="contactstatus_before")
    )
    """The status before they became a case or were removed: they have it again if the case is none, or once restored."""
    became_case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    named_at: Mapped[datetime]
    named_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    removed_at: Mapped[datetime | None]
    sealed: Mapped[bytes | None]
    """The person as the case described them (`Described`, contacts.rules): the person's own record may know more."""


registry.sealed("contacts")
