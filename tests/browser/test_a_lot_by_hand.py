"""An import officer's morning: a file sent by hand, its plan, a line to correct, two records that may be one person."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LogIn, accessible
from tests.support.lots import EXTRACTS
from tests.support.platform import lot_about

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
