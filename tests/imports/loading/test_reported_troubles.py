"""Files after trouble that people who load laboratory results reported in public, and what is right (tests/data/cases)."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.lots import arrival, lot_of
from tracing.imports.errors import FileRefused
from tracing.imports.jobs import load

CASES = Path(__file__).parents[2] / "data" / "cases" / "imports"
RECEIVED = datetime(2026, 11, 28, 12, tzinfo=UTC)


def loaded(case: str) -> dict:
    """Load the file of a case, and return its report with the outcome of each line."""
    [file] = sorted(next(CASES.glob(f"{case}-*")).iterdir())
    sent = replace(arrival(file.name, file.read_bytes()), received_at=RECEIVED)
    return load(sent, with_lines=True)


@pytest.mark.parametrize(
    ("case", "right"),
    [
        ("S07", {"created": 5}),
        ("S08", {"created": 1}),
        ("S10", {"quarantined": 3, "quarantine_reasons": {"UNKNOWN_CODE": 3}}),
        ("S11", {"created": 1, "lines": 1, "left_out": {"test": 2}}),
        ("S12", {"created": 1}),
        ("S19", {"created": 2, "lines": 2, "left_out": {"ADT^A08": 1}}),
        ("S21", {"created": 1, "quarantined": 2, "quarantine_reasons": {"BAD_SHAPE": 2}}),
        ("S24", {"created": 3, "warnings": {}}),
        ("S33u", {"quarantined": 1, "quarantine_reasons": {"BAD_SHAPE": 1}}),
        ("S35", {"created": 5}),
        ("S36", {"created": 2}),
        ("S38", {"quarantined": 1, "quarantine_reasons": {"MISSING_FIELD": 1}}),
        ("S44", {"created": 0, "not_positive": 3}),
        ("S45", {"created": 0, "quarantined": 2, "quarantine_reasons": {"UNKNOWN_CODE": 2}}),
        ("S47", {"created": 0, "not_positive": 6}),
    ],
)
def test_what_went_wrong_elsewhere_goes_right(session, clock, case, right):
    report = loaded(case)

    assert {name: report[name] for name in right} == right


def test_two_columns_for_one_telephone_stop_the_file_until_a_person_has_said_which(session, clock):
    with pytest.raises(FileRefused, match="TELEPHONE"):
        loaded("S25")


def test_another_pathogen_under_the_same_id_withdraws_nothing(session, clock):
    """A panel for several pathogens, whose laboratory gives all its tests one id."""
    panel = [
        {"ID_RESULTAT": "PANEL-1", "CODE_LOINC": "94500-6"},
        {"ID_RESULTAT": "PANEL-1", "CODE_LOINC": "80382-5", "RESULTAT": "N"},
        {"ID_RESULTAT": "PANEL-1", "CODE_LOINC": "80383-3"},
    ]

    report = load(arrival("panel.csv.p7m", lot_of(panel)), with_lines=True)

    assert report["outcomes"]["PANEL-1"] == "created"
    assert (report["withdrawn"], report["created"], report["lines"]) == (0, 1, 3)
