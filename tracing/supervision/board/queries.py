"""Queries of the board: figures, calls in progress, waiting calls. What is slow to count was counted before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select, tuple_

from tracing.calls.models import Call
from tracing.cases import queries as cases
from tracing.kernel.db import equals_any, fresh, session
from tracing.kernel.paging import PAGE_SIZE
from tracing.queue.availability import Colleague, availability_of
from tracing.queue.models import LISTED, CallTask, EntryState, QueueEntry, TaskKind, TaskState
from tracing.staff import queries as staff
from tracing.staff.agent import Workplace
from tracing.staff.rules import Presence
from tracing.supervision import rules
from tracing.supervision.board.counting import WAITING, Counts

ON_CALLS_LISTED = 30
"""The most calls in progress that the board lists."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Figures:
    """The figures at the top of the board."""

    waiting: int
    under_way: int
    overdue: int
    unreachable: int
    no_number: int


@dataclass(frozen=True)
class Subject:
    """What a call is about, without naming anyone."""

    reference: str
    kind: TaskKind
    attempts: int
    others: int
    """How many more people of the household must be called."""


@dataclass(frozen=True, repr=False)
class OnCall:
    """A call in progress."""

    entry_id: int
    claim_number: int
    tracer: str
    for_advice: bool
    """Whether an adviser or a referent calls about a question."""
    subject: Subject | None
    since: datetime
    last_input_at: datetime
    claim_ends_at: datetime
    absent: bool


@dataclass(frozen=True)
class Waiting:
    """A household that waits for its call."""

    entry_id: int
    subject: Subject | None
    due_at: datetime
    call_by: datetime | None
    """End of the last calling hours before it is due, if it is due outside them."""
    not_before: datetime
    is_scheduled: bool
    promised_at: datetime | None
    kept_for: str | None
    time_zone: str | None = None
    """The person's."""


@dataclass(frozen=True, repr=False)
class WaitingPage:
    """A page of waiting households, and the key after which the next page starts."""

    rows: Sequence[Waiting]
    next_key: str | None


def figures(site_id: int, counts: Counts, *, under_way: int) -> Figures:
    """Return the figures: waiting and overdue as last counted, calls in progress, people who cannot be reached."""
    listed = tasks_by_state(site_id)
    return Figures(
        waiting=counts.waiting,
        under_way=under_way,
        overdue=counts.overdue,
        unreachable=listed.get(TaskState.UNREACHABLE, 0),
        no_number=listed.get(TaskState.NO_NUMBER, 0),
    )


def tasks_by_state(site_id: int) -> dict[TaskState, int]:
    """Count the tasks of a site that wait for a decision, by state."""
    rows = session.execute(
        select(CallTask.state, func.count())
        .where(CallTask.site_id == site_id, CallTask.state.in_(LISTED))
        .group_by(CallTask.state)
    )
    return {row[0]: row[1] for row in rows}


def under_way(site_id: int) -> int:
    """Count the calls in progress."""
    held = select(func.count()).where(QueueEntry.site_id == site_id, QueueEntry.state == EntryState.CLAIMED)
    return session.scalar(held) or 0


def on_calls(site_id: int, *, limit: int | None = None, at: datetime) -> list[OnCall]:
    """Return the calls in progress: those whose tracer may be absent first, then the longest first."""
    is_doubted = QueueEntry.last_input_at <= at - rules.ABSENT_AFTER
    rows = session.execute(
        fresh(
            select(
                QueueEntry,
                func.coalesce(Call.started_at, QueueEntry.claimed_at).label("since"),
                Call.escalation_id,
            )
            .outerjoin(
                Call, and_(Call.entry_id == QueueEntry.id, Call.claim_number == QueueEntry.claim_number)
            )
            .where(QueueEntry.site_id == site_id, QueueEntry.state == EntryState.CLAIMED)
            .order_by(is_doubted.desc(), QueueEntry.claimed_at, QueueEntry.id)
            .limit(limit)
        )
    ).all()
    names = staff.member_names(row.QueueEntry.claimant_id for row in rows)
    about = subjects(row.QueueEntry.household_id for row in rows)
    return [
        OnCall(
            entry_id=row.QueueEntry.id,
            claim_number=row.QueueEntry.claim_number,
            tracer=names[row.QueueEntry.claimant_id],
            for_advice=row.escalation_id is not None,
            subject=about.get(row.QueueEntry.household_id),
            since=row.since,
            last_input_at=row.QueueEntry.last_input_at,
            claim_ends_at=row.QueueEntry.claim_ends_at,
            absent=rules.is_absent(row.QueueEntry.last_input_at, at=at),
        )
        for row in rows
    ]


def waiting(counts: Counts, *, after: str | None = None) -> WaitingPage:
    """Return a page of the households counted as due first, in their current state, if they still wait, after a key."""
    chosen = select(QueueEntry).where(equals_any(QueueEntry.id, counts.first), QueueEntry.state.in_(WAITING))
    if (key := _read_key(after)) is not None:
        chosen = chosen.where(tuple_(QueueEntry.due_at, QueueEntry.id) > tuple_(*key))
    found = session.scalars(
        fresh(chosen.order_by(QueueEntry.due_at, QueueEntry.id).limit(PAGE_SIZE + 1))
    ).all()
    shown = found[:PAGE_SIZE]
    return WaitingPage(waiting_rows(shown), _key_of(shown[-1]) if len(found) > PAGE_SIZE else None)


def waiting_rows(entries: Sequence[QueueEntry]) -> list[Waiting]:
    """Return waiting households as rows of the board."""
    names = staff.member_names(entry.reserved_for for entry in entries if entry.reserved_for is not None)
    about = subjects(entry.household_id for entry in entries)
    return [
        Waiting(
            entry_id=entry.id,
            subject=about.get(entry.household_id),
            due_at=entry.due_at,
            call_by=entry.call_by,
            not_before=entry.not_before,
            is_scheduled=entry.state is EntryState.SCHEDULED,
            promised_at=entry.promised_at,
            kept_for=names.get(entry.reserved_for) if entry.reserved_for is not None else None,
            time_zone=entry.time_zone,
        )
        for entry in entries
    ]


def _key_of(entry: QueueEntry) -> str:
    return f"{(entry.due_at - EPOCH) // MICROSECOND}-{entry.id}"


def _read_key(key: str | None) -> tuple[datetime, int] | None:
    """Parse a key of `_key_of`; an invalid one starts the list from the beginning."""
    due, _dash, entry_id = (key or "").partition("-")
    if not (due.isdecimal() and entry_id.isdecimal() and len(due) <= 17 and len(entry_id) <= 18):
        return None
    return EPOCH + int(due) * MICROSECOND, int(entry_id)


def subjects(household_ids: Iterable[int]) -> dict[int, Subject]:
    """Return what the calls to households are about: the most urgent open task, else the one due first."""
    tasks = session.execute(
        select(CallTask.household_id, CallTask.case_id, CallTask.kind, CallTask.attempts, CallTask.state)
        .where(equals_any(CallTask.household_id, set(household_ids)))
        .order_by((CallTask.state != TaskState.OPEN), CallTask.due_at, CallTask.id)
    ).all()
    grouped: dict[int, list[Any]] = {}
    for task in tasks:
        grouped.setdefault(task.household_id, []).append(task)
    references = cases.references(task.case_id for task in tasks)
    return {household: _subject(of, references) for household, of in grouped.items()}


def _subject(tasks: Sequence[Any], references: Mapping[int, str]) -> Subject:
    first = tasks[0]
    still_open = sum(task.state is TaskState.OPEN for task in tasks)
    return Subject(references[first.case_id], first.kind, first.attempts, max(still_open - 1, 0))


def free_tracers(site: Workplace, *, at: datetime) -> list[Colleague]:
    """Return the free tracers of a site, without a call or a reserved one; those at work first."""
    free = [one for one in availability_of(site.id, at=at, zone=site.time_zone) if one.is_free]
    return sorted(
        free,
        key=lambda one: (one.last_input_at is None, one.presence is Presence.AWAY, one.member.display_name),
    )
