"""Who can be called by whom: the language of a person, and those who speak it at their site."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from tracing.kernel import events
from tracing.kernel.db import session
from tracing.people.models import Person
from tracing.queue import queries, rules, services
from tracing.queue.models import FRENCH, CallTask, EntryState, QueueEntry, TaskState
from tracing.staff.models import Member, MemberRole, Role

MOVED_AT_ONCE = 200


def spoken_at(site_id: int) -> set[str]:
    """Return the languages besides French in which a site's tracers can call."""
    chosen = (
        select(Member.languages)
        .join(MemberRole, MemberRole.member_id == Member.id)
        .where(
            MemberRole.site_id == site_id,
            MemberRole.role == Role.TRACER,
            Member.closed_at.is_(None),
            func.jsonb_array_length(Member.languages) > 0,
        )
    )
    return {language for theirs in session.scalars(chosen) for language in theirs}


def ask_in(task: CallTask, language: str, *, by: int, at: datetime) -> bool:
    """Have a person called in a language; returns whether somebody of the site speaks it.

    They stay in the queue, for those who do; where nobody does, they stand on the supervisor's list.
    """
    session.get_one(Person, task.person_id, with_for_update=True).language = language
    events.record(
        "task.language", by=by, at=at, subject=("task", task.id), site_id=task.site_id, language=language
    )
    if language not in spoken_at(task.site_id):
        services.close_task(task, TaskState.WAITING_LANGUAGE, by=by, at=at)
        return False
    task.not_before, task.promised_at, task.promised_by = at, None, None
    session.flush()
    return True


def call_in_french(task: CallTask) -> None:
    """Forget the language of a person: somebody there will help, or it was not needed."""
    session.get_one(Person, task.person_id, with_for_update=True).language = None
    session.flush()


def languages_of(person_ids: Iterable[int]) -> dict[int, str]:
    """Return the languages of people who are not called in French."""
    rows = session.execute(
        select(Person.id, Person.language).where(Person.id.in_(set(person_ids)), Person.language.is_not(None))
    )
    return {row.id: row.language for row in rows}


def settle(*, at: datetime) -> int:
    """Bring back whose language somebody speaks now, and list whose language nobody speaks any more."""
    return _bring_back(at=at) + _list_unspoken(at=at)


def _bring_back(*, at: datetime) -> int:
    sites = session.scalars(
        select(MemberRole.site_id)
        .join(Member, Member.id == MemberRole.member_id)
        .where(MemberRole.role == Role.TRACER, func.jsonb_array_length(Member.languages) > 0)
        .distinct()
    ).all()
    waiting: list[CallTask] = []
    for site_id in sites:
        chosen = (
            select(CallTask)
            .join(Person, Person.id == CallTask.person_id)
            .where(
                CallTask.site_id == site_id,
                CallTask.state == TaskState.WAITING_LANGUAGE,
                Person.language.in_(spoken_at(site_id)),
            )
            .limit(MOVED_AT_ONCE)
        )
        waiting += session.scalars(chosen)
    for task in _locked(waiting):
        if task.state is TaskState.WAITING_LANGUAGE:
            services.reopen_task(task, due_at=task.due_at, by=None, at=at)
    return len(waiting)


def _list_unspoken(*, at: datetime) -> int:
    """List calls that nobody can make, once a supervisor has had the time to give them to somebody by hand."""
    entries = session.scalars(
        select(QueueEntry)
        .where(
            QueueEntry.language != FRENCH,
            QueueEntry.state == EntryState.READY,
            QueueEntry.reserved_for.is_(None),
            QueueEntry.not_before <= at - rules.GIFT_LASTS,
        )
        .limit(MOVED_AT_ONCE)
    ).all()
    by_site: dict[int, list[QueueEntry]] = defaultdict(list)
    for entry in entries:
        by_site[entry.site_id].append(entry)
    unspoken = []
    for site_id, found in by_site.items():
        spoken = spoken_at(site_id)
        unspoken += [entry.household_id for entry in found if entry.language not in spoken]
    people = {task.id: task for task in queries.open_tasks_of(unspoken)}
    theirs = languages_of([task.person_id for task in people.values()])
    listed = [task for task in people.values() if task.person_id in theirs]
    for task in _locked(listed):
        if task.state is TaskState.OPEN and theirs[task.person_id] not in spoken_at(task.site_id):
            services.close_task(task, TaskState.WAITING_LANGUAGE, by=None, at=at)
    return len(listed)


def _locked(tasks: list[CallTask]) -> list[CallTask]:
    """Lock the households of tasks in their order, then read the tasks anew; those on the line are left out."""
    entries = queries.entries_of(
        sorted({task.household_id for task in tasks if task.household_id is not None}), lock=True
    )
    busy = {entry.household_id for entry in entries if entry.state is EntryState.CLAIMED}
    free = [task for task in tasks if task.household_id not in busy]
    for task in free:
        session.refresh(task)
    return free
