"""How long a case isolates, how long a contact is in quarantine, and when each is tested."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from tracing.programmes.facts import Facts
from tracing.programmes.rules.reference import AppliedRule, applied, last_day_in
from tracing.programmes.rules.window import day_zero
from tracing.programmes.schema import Anchor, Delay, IsolationRow, Pack, QuarantineRow, TestRow
from tracing.programmes.vocabulary import Subject, TestKind, Vaccination


def _(sentence: str) -> str:
    """Mark a sentence for translation; the code that shows it translates it."""
    return sentence


NO_RULE = _("Aucune règle n’est enregistrée à cette date. Demandez l’avis du médecin-conseil.")
MISSING_DATES = _("Il manque une date : le début des symptômes ou le prélèvement.")


class Measure(StrEnum):
    """What the rules require of a person: isolation or quarantine, nothing, or no answer possible."""

    REQUIRED = "required"
    NOT_REQUIRED = "not_required"
    NO_RULE = "no_rule"
    MISSING_DATES = "missing_dates"


_WITHOUT_RULE = {Measure.NO_RULE: NO_RULE, Measure.MISSING_DATES: MISSING_DATES}


@dataclass(frozen=True)
class TestDone:
    """A test that was done since, by its day of sampling."""

    __test__ = False  # pytest: not a class of tests

    on: date
    is_positive: bool


@dataclass(frozen=True, kw_only=True)
class Course:
    """What happened since the measure began; nothing of it is known at first."""

    tests: tuple[TestDone, ...] = ()
    test_refused: bool = False
    symptoms_until: date | None = None
    """The last day with symptoms."""
    fever_until: date | None = None
    """The last day with fever."""

    def first_negative(self, *, since: date) -> date | None:
        """Return the day of the first negative test on that day or later, if no positive one comes before it."""
        late = sorted((test for test in self.tests if test.on >= since), key=lambda test: test.on)
        return late[0].on if late and not late[0].is_positive else None

    def first_positive(self, *, since: date) -> date | None:
        """Return the day of the first positive test on that day or later."""
        return min((test.on for test in self.tests if test.is_positive and test.on >= since), default=None)


NOTHING_SINCE = Course()


@dataclass(frozen=True)
class EarlyExit:
    """The first day on which a person may leave early, and the conditions."""

    on: date
    needs: str


@dataclass(frozen=True)
class PlannedTest:
    """A test to do on a given day."""

    on: date
    label: str
    kind: TestKind | None = None


@dataclass(frozen=True, kw_only=True)
class _Apart:
    """The common part of isolation and quarantine. `end` is J0 + n, as every source writes it."""

    measure: Measure
    start: date | None = None
    end: date | None = None
    last_day_in: date | None = None
    rule: AppliedRule | None = None
    tests: tuple[PlannedTest, ...] = ()

    @property
    def is_required(self) -> bool:
        """Whether the person must isolate or stay in quarantine."""
        return self.measure is Measure.REQUIRED

    @property
    def first_day_out(self) -> date | None:
        """The day on which the person may go out again."""
        return None if self.last_day_in is None else self.last_day_in + timedelta(days=1)

    @property
    def sentence(self) -> str:
        """The rule in plain words, or why there is none."""
        return self.rule.sentence if self.rule else _WITHOUT_RULE[self.measure]


@dataclass(frozen=True, kw_only=True)
class Isolation(_Apart):
    """How long a case isolates."""

    mask_until: date | None = None
    """The last day on which a mask is worn, after the isolation."""
    early_exit: EarlyExit | None = None
    """None also when a positive test, or none at all, has ruled it out."""
    fever_free_hours: int | None = None
    """The isolation continues until this many hours have passed without fever."""


@dataclass(frozen=True, kw_only=True)
class Quarantine(_Apart):
    """How long a contact is in quarantine, and the tests required.

    `end` is None when nothing is required, and also when it depends on the unknown end of a case's isolation.
    """

    end_untested: date | None = None
    """When it ends for a person who does not do the tests."""
    symptom_rule: AppliedRule | None = None
    """The rule that asks a contact with symptoms, or with a positive self-test, to isolate and to be tested."""
    is_no_contact: bool = False
    """The rules do not count this person as a contact."""

    @property
    def awaits_result(self) -> bool:
        """Whether the person stays at home for their symptoms only, until the result of a test."""
        return self.is_required and self.rule is not None and self.rule == self.symptom_rule


@dataclass(frozen=True, kw_only=True)
class _Days:
    """The days from which delays are counted."""

    known: Mapping[Anchor, date | None]
    not_before: date | None = field(default=None)
    """No test is planned before this day: the person did not know of it."""

    def first(self, delays: Iterable[Delay]) -> date | None:
        """Return the day of the first delay whose anchor is known."""
        for delay in delays:
            anchor = self.known.get(delay.anchor)
            if anchor is not None:
                return anchor + timedelta(days=delay.days)
        return None

    def tests(self, lines: Iterable[TestRow]) -> tuple[PlannedTest, ...]:
        """Plan the tests, one per day at most: the first in the order of the rule."""
        planned: dict[date, PlannedTest] = {}
        for line in lines:
            delay = Delay(anchor=line.anchor, days=line.days)
            day = self.first((delay,) if line.otherwise is None else (delay, line.otherwise))
            if day is not None:
                day = max(day, self.not_before or day)
                planned.setdefault(day, PlannedTest(day, line.label, line.kind))
        return tuple(planned[day] for day in sorted(planned))


def isolation(
    pack: Pack,
    *,
    onset: date | None,
    sampled: date | None,
    vaccination: Vaccination,
    age: int | None,
    on: date,
    immunodepressed: bool | None = None,
    facts: Facts | None = None,
    since: Course = NOTHING_SINCE,
) -> Isolation:
    """Return how long a case isolates, by the rule in force on the day of the question.

    `facts` are those that only this programme asks (its `facts`).
    """
    start = day_zero(onset, sampled)
    known: Facts = {
        **(facts or {}),
        "subject": Subject.CASE.value,
        "vaccination": _known(vaccination),
        "age": age,
        "symptomatic": onset is not None,
        "immunodepressed": immunodepressed,
    }
    row = pack.isolations.choose(known, on, began=start)
    if row is None:
        return Isolation(measure=Measure.NO_RULE)
    rule = applied(pack, row)
    if row.days is None:
        return Isolation(measure=Measure.NOT_REQUIRED, rule=rule)
    if start is None:
        return Isolation(measure=Measure.MISSING_DATES)
    end = start + timedelta(days=row.days)
    tests = _exit_tests(row, end)
    end = _prolonged(row, end, since if onset else replace(since, fever_until=None))
    return Isolation(
        measure=Measure.REQUIRED,
        start=start,
        end=end,
        last_day_in=last_day_in(pack, end),
        rule=rule,
        tests=tests,
        mask_until=None if row.mask_days is None else end + timedelta(days=row.mask_days),
        early_exit=_early_exit(row, start, end, since),
        # Without symptoms there is no fever to wait for.
        fever_free_hours=row.fever.hours if row.fever and onset else None,
    )


def _exit_tests(row: IsolationRow, end: date) -> tuple[PlannedTest, ...]:
    test = row.exit_test
    return (PlannedTest(end, test.label, test.kind),) if test else ()


def _prolonged(row: IsolationRow, end: date, since: Course) -> date:
    """Return the end, as fever and the test at the end move it: later, never earlier."""
    last_day = end
    if row.fever and since.fever_until:
        lasted = since.fever_until >= last_day
        if lasted or row.fever.counts == "always":
            end = max(end, since.fever_until + _hours(row.fever.hours))
    if row.exit_test:
        positive = since.first_positive(since=last_day)
        if positive is not None:
            end = max(end, positive + timedelta(days=row.exit_test.days_after_positive))
        elif since.test_refused:
            end = max(end, last_day + timedelta(days=row.exit_test.days_if_untested))
    return end


def _early_exit(row: IsolationRow, start: date, end: date, since: Course) -> EarlyExit | None:
    """Return the day of an early exit: of the negative test itself, or the first possible one while none was done."""
    leave = row.early_exit
    if leave is None:
        return None
    first = start + timedelta(days=leave.day)
    if leave.test and (since.test_refused or _is_settled_positive(since, first)):
        return None
    signs = [since.fever_until] if leave.free_of == "fever" else [since.fever_until, since.symptoms_until]
    free = [sign + _hours(leave.free_hours) for sign in signs if sign is not None]
    tested = [day for day in [since.first_negative(since=first)] if leave.test and day is not None]
    day = max([first, *free, *tested])
    return EarlyExit(day, leave.needs) if day < end else None


def _is_settled_positive(since: Course, first: date) -> bool:
    """Return whether the test of the early exit was positive: there is no second one."""
    positive, negative = since.first_positive(since=first), since.first_negative(since=first)
    return positive is not None and negative is None


def _hours(hours: int) -> timedelta:
    return timedelta(days=-(-hours // 24))


def quarantine(
    pack: Pack,
    *,
    last_contact: date | None,
    lives_with_case: bool | None,
    vaccination: Vaccination,
    age: int | None,
    on: date,
    infected_recently: bool | None = None,
    immunodepressed: bool | None = None,
    case_isolation_end: date | None = None,
    notified: date | None = None,
    first_test: date | None = None,
    symptoms: date | None = None,
    self_test: date | None = None,
    facts: Facts | None = None,
    since: Course = NOTHING_SINCE,
) -> Quarantine:
    """Return how long a contact at risk is in quarantine and when they are tested, by the rule in force on that day.

    Without `last_contact` what does not depend on it is still said. `case_isolation_end` is the case's J0 + n; `notified` the day of the call, today by default; `first_test` the
    day on which the immediate test was really done; `symptoms` the day on which they began; `self_test` that of a
    positive self-test; `facts` those that only this programme asks.
    """
    known: Facts = {
        **(facts or {}),
        "subject": Subject.CONTACT.value,
        "vaccination": _known(vaccination),
        "age": age,
        "lives_with_case": lives_with_case,
        "infected_recently": infected_recently,
        "immunodepressed": immunodepressed,
        "symptomatic": None if symptoms is None else True,
    }
    row = pack.quarantines.choose(known, on, began=last_contact)
    if row is None:
        return Quarantine(measure=Measure.NO_RULE)
    told_on = notified or on
    days = _Days(
        known={
            Anchor.DAY_ZERO: last_contact,
            Anchor.LAST_CONTACT: last_contact,
            Anchor.CASE_ISOLATION_END: case_isolation_end,
            Anchor.NOTIFIED: told_on,
            Anchor.FIRST_TEST: first_test or told_on,
            Anchor.SYMPTOMS: symptoms,
        },
        not_before=told_on,
    )
    decided = _quarantine_of(pack, row, days, since)
    return _as_possible_case(
        pack, (decided, row.tests), days, ill=symptoms is not None, positive=self_test is not None, on=on
    )


def tests_households(pack: Pack, on: date) -> bool:
    """Return whether a rule in force on a day has contacts tested for the disease itself: antibodies are no test to offer."""
    return any(
        test.kind is not TestKind.SEROLOGY
        for rule in pack.quarantines
        if rule.in_force(on)
        for test in rule.tests
    )


def possible_case(
    pack: Pack,
    exempt: Quarantine,
    *,
    symptoms: date | None,
    self_test: date | None = None,
    on: date,
    notified: date | None = None,
) -> Quarantine:
    """Return what is asked of somebody whom no quarantine concerns: with symptoms they are a possible case all the same."""
    told_on = notified or on
    days = _Days(known={Anchor.NOTIFIED: told_on, Anchor.SYMPTOMS: symptoms}, not_before=told_on)
    ill, positive = symptoms is not None, self_test is not None
    return _as_possible_case(pack, (exempt, ()), days, ill=ill, positive=positive, on=on)


def _quarantine_of(pack: Pack, row: QuarantineRow, days: _Days, since: Course) -> Quarantine:
    rule = applied(pack, row)
    tests = days.tests(row.tests)
    if not row.end:
        return Quarantine(
            measure=Measure.NOT_REQUIRED, rule=rule, tests=tests, is_no_contact=row.is_no_contact
        )
    untested = days.first(row.end_untested)
    end = _tested(days.first(row.end), untested, since)
    return Quarantine(
        measure=Measure.REQUIRED,
        start=days.known[Anchor.LAST_CONTACT],
        end=end,
        last_day_in=None if end is None else last_day_in(pack, end),
        rule=rule,
        end_untested=untested,
        tests=tests,
    )


def _tested(end: date | None, untested: date | None, since: Course) -> date | None:
    """Return the end, as the last test moves it: done late, or not at all. A test before the end lifts nothing."""
    if end is None or untested is None:
        return end
    if since.test_refused:
        return untested
    negative = since.first_negative(since=end)
    return end if negative is None else min(max(end, negative), untested)


def _as_possible_case(
    pack: Pack,
    decided: tuple[Quarantine, Iterable[TestRow]],
    days: _Days,
    *,
    ill: bool,
    positive: bool,
    on: date,
) -> Quarantine:
    """Return the quarantine of a contact with symptoms or a positive self-test: isolated and tested whatever exempts them."""
    found, lines = decided
    rows = [*(pack.positive_self_tests if positive else ()), *(pack.symptomatic_contacts if ill else ())]
    symptoms = next((one for one in rows if one.in_force(on)), None)
    if symptoms is None:
        return found
    rule = applied(pack, symptoms)
    tests = days.tests([*symptoms.tests, *lines])
    if found.measure is Measure.REQUIRED:
        return replace(found, tests=tests, symptom_rule=rule)
    return Quarantine(
        measure=Measure.REQUIRED,
        start=days.known.get(Anchor.SYMPTOMS) or days.known[Anchor.NOTIFIED],
        rule=rule,
        symptom_rule=rule,
        tests=tests,
    )


def _known(vaccination: Vaccination) -> str | None:
    return None if vaccination is Vaccination.UNKNOWN else vaccination.value
