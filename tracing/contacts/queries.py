"""Queries of contacts: always those of one case, for a call that may see them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from tracing.calls import queries as calls
from tracing.calls import services as call_services
from tracing.calls.errors import NoSuchCall
from tracing.calls.models import Call
from tracing.cases.models import Case, CaseOutcome
from tracing.cases.rules import sampling_day
from tracing.contacts.errors import NoSuchContact
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.rules import Described, KeepReason, is_called, search_window
from tracing.facts import queries as fact_queries
from tracing.facts.rules import FactKind, SubjectType, in_force
from tracing.kernel.db import equals_any, fresh, session
from tracing.messages.rules import Represented
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import REPRESENTATIVE_UNDER, Window, age_on
from tracing.queue.errors import ClaimLost
from tracing.queue.models import CallTask, TaskKind
from tracing.scripts.vocabulary import REPRESENTATIVE, WHO_ANSWERS
from tracing.staff.agent import Agent
from tracing.vault import services as vault


@dataclass(frozen=True)
class Line:
    """A contact as the list shows it: the description by the case, and their call."""

    contact: Contact
    described: Described | None
    """None once the identity is destroyed."""
    task: CallTask | None


@dataclass(frozen=True)
class SearchDays:
    """The days in which contacts of a case are searched, both included; the window is None if no rule is in force."""

    first: date
    last: date
    window: Window | None


def open_call(call_id: int, task_id: int, by: Agent) -> tuple[Call, CallTask]:
    """Return a call that the agent holds as its tracer, with one of its tasks.

    Raises:
        NoSuchCall: it is another member's or another site's, made for a question, or to another household.
        ClaimLost: it has ended: the tracer may no longer see what it showed.
    """
    call = calls.get_call(call_id, tracer_id=by.member_id)
    if call.site_id != by.site.id or call.escalation_id is not None:
        raise NoSuchCall
    task = call_services.task_of_call(call, task_id)
    if call.ended_at is not None:
        raise ClaimLost
    return call, task


def get_contact(contact_id: int, *, case_id: int, lock: bool = False) -> Contact:
    """Return a contact of a case."""
    chosen = select(Contact).where(Contact.id == contact_id, Contact.case_id == case_id)
    if lock:
        chosen = fresh(chosen.with_for_update())
    contact = session.scalar(chosen)
    if contact is None:
        raise NoSuchContact
    return contact


def find_contact(contact_id: int | None) -> Contact | None:
    """Return the contact of a task; None if the task is about a case."""
    return None if contact_id is None else session.get(Contact, contact_id)


def contacts_of_case(case_id: int) -> Sequence[Contact]:
    """Return every contact that a case named, removed ones included, in the order of naming."""
    return session.scalars(select(Contact).where(Contact.case_id == case_id).order_by(Contact.id)).all()


def described(contact: Contact) -> Described | None:
    """Return the description by the case, or the person's own record if none was kept; None once destroyed."""
    if contact.sealed is not None:
        opened = vault.find_unsealed("contacts", contact.id, contact.cohort, contact.sealed)
        return None if opened is None else Described.from_dict(opened)
    identity = people.find_identity(contact.person_id)
    return None if identity is None else Described.of(identity)


def represented(person_id: int, contact: Contact | None, *, on: date) -> Represented | None:
    """Return for whom a parent or legal representative is written to, in place of the person; None: they are themselves.

    Of a child the birth date decides; where nobody knows it, the word of the case who named them as a child. Of an adult,
    that a legal representative has answered for them in the last call in which somebody said who they are.
    """
    identity = people.find_joint_identity(person_id)
    known = described(contact) if contact is not None else None
    if identity is not None and identity.birth_date is not None:
        is_child = age_on(identity.birth_date, on) < REPRESENTATIVE_UNDER
    else:
        is_child = known is not None and known.is_child
    if is_child:
        return Represented.CHILD
    records = people.records_of_same_person(person_id)
    spoken = session.scalars(
        select(CallTask.id).where(equals_any(CallTask.person_id, records)).order_by(CallTask.id)
    ).all()
    answers = calls.answers_by_task(spoken, [WHO_ANSWERS])
    said = [answers[one][WHO_ANSWERS] for one in spoken if WHO_ANSWERS in answers[one]]
    return Represented.ADULT if said and said[-1] == REPRESENTATIVE else None


def descriptions(contacts: Sequence[Contact]) -> dict[int, Described | None]:
    """Return what `described` does for several contacts, by contact; their records are read by one statement."""
    unsealed = {one.person_id for one in contacts if one.sealed is None}
    known = people.identities(unsealed) if unsealed else {}
    return {
        one.id: described(one)
        if one.sealed is not None
        else Described.of(known[one.person_id])
        if one.person_id in known
        else None
        for one in contacts
    }


def who_has_a_number(phones: Iterable[str], others: Iterable[Described]) -> list[Described]:
    """Return those of a list who have one of these numbers."""
    numbers = set(phones)
    return [one for one in others if numbers & set(one.phones)]


def sharing_a_number(
    phones: Iterable[str], contacts: Iterable[Contact], *, but: int | None = None
) -> list[Described]:
    """Return who else of a list has one of these numbers, contact `but` and those taken off it left out."""
    numbers = list(phones)
    listed = [one for one in contacts if one.status is not ContactStatus.REMOVED and one.id != but]
    known = descriptions(listed) if numbers else {}
    return who_has_a_number(numbers, (one for one in known.values() if one is not None))


def lines(contacts: Iterable[Contact]) -> list[Line]:
    """Return contacts as lines of the list."""
    shown = list(contacts)
    tasks = {
        task.contact_id: task
        for task in session.scalars(
            select(CallTask)
            .where(
                CallTask.contact_id.in_([contact.id for contact in shown]),
                CallTask.kind == TaskKind.CONTACT_FIRST,
            )
            .order_by(CallTask.id)
        )
    }
    known = descriptions(shown)
    return [Line(contact, known[contact.id], tasks.get(contact.id)) for contact in shown]


def kept_in_list(contact_ids: Iterable[int]) -> dict[int, KeepReason]:
    """Return why each of these contacts is kept in the list although met outside the contagious days."""
    found = fact_queries.facts_by_subject(SubjectType.CONTACT, contact_ids, kinds={FactKind.KEPT_IN_LIST})
    return {
        contact_id: KeepReason(said[FactKind.KEPT_IN_LIST].value)
        for contact_id, facts in found.items()
        if FactKind.KEPT_IN_LIST in (said := in_force(facts))
    }


REFUSAL_HOLDS = timedelta(days=14)
"""Whoever refused to be called as a contact is not called as one again for this long, in the same programme."""


@dataclass(frozen=True, repr=False)
class Meeting:
    """A contact with the case that named them: one meeting of a person."""

    contact: Contact
    case: Case

    @property
    def is_listed(self) -> bool:
        """Whether they still are a contact: not taken off the list, and not a case by now."""
        return self.contact.status not in NO_CONTACTS

    @property
    def counts(self) -> bool:
        """Whether something may follow from it: met in the contagious days of a case that is one, perhaps at risk."""
        is_none = self.case.outcome is CaseOutcome.NOT_A_CASE
        return self.is_listed and is_called(self.contact.risk) and not self.contact.is_outside and not is_none


NO_CONTACTS = frozenset({ContactStatus.REMOVED, ContactStatus.BECAME_CASE})
OF_ONE_TIME = timedelta(days=14)
"""Meetings named within this time speak of one time: what follows from all of them is told together."""


def named_elsewhere(contacts: Sequence[Contact], *, programme: str) -> dict[int, list[Meeting]]:
    """Return the other meetings of each contact's person in a programme, under whichever record and case.

    Keyed by contact, in the order of naming; contacts without any are absent.
    """
    records = people.all_records([one.person_id for one in contacts])
    wanted = sorted({one for theirs in records.values() for one in theirs})
    if not wanted:
        return {}
    rows = session.execute(
        select(Contact, Case)
        .join(Case, Case.id == Contact.case_id)
        .where(equals_any(Contact.person_id, wanted), Case.programme == programme)
        .order_by(Contact.id)
    ).all()
    of_record: dict[int, list[Meeting]] = {}
    for other, case in rows:
        of_record.setdefault(other.person_id, []).append(Meeting(other, case))
    found: dict[int, list[Meeting]] = {}
    for contact in contacts:
        met = [
            one
            for record in sorted(records.get(contact.person_id, ()))
            for one in of_record.get(record, ())
            if one.contact.id != contact.id
        ]
        if met:
            found[contact.id] = sorted(met, key=lambda one: one.contact.id)
    return found


def of_one_time(contact: Contact, others: Iterable[Meeting]) -> list[Meeting]:
    """Return those of a person's other meetings that speak of the same time as one, without those that are none by now."""
    return [
        one for one in others if one.is_listed and abs(one.contact.named_at - contact.named_at) <= OF_ONE_TIME
    ]


def who_refused(
    contacts: Sequence[Contact], *, programme: str, elsewhere: Mapping[int, Sequence[Meeting]] | None = None
) -> frozenset[int]:
    """Return those of these contacts whose person refused such a call about the same time, named by another case.

    `elsewhere` is `named_elsewhere` of them, if already loaded.
    """
    others = named_elsewhere(contacts, programme=programme) if elsewhere is None else elsewhere
    wanted = {one.contact.id for theirs in others.values() for one in theirs}
    said = fact_queries.facts_by_subject(SubjectType.CONTACT, wanted, kinds={FactKind.REFUSAL})
    refused = {
        contact_id: stands[FactKind.REFUSAL].said_at
        for contact_id, facts in said.items()
        if FactKind.REFUSAL in (stands := in_force(facts))
        and stands[FactKind.REFUSAL].value != TaskKind.CONTACT_FOLLOW_UP.value
    }
    return frozenset(
        contact.id
        for contact in contacts
        if any(
            abs(refused[one.contact.id] - contact.named_at) <= REFUSAL_HOLDS
            for one in others.get(contact.id, ())
            if one.contact.id in refused
        )
    )


def contacts_who_became(case_id: int) -> Sequence[Contact]:
    """Return every contact who is the person of a case by now, in the order of naming."""
    chosen = select(Contact).where(Contact.became_case_id == case_id).order_by(Contact.id)
    return session.scalars(chosen).all()


def is_shared(person_id: int, *, but: int) -> bool:
    """Return whether others rely on this record besides contact `but`: a case, another contact, or a merged record."""
    other_contact = select(Contact.id).where(Contact.person_id == person_id, Contact.id != but).limit(1)
    own_case = select(Case.id).where(Case.person_id == person_id).limit(1)
    merged = (
        select(Person.id)
        .where(
            or_(Person.same_as == person_id, and_(Person.id == person_id, Person.same_as.is_not(None))),
        )
        .limit(1)
    )
    return (
        session.scalar(other_contact) is not None
        or session.scalar(own_case) is not None
        or session.scalar(merged) is not None
    )


def known_day(contact: Contact) -> date | None:
    """Return the last day of contact that counts; None if nobody has said one."""
    return None if contact.is_day_unknown else contact.last_contact_on


def search_days(case: Case, *, on: date, zone: ZoneInfo) -> SearchDays:
    """Return the days in which contacts of a case are searched, by the rule in force on `on`."""
    sampled = sampling_day(case.first_sampled_at, case.sampled_on, zone)
    return SearchDays(*search_window(get_pack(case.programme), onset=case.onset_on, sampled=sampled, on=on))
