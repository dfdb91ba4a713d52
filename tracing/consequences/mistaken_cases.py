"""Take back a case that a contact's word of a positive test has opened: it was a mistake, and no laboratory confirms it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from tracing.calls import services as calls
from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import Case, CaseOutcome
from tracing.consequences import services as consequences
from tracing.contacts import contact_to_case
from tracing.contacts.models import Contact
from tracing.contacts.rules import TEST_ANSWERS, is_positive_code
from tracing.facts import queries as fact_queries
from tracing.facts import services as facts
from tracing.facts.rules import FactKind, FactSource, Subject, SubjectType, retraction, standing
from tracing.hand_offs import services as hand_offs
from tracing.kernel import clock, events
from tracing.kernel.db import session
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.models import UNFINISHED, CallTask, TaskState
from tracing.staff.agent import Agent


def rests_on_word(case: Case) -> bool:
    """Return whether a case stands by what a contact told of a test only: no laboratory has sent a result of it."""
    return case.outcome is not CaseOutcome.NOT_A_CASE and case_queries.rested_on_word(case)


def take_back(
    case_id: int, *, source: FactSource, words: str = "", by: Agent, at: datetime
) -> Sequence[Contact]:
    """Close a case that was opened by mistake as none; its person is a contact again, of those who named them.

    The test that was told is taken back, with why in `words`. The calls follow, and whoever was told something because
    of the case is rung. Returns the contacts; none if it does not rest on a contact's word only, or was taken back.
    """
    tasks = queue_queries.lock_tasks(CallTask.case_id == case_id)
    case = case_queries.get_case(case_id, lock=True)
    if not rests_on_word(case):
        return []
    contacts = session.scalars(
        select(Contact).where(Contact.became_case_id == case.id).order_by(Contact.id)
    ).all()
    subjects: list[Subject] = [(SubjectType.CONTACT, one.id) for one in contacts]
    cohort = clock.local_day(at, by.site.time_zone)
    facts.add(
        [
            retraction(said, subject, source=source, cohort=cohort, words=words)
            for subject in subjects
            for said in standing(fact_queries.facts_of(*subject))
            if said.kind is FactKind.TEST and is_positive_code(said.value)
        ],
        by=by.member_id,
        at=at,
    )
    for task in tasks:
        if task.state in UNFINISHED:
            queue.close_task(task, TaskState.CANCELLED, by=by.member_id, at=at)
    cases.close_as_none(case, by=by.member_id, at=at)
    hand_offs.follow_result(case, on=cohort, by=by.member_id, at=at)
    events.record(
        "case.opened_by_mistake", by=by.member_id, at=at, subject=("case", case.id), site_id=case.site_id
    )
    contact_to_case.turn_back([case.id], by=by.member_id, at=at)
    for one in contacts:
        told_in = queue_queries.find_task_of_contact(one.id)
        if told_in is not None:
            calls.forget_answers(told_in, TEST_ANSWERS)
    consequences.follow_case(case.id, by=by.member_id, at=at)
    consequences.follow(subjects, by=by.member_id, at=at)
    return contacts
