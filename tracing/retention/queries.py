"""What was collected on a day, by programme, and what of it is still open."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, select

from tracing.calls.models import Conversation
from tracing.cases.models import Case, CaseStatus
from tracing.contacts.models import Contact
from tracing.kernel.db import equals_any, session
from tracing.people.models import Person
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState
from tracing.sickleave.models import NoteDelivery, SickNote
from tracing.staff.models import Site

_ENDED = (TaskState.DONE, TaskState.CANCELLED)


def programmes_of(day: date) -> frozenset[str]:
    """Return the programmes under which anything was collected on a day; of no record, those of the sites."""
    found = session.scalars(
        select(Case.programme)
        .where(Case.cohort == day)
        .union(select(Case.programme).join(Contact, Contact.case_id == Case.id).where(Contact.cohort == day))
    ).all()
    return frozenset(found or session.scalars(select(Site.programme).distinct()))


def records_of(day: date, programme: str) -> dict[str, list[int]]:
    """Return the ids of what was collected on a day under a programme, by table.

    A person is among them unless a record of that day under another programme needs them, and a household once none of
    its people is left.
    """
    of_contact = select(Contact.id, Contact.person_id, Case.programme).join(Case, Case.id == Contact.case_id)
    contacts = session.execute(of_contact.where(Contact.cohort == day)).all()
    cases = session.execute(select(Case.id, Case.person_id, Case.programme).where(Case.cohort == day)).all()
    case_ids = [one.id for one in cases if one.programme == programme]
    contact_ids = [one.id for one in contacts if one.programme == programme]
    tasks = _ids(select(CallTask.id).where(equals_any(CallTask.contact_id, contact_ids))) + _ids(
        select(CallTask.id).where(equals_any(CallTask.case_id, case_ids), CallTask.contact_id.is_(None))
    )
    needed = {one.person_id for one in (*cases, *contacts) if one.programme != programme}
    theirs = {one.person_id for one in (*cases, *contacts) if one.programme == programme} - needed
    people = session.execute(
        select(Person.id, Person.household_id).where(
            equals_any(Person.id, sorted(theirs)), Person.cohort == day
        )
    ).all()
    notes = _ids(select(SickNote.id).where(equals_any(SickNote.task_id, tasks)))
    return {
        "cases": case_ids,
        "contacts": contact_ids,
        "tasks": tasks,
        "calls": _ids(select(Conversation.call_id).where(equals_any(Conversation.task_id, tasks))),
        "people": [one.id for one in people],
        "households": _left_by_all({one.household_id for one in people} - {None}, {one.id for one in people}),
        "notes": notes,
        "deliveries": _ids(select(NoteDelivery.id).where(equals_any(NoteDelivery.note_id, notes))),
    }


def _left_by_all(households: set[int], gone: set[int]) -> list[int]:
    """Return the households of which nobody is left once these people are gone."""
    living = session.execute(
        select(Person.id, Person.household_id).where(
            equals_any(Person.household_id, sorted(households)), Person.sealed.is_not(None)
        )
    ).all()
    return sorted(households - {one.household_id for one in living if one.id not in gone})


def _ids(chosen: Select[Any]) -> list[int]:
    return list(session.scalars(chosen))


def open_tasks(day: date, programme: str) -> Sequence[int]:
    """Return the calls that are still to be made, or wait for somebody, about the records of a day."""
    return [task.id for task in _tasks(day, programme)]


def open_cases(day: date, programme: str) -> Sequence[int]:
    """Return the cases of a day that are not closed."""
    return session.scalars(
        select(Case.id)
        .where(Case.cohort == day, Case.programme == programme, Case.status != CaseStatus.CLOSED)
        .order_by(Case.id)
    ).all()


def is_on_the_line(day: date, programme: str) -> bool:
    """Return whether somebody is being called about a record of a day."""
    households = {task.household_id for task in _tasks(day, programme)} - {None}
    claimed = select(QueueEntry.id).where(
        equals_any(QueueEntry.household_id, sorted(households)), QueueEntry.state == EntryState.CLAIMED
    )
    return bool(households) and session.scalar(claimed.limit(1)) is not None


def _tasks(day: date, programme: str) -> Sequence[Row[int, int | None]]:
    """Return id and household of what is still to be called: about a contact of the day, else about a case."""
    wanted = select(CallTask.id, CallTask.household_id).where(CallTask.state.not_in(_ENDED))
    of_cases = wanted.join(Case, Case.id == CallTask.case_id).where(
        Case.cohort == day, Case.programme == programme, CallTask.contact_id.is_(None)
    )
    of_contacts = (
        wanted.join(Contact, Contact.id == CallTask.contact_id)
        .join(Case, Case.id == Contact.case_id)
        .where(Contact.cohort == day, Case.programme == programme)
    )
    return session.execute(of_cases.union_all(of_contacts).order_by("id")).all()
