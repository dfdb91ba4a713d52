"""A line in quarantine is corrected in the page: everything wrong is said at once, and it joins its lot."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.lots import LINE, READING, arrival, lot_of, raw_line
from tracing.cases.models import Case, LabResult
from tracing.imports.corrections import jobs as correction_jobs
from tracing.imports.corrections import queries as correction_queries
from tracing.imports.corrections.services import typed
from tracing.imports.format.columns import FIELDS
from tracing.imports.format.faults import PROBLEMS, Fault, Problem, Why, faults_of
from tracing.imports.format.line import parse
from tracing.imports.jobs import load
from tracing.imports.lots.lock import one_at_a_time
from tracing.imports.models import ImportLine, ImportLot
from tracing.imports.rules import Outcome
from tracing.kernel.config import Settings
from tracing.kernel.events import Event, IdentityAccess
from tracing.people import queries as people
from tracing.queue.models import CallTask, TaskState
from tracing.staff.scope import HOST

BAD = {"ID_RESULTAT": "PDL-2", "NOM_NAISSANCE": "", "DATE_NAISSANCE": "31/02/1985"}
GOOD = LINE | {"ID_RESULTAT": "PDL-2", "NOM_NAISSANCE": "ROY", "DATE_NAISSANCE": "28/02/1985"}

SETTINGS = Settings(data_dir=Path("/nowhere"), fiction_numbers=True)

SAMPLES = {
    "ID_RESULTAT": ["", "PDL-1", "NC"],
    "NOM_NAISSANCE": ["", "LE GOFF", "??", "12", "inconnu"],
    "PRENOMS": ["", "Anne", "-"],
    "DATE_NAISSANCE": ["", "20/07/1985", "31/02/1985", "20/07/2031", "01/01/1850", "20/07/85", "nr"],
    "DATE_PRELEVEMENT": [
        "",
        "07/03/2021",
        "07/03/2021 08:30",
        "09/03/2021",
        "07/13/2021",
        "08/03/2021 07:46",
    ],
    "DATE_EXTRACTION": ["", "08/03/2021 07:45", "jamais", "06/04/2021", "08/04/2021"],
    "RESULTAT": ["", "P", "N", "p", "POS", "X"],
}


@given(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in SAMPLES.items()}))
def test_the_fields_at_fault_are_those_for_which_a_line_is_quarantined(fields):
    raw = raw_line(**fields)

    faults = faults_of(raw.values, READING)

    assert {PROBLEMS[fault.why] for fault in faults} == set(parse(raw, READING).problems)


def test_all_reasons_are_named_at_once_each_with_its_field():
    raw = raw_line(**BAD, RESULTAT="POS", DATE_PRELEVEMENT="09/03/2021")

    assert faults_of(raw.values, READING) == (
        Fault("NOM_NAISSANCE", Why.EMPTY),
        Fault("DATE_NAISSANCE", Why.UNREADABLE),
        Fault("DATE_PRELEVEMENT", Why.AFTER_EXTRACTION),
        Fault("RESULTAT", Why.UNKNOWN_CODE),
    )


@pytest.fixture
def lot(story, session):
    """A lot that came two hours ago: one good line, and in row 3 one with two faults."""
    arrived = replace(
        arrival("pdl.csv.p7m", lot_of([{}, BAD])), received_at=NOW - timedelta(hours=2), by=story.ivan.id
    )
    return load(arrived)["lot"]


def form_of(**changed):
    return {name: (GOOD | changed).get(name, "") for name in FIELDS}


def line_of(session, lot, row=3):
    session.expire_all()
    return correction_queries.get_line(lot, row)


def correct(lot, by, row=3, **changed):
    fields = form_of(**changed)
    return correction_jobs.correct_line(lot, typed(row, lambda name: fields[name]), settings=SETTINGS, by=by)


def path_of(lot, row=3):
    return f"/lots/{lot}/lines/{row}"


def test_a_corrected_line_joins_its_lot_and_is_callable_as_of_the_arrival(story, session, browse, lot):
    before = line_of(session, lot).id

    page = browse.as_(story.ivan).follow(path_of(lot), form_of())

    corrected = line_of(session, lot)
    before, loaded = session.get_one(ImportLine, before), session.get_one(ImportLot, lot)
    assert (corrected.row_number, corrected.revision, corrected.outcome) == (3, 2, Outcome.CREATED)
    assert (before.is_current, before.settled_by_id) == (False, corrected.id)
    assert (loaded.counts["lines"], loaded.counts["created"], loaded.counts["quarantined"]) == (2, 2, 0)
    assert loaded.counts["quarantine_reasons"] == {}
    task = session.scalars(select(CallTask).where(CallTask.case_id == corrected.case_id)).one()
    assert (task.state, task.due_at) == (TaskState.OPEN, NOW + timedelta(hours=2))
    who = people.find_identity(task.person_id)
    assert who is not None
    assert who.birth_name == "ROY"
    result = session.scalars(select(LabResult).where(LabResult.line_id == corrected.id)).one()
    assert (result.source_code, result.source_result_id) == ("PDL", "PDL-2")
    assert "Ligne 3 corrigée" in page.text
    assert "ROY" not in page.text


def test_what_was_done_is_written_without_a_name(story, session, browse, lot):
    officer = story.ivan.id
    browse.as_(story.ivan).follow(path_of(lot), form_of())

    (event,) = session.scalars(select(Event).where(Event.kind == "line.corrected"))
    assert event.by_id == officer
    assert event.detail == {"lot": lot, "row": 3, "revision": 2, "outcome": "created"}


def test_the_page_says_everything_at_once_beside_its_field_and_who_looked(story, session, browse, lot):
    page = browse.as_(story.ivan).get(path_of(lot))

    assert "Ce champ est obligatoire, et il est vide." in page.text
    assert "Cette date est illisible ou n’existe pas." in page.text
    assert 'value="31/02/1985"' in page.text
    seen = session.scalars(select(IdentityAccess).where(IdentityAccess.why == "national_lot")).one()
    assert seen.people == [f"line:{line_of(session, lot).id}"]


def test_what_is_still_wrong_is_shown_with_what_was_typed_and_nothing_is_written(story, session, browse, lot):
    page = browse.as_(story.ivan).post(
        path_of(lot), form_of(NOM_NAISSANCE="DE LA TYPED", DATE_NAISSANCE="30/02/1985"), status=422
    )

    assert 'value="DE LA TYPED"' in page.text
    assert 'value="30/02/1985"' in page.text
    assert page.text.count("Cette date est illisible") == 2
    assert "obligatoire" not in page.text
    assert line_of(session, lot).revision == 1
    assert session.scalar(select(func.count()).select_from(ImportLine)) == 2


def test_a_correction_that_changes_only_what_is_not_the_lines_own_is_no_duplicate_of_itself(
    story, session, lot
):
    early = LINE | {"ID_RESULTAT": "PDL-3", "NOM_NAISSANCE": "ABEL", "DATE_EXTRACTION": "01/03/2021 07:45"}
    later = load(arrival("pdl2.csv.p7m", lot_of([early])))["lot"]
    assert line_of(session, later, 2).reasons == ["FUTURE_DATE"]

    fixed = correct(later, story.ivan.id, 2, **early | {"DATE_EXTRACTION": "08/03/2021 07:45"})

    assert fixed.taken == {2: Outcome.CREATED}


def test_a_line_that_had_no_result_id_gets_one(story, session, lot):
    nameless = LINE | {"ID_RESULTAT": "", "NOM_NAISSANCE": "SANS"}
    later = load(arrival("pdl2.csv.p7m", lot_of([nameless])))["lot"]

    fixed = correct(later, story.ivan.id, 2, **nameless | {"ID_RESULTAT": "PDL-9"})
    again = load(arrival("pdl3.csv.p7m", lot_of([nameless, nameless | {"ID_RESULTAT": "PDL-9"}])))

    assert fixed.taken == {2: Outcome.CREATED}
    assert again["duplicate"] == 2


def test_the_id_of_another_line_is_refused_in_words(story, session, browse, lot):
    page = browse.as_(story.ivan).post(path_of(lot), form_of(ID_RESULTAT="PDL-1"), status=422)

    assert "Cet identifiant est déjà celui d’une autre ligne" in page.text
    assert line_of(session, lot).outcome is Outcome.QUARANTINED
    assert session.scalar(select(func.count()).select_from(Case)) == 1


def test_a_result_that_turns_out_negative_leaves_nothing_of_the_person(story, session, lot):
    fixed = correct(lot, story.ivan.id, RESULTAT="N")

    assert fixed.taken == {3: Outcome.NOT_POSITIVE}
    session.expire_all()
    revisions = session.scalars(select(ImportLine).where(ImportLine.row_number == 3)).all()
    assert [line.sealed for line in revisions] == [None, None]


def test_a_corrected_line_that_repeats_a_known_person_joins_their_case(story, session, lot):
    same = LINE | {"ID_RESULTAT": "PDL-2"}

    fixed = correct(lot, story.ivan.id, **same)

    assert fixed.taken == {3: Outcome.REPEAT}
    assert session.scalar(select(func.count()).select_from(Case)) == 1


def test_the_line_sent_again_by_its_sender_settles_what_nobody_corrects_any_more(story, session, browse, lot):
    load(arrival("pdl2.csv.p7m", lot_of([GOOD])))

    shown = browse.as_(story.ivan).get(path_of(lot))
    refused = browse.as_(story.ivan).post(path_of(lot), form_of(), status=409)

    assert "Une ligne suivante a réglé celle-ci" in shown.text
    assert "n’est plus à corriger" in refused.text


def test_two_officers_at_once_make_one_correction(story, session, lot):
    first = correct(lot, story.ivan.id)
    second = correct(lot, story.ivan.id)

    assert first.taken == {3: Outcome.CREATED}
    assert (second.taken, second.done_before) == ({}, [3])
    assert session.scalar(select(func.count()).select_from(Case)) == 2


def test_while_a_lot_is_loaded_what_was_typed_stays(story, session, browse, lot, monkeypatch):
    monkeypatch.setattr(correction_jobs, "WAIT", "10ms")

    with one_at_a_time():
        page = browse.as_(story.ivan).post(path_of(lot), form_of(), status=409)

    assert "Un autre lot est en cours de chargement" in page.text
    assert 'value="ROY"' in page.text


def test_a_line_is_set_aside_with_a_reason_and_taken_up_again(story, session, browse, lot):
    ivan = browse.as_(story.ivan)

    ivan.post(f"{path_of(lot)}/set-aside", {}, status=422)
    aside = ivan.follow(f"{path_of(lot)}/set-aside", {"why": "no_result"})

    assert "Classée sans suite" in aside.text
    assert correction_queries.count_waiting(HOST) == 0
    back = ivan.follow(f"{path_of(lot)}/take-up")
    assert "remise à corriger" in back.text
    assert correction_queries.count_waiting(HOST) == 1
    assert [
        event.detail["why"]
        for event in session.scalars(
            select(Event).where(Event.kind.in_(["line.set_aside", "line.taken_up"])).order_by(Event.id)
        )
    ] == ["no_result", None]


def test_the_lines_of_all_lots_stand_on_one_page_the_oldest_first(story, session, browse, lot):
    load(arrival("pdl2.csv.p7m", lot_of([LINE | {"ID_RESULTAT": "PDL-7", "PRENOMS": ""}])))

    page = browse.as_(story.ivan).get("/corrections")

    assert page.text.index("PDL-2") < page.text.index("PDL-7")
    assert "une date est impossible ou illisible" in page.text


def test_the_next_line_to_correct_follows_at_once(story, session, browse):
    lot = load(arrival("pdl.csv.p7m", lot_of([BAD, BAD | {"ID_RESULTAT": "PDL-5"}])))["lot"]

    page = browse.as_(story.ivan).follow(path_of(lot, 2), form_of())

    assert "Ligne 3 du lot" in page.text
    assert "Voici la suivante" in page.text


@pytest.mark.parametrize("way", ["get", "post"])
def test_only_an_import_officer_comes_here(story, session, browse, lot, way):
    getattr(browse.as_(story.ada), way)(path_of(lot), status=403)


@pytest.mark.parametrize(
    ("sampled", "extracted", "problems"),
    [
        ("06/02/2021 08:00", "08/03/2021 07:45", []),
        ("05/02/2021 23:59", "08/03/2021 00:01", [Problem.OLD_SAMPLING]),
        ("05/02/2021", "", [Problem.OLD_SAMPLING]),
        ("05/02/2021", "07/03/2021", []),
        ("07/03/2020", "08/03/2021", [Problem.OLD_SAMPLING]),
        ("09/03/2021", "08/03/2021", [Problem.FUTURE_DATE]),
    ],
)
def test_a_sampling_more_than_thirty_days_before_the_extraction_waits(sampled, extracted, problems):
    line = parse(raw_line(DATE_PRELEVEMENT=sampled, DATE_EXTRACTION=extracted, RESULTAT="P"), READING)

    assert list(line.problems) == problems


def test_the_age_of_a_sampling_comes_after_wrong_dates_and_before_an_unknown_code():
    raw = raw_line(DATE_PRELEVEMENT="07/03/2020", RESULTAT="POS", NOM_NAISSANCE="")

    assert parse(raw, READING).problems == (
        Problem.MISSING_FIELD,
        Problem.OLD_SAMPLING,
        Problem.UNKNOWN_CODE,
    )
    assert parse(raw_line(DATE_PRELEVEMENT="07/03/2020", RESULTAT="N"), READING).is_not_positive


OLD = {"DATE_PRELEVEMENT": "01/02/2021 08:00"}


@pytest.fixture
def old_lot(story, session):
    """A lot with old samplings: in row 2 and 3 nothing else is wrong, in row 4 a name is missing."""
    lines = [
        {"ID_RESULTAT": "OLD-1", "NOM_NAISSANCE": "ROY"},
        {"ID_RESULTAT": "OLD-2", "NOM_NAISSANCE": "PETIT"},
        {"ID_RESULTAT": "OLD-3", "NOM_NAISSANCE": ""},
    ]
    return load(replace(arrival("old.csv.p7m", lot_of([OLD | line for line in lines])), by=story.ivan.id))[
        "lot"
    ]


def test_an_officer_says_of_a_line_that_its_old_sampling_is_right(story, session, browse, old_lot):
    ivan = browse.as_(story.ivan)
    page = ivan.get(f"/lots/{old_lot}/lines/4")
    assert "malgré l’ancienneté" in page.text
    typed_in = LINE | OLD | {"ID_RESULTAT": "OLD-3", "NOM_NAISSANCE": "GRAND"}

    assert "malgré l’ancienneté" in ivan.post(f"/lots/{old_lot}/lines/4", typed_in, status=422).text
    ivan.post(f"/lots/{old_lot}/lines/4", typed_in | {"despite_age": "yes"})

    line = correction_queries.get_line(old_lot, 4)
    assert (line.outcome, line.revision) == (Outcome.CREATED, 2)
    event = session.scalars(select(Event).where(Event.kind == "line.corrected")).one()
    assert event.detail["despite_age"] is True
    assert event.by_id == story.ivan.id


def test_all_old_samplings_of_a_lot_are_loaded_at_once_and_only_those(story, session, browse, old_lot):
    ivan = browse.as_(story.ivan)
    assert "Charger 2 lignes malgré leur ancienneté" in ivan.get(f"/lots/{old_lot}/corrections").text

    for _ in range(2):  # sent twice
        ivan.post(f"/lots/{old_lot}/corrections/old")

    assert "malgré leur ancienneté" not in ivan.get(f"/lots/{old_lot}/corrections").text
    browse.as_(story.ada).post(f"/lots/{old_lot}/corrections/old", status=403)
    outcomes = [correction_queries.get_line(old_lot, row).outcome for row in (2, 3, 4)]
    assert outcomes == [Outcome.CREATED, Outcome.CREATED, Outcome.QUARANTINED]
    assert session.scalar(select(func.count()).select_from(Case)) == 2
    lot = session.get_one(ImportLot, old_lot)
    assert (lot.counts["created"], lot.counts["quarantine_reasons"]) == (2, {"MISSING_FIELD": 1})
