"""The call task of a contact: created when they are named, cancelled or opened again as their line changes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tracing.calls import queries as call_queries
from tracing.cases.models import Case
from tracing.contacts.case_closing import close_when_done
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.queries import described, who_refused
from tracing.contacts.rules import is_called
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import age_on
from tracing.queue import queries
from tracing.queue import services as queue
from tracing.queue.households import services as households
from tracing.queue.models import (
    BARRED_AS,
    ENDED,
    NEEDS_A_NUMBER,
    NOT_REACHED,
    STILL_TO_CALL,
    CallTask,
    TaskKind,
    TaskState,
)
from tracing.queue.rules import Factor, factors_of


def due_at(case: Case, at: datetime) -> datetime:
    """Return by when a contact must be called who is named, or opened again, at `at`."""
    return at + timedelta(hours=get_pack(case.programme).service.contact_hours)


def is_to_be_called(contact: Contact) -> bool:
    """Return whether a contact is called: in the list, perhaps at risk, and met in the contagious days."""
    return contact.status is not ContactStatus.REMOVED and is_called(contact.risk) and not contact.is_outside


def update_call_task(
    contact: Contact,
    case: Case,
    *,
    phones: Sequence[str],
    renumbered: bool = False,
    by: int | None,
    at: datetime,
) -> None:
    """Create the call of a contact who is to be called, once; cancel it if they are not to be called any more.

    A person with the same number joins the household at once; the queue does this without disturbing a call.
    """
    phones = people.usable_numbers(contact.person_id, phones)
    task = queries.find_task_of_contact(contact.id)
    given_up = not is_to_be_called(contact) or bool(who_refused([contact], programme=case.programme))
    if task is None:
        if contact.status is ContactStatus.NAMED and not given_up:
            _ask(contact, case, phones, at=at)
        return
    queries.lock_task(task)
    if given_up:
        # whoever was told otherwise hears that they are not concerned; a call under way goes on to its end
        goes_on = task.again is not None or call_queries.is_under_way(task.id)
        if task.state not in ENDED and not goes_on:
            queue.close_task(task, TaskState.CANCELLED, by=by, at=at)
            close_when_done(case.id, by=by, at=at)
    elif contact.status is ContactStatus.NAMED:
        _keep(task, case, phones, renumbered=renumbered, by=by, at=at)


def forget_telling(contact: Contact, *, by: int | None, at: datetime) -> None:
    """Let a contact who counted as told by the call about another meeting be one who was not told; theirs is cancelled."""
    contact.told_with_id = contact.ruled_on = None
    if contact.status is ContactStatus.INFORMED:
        contact.status = ContactStatus.NAMED
    session.flush()
    task = queries.find_task_of_contact(contact.id)
    if task is not None and task.state is TaskState.DONE:
        queries.lock_task(task)
        queue.close_task(task, TaskState.CANCELLED, by=by, at=at)


def set_language(contact: Contact, language: str, *, before: str = "", at: datetime) -> None:
    """Set the language that the case says a contact speaks; `before` is what their line said until now.

    The language that the person told us themselves is not changed.
    """
    person = people.get_person(contact.person_id)
    if person.household_id is not None:
        queries.find_entry_of(person.household_id, lock=True)
    session.refresh(person, with_for_update=True)
    if person.language not in {None, before or None}:
        return
    person.language = language or None
    session.flush()
    if person.household_id is not None:
        households.refresh(person.household_id, at=at)


def move(contact: Contact, from_person: int, *, at: datetime) -> None:
    """Move the calls of a contact to the person they turned out to be: the first one, and the follow-up."""
    found = (queries.find_task_of_contact(contact.id), queries.find_follow_up(contact.case_id, contact.id))
    tasks = [one for one in found if one is not None and one.person_id == from_person]
    if not tasks:
        return
    for task in tasks:
        queries.lock_task(task)
    left = {task.household_id for task in tasks if task.household_id is not None}
    for task in tasks:
        task.person_id = contact.person_id
    session.flush()
    households.settle_person(contact.person_id, at=at)
    for household_id in sorted(left):
        households.refresh(household_id, at=at)
    barred_by = people.barred_by([contact.person_id]).get(contact.person_id)
    for task in tasks:
        session.refresh(task)
        if barred_by is not None and task.state in STILL_TO_CALL:
            queue.close_task(task, BARRED_AS[barred_by], by=None, at=at)


def _ask(contact: Contact, case: Case, phones: Sequence[str], *, at: datetime) -> None:
    queue.enqueue(
        kind=TaskKind.CONTACT_FIRST,
        person_id=contact.person_id,
        phones=phones,
        site_id=case.site_id,
        case_id=case.id,
        contact_id=contact.id,
        due_at=due_at(case, at),
        factors=_factors(contact, at),
        at=at,
    )


def _factors(contact: Contact, at: datetime) -> Factor:
    """Return the known factors that make a contact's call more urgent: their age and health, if the case told them."""
    known = people.find_joint_identity(contact.person_id)
    born = known.birth_date if known else None
    return factors_of(age=None if born is None else age_on(born, at.date())) | _said_of_household(contact)


def _said_of_household(contact: Contact) -> Factor:
    told = described(contact)
    said = told.household if told else None
    factors = Factor(0)
    if said is not None and said.is_fragile:
        factors |= Factor.FRAGILE
    if said is not None and said.has_symptoms:
        factors |= Factor.SYMPTOMS
    return factors


def follow_household(contact: Contact, *, at: datetime) -> None:
    """Let what the case says later of somebody of the household make their call more urgent, until they answer themselves."""
    task = queries.find_task_of_contact(contact.id)
    if task is None or contact.status is not ContactStatus.NAMED:
        return
    queries.lock_task(task)
    queue.set_factors(task, Factor(task.factors) | _said_of_household(contact), at=at)


def _keep(
    task: CallTask, case: Case, phones: Sequence[str], *, renumbered: bool, by: int | None, at: datetime
) -> None:
    if not phones:
        if task.state in NEEDS_A_NUMBER:
            barred_by = people.barred_by([task.person_id]).get(task.person_id)
            state = BARRED_AS[barred_by] if barred_by is not None else TaskState.NO_NUMBER
            queue.close_task(task, state, by=by, at=at)
        return
    if task.state is TaskState.CANCELLED or (renumbered and task.state in NOT_REACHED):
        queue.reopen_task(task, due_at=due_at(case, at), by=by, at=at)
    if renumbered or task.household_id is None:
        households.settle_person(task.person_id, at=at)
        session.refresh(task)
