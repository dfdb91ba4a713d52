"""One tracer's whole day in a few minutes: a patient zero, two contacts, a sick note, a doctor's answer."""

import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LogIn, accessible
from tests.sickleave.test_documents import hints_in
from tests.support.telephone import ADULT_AT_WORK, add_contact, answer, lead, step_of, words_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
"""A whole product is started for them, on a machine that may be busy."""


def test_from_logging_in_to_a_contact_called_by_somebody_else(log_in: LogIn, tmp_path: Path) -> None:
    lucie = log_in("lucie")
    accessible(lucie)
    lucie.get_by_role("button", name="Appel suivant").click()
    expect(lucie.locator("h1")).to_contain_text("P0-")
    reference = re.search(r"P0-\d\d-\d{6}-\d", lucie.locator("h1").inner_text())
    assert reference is not None
    accessible(lucie)
    whoever_is_called_checks_who_calls(lucie)

    lead(lucie, ADULT_AT_WORK, until="contacts")
    name_two_contacts(lucie)
    accessible(lucie)

    what_was_asked_is_answered_during_the_call(lucie, log_in("omar"))

    lead(lucie, ADULT_AT_WORK, until="sick_note")
    answer(lucie, ADULT_AT_WORK)
    insured, employer = issue_a_note(lucie, tmp_path)
    assert "MOREL" in words_of(insured)
    assert "MOREL" in words_of(employer)
    assert hints_in(words_of(employer)) == []

    a_payroll_clerk_checks_it(lucie, words_of(employer))
    an_insured_opens_the_link(lucie, tmp_path)

    shown = lead(lucie, ADULT_AT_WORK)
    assert shown[-1] == "closing"
    lucie.reload()
    assert step_of(lucie) == "closing"
    lucie.locator("#answers button[value=end]").click()
    expect(lucie.get_by_role("button", name=re.compile("2 contacts seront appelés"))).to_be_visible()
    accessible(lucie)
    lucie.get_by_role("button", name=re.compile("2 contacts seront appelés")).click()
    expect(lucie.get_by_role("button", name="Appel suivant")).to_be_visible()

    the_contact_never_hears_the_name(log_in("anouk"))


def whoever_is_called_checks_who_calls(page: Page) -> None:
    """On the public pages, with what the tracer says; no script is needed there."""
    said = re.search(r"doute de vous\W+([a-z]+) (\d\d \d\d \d\d)", page.locator(".call-why").inner_text())
    assert said is not None
    at_home = page.context.browser.new_context(java_script_enabled=False, locale="fr-FR").new_page()
    at_home.goto(page.url.partition("/calls/")[0] + "/public/")
    at_home.get_by_role("link", name="Qui m’appelle").click()
    at_home.get_by_label("Le mot").fill(said[1])
    at_home.get_by_label("Le nombre").fill(said[2])
    at_home.get_by_role("button", name="Vérifier").click()
    expect(at_home.get_by_text("a bien passé cet appel")).to_be_visible()
    assert at_home.context.cookies() == []
    with_axe = page.context.new_page()
    for path in ("/public/", "/public/call", "/public/note?lang=en", "/public/papers"):
        with_axe.goto(page.url.partition("/calls/")[0] + path)
        accessible(with_axe)
    with_axe.close()
    at_home.context.close()


MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre"),
    *("novembre", "décembre"),
)


def a_payroll_clerk_checks_it(page: Page, paper: str) -> None:
    """On the public page, with nothing but what stands on the employer's copy."""
    clerk = checked(page, paper, initials="CM")
    expect(clerk.get_by_text("Cet arrêt est valable.")).to_be_visible()
    assert "morel" not in clerk.content().lower()
    clerk.get_by_label("Initiales").fill("CD")
    clerk.get_by_role("button", name="Vérifier").click()
    expect(clerk.get_by_text("Aucun arrêt n’a exactement")).to_be_visible()
    clerk.context.close()


def checked(page: Page, paper: str, *, initials: str) -> Page:
    """Return the public page on which somebody without script has checked the paper that they hold."""
    number = re.search(r"Numéro\W+(AI-\w{3}-\d{4}-\d{7}-\d)", paper)
    code = re.search(r"Code de vérification\W+(\w{4}-\w{4})", paper)
    days = re.findall(
        rf"(\d+)(?:er)? ({'|'.join(MONTHS)}) (\d{{4}})", paper[paper.index("Dernier jour inclus") :]
    )
    assert number is not None
    assert code is not None
    first, last = (date(int(year), 1 + MONTHS.index(month), int(day)) for day, month, year in days[:2])
    clerk = page.context.browser.new_context(java_script_enabled=False, locale="fr-FR").new_page()
    clerk.goto(re.sub(r"(https?://[^/]+).*", r"\1/public/note", page.url))
    clerk.get_by_label("Numéro").fill(number[1])
    clerk.get_by_label("Initiales").fill(initials)
    clerk.get_by_label("Premier jour").fill(first.isoformat())
    clerk.get_by_label("Dernier jour").fill(last.isoformat())
    clerk.get_by_label("Code de vérification").fill(code[1].lower())
    clerk.get_by_role("button", name="Vérifier").click()
    return clerk


def an_insured_opens_the_link(page: Page, folder: Path) -> None:
    """With the link and the code that are read to them and their birth date, on a telephone of their own, without script."""
    panel = unfolded(page, "#panel-note")
    panel.get_by_role("button", name="Faire un lien à lui lire").click()
    expect(panel.locator(".spelled")).to_have_count(2)
    link, code = panel.locator(".spelled").all_inner_texts()
    accessible(page)
    panel.get_by_role("button", name="Le lien et le code sont dits").click()
    expect(panel.get_by_text("pas encore ouvert")).to_be_visible()

    phone = page.context.browser.new_context(
        java_script_enabled=False, locale="en-GB", viewport={"width": 390, "height": 844}
    ).new_page()
    origin = page.url.partition("/calls/")[0]
    phone.goto(f"{origin}/public/")
    phone.get_by_role("link", name="Open my papers").click()
    phone.get_by_label("The link").fill(link.lower())
    phone.get_by_label("Your date of birth").fill("1980-05-18")
    phone.get_by_label("The code").fill(code)
    phone.get_by_role("button", name="Open").click()
    expect(phone.get_by_text("Nothing opens this way")).to_be_visible()
    assert "AI-" not in phone.content()
    phone.goto(f"{origin}/public/papers/{link}")
    phone.get_by_label("Your date of birth").fill("1980-05-17")
    phone.get_by_label("The code").fill(code)
    phone.get_by_role("button", name="Open").click()
    for number, name in enumerate(("Save my copy", "Save your employer’s copy")):
        with phone.expect_download() as download:
            phone.get_by_role("button", name=name).click()
        download.value.save_as(folder / f"link{number}.pdf")
    assert "MOREL" in words_of(folder / "link0.pdf")
    assert hints_in(words_of(folder / "link1.pdf")) == []
    assert phone.context.cookies() == []
    phone.context.close()
    page.reload()
    expect(unfolded(page, "#panel-note").get_by_text("lien ouvert")).to_be_visible()


def name_two_contacts(page: Page) -> None:
    """The flatmate and a colleague, neither of whom may be told the name."""
    add_contact(page, "Nadia", "06 39 98 01 01", lives_with=True)
    add_contact(page, "Victor", "06 39 98 01 02", lives_with=True)
    expect(page.get_by_text("Contacts (2)")).to_be_visible()


def what_was_asked_is_answered_during_the_call(tracer: Page, doctor: Page) -> None:
    """The tracer asks, the adviser takes the question and answers, the tracer reads it without leaving."""
    panel = unfolded(tracer, "#panel-escalation")
    panel.get_by_label("Pourquoi demander un avis").select_option("medical_question")
    panel.get_by_label("Votre question").fill("La personne allaite : faut-il lui dire autre chose ?")
    panel.get_by_role("button", name="Envoyer la question").click()
    expect(panel.get_by_text("En attente")).to_be_visible()

    doctor.goto(re.sub(r"(https?://[^/]+).*", r"\1/escalations", doctor.url))
    accessible(doctor)
    doctor.get_by_role("button", name="Prendre").click()
    expect(doctor.get_by_text("La personne allaite")).to_be_visible()
    accessible(doctor)
    doctor.get_by_label("Votre réponse").fill("L’allaitement continue, avec un masque.")
    doctor.locator("input[name=decision][value=go_on]").check()
    doctor.get_by_role("button", name="Envoyer la réponse").click()

    expect(panel.get_by_text("L’allaitement continue, avec un masque.")).to_be_visible(timeout=30_000)


def unfolded(page: Page, selector: str) -> Locator:
    """Return a folded part of the call screen, opened."""
    panel = page.locator(selector)
    if panel.get_attribute("open") is None:
        panel.locator("summary").first.click()
    return panel


def issue_a_note(page: Page, folder: Path) -> tuple[Path, Path]:
    """Issue the sick note and download both copies."""
    panel = unfolded(page, "#panel-note")
    expect(panel.get_by_text("Déclaré sur l’honneur dans cet appel.")).to_be_visible()
    panel.get_by_label("Adresse pendant l’arrêt").fill("3 rue des Lilas")
    panel.get_by_label("Code postal").fill("44000")
    panel.get_by_label("Commune").fill("Nantes")
    panel.get_by_label("Numéro de sécurité sociale").fill("280054410900140")
    panel.get_by_label("La personne a confirmé cette adresse").check()
    panel.get_by_role("button", name="Délivrer l’arrêt").click()
    expect(panel.get_by_text("Délivré")).to_be_visible()
    panel.get_by_text("Les papiers eux-mêmes").click()
    files = []
    for copy in ("Exemplaire de l’assuré", "Exemplaire de l’employeur"):
        with page.expect_download() as download:
            panel.get_by_role("link", name=copy).click()
        files.append(folder / f"{len(files)}.pdf")
        download.value.save_as(files[-1])
    return files[0], files[1]


def the_contact_never_hears_the_name(page: Page) -> None:
    """Another tracer calls a contact: nowhere on the screen does the case's name stand."""
    page.get_by_role("button", name="Appel suivant").click()
    expect(page.locator("h1")).to_be_visible()
    says = ADULT_AT_WORK | {"lives_with_case": "yes", "wants_note": "no"}

    def no_name() -> None:
        assert not re.search("morel|camille", page.content(), re.IGNORECASE), step_of(page)

    assert "announcement" in lead(page, says, watch=no_name)
    accessible(page)
