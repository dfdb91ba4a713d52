"""Languages of calls: which language a person needs, and which tracers of their site speak it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_

from tracing.kernel import events
from tracing.kernel.db import equals_any, lock_row, session
from tracing.people.models import Person
from tracing.queue import queries, rules, services
from tracing.queue.households import services as households
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState
from tracing.queue.ordering import callbacks
from tracing.staff.models import Member, MemberRole, Role
from tracing.ui.languages import ENGLISH, FRENCH

MOVED_AT_ONCE = 200


def spoken_at(site_id: int) -> set[str]:
    """Return the languages other than French that a site's tracers speak."""
    return {language for _site, language in session.execute(_spoken().where(MemberRole.site_id == site_id))}


def set_call_language(task: CallTask, language: str, *, by: int, at: datetime) -> bool:
    """Set the language in which a person must be called; return whether a tracer of the site speaks it.

    If so, the person stays in the queue for those tracers; if not, they go to the supervisor's list. An hour that was
    promised still holds: its maker keeps it if they speak the language, else whoever does.
    """
    lock_row(Person, task.person_id).language = language
    events.record(
        "task.language", by=by, at=at, subject=("task", task.id), site_id=task.site_id, language=language
    )
    if language not in spoken_at(task.site_id):
        services.close_task(task, TaskState.WAITING_LANGUAGE, by=by, at=at)
        return False
    when = task.promised_at
    if when is not None and when > at:
        _hand_on_promise(task, when, language, by=by, at=at)
    else:
        task.not_before, task.promised_at, task.promised_by = at, None, None
    task.rung_early_at, task.given_from = None, None
    session.flush()
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)
    return True


def _hand_on_promise(task: CallTask, when: datetime, language: str, *, by: int, at: datetime) -> None:
    """Let an hour hold that was promised before the language was known.

    This call settles the promise that was made before it, so it is made anew; its maker keeps it only if they speak.
    """
    owner = task.promised_by or by
    task.not_before = when
    if task.promised_by is not None and not _speaks(task.promised_by, language):
        task.promised_by = None
    callbacks.record_promise(task, when=when, owner=owner, at=at)


def _speaks(member_id: int, language: str) -> bool:
    member = session.get(Member, member_id)
    return member is not None and language in member.languages


def need_interpreter(task: CallTask, language: str, *, by: int, at: datetime) -> None:
    """Put a person on the list of calls that need an interpreter, with the language."""
    lock_row(Person, task.person_id).language = language
    events.record(
        "task.interpreter", by=by, at=at, subject=("task", task.id), site_id=task.site_id, language=language
    )
    services.close_task(task, TaskState.WAITING_INTERPRETER, by=by, at=at)


def switch_language(task: CallTask, *, in_english: bool, by: int, at: datetime) -> None:
    """Note that the person of a call under way speaks English, or French after all; twice changes nothing.

    The call goes on with who makes it; the person's next call is made in that language. Whoever was found to speak a
    third language keeps it.
    """
    person = lock_row(Person, task.person_id)
    wanted = ENGLISH if in_english else None
    if person.language == wanted or person.language not in {None, ENGLISH}:
        return
    person.language = wanted
    events.record(
        "task.language",
        by=by,
        at=at,
        subject=("task", task.id),
        site_id=task.site_id,
        language=wanted or FRENCH,
    )
    session.flush()
    if task.household_id is not None:
        households.refresh(task.household_id, at=at)


def call_in_french(task: CallTask) -> None:
    """Clear the language of a person: someone there will help, or it was not needed."""
    lock_row(Person, task.person_id).language = None
    session.flush()


def languages_of(person_ids: Iterable[int]) -> dict[int, str]:
    """Return the languages of those of these people who are not called in French."""
    rows = session.execute(
        select(Person.id, Person.language).where(Person.id.in_(set(person_ids)), Person.language.is_not(None))
    )
    return {row.id: row.language for row in rows}


def update_language_lists(*, at: datetime) -> int:
    """Reopen calls whose language is spoken now, and list those whose language is no longer spoken; return how many."""
    return _bring_back(at=at) + _list_unspoken(at=at)


def _bring_back(*, at: datetime) -> int:
    waiting = _some(CallTask.state == TaskState.WAITING_LANGUAGE, _LANGUAGE_THERE.in_(_spoken()))
    moved = 0
    for task in _locked(waiting):
        if task.state is TaskState.WAITING_LANGUAGE:
            services.reopen_task(task, due_at=task.due_at, by=None, at=at)
            moved += 1
    return moved


def _list_unspoken(*, at: datetime) -> int:
    """List calls that no tracer can make, after the time a supervisor has to give them to a tracer by hand.

    A call that was given from a list returns to that list.
    """
    nobody_can = _some(
        CallTask.state == TaskState.OPEN,
        # who needs an interpreter needs one also where a tracer is said to speak the language
        or_(_LANGUAGE_THERE.not_in(_spoken()), CallTask.given_from == TaskState.WAITING_INTERPRETER),
        QueueEntry.language != FRENCH,
        QueueEntry.state == EntryState.READY,
        QueueEntry.reserved_for.is_(None),
        QueueEntry.not_before <= at - rules.GIFT_LASTS,
    )
    moved = 0
    for task in _locked(nobody_can):
        if task.state is TaskState.OPEN:
            lists = {TaskState.WAITING_INTERPRETER, TaskState.WAITING_LANGUAGE}
            listed = task.given_from if task.given_from in lists else None
            services.close_task(task, listed or TaskState.WAITING_LANGUAGE, by=None, at=at)
            moved += 1
    return moved


_LANGUAGE_THERE = tuple_(CallTask.site_id, Person.language)


def _spoken() -> Select[int, str]:
    """Select pairs of a site and a language other than French that a tracer there speaks."""
    return (
        select(MemberRole.site_id, func.jsonb_array_elements_text(Member.languages))
        .join(Member, Member.id == MemberRole.member_id)
        .where(MemberRole.role == Role.TRACER, Member.closed_at.is_(None))
    )


def _some(*conditions: ColumnElement[bool]) -> Sequence[CallTask]:
    """Return a batch of the tasks to move. Conditions must leave out tasks that stay: they would fill each batch."""
    chosen = (
        select(CallTask)
        .join(Person, Person.id == CallTask.person_id)
        .join(QueueEntry, QueueEntry.household_id == CallTask.household_id)
        .where(Person.language.is_not(None), QueueEntry.state != EntryState.CLAIMED, *conditions)
        .limit(MOVED_AT_ONCE)
    )
    return session.scalars(chosen).all()


def _locked(tasks: Sequence[CallTask]) -> Sequence[CallTask]:
    """Lock tasks, and leave out those of a household that is claimed meanwhile."""
    if not tasks:
        return []
    locked = queries.lock_tasks(equals_any(CallTask.id, [task.id for task in tasks]))
    entries = queries.entries_of(
        sorted({task.household_id for task in locked if task.household_id is not None})
    )
    busy = {entry.household_id for entry in entries if entry.state is EntryState.CLAIMED}
    return [task for task in locked if task.household_id not in busy]
