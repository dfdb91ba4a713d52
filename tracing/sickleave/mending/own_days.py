"""The days for which the parent of a child must stay at home themselves, whatever becomes of the note for the child."""

from datetime import date

from tracing.cases import queries as cases
from tracing.cases.models import CaseOutcome
from tracing.contacts import queries as contacts
from tracing.contacts.models import ContactStatus
from tracing.queue import queries as queue
from tracing.queue.models import CallTask
from tracing.sickleave import queries
from tracing.sickleave.mending.rules import LONGEST_MEASURE, MOST_DAYS_BETWEEN
from tracing.sickleave.models import NoteKind, SickNote


def uncovered_until(note: SickNote, *, today: date) -> date | None:
    """Return the last day of the parent's own isolation or quarantine, if it is to come and no note covers it.

    None for a note that is not a parent's, or if a human has left them so, or if they began after the note was over. Only
    calls of the same site count. The days are those decided, whether the person asks for a note or not.
    """
    if note.kind is not NoteKind.PARENT or (today - note.last_day).days > LONGEST_MEASURE:
        return None
    tasks = [one for one in queue.tasks_of_person(note.person_id) if one.site_id == note.site_id]
    own = [_days(task) for task in tasks]
    beside = [
        last for first, last in own if first is None or (first - note.last_day).days <= MOST_DAYS_BETWEEN
    ]
    due = max((day for day in beside if day is not None), default=None)
    if due is not None and note.own_days_left is not None and note.own_days_left >= due:
        return None
    covered = [one.last_day for one in queries.valid_notes_of_person(note.person_id)]
    if due is None or due < today or any(day >= due for day in covered):
        return None
    return due


def _days(task: CallTask) -> tuple[date | None, date | None]:
    """Return the first and the last day of what is asked of a person; no last day: nothing is."""
    opened = cases.get_case(task.case_id)
    if opened.outcome is CaseOutcome.NOT_A_CASE:
        return None, None
    if task.contact_id is None:
        return opened.isolation_start, opened.isolation_last_day
    contact = contacts.find_contact(task.contact_id)
    if contact is None or contact.status is ContactStatus.REMOVED:
        return None, None
    return contact.last_contact_on, contact.quarantine_last_day
