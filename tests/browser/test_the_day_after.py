"""What happens the day after a call: people named again, days corrected, people who ring back, results withdrawn."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LogIn, Platform, accessible
from tests.browser.test_one_tracers_story import checked
from tests.sickleave.test_documents import hints_in
from tests.support.platform import let_versions_take_effect, load_more
from tests.support.telephone import ADULT_AT_WORK, add_contact, answer, lead, words_of
from tracing.kernel import clock

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
"""A whole product is started for them, on a machine that may be busy."""

PARIS = ZoneInfo("Europe/Paris")
BORN = "1980-05-17"
NOBODY_MET = ADULT_AT_WORK | {"contacts_listed": "none", "lives_alone": "yes", "contacts_warned": "none"}


def test_somebody_said_dead_is_not_called_when_a_laboratory_or_a_case_names_them_again(
    log_in: LogIn, platform: Platform
) -> None:
    somebody = person("DUPUIS", "Gaston", "06 39 98 02 01")
    load_more(platform.data_dir, [somebody], number="D1")
    lucie = log_in("lucie")
    take(lucie, "06 39 98 02 01")
    lucie.get_by_role("link", name="Terminer").click()
    lucie.get_by_text("Hospitalisation, autre région, décès").click()
    died = lucie.locator("#way-deceased")
    died.get_by_role("checkbox").check()
    died.get_by_role("button", name="Noter le décès").click()
    expect(lucie.get_by_role("button", name="Appel suivant")).to_be_visible()

    load_more(platform.data_dir, [somebody], number="D2")

    supervisor = log_in("didier")
    supervisor.goto(f"{platform.address}/lists?list=deceased")
    expect(supervisor.get_by_role("row").nth(1)).to_be_visible()
    accessible(supervisor)
    lucie.goto(f"{platform.address}/incoming")
    search(lucie, "06 39 98 02 01")
    expect(lucie.locator("#answers")).to_have_count(0)

    load_more(platform.data_dir, [person("DENIAU", "Paul", "06 39 98 02 21")], number="D3")
    lucie.goto(f"{platform.address}/desk")
    take(lucie, "06 39 98 02 21")
    lead(lucie, ADULT_AT_WORK | {"wants_note": "no"}, until="contacts")
    add_contact(lucie, "Gaston", "06 39 98 02 01", lives_with=False)
    expect(lucie.locator(".contact-lines")).to_contain_text("Gaston")
    expect(lucie.locator(".contact-lines")).to_contain_text("Suivie par la plateforme")
    expect(lucie.locator(".contact-lines")).not_to_contain_text("Appel avant")
    anouk = log_in("anouk")
    anouk.goto(f"{platform.address}/incoming")
    search(anouk, "06 39 98 02 01")
    expect(anouk.locator("#answers")).to_have_count(0)
    end_with(lucie, "refused", "Clore sur un refus")


def test_whoever_refused_rings_back_and_gets_a_sick_note_which_an_adviser_mends(
    log_in: LogIn, platform: Platform, tmp_path: Path
) -> None:
    load_more(platform.data_dir, [person("LEGUEN", "Yann", "06 39 98 02 02")], number="R1")
    lucie = log_in("lucie")
    take(lucie, "06 39 98 02 02")
    end_with(lucie, "refused", "Clore sur un refus")

    take(lucie, "06 39 98 02 02")
    lead(lucie, NOBODY_MET, until="sick_note")
    answer(lucie, NOBODY_MET)
    panel = lucie.locator("#panel-note")
    expect(panel.get_by_text("Déclaré sur l’honneur dans cet appel.")).to_be_visible()
    panel.get_by_label("Adresse pendant l’arrêt").fill("3 rue des Lilas")
    panel.get_by_label("Code postal").fill("44000")
    panel.get_by_label("Commune").fill("Nantes")
    panel.get_by_label("Numéro de sécurité sociale").fill("180054410900190")
    panel.get_by_label("La personne a confirmé cette adresse").check()
    panel.get_by_role("button", name="Délivrer l’arrêt").click()
    expect(panel.get_by_text("Délivré")).to_be_visible()
    lead(lucie, NOBODY_MET)
    lucie.locator("#answers button[value=end]").click()
    lucie.get_by_role("button", name=re.compile("aucun contact à appeler")).click()
    expect(lucie.get_by_role("button", name="Appel suivant")).to_be_visible()

    a_note_is_replaced_prolonged_and_cancelled(log_in("omar"), platform, tmp_path)


def a_note_is_replaced_prolonged_and_cancelled(omar: Page, platform: Platform, folder: Path) -> None:
    """After the call, by an adviser; whoever holds each paper is told what it is worth by then."""
    omar.goto(f"{platform.address}/sick-notes?state=valid")
    omar.get_by_role("link", name=re.compile("AI-")).first.click()
    papers = [employer_copy(omar, folder)]

    shorter = mending(omar, "Remplacer par d’autres jours", "replace")
    last = date.fromisoformat(shorter.get_by_label("Dernier jour").input_value())
    shorter.get_by_label("Dernier jour").fill((last - timedelta(days=2)).isoformat())
    shorter.get_by_label("Motif").select_option("back_at_work")
    shorter.get_by_role("button", name="Remplacer l’arrêt").click()
    expect(omar.get_by_text("à la place de AI-")).to_be_visible()
    papers.append(employer_copy(omar, folder))

    longer = mending(omar, "Prolonger", "prolong")
    assert longer.get_by_label("Jusqu’au").input_value() == last.isoformat()
    longer.get_by_role("button", name="Prolonger").click()
    expect(omar.get_by_text("Prolongation de AI-")).to_be_visible()
    papers.append(employer_copy(omar, folder))
    accessible(omar)
    said_of(omar, papers, "un autre l’a remplacé", "un autre le prolonge", "Cet arrêt est valable.")

    none = mending(omar, "Annuler", "cancel")
    none.get_by_label("Motif").select_option("asked")
    none.get_by_role("button", name="Déclarer l’arrêt nul").click()
    expect(omar.get_by_role("dialog").get_by_role("button", name="Garder l’arrêt")).to_be_visible()
    omar.get_by_role("dialog").get_by_role("button", name="Déclarer l’arrêt nul").click()
    expect(omar.locator("#main .state").get_by_text("Annulé", exact=True)).to_be_visible()
    said_of(omar, papers, "un autre l’a remplacé", "Cet arrêt est valable.", "Cet arrêt est annulé.")


def mending(page: Page, what: str, action: str) -> Locator:
    """Return the form of one thing that can be done to a note, unfolded."""
    page.locator("summary", has_text=what).first.click()
    return page.locator(f"form[action$='/{action}']")


def employer_copy(page: Page, folder: Path) -> str:
    """Return what the employer reads of the note on the page; nothing on it tells why they stay at home."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Exemplaire de l’employeur").click()
    download.value.save_as(folder / "employer.pdf")
    words = words_of(folder / "employer.pdf")
    assert hints_in(words) == []
    return words


def said_of(page: Page, papers: Sequence[str], *states: str) -> None:
    """Check each paper on the public page."""
    for paper, state in zip(papers, states, strict=True):
        clerk = checked(page, paper, initials="YL")
        expect(clerk.get_by_text(state)).to_be_visible()
        clerk.context.close()


def test_a_wrong_number_goes_to_a_letter_at_once(log_in: LogIn, platform: Platform) -> None:
    astray = person(
        "PERRIER", "Alain", "06 39 98 02 03", ADRESSE="8 rue du Port", CODE_POSTAL="44000", COMMUNE="Nantes"
    )
    load_more(platform.data_dir, [astray], number="W1")
    lucie = log_in("lucie")
    take(lucie, "06 39 98 02 03")
    end_with(lucie, "wrong_number", "Plus de numéro")

    supervisor = log_in("didier")
    supervisor.goto(f"{platform.address}/lists?list=no_number")
    accessible(supervisor)
    supervisor.get_by_role("link", name="Lettre…").click()
    # as long as the tracer can take the outcome back, nothing leaves
    expect(supervisor.get_by_text("Écrivez la lettre dans deux minutes.")).to_be_visible()
    accessible(supervisor)


def test_an_onset_that_moves_both_ways_takes_a_contact_out_and_back(
    log_in: LogIn, platform: Platform
) -> None:
    load_more(platform.data_dir, [person("RIOU", "Soazig", "06 39 98 02 04")], number="O1")
    today = clock.now().date()
    late, early = (today - timedelta(days=one) for one in (1, 4))
    says = ADULT_AT_WORK | {"has_symptoms": "yes", "onset_on": early.isoformat(), "wants_note": "no"}
    lucie = log_in("lucie")
    take(lucie, "06 39 98 02 04")
    call = re.sub(r"[?#].*", "", lucie.url)
    lead(lucie, says, until="contacts")
    add_contact(lucie, "Maël", "06 39 98 02 05", lives_with=True, met_on=today - timedelta(days=5))
    listed = lucie.locator(".contact-lines")
    expect(listed).to_contain_text("Maël")
    expect(listed.get_by_text("Hors période")).to_have_count(0)

    for onset, outside in ((late, 1), (early, 0)):
        lucie.goto(f"{call}?step=symptoms")
        answer(lucie, says | {"onset_on": onset.isoformat()})
        lucie.goto(f"{call}?step=contacts")
        expect(listed.get_by_text("Hors période")).to_have_count(outside)


def test_a_result_withdrawn_after_the_case_was_closed_is_shown_and_told(
    log_in: LogIn, platform: Platform
) -> None:
    somebody = person("TANGUY", "Maud", "06 39 98 02 06")
    load_more(platform.data_dir, [somebody], number="X1")
    anouk = log_in("anouk")
    take(anouk, "06 39 98 02 06")
    says = NOBODY_MET | {"wants_note": "no"}
    lead(anouk, says)
    anouk.locator("#answers button[value=end]").click()
    anouk.get_by_role("button", name=re.compile("aucun contact à appeler")).click()

    load_more(platform.data_dir, [somebody | {"ID_RESULTAT": "X1-000001", "RESULTAT": "N"}], number="X2")

    supervisor = log_in("didier")
    supervisor.goto(f"{platform.address}/lists?list=withdrawn")
    expect(supervisor.get_by_text("la personne a été informée")).to_be_visible()
    accessible(supervisor)
    supervisor.get_by_role("button", name="Clore : 1 personne sera rappelée").click()

    anouk.goto(f"{platform.address}/")
    take(anouk, "06 39 98 02 06")
    # nobody beside the tracer or on the line reads why before they have said who they are
    expect(anouk.locator("main")).not_to_contain_text("annulé votre résultat")
    lead(anouk, says, until="no_case")
    expect(anouk.locator("#news")).to_contain_text("le laboratoire a annulé votre résultat")


OPEN_CASES = 300
ROW = "Vaccination complète : isolement de 5 jours pleins, sans sortie anticipée."


def test_a_referent_moves_an_isolation_from_seven_to_five_days(log_in: LogIn, platform: Platform) -> None:
    load_more(platform.data_dir, [person("BOURDIN", "Elsa", "06 39 98 02 07")], number="V1")
    children = [child(number) for number in range(OPEN_CASES)]
    load_more(platform.data_dir, children, number="V2")
    rozenn, omar = log_in("rozenn"), log_in("omar")

    page = proposed(rozenn, platform)
    rozenn.get_by_role("button", name="Voir l’effet sur les dossiers d’aujourd’hui").click()
    foreseen = effect(rozenn)
    assert foreseen["fins déplacées"] >= OPEN_CASES
    assert foreseen["dossiers relus"] > foreseen["fins déplacées"]
    accessible(rozenn)
    approved(rozenn, omar, page)
    rozenn.goto(page)
    rozenn.get_by_role("button", name="Retirer : cette version ne prendra pas effet").click()
    rozenn.locator("[data-confirm-yes]").click()
    expect(rozenn.locator("main")).to_contain_text("retirée")

    page = proposed(rozenn, platform)
    approved(rozenn, omar, page)
    let_versions_take_effect(platform.data_dir)
    rozenn.goto(page)
    assert effect(rozenn)["fins déplacées"] == foreseen["fins déplacées"]
    expect(rozenn.get_by_role("button", name="Retirer")).to_have_count(0)

    # the tracer reads what changes, and presses one key
    nolwenn = log_in("nolwenn")
    nolwenn.keyboard.press("n")
    expect(nolwenn.locator("h1")).to_have_text("À lire avant le prochain appel")
    expect(nolwenn.locator(".side-by-side")).to_contain_text("5")
    accessible(nolwenn)
    nolwenn.keyboard.press("n")
    expect(nolwenn.locator("h1")).to_contain_text("P0-")


def effect(page: Page) -> dict[str, int]:
    """Wait until every case was gone through, and return what changes: the number of each thing by its words."""
    figures = page.locator("#effect .figures")
    expect(figures.get_by_text("dossiers relus")).to_be_visible(timeout=90_000)
    names, numbers = figures.locator("dt").all_inner_texts(), figures.locator("dd").all_inner_texts()
    return {
        name.strip().lower(): int(re.sub(r"\D", "", number))
        for name, number in zip(names, numbers, strict=True)
    }


def proposed(page: Page, platform: Platform) -> str:
    """Write a draft in which a full vaccination shortens an isolation, and propose it; return its address."""
    page.goto(f"{platform.address}/rules/versions")
    page.locator("section[aria-labelledby=table-isolations]").get_by_role(
        "button", name="Préparer un changement"
    ).click()
    address = re.sub(r"[?#].*", "", page.url)
    page.get_by_role("link", name="Modifier P0-4a", exact=True).click()
    accessible(page)
    page.get_by_label("Jours", exact=True).fill("5")
    for name in ("early_exit__day", "early_exit__needs"):
        page.locator(f"#decides_{name}").fill("")
    page.get_by_label("La règle en une phrase").fill(ROW)
    page.get_by_role("button", name="Enregistrer la ligne").click()
    # from today on: the rows of a version begin on the day for which it is planned
    page.get_by_label("Prend effet le").fill(clock.local_day(clock.now(), PARIS).isoformat())
    page.get_by_label("À", exact=True).fill("23:59")
    page.get_by_label("Ce qui change").fill("L’isolement passe de 7 à 5 jours pour qui est vacciné.")
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    expect(page.get_by_text("Enregistré.")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Proposer").click()
    return address


def approved(referent: Page, adviser: Page, address: str) -> None:
    """Approve a version as a referent, then as a medical adviser."""
    referent.goto(address)
    referent.get_by_role("button", name="Approuver comme référent").click()
    adviser.goto(address)
    accessible(adviser)
    adviser.get_by_role("button", name="Approuver comme médecin-conseil").click()
    expect(adviser.locator(".page-lead")).to_contain_text("à venir")


def end_with(page: Page, outcome: str, button: str) -> None:
    """End the conversation with an outcome, and come home."""
    page.get_by_role("link", name="Terminer").click()
    page.locator(f"#way-{outcome}").get_by_role("button", name=button).click()
    expect(page.get_by_role("button", name="Appel suivant")).to_be_visible()


def person(name: str, first_name: str, phone: str, **more: str) -> Mapping[str, str]:
    """A line of a laboratory's file, of somebody who lives in the site's area."""
    return {
        "NOM_NAISSANCE": name,
        "PRENOMS": first_name,
        "SEXE": "M",
        "TEL_MOBILE": phone,
        "CODE_CAISSE": "441",
    } | more


def child(number: int) -> Mapping[str, str]:
    """Somebody under 12, of another site: the rule that is changed decides for them before anybody has called."""
    first = f"{chr(97 + number % 26)}{chr(97 + number // 26)}"
    phone = f"06 39 98 {60 + number // 100} {number % 100:02}"
    born = {"DATE_NAISSANCE": f"17/05/{clock.now().year - 7}", "CODE_CAISSE": "201"}
    return person("PETITJEAN", f"Lou{first}", phone, **born)


def take(page: Page, phone: str) -> None:
    """Take the call of whoever rings from a number."""
    page.get_by_role("link", name="Quelqu’un appelle").click()
    search(page, phone)
    expect(page.locator("h1")).to_contain_text("P0-")


def search(page: Page, phone: str) -> None:
    """Search for a caller by their number and birth date."""
    page.get_by_label("Numéro de téléphone ou référence").fill(phone)
    page.get_by_label("Date de naissance").fill(BORN)
    page.get_by_role("button", name="Chercher et prendre l’appel").click()
