"""How long a case stays apart: the rules P0-1 to P0-5, and the days on which they change."""

from datetime import date

import pytest

from tracing.programmes import get_pack
from tracing.programmes.rules import Course, EarlyExit, Measure, TestDone, isolation
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


def decide(pack, *, onset=None, sampled=None, vaccination=UNKNOWN, age=40, on, **known):
    return isolation(
        pack,
        onset=day(onset),
        sampled=day(sampled),
        vaccination=vaccination,
        age=age,
        on=date.fromisoformat(on),
        **known,
    )


@pytest.mark.parametrize(
    ("onset", "sampled", "vaccination", "age", "on", "rule", "end"),
    [
        # P0-1: fourteen days by the doctrine, ten after the sampling without signs
        ("2020-05-10", None, NONE, 40, "2020-05-11", "P0-1", "2020-05-24"),
        (None, "2020-09-13", NONE, 40, "2020-09-13", "P0-1.a", "2020-09-23"),
        # P0-2: seven days for everybody
        (None, "2020-09-13", NONE, 40, "2020-09-14", "P0-2", "2020-09-20"),
        ("2020-12-10", None, NONE, 40, "2020-12-11", "P0-2", "2020-12-17"),  # golden (a)
        ("2021-02-20", None, NONE, 40, "2021-02-21", "P0-2", "2021-02-27"),
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
    assert str(found.rule) == f"covid19@2022.2/{rule}"


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


def done(day_done, result):
    return TestDone(day(day_done), result == "positive")


@pytest.mark.parametrize(
    ("since", "first_day"),
    [
        ({}, "2022-01-13"),
        ({"tests": (done("2022-01-13", "negative"),)}, "2022-01-13"),
        ({"tests": (done("2022-01-14", "negative"),)}, "2022-01-14"),  # the day of the test itself
        ({"tests": (done("2022-01-12", "negative"),)}, "2022-01-13"),  # too early: another one can be done
        ({"tests": (done("2022-01-08", "positive"),)}, "2022-01-13"),  # the one that began it
        ({"tests": (done("2022-01-13", "positive"),)}, None),  # no second test
        ({"tests": (done("2022-01-15", "negative"),)}, None),  # it ends that day anyway
        ({"test_refused": True}, None),
        ({"symptoms_until": day("2022-01-11")}, "2022-01-13"),
        ({"symptoms_until": day("2022-01-12")}, "2022-01-14"),  # 48 hours without signs
        ({"symptoms_until": day("2022-01-13")}, None),
        ({"symptoms_until": day("2022-01-12"), "tests": (done("2022-01-13", "negative"),)}, "2022-01-14"),
    ],
)
def test_the_early_exit_is_the_day_of_the_negative_test_without_signs_for_two_days(since, first_day):
    found = decide(COVID, onset="2022-01-08", vaccination=COMPLETE, on="2022-01-14", since=Course(**since))

    assert (found.early_exit and found.early_exit.on) == day(first_day)
    assert found.end == date(2022, 1, 15)


@pytest.mark.parametrize(
    ("onset", "on", "fever_until", "end"),
    [
        # P0-2: seven days and 48 hours without fever
        ("2020-12-10", "2020-12-11", "2020-12-15", "2020-12-17"),
        ("2020-12-10", "2020-12-11", "2020-12-16", "2020-12-18"),
        # P0-3: only a fever that lasts on day 10 counts
        ("2021-03-01", "2021-03-02", "2021-03-10", "2021-03-11"),
        ("2021-03-01", "2021-03-02", "2021-03-11", "2021-03-13"),
        ("2021-03-01", "2021-03-02", "2021-03-14", "2021-03-16"),
    ],
)
def test_fever_prolongs_an_isolation_until_48_hours_without_it(onset, on, fever_until, end):
    assert decide(COVID, onset=onset, on=on, since=Course(fever_until=day(fever_until))).end == day(end)


def test_the_doctor_could_lift_an_isolation_of_spring_2020_from_day_eight():
    found = decide(COVID, onset="2020-06-01", on="2020-06-02")
    frail = decide(COVID, onset="2020-06-01", on="2020-06-02", immunodepressed=True)
    feverish = decide(COVID, onset="2020-06-01", on="2020-06-02", since=Course(fever_until=day("2020-06-08")))

    assert [one.early_exit.on for one in (found, frail, feverish)] == [
        date(2020, 6, 9),
        date(2020, 6, 11),
        date(2020, 6, 10),
    ]


@pytest.mark.parametrize(
    ("on", "since", "rule", "end", "tests"),
    [
        ("2021-02-07", {}, "P0-2", "2021-02-13", []),
        ("2021-02-08", {}, "P0-2v", "2021-02-16", ["2021-02-16"]),
        ("2021-02-21", {"tests": (done("2021-02-16", "negative"),)}, "P0-2v", "2021-02-16", ["2021-02-16"]),
        ("2021-02-21", {"tests": (done("2021-02-17", "positive"),)}, "P0-2v", "2021-02-24", ["2021-02-16"]),
        ("2021-02-21", {"test_refused": True}, "P0-2v", "2021-02-23", ["2021-02-16"]),
        ("2021-02-22", {}, "P0-3", "2021-02-16", []),
    ],
)
def test_two_variants_of_february_2021_needed_a_negative_test_to_leave(on, since, rule, end, tests):
    found = decide(COVID, onset="2021-02-06", on=on, facts={"variant": "v3"}, since=Course(**since))

    assert (found.rule.rule_id, found.end) == (rule, day(end))
    assert [test.on for test in found.tests] == [day(one) for one in tests]


@pytest.mark.parametrize(("age", "rule"), [(40, "P0-4b"), (11, "P0-4a")])
def test_an_immunodepressed_person_is_never_completely_vaccinated(age, rule):
    found = decide(
        COVID, onset="2022-01-08", vaccination=COMPLETE, age=age, on="2022-01-10", immunodepressed=True
    )

    assert found.rule.rule_id == rule


@pytest.mark.parametrize("on", ["2023-02-01", "2026-11-21"])
def test_nothing_is_asked_of_a_case_since_february_2023(on):
    found = decide(COVID, onset=on, on=on)

    assert (found.measure, found.end, found.rule.rule_id) == (Measure.NOT_REQUIRED, None, "P0-5")
    assert "aucun isolement" in found.sentence


def test_a_day_without_a_rule_gets_no_guess():
    found = decide(COVID, onset="2020-05-09", on="2020-05-10")

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

    assert (found.end, str(found.rule)) == (date(2026, 11, 30), "exercise-2022@2022.2/P0-4b")
    assert found.rule.in_force_to is None
