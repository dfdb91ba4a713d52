"""Queries of the queue: entries (one per household), claims, tasks, and what can be claimed."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from tracing.kernel.db import equals_any, fresh, session
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.queue.errors import NoSuchEntry
from tracing.queue.models import UNFINISHED, CallTask, EntryState, Promise, QueueEntry, TaskKind, TaskState
from tracing.staff.models import Member, Site
from tracing.ui.languages import FRENCH


def holds_a_claim(member_id: int) -> bool:
    """Return whether a member has an open call."""
    return find_claim(member_id) is not None


def call_site(member_id: int) -> int | None:
    """Return the site of the household that a member holds; None when they hold none."""
    return session.scalar(select(QueueEntry.site_id).where(QueueEntry.claimant_id == member_id))


def find_claim(member_id: int) -> QueueEntry | None:
    """Return the entry that a member has claimed."""
    return session.scalar(select(QueueEntry).where(QueueEntry.claimant_id == member_id))


def on_calls(member_ids: Collection[int]) -> set[int | None]:
    """Return which of these members have an open call."""
    return set(
        session.scalars(select(QueueEntry.claimant_id).where(equals_any(QueueEntry.claimant_id, member_ids)))
    )


def get_entry(entry_id: int, *, site_id: int | None = None, lock: bool = False) -> QueueEntry:
    """Return an entry by id; if a site is given, it must be of that site."""
    chosen = select(QueueEntry).where(QueueEntry.id == entry_id)
    if site_id is not None:
        chosen = chosen.where(QueueEntry.site_id == site_id)
    if lock:
        chosen = fresh(chosen.with_for_update())
    entry = session.scalar(chosen)
    if entry is None:
        raise NoSuchEntry
    return entry


def find_entry_of(household_id: int, *, lock: bool = False) -> QueueEntry | None:
    """Return the entry of a household."""
    chosen = select(QueueEntry).where(QueueEntry.household_id == household_id)
    if lock:
        chosen = fresh(chosen.with_for_update())
    return session.scalar(chosen)


def entries_of(household_ids: Sequence[int], *, lock: bool = False) -> Sequence[QueueEntry]:
    """Return the entries of households, ordered by household."""
    chosen = select(QueueEntry).where(equals_any(QueueEntry.household_id, household_ids))
    chosen = chosen.order_by(QueueEntry.household_id)
    if lock:
        chosen = fresh(chosen.with_for_update())
    return session.scalars(chosen).all()


def lock_tasks(which: ColumnElement[bool]) -> Sequence[CallTask]:
    """Return the tasks that meet a condition, in the order of their ids: their households are locked, then they are.

    Every writer locks in this order, households first and by their ids, as the end of a call does: no two of them wait
    for each other. The condition is asked again once the households are locked.
    """
    homes = select(CallTask.household_id).where(which, CallTask.household_id.is_not(None)).distinct()
    entries_of(sorted(home for home in session.scalars(homes) if home is not None), lock=True)
    chosen = select(CallTask).where(which).order_by(CallTask.id)
    return session.scalars(fresh(chosen.with_for_update())).all()


def lock_homes_around(task_id: int, household_id: int) -> None:
    """Lock a household, and those of everybody whom the case of one of its tasks named, in the order of `lock_tasks`."""
    case_id = select(CallTask.case_id).where(CallTask.id == task_id, CallTask.contact_id.is_(None))
    homes = session.scalars(
        select(CallTask.household_id)
        .where(CallTask.case_id == case_id.scalar_subquery(), CallTask.household_id.is_not(None))
        .distinct()
    )
    entries_of(sorted({household_id, *(home for home in homes if home is not None)}), lock=True)


def lock_task(task: CallTask) -> None:
    """Lock the household of a task, then the task, and read both again: the order of `lock_tasks`."""
    if task.household_id is not None:
        find_entry_of(task.household_id, lock=True)
    session.refresh(task, with_for_update=True)


def open_tasks_of(household_ids: Sequence[int]) -> Sequence[CallTask]:
    """Return the open tasks of households, the most urgent first."""
    return session.scalars(
        select(CallTask)
        .where(equals_any(CallTask.household_id, household_ids), CallTask.state == TaskState.OPEN)
        .order_by(CallTask.due_at, CallTask.id)
    ).all()


def open_reasons_of(household_ids: Sequence[int]) -> Sequence[Row[CallTask, str | None, str | None]]:
    """Return the open tasks of households, each with the person's time zone and language, the most urgent first."""
    return session.execute(
        select(CallTask, Person.time_zone, Person.language)
        .join(Person, Person.id == CallTask.person_id)
        .where(equals_any(CallTask.household_id, household_ids), CallTask.state == TaskState.OPEN)
        .order_by(CallTask.due_at, CallTask.id)
    ).all()


def get_task(task_id: int) -> CallTask:
    """Return a task that is known to exist."""
    return session.get_one(CallTask, task_id)


def open_tasks(household_id: int) -> Sequence[CallTask]:
    """Return the open tasks of a household, the most urgent first."""
    return session.scalars(
        select(CallTask)
        .where(CallTask.household_id == household_id, CallTask.state == TaskState.OPEN)
        .order_by(CallTask.due_at, CallTask.id)
    ).all()


def superseded_open_tasks(household_ids: Sequence[int]) -> Sequence[CallTask]:
    """Return the open tasks of households that must be closed as soon as no call is in progress (`gives_way`)."""
    return session.scalars(
        select(CallTask)
        .where(
            equals_any(CallTask.household_id, household_ids),
            CallTask.state == TaskState.OPEN,
            CallTask.gives_way,
        )
        .order_by(CallTask.id)
    ).all()


def tasks_of_person(person_id: int) -> Sequence[CallTask]:
    """Return every task of a person, over all their records, newest first."""
    return session.scalars(
        select(CallTask)
        .where(CallTask.person_id.in_(people.records_of_same_person(person_id)))
        .order_by(CallTask.id.desc())
    ).all()


def waits_for(household_id: int, site_id: int) -> bool:
    """Return whether somebody of a household waits for a call from a site."""
    waiting = select(CallTask.id).where(
        CallTask.household_id == household_id,
        CallTask.site_id == site_id,
        CallTask.state == TaskState.OPEN,
    )
    return session.scalar(waiting.limit(1)) is not None


def called_by(household_ids: Iterable[int], site_id: int) -> frozenset[int]:
    """Return those of some households that a site calls."""
    chosen = select(QueueEntry.household_id).where(
        equals_any(QueueEntry.household_id, set(household_ids)), QueueEntry.site_id == site_id
    )
    return frozenset(session.scalars(chosen))


def moved_with(task: CallTask, state: TaskState, since: datetime | None) -> Sequence[CallTask]:
    """Return the calls of the same person, named as a contact by others too, that are where this one was, by one outcome."""
    if task.contact_id is None:
        return []
    return [
        one
        for one in tasks_of_person(task.person_id)
        if one.id != task.id and one.kind is task.kind and (one.state, one.closed_at) == (state, since)
    ]


def find_task_of_contact(contact_id: int) -> CallTask | None:
    """Return the newest task to tell a contact what to do; not a follow-up call."""
    return session.scalar(
        select(CallTask)
        .where(CallTask.contact_id == contact_id, CallTask.kind == TaskKind.CONTACT_FIRST)
        .order_by(CallTask.id.desc())
        .limit(1)
    )


def find_follow_up(case_id: int, contact_id: int | None) -> CallTask | None:
    """Return the newest follow-up call of the person of a case, or of one of its contacts."""
    about = CallTask.contact_id.is_(None) if contact_id is None else CallTask.contact_id == contact_id
    return session.scalar(
        select(CallTask)
        .where(CallTask.case_id == case_id, about, CallTask.planned_on.is_not(None))
        .order_by(CallTask.id.desc())
        .limit(1)
    )


def follow_ups_past_their_end(at: datetime, *, limit: int) -> Sequence[CallTask]:
    """Return follow-up calls that still wait although their last day is past at their site, those that ended first.

    Not those about which a doctor is asked.
    """
    return session.scalars(
        select(CallTask)
        .join(Site, Site.id == CallTask.site_id)
        .where(
            CallTask.planned_on.is_not(None),
            CallTask.state.in_(UNFINISHED),
            CallTask.state != TaskState.WAITING_DOCTOR,
            CallTask.ends_on <= at.date(),
            CallTask.ends_on < func.date(func.timezone(Site.time_zone, at)),
            # an hour that was promised is kept on its day
            or_(
                CallTask.promised_at.is_(None),
                func.date(func.timezone(Site.time_zone, CallTask.promised_at))
                < func.date(func.timezone(Site.time_zone, at)),
            ),
        )
        .order_by(CallTask.ends_on)
        .limit(limit)
    ).all()


def promises_of(member_id: int, site_id: int) -> Sequence[CallTask]:
    """Return the callbacks that a member promised and that are still due, the earliest first."""
    return session.scalars(
        select(CallTask)
        .where(
            CallTask.promised_by == member_id,
            CallTask.site_id == site_id,
            CallTask.state == TaskState.OPEN,
            CallTask.promised_at.is_not(None),
        )
        .order_by(CallTask.promised_at)
        .limit(50)
    ).all()


def promises_handed_on(member_id: int, site_id: int) -> Sequence[CallTask]:
    """Return the callbacks that a member promised and that are not kept for them any more, the earliest first.

    The person speaks another language, or the member was away: whoever can keeps them.
    """
    return session.scalars(
        select(CallTask)
        .join(Promise, (Promise.task_id == CallTask.id) & (Promise.promised_for == CallTask.promised_at))
        .where(
            Promise.settled_at.is_(None),
            Promise.member_id == member_id,
            CallTask.promised_by.is_(None),
            CallTask.site_id == site_id,
            CallTask.state == TaskState.OPEN,
        )
        .order_by(CallTask.promised_at)
        .limit(50)
    ).all()


def tasks_in_state(
    site_id: int, state: TaskState, *, before_id: int | None = None, limit: int = 51
) -> Sequence[CallTask]:
    """Return the tasks of a site in a state, newest first, with ids below `before_id` if given."""
    chosen = select(CallTask).where(CallTask.site_id == site_id, CallTask.state == state)
    if before_id is not None:
        chosen = chosen.where(CallTask.id < before_id)
    return session.scalars(chosen.order_by(CallTask.id.desc()).limit(limit)).all()


def waiting_by_lot(site_id: int) -> dict[int, int]:
    """Return how many calls of each lot wait at a site."""
    waiting = (
        select(CallTask.lot_id, func.count())
        .where(CallTask.site_id == site_id, CallTask.state == TaskState.OPEN, CallTask.lot_id.is_not(None))
        .group_by(CallTask.lot_id)
    )
    return {lot_id: calls for lot_id, calls in session.execute(waiting) if lot_id is not None}


def claimable_by(member_id: int, at: datetime) -> ColumnElement[bool]:
    """Return the SQL condition for a ready household that a member may claim."""
    return and_(
        QueueEntry.state == EntryState.READY,
        QueueEntry.needs_regroup.is_(False),
        QueueEntry.closes_at > at,
        or_(
            QueueEntry.language == FRENCH,
            QueueEntry.reserved_for == member_id,
            QueueEntry.language.in_(
                select(func.jsonb_array_elements_text(Member.languages)).where(Member.id == member_id)
            ),
        ),
        or_(
            QueueEntry.reserved_for.is_(None),
            QueueEntry.reserved_for == member_id,
        ),
    )


def has_waiting(site_id: int, member_id: int, at: datetime) -> bool:
    """Return whether the member could claim something. It does not count: this is on a hot path."""
    chosen = select(QueueEntry.id).where(QueueEntry.site_id == site_id, claimable_by(member_id, at)).limit(1)
    return session.scalar(chosen) is not None


def next_ready_at(site_id: int) -> datetime | None:
    """Return when the site's next household becomes ready, for the page of an empty queue."""
    return session.scalar(
        select(func.min(QueueEntry.not_before)).where(
            QueueEntry.site_id == site_id, QueueEntry.state == EntryState.SCHEDULED
        )
    )
