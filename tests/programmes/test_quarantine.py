"""How long a contact stays apart and when they are tested: rules C-1 to C-7, C-S and C-X."""

from datetime import date, timedelta
from itertools import product

import pytest

from tracing.programmes import get_pack
from tracing.programmes.rules import (
    Course,
    Measure,
    PlannedTest,
    TestDone,
    contact_risk,
    infected_recently,
    isolation,
    quarantine,
)
from tracing.programmes.rules.risk import Circumstances
from tracing.programmes.vocabulary import TestKind, Vaccination

COVID = get_pack("covid19")
EXERCISE = get_pack("exercise-2022")

COMPLETE, INCOMPLETE, NONE, UNKNOWN = (
    Vaccination.COMPLETE,
    Vaccination.INCOMPLETE,
    Vaccination.NONE,
    Vaccination.UNKNOWN,
)
HOME, OUTSIDE = True, False
OMICRON = {"facts": {"variant": "omicron"}}
VARIANT = {"facts": {"variant": "v2"}}


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def decide(last_contact, lives_with_case=OUTSIDE, vaccination=UNKNOWN, age=40, *, on, pack=COVID, **known):
    return quarantine(
        pack,
        last_contact=date.fromisoformat(last_contact),
        lives_with_case=lives_with_case,
        vaccination=vaccination,
        age=age,
        on=date.fromisoformat(on),
        **{name: day(value) if isinstance(value, str) else value for name, value in known.items()},
    )


@pytest.mark.parametrize(
    ("last_contact", "home", "vaccination", "age", "on", "known", "rule", "end", "untested", "tests"),
    [
        # C-1: fourteen days, whatever the test
        ("2020-05-10", OUTSIDE, NONE, 40, "2020-05-11", {}, "C-1", "05-24", None, ["05-17"]),
        ("2020-09-12", HOME, NONE, 40, "2020-09-13", {}, "C-1.h", "09-26", None, ["09-13"]),
        # C-2: seven days and one test; a household is tested at once too
        ("2020-09-12", OUTSIDE, NONE, 40, "2020-09-14", {}, "C-2", "09-19", None, ["09-19"]),
        ("2020-09-12", HOME, NONE, 40, "2020-09-14", {}, "C-2.h", "09-19", None, ["09-14", "09-19"]),
        ("2020-11-07", HOME, NONE, 40, "2020-11-08", {}, "C-2.h", "11-14", None, ["11-08", "11-14"]),
        # C-2h: from 9 November 2020 seven days after the recovery of the case
        (
            "2020-11-07", HOME, NONE, 40, "2020-11-09", {"case_isolation_end": "2020-11-13"},
            "C-2h", "11-20", None, ["11-09", "11-20"],
        ),
        # C-2v: two variants of February 2021
        ("2021-02-06", OUTSIDE, NONE, 40, "2021-02-07", VARIANT, "C-2", "02-13", None, ["02-13"]),
        ("2021-02-06", OUTSIDE, NONE, 40, "2021-02-08", VARIANT, "C-2v", "02-13", None, ["02-08", "02-13"]),
        ("2021-02-20", OUTSIDE, NONE, 40, "2021-02-21", VARIANT, "C-2v", "02-27", None, ["02-21", "02-27"]),
        # C-3: seven days, fourteen for somebody who does not do the test
        ("2021-03-01", OUTSIDE, NONE, 40, "2021-03-02", {}, "C-3", "03-08", "03-15", ["03-02", "03-08"]),
        ("2021-02-21", OUTSIDE, NONE, 40, "2021-02-22", {}, "C-3", "02-28", "03-07", ["02-22", "02-28"]),
        ("2021-03-01", OUTSIDE, COMPLETE, 40, "2021-07-21", {}, "C-3", "03-08", "03-15", ["07-21"]),
        ("2021-08-01", OUTSIDE, INCOMPLETE, 40, "2021-08-02", {}, "C-3", "08-08", "08-15", ["08-02", "08-08"]),
        # C-3h: J17 and J24, counted from the end of the case's isolation or else from the last contact; golden (c)
        ("2021-03-01", HOME, NONE, 40, "2021-03-02", {}, "C-3h", "03-18", "03-25", ["03-02", "03-18"]),
        (
            "2021-03-02", HOME, NONE, 8, "2021-03-02", {"case_isolation_end": "2021-03-11"},
            "C-3h", "03-18", "03-25", ["03-02", "03-18"],
        ),
        (
            "2021-03-02", HOME, NONE, 6, "2021-03-02", {"case_isolation_end": "2021-03-11"},
            "C-3h", "03-18", "03-25", ["03-02", "03-18"],
        ),
        # under six: no test, back on J18
        (
            "2021-03-02", HOME, NONE, 5, "2021-03-02", {"case_isolation_end": "2021-03-11"},
            "C-3h.u6", "03-18", None, [],
        ),
        # C-3v: from 22 July 2021 the vaccinated need not stay at home, the immunodepressed still must
        ("2021-07-21", OUTSIDE, COMPLETE, 40, "2021-07-22", {}, "C-3v", None, None, ["07-22", "07-28"]),
        (
            "2021-07-21", HOME, COMPLETE, 40, "2021-07-22", {"case_isolation_end": "2021-07-30"},
            "C-3v.h", None, None, ["07-22", "08-06"],
        ),
        (
            "2021-07-21", OUTSIDE, COMPLETE, 40, "2021-07-22", {"immunodepressed": True},
            "C-3", "07-28", "08-04", ["07-22", "07-28"],
        ),
        # C-3o: from 27 November 2021 Omicron takes the exemption away
        (
            "2021-11-25", OUTSIDE, COMPLETE, 40, "2021-11-26", OMICRON,
            "C-3v", None, None, ["11-26", "12-02"],
        ),
        (
            "2021-11-25", OUTSIDE, COMPLETE, 40, "2021-11-27", OMICRON,
            "C-3o", "12-02", "12-09", ["11-27", "12-02"],
        ),
        (
            "2021-12-01", HOME, COMPLETE, 40, "2021-12-02", OMICRON,
            "C-3o.h", "12-18", "12-25", ["12-02", "12-18"],
        ),
        ("2021-12-01", HOME, COMPLETE, 40, "2021-12-02", {"facts": {"variant": "delta"}}, "C-3v.h", None, None, ["12-02", "12-18"]),
        ("2021-12-01", HOME, NONE, 4, "2021-12-02", OMICRON, "C-3h.u6", "12-18", None, []),
        # C-X: infected less than sixty days ago, from 23 August 2021
        (
            "2021-08-21", OUTSIDE, NONE, 40, "2021-08-22", {"infected_recently": True},
            "C-3", "08-28", "09-04", ["08-22", "08-28"],
        ),
        ("2021-08-22", OUTSIDE, NONE, 40, "2021-08-23", {"infected_recently": True}, "C-X", None, None, []),
        ("2022-01-09", HOME, NONE, 40, "2022-01-10", {"infected_recently": True}, "C-X", None, None, []),
        # 2 and 3 January 2022, the same person
        ("2021-12-31", OUTSIDE, NONE, 40, "2022-01-02", {}, "C-3", "01-07", "01-14", ["01-02", "01-07"]),
        ("2021-12-31", OUTSIDE, NONE, 40, "2022-01-03", {}, "C-4n", "01-07", None, ["01-07"]),
        ("2021-12-31", OUTSIDE, COMPLETE, 40, "2022-01-02", {}, "C-3v", None, None, ["01-02", "01-07"]),
        # C-4v: self-tests counted from the last contact until 11 January, from the first test afterwards
        ("2022-01-10", OUTSIDE, COMPLETE, 40, "2022-01-11", {}, "C-4v.1", None, None, ["01-11", "01-12", "01-14"]),
        ("2022-01-10", OUTSIDE, COMPLETE, 40, "2022-01-12", {}, "C-4v.2", None, None, ["01-12", "01-14", "01-16"]),
        (
            "2022-01-10", OUTSIDE, COMPLETE, 40, "2022-01-12", {"first_test": "2022-01-13"},
            "C-4v.2", None, None, ["01-12", "01-15", "01-17"],
        ),
        ("2022-01-10", HOME, NONE, 11, "2022-01-12", {}, "C-4v.2", None, None, ["01-12", "01-14", "01-16"]),
        # C-4n: the household waits for the case until 16 January, for nobody from the 17th
        ("2022-01-10", OUTSIDE, NONE, 12, "2022-01-12", {}, "C-4n", "01-17", None, ["01-17"]),
        (
            "2022-01-10", HOME, NONE, 40, "2022-01-16", {"case_isolation_end": "2022-01-20"},
            "C-4n.h", "01-27", None, ["01-27"],
        ),
        (
            "2022-01-10", HOME, NONE, 40, "2022-01-17", {"case_isolation_end": "2022-01-20"},
            "C-4n", "01-17", None, ["01-17"],
        ),
        ("2022-03-16", OUTSIDE, UNKNOWN, 40, "2022-03-20", {}, "C-4n", "03-23", None, ["03-23"]),
        # nobody is completely vaccinated who is immunodepressed
        ("2022-01-10", OUTSIDE, COMPLETE, 40, "2022-01-12", {"immunodepressed": True}, "C-4n", "01-17", None, ["01-17"]),
        # C-5v: one test, two days after being told
        ("2022-02-26", OUTSIDE, COMPLETE, 40, "2022-02-27", {}, "C-4v.2", None, None, ["02-27", "03-01", "03-03"]),
        ("2022-02-26", HOME, COMPLETE, 40, "2022-02-28", {}, "C-5v", None, None, ["03-02"]),
        ("2022-02-28", OUTSIDE, COMPLETE, 40, "2022-03-01", {}, "C-5v", None, None, ["03-03"]),  # golden (d)
        ("2022-03-19", OUTSIDE, NONE, 11, "2022-03-20", {}, "C-5v", None, None, ["03-22"]),
        # C-6: everybody, those under way included; golden (e)
        ("2022-03-16", OUTSIDE, NONE, 40, "2022-03-21", {"notified": "2022-03-18"}, "C-6", None, None, ["03-20"]),
        ("2022-12-20", HOME, NONE, 40, "2022-12-22", {}, "C-6", None, None, ["12-24"]),
    ],
)  # fmt: skip
def test_quarantine_and_tests_follow_the_rule_of_the_day(
    last_contact, home, vaccination, age, on, known, rule, end, untested, tests
):
    found = decide(last_contact, home, vaccination, age, on=on, **known)

    def in_year(text):
        return day(text and f"{on[:4]}-{text}")

    assert found.rule.rule_id == rule
    assert [test.on for test in found.tests] == [in_year(text) for text in tests]
    assert (found.end, found.end_untested) == (in_year(end), in_year(untested))
    assert found.measure is (Measure.REQUIRED if end else Measure.NOT_REQUIRED)


def test_a_contact_called_too_late_is_tested_at_once_and_only_once():
    found = decide("2021-03-01", on="2021-03-20")

    assert found.tests == (
        PlannedTest(date(2021, 3, 20), "Test antigénique sans attendre", TestKind.ANTIGEN),
    )


def test_a_household_contact_waits_until_the_end_of_the_case_s_isolation_is_known():
    found = decide("2022-01-10", HOME, NONE, on="2022-01-12")

    assert (found.measure, found.end, found.tests) == (Measure.REQUIRED, None, ())


@pytest.mark.parametrize(
    ("vaccination", "on"),
    [
        (NONE, "2020-05-10"),  # before the first rule
        (COMPLETE, "2020-01-01"),
    ],
)
def test_a_day_without_a_rule_gets_no_guess(vaccination, on):
    found = decide(on, vaccination=vaccination, on=on)

    assert (found.measure, found.end, found.tests, found.rule) == (Measure.NO_RULE, None, (), None)
    assert "Aucune règle" in found.sentence


@pytest.mark.parametrize(
    ("since", "end"),
    [
        ({}, "2021-03-18"),
        ({"test_refused": True}, "2021-03-25"),
        (
            {"tests": (TestDone(date(2021, 3, 2), is_positive=False),)},
            "2021-03-18",
        ),  # the first lifts nothing
        ({"tests": (TestDone(date(2021, 3, 18), is_positive=False),)}, "2021-03-18"),
        ({"tests": (TestDone(date(2021, 3, 20), is_positive=False),)}, "2021-03-20"),  # done late
        ({"tests": (TestDone(date(2021, 3, 28), is_positive=False),)}, "2021-03-25"),
    ],
)
def test_the_last_test_of_a_household_ends_its_quarantine(since, end):
    found = decide("2021-03-01", HOME, NONE, on="2021-03-02", since=Course(**since))

    assert found.end == day(end)


def test_a_contact_with_symptoms_isolates_and_is_tested_at_once_even_if_exempt():
    exempt = decide("2022-01-08", vaccination=COMPLETE, on="2022-01-10", symptoms="2022-01-10")
    apart = decide("2021-03-01", on="2021-03-05", notified="2021-03-02", symptoms="2021-03-04")

    assert (exempt.measure, exempt.end, exempt.rule.rule_id) == (Measure.REQUIRED, None, "C-S")
    assert exempt.awaits_result
    assert (apart.end, apart.rule.rule_id, apart.symptom_rule.rule_id) == (date(2021, 3, 8), "C-3", "C-S")
    assert not apart.awaits_result
    assert [test.on.day for test in apart.tests] == [2, 4, 8]


def test_every_test_says_of_which_kind_it_is():
    found = decide("2022-01-10", vaccination=COMPLETE, on="2022-01-12")

    assert [test.kind for test in found.tests] == ["pcr_or_antigen", "self_test", "self_test"]


@pytest.mark.parametrize("on", ["2023-02-01", "2026-11-21"])
def test_nothing_is_asked_of_a_contact_since_february_2023(on):
    found = decide(on, HOME, NONE, on=on)

    assert (found.measure, found.end, found.rule.rule_id) == (Measure.NOT_REQUIRED, None, "C-7")


def test_the_exercise_keeps_the_quarantines_of_january_2022_for_ever():
    found = decide("2026-11-20", HOME, NONE, on="2026-11-21", pack=EXERCISE)

    assert (found.end, str(found.rule)) == (date(2026, 11, 27), "exercise-2022@2022.2/C-4n")


@pytest.mark.parametrize("on", [date(2022, 1, 3) + timedelta(days=n) for n in range(29)])
def test_the_exercise_answers_as_covid19_did_every_day_of_january_2022(on):
    people = product(Vaccination, (None, 5, 11, 12, 40), (HOME, OUTSIDE), (True, False))
    for vaccination, age, home, recently in people:
        answers = []
        for pack in (COVID, EXERCISE):
            case = isolation(
                pack, onset=on - timedelta(days=1), sampled=on, vaccination=vaccination, age=age, on=on
            )
            contact = quarantine(
                pack,
                last_contact=on - timedelta(days=2),
                lives_with_case=home,
                vaccination=vaccination,
                age=age,
                on=on,
                infected_recently=recently,
                case_isolation_end=case.end,
            )
            risk = contact_risk(pack, Circumstances(lives_with_case=home, infected_recently=recently), on=on)
            rules = (case.rule.rule_id, contact.rule.rule_id)
            sentences = (case.sentence, contact.sentence, risk.why)
            answers.append(
                (case.end, case.early_exit, contact.end, contact.tests, risk.level, rules, sentences)
            )

        assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("infected_on", "recent"),
    [("2022-01-10", True), ("2021-11-12", True), ("2021-11-11", False), ("2022-01-11", False), (None, None)],
)
def test_an_infection_protects_for_fewer_than_sixty_days(infected_on, recent):
    assert infected_recently(COVID, day(infected_on), on=date(2022, 1, 10)) is recent
