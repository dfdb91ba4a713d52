"""Decide a contact from the facts about them, and keep what they were told: in their own call, or in that of another meeting.

Whoever was told of one meeting and is named again, with nothing else to be said, is not rung once more. What they said
of themselves holds for the new meeting too, and whatever changes later of either is told to them as to anybody.
"""

from collections.abc import Sequence
from datetime import date, datetime

from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.cases.models import Case, CaseOutcome
from tracing.consequences import follow_ups, queries, telling_queries
from tracing.consequences import stated_rules as stated
from tracing.consequences.picture_rules import Consequence
from tracing.contacts import calling
from tracing.contacts import services as contacts
from tracing.contacts.case_closing import close_when_done
from tracing.contacts.models import Contact
from tracing.facts import queries as fact_queries
from tracing.facts import services as facts
from tracing.facts.rules import (
    FactKind,
    FactSource,
    Said,
    SubjectType,
    day_of,
    in_force,
    retraction,
    standing,
    value_of,
)
from tracing.facts.ruling_rules import measure_ruled, note_days_ruled, risk_ruled
from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.programmes.rules import age_on
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.models import TaskState

NO_OWN_ANSWERS = frozenset(
    {FactKind.LAST_CONTACT, FactKind.KEPT_IN_LIST, FactKind.REFUSAL, FactKind.HOSPITAL}
)
"""Facts about a contact that are no answers to the questions of their own call."""


def decide_contact(
    contact: Contact,
    case: Case,
    *,
    born: date | None,
    is_first: bool = False,
    by: int | None,
    at: datetime,
) -> Sequence[Said]:
    """Store the day, the risk and the measure of a contact as the facts about them say; returns these facts.

    Before they have answered anything only their day is stored, unless it `is_first` of their call.
    """
    zone = queries.zone_of(case)
    today = clock.local_day(at, zone)
    said = fact_queries.facts_of(SubjectType.CONTACT, contact.id)
    known = in_force(said)
    met_on = day_of(known, FactKind.LAST_CONTACT)
    if met_on is not None:
        by_case = day_of(
            in_force(one for one in said if one.source is FactSource.CASE), FactKind.LAST_CONTACT
        )
        contact.last_contact_on, contact.is_day_unknown = met_on, False
        contact.said_last_contact_on = by_case if by_case != met_on else None
    contact.keep_ruling(measure_ruled(known), note_days_ruled(known))
    contact.doctor_risk = risk_ruled(known)
    if is_first or any(one.kind not in NO_OWN_ANSWERS for one in said):
        contacts.decide(
            contact,
            vaccination=stated.answer(said, known, FactKind.VACCINATION, contact.vaccination),
            lives_with_case=value_of(known, FactKind.LIVES_WITH_CASE),
            age=None if born is None else age_on(born, today),
            infected_recently=value_of(known, FactKind.INFECTED_RECENTLY),
            immunodepressed=value_of(known, FactKind.IMMUNODEPRESSED),
            symptoms_on=stated.symptoms_on(known, zone),
            tests=stated.tests(said, zone),
            zone=zone,
            by=by,
            at=at,
        )
    else:
        contacts.decide_again(contact, case, born=born, on=today)
    session.flush()
    return said


def keep_told(contact: Contact, case: Case, *, at: datetime) -> None:
    """Keep what a contact was told at `at`: from now on a change is told again."""
    is_none = case.outcome is CaseOutcome.NOT_A_CASE
    is_concerned = calling.is_to_be_called(contact) and not is_none
    contact.told_at = at
    contact.told_last_day = contact.quarantine_last_day if is_concerned else None
    contact.told_awaits_result = contact.awaits_result and not is_none
    contact.told_tests = [] if is_none else contact.tests_due
    session.flush()


def tell_no_more(
    case: Case, contact: Contact | None, _one: Consequence, by: int | None, at: datetime
) -> None:
    """Let a contact be told by the call about another meeting of theirs: its answers and its telling are this one's too."""
    told = contact and telling_queries.told_of(contact, case)
    if contact is None or told is None or told.told_at is None:
        return
    identity = people.find_joint_identity(contact.person_id)
    calling.update_call_task(contact, case, phones=identity.phones if identity else (), by=by, at=at)
    task = queue_queries.find_task_of_contact(contact.id)
    told_in = queue_queries.find_task_of_contact(told.id)
    if task is None or told_in is None:
        return
    queue_queries.lock_task(task)
    for said in standing(fact_queries.facts_of(SubjectType.CONTACT, told.id)):
        if stated.holds_for_all_meetings(said):
            facts.add([stated.for_meeting(said, contact.id, contact.cohort)], by=by, at=said.said_at)
    calls.copy_answers(told_in, task, but=stated.OF_ONE_MEETING | stated.PASSED_ON_ONCE | {"lives_with_case"})
    today = clock.local_day(at, queries.zone_of(case))
    contact.told_with_id, contact.first_told_on = told.id, told.first_told_on
    contact.ruled_on = today if today != told.first_told_on else None
    born = identity.birth_date if identity else None
    decide_contact(contact, case, born=born, is_first=True, by=by, at=at)
    keep_told(contact, case, at=told.told_at)
    contacts.mark_informed(contact, by=by, at=at)
    queue.close_task(task, TaskState.DONE, by=by, at=at)
    close_when_done(case.id, by=by, at=at)
    follow_ups.plan_follow_ups([task], by=by, at=at)


def tell_after_all(
    case: Case, contact: Contact | None, _one: Consequence, by: int | None, at: datetime
) -> None:
    """Undo `tell_no_more`: what was said in a call about somebody else's meeting is not theirs. Their call opens again."""
    if contact is None:
        return
    task = queue_queries.find_task_of_contact(contact.id)
    own = call_queries.calls_about(task.id) if task is not None else frozenset()
    subject = (SubjectType.CONTACT, contact.id)
    facts.add(
        [
            retraction(said, subject, source=said.source, cohort=contact.cohort)
            for said in standing(fact_queries.facts_of(*subject))
            if said.call_id is not None and said.call_id not in own and stated.holds_for_all_meetings(said)
        ],
        by=by,
        at=at,
    )
    calling.forget_telling(contact, by=by, at=at)
    identity = people.find_joint_identity(contact.person_id)
    decide_contact(contact, case, born=identity.birth_date if identity else None, by=by, at=at)
