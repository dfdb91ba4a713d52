"""A result id that names somebody else: both people stand side by side, and a person says once what it is."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.imports.undo.test_undo import differences, everything, undo
from tests.support.lots import arrival, lot_of
from tests.support.pairs import pair
from tests.support.story import agent
from tracing.cases.models import Case, CaseStatus, LabResult
from tracing.duplicates import services as duplicates
from tracing.imports.corrections import jobs as correction_jobs
from tracing.imports.corrections import queries as correction_queries
from tracing.imports.corrections import services as corrections
from tracing.imports.corrections.services import SetAside
from tracing.imports.corrections.taken_ids import WhatItIs
from tracing.imports.errors import NoLongerToCorrect
from tracing.imports.jobs import load, plan_file
from tracing.imports.models import ImportLine, ImportSource
from tracing.imports.rules import Outcome
from tracing.kernel.config import Settings
from tracing.kernel.db import transaction
from tracing.kernel.events import Event
from tracing.people import queries as people
from tracing.people.models import Person, PossibleDuplicate
from tracing.queue.models import CallTask, TaskState
from tracing.queue.rules import Factor

SETTINGS = Settings(data_dir=Path("/nowhere"), fiction_numbers=True)
BORN = {"DATE_NAISSANCE": "20/07/1935"}
BENOIT = {
    "NOM_NAISSANCE": "MARTIN",
    "PRENOMS": "Benoit",
    "SEXE": "M",
    "DATE_NAISSANCE": "12/03/1982",
    "TEL_MOBILE": "0639980044",
}
LATER = {"DATE_EXTRACTION": "08/03/2021 11:45"}


def take_in(*lines, **kwargs):
    return load(arrival("pdl.csv.p7m", lot_of(lines)), **kwargs)


def line_of(session, report, row=2):
    session.expire_all()
    return correction_queries.get_line(report["lot"], row)


def say(report, what, case=None, *, by, row=2):
    return correction_jobs.say(report["lot"], row, what, case and case.id, settings=SETTINGS, by=by.id)


def cases_of(session):
    return session.scalars(select(Case).order_by(Case.id)).all()


@pytest.fixture
def taken(story, session):
    """Anne's positive result, PDL-1."""
    take_in({})
    return cases_of(session)[0]


def test_a_correction_reaches_the_person_and_the_call_and_is_recorded_without_who_it_is(
    story, session, taken
):
    second = take_in(BORN | LATER | {"TEL_FIXE": "0240000000"})

    outcome = say(second, WhatItIs.SAME, taken, by=story.ivan)

    session.expire_all()
    known = people.find_identity(taken.person_id)
    assert (outcome, known.birth_date.year, len(known.phones)) == (Outcome.DUPLICATE, 1935, 2)
    assert session.scalar(select(func.count()).select_from(Person)) == 1
    assert Factor.AGED in Factor(session.scalars(select(CallTask.factors)).one())
    [event] = session.scalars(select(Event).where(Event.kind == "person.corrected")).all()
    assert (event.by_id, event.detail["changed"]) == (story.ivan.id, ["birth_date"])
    assert "1935" not in str(event.detail)
    with pytest.raises(NoLongerToCorrect):
        say(second, WhatItIs.SAME, taken, by=story.ivan)
    # what the laboratory says from now on is of the corrected person, and the old file says nothing new
    assert take_in(BORN | LATER | {"EMAIL": "x"})["duplicate"] == 1
    assert take_in({})["duplicate"] == 1


def test_a_corrected_person_who_is_somebody_known_is_compared(story, session, taken):
    take_in({"ID_RESULTAT": "PDL-2", **BORN})
    third = take_in(BORN | LATER)

    say(third, WhatItIs.SAME, taken, by=story.ivan)

    assert session.scalar(select(func.count()).select_from(PossibleDuplicate)) == 1


def test_another_patient_has_a_result_and_a_withdrawal_of_their_own(story, session, taken):
    second = take_in(BENOIT | LATER)

    assert say(second, WhatItIs.ANOTHER, by=story.ivan) is Outcome.CREATED

    session.expire_all()
    anne, benoit = cases_of(session)
    assert {task.state for task in session.scalars(select(CallTask))} == {TaskState.OPEN}
    assert take_in(BENOIT | LATER | {"ADRESSE": "9 rue"})["duplicate"] == 1
    assert take_in(BENOIT | {"RESULTAT": "N", "DATE_EXTRACTION": "09/03/2021 07:45"})["withdrawn"] == 1
    session.expire_all()
    assert (anne.status, benoit.status) == (CaseStatus.OPEN, CaseStatus.WITHDRAWN)
    assert take_in(BENOIT | {"DATE_EXTRACTION": "10/03/2021 07:45"})["repeat"] == 1
    session.expire_all()
    assert benoit.status is CaseStatus.OPEN
    assert {result.case_id for result in session.scalars(select(LabResult))} == {anne.id, benoit.id}


def test_a_laboratory_that_reuses_its_ids_is_taken_by_fingerprint(story, session, taken, browse):
    second = take_in(BENOIT | LATER, BENOIT | {"PRENOMS": "Luc", "RESULTAT": "N"})
    assert second["quarantine_reasons"] == {"ID_TAKEN": 2}

    path = f"/lots/{second['lot']}/lines/2/person"
    ivan = browse.as_(story.ivan)
    ivan.post(path, {"said": "reused"}, status=303)

    session.expire_all()
    assert session.get_one(ImportSource, "PDL").ids_are_unique is False
    assert [line_of(session, second, row).outcome for row in (2, 3)] == [
        Outcome.CREATED,
        Outcome.NOT_POSITIVE,
    ]
    assert session.scalars(select(ImportLine).where(ImportLine.sealed.is_not(None))).one().row_number == 2
    ivan.post(path, {"said": "reused"}, status=409)
    third = take_in({}, {"RESULTAT": "N"}, BENOIT | {"PRENOMS": "Zoé", "SEXE": "F"})
    assert (third["duplicate"], third["not_positive"], third["created"]) == (1, 1, 1)
    assert "réutilisés" in ivan.get("/sources/PDL").text


def test_both_people_stand_side_by_side_and_looking_at_them_is_recorded(story, session, taken, browse):
    second = take_in(BORN | LATER)

    page = browse.as_(story.ivan).get(f"/lots/{second['lot']}/lines/2")

    assert "20/07/1935" in page.text
    assert "20 juillet 1985" in page.text
    assert f"la ligne corrige {taken.reference}" in page.text
    data = {"said": "same", "case": str(taken.id)}
    browse.as_(story.ivan).post(f"/lots/{second['lot']}/lines/2/person", data, status=303)
    assert line_of(session, second).outcome is Outcome.DUPLICATE


def test_a_negative_of_somebody_else_is_kept_while_it_waits_and_seven_days_at_most(
    story, session, clock, taken
):
    second = take_in(BENOIT | {"RESULTAT": "N"})
    line = line_of(session, second)
    assert (line.reasons, line.sealed is not None) == (["ID_TAKEN"], True)
    assert cases_of(session)[0].status is CaseStatus.OPEN
    assert not correction_queries.waiting_of(second["lot"], limit=9, is_positive=True)

    clock.move_to(NOW + timedelta(days=6, hours=23))
    assert correction_jobs.forget_negatives(NOW) == 0
    clock.move_to(NOW + timedelta(days=7, minutes=1))
    assert correction_jobs.forget_negatives(NOW + timedelta(days=7)) == 1

    line = line_of(session, second)
    assert (line.sealed, line.set_aside_why) == (None, SetAside.NOT_COMPARED.value)
    with pytest.raises(NoLongerToCorrect), transaction():
        corrections.take_up(line, by=story.ivan.id, at=NOW)


@pytest.mark.parametrize("what", [WhatItIs.SAME, WhatItIs.ANOTHER])
def test_nobody_is_kept_of_a_negative_that_was_decided(story, session, taken, what):
    second = take_in(BENOIT | {"RESULTAT": "N"})

    outcome = say(second, what, taken if what is WhatItIs.SAME else None, by=story.ivan)

    assert outcome is (Outcome.WITHDRAWN if what is WhatItIs.SAME else Outcome.NOT_POSITIVE)
    session.expire_all()
    kept = session.scalars(select(ImportLine.id).where(ImportLine.sealed.is_not(None))).all()
    assert (kept, taken.status is CaseStatus.WITHDRAWN) == ([], what is WhatItIs.SAME)
    assert people.find_identity(taken.person_id).birth_name == "LE GOFF"
    # the same file again asks nobody again
    assert take_in(BENOIT | {"RESULTAT": "N"} | LATER)["duplicate"] == 1


def test_a_lot_that_says_both_leaves_the_positive_callable_until_a_person_has_looked(story, session):
    report = take_in({}, {"RESULTAT": "N"})
    [case] = cases_of(session)
    assert report["quarantine_reasons"] == {"CONTRADICTION": 1}
    assert case.status is CaseStatus.OPEN

    assert say(report, WhatItIs.WITHDRAWS, case, by=story.ivan, row=3) is Outcome.WITHDRAWN

    session.expire_all()
    assert case.status is CaseStatus.WITHDRAWN


def test_a_merged_person_is_the_same_under_each_of_their_names(story, session, taken):
    other = take_in({"ID_RESULTAT": "PDL-2", "NOM_NAISSANCE": "LE GOFFE"})
    newcomer = cases_of(session)[1].person_id
    assert other["created"] == 1
    asked = session.scalars(select(PossibleDuplicate)).first() or pair(newcomer, taken.person_id, at=NOW)
    with transaction():
        duplicates.merge(asked.id, by=agent(story.ivan), at=NOW)

    report = take_in({"NOM_NAISSANCE": "LE GOFFE", "RESULTAT": "N", **LATER})

    assert report["withdrawn"] == 1


NEGATIVE_BENOIT = BENOIT | {"RESULTAT": "N"}
STORY = [
    [{}, BENOIT, {"ID_RESULTAT": "1,67683E+15"}, NEGATIVE_BENOIT, {"RESULTAT": "N"}],
    [{"RESULTAT": "N"} | LATER, {"ID_RESULTAT": "PDL-9", **BENOIT, "TEL_MOBILE": ""}],
    [
        {"DATE_EXTRACTION": "09/03/2021 07:45", "ADRESSE": "9 rue"},
        {"ID_RESULTAT": "PDL-9", **BENOIT},
        {"ID_RESULTAT": "PDL-9", **BENOIT, "TEL_FIXE": "0240000000"},
        {"ID_RESULTAT": "PDL-9", **BENOIT, "TEL_FIXE": "0240000000", "DATE_DEBUT_SYMPTOMES": "05/03/2021"},
        {"PRENOMS": ""},
    ],
]


@pytest.mark.parametrize("batch_size", [1000, 1])
def test_the_plan_says_it_and_each_lot_is_undone_to_what_was_before(story, session, batch_size):
    before, reports = [], []
    for lines in STORY:
        before.append(everything(session))
        sent = arrival("pdl.csv.p7m", lot_of(lines))
        plan = plan_file(sent, batch_size=batch_size)
        report = load(replace(sent), batch_size=batch_size)
        assert {name: report[name] for name in plan if name in report} == {
            name: plan[name] for name in plan if name in report
        }
        reports.append(report)

    first, second, third = reports
    assert (first["created"], first["repeat"]) == (1, 1)
    assert (first["quarantine_reasons"], first["shared_ids"]) == ({"ID_TAKEN": 2, "CONTRADICTION": 1}, 1)
    assert second["withdrawn"] == 1
    assert (third["repeat"], third["duplicate"], third["completed"]) == (1, 3, 3)
    for report, state in zip(reversed(reports), reversed(before), strict=True):
        assert undo(report, story)["stays"] == 0
        left = differences(state, everything(session))
        for known in ("person_keys", "households WHERE id IN (SELECT household_id FROM people)", "people"):
            left.pop(known, None)  # a number that a line told of a known person stays known
        assert {table for table in left if "queue" not in table and "call_tasks" not in table} <= {
            "household_numbers"
        }, left


def test_a_lot_that_stopped_between_both_contradicts_itself_all_the_same(story, session):
    sent = arrival("pdl.csv.p7m", lot_of([{}, {"RESULTAT": "N"}]))

    def die(_done, _lines):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(sent, batch_size=1, progress=die)

    assert load(sent)["quarantine_reasons"] == {"CONTRADICTION": 1}
    assert cases_of(session)[0].status is CaseStatus.OPEN


def test_the_list_of_withdrawn_results_says_which_came_again(story, session, taken, browse):
    reference = taken.reference
    take_in({"RESULTAT": "N"} | LATER)
    take_in({"DATE_EXTRACTION": "09/03/2021 07:45"})

    page = browse.as_(story.dora).get("/lists?list=withdrawn")

    assert "Retirés, puis confirmés" in page.text
    assert reference in page.text
