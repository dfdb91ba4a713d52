"""Putting people in the queue, claiming, renewing, giving back. Every write of a call states its claim number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, Select, func, select, text, true, update
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.exc import IntegrityError

from tracing.kernel import events
from tracing.kernel.db import session
from tracing.programmes.rules import is_open, next_open, open_until
from tracing.queue import covering, households, queries, rules
from tracing.queue.errors import ClaimLost, NotWaiting, OnAnotherCall, OutsideHours
from tracing.queue.hours import calling_of
from tracing.queue.models import FRENCH, CallTask, EntryState, QueueEntry, TaskKind, TaskState
from tracing.staff import queries as staff
from tracing.staff.agents import Agent

SWEEP_BATCH = 1000
EXPIRE_BATCH = 250
CARE_BATCH = 25
"""Claims ended in one transaction: no lock is held for longer than a page would notice."""


@dataclass(frozen=True)
class Claim:
    """The right to call a household: stated by every later write of that call."""

    entry_id: int
    household_id: int
    number: int
    site_id: int


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
        state=TaskState.OPEN if phones else TaskState.NO_NUMBER,
        closed_at=None if phones else at,
    )
    session.add(task)
    session.flush()
    events.record("task.opened", by=None, at=at, subject=("task", task.id), site_id=site_id, why=kind.value)
    if phones:
        households.settle_person(person_id, at=at)
    return task


def claim_next(by: Agent, *, at: datetime) -> Claim | None:
    """Take the household that is to be called next, or None when nobody waits.

    One statement on one locked row: two tracers cannot get the same household. Somebody who holds a call
    gets that call again.
    """
    held = queries.find_claim(by.member_id)
    if held is not None:
        return claim_of(held)
    waits = select(QueueEntry.id).where(
        QueueEntry.state == EntryState.READY,
        QueueEntry.regroup.is_(False),
        QueueEntry.site_id == by.site.id,
        QueueEntry.closes_at > at,
    )
    mine = waits.where(QueueEntry.reserved_for == by.member_id).order_by(QueueEntry.rank_at)
    anyone = waits.where(QueueEntry.reserved_for.is_(None))
    # what one gave back goes to somebody else; it comes back only when nothing else waits
    others = anyone.where(QueueEntry.passed_by.is_distinct_from(by.member_id))
    for chosen in (_first(mine), _spoken(others, by), _spoken(anyone, by)):
        claim = _claim(chosen, by, at=at)
        if claim is not None:
            return claim
    return None


def _first(chosen: Select[int]) -> ScalarSelect[int]:
    """Return the first of these households that nobody writes now, locked."""
    return chosen.limit(1).with_for_update(skip_locked=True).scalar_subquery()


def _spoken(chosen: Select[int], by: Agent) -> ScalarSelect[int]:
    """Return the first of these households to whom the agent can speak, locked.

    Each language has its own head of the index: those that somebody else speaks are never in the way.
    """
    ordered = chosen.order_by(QueueEntry.rank_at, QueueEntry.id)
    if not by.languages:
        return _first(ordered.where(QueueEntry.language == FRENCH))
    spoken = func.unnest(array([FRENCH, *sorted(by.languages)])).column_valued("spoken")
    heads = ordered.add_columns(QueueEntry.rank_at).where(QueueEntry.language == spoken)
    head = heads.limit(1).with_for_update(skip_locked=True).lateral("head")
    best = select(head.c.id).select_from(spoken.join(head, true())).order_by(head.c.rank_at, head.c.id)
    return best.limit(1).scalar_subquery()


def _claim(entry_id: object, by: Agent, *, at: datetime) -> Claim | None:
    try:
        with session.begin_nested():
            row = session.execute(
                update(QueueEntry)
                .where(QueueEntry.id == entry_id, QueueEntry.state == EntryState.READY)
                .values(
                    state=EntryState.CLAIMED,
                    claimant_id=by.member_id,
                    claim_number=QueueEntry.claim_number + 1,
                    claimed_at=at,
                    claim_ends_at=at + rules.CLAIM_LASTS,
                    last_input_at=at,
                    is_stale=False,
                    reserved_for=None,
                    reserved_until=None,
                    given_at=None,
                    passed_by=None,
                )
                .returning(
                    QueueEntry.id, QueueEntry.household_id, QueueEntry.claim_number, QueueEntry.site_id
                )
                .execution_options(synchronize_session=False)
            ).one_or_none()
    except IntegrityError:
        # the same person asked twice at the same moment: the first claim stands
        held = queries.find_claim(by.member_id)
        return claim_of(held) if held else None
    if row is None:
        return None
    claim = Claim(row.id, row.household_id, row.claim_number, row.site_id)
    events.record(
        "call.claimed",
        by=by.member_id,
        at=at,
        subject=("entry", claim.entry_id),
        site_id=claim.site_id,
        claim=claim.number,
    )
    return claim


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
    _unclaim(entry, at=at)


def _unclaim(entry: QueueEntry, *, at: datetime) -> None:
    entry.state = EntryState.IDLE
    entry.claimant_id = entry.claimed_at = entry.claim_ends_at = entry.last_input_at = None
    session.flush()
    for task in queries.giving_way(entry.household_id):
        close_task(task, TaskState.CANCELLED, by=None, at=at)
    if entry.regroup:
        entry.regroup = False
        households.settle(entry.household_id, at=at)
    households.refresh(entry.household_id, at=at)


def expire_claims(*, at: datetime) -> list[Claim]:
    """Return to the queue every household whose claim has ended, a batch at most; returns their claims."""
    return _expire_as_they_are(at=at) or _expire_with_care(at=at)


_EXPIRE = """
    WITH ended AS (
        SELECT id, claimant_id FROM queue_entries
        WHERE state = 'claimed' AND claim_ends_at <= :at AND NOT (is_stale OR regroup)
            AND (promised_at IS NULL OR promised_at <= :at)
        ORDER BY claim_ends_at LIMIT :most FOR UPDATE SKIP LOCKED
    ), freed AS (
        UPDATE queue_entries SET state = CASE WHEN not_before <= :at THEN 'ready' ELSE 'scheduled' END,
            claimant_id = NULL, claimed_at = NULL, claim_ends_at = NULL, last_input_at = NULL
        FROM ended WHERE queue_entries.id = ended.id
        RETURNING queue_entries.id, household_id, claim_number, site_id, ended.claimant_id
    ), told AS (
        INSERT INTO events (at, kind, site_id, subject_type, subject_id, detail)
        SELECT :at, 'call.claim_ended', site_id, 'entry', id,
            jsonb_build_object('claim', claim_number, 'claimant', claimant_id)
        FROM freed
    )
    SELECT id, household_id, claim_number, site_id FROM freed
"""


def _expire_as_they_are(*, at: datetime) -> list[Claim]:
    """End claims of households whose tasks are what they were when they were claimed: they stand where they stood."""
    rows = session.execute(text(_EXPIRE), {"at": at, "most": EXPIRE_BATCH}).all()
    if rows:
        session.expire_all()
    return [Claim(row.id, row.household_id, row.claim_number, row.site_id) for row in rows]


def _expire_with_care(*, at: datetime) -> list[Claim]:
    """End claims of households that must be placed anew."""
    ended = session.scalars(
        select(QueueEntry)
        .where(
            QueueEntry.state == EntryState.CLAIMED,
            QueueEntry.claim_ends_at <= at,
            QueueEntry.is_stale | QueueEntry.regroup | (QueueEntry.promised_at > at),
        )
        .order_by(QueueEntry.claim_ends_at)
        .limit(CARE_BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    claims = []
    for entry in ended:
        claims.append(claim_of(entry))
        events.record(
            "call.claim_ended",
            by=None,
            at=at,
            subject=("entry", entry.id),
            site_id=entry.site_id,
            claim=entry.claim_number,
            claimant=entry.claimant_id,
        )
        _unclaim(entry, at=at)
    return claims


def take_back(entry_id: int, *, by: Agent, at: datetime) -> Claim:
    """Take a call from a tracer who is not there: it goes back to the queue at once.

    Raises:
        NotWaiting: nobody holds it.
    """
    entry = queries.get_entry(entry_id, site_id=by.site.id, lock=True)
    if entry.state is not EntryState.CLAIMED:
        raise NotWaiting
    claim = claim_of(entry)
    events.record(
        "call.taken_back",
        by=by.member_id,
        at=at,
        subject=("entry", entry.id),
        site_id=entry.site_id,
        claim=entry.claim_number,
        claimant=entry.claimant_id,
    )
    _unclaim(entry, at=at)
    return claim


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
        covering.uncover_all(task, by=by, at=at)
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)


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


def postpone_task(task: CallTask, *, until: datetime, at: datetime) -> None:
    """Try a person again, not before `until`, after an attempt that reached nobody."""
    task.attempts += 1
    task.not_before, task.promised_at, task.promised_by = until, None, None
    session.flush()
    _follow(task, at=at)


def promise(task: CallTask, *, when: datetime, by: Agent, at: datetime) -> None:
    """Promise a person a callback at `when`: ready for who promised it ten minutes before, then for everyone."""
    task.not_before, task.promised_at, task.promised_by = when, when, by.member_id
    session.flush()
    events.record(
        "callback.promised",
        by=by.member_id,
        at=at,
        subject=("task", task.id),
        site_id=task.site_id,
        when=when.isoformat(),
    )
    _follow(task, at=at)


def _follow(task: CallTask, *, at: datetime) -> None:
    """Let the household's place follow a task that moved: at once, or when its claim ends."""
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)
