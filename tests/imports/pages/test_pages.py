"""Sending a file from a browser, and the pages that say what became of its lines."""

import re
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.lots import CERTIFICATE, KEY, PASSWORDS, expected, extract, lot_of
from tests.support.story import agent, member
from tracing.calls import services as calls
from tracing.imports.jobs import process_next_lot, remove_originals
from tracing.imports.lots import services as lots
from tracing.imports.lots import uploads
from tracing.imports.models import ImportLine, ImportLot, ImportUpload, InboxTrouble, LotState, SourceKind
from tracing.imports.rules import Outcome
from tracing.imports.sources import services as source_services
from tracing.kernel.config import Settings
from tracing.kernel.db import transaction
from tracing.kernel.events import Event, IdentityAccess
from tracing.people.countries import Country
from tracing.staff.models import Role

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


@pytest.fixture
def lea(story):
    """An import officer of Nantes alone."""
    return member("lea", "Léa", (Role.IMPORTER, story.nantes), at=NOW)


@pytest.fixture
def settings(app):
    """The settings under which the scheduler of these tests works."""
    return Settings(data_dir=Path("/nowhere"), fiction_numbers=True)


@pytest.fixture
def send(session, settings):
    """Send a file, let the scheduler read and load it, and return the lot's page."""

    def sends(visitor, *, load=True, **kwargs):
        address = visitor.post("/lots/new", form(**kwargs)).headers["Location"]
        process_next_lot(settings)
        if load:
            visitor.post(f"{address}/commit")
            process_next_lot(settings)
        session.expire_all()
        return address, visitor.get(address)

    return sends


def lot_at(session, address):
    return session.get(ImportLot, int(address.rsplit("/", 1)[1]), populate_existing=True)


def test_a_file_sent_from_a_browser_shows_its_plan_and_waits_for_a_word(ivan, send, session):
    wanted = expected(CMS)

    address, page = send(ivan, load=False)

    assert lot_at(session, address).state is LotState.PLANNED
    assert f"Charger : {wanted['created']} dossiers seront créés, " in page.text
    assert "PDL2021030801-" in page.text
    assert "Rien n’est encore écrit." in page.text
    assert session.scalar(select(func.count()).select_from(ImportLine)) == 0
    listed = ivan.get("/lots").text
    assert "Voir le plan du lot" in listed
    assert f"{wanted['created']} dossiers seraient créés" in listed


def test_a_lot_that_was_agreed_to_becomes_cases_and_says_what_became_of_each_line(ivan, send):
    wanted = expected(CMS)

    _address, page = send(ivan)

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


def test_a_protected_workbook_is_opened_with_its_password(ivan, send):
    password = next(line.split()[-1] for line in PASSWORDS.splitlines() if WORKBOOK in line)

    _address, page = send(ivan, name=WORKBOOK, key=b"", certificate=b"", password=password)

    assert "Dossiers créés" in page.text
    assert "classeur protégé par un mot de passe" in page.text


def test_the_same_file_again_brings_only_duplicates(ivan, send, session):
    send(ivan)

    address, page = send(ivan, load=False)
    assert "Charger : aucun dossier nouveau" in page.text
    ivan.post(f"{address}/discard")

    address, page = send(ivan)
    lot = lot_at(session, address)
    assert lot.counts["duplicate"] == lot.counts["lines"] == expected(CMS)["lines"]


@pytest.mark.parametrize(
    ("sent", "may_try_again", "sentence"),
    [
        ({"key": CERTIFICATE}, True, "La clé ou le certificat ne peut pas être lu"),
        ({"key": b"", "certificate": b""}, True, "s’ouvre avec une clé privée"),
        ({"name": WORKBOOK, "password": "autre"}, True, "Ce mot de passe n’ouvre pas"),
        ({"name": WORKBOOK}, True, "protégé par un mot de passe"),
        ({"content": b"nom;prenom\r\nDUPONT;Marie\r\n"}, False, "n’est pas"),
        ({"content": b"", "name": CMS}, False, "Ce fichier est vide."),
        ({"content": extract(CMS)[:-40]}, False, "abîmé"),
    ],
)
def test_a_file_that_cannot_be_opened_is_refused_with_what_to_do_and_kept_in_the_list(
    ivan, send, session, sent, may_try_again, sentence
):
    address, page = send(ivan, load=False, **sent)

    assert sentence in page.text
    assert "Aucune ligne n’a été prise." in page.text
    assert ("Lire de nouveau" in page.text) is may_try_again
    assert lot_at(session, address).state is LotState.REFUSED
    assert session.scalar(select(func.count()).select_from(ImportLine)) == 0
    assert "refusé" in ivan.get("/lots").text


def test_a_refused_file_is_opened_with_the_right_password_without_being_sent_again(
    ivan, send, session, settings
):
    password = next(line.split()[-1] for line in PASSWORDS.splitlines() if WORKBOOK in line)
    address, _page = send(ivan, load=False, name=WORKBOOK, key=b"", certificate=b"", password="autre")

    nothing = ivan.post(f"{address}/open", {"password": ""}, status=422)
    assert "Donnez un mot de passe ou une clé." in nothing.text
    ivan.post(f"{address}/open", {"password": password})
    process_next_lot(settings)

    assert lot_at(session, address).state is LotState.PLANNED
    assert "Charger : " in ivan.get(address).text


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


def kept_in(page):
    """Return what the form asks for its kept file with."""
    return re.search(r'name="kept"[^>]*value="([^"]*)"', page.text)[1]


def test_after_an_error_the_file_and_its_key_need_not_be_chosen_again(ivan, session, settings):
    page = ivan.post("/lots/new", form(source="pas un code"), status=422)
    assert CMS in page.text
    assert "est gardé" in page.text
    content = session.scalars(select(ImportUpload.content)).one()
    assert extract(CMS) not in content
    assert KEY not in content

    again = ivan.post("/lots/new", {"kept": kept_in(page), "source": "", "password": ""}, status=422)
    address = ivan.post("/lots/new", {"kept": kept_in(again), "source": "PDL", "password": ""}).headers[
        "Location"
    ]
    process_next_lot(settings)

    assert lot_at(session, address).state is LotState.PLANNED
    assert lot_at(session, address).file_name == CMS
    assert session.scalars(select(ImportUpload)).all() == []


def test_another_file_takes_the_place_of_the_one_that_was_kept(ivan, session):
    page = ivan.post("/lots/new", form(source="?"), status=422)

    address = ivan.post("/lots/new", form("other.p7m", content=b"x") | {"kept": kept_in(page)}).headers[
        "Location"
    ]

    assert lot_at(session, address).file_name == "other.p7m"


def test_a_kept_file_is_its_senders_alone_and_for_half_an_hour(ivan, lea, browse, story, session, clock):
    token = kept_in(ivan.post("/lots/new", form(source="?"), status=422))
    sent = {"kept": token, "source": "PDL", "password": ""}

    assert "Choisissez un fichier." in browse.as_(lea).post("/lots/new", sent, status=422).text
    assert uploads.find(token, by=story.ivan.id, at=NOW + timedelta(minutes=29)).file_name == CMS
    assert uploads.find(token, by=story.ivan.id, at=NOW + timedelta(minutes=31)) is None
    clock.move_to(NOW + timedelta(minutes=31))
    remove_originals(NOW)
    assert session.scalars(select(ImportUpload)).all() == []


def test_the_only_sender_is_there_already_or_the_one_of_the_officers_site(browse, story, lea):
    def filled_in(visitor):
        return re.search(r'id="source"[^>]*value="(\w*)"', visitor.get("/lots/new").text)[1]

    terms = source_services.Terms(
        label="X",
        kind=SourceKind.LABORATORY,
        is_trusted=False,
        needs_signature=False,
        site_id=None,
        contact="",
        country=Country.FRANCE,
    )
    ivan = browse.as_(story.ivan)
    assert filled_in(ivan) == ""
    source_services.add_source("NAT", terms, by=story.ivan.id, at=NOW)
    assert filled_in(ivan) == "NAT"
    source_services.add_source("AUTRE", terms, by=story.ivan.id, at=NOW)
    assert filled_in(ivan) == ""
    source_services.add_source("NANTES", terms | {"site_id": story.nantes.id}, by=story.ivan.id, at=NOW)
    assert filled_in(browse.as_(lea)) == "NANTES"


def test_lines_are_shown_by_what_became_of_them_a_page_at_a_time(ivan, send):
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


def test_a_quarantined_line_is_shown_as_it_came_and_that_it_was_seen_is_recorded(ivan, story, session, send):
    importer = story.ivan.id
    address, page = send(
        ivan, content=lot_of([{}, {"ID_RESULTAT": "B-1", "NOM_NAISSANCE": "KERGOAT", "PRENOMS": ""}])
    )
    assert "KERGOAT" not in page.text

    line = ivan.get(f"{address}/lines/3").text

    assert "KERGOAT" in line
    assert "Ce champ est obligatoire, et il est vide." in line
    seen = session.scalars(select(IdentityAccess)).one()
    number = session.scalar(select(ImportLine.id).where(ImportLine.outcome == Outcome.QUARANTINED))
    assert (seen.viewer_id, seen.why, seen.people) == (importer, "national_lot", [f"line:{number}"])


def test_of_a_line_that_was_taken_in_the_lot_shows_no_identity(ivan, session, send):
    address, page = send(ivan, content=lot_of([{}]))

    line = ivan.get(f"{address}/lines/2").text

    assert "LE GOFF" not in page.text + line
    assert "ne sont pas conservés ici" in line
    assert session.scalar(select(func.count()).select_from(IdentityAccess)) == 0


def test_a_corrected_line_settles_the_one_in_quarantine_and_its_page_says_so(ivan, send):
    address, _page = send(ivan, content=lot_of([{"PRENOMS": ""}]))
    send(ivan, content=lot_of([{}]))

    assert "corrigée par une ligne suivante" in ivan.get(address).text
    assert "a réglé celle-ci" in ivan.get(f"{address}/lines/2").text


@pytest.mark.parametrize("who", ["ada", "ben", "dora", "rose", "olga", "gaston"])
def test_nobody_but_an_import_officer_sees_a_lot(browse, ivan, story, session, who, send):
    other = browse.as_(getattr(story, who), site=story.nantes)
    address, _page = send(ivan, content=lot_of([{"PRENOMS": ""}]))

    for path in ("/lots", "/lots/new", address, f"{address}/lines/2"):
        assert "LE GOFF" not in other.get(path, status=403).text
    assert session.scalar(select(func.count()).select_from(IdentityAccess)) == 0


@pytest.mark.parametrize("path", ["/lots/999", "/lots/999/lines/2"])
def test_a_lot_that_does_not_exist_is_not_found(ivan, path):
    ivan.get(path, status=404)


def test_a_line_that_does_not_exist_is_not_found(ivan, send):
    address, _page = send(ivan, content=lot_of([{}]))

    ivan.get(f"{address}/lines/99", status=404)


def test_a_lot_that_is_being_read_shows_how_far_it_is_and_can_be_stopped(ivan, send, session, settings):
    address, _page = send(ivan, load=False, content=lot_of([{"ID_RESULTAT": f"G-{n}"} for n in range(3)]))
    ivan.post(f"{address}/commit")
    lot = lot_at(session, address)
    lot.lines_total, lot.lines_read = 4000, 1000
    lot.started_at, lot.progress_at = NOW - timedelta(seconds=10), NOW
    session.commit()

    page = ivan.get(address).text
    part = ivan.fragment(f"{address}/progress", method="get").text

    for shown in (page, part):
        assert "100 lignes par seconde" in shown
        assert "encore 30 secondes" in shown
    assert "HX-Refresh" not in ivan.fragment(f"{address}/progress", method="get").headers
    ivan.post(f"{address}/stop")
    assert "Arrêt demandé" in ivan.get(address).text
    process_next_lot(settings)
    stopped = ivan.get(address).text
    assert "Le chargement est arrêté" in stopped
    assert ivan.fragment(f"{address}/progress", method="get").headers["HX-Refresh"] == "true"
    assert "arrêté" in ivan.get("/lots").text

    ivan.post(f"{address}/resume")
    process_next_lot(settings)
    assert lot_at(session, address).state is LotState.LOADED


def test_what_went_wrong_around_a_lot_is_shown_and_it_is_tried_again_at_once_when_asked(
    ivan, send, session, settings
):
    address, _page = send(ivan, load=False)
    ivan.post(f"{address}/commit")
    with transaction():
        lots.record_interruption(lot_at(session, address).id, "Le serveur manque de place.", at=NOW)
    assert process_next_lot(settings) is None

    page = ivan.get(address).text
    assert "Le serveur manque de place." in page
    assert "Rien n’est perdu" in page
    assert "Le serveur manque de place." in ivan.get("/lots").text
    ivan.post(f"{address}/retry")
    assert process_next_lot(settings) is not None
    assert lot_at(session, address).state is LotState.LOADED


def test_a_lot_is_left_and_taken_up_again(ivan, send, settings):
    address, _page = send(ivan, load=False)

    ivan.post(f"{address}/discard")
    assert "n’a pas été chargé" in ivan.get(address).text
    ivan.post(f"{address}/commit", status=409)
    ivan.post(f"{address}/take-up")
    process_next_lot(settings)

    assert "Rien n’est encore écrit." in ivan.get(address).text


def test_a_plan_older_than_another_loading_says_so_and_is_made_anew(ivan, send, session, settings, clock):
    address, _page = send(ivan, load=False)
    clock.move_to(NOW + timedelta(minutes=1))
    send(ivan)

    assert "D’autres lots ont été chargés" in ivan.get(address).text
    ivan.post(f"{address}/plan")
    process_next_lot(settings)

    page = ivan.get(address).text
    assert "D’autres lots ont été chargés" not in page
    assert "aucun dossier nouveau" in page


def test_before_a_lot_is_taken_back_the_page_says_what_goes_and_what_stays(
    ivan, send, session, settings, story
):
    address, _page = send(
        ivan,
        content=lot_of([{}, {"ID_RESULTAT": "P-2", "NOM_NAISSANCE": "MARTIN", "TEL_MOBILE": "0639980044"}]),
    )
    with transaction():
        calls.take_next(agent(story.ada), at=NOW)

    asked = ivan.get(f"{address}/undo").text

    assert "Annuler le lot : 1 dossier sera retiré, le reste demeure" in asked
    assert "appel passé ou en cours" in asked
    waits = ivan.follow(f"{address}/undo").text
    assert "Annulation en cours" in waits
    assert "annulation en cours" in ivan.get("/lots").text
    assert "Annulation en cours" in ivan.fragment(f"{address}/progress", method="get").text
    ivan.get(f"{address}/undo", status=303)
    ivan.post(f"{address}/undo", status=409)
    process_next_lot(settings)
    assert ivan.fragment(f"{address}/progress", method="get").headers["HX-Refresh"] == "true"
    done = ivan.get(address).text
    assert "1 dossier a été retiré" in done
    assert "appel passé ou en cours" in done
    assert re.search(r"P0-26-\d{6}-\d", done)
    assert "annulé" in ivan.get("/lots").text
    ivan.get(f"{address}/undo", status=303)
    ivan.post(f"{address}/undo", status=409)


def test_what_is_wrong_with_the_watched_folder_stands_above_the_lots(ivan, session):
    with transaction():
        session.add(InboxTrouble(code="unreadable", source_code="PDL", since=NOW))

    assert "Le dossier surveillé ne peut pas être lu. (PDL)" in ivan.get("/lots").text


def test_no_identity_is_in_what_happened(ivan, session, send):
    send(ivan, content=lot_of([{}, {"ID_RESULTAT": "B-1", "NOM_NAISSANCE": "KERGOAT", "PRENOMS": ""}]))

    written = str([(event.kind, event.detail) for event in session.scalars(select(Event))])
    assert "GOFF" not in written
    assert "KERGOAT" not in written
    kept = session.scalars(select(ImportLine).order_by(ImportLine.row_number)).all()
    assert kept[0].cohort == NOW.date() == date(2026, 3, 10)
    assert kept[0].sealed is None
    assert b"KERGOAT" not in kept[1].sealed
