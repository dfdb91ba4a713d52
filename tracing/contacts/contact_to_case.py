"""A contact who tests positive becomes a case: linked both ways, history kept, called once and as a case."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, union_all, update

from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.contacts import rules
from tracing.contacts.case_closing import close_when_done, open_again
from tracing.contacts.models import Contact, ContactStatus
from tracing.kernel import clock, events
from tracing.kernel.db import equals_any, fresh, session
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.queue import queries as queue_queries
from tracing.queue.contact_superseded import restore, supersede
from tracing.queue.models import STILL_TO_CALL, UNFINISHED, CallTask, TaskState

BECAME_CASE = "contact.became_case"


@dataclass(frozen=True)
class _Turn:
    """A contact and the new case that they become."""

    contact_id: int
    person_id: int
    source_case_id: int
    site_id: int
    last_contact_on: date
    case: Case


def turn_into_cases(
    opened: Sequence[tuple[int, int]], *, at: datetime, zone: ZoneInfo
) -> dict[int, datetime]:
    """Turn contacts into cases: those among the people whose cases were opened, given as pairs of case and person.

    Call it once the cases are written and before their first calls are created. Returns, keyed by case, by when the
    person was promised a call as a contact: the first call of the case is due then at the latest. It needs one query
    if none of the people is a contact.
    """
    turns = _turns(opened, zone) if opened else []
    if not turns:
        return {}
    tasks = _lock_tasks([turn.contact_id for turn in turns])
    contacts = {
        contact.id: contact
        for contact in session.scalars(
            fresh(
                select(Contact)
                .where(Contact.id.in_([turn.contact_id for turn in turns]))
                .order_by(Contact.id)
                .with_for_update()
            )
        )
    }
    promised: dict[int, datetime] = {}
    for turn in turns:
        contact = contacts[turn.contact_id]
        if contact.status in rules.NEVER_TURN:
            continue
        waiting = tasks.get(contact.id, [])
        for task in waiting:
            due = task.promised_at or task.due_at
            if task.state is TaskState.OPEN:
                promised[turn.case.id] = min(due, promised.get(turn.case.id, due))
        _become(contact, turn.case, site_id=turn.site_id, waiting=waiting, by=None, at=at)
        for task in waiting:
            supersede(task, at=at)
    _link_back(turns, contacts, zone)
    for source in sorted({turn.source_case_id for turn in turns}):
        close_when_done(source, by=None, at=at)
    return promised


def _turns(opened: Sequence[tuple[int, int]], zone: ZoneInfo) -> list[_Turn]:
    """Return the contacts, of any case of the programme, who are these people; merged records count as one."""
    ids = [person_id for _case, person_id in opened]
    # two conditions joined by OR would read the whole table of contacts
    whoever = union_all(
        select(Contact.id).where(equals_any(Contact.person_id, ids)),
        select(Contact.id)
        .join(Person, Person.id == Contact.person_id)
        .where(equals_any(Person.same_as, ids)),
    ).subquery()
    rows = session.execute(
        select(
            Contact.id,
            Contact.person_id,
            Contact.case_id,
            Contact.status,
            Contact.last_contact_on,
            Person.same_as,
            Case.site_id,
            Case.programme,
        )
        .join(Person, Person.id == Contact.person_id)
        .join(Case, Case.id == Contact.case_id)
        .where(Contact.id.in_(select(whoever)))
        .order_by(Contact.id)
    ).all()
    if not rows:
        return []
    cases = {
        case.id: case
        for case in session.scalars(
            fresh(select(Case).where(Case.id.in_([case_id for case_id, _person in opened])))
        )
    }
    turns = []
    for row in rows:
        sampled = {
            case.id: clock.local_day(case.first_sampled_at, zone)
            for case in cases.values()
            if case.person_id in {row.person_id, row.same_as} and case.programme == row.programme
        }
        case_id = rules.becomes(row.status, row.last_contact_on, sampled)
        if case_id is not None:
            turns.append(
                _Turn(row.id, row.person_id, row.case_id, row.site_id, row.last_contact_on, cases[case_id])
            )
    return turns


def _lock_tasks(contact_ids: Iterable[int]) -> dict[int, list[CallTask]]:
    """Return the calls that contacts wait for, locked as every write of a call locks them."""
    waiting = CallTask.contact_id.in_(list(contact_ids)) & CallTask.state.in_(UNFINISHED)
    tasks: dict[int, list[CallTask]] = defaultdict(list)
    for task in queue_queries.lock_tasks(waiting):
        if task.contact_id is not None:
            tasks[task.contact_id].append(task)
    return tasks


def _become(
    contact: Contact,
    case: Case,
    *,
    site_id: int,
    waiting: Sequence[CallTask] = (),
    by: int | None,
    at: datetime,
) -> None:
    """Let a contact be a case, and keep the status they had before."""
    contact.status_before, contact.status = contact.status, ContactStatus.BECAME_CASE
    contact.became_case_id = case.id
    session.flush()
    events.record(
        BECAME_CASE,
        by=by,
        at=at,
        subject=("contact", contact.id),
        site_id=site_id,
        case=contact.case_id,
        became=case.id,
        was=contact.status_before.value,
        calls={str(task.id): task.state.value for task in waiting},
    )


def _link_back(turns: Sequence[_Turn], contacts: dict[int, Contact], zone: ZoneInfo) -> None:
    """Store in each case which contact it was: if several, the one met nearest to the sampling."""
    met: dict[int, list[tuple[date, int]]] = defaultdict(list)
    cases = {turn.case.id: turn.case for turn in turns}
    for turn in turns:
        if contacts[turn.contact_id].became_case_id == turn.case.id:
            met[turn.case.id].append((turn.last_contact_on, turn.contact_id))
    for case_id, meetings in met.items():
        case = cases[case_id]
        case.from_contact_id = rules.nearest(meetings, clock.local_day(case.first_sampled_at, zone))
    session.flush()


def find_recent_case(contact: Contact, programme: str, *, zone: ZoneInfo) -> Case | None:
    """Return the case that a newly named contact already has, near enough to the meeting."""
    cases = {
        case.id: case
        for case in session.scalars(
            select(Case).where(
                Case.person_id.in_(people.records_of_same_person(contact.person_id)),
                Case.programme == programme,
                Case.status != CaseStatus.WITHDRAWN,
                or_(Case.outcome.is_(None), Case.outcome != CaseOutcome.NOT_A_CASE),
            )
        )
    }
    sampled = {case.id: clock.local_day(case.first_sampled_at, zone) for case in cases.values()}
    return cases.get(rules.becomes(contact.status, contact.last_contact_on, sampled) or 0)


def join_known_case(contact: Contact, source: Case, *, zone: ZoneInfo, by: int, at: datetime) -> bool:
    """Link a newly named contact who already is a case: they are not called as a contact. Return whether they are.

    The order of the calls does not say who infected whom, so the case keeps its own source.
    """
    known = find_recent_case(contact, source.programme, zone=zone)
    if known is None:
        return False
    _become(contact, known, site_id=source.site_id, by=by, at=at)
    return True


def follow_person(contact: Contact, source: Case, *, zone: ZoneInfo, by: int, at: datetime) -> None:
    """Update a contact who turned out to be another person: unlink the former person's case, link the new one's."""
    if contact.became_case_id is not None:
        left = contact.became_case_id
        _lock_tasks([contact.id])
        _turn_back(contact, by=by, at=at)
        session.execute(
            update(Case)
            .where(Case.id == left, Case.from_contact_id == contact.id)
            .values(from_contact_id=None)
        )
    join_known_case(contact, source, zone=zone, by=by, at=at)


def follow_records(person_ids: Iterable[int], *, zone: ZoneInfo, by: int, at: datetime) -> list[int]:
    """Let contacts be the case that another record of theirs is, and be contacts again of whom that record no longer is.

    Call it once records were joined or separated; returns the contacts that have changed. Lock the households first.
    """
    found = select(Contact).where(equals_any(Contact.person_id, sorted(person_ids))).order_by(Contact.id)
    changed = []
    tasks = _lock_tasks(session.scalars(found.with_only_columns(Contact.id)))
    for contact in session.scalars(fresh(found.with_for_update())):
        source = session.get_one(Case, contact.case_id)
        if contact.became_case_id is not None:
            became = session.get_one(Case, contact.became_case_id)
            if became.person_id in people.records_of_same_person(contact.person_id):
                continue
            _turn_back(contact, by=by, at=at)
            if became.from_contact_id == contact.id:
                became.from_contact_id = None
        else:
            known = find_recent_case(contact, source.programme, zone=zone)
            if known is None:
                continue
            waiting = tasks.get(contact.id, [])
            _become(contact, known, site_id=source.site_id, waiting=waiting, by=by, at=at)
            for task in waiting:
                supersede(task, at=at)
            known.from_contact_id = known.from_contact_id or contact.id
            close_when_done(source.id, by=by, at=at)
        changed.append(contact.id)
    session.flush()
    return changed


def turn_back(case_ids: Iterable[int], *, by: int | None, at: datetime) -> int:
    """Make contacts again of those whose case was none, with their earlier calls; return how many."""
    ids = list(case_ids)
    found = select(Contact).where(Contact.became_case_id.in_(ids)).order_by(Contact.id)
    turned = session.scalars(found).all()
    _lock_tasks([contact.id for contact in turned])
    for contact in session.scalars(fresh(found.with_for_update())):
        _turn_back(contact, by=by, at=at)
    session.execute(update(Case).where(Case.id.in_(ids)).values(from_contact_id=None))
    session.flush()
    return len(turned)


def _turn_back(contact: Contact, *, by: int | None, at: datetime) -> None:
    source = session.get_one(Case, contact.case_id)
    events.record(
        "contact.turned_back",
        by=by,
        at=at,
        subject=("contact", contact.id),
        site_id=source.site_id,
        case=source.id,
        was=contact.became_case_id,
    )
    gave_way = _gave_way(contact)
    contact.status, contact.status_before = contact.status_before or ContactStatus.NAMED, None
    contact.became_case_id = None
    session.flush()
    for task in gave_way:
        if restore(task, by=by, at=at) in STILL_TO_CALL:
            open_again(source.id, by=by, at=at)


def _gave_way(contact: Contact) -> Sequence[CallTask]:
    """Return the calls that were given up because the contact became a case."""
    chosen = select(CallTask).where(CallTask.contact_id == contact.id).order_by(CallTask.id)
    if contact.status_before is None:
        # the release before did this while this one was being installed: what was given up is asked for again
        return session.scalars(
            chosen.where((CallTask.state == TaskState.CANCELLED) | CallTask.gives_way)
        ).all()
    return session.scalars(chosen.where(CallTask.gives_way)).all()
