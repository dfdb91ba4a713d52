"""Let what a doctor decided apart from the rules reach dates, contacts, calls and the note."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tracing.cases import queries as cases
from tracing.cases.models import Case
from tracing.cases.rules import sampling_day
from tracing.consequences import services as consequences
from tracing.contacts import queries as contacts
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.services import measure_now
from tracing.contacts.telling import other_meetings
from tracing.escalations import rules
from tracing.escalations.errors import RulingDoesNotFit
from tracing.escalations.models import Decision, Escalation
from tracing.facts.rules import FactKind, FactSource, NewFact, Subject, SubjectType
from tracing.facts.ruling_rules import Ruling, RulingKind
from tracing.kernel import events
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import note_rule
from tracing.programmes.rules.reference import applied
from tracing.programmes.vocabulary import Subject as NoteSubject
from tracing.queue import queries as queue
from tracing.queue.models import CallTask
from tracing.staff.agent import Agent


def listed_contacts(task: CallTask) -> Sequence[Contact]:
    """Return the contacts of the case that a question is about; none if it is about a contact already."""
    if task.contact_id is not None:
        return []
    found = contacts.contacts_of_case(task.case_id)
    return [one for one in found if one.status not in {ContactStatus.REMOVED, ContactStatus.BECAME_CASE}]


def contact_of(task: CallTask, about: int | None) -> Contact | None:
    """Return the contact about whom a doctor decides: of the question, or one whom the case has named.

    Raises:
        RulingDoesNotFit: the case has not named them, or they are no contact of it any more.
    """
    if about is None:
        return contacts.find_contact(task.contact_id)
    found = next((one for one in listed_contacts(task) if one.id == about), None)
    if found is None:
        raise RulingDoesNotFit
    return found


def name_of(contact: Contact | None) -> str:
    """Return the first name by which the case speaks of a contact; empty once it is destroyed."""
    known = contacts.described(contact) if contact is not None else None
    return known.first_names if known is not None else ""


def first_last_day(task: CallTask, contact: Contact | None, *, today: date, zone: ZoneInfo) -> date:
    """Return the earliest day on which a doctor may end the measure of a case, or of this contact of it."""
    if contact is not None:
        return rules.first_last_day(None if contact.is_day_unknown else contact.last_contact_on, today=today)
    case = cases.get_case(task.case_id)
    sampled_on = sampling_day(case.first_sampled_at, case.sampled_on, zone)
    return rules.first_last_day(min(case.onset_on or sampled_on, sampled_on), today=today)


def last_day_by_rule(task: CallTask, contact: Contact | None) -> date | None:
    """Return the last day of the measure of a case, or of this contact of it; None if none is asked, or a doctor set it."""
    if contact is not None:
        return contact.quarantine_last_day if contact.measure_ruling is None else None
    case = cases.get_case(task.case_id)
    return case.isolation_last_day if case.measure_ruling is None else None


def rule_in_force(
    escalation: Escalation, kind: RulingKind, about: int | None = None, *, on: date
) -> str | None:
    """Return the rule from which a doctor's decision of this kind departs: of notes, of a contact's risk, or of the measure."""
    task = queue.get_task(escalation.task_id)
    contact = contact_of(task, about)
    if kind in {RulingKind.NOTE_DAYS, RulingKind.NOTE_BY_RULE}:
        return _rule_of_notes(cases.get_case(task.case_id), contact, on=on)
    if contact is None:
        return cases.get_case(task.case_id).isolation_rule
    about_risk = kind in {RulingKind.AT_RISK, RulingKind.NEGLIGIBLE, RulingKind.RISK_BY_RULE}
    return contact.risk_rule if about_risk else contact.quarantine_rule or contact.risk_rule


def _rule_of_notes(case: Case, contact: Contact | None, *, on: date) -> str | None:
    pack = get_pack(case.programme)
    subject = NoteSubject.CASE if contact is None else NoteSubject.CONTACT
    measure = None if contact is None else measure_now(contact, case, age=None, on=on)
    row = note_rule(pack, subject, on, measure)
    return None if row is None else str(applied(pack, row))


def record(
    task: CallTask,
    known: Escalation,
    ruling: Ruling,
    *,
    about: int | None = None,
    cohort: date,
    by: Agent,
    at: datetime,
) -> None:
    """Record a decision as facts, of the person or of the contact `about` whom the case has spoken."""
    contact = contact_of(task, about)
    subjects: list[Subject] = [(SubjectType.CASE, task.case_id)]
    if contact is not None:
        subjects = [(SubjectType.CONTACT, contact.id)]
        if ruling.fact_kind is not FactKind.RISK:
            # what is asked of a person is decided once, whoever else named them
            met = [one for one in other_meetings(contact, cases.get_case(contact.case_id)) if one.counts]
            subjects += [(SubjectType.CONTACT, one.contact.id) for one in met]
    said = [
        NewFact(
            subject=subject,
            kind=ruling.fact_kind,
            value=ruling.value,
            source=FactSource.DOCTOR,
            cohort=cohort,
            call_id=known.call_id,
        )
        for subject in subjects
    ]
    consequences.record(said, by=by.member_id, at=at)
    if known.decision is Decision.CLOSED and about is None:
        # the doctor has told them: what they were told is what holds now; a contact of theirs was told nothing
        consequences.remember_told(task, at=at)
    events.record(
        "escalation.ruled",
        by=by.member_id,
        at=at,
        subject=("escalation", known.id),
        site_id=known.site_id,
        audience=known.audience.value,
        task=known.task_id,
        kind=ruling.kind.value,
        ground=ruling.ground.value,
        rule=ruling.rule,
        **({"contact": contact.id} if about is not None and contact is not None else {}),
    )
