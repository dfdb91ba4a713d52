"""Somebody rings: found by their number or reference and the birth date that they say, and taken at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.cases import queries as cases
from tracing.desk.services import open_conversations
from tracing.kernel import events
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.people.models import KeyKind
from tracing.people.phones import read_phones
from tracing.queue import catching
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.models import CallTask, TaskState
from tracing.staff import queries as staff
from tracing.staff.agents import Agent
from tracing.staff.models import SiteKind

ASKED_AGAIN = (TaskState.UNREACHABLE, TaskState.NO_NUMBER)
"""Whoever could not be reached and rings is called: now."""
RANG_DUE_IN = timedelta(hours=4)


@dataclass(frozen=True)
class Found:
    """What became of the search: the call, or the case for which a request can be kept, or nothing."""

    call: Call | None = None
    case_id: int | None = None
    site_id: int | None = None
    site_name: str | None = None
    """Of another site, which calls this person."""


def answer(key: str, born: date, *, allow_fiction: bool, by: Agent, at: datetime) -> Found:
    """Find who rings, and take their household wherever it stood.

    Raises:
        HeldBy: a colleague has it.
        OnAnotherCall: the tracer has another call.
    """
    person_ids = _behind(key, allow_fiction=allow_fiction, by=by)
    matching = _born_on(person_ids, born)
    events.record(
        "caller.found" if matching else "caller.not_found",
        by=by.member_id,
        at=at,
        subject=("person", matching[0]) if matching else None,
        site_id=by.site.id,
    )
    if not matching:
        return Found()
    events.saw(people.shown(matching), by=by.member_id, at=at, why="search")
    tasks = [task for person_id in matching for task in queue.tasks_of_person(person_id)]
    here = [task for task in tasks if task.site_id == by.site.id]
    waiting = next((one for one in here if one.state is TaskState.OPEN), None)
    if waiting is None:
        waiting = _asked_again(here, by=by, at=at)
    if waiting is not None and waiting.household_id is not None:
        claim = catching.catch(waiting.household_id, by, at=at)
        call = calls.call_under(claim, by, at=at)
        open_conversations(call, by=by, at=at)
        return Found(call=call)
    if not tasks:
        return Found()
    last = here[0] if here else tasks[0]
    other = None if last.site_id == by.site.id else staff.get_site(last.site_id).name
    return Found(case_id=last.case_id, site_id=last.site_id, site_name=other)


def _behind(key: str, *, allow_fiction: bool, by: Agent) -> list[int]:
    """Return the people behind a reference or a telephone number; those of a training site apart."""
    is_invented = by.site.kind is SiteKind.TRAINING
    case = cases.find_by_reference(key)
    if case is not None:
        return [case.person_id] if people.get_person(case.person_id).is_invented == is_invented else []
    found: list[int] = []
    for number in read_phones(key, allow_fiction=allow_fiction).numbers:
        found += [one.id for one in people.find_by_key(KeyKind.PHONE, number, is_invented=is_invented)]
    return found


def _born_on(person_ids: Sequence[int], born: date) -> list[int]:
    """Return whom the birth date fits; where it fits nobody, those whose own is not known."""
    known = people.joint_identities(person_ids)
    dates = {one: known[one].birth_date for one in person_ids if one in known}
    return [one for one, on in dates.items() if on == born] or [
        one for one, on in dates.items() if on is None
    ]


def _asked_again(tasks: Sequence[CallTask], *, by: Agent, at: datetime) -> CallTask | None:
    """Ask again for the call of somebody who could not be reached."""
    given_up = next((one for one in tasks if one.state in ASKED_AGAIN), None)
    if given_up is None:
        return None
    queue_services.reopen_task(given_up, due_at=at + RANG_DUE_IN, by=by.member_id, at=at)
    session.flush()
    return given_up
