"""Files after trouble that people who load laboratory results reported in public, and what is right (tests/data/cases)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.lots import arrival, lot_of
from tracing.cases.models import Case, CaseStatus
from tracing.imports.jobs import load
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState

CASES = Path(__file__).parents[2] / "data" / "cases" / "imports"
RECEIVED = datetime(2026, 11, 28, 12, tzinfo=UTC)


def loaded_in_turn(case: str) -> list[dict]:
    """Load the files of a case one after the other, and return their reports with the outcome of each line."""
    files = sorted(next(CASES.glob(f"{case}-*")).iterdir())
    sent = [replace(arrival(file.name, file.read_bytes()), received_at=RECEIVED) for file in files]
    return [load(one, with_lines=True) for one in sent]


def loaded(case: str) -> dict:
    """Load the one file of a case, and return its report."""
    [report] = loaded_in_turn(case)
    return report


@pytest.mark.parametrize(
    ("case", "right"),
    [
        ("S01", {"created": 3, "lost_ids": 3}),
        ("S03", {"created": 1, "quarantined": 2, "quarantine_reasons": {"ID_TAKEN": 2}, "shared_ids": 1}),
        ("S07", {"created": 5}),
        ("S08", {"created": 1}),
        ("S10", {"quarantined": 3, "quarantine_reasons": {"UNKNOWN_CODE": 3}}),
        ("S11", {"created": 1, "lines": 1, "left_out": {"test": 2}}),
        ("S12", {"created": 1}),
        ("S19", {"created": 2, "lines": 2, "left_out": {"ADT^A08": 1}}),
        ("S21", {"created": 1, "quarantined": 2, "quarantine_reasons": {"BAD_SHAPE": 2}}),
        ("S33u", {"quarantined": 1, "quarantine_reasons": {"BAD_SHAPE": 1}}),
        ("S35", {"created": 5}),
        ("S36", {"created": 2}),
        ("S44", {"created": 0, "not_positive": 3}),
        ("S45", {"created": 0, "quarantined": 2, "quarantine_reasons": {"UNKNOWN_CODE": 2}}),
        ("S47", {"created": 0, "not_positive": 6}),
        ("S48", {"created": 1, "not_positive": 1, "withdrawn": 0}),
    ],
)
def test_what_went_wrong_elsewhere_goes_right(session, clock, case, right):
    report = loaded(case)

    assert {name: report[name] for name in right} == right


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


def test_a_number_that_comes_later_frees_the_case_at_once(session, clock):
    first, second = loaded_in_turn("S04")

    assert (first["created"], first["warnings"]) == (1, {"NO_PHONE": 1})
    assert (second["duplicate"], second["completed"]) == (1, 1)
    task, [who] = session.scalars(select(CallTask)).one(), session.scalars(select(Person)).all()
    assert (task.state, task.due_at) == (TaskState.OPEN, RECEIVED + timedelta(hours=4))
    assert session.scalars(select(QueueEntry)).one().state is EntryState.READY
    assert people.find_identity(who.id).address == "9 AVENUE NOUVELLE"


def test_a_corrected_birth_date_waits_for_a_person_and_delays_nobody(session, clock):
    first, second = loaded_in_turn("S05")

    assert first["created"] == 4
    assert (second["duplicate"], second["quarantine_reasons"]) == (0, {"ID_TAKEN": 4})
    assert {task.state for task in session.scalars(select(CallTask))} == {TaskState.OPEN}


def test_a_result_withdrawn_and_detected_again_stands_as_before(session, clock):
    reports = loaded_in_turn("S13")

    outcomes = [next(iter(report["outcomes"].values())).partition(":")[0] for report in reports]
    assert outcomes == ["created", "duplicate", "withdrawn", "repeat", "created", "withdrawn"]
    again, withdrawn = session.scalars(select(Case).order_by(Case.id)).all()
    assert (again.status, withdrawn.status) == (CaseStatus.OPEN, CaseStatus.WITHDRAWN)
    calls = {task.case_id: task.state for task in session.scalars(select(CallTask))}
    assert calls == {again.id: TaskState.OPEN, withdrawn.id: TaskState.CANCELLED}
