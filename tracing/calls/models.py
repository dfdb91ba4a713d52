"""Calls, the conversations held in them, the answers given, and the text a late writer must not lose."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.calls.rules import CallOutcome, GiveBackReason
from tracing.kernel.db import Base, coded
from tracing.vault import registry


class Call(Base):
    """One claim on a household, and the one call made under it."""

    __tablename__ = "calls"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended_has_an_outcome"),
        UniqueConstraint("entry_id", "claim_number"),
        CheckConstraint(
            "(give_back_reason IS NULL) OR (outcome = 'given_back')", name="reason_of_a_call_given_back"
        ),
        # by its beginning, which never changes, with room beside it: the end of a call writes no index
        Index("ix_calls_site_started", "site_id", "started_at"),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("queue_entries.id"))
    claim_number: Mapped[int] = mapped_column(BigInteger)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    tracer_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[CallOutcome | None] = mapped_column(coded(CallOutcome))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("staff_sessions.id"))
    """The browser in which the call is led; the tracer's other one may take it over."""
    give_back_reason: Mapped[GiveBackReason | None] = mapped_column(coded(GiveBackReason))
    escalation_id: Mapped[int | None] = mapped_column(BigInteger)
    """The question for which an adviser or a referent rings; none: a tracer's call."""


class Conversation(Base):
    """One person spoken to, or to be spoken to, in a call."""

    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint("(finished_at IS NULL) = (outcome IS NULL)", name="finished_has_an_outcome"),
        UniqueConstraint("call_id", "task_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    script_version: Mapped[str]
    identity_confirmed_at: Mapped[datetime | None]
    """Health content opens only after the person said who they are, in this call."""
    finished_at: Mapped[datetime | None]
    outcome: Mapped[CallOutcome | None] = mapped_column(coded(CallOutcome))


class Answer(Base):
    """What a person answered to a question of the script; the newest stands, whoever typed it."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("task_id", "question"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id"))
    question: Mapped[str]
    """A question's id, or a mandatory statement's step id."""
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    claim_number: Mapped[int] = mapped_column(BigInteger)
    script_version: Mapped[str]
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    saved_at: Mapped[datetime]
    saved_by: Mapped[int] = mapped_column(ForeignKey("members.id"))


class Draft(Base):
    """What somebody typed after their claim had ended: refused, kept, shown to them."""

    __tablename__ = "drafts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    field: Mapped[str]
    """What it was for: a question's id, `contact`, `outcome`, `escalation`."""
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    kept_at: Mapped[datetime]
    dismissed_at: Mapped[datetime | None]


class NumberRung(Base):
    """Which number was rung in a call, by its blind index: never in clear, and gone with its day."""

    __tablename__ = "numbers_rung"

    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    number_hash: Mapped[bytes]
    index_key_id: Mapped[int]
    is_wrong: Mapped[bool] = mapped_column(default=False)
    """Somebody else answered, or nobody has it any more."""
    cohort: Mapped[date] = mapped_column(index=True)


class CallerRequest(Base):
    """Somebody rang, and nobody could take the call at once: who they said they are, and what they wanted."""

    __tablename__ = "caller_requests"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_by_somebody"),
        Index("ix_caller_requests_open", "site_id", "id", postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    """The case of a caller who was found; none for somebody unknown."""
    taken_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    taken_at: Mapped[datetime]
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """`name`, `number`, `words`; none once destroyed."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))


registry.sealed("answers")
registry.sealed("caller_requests")
registry.sealed("drafts")
registry.blind_rows("numbers_rung")
