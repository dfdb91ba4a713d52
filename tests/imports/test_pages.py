"""Sending a file from a browser, and the pages that say what became of its lines."""

import re
from datetime import date
from io import BytesIO

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.lots import CERTIFICATE, KEY, PASSWORDS, expected, extract, lot_of
from tracing.imports.models import ImportLine, ImportLot, LotState
from tracing.imports.rules import Outcome
from tracing.kernel.events import Event, Sighting

CMS, WORKBOOK = "pdl-20210308-0800.csv.p7m", "pdl-20210308-1300.xlsx"


def form(name=CMS, *, content=None, key=KEY, certificate=CERTIFICATE, password="", source="PDL"):
    sent = {
        "file": (BytesIO(extract(name) if content is None else content), name),
        "source": source,
        "password": password,
    }
    if key:
        sent["key"] = (BytesIO(key), "site.key.pem")
    if certificate:
        sent["certificate"] = (BytesIO(certificate), "site.cert.pem")
    return sent


@pytest.fixture
def ivan(browse, story):
    return browse.as_(story.ivan)


def send(visitor, **kwargs):
    """Send a file and return the lot's page."""
    sent = visitor.post("/lots/new", form(**kwargs))
    return sent.headers["Location"], visitor.get(sent.headers["Location"])


def test_an_extract_sent_from_a_browser_becomes_cases_and_says_how_many(ivan):
    wanted = expected(CMS)

    _address, page = send(ivan)

    assert f"{wanted['created']} dossiers créés, à appeler dès maintenant." in page.text
    assert "Dossier créé<" in page.text
    for name, words in (
        ("created", "Dossiers créés"),
        ("quarantined", "À corriger"),
        ("duplicate", "Déjà reçus"),
    ):
        if wanted[name]:
            assert re.search(rf"{words} <span class=\"tally\">{wanted[name]}</span>", page.text), name
    listed = ivan.get("/lots").text
    assert CMS in listed
    assert "chargé" in listed


def test_a_protected_workbook_is_opened_with_its_password(ivan):
    password = next(line.split()[-1] for line in PASSWORDS.splitlines() if WORKBOOK in line)

    _address, page = send(ivan, name=WORKBOOK, key=b"", certificate=b"", password=password)

    assert "Lot chargé" in page.text


def test_the_same_file_again_brings_only_duplicates(ivan, session):
    send(ivan)

    address, page = send(ivan)

    assert "aucun dossier nouveau" in page.text
    lot = session.get_one(ImportLot, int(address.rsplit("/", 1)[1]))
    assert lot.counts["duplicate"] == lot.counts["lines"] == expected(CMS)["lines"]


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"key": CERTIFICATE}, "key", "La clé privée ou le certificat ne peut pas être lu"),
        ({"key": b"", "certificate": b""}, "key", "s’ouvre avec une clé privée"),
        ({"name": WORKBOOK, "password": "autre"}, "password", "Ce mot de passe n’ouvre pas ce classeur."),
        ({"name": WORKBOOK}, "password", "protégé par un mot de passe"),
        ({"content": b"nom;prenom\r\nDUPONT;Marie\r\n"}, "file", "n’est pas"),
        ({"content": b"", "name": CMS}, "file", "Ce fichier est vide."),
        ({"content": extract(CMS)[:-40]}, "file", "abîmé"),
    ],
)
def test_a_file_that_cannot_be_opened_is_refused_beside_what_is_wrong_and_kept_in_the_list(
    ivan, session, sent, field, sentence
):
    page = ivan.post("/lots/new", form(**sent), status=422).text

    error = re.search(rf'id="{field}-error">(.*?)</p>', page, re.DOTALL)
    assert error
    assert sentence in error[1]
    lot = session.scalars(select(ImportLot)).one()
    assert lot.state is LotState.REFUSED
    assert session.scalar(select(func.count()).select_from(ImportLine)) == 0
    assert "refusé" in ivan.get("/lots").text
    assert "Aucune ligne n’a été prise." in ivan.get(f"/lots/{lot.id}").text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"source": ""}, "Tapez le code de l’expéditeur."),
        ({"source": "pdl"}, "Majuscules, chiffres et tirets seulement"),
        ({"file": None}, "Choisissez un fichier."),
    ],
)
def test_an_incomplete_form_is_no_lot(ivan, session, change, sentence):
    sent = {name: value for name, value in (form() | change).items() if value is not None}

    assert sentence in ivan.post("/lots/new", sent, status=422).text
    assert session.scalar(select(func.count()).select_from(ImportLot)) == 0


def test_lines_are_shown_by_what_became_of_them_a_page_at_a_time(ivan):
    good = [{"ID_RESULTAT": f"G-{n}", "NOM_NAISSANCE": f"NOM{n}", "NIR": ""} for n in range(60)]
    bad = [{"ID_RESULTAT": f"B-{n}", "PRENOMS": ""} for n in range(3)]
    address, first = send(ivan, content=lot_of([*good[:30], *bad, *good[30:]]))

    def ids(page):
        return re.findall(r"<td translate=\"no\">([GB]-\d+)</td>", page.text)

    following = re.search(r'href="([^"]+)" rel="next"', first.text)[1].replace("&amp;", "&")
    everything = ids(first) + ids(ivan.get(following))

    assert len(ids(first)) == 50
    assert everything == [
        *(f"G-{n}" for n in range(30)),
        "B-0",
        "B-1",
        "B-2",
        *(f"G-{n}" for n in range(30, 60)),
    ]
    assert ids(ivan.get(f"{address}?outcome=quarantined")) == ["B-0", "B-1", "B-2"]
    created = ivan.get(f"{address}?outcome=created")
    assert len(ids(created)) == 50
    assert "outcome=created&amp;after=" in created.text
    assert len(ids(ivan.get(f"{address}?outcome=made_up&after=40"))) == 24


def test_a_quarantined_line_is_shown_as_it_came_and_that_it_was_seen_is_recorded(ivan, story, session):
    importer = story.ivan.id
    address, page = send(
        ivan, content=lot_of([{}, {"ID_RESULTAT": "B-1", "NOM_NAISSANCE": "KERGOAT", "PRENOMS": ""}])
    )
    assert "KERGOAT" not in page.text

    line = ivan.get(f"{address}/lines/3").text

    assert "KERGOAT" in line
    assert "un champ obligatoire est vide" in line
    seen = session.scalars(select(Sighting)).one()
    number = session.scalar(select(ImportLine.id).where(ImportLine.outcome == Outcome.QUARANTINED))
    assert (seen.viewer_id, seen.why, seen.people) == (importer, "lot", [f"line:{number}"])


def test_of_a_line_that_was_taken_in_the_lot_shows_no_identity(ivan, session):
    address, page = send(ivan, content=lot_of([{}]))

    line = ivan.get(f"{address}/lines/2").text

    assert "LE GOFF" not in page.text + line
    assert "ne sont pas conservés ici" in line
    assert session.scalar(select(func.count()).select_from(Sighting)) == 0


def test_a_corrected_line_settles_the_one_in_quarantine_and_its_page_says_so(ivan):
    address, _page = send(ivan, content=lot_of([{"PRENOMS": ""}]))
    send(ivan, content=lot_of([{}]))

    assert "corrigée par une ligne suivante" in ivan.get(address).text
    assert "a réglé celle-ci" in ivan.get(f"{address}/lines/2").text


@pytest.mark.parametrize("who", ["ada", "ben", "dora", "rose", "olga", "gaston"])
def test_nobody_but_an_import_officer_sees_a_lot(browse, ivan, story, session, who):
    other = browse.as_(getattr(story, who), site=story.nantes)
    address, _page = send(ivan, content=lot_of([{"PRENOMS": ""}]))

    for path in ("/lots", "/lots/new", address, f"{address}/lines/2"):
        assert "LE GOFF" not in other.get(path, status=403).text
    assert session.scalar(select(func.count()).select_from(Sighting)) == 0


@pytest.mark.parametrize("path", ["/lots/999", "/lots/999/lines/2"])
def test_a_lot_that_does_not_exist_is_not_found(ivan, path):
    ivan.get(path, status=404)


def test_a_line_that_does_not_exist_is_not_found(ivan):
    address, _page = send(ivan, content=lot_of([{}]))

    ivan.get(f"{address}/lines/99", status=404)


def test_a_lot_half_taken_in_says_what_to_do(ivan, session):
    address, _page = send(ivan, content=lot_of([{}]))
    lot = session.get_one(ImportLot, int(address.rsplit("/", 1)[1]))
    lot.state, lot.loaded_at, lot.counts = LotState.LOADING, None, {}
    session.commit()

    assert "chargez de nouveau le même fichier" in ivan.get(address).text
    assert "en cours" in ivan.get("/lots").text


def test_no_identity_is_in_what_happened(ivan, session):
    send(ivan, content=lot_of([{}, {"ID_RESULTAT": "B-1", "NOM_NAISSANCE": "KERGOAT", "PRENOMS": ""}]))

    written = str([(event.kind, event.detail) for event in session.scalars(select(Event))])
    assert "GOFF" not in written
    assert "KERGOAT" not in written
    kept = session.scalars(select(ImportLine).order_by(ImportLine.row_number)).all()
    assert kept[0].cohort == NOW.date() == date(2026, 3, 10)
    assert kept[0].sealed is None
    assert b"KERGOAT" not in kept[1].sealed
