"""How long a case stays apart: the rows P0-3, P0-4a, P0-4b and P0-5, and the days on which they change."""

from datetime import date

import pytest

from tracing.programmes import get_pack
from tracing.programmes.rules import EarlyExit, Measure, isolation
from tracing.programmes.schema import EndIs
from tracing.programmes.vocabulary import Vaccination

COVID = get_pack("covid19")
EXERCISE = get_pack("exercise-2022")

COMPLETE, INCOMPLETE, NONE, UNKNOWN = (
    Vaccination.COMPLETE,
    Vaccination.INCOMPLETE,
    Vaccination.NONE,
    Vaccination.UNKNOWN,
)


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def decide(pack, *, onset=None, sampled=None, vaccination=UNKNOWN, age=40, on):
    return isolation(
        pack,
        onset=day(onset),
        sampled=day(sampled),
        vaccination=vaccination,
        age=age,
        on=date.fromisoformat(on),
    )


@pytest.mark.parametrize(
    ("onset", "sampled", "vaccination", "age", "on", "rule", "end"),
    [
        # P0-3: ten days for everybody, from the onset or else the sampling
        (None, "2021-03-01", NONE, 40, "2021-03-02", "P0-3", "2021-03-11"),  # golden (b)
        ("2021-03-01", "2021-03-03", NONE, 40, "2021-03-04", "P0-3", "2021-03-11"),
        (
            "2021-03-05",
            "2021-03-03",
            NONE,
            40,
            "2021-03-06",
            "P0-3",
            "2021-03-15",
        ),  # onset after the test wins
        ("2021-09-10", None, COMPLETE, 40, "2021-09-12", "P0-3", "2021-09-20"),  # vaccinated or not
        ("2021-09-10", None, NONE, 8, "2021-09-12", "P0-3", "2021-09-20"),  # a child too
        ("2021-12-25", None, COMPLETE, 40, "2021-12-27", "P0-3", "2022-01-04"),  # over the new year
        # the first day of P0-3, and the last
        ("2021-02-20", None, NONE, 40, "2021-02-22", "P0-3", "2021-03-02"),
        ("2021-12-30", None, COMPLETE, 40, "2022-01-02", "P0-3", "2022-01-09"),
        # the next day the same person is asked less, or the same
        ("2021-12-30", None, COMPLETE, 40, "2022-01-03", "P0-4a", "2022-01-06"),
        ("2021-12-30", None, NONE, 40, "2022-01-03", "P0-4b", "2022-01-09"),
        # P0-4: who is exempted from the longer one
        ("2022-01-08", None, COMPLETE, 40, "2022-01-10", "P0-4a", "2022-01-15"),
        ("2022-01-08", None, INCOMPLETE, 40, "2022-01-10", "P0-4b", "2022-01-18"),
        ("2022-01-08", None, NONE, 40, "2022-01-10", "P0-4b", "2022-01-18"),
        ("2022-01-08", None, UNKNOWN, 40, "2022-01-10", "P0-4b", "2022-01-18"),
        ("2022-01-08", None, NONE, 11, "2022-01-10", "P0-4a", "2022-01-15"),
        ("2022-01-08", None, NONE, 12, "2022-01-10", "P0-4b", "2022-01-18"),
        ("2022-01-08", None, NONE, None, "2022-01-10", "P0-4b", "2022-01-18"),  # age not known
        (None, "2022-01-08", COMPLETE, 40, "2022-01-10", "P0-4a", "2022-01-15"),
        ("2022-02-25", None, NONE, 40, "2022-02-26", "P0-4b", "2022-03-07"),  # February has 28 days
        ("2023-01-30", None, COMPLETE, 40, "2023-01-31", "P0-4a", "2023-02-06"),  # last day of P0-4
    ],
)
def test_isolation_ends_by_the_rule_of_the_day_of_the_question(
    onset, sampled, vaccination, age, on, rule, end
):
    found = decide(COVID, onset=onset, sampled=sampled, vaccination=vaccination, age=age, on=on)

    assert (found.measure, found.rule.rule_id, found.end) == (Measure.REQUIRED, rule, day(end))
    assert found.start == day(onset or sampled)
    assert str(found.rule) == f"covid19@2022.1/{rule}"


def test_isolation_counts_the_twenty_ninth_of_february():
    found = decide(EXERCISE, onset="2024-02-25", vaccination=COMPLETE, on="2024-02-26")

    assert found.end == date(2024, 3, 3)


@pytest.mark.parametrize(
    ("vaccination", "first_day", "rule"), [(COMPLETE, "2022-01-13", "P0-4a"), (NONE, "2022-01-15", "P0-4b")]
)
def test_a_negative_test_lets_a_case_out_early_in_2022(vaccination, first_day, rule):
    found = decide(COVID, onset="2022-01-08", vaccination=vaccination, on="2022-01-10")

    assert isinstance(found.early_exit, EarlyExit)
    assert found.early_exit.on == day(first_day)
    assert "48 heures" in found.early_exit.needs
    assert found.rule.rule_id == rule


def test_fever_prolongs_the_isolation_of_2021_only_for_somebody_with_symptoms():
    assert decide(COVID, onset="2021-03-01", on="2021-03-02").fever_free_hours == 48
    assert decide(COVID, sampled="2021-03-01", on="2021-03-02").fever_free_hours is None
    assert decide(COVID, onset="2021-03-01", on="2021-03-02").early_exit is None


@pytest.mark.parametrize("on", ["2023-02-01", "2026-11-21"])
def test_nothing_is_asked_of_a_case_since_february_2023(on):
    found = decide(COVID, onset=on, on=on)

    assert (found.measure, found.end, found.rule.rule_id) == (Measure.NOT_REQUIRED, None, "P0-5")
    assert "aucun isolement" in found.sentence


def test_a_day_without_a_rule_gets_no_guess():
    found = decide(COVID, onset="2021-02-20", on="2021-02-21")

    assert (found.measure, found.end, found.rule) == (Measure.NO_RULE, None, None)
    assert "Aucune règle" in found.sentence


def test_without_any_date_there_is_no_end():
    found = decide(COVID, on="2022-01-10")

    assert (found.measure, found.end) == (Measure.MISSING_DATES, None)
    assert "Il manque une date" in found.sentence


def test_the_pack_says_whether_the_end_is_the_last_day_in_or_the_first_day_out():
    last_day_in = decide(COVID, onset="2022-01-08", vaccination=COMPLETE, on="2022-01-10")
    other = COVID.model_copy(update={"end_is": EndIs.FIRST_DAY_OUT})
    first_day_out = decide(other, onset="2022-01-08", vaccination=COMPLETE, on="2022-01-10")

    assert last_day_in.end == first_day_out.end == date(2022, 1, 15)
    assert (last_day_in.last_day_in, last_day_in.first_day_out) == (date(2022, 1, 15), date(2022, 1, 16))
    assert (first_day_out.last_day_in, first_day_out.first_day_out) == (date(2022, 1, 14), date(2022, 1, 15))


def test_the_rule_shows_the_days_it_is_in_force():
    rule = decide(COVID, onset="2022-01-08", on="2022-01-10").rule

    assert (rule.in_force_from, rule.last_day_in_force) == (date(2022, 1, 3), date(2023, 1, 31))


def test_the_exercise_keeps_the_isolations_of_january_2022_for_ever():
    found = decide(EXERCISE, onset="2026-11-20", vaccination=NONE, on="2026-11-21")

    assert (found.end, str(found.rule)) == (date(2026, 11, 30), "exercise-2022@2022.1/P0-4b")
    assert found.rule.in_force_to is None
