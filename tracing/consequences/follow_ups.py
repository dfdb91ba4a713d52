"""Follow-up calls as they are carried out: planned, moved, held, stopped. The rule is `rules.next_follow_up`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from tracing.cases import queries as case_queries
from tracing.cases.models import Case
from tracing.consequences import queries, rules
from tracing.consequences.picture_rules import Consequence, ConsequenceKind
from tracing.contacts import queries as contact_queries
from tracing.contacts.case_closing import first_call_of
from tracing.contacts.models import Contact
from tracing.kernel import clock, events
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.models import ENDED, CallTask, TaskKind, TaskState
from tracing.queue.rules import NO_FACTORS, Factor
from tracing.queue.services import Planned


def plan_follow_ups(tasks: Iterable[CallTask], *, by: int | None, at: datetime) -> None:
    """Open, move or stop the follow-up calls of the people of some calls, as they stand now; twice changes nothing.

    Nothing is decided anew: whoever was told something keeps it until a fact changes it.
    """
    for case_id, contact_id in sorted({(one.case_id, one.contact_id or 0) for one in tasks}):
        case = case_queries.get_case(case_id)
        contact = contact_queries.find_contact(contact_id or None)
        listed = [] if contact is None else [contact]
        today = clock.local_day(at, queries.zone_of(case))
        _plan_for(case, listed, today=today, by=by, at=at)
        met = contact_queries.named_elsewhere(listed, programme=case.programme) if listed else {}
        for other in (one for theirs in met.values() for one in theirs if one.contact.told_at is not None):
            # of several meetings they are rung about one
            there = clock.local_day(at, queries.zone_of(other.case))
            _plan_for(other.case, [other.contact], today=there, by=by, at=at)


def _plan_for(case: Case, listed: Sequence[Contact], *, today: date, by: int | None, at: datetime) -> None:
    about = "contact" if listed else "case"
    found = rules.of_case(queries.case_now(case, listed, on=today))
    of_id = {contact.id: contact for contact in listed}
    for one in found:
        if one.kind in STEPS and one.subject[0] == about:
            STEPS[one.kind](case, of_id.get(one.subject[1]), one, by, at)
            note_event(one, site_id=case.site_id, by=by, at=at)


def _plan(case: Case, contact: Contact | None, one: Consequence, by: int | None, at: datetime) -> None:
    """Plan a follow-up call for its day: a new one, or the one that waits or was stopped."""
    if one.day is None or one.until is None:
        return
    zone = queries.zone_of(case)
    plan = Planned(
        on=one.day,
        until=one.until,
        not_before=datetime.combine(one.day, time(), zone).astimezone(UTC),
        due_at=datetime.combine(one.day + timedelta(days=1), time(), zone).astimezone(UTC),
    )
    known = follow_up_of(case, contact)
    if known is not None and known.state is TaskState.TO_HAND_ON:
        queue.reopen_task(known, due_at=plan.due_at, by=by, at=at)
    if known is not None and known.state is not TaskState.DONE:
        queue.plan_again(known, plan, by=by, at=at)
        return
    person_id = case.person_id if contact is None else contact.person_id
    identity = people.find_joint_identity(person_id)
    first = task_of(case, contact)
    queue.enqueue(
        kind=TaskKind.CASE_FOLLOW_UP if contact is None else TaskKind.CONTACT_FOLLOW_UP,
        person_id=person_id,
        phones=identity.phones if identity else (),
        site_id=case.site_id,
        case_id=case.id,
        contact_id=None if contact is None else contact.id,
        due_at=plan.due_at,
        factors=Factor(first.factors) if first is not None else NO_FACTORS,
        planned=plan,
        at=at,
    )


def _hold(case: Case, contact: Contact | None, one: Consequence, by: int | None, at: datetime) -> None:
    """Plan a follow-up call of somebody in hospital, on the list of a supervisor, who asks whether they are home."""
    _plan(case, contact, one, by, at)
    task = follow_up_of(case, contact)
    if task is not None and task.state is TaskState.OPEN:
        queue.close_task(task, TaskState.TO_HAND_ON, by=by, at=at)


def _stop_follow_up(
    case: Case, contact: Contact | None, _one: Consequence, by: int | None, at: datetime
) -> None:
    task = follow_up_of(case, contact)
    if task is not None and task.state not in ENDED:
        first = task_of(case, contact)
        if first is not None and first.again is not None:
            # they are told something else at the hour that they expect
            queue.carry_promise(task, first, at=at)
        queue.close_task(task, TaskState.CANCELLED, by=by, at=at)
        # stopped by what was said, not given up by a supervisor: it waits again if that changes
        task.state_before = TaskState.OPEN
        session.flush()


STEPS: Mapping[ConsequenceKind, Callable[[Case, Contact | None, Consequence, int | None, datetime], None]] = {
    ConsequenceKind.FOLLOW_UP_OPENS: _plan,
    ConsequenceKind.FOLLOW_UP_MOVES: _plan,
    ConsequenceKind.FOLLOW_UP_HELD: _hold,
    ConsequenceKind.FOLLOW_UP_STOPS: _stop_follow_up,
}


def task_of(case: Case, contact: Contact | None) -> CallTask | None:
    """Return the first call of a case or contact, locked."""
    found = first_call_of(case.id) if contact is None else queue_queries.find_task_of_contact(contact.id)
    if found is not None:
        queue_queries.lock_task(found)
    return found


def follow_up_of(case: Case, contact: Contact | None) -> CallTask | None:
    """Return the newest follow-up call of a case or contact, locked."""
    found = queue_queries.find_follow_up(case.id, None if contact is None else contact.id)
    if found is not None:
        queue_queries.lock_task(found)
    return found


def note_event(one: Consequence, *, site_id: int | None = None, by: int | None, at: datetime) -> None:
    """Write in the log what followed, and from what."""
    detail = {
        name: value.isoformat() if isinstance(value, date) else value.value
        for name, value in (("why", one.why), ("mend", one.mend), ("day", one.day), ("was", one.was))
        if value is not None
    }
    events.record(
        f"consequence.{one.kind.value}", by=by, at=at, subject=one.subject, site_id=site_id, **detail
    )
