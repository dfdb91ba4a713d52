"""Commands on the contact list of a case: add, edit, remove, restore, disclose; decide risk and quarantine.

Call `calls.services.lock_for_write` first: every write of a call does.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.cases import queries as cases
from tracing.cases.models import Case, CaseOutcome
from tracing.contacts import calling, contact_to_case, identities, queries, rules
from tracing.contacts.errors import IsACase, NoSuchContact, NotTheirList, OutsideWindow
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.queries import SearchDays
from tracing.contacts.rules import ContactDetails, ContactSituation, Described, KeepReason, TestSaid
from tracing.facts import queries as fact_queries
from tracing.facts import services as facts
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType, retraction, standing
from tracing.kernel import clock, events
from tracing.kernel.db import session, take_id
from tracing.people import queries as people
from tracing.places import services as places
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import Quarantine, age_on, contact_risk
from tracing.programmes.schema import Pack
from tracing.queue.households import services as households
from tracing.queue.models import CallTask
from tracing.staff.agent import Agent


def add(call: Call, task: CallTask, details: ContactDetails, *, by: Agent, at: datetime) -> Contact:
    """Add a contact of the case on the telephone; one who may be at risk is called within the pack's hours.

    Raises:
        IdentityFirst, NotTheirList, OutsideWindow, IsTheCase, AlreadyNamed
    """
    case = _case_of(call, task)
    today = clock.local_day(at, by.site.time_zone)
    days = queries.search_days(case, on=today, zone=by.site.time_zone)
    _refuse_other_days(days, details)
    others = queries.contacts_of_case(case.id)
    identities.refuse_twice(details.described, case_person=case.person_id, others=others)
    is_invented = people.get_person(case.person_id).is_invented
    person = identities.person_of(details.described, is_invented=is_invented, cohort=today, at=at)
    identities.refuse_person_twice(person.id, others=others)
    contact = Contact(
        id=take_id("contacts"),
        case_id=case.id,
        person_id=person.id,
        cohort=today,
        may_disclose=details.may_disclose,
        status=ContactStatus.NAMED,
        named_at=at,
        named_by=by.member_id,
    )
    identities.seal(contact, details.described)
    _judge(contact, case, details, days.last, today)
    session.add(contact)
    session.flush()
    _keep_place(contact, case, details.described, by=by, at=at)
    if not contact.is_day_unknown:
        facts.add([_met(contact, FactSource.CASE, call, today)], by=by.member_id, at=at)
    _record("contact.named", contact, case, by=by, at=at, risk=contact.risk.value, rule=contact.risk_rule)
    contact_to_case.join_known_case(contact, case, zone=by.site.time_zone, by=by.member_id, at=at)
    if details.described.language:
        calling.set_language(contact, details.described.language, at=at)
    if details.described.phones:
        # a number belongs to one household, even the number of a person who need not be called
        households.settle_person(person.id, at=at)
    calling.update_call_task(contact, case, phones=_phones(contact), by=by.member_id, at=at)
    _follow_if_known(contact, case, by=by, at=at)
    return contact


def edit(
    call: Call, task: CallTask, contact_id: int, details: ContactDetails, *, by: Agent, at: datetime
) -> Contact:
    """Correct a line: who the contact is, when and how they met, whether the name may be told.

    In a contact's own call it is their own sheet: the call continues whatever the risk becomes, and they cannot change
    whether the case's name may be told.

    Raises:
        IdentityFirst, NoSuchContact, OutsideWindow, IsTheCase, AlreadyNamed
    """
    case = _case_about(call, task)
    contact = _line(task, case, contact_id)
    today = clock.local_day(at, by.site.time_zone)
    is_other_day = details.last_contact_on != queries.known_day(contact)
    days = queries.search_days(case, on=today, zone=by.site.time_zone)
    if is_other_day:
        _refuse_other_days(days, details)
    is_own_call = task.contact_id is not None
    before, person_before = queries.described(contact), contact.person_id
    who = details.described.keeping_what_the_case_said(before) if is_own_call else details.described
    if who.household is None and before is not None:
        who = replace(who, household=before.household)
    renumbered = before is None or set(before.phones) != set(who.phones)
    if before != who:
        _correct_person(contact, case, who, may_move=not is_own_call, today=today, at=at)
        _keep_place(contact, case, who, by=by, at=at)
    _judge(contact, case, details, days.last, today)
    if not is_own_call:
        contact.may_disclose = details.may_disclose
    if renumbered and contact.status is ContactStatus.UNREACHABLE:
        contact.status = ContactStatus.NAMED
    session.flush()
    said = before.language if before else ""
    if who.language != said or (said and contact.person_id != person_before):
        calling.set_language(contact, who.language, before=said, at=at)
    _record("contact.edited", contact, case, by=by, at=at, risk=contact.risk.value, rule=contact.risk_rule)
    if is_other_day:
        _keep_day(contact, FactSource.PERSON if is_own_call else FactSource.CASE, call, by=by, at=at)
    if contact.person_id != person_before:
        contact_to_case.follow_person(contact, case, zone=by.site.time_zone, by=by.member_id, at=at)
    # what the circumstances decide follows too, not only the day; and whoever is a case is asked nothing as a contact
    facts.follow({(SubjectType.CONTACT, contact.id)}, by=by.member_id, at=at)
    if not is_own_call:
        calling.update_call_task(
            contact, case, phones=_phones(contact), renumbered=renumbered, by=by.member_id, at=at
        )
        if before is None or who.household != before.household:
            calling.follow_household(contact, at=at)
    elif renumbered:
        households.settle_person(contact.person_id, at=at)
    return contact


def _keep_place(contact: Contact, case: Case, said: Described, *, by: Agent, at: datetime) -> None:
    """Keep where they met, so that others who name the place are counted."""
    places.keep_of_contact(
        case,
        contact.id,
        said.place,
        cohort=contact.cohort,
        named_at=contact.named_at,
        by=by.member_id,
        at=at,
    )


def _met(contact: Contact, source: FactSource, call: Call, today: date) -> NewFact:
    """Return what somebody said of the last day of contact, as it was just typed."""
    return NewFact(
        subject=(SubjectType.CONTACT, contact.id),
        kind=FactKind.LAST_CONTACT,
        value=contact.last_contact_on.isoformat(),
        source=source,
        cohort=today,
        call_id=call.id,
    )


def _keep_day(contact: Contact, source: FactSource, call: Call, *, by: Agent, at: datetime) -> None:
    """Record the last day of contact that was just typed; if it is no longer known, take back what the same said of it."""
    cohort = clock.local_day(at, by.site.time_zone)
    subject = (SubjectType.CONTACT, contact.id)
    if not contact.is_day_unknown:
        facts.add([_met(contact, source, call, cohort)], by=by.member_id, at=at)
        return
    said = [
        one
        for one in standing(fact_queries.facts_of(*subject))
        if one.kind is FactKind.LAST_CONTACT and one.source is source
    ]
    facts.add(
        [retraction(one, subject, source=source, cohort=cohort) for one in said], by=by.member_id, at=at
    )


def remove(call: Call, task: CallTask, contact_id: int, *, by: Agent, at: datetime) -> Contact:
    """Remove a contact from the list, and cancel their call. `restore` undoes it.

    Whoever was told already is told that nothing is asked of them; a call under way goes on, and its tracer sees it.

    Raises:
        IsACase: they are a case by now.
    """
    case = _case_of(call, task)
    contact = queries.get_contact(contact_id, case_id=case.id, lock=True)
    if contact.status is ContactStatus.REMOVED:
        return contact
    if contact.status is ContactStatus.BECAME_CASE:
        raise IsACase
    if contact.told_with_id is not None:
        calling.forget_telling(contact, by=by.member_id, at=at)
    contact.status_before = contact.status
    contact.status, contact.removed_at = ContactStatus.REMOVED, at
    session.flush()
    places.forget_of_contact(contact.id)
    _record("contact.removed", contact, case, by=by, at=at)
    calling.update_call_task(contact, case, phones=_phones(contact), by=by.member_id, at=at)
    facts.follow({(SubjectType.CONTACT, contact.id)}, by=by.member_id, at=at)
    return contact


def restore(call: Call, task: CallTask, contact_id: int, *, by: Agent, at: datetime) -> Contact:
    """Put a removed contact back in the list, and their call in the queue.

    Raises:
        AlreadyNamed: the same person was added again in the meantime.
    """
    case = _case_of(call, task)
    contact = queries.get_contact(contact_id, case_id=case.id, lock=True)
    if contact.status is not ContactStatus.REMOVED:
        return contact
    others = [one for one in queries.contacts_of_case(case.id) if one.id != contact.id]
    described = queries.described(contact)
    if described is not None:
        identities.refuse_twice(described, case_person=case.person_id, others=others)
    identities.refuse_person_twice(contact.person_id, others=others)
    contact.status, contact.removed_at = contact.status_before or ContactStatus.NAMED, None
    contact.status_before = None
    session.flush()
    if described is not None:
        _keep_place(contact, case, described, by=by, at=at)
    _record("contact.restored", contact, case, by=by, at=at)
    contact_to_case.join_known_case(contact, case, zone=by.site.time_zone, by=by.member_id, at=at)
    calling.update_call_task(contact, case, phones=_phones(contact), by=by.member_id, at=at)
    facts.follow({(SubjectType.CONTACT, contact.id)}, by=by.member_id, at=at)
    return contact


def _follow_if_known(contact: Contact, case: Case, *, by: Agent, at: datetime) -> None:
    """Let what the person of a contact was told of other meetings count; most are named once, and nothing follows."""
    if queries.named_elsewhere([contact], programme=case.programme):
        facts.follow({(SubjectType.CONTACT, contact.id)}, by=by.member_id, at=at)


def keep_in_list(
    call: Call, task: CallTask, contact_id: int, why: KeepReason | None, *, by: Agent, at: datetime
) -> Contact:
    """Keep a contact who was met outside the contagious days, with a reason; with None, let them leave after all."""
    case = _case_of(call, task)
    contact = queries.get_contact(contact_id, case_id=case.id, lock=True)
    subject = (SubjectType.CONTACT, contact.id)
    cohort = clock.local_day(at, by.site.time_zone)
    if why is None:
        said = fact_queries.in_force_of(*subject).get(FactKind.KEPT_IN_LIST)
        if said is not None:
            facts.retract(said, subject, cohort=cohort, source=FactSource.TRACER, by=by.member_id, at=at)
        return contact
    kept = NewFact(
        subject=subject,
        kind=FactKind.KEPT_IN_LIST,
        value=why.value,
        source=FactSource.TRACER,
        cohort=cohort,
        call_id=call.id,
    )
    facts.record([kept], by=by.member_id, at=at)
    return contact


def disclose(
    call: Call, task: CallTask, contact_id: int, *, allowed: bool, by: Agent, at: datetime
) -> Contact:
    """Record whether the case allows this contact to be told their name. The default is no."""
    case = _case_of(call, task)
    contact = queries.get_contact(contact_id, case_id=case.id, lock=True)
    contact.may_disclose = allowed
    session.flush()
    _record("contact.disclosure", contact, case, by=by, at=at, allowed=allowed)
    return contact


def decide(
    contact: Contact,
    *,
    vaccination: str | None,
    lives_with_case: bool | None,
    age: int | None,
    infected_recently: bool | None,
    immunodepressed: bool | None = None,
    symptoms_on: date | None = None,
    tests: Sequence[TestSaid] = (),
    zone: ZoneInfo,
    by: int | None,
    at: datetime,
) -> Quarantine:
    """Compute and store risk and quarantine, with their rules, from the contact's answers and the rules in force."""
    case = cases.get_case(contact.case_id)
    today = clock.local_day(at, zone)
    answered = {"lives_with_case": lives_with_case, "infected_recently": infected_recently}
    before = (contact.risk, contact.quarantine_end, contact.quarantine_rule)
    contact.vaccination = vaccination
    contact.immunodepressed, contact.symptoms_on = immunodepressed, symptoms_on
    contact.tests_said = [test.to_codes() for test in tests]
    met = rules.described_circumstances(contact.circumstances)
    contact.circumstances = rules.circumstances_to_codes(
        met, {name: said for name, said in answered.items() if said is not None}
    )
    _keep_risk(contact, case, today)
    decided = _keep_measure(contact, case, age=age, on=today)
    session.flush()
    if (contact.risk, contact.quarantine_end, contact.quarantine_rule) != before:
        events.record(
            "contact.dated",
            by=by,
            at=at,
            subject=("contact", contact.id),
            site_id=case.site_id,
            risk=contact.risk.value,
            rule=contact.quarantine_rule,
        )
    return decided


def measure_now(contact: Contact, case: Case, *, age: int | None, on: date) -> Quarantine:
    """Return what the rules ask of a contact, from the stored data; writes nothing.

    They are those in force on `on`, or on the day on which the contact was told: what was said does not move by itself,
    but for a rule that also changes quarantines under way.
    """
    pack, ruled_on = rules_of(contact, case, on=on)
    is_out = contact.is_outside or contact.status is ContactStatus.REMOVED
    situation = situation_of(contact, case, age=age, is_outside=is_out, on=on, ruled_on=ruled_on)
    return rules.measure_of(pack, situation)


def rules_of(contact: Contact, case: Case, *, on: date, anew: bool = False) -> tuple[Pack, date]:
    """Return the rules that decide a contact, and the day: today's, or those by which the contact was told.

    `anew`: today's all the same.
    """
    if anew or contact.first_told_on is None:
        return get_pack(case.programme), on
    told = contact.quarantine_rule or contact.risk_rule
    return get_pack(case.programme, told=told), contact.ruled_on or contact.first_told_on


def situation_of(
    contact: Contact, case: Case, *, age: int | None, is_outside: bool, on: date, ruled_on: date
) -> ContactSituation:
    """Return all that decides what is asked of a contact on `on`, by the rules of `ruled_on`, from the stored data."""
    return ContactSituation(
        last_contact=contact.last_contact_on,
        circumstances=rules.circumstances_from_codes(contact.circumstances),
        vaccination=contact.vaccination,
        age=age,
        immunodepressed=contact.immunodepressed,
        symptoms_on=contact.symptoms_on,
        tests=tuple(TestSaid.from_codes(codes) for codes in contact.tests_said or ()),
        variant=case.variant,
        case_isolation_end=case.isolation_end,
        is_outside=is_outside,
        case_is_none=case.outcome is CaseOutcome.NOT_A_CASE,
        doctor_risk=contact.doctor_risk,
        doctor_measure=contact.measure_ruling,
        on=ruled_on,
        notified=contact.first_told_on or on,
    )


def _case_of(call: Call, task: CallTask) -> Case:
    """Return the case whose list this call may change."""
    if task.contact_id is not None:
        raise NotTheirList
    return _case_about(call, task)


def _case_about(call: Call, task: CallTask) -> Case:
    calls.require_identity(call, task)
    return cases.get_case(task.case_id)


def _line(task: CallTask, case: Case, contact_id: int) -> Contact:
    """Return a line that this call may change: any line of the case's list; in a contact's own call only their own."""
    contact = queries.get_contact(contact_id, case_id=case.id, lock=True)
    is_theirs = task.contact_id is None or task.contact_id == contact.id
    if not is_theirs or contact.status is ContactStatus.REMOVED:
        raise NoSuchContact
    return contact


def _refuse_other_days(days: SearchDays, details: ContactDetails) -> None:
    if details.last_contact_on is not None and not days.first <= details.last_contact_on <= days.last:
        raise OutsideWindow(days.first, days.last)


def _judge(contact: Contact, case: Case, details: ContactDetails, last_day: date, today: date) -> None:
    """Store when and how they met, and the resulting risk; an unknown day is taken to be the last one searched."""
    if details.last_contact_on is not None or not contact.is_day_unknown:
        contact.last_contact_on = details.last_contact_on or last_day
    contact.is_day_unknown = details.last_contact_on is None
    # the contact's own answers are not the case's to change
    answered = (contact.circumstances or {}).get(rules.ANSWERED)
    contact.circumstances = rules.circumstances_to_codes(details.circumstances, answered)
    _keep_risk(contact, case, today)


def decide_again(
    contact: Contact, case: Case, *, born: date | None, on: date, reaching: frozenset[str] = frozenset()
) -> None:
    """Decide the quarantine again, if it had been decided before the meeting or the case's dates changed.

    `reaching` are rules that also change quarantines under way.
    """
    if contact.quarantine_measure is not None:
        age = None if born is None else age_on(born, on)
        _keep_measure(contact, case, age=age, on=on, reaching=reaching)


def judge_again(contact: Contact, case: Case, *, on: date) -> None:
    """Judge the risk of a meeting again, by other rules than before; whoever was told keeps theirs."""
    if contact.first_told_on is None:
        _keep_risk(contact, case, on)


def _keep_measure(
    contact: Contact,
    case: Case,
    *,
    age: int | None,
    on: date,
    reaching: frozenset[str] = frozenset(),
) -> Quarantine:
    """Store what is asked of a contact met in the contagious days: whether they were is kept beside it."""
    pack, ruled_on = rules_of(contact, case, on=on)
    situation = situation_of(contact, case, age=age, is_outside=False, on=on, ruled_on=ruled_on)
    decided = rules.measure_of(pack, situation)
    is_under_way = contact.quarantine_last_day is not None and contact.quarantine_last_day >= on
    if reaching and contact.first_told_on is not None and is_under_way:
        pack, ruled_on = rules_of(contact, case, on=on, anew=True)
        situation = situation_of(contact, case, age=age, is_outside=False, on=on, ruled_on=ruled_on)
        anew = rules.measure_of(pack, situation)
        if anew.rule is not None and anew.rule.rule_id in reaching:
            decided, contact.ruled_on = anew, ruled_on
    contact.quarantine_measure = decided.measure.value
    contact.quarantine_end, contact.quarantine_last_day = decided.end, decided.last_day_in
    contact.quarantine_rule = str(decided.rule) if decided.rule else None
    contact.awaits_result = decided.symptom_rule is not None
    contact.tests_due = [
        [test.on.isoformat(), test.kind.value if test.kind else None] for test in decided.tests
    ]
    return decided


def _keep_risk(contact: Contact, case: Case, today: date) -> None:
    met = rules.circumstances_from_codes(contact.circumstances)
    pack, ruled_on = rules_of(contact, case, on=today)
    risk = contact_risk(pack, met, on=ruled_on)
    # the rule is kept beside what a doctor decided apart from it
    contact.risk = (contact.doctor_risk if risk.rule else None) or risk.level
    contact.risk_rule = str(risk.rule) if risk.rule else None
    contact.risk_criterion = risk.criterion.value if risk.criterion else None


def _correct_person(
    contact: Contact, case: Case, described: Described, *, may_move: bool, today: date, at: datetime
) -> None:
    others = [one for one in queries.contacts_of_case(case.id) if one.id != contact.id]
    identities.refuse_twice(described, case_person=case.person_id, others=others)
    before = contact.person_id
    person = identities.correct(contact, described, may_move=may_move, cohort=today, at=at)
    identities.refuse_person_twice(person.id, others=others)
    contact.person_id = person.id
    identities.seal(contact, described)
    session.flush()
    if person.id != before:
        calling.move(contact, before, at=at)


def _phones(contact: Contact) -> tuple[str, ...]:
    identity = people.find_joint_identity(contact.person_id)
    return identity.phones if identity else ()


def _record(kind: str, contact: Contact, case: Case, *, by: Agent, at: datetime, **detail: object) -> None:
    events.record(
        kind,
        by=by.member_id,
        at=at,
        subject=("contact", contact.id),
        site_id=case.site_id,
        case=case.id,
        **detail,
    )
