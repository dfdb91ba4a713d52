"""Open the file of somebody again who was told, refused, or was given up: they rang back, or a supervisor says so."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert

from tracing.calls import queries as calls
from tracing.calls.rules import SAID_BIRTH_DATE
from tracing.cases import queries as cases
from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.consequences import follow_ups
from tracing.consequences.models import HeldBack
from tracing.consequences.picture_rules import ReopenReason
from tracing.contacts.case_closing import close_when_done, open_again
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.queries import find_contact
from tracing.facts import queries as fact_queries
from tracing.facts import services as facts
from tracing.facts.rules import FactKind, FactSource, standing, standing_retractions
from tracing.kernel import clock, events
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.models import ENDED, NOT_REACHED, ON_HOLD, CallTask, TaskKind, TaskState
from tracing.scripts.vocabulary import IDENTITY_QUESTION, NO, WHO_ANSWERS
from tracing.staff.agent import Agent

RANKS = (NOT_REACHED, ON_HOLD | {TaskState.TO_HAND_ON}, {TaskState.DONE}, {TaskState.CANCELLED})
"""Of several calls of one person, the first of these is opened: nobody reached them, somebody is asked, it is over."""
SPOKEN = frozenset({TaskState.WAITING_LANGUAGE, TaskState.WAITING_INTERPRETER})
GIVEN_UP = frozenset({CaseOutcome.UNREACHABLE, CaseOutcome.HANDED_ON})
OUT_OF_LIST = frozenset({ContactStatus.REMOVED, ContactStatus.BECAME_CASE})

OPENS_A_CALL = frozenset(
    {
        *(
            WHO_ANSWERS,
            IDENTITY_QUESTION,
            "representative_confirmed",
            "helper_agreed",
            "referent_on_line",
            SAID_BIRTH_DATE,
        ),
        *("opening.confirmed", "identity.confirmed", "representative.confirmed", "helper.confirmed"),
        *("data_notice.confirmed", "time.confirmed", "has_time"),
    }
)
"""Answered anew in every call before anything of it is spoken of: they change nothing of somebody who was told."""
NO_DANGER = ("red_flags", NO)


def choose(tasks: Iterable[CallTask]) -> CallTask | None:
    """Return the call to open again of a person who rings; None if there is none."""
    # whoever was told and rings again asks for their first call: a follow-up only asks how they are
    found = [one for one in tasks if not one.is_follow_up and can_be_reopened(one)]
    return min(found, key=lambda one: (_rank(one), _was_told_of_another(one), -one.id), default=None)


def can_be_reopened(task: CallTask) -> bool:
    """Return whether a call that waits for nobody can be opened again.

    Not that of the dead or of those who asked never to be called, of a contact who was removed or is called as a case,
    nor of a case that is none.
    """
    case, contact = cases.get_case(task.case_id), find_contact(task.contact_id)
    if task.state in {TaskState.OPEN, TaskState.DECEASED} or people.barred([task.person_id]):
        return False
    if task.is_follow_up and task.state in ENDED:
        return False
    if case.status is CaseStatus.WITHDRAWN or case.outcome is CaseOutcome.NOT_A_CASE:
        return False
    if contact is not None and contact.status in OUT_OF_LIST:
        return False
    return task.state is not TaskState.CANCELLED or _was_given_up(task, case, contact)


def reopen(task: CallTask, why: ReopenReason, *, due_at: datetime, by: Agent, at: datetime) -> bool:
    """Open a call again with its case: a refusal is taken back, the answers stay; return whether it is open now."""
    queue_queries.lock_task(task)
    if not can_be_reopened(task):
        return task.state is TaskState.OPEN
    contact = find_contact(task.contact_id)
    _take_refusal_back(task, why, by=by, at=at)
    if contact is not None and contact.status in {ContactStatus.REFUSED, ContactStatus.UNREACHABLE}:
        contact.status = ContactStatus.NAMED
        session.flush()
        events.record(
            "contact.reopened",
            by=by.member_id,
            at=at,
            subject=("contact", contact.id),
            site_id=task.site_id,
        )
    if not task.is_follow_up:  # a case may be closed while somebody is asked how they are
        open_again(task.case_id, by=by.member_id, at=at)
    is_on_line = why is ReopenReason.RANG
    is_kept = task.state in SPOKEN or (is_on_line and task.state is TaskState.DONE)
    listed = task.state if is_kept else None
    queue.reopen_task(task, due_at=due_at, is_on_line=is_on_line, by=by.member_id, at=at)
    if task.state is TaskState.OPEN:
        # given back unfinished, it returns to its list: what the person needs was said
        task.given_from = listed
    if task.given_from is TaskState.DONE:
        # looked at again when the call is over, however it ends
        session.execute(insert(HeldBack).values(task_id=task.id, since=at).on_conflict_do_nothing())
    session.flush()
    events.record(
        "task.taken_up_again",
        by=by.member_id,
        at=at,
        subject=("task", task.id),
        site_id=task.site_id,
        why=why.value,
    )
    # what they are told now comes first
    follow_ups.plan_follow_ups([task], by=by.member_id, at=at)
    return task.state is TaskState.OPEN


def close_again(
    task: CallTask,
    *,
    call_id: int | None,
    since: datetime,
    zone: ZoneInfo,
    is_passed_on: bool = False,
    by: int | None,
    at: datetime,
) -> bool:
    """Close a call again that was over and was opened at `since` because its person rang, if nothing was said in it.

    What they had refused stands again: nobody rings them because their own call was cut off. Whoever had been told
    may have said who they are: they only asked something, and are not called once more. `call_id`: none, if the
    claim ended before the page of the call was opened. `is_passed_on`: a colleague goes on with it. Returns whether it
    was closed.
    """
    if task.given_from is not TaskState.DONE or task.state is not TaskState.OPEN:
        return False
    taken_back = [
        one
        for one in standing_retractions(fact_queries.facts_of(*task.subject))
        if one.kind is FactKind.REFUSAL and one.said_at >= since
    ]
    had_refused = any(one.value == task.kind for one in taken_back)
    said = {} if call_id is None else calls.answers_given_in(call_id, task.id)
    if not had_refused and not is_passed_on:
        said = {key: one for key, one in said.items() if key not in OPENS_A_CALL and (key, one) != NO_DANGER}
    if said:
        # from now on it is an unfinished call as any other
        task.given_from = None
        return False
    queue.close_task(task, TaskState.DONE, by=by, at=at)
    contact = find_contact(task.contact_id)
    # whoever refused only to be asked again how they are stays informed
    if contact is not None and any(one.value == TaskKind.CONTACT_FIRST for one in taken_back):
        contact.status = ContactStatus.REFUSED
    cohort = clock.local_day(at, zone)
    for one in taken_back:
        facts.retract(one, task.subject, cohort=cohort, source=FactSource.SUPERVISOR, by=by, at=at)
    close_when_done(task.case_id, by=by, at=at)
    follow_ups.plan_follow_ups([task], by=by, at=at)
    return True


def _was_told_of_another(task: CallTask) -> bool:
    """Return whether nothing was said in a call, because its person was told in that about another meeting."""
    contact = find_contact(task.contact_id)
    return contact is not None and contact.told_with_id is not None


def _rank(task: CallTask) -> int:
    return next((place for place, states in enumerate(RANKS) if task.state in states), len(RANKS))


def _was_given_up(task: CallTask, case: Case, contact: Contact | None) -> bool:
    """Return whether a supervisor ended a call that reached nobody; others were cancelled because none was needed."""
    if task.covered_by is not None:
        return False
    if contact is not None:
        return contact.status is ContactStatus.UNREACHABLE
    return case.outcome in GIVEN_UP


def _take_refusal_back(task: CallTask, why: ReopenReason, *, by: Agent, at: datetime) -> None:
    source = FactSource.PERSON if why is ReopenReason.RANG else FactSource.SUPERVISOR
    for said in standing(fact_queries.facts_of(*task.subject)):
        if said.kind is FactKind.REFUSAL:
            facts.retract(
                said,
                task.subject,
                cohort=clock.local_day(at, by.site.time_zone),
                source=source,
                by=by.member_id,
                at=at,
            )
