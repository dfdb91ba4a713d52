"""What would the rules say: whole situations, as the command prints them."""

import json
from datetime import date

import pytest
from click.testing import CliRunner

from tracing.cli import main
from tracing.programmes.cli import explain_many


def said(subject="contact", programme="covid19", **given):
    answers, remarks = explain_many([{"subject": subject, **given}], programme=programme)
    assert "error" not in answers[0], answers[0]
    assert remarks == []
    return answers[0]


def rules(answer):
    return [rule["id"] for rule in answer["rules"]]


def test_golden_a_an_onset_of_december_2020():
    found = said("index_case", onset="2020-12-10", on="2020-12-11")

    assert (found["isolation_end"], found["window_start"]) == ("2020-12-17", "2020-12-08")
    assert rules(found) == ["W-1.0", "P0-2", "N-0"]


def test_golden_b_somebody_without_signs_sampled_in_march_2021():
    found = said("index_case", sampled="2021-03-01", on="2021-03-02")

    assert (found["isolation_end"], found["window_start"]) == ("2021-03-11", "2021-02-22")
    assert found["follow_ups"] == ["2021-03-05", "2021-03-11"]
    assert (found["sick_note_first"], found["sick_note_last"]) == ("2021-03-01", "2021-03-11")


@pytest.mark.parametrize(("refused", "end"), [(False, "2021-03-18"), (True, "2021-03-25")])
def test_golden_c_the_household_of_b(refused, end):
    found = said(
        household=True,
        last_contact="2021-03-01",
        case_isolation_end="2021-03-11",
        on="2021-03-02",
        age=40,
        test_refused=refused,
    )

    assert found["quarantine_end"] == end
    assert found["tests"] == ["2021-03-02", "2021-03-18"]
    assert found["test_kinds"] == ["antigen", "pcr_or_antigen"]
    assert found["follow_ups"] == ["2021-03-05", "2021-03-08", "2021-03-18"]


def test_golden_d_a_vaccinated_contact_told_in_march_2022():
    found = said(notified="2022-03-01", vaccination="complete")

    assert (found["none"], found["quarantine_end"], found["tests"]) == (True, None, ["2022-03-03"])
    assert rules(found)[0] == "C-5v"


def test_golden_e_a_quarantine_under_way_is_lifted_on_21_march_2022():
    told = {"last_contact": "2022-03-16", "notified": "2022-03-18", "vaccination": "none"}

    assert said(**told, on="2022-03-20")["quarantine_end"] == "2022-03-23"
    lifted = said(**told, on="2022-03-21")
    assert (lifted["none"], lifted["quarantine_end"], rules(lifted)[0]) == (True, None, "C-6")


@pytest.mark.parametrize(
    ("given", "days"),
    [
        ({"last_contact": "2022-02-27", "on": "2022-03-01"}, 7),  # called on the 1st, last day the 7th
        ({"last_contact": "2022-02-27", "on": "2022-03-01", "vaccination": "complete"}, 0),  # exempt
        ({"last_contact": "2022-02-27", "on": "2022-03-01", "age": 15}, 0),  # a child has none
        ({"last_contact": "2022-03-20", "on": "2022-03-21"}, 0),
        ({"last_contact": "2021-05-01", "on": "2021-05-02", "facts": {"app_alert": "yes"}}, 9),
        ({"last_contact": "2020-05-30", "on": "2020-06-01"}, 13),  # with the quarantine, before October 2020
        ({"last_contact": "2022-01-10", "on": "2022-01-12", "previous_infection": "2021-12-20"}, 0),
    ],
)
def test_the_days_of_a_contact_s_note(given, days):
    assert said(**given)["sick_note_days"] == days


def test_somebody_infected_recently_is_no_contact_and_is_not_called_again():
    found = said(last_contact="2022-01-10", on="2022-01-12", previous_infection="2021-12-20")

    assert (found["none"], found["tests"], found["follow_ups"]) == (True, [], [])
    assert rules(found)[0] == "C-X"


def test_a_contact_with_a_positive_test_is_a_case_from_then_on():
    found = said(last_contact="2022-01-08", on="2022-01-12", tested="2022-01-11:positive", vaccination="none")

    assert (found["quarantine_end"], found["isolation_end"]) == (None, "2022-01-21")
    assert found["window_start"] == "2022-01-04"


def test_symptoms_of_a_case_without_any_begin_the_isolation_again():
    before = said("index_case", sampled="2021-03-01", on="2021-03-04")
    after = said("index_case", sampled="2021-03-01", symptoms="2021-03-04", on="2021-03-04")

    assert (before["isolation_end"], after["isolation_end"]) == ("2021-03-11", "2021-03-14")
    assert after["window_start"] == "2021-03-02"


@pytest.mark.parametrize("name", ["omicron", "Omicron", "B.1.1.529"])
def test_a_variant_goes_by_any_of_its_names(name):
    told = {"last_contact": "2021-11-26", "on": "2021-11-27", "vaccination": "complete"}

    assert rules(said(**told, variant=name))[0] == "C-3o"
    assert rules(said(**told, variant="delta"))[0] == "C-3v"


def test_a_day_before_the_first_rule_has_no_answer():
    found = said(last_contact="2020-05-08", on="2020-05-10")

    assert (found["measure"], found["none"], found["quarantine_end"], found["rules"]) == (
        "no_rule",
        None,
        None,
        [],
    )


def test_measles_is_prevented_within_72_hours():
    told = {"programme": "measles", "last_contact": "2026-11-01", "facts": {"immune": "no"}}

    assert said(**told, on="2026-11-04")["prophylaxis"] == [{"kind": "vaccin ROR", "until": "2026-11-04"}]
    assert said(**told, on="2026-11-05")["prophylaxis"] == []
    infant = said(**told, on="2026-11-05", age=0)
    assert (infant["prophylaxis"][0]["kind"], infant["follow_ups"]) == ("immunoglobulines", ["2026-11-22"])
    assert infant["needs_medical_validation"]


def test_meningococcal_contacts_are_searched_ten_days_back_and_treated():
    case = said("index_case", "meningococcal", onset="2026-11-09", sampled="2026-11-10")
    contact = said(programme="meningococcal", last_contact="2026-11-08", on="2026-11-10")

    assert (case["window_start"], case["isolation_end"]) == ("2026-10-31", "2026-11-10")
    assert (contact["none"], contact["prophylaxis"]) == (
        True,
        [{"kind": "antibiotique", "until": "2026-11-18"}],
    )


def run(*words, given=None):
    return CliRunner().invoke(main, ["programmes", *words], input=given)


def test_the_command_names_each_rule_with_its_source():
    words = (
        "explain --programme covid19 --subject contact --last-contact 2022-01-08 --on 2022-01-10 --household"
    )

    read = run(*words.split())
    assert read.exit_code == 0
    assert "covid19@2022.2/C-4n.h" in read.output
    assert "source: " in read.output
    printed = json.loads(run(*words.split(), "--json").output)
    assert printed["rules"][0]["id"] == "C-4n.h"
    assert "DGS-Urgent" in said(last_contact="2022-01-08", on="2022-01-20")["rules"][0]["source"]


def test_a_file_holds_many_situations_and_a_wrong_one_stops_none():
    situations = [
        {"id": 7, "programme": "covid19", "subject": "index_case", "onset": "2022-01-08", "age": 11},
        {"subject": "index_case", "onset": "8 January"},
        {"subject": "contact", "household": True, "last_contact": None},
        {"subject": "index_case", "onset": "2022-01-08", "colour": "blue"},
    ]

    printed = run("explain", "--programme", "covid19", "--file", "-", given=json.dumps(situations))

    assert printed.exit_code == 2
    assert "situation 4, field colour: unknown, left out" in printed.stderr
    answers = json.loads(printed.stdout)
    assert (answers[0]["id"], answers[0]["isolation_end"]) == (7, "2022-01-15")
    assert "field onset" in answers[1]["error"]
    assert "at least one day" in answers[2]["error"]
    assert answers[3]["isolation_end"] == "2022-01-18"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("--programme cholera --subject contact --last-contact 2022-01-08", "no programme is called"),
        ("--programme covid19 --subject contact", "at least one day"),
        ("--programme covid19 --subject contact --last-contact 08/01/2022", "field last_contact"),
        ("--programme covid19 --subject index_case --sampled 2022-01-08 --tested 2022-01-08", "field tested"),
        ("--programme measles --subject contact --last-contact 2026-01-08 --variant omicron", "does not ask"),
    ],
)
def test_what_cannot_be_read_is_named(words, reason):
    refused = run("explain", *words.split())

    assert refused.exit_code == 2
    assert reason in refused.output


def test_a_folder_can_be_checked_before_it_is_used(tmp_path):
    checked = run("check")
    assert checked.exit_code == 0
    assert "quarantines: C-3o.h comes before C-3h" in checked.output
    assert "open in P0-1: " in checked.output
    refused = run("check", str(tmp_path))
    assert refused.exit_code == 2
    assert "Field required" in refused.output


def test_the_day_of_the_question_is_the_latest_that_is_known():
    assert said("index_case", onset="2020-12-10", sampled="2020-12-12")["on"] == "2020-12-12"
    assert date.fromisoformat(said(last_contact="2022-02-28", notified="2022-03-01")["on"]) == date(
        2022, 3, 1
    )
