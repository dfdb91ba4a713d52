"""The queue: one narrow row per household, and the reasons why its people must be called."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, coded
from tracing.ui.languages import FRENCH

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class EntryState(StrEnum):
    """Where a household stands in the queue."""

    IDLE = "idle"
    """Nobody there needs a call now."""
    SCHEDULED = "scheduled"
    """A call is due, not yet: the promoter makes it ready when its time comes."""
    READY = "ready"
    CLAIMED = "claimed"


class TaskKind(StrEnum):
    """Why a person must be called."""

    CASE_FIRST = "case_first"
    CONTACT_FIRST = "contact_first"


class TaskState(StrEnum):
    """Where the reason stands."""

    OPEN = "open"
    DONE = "done"
    NO_NUMBER = "no_number"
    """No usable number: on a list of its own."""
    UNREACHABLE = "unreachable"
    """Every attempt was used up: on the supervisor's list."""
    WAITING_DOCTOR = "waiting_doctor"
    """A medical adviser must decide first."""
    WAITING_LANGUAGE = "waiting_language"
    """Somebody who speaks the language must call: on the supervisor's list."""
    WAITING_INTERPRETER = "waiting_interpreter"
    """Nobody here speaks the language: an interpreter must be on the line."""
    TO_HAND_ON = "to_hand_on"
    """In hospital, or living elsewhere: another service goes on, once the supervisor has told them."""
    DECEASED = "deceased"
    """Said to be dead: nothing more goes out to them; the supervisor decides."""
    CANCELLED = "cancelled"


ONE_CLAIM = "uq_queue_entries_one_claim"
"""The index that lets a member hold one household at most."""


class QueueEntry(Base):
    """A household in the queue. The claim is columns of this row, and its number only grows."""

    __tablename__ = "queue_entries"
    __table_args__ = (
        CheckConstraint(
            """(state = 'claimed') = (claimant_id IS NOT NULL AND claimed_at IS NOT NULL
               AND claim_ends_at IS NOT NULL AND last_input_at IS NOT NULL)""",
            name="claimed_has_a_claimant",
        ),
        CheckConstraint("(reserved_for IS NULL) = (reserved_until IS NULL)", name="reserved_has_an_end"),
        Index(ONE_CLAIM, "claimant_id", unique=True, postgresql_where=text("claimant_id IS NOT NULL")),
        Index(
            "ix_queue_entries_next",
            "site_id",
            "language",
            "rank_at",
            "id",
            "closes_at",
            postgresql_where=text("state = 'ready' AND reserved_for IS NULL"),
        ),
        Index("ix_queue_entries_closing", "closes_at", postgresql_where=text("state = 'ready'")),
        Index("ix_queue_entries_spoken", "site_id", "language", postgresql_where=text("language <> 'fr'")),
        Index(
            "ix_queue_entries_reserved",
            "reserved_for",
            "rank_at",
            postgresql_where=text("state = 'ready' AND reserved_for IS NOT NULL"),
        ),
        Index("ix_queue_entries_scheduled", "not_before", postgresql_where=text("state = 'scheduled'")),
        Index("ix_queue_entries_claim_end", "claim_ends_at", postgresql_where=text("state = 'claimed'")),
        Index(
            "ix_queue_entries_overdue",
            "due_at",
            postgresql_where=text("state <> 'idle' AND overdue_at IS NULL"),
        ),
        Index("ix_queue_entries_regroup", "household_id", postgresql_where=text("regroup")),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    state: Mapped[EntryState] = mapped_column(coded(EntryState))
    rank_at: Mapped[datetime]
    """The due time advanced by weights: the earliest is called first."""
    due_at: Mapped[datetime]
    not_before: Mapped[datetime]
    """Within calling hours, where the people are."""
    closes_at: Mapped[datetime] = mapped_column(
        default=NEVER, server_default=text("'9999-01-01 00:00:00+00'")
    )
    """When the calling hours in which it is ready end: from then on nobody gets it, whatever its state says."""
    call_by: Mapped[datetime | None]
    """The end of the last calling hours before it is due, where it is due outside them: the promise ends then."""
    time_zone: Mapped[str | None]
    """Of those who are to be called first; none: the site's."""
    language: Mapped[str] = mapped_column(default=FRENCH, server_default=text("'fr'"))
    """In which it must be called."""
    promised_at: Mapped[datetime | None]
    reserved_for: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """Who promised the callback, or to whom a supervisor gave the call."""
    reserved_until: Mapped[datetime | None]
    given_at: Mapped[datetime | None]
    """When a colleague or a supervisor kept it for somebody by hand: that stands whatever else becomes of its people."""
    passed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """Who gave it back last: it goes to somebody else first."""
    claimant_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    claim_number: Mapped[int] = mapped_column(BigInteger, default=0)
    claimed_at: Mapped[datetime | None]
    claim_ends_at: Mapped[datetime | None]
    last_input_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    """When it was first seen past its due time."""
    is_stale: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """A reason to call may have changed since it was claimed: its place is found anew when the claim ends."""
    needs_regroup: Mapped[bool] = mapped_column("regroup", default=False)
    """Its household must be joined or split when the last claim ends; until then nobody claims it."""


class CallTask(Base):
    """Why one person must be called, and by when."""

    __tablename__ = "call_tasks"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'contact_first') = (contact_id IS NOT NULL)", name="contact_call_has_contact"
        ),
        CheckConstraint("(state = 'open') OR (closed_at IS NOT NULL)", name="not_open_has_a_time"),
        Index("ix_call_tasks_household_id", "household_id"),
        CheckConstraint("(covered_by IS NULL) OR (state = 'cancelled')", name="covered_is_not_called"),
        Index("ix_call_tasks_site_state", "site_id", "state", "id"),
        # which calls have priority, and how many of them still wait
        Index(
            "ix_call_tasks_priority",
            "site_id",
            postgresql_where=text("state = 'open' AND (factors & 16) <> 0"),
        ),
        # few of them; a job looks every minute whether somebody speaks it now
        Index(
            "ix_call_tasks_waiting_language",
            "site_id",
            postgresql_where=text("state = 'waiting_language'"),
        ),
        Index("ix_call_tasks_covered_by", "covered_by", postgresql_where=text("covered_by IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[TaskKind] = mapped_column(coded(TaskKind))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    """The case, or the case that named the contact."""
    lot_id: Mapped[int | None] = mapped_column(BigInteger)
    """The lot that asked for it; none: a contact, or asked for by hand."""
    contact_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    state: Mapped[TaskState] = mapped_column(coded(TaskState), default=TaskState.OPEN)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    not_before: Mapped[datetime]
    promised_at: Mapped[datetime | None]
    promised_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    attempts: Mapped[int] = mapped_column(default=0)
    """Calls that nobody answered, or that reached nobody of use."""
    factors: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What advances it in the queue (rules.Factor), each a bit."""
    script_version: Mapped[str | None]
    """Pinned at the first conversation: a call keeps its script when a new one is published."""
    closed_at: Mapped[datetime | None]
    state_before: Mapped[TaskState | None] = mapped_column(coded(TaskState, name="taskstate_before"))
    """The state from which it was cancelled, to which taking that back returns it; none while it is not cancelled."""
    gives_way: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """The contact is called as a case now: cancelled as soon as nobody is on the line, put back if the case is none."""
    covered_by: Mapped[int | None] = mapped_column(ForeignKey("call_tasks.id"))
    """The same person is called about the same episode by that task: two records turned out to be one person."""


class QueueWeights(Base):
    """By how many minutes each circumstance advances a call of a site, as published; the newest row is in force."""

    __tablename__ = "queue_weights"
    __table_args__ = (Index("ix_queue_weights_site", "site_id", "programme", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    programme: Mapped[str]
    minutes: Mapped[dict[str, Any]]
    """By the names of the programme's own weights."""
    published_at: Mapped[datetime]
    published_by: Mapped[int] = mapped_column(ForeignKey("members.id"))


class QueueRebuild(Base):
    """A site whose waiting households are being placed anew, because its hours or its weights have changed."""

    __tablename__ = "queue_rebuilds"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True, autoincrement=False)
    after_household: Mapped[int] = mapped_column(BigInteger)
    """How far it has come, in the order of households."""
    asked_at: Mapped[datetime]


class Priority(Base):
    """A lot, or a place, whose calls at a site a supervisor has put before the others, until it is taken back."""

    __tablename__ = "queue_priorities"
    __table_args__ = (
        CheckConstraint("(lot_id IS NULL) <> (postcode IS NULL)", name="of_a_lot_or_of_a_place"),
        CheckConstraint("(postcode IS NULL) = (postcode_hash IS NULL)", name="place_has_a_hash"),
        Index(
            "uq_queue_priorities_lot",
            "site_id",
            "lot_id",
            unique=True,
            postgresql_where=text("lot_id IS NOT NULL AND ended_at IS NULL"),
        ),
        Index(
            "uq_queue_priorities_place",
            "site_id",
            "postcode",
            "only_collective",
            unique=True,
            postgresql_where=text("postcode IS NOT NULL AND ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    lot_id: Mapped[int | None] = mapped_column(BigInteger)
    sender: Mapped[str | None]
    """Who sent the lot, as the page names it."""
    postcode: Mapped[str | None]
    """The place; of nobody, so it need not be sealed."""
    postcode_hash: Mapped[bytes | None]
    only_collective: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Only who lives there in a nursing home, a prison or another collective housing."""
    given_at: Mapped[datetime]
    given_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """Who took it back; none of an ended one: its time was over, or its lot was taken back."""


class PriorityRound(Base):
    """Calls of a site that are to be compared with the priorities in force there, in the order of their ids."""

    __tablename__ = "queue_priority_rounds"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    after_task: Mapped[int] = mapped_column(BigInteger)
    """How far it has come."""
    until_task: Mapped[int] = mapped_column(BigInteger)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """Who gave a priority or took it back; none: calls that have just come."""
    asked_at: Mapped[datetime]


class Promise(Base):
    """A callback that was promised, and whether it was kept; the task says only what is still to be done."""

    __tablename__ = "promises"
    __table_args__ = (
        CheckConstraint("(was_kept IS NULL) OR (settled_at IS NOT NULL)", name="kept_or_broken_at_a_time"),
        Index("ix_promises_open", "promised_for", postgresql_where=text("settled_at IS NULL")),
        Index(
            "ix_promises_settled", "site_id", "settled_at", postgresql_where=text("settled_at IS NOT NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    """Who promised it."""
    promised_for: Mapped[datetime]
    made_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    was_kept: Mapped[bool | None]
    """None of a settled one: the call was no longer needed."""
