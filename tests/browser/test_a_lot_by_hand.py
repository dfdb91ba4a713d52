"""An import officer's morning: a file sent by hand, its plan, a line to correct, two records that may be one person.

And a file of a sender abroad, in German, from its upload to its cases.
"""

import re
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LogIn, accessible
from tests.support.lots import EXTRACTS, enveloped
from tests.support.platform import lot_about
from tracing.kernel import clock

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
"""A whole product is started for them, on a machine that may be busy."""

READ_WITHIN = 120_000
"""Milliseconds within which the scheduler takes up a file, on a machine that may be busy."""

NEW = {"NOM_NAISSANCE": "PAOLI", "PRENOMS": "Marc", "SEXE": "M", "TEL_MOBILE": "06 39 98 00 11"}
UNBORN = {"NOM_NAISSANCE": "KERN", "PRENOMS": "Lise", "SEXE": "F", "DATE_NAISSANCE": ""}
ALIKE = {"NOM_NAISSANCE": "MORELL", "PRENOMS": "Camille", "SEXE": "F", "TEL_MOBILE": "06 39 98 00 01"}
"""One letter more than the one who is known, born the same day and behind the same number."""


def test_from_a_file_to_the_last_decision(log_in: LogIn, tmp_path: Path) -> None:
    sent = tmp_path / "T2.csv.p7m"
    sent.write_bytes(lot_about((NEW, UNBORN, ALIKE), number="T2", zone=ZoneInfo("Europe/Paris")))
    irene = log_in("irene")

    a_file_without_its_key_says_what_is_missing(irene, sent)
    the_plan_is_read_before_anything_is_loaded(irene, sent)
    the_line_without_a_birth_date_is_corrected(irene)
    two_records_are_compared_and_the_decision_taken_back(irene)


def test_a_german_file_is_loaded_by_keyboard(log_in: LogIn, tmp_path: Path) -> None:
    sent = tmp_path / "ism.csv.p7m"
    sent.write_bytes(german_lot())
    irene = log_in("irene")

    the_file_need_not_be_chosen_again_after_an_error(irene, sent)
    its_columns_are_proposed_and_another_is_searched_for(irene)
    its_codes_are_said_and_its_plan_accepted(irene)


def german_lot() -> bytes:
    """Return a file as a Swiss office writes it, about one invented person sampled yesterday."""
    day = (clock.now().astimezone(ZoneInfo("Europe/Paris")) - timedelta(days=1)).strftime("%d.%m.%Y")
    columns = {
        "Fall ID": "900001",
        "Krankheit": "COVID-19",
        "Eingangsdatum": day,
        "Patient Nachname": "Probst",
        "Patient Vorname": "Lena",
        "Patient Geburtsdatum": "03.02.1984",
        "Patient Geschlecht": "weiblich",
        "Patient Telefon": "06 39 98 00 21",
        "Patient Strasse": "Beispielgasse 4",
        "Patient PLZ": "9000",
        "Patient Wohnort": "St. Gallen",
        "Test ID/Referenz": "81431001",
        "Entnahmedatum": day,
        "Testdatum": day,
        "Testresultat": "positiv",
        "Erreger": "SARS-CoV-2",
        "Zweitnummer": "06 39 98 00 22",
        "Meldeeinheit Institution": "Labor Erfunden AG",
    }
    rows = (columns.keys(), columns.values())
    return enveloped("\r\n".join(";".join(row) for row in rows).encode())


def the_file_need_not_be_chosen_again_after_an_error(page: Page, file: Path) -> None:
    """The only sender is there already; a wrong code is said, and only the code is typed again."""
    page.goto(page.url.split("/lots")[0] + "/lots/new")
    sender = page.get_by_label("Code de l’expéditeur")
    expect(sender).to_have_value("PDL")
    page.get_by_label("Fichier chiffré").set_input_files(file)
    page.get_by_label("Clé privée").set_input_files(EXTRACTS / "keys" / "site-rsa.key.pem")
    page.get_by_label("Certificat de cette clé").set_input_files(EXTRACTS / "keys" / "site-rsa.cert.pem")
    sender.fill("bag ch")
    page.keyboard.press("Enter")
    expect(page.get_by_text("est gardé : choisissez")).to_be_visible()
    accessible(page)
    page.get_by_label("Code de l’expéditeur").fill("BAG")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Relier les colonnes")).to_be_visible(timeout=READ_WITHIN)
    page.keyboard.press("r")


def its_columns_are_proposed_and_another_is_searched_for(page: Page) -> None:
    """Every required column is proposed; one that no list holds is found by its heading."""
    chosen = {
        "ID_RESULTAT": "Test ID/Referenz",
        "RESULTAT": "Testresultat",
        "DATE_PRELEVEMENT": "Entnahmedatum",
    }
    for name, heading in chosen.items():
        expect(page.locator(f"#column-{name} option:checked")).to_have_text(heading)
    accessible(page)
    expect(page.locator("#country option:checked")).to_have_text("Suisse")
    page.locator("#column-TEL_FIXE").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Zweitnummer")
    page.keyboard.press("Tab")
    expect(page.locator("#column-TEL_FIXE option:checked")).to_have_text("Zweitnummer")
    expect(page.locator("tr", has=page.locator("#column-TEL_FIXE"))).to_contain_text("06 39 98 00 22")
    accessible(page)
    page.get_by_role("button", name=re.compile("^Continuer")).press("Enter")


def its_codes_are_said_and_its_plan_accepted(page: Page) -> None:
    """The words of the laboratory get their meaning once; the plan brings one case, which can be called."""
    expect(page.get_by_role("heading", name=re.compile("^Codes du lot"))).to_be_visible()
    page.get_by_label("positiv").focus()
    page.keyboard.type("P")
    accessible(page)
    page.get_by_role("button", name=re.compile("^Accepter")).press("Enter")
    load = page.get_by_role("button", name=re.compile("Charger : 1 dossier sera créé et appelable"))
    expect(load).to_be_visible(timeout=READ_WITHIN)
    page.keyboard.press("c")
    expect(page.get_by_text(re.compile("^Annuler ce lot"))).to_be_visible(timeout=READ_WITHIN)
    accessible(page)


def send(page: Page, file: Path, *, with_key: bool) -> None:
    """Send a file by the form."""
    page.goto(page.url.split("/lots")[0] + "/lots/new")
    page.get_by_label("Fichier chiffré").set_input_files(file)
    page.get_by_label("Code de l’expéditeur").fill("PDL")
    if with_key:
        page.get_by_label("Clé privée").set_input_files(EXTRACTS / "keys" / "site-rsa.key.pem")
        page.get_by_label("Certificat de cette clé").set_input_files(EXTRACTS / "keys" / "site-rsa.cert.pem")
    page.get_by_role("button", name="Envoyer le fichier").click()


def a_file_without_its_key_says_what_is_missing(page: Page, file: Path) -> None:
    """The sender has no key here: the lot says so, and what to do."""
    send(page, file, with_key=False)
    accessible(page)
    expect(page.get_by_label("Clé privée")).to_be_visible(timeout=READ_WITHIN)
    accessible(page)


def the_plan_is_read_before_anything_is_loaded(page: Page, file: Path) -> None:
    """Two cases would be created, one line is to be corrected; then it is loaded."""
    send(page, file, with_key=True)
    load = page.get_by_role("button", name=re.compile("Charger : 2 dossiers seront créés"))
    expect(load).to_be_visible(timeout=READ_WITHIN)
    accessible(page)
    load.click()
    to_correct = page.get_by_role("link", name="Corriger ces lignes")
    expect(to_correct).to_be_visible(timeout=READ_WITHIN)
    accessible(page)
    to_correct.click()


def the_line_without_a_birth_date_is_corrected(page: Page) -> None:
    """The page opens at the field that is wrong, refuses a day to come and takes a right one."""
    accessible(page)
    page.get_by_role("link", name="Corriger la ligne 3").press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^Ligne 3"))).to_be_visible()
    born = page.get_by_label("Date de naissance").first
    expect(born).to_be_focused()
    born.fill("31/02/1990")
    page.keyboard.press("F9")
    expect(page.get_by_text("Pas encore").first).to_be_visible()
    accessible(page)
    page.get_by_label("Date de naissance").first.fill("28/02/1990")
    page.keyboard.press("F9")
    expect(page.get_by_text("Pas encore")).to_have_count(0)


def two_records_are_compared_and_the_decision_taken_back(page: Page) -> None:
    """One key says that they are two people; another takes it back; then they are one."""
    page.get_by_role("link", name=re.compile("Doublons")).click()
    expect(page.get_by_role("table")).to_contain_text("MORELL")
    accessible(page)
    page.keyboard.press("d")
    expect(page.get_by_text("Aucune paire à comparer")).to_be_visible()
    accessible(page)
    page.keyboard.press("a")
    expect(page.get_by_role("table")).to_contain_text("MORELL")
    page.keyboard.press("m")
    expect(page.get_by_text("Aucune paire à comparer")).to_be_visible()
