"""How long a case isolates, how long a contact is in quarantine, and when a contact is tested."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tracing.programmes.rules.conditions import Facts, choose
from tracing.programmes.rules.reference import AppliedRule, applied, last_day_in
from tracing.programmes.rules.window import day_zero
from tracing.programmes.schema import Anchor, Delay, IsolationRow, Pack, QuarantineRow, TestRow
from tracing.programmes.vocabulary import Vaccination


def _(sentence: str) -> str:
    """Mark a sentence for translation; the code that shows it translates it."""
    return sentence


NO_RULE = _("Aucune règle n’est enregistrée à cette date. Demandez l’avis du médecin-conseil.")
MISSING_DATES = _("Il manque une date : le début des signes ou le prélèvement.")


class Measure(StrEnum):
    """What the rules require of a person: isolation or quarantine, nothing, or no answer possible."""

    REQUIRED = "required"
    NOT_REQUIRED = "not_required"
    NO_RULE = "no_rule"
    MISSING_DATES = "missing_dates"


_WITHOUT_RULE = {Measure.NO_RULE: NO_RULE, Measure.MISSING_DATES: MISSING_DATES}


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


@dataclass(frozen=True, kw_only=True)
class _Apart:
    """The common part of isolation and quarantine. `end` is J0 + n, as every source writes it."""

    measure: Measure
    start: date | None = None
    end: date | None = None
    last_day_in: date | None = None
    rule: AppliedRule | None = None

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

    early_exit: EarlyExit | None = None
    fever_free_hours: int | None = None
    """The isolation continues until this many hours have passed without fever."""


@dataclass(frozen=True, kw_only=True)
class Quarantine(_Apart):
    """How long a contact is in quarantine, and the tests required.

    `end` is None when nothing is required, and also when it depends on the unknown end of a case's isolation.
    """

    end_untested: date | None = None
    """When it ends for a person who does not do the tests."""
    tests: tuple[PlannedTest, ...] = ()


def isolation(
    pack: Pack,
    *,
    onset: date | None,
    sampled: date | None,
    vaccination: Vaccination,
    age: int | None,
    on: date,
) -> Isolation:
    """Return how long a case isolates, by the rule in force on the day of the question."""
    row = choose(pack.isolations, Facts(vaccination=vaccination, age=age), on)
    if row is None:
        return Isolation(measure=Measure.NO_RULE)
    rule = applied(pack, row)
    if row.days is None:
        return Isolation(measure=Measure.NOT_REQUIRED, rule=rule)
    start = day_zero(onset, sampled)
    if start is None:
        return Isolation(measure=Measure.MISSING_DATES)
    end = start + timedelta(days=row.days)
    return Isolation(
        measure=Measure.REQUIRED,
        start=start,
        end=end,
        last_day_in=last_day_in(pack, end),
        rule=rule,
        early_exit=_early_exit(row, start),
        # Without symptoms there is no fever to wait for.
        fever_free_hours=row.fever_free_hours if onset else None,
    )


def _early_exit(row: IsolationRow, start: date) -> EarlyExit | None:
    leave = row.early_exit
    return None if leave is None else EarlyExit(start + timedelta(days=leave.day), leave.needs)


def quarantine(
    pack: Pack,
    *,
    last_contact: date,
    lives_with_case: bool,
    vaccination: Vaccination,
    age: int | None,
    on: date,
    omicron: bool | None = None,
    infected_recently: bool | None = None,
    immunodepressed: bool | None = None,
    case_isolation_end: date | None = None,
    notified: date | None = None,
    first_test: date | None = None,
) -> Quarantine:
    """Return how long a contact at risk is in quarantine and when they are tested, by the rule in force on that day.

    `case_isolation_end` is the case's J0 + n; `notified` the day of the call, today by default; `first_test` the
    day on which the immediate test was really done.
    """
    facts = Facts(
        vaccination=vaccination,
        age=age,
        lives_with_case=lives_with_case,
        omicron=omicron,
        infected_recently=infected_recently,
        immunodepressed=immunodepressed,
    )
    row = choose(pack.quarantines, facts, on)
    if row is None:
        return Quarantine(measure=Measure.NO_RULE)
    days = {
        Anchor.LAST_CONTACT: last_contact,
        Anchor.CASE_ISOLATION_END: case_isolation_end,
        Anchor.NOTIFIED: notified or on,
        Anchor.FIRST_TEST: first_test or notified or on,
    }
    return _quarantine_of(pack, row, days)


def _quarantine_of(pack: Pack, row: QuarantineRow, days: dict[Anchor, date | None]) -> Quarantine:
    rule = applied(pack, row)
    tests = _tests_of(row, days)
    if not row.end:
        return Quarantine(measure=Measure.NOT_REQUIRED, rule=rule, tests=tests)
    end = _first_known(row.end, days)
    return Quarantine(
        measure=Measure.REQUIRED,
        start=days[Anchor.LAST_CONTACT],
        end=end,
        last_day_in=None if end is None else last_day_in(pack, end),
        rule=rule,
        end_untested=_first_known(row.end_untested, days),
        tests=tests,
    )


def _tests_of(row: QuarantineRow, days: dict[Anchor, date | None]) -> tuple[PlannedTest, ...]:
    """Plan the tests: none before the person is notified, and one per day at most, the first in the row's order."""
    told_on = days[Anchor.NOTIFIED]
    planned: dict[date, PlannedTest] = {}
    for line in row.tests:
        day = _first_known(_delays_of(line), days)
        if day is not None:
            day = max(day, told_on or day)
            planned.setdefault(day, PlannedTest(day, line.label))
    return tuple(planned[day] for day in sorted(planned))


def _delays_of(line: TestRow) -> tuple[Delay, ...]:
    delay = Delay(anchor=line.anchor, days=line.days)
    return (delay,) if line.otherwise is None else (delay, line.otherwise)


def _first_known(delays: tuple[Delay, ...], days: dict[Anchor, date | None]) -> date | None:
    for delay in delays:
        anchor = days[delay.anchor]
        if anchor is not None:
            return anchor + timedelta(days=delay.days)
    return None
