"""What the rules of a programme say of one situation: every decision, with the rules that made it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from tracing.programmes.facts import Facts, FactValue
from tracing.programmes.rules.follow_ups import FollowUps, Prophylaxis, follow_ups, prophylaxis
from tracing.programmes.rules.measures import (
    Course,
    Isolation,
    Measure,
    PlannedTest,
    Quarantine,
    TestDone,
    isolation,
    quarantine,
)
from tracing.programmes.rules.notes import NoteDays, note_days, note_rule
from tracing.programmes.rules.reference import AppliedRule, applied
from tracing.programmes.rules.risk import infected_recently
from tracing.programmes.rules.window import Window, contagious_window, day_zero
from tracing.programmes.schema import Pack
from tracing.programmes.vocabulary import Subject, Vaccination


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What is known of a case or a contact, and the day on which the question is asked."""

    subject: Subject
    on: date | None = None
    onset: date | None = None
    sampled: date | None = None
    last_contact: date | None = None
    notified: date | None = None
    vaccination: Vaccination = Vaccination.UNKNOWN
    household: bool = False
    age: int | None = None
    case_isolation_end: date | None = None
    tests: tuple[TestDone, ...] = ()
    test_refused: bool = False
    symptoms: date | None = None
    """Of a case whose onset is known the last day with symptoms; else the day on which they began."""
    fever_until: date | None = None
    previous_infection: date | None = None
    immunodepressed: bool = False
    facts: dict[str, FactValue | None] = field(default_factory=dict)
    """Facts that only the programme asks, such as the variant."""

    @property
    def asked_on(self) -> date | None:
        """The day of the question: as given, else of the call, else the latest day on which something happened."""
        happened = [
            self.onset,
            self.sampled,
            self.last_contact,
            self.symptoms,
            *(test.on for test in self.tests),
        ]
        return self.on or self.notified or max((day for day in happened if day), default=None)


class MissingDay(ValueError):
    """A day is missing without which no rule can be asked."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Every decision of a situation."""

    on: date
    measure: Isolation | Quarantine
    window: Window | None = None
    follow_ups: FollowUps | None = None
    note: NoteDays | None = None
    note_rule: AppliedRule | None = None
    prophylaxis: tuple[Prophylaxis, ...] = ()

    @property
    def isolation(self) -> Isolation | None:
        """The isolation of a case, or of a contact who has become one."""
        return self.measure if isinstance(self.measure, Isolation) else None

    @property
    def quarantine(self) -> Quarantine | None:
        """The quarantine of a contact."""
        return self.measure if isinstance(self.measure, Quarantine) else None

    @property
    def tests(self) -> tuple[PlannedTest, ...]:
        """The tests to do."""
        return self.measure.tests

    @property
    def is_nothing_asked(self) -> bool | None:
        """Whether the rules ask the person to stay nowhere; None if no rule answers."""
        return {Measure.REQUIRED: False, Measure.NOT_REQUIRED: True}.get(self.measure.measure)

    @property
    def rules(self) -> tuple[tuple[str, AppliedRule], ...]:
        """Every rule that decided something, with what it decided, each once."""
        found: list[tuple[str, AppliedRule | None]] = [
            ("window", self.window.rule if self.window else None),
            ("isolation" if self.isolation else "quarantine", self.measure.rule),
            ("symptoms", self.quarantine.symptom_rule if self.quarantine else None),
            ("follow_up", self.follow_ups.rule if self.follow_ups else None),
            ("sick_note", self.note_rule),
            *(("prophylaxis", one.rule) for one in self.prophylaxis),
        ]
        seen: dict[str, tuple[str, AppliedRule]] = {}
        for what, rule in found:
            if rule is not None:
                seen.setdefault(rule.rule_id, (what, rule))
        return tuple(seen.values())


def explain(pack: Pack, said: Situation) -> Explanation:
    """Return all that the rules of a programme say of a situation.

    Raises:
        MissingDay: no day is given at all.
    """
    on = said.asked_on
    if on is None:
        raise MissingDay("give at least one day")
    if said.subject is Subject.CASE:
        return _of_a_case(pack, said, on)
    positive = min((test.on for test in said.tests if test.is_positive), default=None)
    if positive is not None:
        # a contact with a positive test is a case from then on
        others = tuple(test for test in said.tests if test.on > positive)
        became = replace(
            said, onset=said.onset or said.symptoms, sampled=positive, symptoms=None, tests=others
        )
        return _of_a_case(pack, became, on)
    return _of_a_contact(pack, said, on)


def _of_a_case(pack: Pack, said: Situation, on: date) -> Explanation:
    # symptoms of somebody without a known onset begin the count again
    onset = said.onset or said.symptoms
    measure = isolation(
        pack,
        onset=onset,
        sampled=said.sampled,
        vaccination=said.vaccination,
        age=said.age,
        on=on,
        immunodepressed=said.immunodepressed or None,
        facts=said.facts,
        since=Course(
            tests=said.tests,
            test_refused=said.test_refused,
            symptoms_until=said.symptoms if said.onset else None,
            fever_until=said.fever_until,
        ),
    )
    window = contagious_window(pack, onset=onset, sampled=said.sampled, on=on)
    zero = day_zero(onset, said.sampled)
    called = None if zero is None else follow_ups(pack, Subject.CASE, day_zero=zero, on=on)
    return _with_note(pack, said, Explanation(on=on, measure=measure, window=window, follow_ups=called))


def _of_a_contact(pack: Pack, said: Situation, on: date) -> Explanation:
    met_on = said.last_contact
    recently = infected_recently(pack, said.previous_infection, on=on)
    measure = quarantine(
        pack,
        last_contact=met_on,
        lives_with_case=said.household,
        vaccination=said.vaccination,
        age=said.age,
        on=on,
        infected_recently=recently,
        immunodepressed=said.immunodepressed or None,
        case_isolation_end=said.case_isolation_end,
        notified=said.notified,
        first_test=_first(said.tests, since=met_on or date.min),
        symptoms=said.onset or said.symptoms,
        facts=said.facts,
        since=Course(tests=said.tests, test_refused=said.test_refused),
    )
    called = (
        None
        if measure.is_no_contact or met_on is None
        else follow_ups(pack, Subject.CONTACT, day_zero=met_on, lives_with_case=said.household, on=on)
    )
    offered = (
        () if met_on is None else prophylaxis(pack, last_contact=met_on, facts=_of_the_person(said), on=on)
    )
    found = Explanation(on=on, measure=measure, follow_ups=called, prophylaxis=offered)
    return _with_note(pack, said, found)


def _of_the_person(said: Situation) -> Facts:
    vaccination = None if said.vaccination is Vaccination.UNKNOWN else said.vaccination.value
    return {
        **said.facts,
        "age": said.age,
        "vaccination": vaccination,
        "immunodepressed": said.immunodepressed or None,
    }


def _with_note(pack: Pack, said: Situation, found: Explanation) -> Explanation:
    subject = Subject.CASE if found.isolation else Subject.CONTACT
    row = note_rule(pack, subject, found.on, found.measure, facts=said.facts)
    if row is None:
        return found
    too_young = said.age is not None and said.age < row.minimum_age
    written_on = (said.notified or found.on) if subject is Subject.CONTACT else found.on
    days = None if too_young else note_days(pack, subject, found.measure, on=written_on, facts=said.facts)
    return replace(found, note=days, note_rule=applied(pack, row))


def _first(tests: Iterable[TestDone], *, since: date) -> date | None:
    return min((test.on for test in tests if test.on >= since), default=None)
