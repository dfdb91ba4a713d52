"""Decide a contact from the facts about them, and keep what they were told: in their own call, or in that of another meeting.

Whoever was told of one meeting and is named again, with nothing else to be said, is not rung once more; as soon as there
is, they are.
"""

from collections.abc import Sequence
from datetime import date, datetime

from tracing.cases.models import Case, CaseOutcome
from tracing.consequences import person_queries, queries
from tracing.consequences import stated_rules as stated
from tracing.consequences.picture_rules import Consequence
from tracing.contacts import calling, marks
from tracing.contacts import services as contacts
from tracing.contacts.case_closing import close_when_done
from tracing.contacts.models import Contact
from tracing.facts import queries as fact_queries
from tracing.facts.rules import (
    FactKind,
    FactSource,
    Said,
    SubjectType,
    day_of,
    in_force,
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
    """Let a contact count as told by the call about another meeting of theirs: theirs is closed."""
    told = contact and person_queries.told_of(contact, case)
    if contact is None or told is None:
        return
    identity = people.find_joint_identity(contact.person_id)
    calling.update_call_task(contact, case, phones=identity.phones if identity else (), by=by, at=at)
    task = queue_queries.find_task_of_contact(contact.id)
    if task is None:
        return
    queue_queries.lock_task(task)
    contact.told_with_id = told.id
    # as with everybody who was told, later rules do not ask more of them
    contact.ruled_on = clock.local_day(at, queries.zone_of(case))
    marks.mark_informed(contact, by=by, at=at)
    queue.close_task(task, TaskState.DONE, by=by, at=at)
    close_when_done(case.id, by=by, at=at)


def tell_after_all(
    _case: Case, contact: Contact | None, _one: Consequence, by: int | None, at: datetime
) -> None:
    """Undo `tell_no_more`: there is something else to say to them. Their call opens in the step that follows."""
    if contact is not None:
        calling.forget_telling(contact, by=by, at=at)
