"""The page on which a person says which column is which: nothing is imported before, nothing is guessed after."""

import html
import re

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.lots import CERTIFICATE, KEY, SETTINGS, enveloped
from tracing.imports.decryption.secrets import Secrets
from tracing.imports.format.mapping import Mapping
from tracing.imports.jobs import process_next_lot
from tracing.imports.lots import services as lots
from tracing.imports.models import ImportLine, LotState
from tracing.imports.sources import queries as source_queries
from tracing.imports.sources import services as source_services
from tracing.kernel.db import transaction
from tracing.kernel.events import Event, IdentityAccess

HEADINGS = [
    "Réf. examen",
    "Nom naiss. patient",
    "Prenom du patient",
    "Né(e) le",
    "Dt du prélèvement",
    "Résultat de l'analyse",
    "Fall ID",
    "Ligne",
]
LINES = [
    ["A1", "DURAND", "Léa", "01/02/1990", "07/03/2021", "POSITIF", "F1", "0612345678"],
    ["A2", "PETIT", "Jo", "01/02/1991", "07/03/2021", "NEG", "F2", ""],
    ["A3", "GRAND", "Al", "01/02/1992", "07/03/2021", "bof", "F3", ""],
]
COLUMNS = {
    "column-ID_RESULTAT": 0,
    "column-NOM_NAISSANCE": 1,
    "column-PRENOMS": 2,
    "column-DATE_NAISSANCE": 3,
    "column-DATE_PRELEVEMENT": 4,
    "column-RESULTAT": 5,
}
CODES = {"code-RESULTAT-0": "P", "code-RESULTAT-1": "N", "code-RESULTAT-2": ""}


def file_of(headings, lines=LINES):
    return enveloped("\r\n".join(";".join(cells) for cells in [headings, *lines]).encode())


def received(content, by, *, state=LotState.TO_MAP):
    """Return a lot that waits for somebody to say which column is which."""
    with transaction():
        lot = lots.receive(
            content,
            file_name="lot.csv.p7m",
            source_code="BIO",
            one_off_secret=Secrets(private_keys=((KEY, CERTIFICATE),)),
            by=by.id,
            at=NOW,
        )
        if state is LotState.TO_MAP:
            lots.await_mapping(lot.id, at=NOW)
        else:
            lots.planned(lot.id, {"lines": 3, "created": 0}, at=NOW)
        return lot.id


@pytest.fixture
def ivan(browse, story):
    return browse.as_(story.ivan)


@pytest.fixture
def lot_id(story):
    return received(file_of(HEADINGS), story.ivan)


def chosen_in(page):
    """Return what the page proposes for each field."""
    selects = re.finditer(r'<select[^>]*name="column-(?P<field>\w+)".*?</select>', page.text, re.DOTALL)
    found = {one["field"]: re.search(r"<option[^>]*\bselected[^>]*>([^<]*)<", one[0]) for one in selects}
    assert len(found) == 32
    return {name: html.unescape(option[1]) for name, option in found.items() if option}


def test_columns_are_proposed_by_their_names_with_values_beside(ivan, lot_id, session, story):
    ivan_id = story.ivan.id

    page = ivan.get(f"/lots/{lot_id}/mapping")

    proposed = chosen_in(page)
    assert proposed["NOM_NAISSANCE"] == "Nom naiss. patient"
    assert "ID_RESULTAT" not in proposed
    assert "DURAND" in page.text
    assert "F1" in page.text
    seen = session.scalars(select(IdentityAccess)).one()
    assert (seen.viewer_id, seen.people, seen.why) == (ivan_id, [f"lot:{lot_id}"], "national_lot")


def test_what_was_said_is_kept_and_the_lot_is_read_again_and_by_the_next_file(ivan, lot_id, session, story):
    codes = ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | {"step": "codes"}, status=200)
    assert "POSITIF" in codes.text
    assert re.search(r'value="P"[^>]*selected', codes.text)

    ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | CODES | {"step": "save"})

    assert lots.get_locked(lot_id).state is LotState.RECEIVED
    _id, kept = source_queries.mapping_of("BIO")
    assert kept.columns["ID_RESULTAT"] == "Réf. examen"
    assert kept.codes == {"RESULTAT": {"POSITIF": "P", "NEG": "N"}}
    assert kept.headings == tuple(HEADINGS)
    again = ivan.get(f"/lots/{received(file_of(HEADINGS), story.ivan)}/mapping")
    assert chosen_in(again)["ID_RESULTAT"] == "Réf. examen"
    assert "Les titres de cet expéditeur ont changé" not in again.text
    event = session.scalars(select(Event).where(Event.kind == "source.mapped")).one()
    assert "Réf" not in str(event.detail)


def test_nothing_is_written_before_somebody_accepted(ivan, lot_id, session):
    ivan.get(f"/lots/{lot_id}/mapping")
    ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | {"step": "codes"}, status=200)

    assert source_queries.mapping_of("BIO") is None
    assert session.scalars(select(ImportLine)).all() == []
    assert lots.get_locked(lot_id).state is LotState.TO_MAP


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"column-RESULTAT": ""}, "RESULTAT", "Ce champ est obligatoire"),
        ({"column-RESULTAT": "99"}, "RESULTAT", "Ce champ est obligatoire"),
        ({"column-NOM_USAGE": 1}, "NOM_USAGE", "sert déjà à un autre champ"),
        ({"column-DATE_NAISSANCE": 6}, "DATE_NAISSANCE", "n’est une date"),
        ({"column-NOM_NAISSANCE": 7}, "NOM_NAISSANCE", "n’a de lettre"),
    ],
)
@pytest.mark.parametrize("step", ["codes", "save"])
def test_a_column_that_cannot_be_that_field_is_said_beside_it(ivan, lot_id, step, change, field, sentence):
    page = ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | CODES | {"step": step} | change, status=422)

    error = re.search(rf'id="column-{field}-error">(.*?)</p>', page.text, re.DOTALL)
    assert error
    assert sentence in error[1]
    assert f'href="#column-{field}"' in page.text
    assert source_queries.mapping_of("BIO") is None


def test_one_can_go_back_from_the_codes_to_the_columns_with_what_was_chosen(ivan, lot_id):
    page = ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | CODES | {"step": "columns"}, status=200)

    assert chosen_in(page)["ID_RESULTAT"] == "Réf. examen"


def test_a_heading_renamed_by_accident_is_shown_and_must_be_accepted(ivan, lot_id, story):
    ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | CODES | {"step": "save"})
    renamed = ["a", *HEADINGS[1:]]

    page = ivan.get(f"/lots/{received(file_of(renamed), story.ivan)}/mapping")

    told = re.sub(r"<[^>]+>", "", page.text)
    assert "rien n’est chargé avant votre accord" in told
    assert "Le titre «\u202fRéf. examen\u202f» (Identifiant du résultat) n’est plus là." in told
    assert "À sa place se trouve «\u202fa\u202f»" in told
    assert "Le titre «\u202fa\u202f» est nouveau." in told
    assert chosen_in(page)["ID_RESULTAT"] == "a"
    row = re.search(r'for="column-ID_RESULTAT".*?</tr>', page.text, re.DOTALL)[0]
    assert "à vérifier" in row, "a likely new name is never taken for certain"


WIDE = [*HEADINGS, *(f"Feld {number}" for number in range(20)), "Telefon privat"]
WIDE_LINES = [[*cells, *("x" for _ in range(20)), "0612345678"] for cells in LINES]


@pytest.fixture
def wide_id(story):
    """A lot with more columns than anybody reads through."""
    return received(file_of(WIDE, WIDE_LINES), story.ivan)


def test_one_chooses_among_ten_columns_and_searches_for_the_others_by_their_heading(ivan, wide_id):
    page = ivan.get(f"/lots/{wide_id}/mapping")

    for choices in re.findall(r'<select[^>]*name="column-\w+".*?</select>', page.text, re.DOTALL):
        assert choices.count("<option") <= 11
    assert 'value="Feld 19" data-place="27"' in page.text

    ivan.post(
        f"/lots/{wide_id}/mapping",
        COLUMNS | CODES | {"column-TEL_FIXE": "", "search-TEL_FIXE": "telefon PRIVAT", "step": "save"},
    )
    assert source_queries.mapping_of("BIO")[1].columns["TEL_FIXE"] == "Telefon privat"


def test_a_heading_that_no_column_has_is_said_and_what_was_typed_stays(ivan, wide_id):
    page = ivan.post(
        f"/lots/{wide_id}/mapping", COLUMNS | {"search-TEL_FIXE": "Fernruf", "step": "codes"}, status=422
    )

    assert re.search(r'id="column-TEL_FIXE-error">.*?Aucune colonne n’a ce titre', page.text, re.DOTALL)
    assert 'value="Fernruf"' in page.text


def test_the_top_of_the_page_says_which_required_columns_are_missing(ivan, lot_id):
    page = ivan.get(f"/lots/{lot_id}/mapping")

    assert "Il manque la colonne d’un champ obligatoire" in page.text
    assert '<a href="#column-ID_RESULTAT">Identifiant du résultat</a>' in page.text


def test_where_the_sender_is_can_be_said_with_the_columns_and_is_kept(ivan, lot_id, session):
    codes = ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | {"country": "CH", "step": "codes"}, status=200)
    assert '<input type="hidden" name="country" value="CH">' in codes.text
    assert source_queries.country_of("BIO") == "FR", "nothing is written before the end"

    ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | CODES | {"country": "CH", "step": "save"})

    assert re.search(r"Pays</dt>\s*<dd[^>]*>Suisse", ivan.get("/sources/BIO").text)
    assert source_queries.country_of("BIO") == "CH"
    event = session.scalars(select(Event).where(Event.kind == "source.changed")).one()
    assert event.detail == {"source": "BIO", "changed": ["country"], "country": "CH"}


def test_codes_accepted_before_stay_known(ivan, lot_id, story):
    source_services.accept_mapping(
        "BIO", Mapping({}, {"RESULTAT": {"bof": "I", "absent": "X"}}, ()), by=story.ivan.id, at=NOW
    )

    page = ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | {"step": "codes"}, status=200)

    assert re.search(r'bof</label>.*?value="I" selected.*?connue', page.text, re.DOTALL)
    ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | CODES | {"step": "save"})
    assert source_queries.mapping_of("BIO")[1].codes == {
        "RESULTAT": {"absent": "X", "POSITIF": "P", "NEG": "N"}
    }


def test_a_plan_that_looks_wrong_can_be_mapped_again(ivan, story):
    lot_id = received(file_of(HEADINGS), story.ivan, state=LotState.PLANNED)

    ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | CODES | {"step": "save"})

    assert lots.get_locked(lot_id).state is LotState.RECEIVED


def test_a_lot_that_waits_for_no_mapping_is_left_alone(ivan, lot_id):
    ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | CODES | {"step": "save"})

    ivan.get(f"/lots/{lot_id}/mapping", status=409)
    ivan.post(f"/lots/{lot_id}/mapping", COLUMNS | CODES | {"step": "save"}, status=409)
    assert len(source_queries.mapping_versions("BIO")) == 1


def test_a_file_that_does_not_open_any_more_says_why(ivan, story):
    lot_id = received(file_of(HEADINGS)[:-40], story.ivan)

    assert "abîmé" in ivan.get(f"/lots/{lot_id}/mapping", status=422).text


@pytest.mark.parametrize("who", ["ada", "dora", "gaston", "olga"])
def test_only_import_officers_see_what_is_in_a_file(browse, story, lot_id, who):
    browse.as_(getattr(story, who)).get(f"/lots/{lot_id}/mapping", status=403)


KNOWN = ["ID_RESULTAT", "NOM_NAISSANCE", "PRENOMS", "DATE_NAISSANCE", "DATE_PRELEVEMENT", "RESULTAT"]
AT = {f"column-{name}": place for place, name in enumerate(KNOWN)}


def read_again(lot_id):
    """Let the scheduler read a lot, and return it."""
    process_next_lot(SETTINGS)
    return lots.get_locked(lot_id)


def sent(headings, lines, by):
    """Return a lot that was read once."""
    with transaction():
        lot = lots.receive(
            file_of(headings, lines),
            file_name="lot.csv.p7m",
            source_code="BIO",
            one_off_secret=Secrets(private_keys=((KEY, CERTIFICATE),)),
            by=by.id,
            at=NOW,
        )
    return read_again(lot.id)


def test_a_first_file_with_a_doubled_heading_waits_until_each_column_is_said(ivan, story):
    headings = [*KNOWN, "TELEPHONE", "TELEPHONE"]
    lines = [["A1", "DURAND", "Léa", "01/02/1990", "07/03/2026", "P", "", "0612345678"]]
    lot = sent(headings, lines, story.ivan)
    assert lot.state is LotState.TO_MAP
    assert "TELEPHONE" in lot.trouble
    assert lot.trouble in html.unescape(ivan.get(f"/lots/{lot.id}").text)

    page = ivan.get(f"/lots/{lot.id}/mapping")
    assert "Deux colonnes portent le titre" in page.text
    ivan.post(f"/lots/{lot.id}/mapping", AT | {"column-TEL_MOBILE": 7, "step": "save"})

    lot = read_again(lot.id)
    assert (lot.state, lot.plan["created"], lot.plan["warnings"]) == (LotState.PLANNED, 1, {})
    assert sent(headings, [["A2", *lines[0][1:]]], story.ivan).state is LotState.PLANNED


MONTHS_FIRST = [
    ["A1", "DURAND", "Léa", "02/13/1990", "03/07/2026", "P"],
    ["A2", "PETIT", "Jo", "01/02/1991", "03/06/2026", "P"],
]


def test_dates_that_prove_month_first_are_asked_about_once(ivan, story):
    lot = sent(KNOWN, MONTHS_FIRST, story.ivan)
    assert lot.state is LotState.TO_MAP
    assert "DATE_NAISSANCE" in lot.trouble
    page = ivan.get(f"/lots/{lot.id}/mapping")
    assert re.search(r'name="order-DATE_NAISSANCE" value="month" checked', page.text)
    assert re.search(r'name="order-DATE_PRELEVEMENT" value="month" checked', page.text)
    orders = {"order-DATE_NAISSANCE": "month", "order-DATE_PRELEVEMENT": "month"}

    codes = ivan.post(f"/lots/{lot.id}/mapping", AT | orders | {"step": "codes"}, status=200)
    assert 'name="order-DATE_PRELEVEMENT" value="month"' in codes.text
    ivan.post(f"/lots/{lot.id}/mapping", AT | orders | {"step": "save"})

    assert read_again(lot.id).plan["created"] == 2
    again = [["B1", *MONTHS_FIRST[1][1:]]]
    assert sent(KNOWN, again, story.ivan).state is LotState.PLANNED
    turned = sent(KNOWN, [["B2", "DURAND", "Léa", "13/02/1990", "03/07/2026", "P"]], story.ivan)
    assert turned.state is LotState.TO_MAP
    assert "ne sont plus" in turned.trouble
    said = ivan.post(f"/lots/{turned.id}/mapping", AT | orders | {"step": "save"}, status=422)
    assert "que jour d’abord" in said.text
    ivan.post(f"/lots/{turned.id}/mapping", AT | {"step": "save"})
    assert source_queries.mapping_of("BIO")[1].date_orders == {
        "DATE_NAISSANCE": "day",
        "DATE_PRELEVEMENT": "day",
    }
    version = len(source_queries.mapping_versions("BIO"))
    ivan.get(f"/sources/BIO/mappings/{version}")


def test_that_a_column_is_day_first_all_the_same_is_not_asked_again(ivan, story):
    lot = sent(KNOWN, MONTHS_FIRST, story.ivan)

    ivan.post(f"/lots/{lot.id}/mapping", AT | {"step": "save"})

    lot = read_again(lot.id)
    assert (lot.state, lot.plan["quarantine_reasons"]) == (
        LotState.PLANNED,
        {"BAD_DATE": 1, "FUTURE_DATE": 1},
    )


def test_another_date_can_be_the_sampling_of_a_file_that_has_none(ivan, story):
    headings = [*KNOWN, "DATE_VALIDATION"]
    lot = sent(headings, [["A1", "DURAND", "Léa", "01/02/1990", "", "P", "07/03/2026 18:00"]], story.ivan)
    assert lot.plan["quarantine_reasons"] == {"MISSING_FIELD": 1}
    ivan.post(f"/lots/{lot.id}/mapping", AT | {"step": "save"}, status=422)

    ivan.post(f"/lots/{lot.id}/mapping", AT | {"column-DATE_PRELEVEMENT": 6, "step": "save"})

    assert read_again(lot.id).plan["created"] == 1
