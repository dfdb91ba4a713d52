"""Files after trouble that people who load laboratory results reported in public, and what is right (tests/data/cases)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.support.lots import arrival, lot_of, take_back
from tests.support.statements import statements_sent
from tracing.cases.models import Case, CaseStatus, ContraryResult
from tracing.cases.queries import contrary_results
from tracing.imports.errors import FileRefused
from tracing.imports.jobs import load
from tracing.imports.models import ImportLot
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
    """Load the files of a case in their order; return the report of the last one with the outcome of each line."""
    return loaded_in_turn(case)[-1]


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
        ("S28", {"created": 5, "repeat": 0, "possible_duplicates": 1}),
        ("S30", {"created": 3, "repeat": 1, "possible_duplicates": 3}),
        ("S31", {"created": 2, "not_positive": 2}),
        ("S24", {"created": 3, "warnings": {}}),
        ("S33u", {"quarantined": 1, "quarantine_reasons": {"BAD_SHAPE": 1}}),
        ("S35", {"created": 5}),
        ("S36", {"created": 2}),
        ("S38", {"quarantined": 1, "quarantine_reasons": {"MISSING_FIELD": 1}}),
        ("S44", {"created": 0, "not_positive": 3}),
        ("S45", {"created": 0, "quarantined": 2, "quarantine_reasons": {"UNKNOWN_CODE": 2}}),
        ("S47", {"created": 0, "not_positive": 6}),
        ("S48", {"created": 1, "not_positive": 1, "withdrawn": 0}),
    ],
)
def test_what_went_wrong_elsewhere_goes_right(session, clock, case, right):
    report = loaded(case)

    assert {name: report[name] for name in right} == right


ANTIGEN = {"ID_RESULTAT": "AG-1", "TYPE_ANALYSE": "AG"}
NEGATIVE_PCR = {
    "ID_RESULTAT": "PCR-1",
    "TYPE_ANALYSE": "PCR",
    "RESULTAT": "N",
    "DATE_PRELEVEMENT": "08/03/2021 07:00",
}


def facts(session) -> list[tuple]:
    """Return the cases' negative PCRs: analysis, result and day."""
    session.expire_all()
    rows = session.scalars(select(ContraryResult).order_by(ContraryResult.id))
    return [(row.analysis, row.result, f"{row.sampled_on}") for row in rows]


def sent(*lines: dict) -> dict:
    return load(arrival("lot.csv.p7m", lot_of([*lines])))


def test_somebody_learns_of_the_negative_pcr_after_the_antigen_test_in_the_reported_file(session, clock):
    loaded("S31")

    assert facts(session) == [("PCR", "N", "2026-11-27")]


def test_a_negative_pcr_after_an_antigen_test_is_kept_as_a_fact_of_the_case(session, clock):
    """Result and day, once, whatever the order in one lot, until the laboratory corrects it or the lot is undone."""
    report = sent(NEGATIVE_PCR, ANTIGEN)

    assert (report["created"], report["not_positive"]) == (1, 1)
    assert facts(session) == [("PCR", "N", "2021-03-08")]
    sent(ANTIGEN, NEGATIVE_PCR)
    assert len(facts(session)) == 1, "sent twice"
    sent(NEGATIVE_PCR | {"RESULTAT": "P"})
    assert facts(session) == [], "corrected by the laboratory"


def test_a_positive_pcr_of_the_same_episode_settles_what_a_negative_one_put_in_doubt(session, clock):
    sent(ANTIGEN)
    sent(NEGATIVE_PCR)
    [case] = session.scalars(select(Case)).all()
    assert len(contrary_results(case.id)) == 1

    sent(ANTIGEN | {"ID_RESULTAT": "PCR-2", "TYPE_ANALYSE": "", "CODE_LOINC": "94500-6"})

    assert contrary_results(case.id) == []


def test_many_negative_pcrs_cost_no_more_statements_than_one(session, clock):
    """Each names somebody else, and all but one nobody who is known."""

    def statements(prefix: str, count: int) -> int:
        negatives = [
            NEGATIVE_PCR | {"ID_RESULTAT": f"{prefix}{number}", "PRENOMS": f"Anne{number or ''}"}
            for number in range(count)
        ]
        with statements_sent(session) as found:
            sent(*negatives)
        return len(found)

    sent(ANTIGEN)
    assert statements("A", 1) == statements("B", 40)


def test_undoing_the_lot_that_brought_a_negative_pcr_takes_the_fact_back(story, session):
    sent(ANTIGEN)
    sent(NEGATIVE_PCR)
    assert len(facts(session)) == 1

    take_back(session.scalar(select(func.max(ImportLot.id))), by=story.ivan.id)

    assert facts(session) == []
    assert session.scalars(select(Case)).one()


@pytest.mark.parametrize(
    "negative",
    [
        pytest.param({"TYPE_ANALYSE": "AG"}, id="another antigen test"),
        pytest.param({"RESULTAT": "I"}, id="not negative"),
        pytest.param({"NOM_NAISSANCE": "MARTIN"}, id="another person"),
        pytest.param({"PRENOMS": "BEBE"}, id="a child not yet named"),
        pytest.param({"DATE_PRELEVEMENT": "06/03/2021 08:00"}, id="sampled before the antigen test"),
        pytest.param({"DATE_PRELEVEMENT": ""}, id="no day"),
    ],
)
def test_any_other_negative_leaves_nothing_at_all(session, clock, negative):
    report = sent(ANTIGEN, NEGATIVE_PCR | negative)

    assert report["not_positive"] == 1
    assert facts(session) == []
    assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_a_negative_pcr_of_another_episode_or_of_a_person_nobody_knows_is_kept_nowhere(session, clock):
    sent(NEGATIVE_PCR)
    sent(ANTIGEN)
    later = {
        "DATE_EXTRACTION": "09/05/2021 08:00",
        "DATE_PRELEVEMENT": "07/05/2021 08:00",
        "ID_RESULTAT": "PCR-2",
    }
    sent(NEGATIVE_PCR | later)

    assert facts(session) == []


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
