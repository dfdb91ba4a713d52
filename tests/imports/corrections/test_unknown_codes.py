"""Codes that nobody understands are said once for their sender: every line that waited for them is decided again."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.imports.loading.test_reported_troubles import CASES
from tests.imports.pages.test_mapping_page import received
from tests.support.lots import arrival, lot_of
from tests.support.story import member
from tracing.cases.models import Case
from tracing.imports.jobs import load
from tracing.imports.models import ImportLine, ImportLot, LotState
from tracing.imports.rules import Outcome
from tracing.imports.sources import queries as sources
from tracing.staff.models import Role
from tracing.staff.scope import HOST

RECEIVED = datetime(2026, 11, 28, 12, tzinfo=UTC)
PAGE = "/sources/PDL/unknown-codes"


@pytest.fixture
def ivan(browse, story):
    return browse.as_(story.ivan)


def loaded(case):
    [file] = sorted(next(CASES.glob(f"{case}-*")).iterdir())
    return load(replace(arrival(file.name, file.read_bytes()), received_at=RECEIVED))


def outcomes(session):
    session.expire_all()
    rows = session.scalars(select(ImportLine).where(ImportLine.is_current).order_by(ImportLine.row_number))
    return [line.outcome for line in rows]


def offered(page):
    """Return what the page proposes for each code, as its form would send it."""
    fields = re.findall(r'name="field" value="([^"]*)"', page.text)
    values = re.findall(r'name="value" value="([^"]*)"', page.text)
    chosen = [
        (re.search(r'<option value="([^"]*)" selected', one) or ["", ""])[1]
        for one in re.findall(r'<select[^>]*name="meaning".*?</select>', page.text, re.DOTALL)
    ]
    return {"field": fields, "value": values, "meaning": chosen}


@pytest.mark.parametrize(
    ("case", "codes", "beside"),
    [
        ("S10", {"POSITIF", "SARS-CoV-2 : DETECTE"}, ""),
        ("S45", {"840539006", "840533007"}, "Disease caused by SARS-CoV-2"),
    ],
)
def test_one_press_settles_every_line_that_waited(session, clock, ivan, case, codes, beside):
    report = loaded(case)
    page = ivan.get(PAGE)
    said = offered(page)
    assert set(said["value"]) == codes
    assert set(said["meaning"]) == {"P"}
    assert beside in page.text

    answer = ivan.follow(PAGE, said)

    assert outcomes(session) == [Outcome.CREATED] * report["quarantined"]
    assert "qui attendaient sont décidées" in answer.text
    assert "Reprendre un code vaut pour les lots à venir" in answer.text
    assert loaded(case)["duplicate"] == report["lines"], "the same file again says nothing new"
    ivan.follow(PAGE, said)
    assert len(session.scalars(select(Case)).all()) == report["quarantined"], "sent twice"
    assert "Aucun code n’attend" in ivan.get(PAGE).text


LINES = [
    {"ID_RESULTAT": "A", "CODE_LOINC": "99999-1"},
    {"ID_RESULTAT": "B", "CODE_LOINC": "LOC-GRIPPE", "NOM_NAISSANCE": "ROY"},
    {"ID_RESULTAT": "C", "CODE_LOINC": "LOC-GRIPPE", "RESULTAT": "N", "NOM_NAISSANCE": "PETIT"},
    {"ID_RESULTAT": "D", "CODE_LOINC": "99999-1", "RESULTAT": "Vu", "NOM_NAISSANCE": "GRAND"},
]


def test_a_test_that_is_not_listed_waits_in_tables_until_somebody_said_what_it_is(session, clock, ivan):
    report = load(arrival("lot.csv.p7m", lot_of(LINES)))
    assert (report["created"], report["not_positive"]) == (0, 1)
    assert report["quarantine_reasons"] == {"UNKNOWN_CODE": 3}
    line = ivan.get(
        "/lots/{}/lines/{}".format(*session.execute(select(ImportLine.lot_id, ImportLine.row_number)).first())
    )
    assert PAGE in line.text

    offers = offered(ivan.get(PAGE))
    assert offers["value"] == ["99999-1", "LOC-GRIPPE", "Vu"]
    assert offers["meaning"] == ["", "OTHER", ""]
    ivan.post(PAGE, offers | {"meaning": ["PCR", "OTHER", ""]})

    assert outcomes(session) == [
        Outcome.CREATED,
        Outcome.NOT_POSITIVE,
        Outcome.NOT_POSITIVE,
        Outcome.QUARANTINED,
    ]
    kept = session.scalars(select(ImportLine).where(ImportLine.source_result_id == "B")).all()
    assert [one.sealed for one in kept] == [None, None], "nothing of a person with another disease is kept"
    ivan.post(PAGE, {"field": ["RESULTAT"], "value": ["Vu"], "meaning": ["P"]})
    assert outcomes(session)[-1] is Outcome.CREATED
    again = load(
        arrival("b.csv.p7m", lot_of([one | {"ID_RESULTAT": one["ID_RESULTAT"] * 2} for one in LINES]))
    )
    assert (again["quarantined"], again["not_positive"]) == (0, 2)


def test_what_was_said_is_taken_back_for_later_lots_and_what_was_loaded_stays(session, clock, ivan):
    load(arrival("lot.csv.p7m", lot_of(LINES[:1])))
    ivan.post(PAGE, {"field": ["CODE_LOINC"], "value": ["99999-1"], "meaning": ["PCR"]})
    assert "99999-1" in ivan.get("/sources/PDL").text

    back = {"field": "CODE_LOINC", "value": "99999-1"}
    page = ivan.follow("/sources/PDL/codes/take-back", back)
    ivan.post("/sources/PDL/codes/take-back", back)

    assert "ce qui est déjà chargé reste" in page.text
    assert outcomes(session) == [Outcome.CREATED]
    assert sources.tests_of("PDL") == {}
    assert [one.version for one in sources.mapping_versions("PDL")] == [3, 2, 1]
    later = load(arrival("b.csv.p7m", lot_of([LINES[0] | {"ID_RESULTAT": "E", "NOM_NAISSANCE": "ROY"}])))
    assert later["quarantine_reasons"] == {"UNKNOWN_CODE": 1}


def test_only_an_officer_who_sees_the_source_says_what_its_codes_mean(session, clock, story, browse):
    load(arrival("lot.csv.p7m", lot_of(LINES[:1])))
    sources.get_source("PDL", HOST).site_id = story.ajaccio.id
    session.flush()
    lea = browse.as_(member("lea", "Léa", (Role.IMPORTER, story.nantes), at=NOW))
    said = {"field": ["CODE_LOINC"], "value": ["99999-1"], "meaning": ["PCR"]}

    lea.get(PAGE, status=404)
    lea.post(PAGE, said, status=404)
    lea.post("/sources/PDL/codes/take-back", {"field": "CODE_LOINC", "value": "99999-1"}, status=404)
    browse.as_(story.ada).get(PAGE, status=403)

    assert sources.tests_of("PDL") == {}
    assert outcomes(session) == [Outcome.QUARANTINED]


def test_the_first_table_after_messages_only_is_read_by_its_own_headings(session, clock):
    loaded("S12")
    [first] = sources.mapping_versions("PDL")
    assert (first.headings, first.columns, first.made_by) == ([], {}, None)

    report = load(arrival("lot.csv.p7m", lot_of([{}])))

    assert report["created"] == 1
    assert sources.mapping_versions("PDL")[0].headings != []
    assert loaded("S12")["duplicate"] == 1


def test_codes_of_a_planned_lot_of_messages_are_said_before_it_is_loaded(session, clock, ivan, story):
    message = next(CASES.glob("S45-*")).joinpath("a.hl7.p7m").read_bytes()
    lot_id = received(message, story.ivan, state=LotState.PLANNED)

    page = ivan.get(f"/lots/{lot_id}/mapping")
    assert "840539006" in page.text
    assert "Disease caused by SARS-CoV-2" in page.text
    ivan.post(f"/lots/{lot_id}/mapping", {"code-RESULTAT-0": "P", "code-RESULTAT-1": "P", "step": "save"})

    assert sources.mapping_of("BIO")[1].codes == {"RESULTAT": {"840539006": "P", "840533007": "P"}}
    session.expire_all()
    assert session.get_one(ImportLot, lot_id).state is LotState.RECEIVED
