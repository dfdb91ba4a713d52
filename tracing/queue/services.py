"""Putting people in the queue, claiming, renewing, giving back. Every write of a call states its claim number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, update

from tracing.kernel import events
from tracing.kernel.db import session
from tracing.programmes.rules import is_open, next_open, open_until
from tracing.queue import queries, rules
from tracing.queue.claims.next_call import Claim
from tracing.queue.errors import ClaimLost, NotWaiting, OnAnotherCall, OutsideHours
from tracing.queue.households import priorities, superseding
from tracing.queue.households import services as households
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskKind, TaskState
from tracing.queue.ordering import callbacks
from tracing.queue.ordering.hours import calling_of
from tracing.staff import queries as staff
from tracing.staff.agent import Agent

SWEEP_BATCH = 1000


@dataclass(frozen=True)
class Renewal:
    """What a heartbeat learns: until when the claim lasts, and whether to ask if somebody is there."""

    ends_at: datetime
    must_ask: bool


def enqueue(
    *,
    kind: TaskKind,
    person_id: int,
    phones: Sequence[str],
    site_id: int,
    case_id: int,
    contact_id: int | None = None,
    due_at: datetime,
    factors: rules.Factor = rules.NO_FACTORS,
    at: datetime,
) -> CallTask:
    """Ask that a person be called by `due_at`; without a usable number they go to a list of their own."""
    task = CallTask(
        kind=kind,
        person_id=person_id,
        site_id=site_id,
        case_id=case_id,
        contact_id=contact_id,
        created_at=at,
        due_at=due_at,
        not_before=at,
        factors=int(factors),
        state=TaskState.OPEN if phones else TaskState.NO_NUMBER,
        closed_at=None if phones else at,
    )
    session.add(task)
    session.flush()
    events.record("task.opened", by=None, at=at, subject=("task", task.id), site_id=site_id, why=kind.value)
    if phones:
        households.settle_person(person_id, at=at)
        priorities.compare([site_id], task.id, task.id, at=at)
    return task


def claim_of(entry: QueueEntry) -> Claim:
    """Return the claim that a claimed entry stands under."""
    return Claim(entry.id, entry.household_id, entry.claim_number, entry.site_id)


def hold(entry_id: int, claim_number: int, by: Agent, *, at: datetime) -> None:
    """Lock the household for a write of this call, and count it as input.

    Raises:
        ClaimLost: the claim has ended; nothing of this write may stay.
    """
    kept = session.execute(
        update(QueueEntry)
        .where(
            QueueEntry.id == entry_id,
            QueueEntry.claim_number == claim_number,
            QueueEntry.claimant_id == by.member_id,
            QueueEntry.state == EntryState.CLAIMED,
        )
        .values(last_input_at=at, claim_ends_at=at + rules.CLAIM_LASTS)
        .returning(QueueEntry.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if kept is None:
        raise ClaimLost


def renew(entry_id: int, claim_number: int, by: Agent, *, at: datetime) -> Renewal:
    """Keep a claim alive while its page is open. No input: it cannot keep a claim for ever.

    Raises:
        ClaimLost: the claim has ended.
    """
    entry = session.scalar(
        select(QueueEntry)
        .where(
            QueueEntry.id == entry_id,
            QueueEntry.claim_number == claim_number,
            QueueEntry.claimant_id == by.member_id,
            QueueEntry.state == EntryState.CLAIMED,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if entry is None or entry.last_input_at is None:
        raise ClaimLost
    ends_at = rules.renewed_until(last_input_at=entry.last_input_at, at=at)
    if ends_at <= at:
        raise ClaimLost
    entry.claim_ends_at = ends_at
    return Renewal(ends_at, rules.must_ask(last_input_at=entry.last_input_at, at=at))


def release(entry_id: int, claim_number: int, *, passed_by: int | None = None, at: datetime) -> None:
    """End a claim: the household goes where its open tasks put it, and to somebody else than `passed_by` first.

    Raises:
        ClaimLost: the claim has ended already.
    """
    entry = queries.get_entry(entry_id, lock=True)
    if entry.state is not EntryState.CLAIMED or entry.claim_number != claim_number:
        raise ClaimLost
    entry.passed_by = passed_by
    _unclaim([entry], at=at)


def _unclaim(entries: Sequence[QueueEntry], *, at: datetime) -> None:
    """Let go of claimed households: they go where their open tasks put them, joined or split if that had to wait."""
    for entry in entries:
        is_kept = (
            entry.given_at is not None and entry.reserved_until is not None and entry.reserved_until > at
        )
        # who rang for an advice has left it to whom it was given
        entry.state = EntryState.READY if is_kept else EntryState.IDLE
        entry.claimant_id = entry.claimed_at = entry.claim_ends_at = entry.last_input_at = None
    session.flush()
    let_go = [entry.household_id for entry in entries]
    for task in queries.giving_way(let_go):
        close_task(task, TaskState.CANCELLED, by=None, at=at)
    for entry in entries:
        if entry.regroup:
            entry.regroup = False
            households.settle(entry.household_id, at=at)
    households.refresh_all(let_go, at=at)


def take_back(entry_id: int, *, by: Agent, at: datetime) -> Claim:
    """Take a call from a tracer who is not there: it goes back to the queue at once.

    Raises:
        NotWaiting: nobody holds it.
    """
    entry = queries.get_entry(entry_id, site_id=by.site.id, lock=True)
    if entry.state is not EntryState.CLAIMED:
        raise NotWaiting
    [claim] = end_claims("call.taken_back", [entry], by=by.member_id, at=at)
    return claim


def end_claims(kind: str, entries: Sequence[QueueEntry], *, by: int | None, at: datetime) -> list[Claim]:
    """End claims for whoever holds them, with an event of a kind for each; returns the claims that they were."""
    claims = [claim_of(entry) for entry in entries]
    for entry in entries:
        events.record(
            kind,
            by=by,
            at=at,
            subject=("entry", entry.id),
            site_id=entry.site_id,
            claim=entry.claim_number,
            claimant=entry.claimant_id,
        )
    _unclaim(entries, at=at)
    return claims


def give_to(entry_id: int, member_id: int, *, by: Agent, at: datetime) -> None:
    """Keep a waiting household for one tracer: their next call, for half an hour.

    Raises:
        NotWaiting: somebody holds it, or nobody there needs a call.
        OutsideHours: nobody may be called there now.
        OnAnotherCall: the tracer has another call kept for them already.
    """
    entry = queries.get_entry(entry_id, site_id=by.site.id, lock=True)
    if entry.state not in {EntryState.READY, EntryState.SCHEDULED}:
        raise NotWaiting
    calling = calling_of(staff.get_site(entry.site_id), entry.time_zone)
    if not is_open(calling, at):
        raise OutsideHours(next_open(calling, at).astimezone(by.site.time_zone))
    taken = select(QueueEntry.id).where(
        QueueEntry.id != entry.id,
        QueueEntry.reserved_for == member_id,
        QueueEntry.state == EntryState.READY,
        QueueEntry.reserved_until > at,
    )
    if session.scalar(taken.limit(1)) is not None:
        raise OnAnotherCall
    entry.state, entry.given_at = EntryState.READY, at
    entry.reserved_for, entry.reserved_until = member_id, at + rules.GIFT_LASTS
    entry.closes_at = open_until(calling, at)
    session.flush()
    events.record(
        "call.given", by=by.member_id, at=at, subject=("entry", entry.id), site_id=entry.site_id, to=member_id
    )


def hand_over(entry_id: int, member_id: int, *, by: Agent, at: datetime) -> bool:
    """Keep a call that was just given back for a colleague; returns whether somebody there still needs one.

    Raises:
        OnAnotherCall: the colleague has a call kept for them already.
    """
    entry = queries.get_entry(entry_id, site_id=by.site.id, lock=True)
    if entry.state is EntryState.IDLE:
        return False
    give_to(entry_id, member_id, by=by, at=at)
    return True


def close_task(task: CallTask, state: TaskState, *, by: int | None, at: datetime) -> None:
    """Close the reason for calling a person. The household's place follows when its claim ends, or now."""
    task.state, task.closed_at, task.covered_by = state, at, None
    session.flush()
    events.record(
        "task.closed", by=by, at=at, subject=("task", task.id), site_id=task.site_id, state=state.value
    )
    if state is TaskState.CANCELLED:
        # nobody is left uncalled because the call that was to tell them is given up
        superseding.uncover_all(task, by=by, at=at)
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)


def write_no_letter(person_id: int, *, by: int | None, at: datetime) -> None:
    """Let nobody write to somebody who was said to be dead, under any of their records: a letter is a message as well."""
    for task in queries.tasks_of_person(person_id):
        if task.state is TaskState.NO_NUMBER:
            close_task(task, TaskState.DECEASED, by=by, at=at)


def reopen_task(task: CallTask, *, due_at: datetime, by: int | None, at: datetime) -> None:
    """Ask again that a person be called, now; their attempts begin anew. A call that gives way is not asked for again."""
    if task.gives_way:
        close_task(task, TaskState.CANCELLED, by=by, at=at)
        return
    task.state, task.closed_at, task.covered_by = TaskState.OPEN, None, None
    task.due_at, task.not_before, task.promised_at, task.promised_by, task.attempts = (
        due_at,
        at,
        None,
        None,
        0,
    )
    session.flush()
    events.record("task.reopened", by=by, at=at, subject=("task", task.id), site_id=task.site_id)
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)
    else:
        households.settle_person(task.person_id, at=at)
    priorities.compare([task.site_id], task.id, task.id, at=at)


def postpone_task(task: CallTask, *, until: datetime, at: datetime) -> None:
    """Try a person again, not before `until`, after an attempt that reached nobody."""
    task.attempts += 1
    task.not_before, task.promised_at, task.promised_by = until, None, None
    session.flush()
    _follow(task, at=at)


def promise(task: CallTask, *, when: datetime, by: Agent, at: datetime) -> None:
    """Promise a person a callback at `when`: ready for who promised it ten minutes before, then for everyone."""
    # ten minutes before are counted from it: by a wall clock they are an hour long one night a year
    when = when.astimezone(UTC)
    task.not_before, task.promised_at, task.promised_by = when, when, by.member_id
    callbacks.note(task, when=when, by=by, at=at)
    events.record(
        "callback.promised",
        by=by.member_id,
        at=at,
        subject=("task", task.id),
        site_id=task.site_id,
        when=when.isoformat(),
    )
    _follow(task, at=at)


def weigh(task: CallTask, factors: rules.Factor, *, at: datetime) -> None:
    """Note what makes a call more urgent, as it is known now; the household's place follows."""
    if task.factors != factors:
        task.factors = int(factors)
        session.flush()
        _follow(task, at=at)


def _follow(task: CallTask, *, at: datetime) -> None:
    """Let the household's place follow a task that moved: at once, or when its claim ends."""
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)
