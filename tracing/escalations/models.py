"""Table of escalations: questions that a tracer cannot settle alone."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.escalations.rules import Audience, Decision, Reason
from tracing.kernel.db import Base, enum_text
from tracing.vault import registry

__all__ = ["Audience", "Decision", "Escalation", "EscalationState", "Reason"]


class EscalationState(StrEnum):
    """The state of a question."""

    WAITING = "waiting"
    TAKEN = "taken"
    SETTLED = "settled"


class Escalation(Base):
    """A question to a medical adviser or a referent, about one person of a call."""

    __tablename__ = "escalations"
    __table_args__ = (
        CheckConstraint("(state = 'waiting') = (taken_at IS NULL)", name="taken_has_a_time"),
        CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taken_has_a_member"),
        CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled_has_a_time"),
        CheckConstraint("(settled_at IS NULL) = (decision IS NULL)", name="settled_has_a_decision"),
        CheckConstraint("(decision = 'call_later') = (call_on IS NOT NULL)", name="later_has_a_day"),
        CheckConstraint("state = 'settled' OR NOT result_announced", name="announced_is_settled"),
        Index(
            "ix_escalations_open",
            "site_id",
            "audience",
            "urgency",
            "id",
            postgresql_where=text("state <> 'settled'"),
        ),
        Index(
            "uq_escalations_one_open",
            "task_id",
            "audience",
            unique=True,
            postgresql_where=text("state <> 'settled'"),
        ),
        CheckConstraint("(wanted_by IS NULL) = (wanted_at IS NULL)", name="wanted_has_a_time"),
        Index(
            "uq_escalations_wanted", "wanted_by", unique=True, postgresql_where=text("wanted_by IS NOT NULL")
        ),
        Index("ix_escalations_settled", "site_id", "settled_at", postgresql_where=text("state = 'settled'")),
        Index(
            "ix_escalations_unread",
            "raised_by",
            postgresql_where=text("state = 'settled' AND seen_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    audience: Mapped[Audience] = mapped_column(enum_text(Audience))
    reason: Mapped[Reason] = mapped_column(enum_text(Reason))
    urgency: Mapped[int]
    """1 at once, 2 within the hour, 3 today."""
    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id"), index=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    state: Mapped[EscalationState] = mapped_column(
        enum_text(EscalationState), default=EscalationState.WAITING
    )
    raised_by: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    raised_at: Mapped[datetime]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    taken_at: Mapped[datetime | None]
    wanted_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """Who means to take it after the call that they are on; anybody else may still take it."""
    wanted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    decision: Mapped[Decision | None] = mapped_column(enum_text(Decision))
    call_on: Mapped[date | None]
    """The day on which the person is called again, if that is later."""
    call_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """Who calls them then; none: whoever is free."""
    result_announced: Mapped[bool] = mapped_column(default=False)
    """An adviser told the person their result: the script continues from there."""
    seen_at: Mapped[datetime | None]
    """When the asking tracer read the answer."""
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """The question, the answer, and what was decided apart from the rules (`{"question", "answer", "ruling"}`)."""


registry.sealed("escalations")


class AdviserSpecialties(Base):
    """The reasons about which an adviser or a referent likes to be asked first, chosen by themselves."""

    __tablename__ = "adviser_specialties"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    reasons: Mapped[list[str]] = mapped_column(default=list)
    changed_at: Mapped[datetime]
