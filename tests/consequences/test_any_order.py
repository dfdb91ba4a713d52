"""The same facts in any order, through the database: the same decisions, calls and lists, and nobody left uninformed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import NOW
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.support.examples import examples
from tests.support.story import Story, case, identity, waiting_case
from tracing.cases.models import Case
from tracing.cases.queries import get_case
from tracing.consequences import follow_ups, rules
from tracing.consequences import queries as pictures
from tracing.consequences import services as consequences
from tracing.consequences.picture_rules import CallNow, CaseNow, ContactNow
from tracing.contacts import queries as contacts
from tracing.contacts.case_closing import close_when_done
from tracing.contacts.models import Contact
from tracing.facts import queries as fact_queries
from tracing.facts import services as facts
from tracing.facts.rules import OF_IDENTITY, FactKind, FactSource, NewFact, Subject, SubjectType
from tracing.facts.ruling_rules import Ground, Ruling, RulingKind
from tracing.kernel.db import Session
from tracing.kernel.db import session as database
from tracing.messages import queries as messages
from tracing.people import correction_services as corrections
from tracing.people import queries as people
from tracing.people.correction_rules import Correction
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.models import ENDED, CallTask, TaskState

PAUL = identity("Paul", "Deniau", born=date(1970, 2, 3), phones=("+33639980009",))
ANNE = identity("Anne", "Roux", phones=("+33639980019",))
ZOE = identity("Zoé", "Blin", born=date(2012, 6, 1), phones=("+33639980003",))

NUMBERS = {"Marie": MARIE.phones[0], "Luc": LUC.phones[0], "Zoe": ZOE.phones[0]}

days = st.integers(-9, 0).map(lambda back: (NOW.date() + timedelta(days=back)).isoformat())
doses = st.sampled_from(["complete", "incomplete", "none", "unknown"])
OWN, BETTER = FactSource.PERSON, FactSource.DOCTOR


@dataclass(frozen=True)
class Word:
    """Something said of one of the people of the story."""

    about: str
    kind: FactKind
    source: FactSource
    value: Any

    @property
    def kept(self) -> Any:
        """The value as the fact holds it."""
        if isinstance(self.value, tuple):
            return self.value[0]
        return self.value.value if isinstance(self.value, Ruling) else self.value

    @property
    def speaks_of(self) -> date | None:
        """The day of a test that was told."""
        return date.fromisoformat(self.value[1]) if isinstance(self.value, tuple) else None


def word(about: st.SearchStrategy[str], kind: FactKind, value: Any, *sources: FactSource) -> Any:
    return st.builds(Word, about, st.just(kind), st.sampled_from(sources), value)


cases, listed = (
    st.sampled_from(["marie", "marie_again", "paul"]),
    st.sampled_from(["luc", "zoe", "luc_again"]),
)
persons = st.sampled_from(["Marie", "Luc", "Zoe"])
yes = st.just(value=True)


def ruling(kind: RulingKind, first: int = 0, last: int = 0) -> Ruling:
    """Return what a doctor decided apart from the rules, for days counted from now."""
    on = NOW.date()
    return Ruling(
        kind=kind,
        ground=Ground.HOSPITAL,
        rule=None,
        on=on,
        first_day=on + timedelta(days=first),
        last_day=on + timedelta(days=last),
    )


measures = st.sampled_from(
    [ruling(kind, 0, days) for kind in (RulingKind.UNTIL, RulingKind.NO_MEASURE) for days in (-2, 3, 12)]
    + [ruling(RulingKind.MEASURE_BY_RULE)]
)
risks = st.sampled_from(
    [ruling(kind) for kind in (RulingKind.AT_RISK, RulingKind.NEGLIGIBLE, RulingKind.RISK_BY_RULE)]
)
streets = st.sampled_from(["3 rue des Lilas", "9 quai Sud"])
tests = st.tuples(st.sampled_from(["pcr_negative", "antigen_positive", "self_test_positive"]), days)
said_of = [
    (cases, FactKind.ONSET, days | st.just("unknown"), OWN, BETTER),
    (cases, FactKind.SYMPTOMS, st.booleans(), OWN, BETTER),
    (cases, FactKind.SAMPLED, days, OWN, BETTER),
    (cases, FactKind.VACCINATION, doses, OWN),
    (listed | st.just("luc_once_more"), FactKind.LAST_CONTACT, days, OWN, BETTER),
    (listed, FactKind.VACCINATION, doses, OWN),
    (listed, FactKind.LIVES_WITH_CASE, st.booleans(), OWN),
    (listed, FactKind.INFECTED_RECENTLY, st.booleans(), OWN),
    (listed, FactKind.IMMUNODEPRESSED, st.booleans(), OWN),
    (listed, FactKind.SYMPTOMS, st.booleans(), OWN, BETTER),
    (listed, FactKind.ONSET, days | st.just("unknown"), OWN),
    (listed, FactKind.KEPT_IN_LIST, st.just("unsure_day"), FactSource.TRACER),
    (cases | listed, FactKind.MEASURE, measures, BETTER),
    (listed, FactKind.RISK, risks, BETTER),
    (cases | listed, FactKind.NOTE_DAYS, st.just(ruling(RulingKind.NOTE_DAYS, -3, 4)), BETTER),
    (listed, FactKind.REFUSAL, st.just("contact_first"), OWN),
    (persons, FactKind.DEATH, yes, FactSource.RELATIVE),
    (persons, FactKind.NO_CALLS, yes, OWN),
    (cases | listed, FactKind.TEST, tests, OWN),
    (cases | listed, FactKind.HOSPITAL, st.booleans(), OWN, BETTER),
    (persons, FactKind.WRONG_NUMBER, yes, FactSource.TRACER),
    (persons, FactKind.BIRTH_DATE, st.sampled_from(["1950-01-02", "2012-06-02"]), OWN, FactSource.RELATIVE),
    (persons, FactKind.ADDRESS, streets, OWN, FactSource.RELATIVE),
    *(
        (persons, kind, st.sampled_from(["Durand", "Blain"]), OWN, FactSource.RELATIVE)
        for kind in (FactKind.BIRTH_NAME, FactKind.USUAL_NAME, FactKind.FIRST_NAMES)
    ),
]
"""Of whom each kind of fact is said, what, and by whom."""
words = st.one_of(word(*one) for one in said_of)
"""One word of each source on each matter: whoever says two things on one matter means the later one."""
histories = st.lists(words, max_size=9, unique_by=lambda one: (one.about, one.kind, one.source))
told_already = st.sets(st.sampled_from(["marie", "marie_again", "luc", "zoe", "luc_again"]))


def corrected_by(one: Word) -> dict[str, Any]:
    """Return what a word corrects, as a form gives it."""
    if one.kind is FactKind.ADDRESS:
        return {"address": (one.value, "44000", "Nantes")}
    is_day = one.kind is FactKind.BIRTH_DATE
    return {one.kind.value: date.fromisoformat(one.value) if is_day else one.value}


class People:
    """Marie, ill since the 8th, and Paul, who both met Luc; Marie met Zoé too. Some of them were told already.

    Marie has a second result under another record of hers.
    """

    def __init__(self, story: Story) -> None:
        first = waiting_case(story.nantes, MARIE, at=NOW)
        marie, paul = get_case(first.case_id), case(story.nantes, PAUL, at=NOW)
        of_luc, of_zoe = (waiting_contact(story, marie, who) for who in (LUC, ZOE))
        again = waiting_contact(story, paul, LUC)
        contact = contacts.find_contact(again.contact_id)
        assert contact is not None
        contact.person_id = again.person_id = of_luc.person_id
        # nobody has spoken to him about Anne yet
        third = waiting_contact(story, case(story.nantes, ANNE, at=NOW), LUC)
        named = contacts.find_contact(third.contact_id)
        assert named is not None
        named.person_id = third.person_id = of_luc.person_id
        named.circumstances = {"lives_with_case": False}
        named.last_contact_on = NOW.date() - timedelta(days=4)
        second = waiting_case(story.nantes, MARIE, at=NOW)
        people.get_person(second.person_id).same_as = first.person_id
        database.flush()
        self.cases = {"marie": marie.id, "paul": paul.id, "marie_again": second.case_id}
        self.tasks = {
            "marie": first.id,
            "marie_again": second.id,
            "luc": of_luc.id,
            "zoe": of_zoe.id,
            "luc_again": again.id,
        }
        self.tasks["luc_once_more"] = third.id
        self.persons = {"Marie": first.person_id, "Luc": of_luc.person_id, "Zoe": of_zoe.person_id}
        for name in self.cases.values():
            consequences.follow_case(name, by=None, at=NOW)
        for task in (of_luc, of_zoe, again):
            consequences.decide_first(SubjectType.CONTACT, task.contact_id, by=None, at=NOW)
        self.named = named.id

    def tell(self, told: set[str]) -> None:
        """Let the calls of these people have been made."""
        for name in sorted(told):
            task = queue.get_task(self.tasks[name])
            if task.state is TaskState.OPEN:
                queue_services.close_task(task, TaskState.DONE, by=None, at=NOW)
                consequences.remember_told(task, at=NOW)
        follow_ups.plan_follow_ups([queue.get_task(self.tasks[one]) for one in sorted(told)], by=None, at=NOW)
        for case_id in self.cases.values():
            close_when_done(case_id, by=None, at=NOW)
        consequences.follow({(SubjectType.CONTACT, self.named)}, by=None, at=NOW)

    def subject(self, one: Word) -> Subject:
        if one.about in self.persons:
            return SubjectType.PERSON, self.persons[one.about]
        if one.about in self.cases:
            return SubjectType.CASE, self.cases[one.about]
        contact_id = queue.get_task(self.tasks[one.about]).contact_id
        assert contact_id is not None
        return SubjectType.CONTACT, contact_id

    def say(self, one: Word, at: Any) -> None:
        more: dict[str, Any] = {"speaks_of": one.speaks_of}
        subject = self.subject(one)
        if one.kind is FactKind.WRONG_NUMBER:
            number = NUMBERS[one.about]
            more |= {"number_hash": people.number_hashes(subject[1], [number])[number]}
        if one.kind in OF_IDENTITY:
            corrected = Correction(**corrected_by(one))
            sent_by = FactSource.LABORATORY
            said = corrections.facts_of(
                subject[1], corrected, source=one.source, sent_by=sent_by, is_other=True
            )
            consequences.record(said, by=None, at=at)
            return
        new = NewFact(
            subject=subject, kind=one.kind, value=one.kept, source=one.source, cohort=NOW.date(), **more
        )
        consequences.record([new], by=None, at=at)

    def take_back(self, one: Word, at: Any) -> None:
        """Say that it was a mistake."""
        subject = self.subject(one)
        if one.kind in OF_IDENTITY:
            for record in people.records_of_same_person(subject[1]):
                self._take_back_of(record, one, at)
            return
        said = [
            fact
            for fact in fact_queries.facts_of(*subject)
            if (fact.kind, fact.source, fact.value, fact.retracts) == (one.kind, one.source, one.kept, None)
        ]
        facts.retract(said[-1], subject, source=one.source, cohort=NOW.date(), by=None, at=at)

    def _take_back_of(self, record: int, one: Word, at: Any) -> None:
        """Take back what was said of who somebody is, in one of their records; nothing if it was no correction."""
        subject = (SubjectType.PERSON, record)
        said = [
            fact
            for fact in fact_queries.facts_of(*subject)
            if (fact.kind, fact.source, fact.retracts) == (one.kind, one.source, None)
        ]
        for fact in said:
            facts.retract(fact, subject, source=one.source, cohort=NOW.date(), by=None, at=at)

    def picture(self) -> dict[str, Any]:
        """Return everything that was decided, and where every call stands."""
        database.flush()
        database.expire_all()
        found: dict[str, Any] = {}
        for name, case_id in self.cases.items():
            of = database.get_one(Case, case_id)
            found[name] = (of.onset_on, of.sampled_on, of.window_start, of.window_end, of.isolation_last_day)
            found[name] += (of.isolation_rule, of.isolation_measure, of.vaccination, of.status)
        for name, task_id in self.tasks.items():
            task = database.get_one(CallTask, task_id)
            found[f"call of {name}"] = (task.state, task.again)
            asked = queue.find_follow_up(task.case_id, task.contact_id)
            waits = asked is not None and asked.state not in ENDED
            found[f"follow-up of {name}"] = (asked.state, asked.planned_on, asked.ends_on) if waits else None
            if task.contact_id is not None:
                one = database.get_one(Contact, task.contact_id)
                found[f"contact {name}"] = (one.last_contact_on, one.is_outside, one.risk, one.status)
                found[f"contact {name}"] += (one.quarantine_measure, one.quarantine_last_day)
        for name, person_id in self.persons.items():
            found[f"messages of {name}"] = messages.is_stopped(person_id)
            found[f"identity of {name}"] = people.find_joint_identity(person_id)
        return found

    def uninformed(self) -> list[str]:
        """Return who was told something that holds no more, may be called, and waits for no call."""
        missing = []
        for case_id in self.cases.values():
            of = database.get_one(Case, case_id)
            now = pictures.case_now(of, contacts.contacts_of_case(case_id), on=NOW.date())
            for subject, person, due in [
                (("case", case_id), now.person, now.person.last_day),
                *(
                    (
                        ("contact", one.contact_id),
                        one.person,
                        None if is_out(one, now) else one.person.last_day,
                    )
                    for one in now.contacts
                ),
            ]:
                asked = max((day for day in (due, person.due_elsewhere) if day is not None), default=None)
                is_otherwise = person.told is not None and person.is_decided and person.heard != asked
                rings = person.may_be_called and not person.is_informed_elsewhere
                if is_otherwise and rings and person.call is CallNow.DONE:
                    missing.append(f"{subject}")
            missing += [f"{one}" for one in rules.of_case(now)]
        return missing


def is_out(one: ContactNow, now: CaseNow) -> bool:
    outside = rules.is_outside(now.window, one.met_on) and not one.is_kept
    return outside or not one.may_be_at_risk


def lived(
    folks: People, told: set[str], history: list[Word], mistakes: Sequence[Word] = ()
) -> dict[str, Any]:
    """Say everything in this order, then take the mistakes back, each from the same beginning; nobody is left uninformed."""
    savepoint = database.begin_nested()
    try:
        folks.tell(told)
        for minute, one in enumerate(history, start=1):
            folks.say(one, NOW + timedelta(minutes=minute))
        for minute, one in enumerate(mistakes, start=60):
            folks.take_back(one, NOW + timedelta(minutes=minute))
        assert folks.uninformed() == []
        return folks.picture()
    finally:
        savepoint.rollback()
        database.expire_all()


def test_every_kind_of_fact_is_said_in_the_histories() -> None:
    assert {kind for _about, kind, *_more in said_of} == set(FactKind)


LONG = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def test_the_same_facts_in_any_order_end_in_the_same_decisions_and_calls(
    story: Story, session: Session
) -> None:
    folks = People(story)

    @settings(max_examples=examples(5), **LONG)
    @given(told_already, histories, st.randoms(use_true_random=False))
    def check(told: set[str], history: list[Word], random: Any) -> None:
        shuffled = list(history)
        random.shuffle(shuffled)
        assert lived(folks, told, history) == lived(folks, told, shuffled)

    check()


def test_what_was_said_by_mistake_and_taken_back_leaves_nothing(story: Story, session: Session) -> None:
    folks = People(story)

    @settings(max_examples=examples(5), **LONG)
    @given(told_already, histories, st.data())
    def check(told: set[str], history: list[Word], data: Any) -> None:
        mistakes = data.draw(st.lists(st.sampled_from(history), unique=True)) if history else []
        right = [one for one in history if one not in mistakes]
        assert lived(folks, told, history, mistakes) == lived(folks, told, right)

    check()


def test_a_first_day_said_by_mistake_and_taken_back_leaves_the_follow_up_call(
    story: Story, session: Session
) -> None:
    folks = People(story)
    mistake = Word("marie", FactKind.ONSET, OWN, "2026-03-10")

    assert lived(folks, {"marie"}, [mistake], [mistake]) == lived(folks, {"marie"}, [])


def test_a_number_said_wrong_by_mistake_opens_no_case_again_whose_person_was_told(
    story: Story, session: Session
) -> None:
    folks = People(story)
    mistake = Word("Marie", FactKind.WRONG_NUMBER, FactSource.TRACER, value=True)

    assert lived(folks, {"marie_again"}, [mistake], [mistake]) == lived(folks, {"marie_again"}, [])
