"""The facts known before any question is asked, under the names a script may use (scripts.vocabulary.FACTS)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracing.calls.models import Call, Conversation
from tracing.calls.rules import SCRIPT_OF, StoredAnswer
from tracing.cases import queries as cases
from tracing.cases.models import CaseOutcome
from tracing.cases.rules import sampling_day
from tracing.cases.services import isolation_now
from tracing.consequences.queries import follow_up_after
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.queries import described, known_day
from tracing.contacts.rules import TestSaid
from tracing.contacts.telling import measure_of_person, without_done
from tracing.desk import rules
from tracing.desk.conversation.first_follow_up import first_follow_up_of_case, first_follow_up_of_contact
from tracing.desk.queries import CalledPerson, doctor_of
from tracing.escalations import queries as escalations
from tracing.facts import queries as fact_queries
from tracing.facts.rules import FactKind, SubjectType, in_force, onset_of, value_of
from tracing.kernel import clock
from tracing.people.rules import Identity
from tracing.programmes.rules import (
    REPRESENTATIVE_UNDER,
    Isolation,
    Quarantine,
    RuleRef,
    age_on,
    kept_for,
    notice_address,
    origin_since,
    prophylaxis,
    tests_households,
)
from tracing.programmes.vocabulary import RiskLevel, Subject, Vaccination
from tracing.queue.rules import CallAgain
from tracing.scripts.vocabulary import FACTS, YES, FactValue, Phrase
from tracing.scripts.wording import (
    MAY_WORK_FROM,
    SPOKEN_TO_AS_CHILD_UNDER,
    days_of_meetings,
    in_both,
    prophylaxis_in_words,
    tests_in_words,
    within_a_sentence,
    without_article,
)
from tracing.sickleave.assessment import AlreadyRead, assess
from tracing.sickleave.rules import NumberState, gives_parent_note, note_rule
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.staff.models import Role
from tracing.ui.formats import phone

IMMUNE = "immune"
"""A programme's own fact: the vaccine, or the disease itself, protects for good."""
ANNOUNCED_BY_CALLER = "result_announcement.confirmed"
NOTHING_FOLLOWS = ("no_case", "no_longer_contact", "negligible_risk")
"""Facts because of which nobody is called again."""
PARENT_ON_LINE = "parent_on_line.confirmed"
"""Kept among the answers of a child: their parent has said in this call who they are."""


def facts_of(
    about: CalledPerson, call: Call, conversation: Conversation, agent: Agent, at: datetime
) -> dict[str, FactValue]:
    """Return all facts for the person's script, without the unknown ones."""
    zone = agent.site.time_zone
    today = clock.local_day(at, zone)
    facts = _of_both(about, agent, today, zone)
    facts |= {"rang_us": call.rang_us or None, "parent_on_line": _is_parent_on_line(about, call) or None}
    if about.contact is None:
        facts |= _of_a_case(about, call, today, zone)
    else:
        facts |= _of_a_contact(about, today)
    facts["next_follow_up"] = _next_follow_up(about, facts, today)
    if about.task.is_follow_up:
        facts["had_symptoms"] = about.contact is None and _had_symptoms(about, call)
    facts |= _of_a_note(about, call, conversation, agent, at)
    kind = SCRIPT_OF[about.task.kind]
    return {name: value for name, value in facts.items() if value is not None and kind in FACTS[name].scripts}


def _next_follow_up(about: CalledPerson, facts: Mapping[str, FactValue], today: date) -> date | None:
    """Return the day of the next call that is planned, or that this call will plan."""
    if about.task.is_follow_up:
        return follow_up_after(about.case, about.contact, on=today)
    if any(facts.get(name) for name in NOTHING_FOLLOWS) or said_in_hospital(about.given):
        return None
    if about.contact is None:
        return first_follow_up_of_case(about.case, on=today)
    return first_follow_up_of_contact(about.contact, about.case, about.others, on=today)


def _of_a_note(
    about: CalledPerson, call: Call, conversation: Conversation, agent: Agent, at: datetime
) -> dict[str, FactValue]:
    """Return whether a note is possible, once the person has asked for one: before, nothing is declared for it."""
    wanted = about.given.get("wants_note")
    if wanted is None or wanted.value != YES or about.task.is_follow_up:
        return {}
    known = AlreadyRead(
        conversation=conversation, given=about.given, identity=about.identity, others=about.others
    )
    found = assess(call, about.task, by=agent, at=at, known=known)
    is_open = found.number in {NumberState.ASKED, NumberState.REFUSED}
    if found.note is None or is_open:
        return {"note_possible": False if found.refusal is not None else None}
    return {"note_possible": True, "note_from": found.not_worked_since}


def age_of(about: CalledPerson, day: date) -> int | None:
    """Return a person's age on a day; None if the birth date is unknown."""
    born = about.identity.birth_date if about.identity else None
    return age_on(born, day) if born else None


def age_that_counts(about: CalledPerson, *, at: datetime, zone: ZoneInfo) -> int | None:
    """Return the age that the rules use: on the day of sampling for a case, today for a contact."""
    day = about.case.first_sampled_at if about.contact is None else at
    return age_of(about, clock.local_day(day, zone))


def given_name(identity: Identity) -> str:
    """Return the given name by which a person is called."""
    return next(iter(identity.first_names.replace(",", " ").split()), "")


def spoken_name(identity: Identity | None) -> str | None:
    """Return a name in the form used on the telephone: first given name and last name."""
    if identity is None:
        return None
    given = identity.first_names.replace(",", " ").split()
    name = identity.usual_name or identity.birth_name
    return " ".join([*given[:1], name.title() if name.isupper() else name]).strip() or None


def _of_both(about: CalledPerson, agent: Agent, today: date, zone: ZoneInfo) -> dict[str, FactValue]:
    pack = about.pack
    number = staff.get_site(agent.site.id).call_back_number
    age = age_of(about, today)
    subject = Subject.CASE if about.contact is None else Subject.CONTACT
    note = note_rule(pack, subject, today)
    disease = in_both(pack.disease, pack.english) if pack.disease else None
    return {
        "tracer": agent.name,
        "site": agent.site.name,
        "person": spoken_name(about.identity),
        "callback_number": phone(number) if number else None,
        "retention": Phrase(*kept_for(pack.retention.person_days)),
        "notice_address": notice_address(pack),
        "tracer_is_adviser": agent.holds(Role.ADVISER),
        "is_minor": _is_minor(about, age),
        "is_young_child": (age is not None and age < SPOKEN_TO_AS_CHILD_UNDER) or None,
        "too_young_to_work": (age is not None and age < MAY_WORK_FROM) or None,
        "parent_note": gives_parent_note(pack, subject, age, today),
        "notes_issued": note is not None and note.issuer == "fund",
        "programme": about.case.programme,
        "masks_help": pack.masks_help,
        "has_boosters": pack.has_boosters,
        "household_tests": tests_households(pack, today),
        "disease": disease,
        "disease_alone": without_article(disease) if disease else None,
        "recent_infection_since": today - timedelta(days=pack.recent_infection_days),
    }


def _is_minor(about: CalledPerson, age: int | None) -> bool | None:
    """Return whether a representative must answer: by the birth date, else as the case said; None if nobody knows."""
    if age is not None:
        return age < REPRESENTATIVE_UNDER
    known = described(about.contact) if about.contact is not None else None
    return True if known is not None and known.is_child else None


def _of_a_case(about: CalledPerson, call: Call, today: date, zone: ZoneInfo) -> dict[str, FactValue]:
    case = about.case
    is_none = case.outcome is CaseOutcome.NOT_A_CASE
    result = about.result
    sampled = sampling_day(case.first_sampled_at, case.sampled_on, zone)
    last_day = None if is_none else result.isolation_last_day
    decided = isolation_of_case(about, today, zone)
    leave = None if is_none else decided.early_exit
    return {
        "no_case": is_none or None,
        "opened_by_mistake": (is_none and cases.rested_on_word(case)) or None,
        "doctor": doctor_of(case),
        "rule": short_rule(result.isolation_rule),
        "result_announced": _was_announced(about, call),
        "isolation_required": False if is_none else _is_required(result.isolation_measure),
        "isolation_over": _is_over(last_day, today),
        "sampling_said": True if case.sampled_on is not None else None,
        "sampling_on": sampled,
        "onset": case.onset_on,
        "window_start": case.window_start,
        "window_end": case.window_end,
        "origin_since": None if is_none else origin_since(about.pack, sampled=sampled, on=today),
        "isolation_end": last_day,
        "free_on": _day_after(last_day),
        "early_exit_on": leave.on if leave else None,
        "early_exit_needs": within_a_sentence(in_both(leave.needs, about.pack.english)) if leave else None,
        "fever_hours": None if is_none else decided.fever_free_hours,
        "exit_tests": None
        if is_none
        else tests_in_words([(test.on, test.kind) for test in decided.tests], today=today),
        "mask_until": None if is_none else decided.mask_until,
    }


def _had_symptoms(about: CalledPerson, call: Call) -> bool:
    """Return whether symptoms of a case were known before this call: what it says itself does not count."""
    said = fact_queries.facts_of(SubjectType.CASE, about.case.id)
    before = in_force([one for one in said if one.call_id != call.id])
    if any(one.kind in rules.OF_SYMPTOMS for one in said):
        return onset_of(before) is not None or value_of(before, FactKind.SYMPTOMS) is True
    return about.case.onset_on is not None


def _was_announced(about: CalledPerson, call: Call) -> bool:
    """Return whether an adviser has told the person the result: when asked, or in an earlier call."""
    said = about.given.get(ANNOUNCED_BY_CALLER)
    if said is not None and said.value is not None and said.call_id != call.id:
        return True
    knows = about.given.get("knows_result")
    # whoever knows it was told by nobody here: no query on each page of a call
    return (knows is None or knows.value != YES) and escalations.result_announced(about.task.id)


def _is_parent_on_line(about: CalledPerson, call: Call) -> bool:
    """Return whether a parent answers who has said in this call who they are."""
    said = about.given.get(PARENT_ON_LINE)
    return said is not None and said.call_id == call.id


def said_in_hospital(given: Mapping[str, StoredAnswer]) -> bool:
    """Return whether a person is in hospital, as they said: nobody rings them there."""
    said = given.get("hospitalised")
    return said is not None and said.value == YES


def _of_a_contact(about: CalledPerson, today: date) -> dict[str, FactValue]:
    contact = about.contact
    if contact is None:
        raise ValueError("this person is no contact")
    decided = measure_of_contact(about, today)
    tests = [test.on for test in decided.tests if test.on >= today]
    is_exempt = about.case.outcome is CaseOutcome.NOT_A_CASE or contact.risk is RiskLevel.NEGLIGIBLE
    is_exempt = is_exempt and not any(one.counts for one in about.others)
    for_symptoms = decided.symptom_rule is not None
    last_day = decided.last_day_in
    return {
        "rule": decided.rule.rule_id if decided.rule else None,
        "no_case": (about.case.outcome is CaseOutcome.NOT_A_CASE and is_exempt and not for_symptoms) or None,
        "no_longer_contact": (_is_no_longer_contact(about) and not for_symptoms) or None,
        # with symptoms the meeting does not matter: they isolate
        "negligible_risk": is_exempt and not for_symptoms,
        "case_name": spoken_name(about.case_identity) if contact.may_disclose else None,
        "last_contact": day_said(contact),
        **_meetings(about),
        "quarantine_required": _is_required(decided.measure.value),
        "quarantine_end": last_day,
        "quarantine_over": None if for_symptoms else _is_over(last_day, today),
        "free_on": _day_after(last_day),
        "result_awaited": for_symptoms,
        "test_lifts": _lifts(decided, tests, for_symptoms=for_symptoms) or None,
        "tests": tests_in_words([(test.on, test.kind) for test in decided.tests], today=today),
        "prophylaxis": None if is_exempt else _prophylaxis(about, today),
        "first_test_on": tests[0] if tests else None,
        "last_test_on": tests[-1] if len(tests) > 1 else None,
    }


def day_said(contact: Contact) -> date | None:
    """Return the day of the meeting to say: in their first call as the case said, which the person may correct.

    Whoever was told and is spoken to again hears the day that counts.
    """
    return (contact.said_last_contact_on if contact.told_at is None else None) or known_day(contact)


def _prophylaxis(about: CalledPerson, today: date) -> Phrase | None:
    """Return what may still prevent the disease in a contact, as their last meeting and what they said allow."""
    contact, pack = about.contact, about.pack
    met_on = None if contact is None else day_said(contact)
    if contact is None or met_on is None:
        return None
    known = {
        "age": age_of(about, today),
        "vaccination": contact.vaccination,
        "immunodepressed": contact.immunodepressed or None,
        IMMUNE: True if IMMUNE in pack.facts and contact.vaccination == Vaccination.COMPLETE else None,
    }
    return prophylaxis_in_words(
        (in_both(one.kind, pack.english), one.until, in_both(one.referral, pack.english))
        for one in prophylaxis(pack, last_contact=met_on, facts=known, on=today)
    )


def _lifts(decided: Quarantine, coming: Sequence[date], *, for_symptoms: bool) -> bool:
    """Return whether the quarantine ends with a test that is still to come: one planned for its end, as C-4n asks."""
    if for_symptoms or not decided.is_required or decided.end is None:
        return False
    return any(day >= decided.end for day in coming)


def _is_no_longer_contact(about: CalledPerson) -> bool:
    """Return whether a contact is called, or still on the line, only to hear that nothing is asked of them."""
    if about.contact is None or about.case.outcome is CaseOutcome.NOT_A_CASE:
        return False
    is_removed = about.contact.status is ContactStatus.REMOVED
    return (is_removed or about.task.again is CallAgain.NOT_CONCERNED) and not any(
        one.counts for one in about.others
    )


def _meetings(about: CalledPerson) -> dict[str, FactValue]:
    """Return when a contact met the positive people who named them about the same time, in words; nothing for one."""
    others = [one.contact for one in about.others if one.counts and one.contact.told_at is None]
    if about.contact is None or not others:
        return {}
    days = (known_day(one) for one in (about.contact, *others))
    return {"meetings": days_of_meetings(day for day in days if day is not None)}


def measure_of_contact(about: CalledPerson, today: date) -> Quarantine:
    """Return what is asked of a contact, for all their meetings, with every test that is still to be done."""
    if about.contact is None:
        raise ValueError("this person is no contact")
    decided = measure_of_person(about.contact, about.case, about.others, age=age_of(about, today), on=today)
    return without_done(decided, map(TestSaid.from_codes, about.contact.tests_said or ()))


def early_exit_on(about: CalledPerson, today: date, zone: ZoneInfo) -> date | None:
    """Return the first day on which a case may leave isolation early."""
    leave = isolation_of_case(about, today, zone).early_exit
    return leave.on if leave else None


def isolation_of_case(about: CalledPerson, today: date, zone: ZoneInfo) -> Isolation:
    """Return what is asked of a case, with the early exit and its conditions."""
    case = about.result
    sampled = sampling_day(case.first_sampled_at, case.sampled_on, zone)
    return isolation_now(case, sampled=sampled, age=age_of(about, sampled), on=today)


def short_rule(rule: str | None) -> str | None:
    """Return the short name of a rule, as a tracer quotes it."""
    return RuleRef.parse(rule).rule_id if rule else None


def _is_required(measure: str | None) -> bool | None:
    return {"required": True, "not_required": False}.get(measure or "")


def _is_over(last_day: date | None, today: date) -> bool | None:
    return None if last_day is None else last_day < today


def _day_after(day: date | None) -> date | None:
    return None if day is None else day + timedelta(days=1)
