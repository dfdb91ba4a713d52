"""Tables of calls: conversations, answers, drafts, numbers rung, requests of callers, notes, outcomes to take back."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tracing.calls.rules import CallOutcome, GiveBackReason
from tracing.kernel.db import Base, enum_text
from tracing.vault import registry


class Call(Base):
    """One call, made under one claim of a household."""

    __tablename__ = "calls"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended_has_an_outcome"),
        UniqueConstraint("entry_id", "claim_number"),
        CheckConstraint(
            "(give_back_reason IS NULL) OR (outcome = 'given_back')", name="reason_of_a_call_given_back"
        ),
        # on started_at, which never changes; the fillfactor leaves room, so the end of a call writes no index
        Index("ix_calls_site_started", "site_id", "started_at"),
        Index("ix_calls_proof", "proof", postgresql_where=text("proof IS NOT NULL")),
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
    outcome: Mapped[CallOutcome | None] = mapped_column(enum_text(CallOutcome))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("staff_sessions.id"))
    """The browser in which the call is led; another browser of the tracer may take it over."""
    give_back_reason: Mapped[GiveBackReason | None] = mapped_column(enum_text(GiveBackReason))
    escalation_id: Mapped[int | None] = mapped_column(BigInteger)
    """The question for which an adviser or a referent rings; none: a tracer's call."""
    rang_us: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """The person rang us: the words to read are those of a call that comes in."""
    proof: Mapped[str | None]
    """The word and number by which the person checks who calls (`spoken_proof`); none: begun by an older release."""


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
    """When the person confirmed their identity in this call: health content opens only then."""
    finished_at: Mapped[datetime | None]
    outcome: Mapped[CallOutcome | None] = mapped_column(enum_text(CallOutcome))


class Answer(Base):
    """A person's answer to a question of the script; the newest answer replaces the others, whoever typed it."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("task_id", "question"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id"))
    question: Mapped[str]
    """The id of a question, or the step id of a mandatory statement."""
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    claim_number: Mapped[int] = mapped_column(BigInteger)
    script_version: Mapped[str]
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    saved_at: Mapped[datetime]
    saved_by: Mapped[int] = mapped_column(ForeignKey("members.id"))


class Draft(Base):
    """Text typed after the claim had ended: not saved in the call, but kept and shown to its author."""

    __tablename__ = "drafts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    field: Mapped[str]
    """What the text was for: a question's id, `contact`, `outcome`, `escalation`."""
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    kept_at: Mapped[datetime]
    dismissed_at: Mapped[datetime | None]


class NumberRung(Base):
    """The number rung in a call, as a blind index: never in clear, and unreadable once its day's key is destroyed."""

    __tablename__ = "numbers_rung"

    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    number_hash: Mapped[bytes]
    index_key_id: Mapped[int]
    is_wrong: Mapped[bool] = mapped_column(default=False)
    """The call ended as one to a wrong number; that it is wrong for a person is a fact (`facts`)."""
    cohort: Mapped[date] = mapped_column(index=True)


class CallerRequest(Base):
    """A caller whom no one could help at once: who they said they were, and what they wanted."""

    __tablename__ = "caller_requests"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_by_somebody"),
        Index("ix_caller_requests_open", "site_id", "id", postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    """The case of a caller who was found; none for an unknown caller."""
    taken_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    taken_at: Mapped[datetime]
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """`name`, `number`, `words`; none once destroyed."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))


class HandoverNote(Base):
    """What whoever calls a person next should know before ringing: one short note a task, the last one written."""

    __tablename__ = "handover_notes"

    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id"), primary_key=True, autoincrement=False)
    written_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    written_at: Mapped[datetime]
    cohort: Mapped[date] = mapped_column(index=True)
    """The day of the case or contact: the note is gone with them."""
    sealed: Mapped[bytes | None]
    """`words`; none once removed or destroyed."""


class OutcomeUndo(Base):
    """An outcome that was noted, with what it changed: kept a day, so that who noted it can take it back at once."""

    __tablename__ = "outcome_undos"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id"), index=True)
    """The person of whom the outcome was noted."""
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    outcome: Mapped[CallOutcome] = mapped_column(enum_text(CallOutcome))
    noted_at: Mapped[datetime]
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Codes and times before and after, by table and row; what was added. Nothing that names anybody."""
    undone_at: Mapped[datetime | None]


registry.sealed("answers")
registry.sealed("caller_requests")
registry.sealed("drafts")
registry.sealed("handover_notes")
registry.blind_rows("numbers_rung")
