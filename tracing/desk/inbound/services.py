"""Inbound calls: find the caller by number or reference and stated birth date, and take their household at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.calls.rules import SAID_BIRTH_DATE
from tracing.cases import queries as cases
from tracing.cases.models import Case
from tracing.consequences import reopening
from tracing.consequences import services as consequences
from tracing.consequences.picture_rules import ReopenReason
from tracing.desk import queries
from tracing.desk.errors import OnACallAlready
from tracing.facts import queries as facts
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel import clock, events
from tracing.kernel.db import session
from tracing.kernel.errors import Refused
from tracing.people import queries as people
from tracing.people.models import KeyKind
from tracing.people.phones import read_phones
from tracing.people.rules import birth_dates
from tracing.queue import queries as queue
from tracing.queue import services
from tracing.queue.claims import claim_household
from tracing.queue.errors import HeldBy, NotWaiting, OnAnotherCall
from tracing.queue.models import CallTask, TaskState
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.staff.models import SiteKind

RANG_DUE_IN = timedelta(hours=4)


@dataclass(frozen=True)
class Found:
    """The result of the search: a call, or a case for which a request can be stored, or a refusal, or nothing."""

    call: Call | None = None
    task_id: int | None = None
    """The call of the person who rings, in a household of several."""
    case: Case | None = None
    site_name: str | None = None
    """The name of the other site that calls this person."""
    asked_no_calls: bool = False
    """The person asked never to be called: only if they take that back themselves, a supervisor lifts it."""
    refusal: Refused | None = None
    """Why the person was found but cannot be taken now."""


def find_caller(key: str, born: date, *, allow_fiction: bool, by: Agent, at: datetime) -> Found:
    """Find the caller, and claim their household whatever its place in the queue.

    A refusal is returned, not raised, so that the log of who was found, and by whom, is committed.
    """
    matching = _matching(key, born, allow_fiction=allow_fiction, by=by)
    events.record(
        "caller.found" if matching else "caller.not_found",
        by=by.member_id,
        at=at,
        subject=("person", matching[0]) if matching else None,
        site_id=by.site.id,
    )
    if not matching:
        return Found()
    events.record_access(people.records_shown(matching), by=by.member_id, at=at, why="search")
    _trust_number(key, matching, allow_fiction=allow_fiction, by=by, at=at)
    try:
        with session.begin_nested():
            found = _open(matching, by=by, at=at)
            _keep_birth_date(found, born, by=by, at=at)
            return found
    except (HeldBy, OnACallAlready, NotWaiting) as refusal:
        return Found(refusal=refusal)


def _keep_birth_date(found: Found, born: date, *, by: Agent, at: datetime) -> None:
    """Keep the birth date of a caller in whose record there is none: it is theirs once they have said who they are."""
    if found.call is None or found.task_id is None:
        return
    task = queue.get_task(found.task_id)
    identity = people.find_identity(task.person_id)
    if identity is not None and identity.birth_date is None:
        calls.save_answer(found.call, task, SAID_BIRTH_DATE, born.isoformat(), by=by, at=at)


def _trust_number(key: str, matching: Sequence[int], *, allow_fiction: bool, by: Agent, at: datetime) -> None:
    """Whoever gives a number as theirs, with their birth date, is reached by it: it is not wrong after all."""
    numbers = read_phones(key, allow_fiction=allow_fiction).numbers
    if not numbers:
        return
    cohort = clock.local_day(at, by.site.time_zone)
    for person_id in matching:
        wrong = people.wrong_numbers(person_id)
        theirs = {one for one in people.number_hashes(person_id, numbers).values() if one in wrong}
        said = [
            NewFact(
                subject=(SubjectType.PERSON, person_id),
                kind=FactKind.WRONG_NUMBER,
                value=False,
                source=FactSource.PERSON,
                cohort=cohort,
                number_hash=one,
            )
            for one in sorted(theirs)
        ]
        consequences.record(said, by=by.member_id, at=at)


def _open(matching: Sequence[int], *, by: Agent, at: datetime) -> Found:
    """Claim the household of the people found.

    Raises:
        HeldBy: a colleague holds it.
        OnACallAlready: the tracer has another call.
        NotWaiting: it cannot be claimed at this moment.
    """
    tasks = [task for person_id in matching for task in queue.tasks_of_person(person_id)]
    here = [task for task in tasks if task.site_id == by.site.id]
    # people of two sites behind one number are called by one of the sites
    homes = queue.called_by((one.household_id for one in tasks if one.household_id is not None), by.site.id)
    reached = [one for one in tasks if one in here or one.household_id in homes]
    waiting = next((one for one in reached if _is_to_make(one, at=at)), None)
    if waiting is None:
        waiting = _asked_again(here, by=by, at=at) or _asked_early(here, at=at)
    if waiting is not None and waiting.household_id is not None:
        return Found(call=_take(waiting.household_id, by=by, at=at), task_id=waiting.id)
    if not tasks:
        return Found()
    found = _of_case(cases.get_case((here or tasks)[0].case_id), by=by)
    records = [record for person_id in matching for record in people.records_of_same_person(person_id)]
    is_dead = bool(facts.people_with({FactKind.DEATH}, records))
    is_barred = bool(facts.people_with({FactKind.NO_CALLS}, records))
    return replace(found, asked_no_calls=is_barred and not is_dead)


def by_reference(reference: str, *, by: Agent) -> Found:
    """Return the case of a reference, for a request; nothing if it does not exist or is of the other kind of site."""
    case = cases.find_by_reference(reference)
    return _of_case(case, by=by) if case is not None and _may_know(case, by=by) else Found()


def number_in(key: str, *, allow_fiction: bool) -> str:
    """Return the search text if it is a telephone number, to be offered as the number to call back."""
    # the digits of a reference make a number, too: that of somebody else
    if any(letter.isalpha() for letter in key):
        return ""
    return key if read_phones(key, allow_fiction=allow_fiction).numbers else ""


def _of_case(case: Case, *, by: Agent) -> Found:
    other = None if case.site_id == by.site.id else staff.get_site(case.site_id).name
    return Found(case=case, site_name=other)


def _may_know(case: Case, *, by: Agent) -> bool:
    """Return whether a case fits the agent's kind of site: invented and real people are kept apart."""
    return people.get_person(case.person_id).is_invented == (by.site.kind is SiteKind.TRAINING)


def _matching(key: str, born: date, *, allow_fiction: bool, by: Agent) -> list[int]:
    """Return the people who match a reference or a telephone number, and a birth date."""
    case = cases.find_by_reference(key)
    if case is None:
        return _born_on(_behind_number(key, allow_fiction=allow_fiction, by=by), born)
    if not _may_know(case, by=by):
        return []
    # the letter to a contact carries the reference of the case that named them
    return _born_on([case.person_id], born) or _born_on(queries.called_about(case.id), born, or_unknown=False)


def _behind_number(key: str, *, allow_fiction: bool, by: Agent) -> list[int]:
    is_invented = by.site.kind is SiteKind.TRAINING
    found: list[int] = []
    for number in read_phones(key, allow_fiction=allow_fiction).numbers:
        found += [one.id for one in people.find_by_key(KeyKind.PHONE, number, is_invented=is_invented)]
    return found


def _born_on(person_ids: Sequence[int], born: date, *, or_unknown: bool = True) -> list[int]:
    """Return the people with this birth date; if there are none, those whose birth date is unknown."""
    known = people.joint_identities(person_ids)
    dates = {one: birth_dates(known[one]) for one in person_ids if one in known}
    # one that was corrected finds them too, unless it is somebody else's own
    own = [one for one in dates if known[one].birth_date == born]
    fits = own or [one for one, on in dates.items() if born in on]
    return fits or [one for one in dates if known[one].birth_date is None and or_unknown]


def _take(household_id: int, *, by: Agent, at: datetime) -> Call:
    try:
        claim = claim_household.claim_for_call(household_id, by, at=at)
    except OnAnotherCall as error:
        raise OnACallAlready from error
    # the page that follows opens the conversations
    return calls.call_under(claim, by, rang_us=True, at=at)


def _is_to_make(task: CallTask, *, at: datetime) -> bool:
    """Return whether a call waits to be made: a follow-up from its day on."""
    return task.state is TaskState.OPEN and (not task.is_follow_up or task.not_before <= at)


def _asked_early(tasks: Sequence[CallTask], *, at: datetime) -> CallTask | None:
    """Make a follow-up call before its day, with somebody who rings and for whom nothing else is to be done."""
    task = next((one for one in tasks if one.is_follow_up and one.state is TaskState.OPEN), None)
    if task is not None:
        services.wait_until(task, until=at, at=at)
    return task


def _asked_again(tasks: Sequence[CallTask], *, by: Agent, at: datetime) -> CallTask | None:
    """Open the call again of somebody who rings, whatever came of it: given up, told, refused."""
    task = reopening.choose(tasks)
    if task is None:
        return None
    is_open = reopening.reopen(task, ReopenReason.RANG, due_at=at + RANG_DUE_IN, by=by, at=at)
    session.flush()
    return task if is_open else None
