"""Tables of the queue: one narrow row per household, and the tasks that say why each person must be called."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.facts.rules import FactKind, Subject, SubjectType
from tracing.kernel.db import Base, enum_text
from tracing.queue.rules import CallAgain
from tracing.ui.languages import FRENCH

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class EntryState(StrEnum):
    """The state of a household in the queue."""

    IDLE = "idle"
    """No one there needs a call now."""
    SCHEDULED = "scheduled"
    """A call is due later; the scheduler makes it ready when its time comes."""
    READY = "ready"
    CLAIMED = "claimed"


class TaskKind(StrEnum):
    """Why a person must be called."""

    CASE_FIRST = "case_first"
    CONTACT_FIRST = "contact_first"
    CASE_FOLLOW_UP = "case_follow_up"
    """A short call on a day of the programme's calendar, after the person of a case was told what to do."""
    CONTACT_FOLLOW_UP = "contact_follow_up"


FOLLOW_UPS = frozenset({TaskKind.CASE_FOLLOW_UP, TaskKind.CONTACT_FOLLOW_UP})
"""Calls after the first one. `consequences` opens, moves and stops them."""


class TaskState(StrEnum):
    """The state of a task."""

    OPEN = "open"
    DONE = "done"
    NO_NUMBER = "no_number"
    """The person has no usable number: on a separate list."""
    UNREACHABLE = "unreachable"
    """All attempts are used up: on the supervisor's list."""
    WAITING_DOCTOR = "waiting_doctor"
    """A medical adviser must decide first."""
    WAITING_LANGUAGE = "waiting_language"
    """A tracer who speaks the language must call: on the supervisor's list."""
    WAITING_INTERPRETER = "waiting_interpreter"
    """No one at the site speaks the language: an interpreter must join the call."""
    TO_HAND_ON = "to_hand_on"
    """The person is in hospital or lives elsewhere: another service takes over once the supervisor has told it."""
    DECEASED = "deceased"
    """The person was reported dead: nothing more is sent to them; the supervisor decides."""
    IDENTITY_FAILED = "identity_failed"
    """Whoever answered was not the person of the file: the supervisor compares both identities."""
    NO_CALLS = "no_calls"
    """The person asked never to be called again: nothing is sent to them; the supervisor closes it or lifts it."""
    CANCELLED = "cancelled"


STILL_TO_CALL = frozenset(
    {
        TaskState.OPEN,
        TaskState.WAITING_DOCTOR,
        TaskState.WAITING_LANGUAGE,
        TaskState.WAITING_INTERPRETER,
        TaskState.IDENTITY_FAILED,
    }
)
"""A tracer is still to call: now, or once a doctor, a colleague, an interpreter or a supervisor has helped.

`contacts`: a contact in one of these keeps the case open that named them, and opens it again.
"""

UNFINISHED = STILL_TO_CALL | {TaskState.NO_NUMBER, TaskState.UNREACHABLE, TaskState.TO_HAND_ON}
"""A tracer is still to call, or a supervisor is still to decide. Not a death: that is kept whatever becomes of the case.

`contacts`: these give way when the contact is called as a case. `supervision`: these are given up with a case that
is none.
"""

_UNFINISHED_CODES = tuple(sorted(state.value for state in UNFINISHED))

ON_HOLD = frozenset(
    {
        TaskState.WAITING_DOCTOR,
        TaskState.WAITING_LANGUAGE,
        TaskState.WAITING_INTERPRETER,
        TaskState.IDENTITY_FAILED,
    }
)
"""Nobody has tried in vain to reach these people: what was promised to them still holds.

`supervision`: put back into the queue, they keep their due time.
"""

BARRED = frozenset({TaskState.DECEASED, TaskState.NO_CALLS})
"""Never called, whichever door brings the person again. `supervision`: lifted with a reason only."""

BARRED_AS = {FactKind.DEATH: TaskState.DECEASED, FactKind.NO_CALLS: TaskState.NO_CALLS}
"""The state of the calls of a person whom a fact of this kind binds."""

LISTED = (
    ON_HOLD
    | BARRED
    | {
        TaskState.UNREACHABLE,
        TaskState.NO_NUMBER,
        TaskState.TO_HAND_ON,
    }
)
"""On one of the supervisor's lists. `supervision`: one list each, counted on the board."""

REOPENABLE = LISTED - BARRED - {TaskState.NO_NUMBER}
"""`supervision`: put back into the queue with one button; without a number there is nothing to ring."""

NOT_REACHED = frozenset({TaskState.NO_NUMBER, TaskState.UNREACHABLE})
"""Nobody could reach the person.

`contacts`: a new number asks for the call again. `desk`: so does the person, when they ring us.
"""

NOT_TO_RING = BARRED | {TaskState.NO_NUMBER}
"""There is nobody to ring. `escalations`: an adviser or a referent cannot ring these people either."""

ENDED = frozenset({TaskState.DONE, TaskState.CANCELLED})
"""The call was made, or is not to be made. `contacts`: nothing is left to give up when the contact is removed."""

NEEDS_A_NUMBER = frozenset({TaskState.OPEN, TaskState.CANCELLED, TaskState.UNREACHABLE})
"""`contacts`: a contact who is to be called and has lost their last number goes from these to NO_NUMBER."""

ADVISER_ENDS = frozenset(
    {TaskState.OPEN, TaskState.WAITING_DOCTOR, TaskState.WAITING_LANGUAGE, TaskState.UNREACHABLE}
)
"""`escalations`: an adviser or a referent who has settled everything with the person ends the call from these."""

COVERABLE = frozenset({TaskState.OPEN, TaskState.NO_NUMBER})
"""`duplicates`: another call to the same person, about the same episode, can stand for a first call in these."""


ONE_CLAIM = "uq_queue_entries_one_claim"
"""The unique index that limits a member to one claimed household."""


class QueueEntry(Base):
    """A household in the queue. Its claim is stored in columns of this row; the claim number only grows."""

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
    state: Mapped[EntryState] = mapped_column(enum_text(EntryState))
    rank_at: Mapped[datetime]
    """The due time, advanced by the weights: the earliest is called first."""
    due_at: Mapped[datetime]
    not_before: Mapped[datetime]
    """The earliest time of the call, within the calling hours where the people live."""
    closes_at: Mapped[datetime] = mapped_column(
        default=NEVER, server_default=text("'9999-01-01 00:00:00+00'")
    )
    """When the current calling hours end: from then on no one can claim it, even if its state is still ready."""
    call_by: Mapped[datetime | None]
    """End of the last calling hours before `due_at`, when `due_at` is outside them: the call must be made by then."""
    time_zone: Mapped[str | None]
    """Time zone of the people to be called first; none: that of the site."""
    language: Mapped[str] = mapped_column(default=FRENCH, server_default=text("'fr'"))
    """The language of the call."""
    promised_at: Mapped[datetime | None]
    reserved_for: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """The member who promised the callback, or the one a supervisor gave the call to."""
    reserved_until: Mapped[datetime | None]
    given_at: Mapped[datetime | None]
    """When a colleague or a supervisor reserved it by hand: this reservation holds even if the tasks change."""
    passed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """The member who gave it back last: it is offered to others first."""
    claimant_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    claim_number: Mapped[int] = mapped_column(BigInteger, default=0)
    claimed_at: Mapped[datetime | None]
    claim_ends_at: Mapped[datetime | None]
    last_input_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    """When it was first found past its due time."""
    is_follow_up: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Only follow-up calls wait there: before their day nobody is kept waiting."""
    is_stale: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """A task may have changed since the claim: the place is computed again when the claim ends."""
    needs_regroup: Mapped[bool] = mapped_column("regroup", default=False)
    """The household must be joined or split when the last claim ends; until then no one can claim it."""


class CallTask(Base):
    """Why one person must be called, and by when."""

    __tablename__ = "call_tasks"
    __table_args__ = (
        CheckConstraint(
            "(kind IN ('contact_first', 'contact_follow_up')) = (contact_id IS NOT NULL)",
            name="contact_call_has_contact",
        ),
        CheckConstraint(
            """(kind IN ('case_follow_up', 'contact_follow_up')) = (planned_on IS NOT NULL)
               AND (planned_on IS NULL) = (ends_on IS NULL)""",
            name="follow_up_has_days",
        ),
        CheckConstraint("(state = 'open') OR (closed_at IS NOT NULL)", name="not_open_has_a_time"),
        Index("ix_call_tasks_household_id", "household_id"),
        CheckConstraint("(covered_by IS NULL) OR (state = 'cancelled')", name="covered_is_not_called"),
        Index("ix_call_tasks_site_state", "site_id", "state", "id"),
        # finds the calls that have priority, and counts those that still wait
        Index(
            "ix_call_tasks_priority",
            "site_id",
            postgresql_where=text("state = 'open' AND (factors & 16) <> 0"),
        ),
        # few rows; a job checks every minute whether a tracer now speaks the language
        Index(
            "ix_call_tasks_waiting_language",
            "site_id",
            postgresql_where=text("state = 'waiting_language'"),
        ),
        # the follow-up calls that wait: of a site by their day; of all by their end, for the job that stops them
        Index(
            "ix_call_tasks_follow_ups",
            "site_id",
            "planned_on",
            "id",
            postgresql_where=text(f"planned_on IS NOT NULL AND state IN {_UNFINISHED_CODES}"),
        ),
        Index(
            "ix_call_tasks_follow_ups_ending",
            "ends_on",
            postgresql_where=text(f"planned_on IS NOT NULL AND state IN {_UNFINISHED_CODES}"),
        ),
        Index("ix_call_tasks_covered_by", "covered_by", postgresql_where=text("covered_by IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[TaskKind] = mapped_column(enum_text(TaskKind))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    """The person's case; for a contact, the case that named them."""
    lot_id: Mapped[int | None] = mapped_column(BigInteger)
    """The lot that created the task; none: a contact, or a task created by hand."""
    contact_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    state: Mapped[TaskState] = mapped_column(enum_text(TaskState), default=TaskState.OPEN)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    not_before: Mapped[datetime]
    promised_at: Mapped[datetime | None]
    promised_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    rung_early_at: Mapped[datetime | None]
    """When it was rung in vain before the promised time: it is not rung again before that time."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Calls that no one answered, or that did not reach the person."""
    factors: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """The circumstances that advance it in the queue: a bit set of rules.Factor."""
    script_version: Mapped[str | None]
    """That of its last conversation: a call keeps its script when a newer one is published. None: nobody has rung yet."""
    closed_at: Mapped[datetime | None]
    state_before: Mapped[TaskState | None] = mapped_column(enum_text(TaskState, name="taskstate_before"))
    """The state from which it was cancelled, to which taking that back returns it; none while it is not cancelled."""
    gives_way: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """The contact is called as a case now: cancelled as soon as nobody is on the line, put back if the case is none."""
    again: Mapped[CallAgain | None] = mapped_column(enum_text(CallAgain))
    """Why they are called again after they were told; none: a first call, or one that is done."""
    given_from: Mapped[TaskState | None] = mapped_column(enum_text(TaskState, name="taskstate_given_from"))
    """The list of languages from which it was given to a tracer: it returns there if nobody takes it in time."""
    covered_by: Mapped[int | None] = mapped_column(ForeignKey("call_tasks.id"))
    """The task that replaces this one: two records turned out to be one person, called once about the episode."""
    planned_on: Mapped[date | None]
    """Of a follow-up call: the day on which the programme wants it; none for any other call."""
    ends_on: Mapped[date | None]
    """Of a follow-up call: the last day on which it is made, that of the isolation or quarantine."""

    @property
    def subject(self) -> Subject:
        """Of whom facts that are said in this call are: of the contact, or of the case."""
        if self.contact_id is not None:
            return SubjectType.CONTACT, self.contact_id
        return SubjectType.CASE, self.case_id

    @property
    def is_follow_up(self) -> bool:
        """Whether it is a call of the programme's calendar, after the first one."""
        return self.kind in FOLLOW_UPS


class QueueWeights(Base):
    """By how many minutes each circumstance advances a site's calls, as published; the newest row is in force."""

    __tablename__ = "queue_weights"
    __table_args__ = (Index("ix_queue_weights_site", "site_id", "programme", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    programme: Mapped[str]
    minutes: Mapped[dict[str, Any]]
    """Keyed by the names of the programme's weights."""
    published_at: Mapped[datetime]
    published_by: Mapped[int] = mapped_column(ForeignKey("members.id"))


class QueueRebuild(Base):
    """A site whose waiting households are being reordered because its hours or its weights changed."""

    __tablename__ = "queue_rebuilds"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True, autoincrement=False)
    after_household: Mapped[int] = mapped_column(BigInteger)
    """The last household done; households are processed by id."""
    asked_at: Mapped[datetime]


class Priority(Base):
    """A lot or a postcode whose calls at a site a supervisor put first, until the priority is taken back."""

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
    """The sender of the lot, as the page shows it."""
    postcode: Mapped[str | None]
    """The postcode. It identifies no one, so it is not sealed."""
    postcode_hash: Mapped[bytes | None]
    only_collective: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Only people who live there in a nursing home, a prison or other collective housing."""
    given_at: Mapped[datetime]
    given_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """Who took it back; none although it ended: it expired, or its lot was taken back."""


class PriorityRound(Base):
    """A range of a site's tasks, by id, still to be compared with the priorities in force there."""

    __tablename__ = "queue_priority_rounds"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    after_task: Mapped[int] = mapped_column(BigInteger)
    """The last task done."""
    until_task: Mapped[int] = mapped_column(BigInteger)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """Who gave or took back a priority; none: the tasks are new."""
    asked_at: Mapped[datetime]


class Promise(Base):
    """A promised callback and whether it was kept. The task itself only says what is still to be done."""

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
    """The member who promised it."""
    promised_for: Mapped[datetime]
    made_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    was_kept: Mapped[bool | None]
    """None once settled: the call was no longer needed."""
