"""A referent adds a question with a branch to a script, for tomorrow; a call under way keeps its own words."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LogIn, Platform, accessible
from tests.browser.test_finding_a_file import type_search
from tests.browser.test_the_day_after import person
from tests.support.platform import let_versions_take_effect, load_more
from tests.support.telephone import ADULT_AT_WORK, Says, lead, settle

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ASKED, OPENED = "ecole_des_enfants", "prevenir_l_ecole"
WHY = "On demande si les enfants vont à l’école, pour la prévenir."
ASKED_IN_THE_TRIAL = (
    *("person_on_line-person", "identity_confirmed-yes", "has_time-yes", "knows_result-yes"),
    *("red_flags-no", "hospitalised-no", "lives_in-home", "has_symptoms-no", "sampling_confirmed-yes"),
    *("vaccination-none", "infected_recently-no", "lives_alone-yes", "works-no"),
)
SAYS: Says = ADULT_AT_WORK | {"wants_note": "no", "enfants_en_collectivite": "oui"}


def test_a_question_is_added_for_tomorrow_and_a_call_under_way_keeps_its_version(
    log_in: LogIn, platform: Platform
) -> None:
    load_more(platform.data_dir, [person("KERLEO", "Denis", "06 39 98 03 01")], number="S1")
    rozenn, omar, lucie = log_in("rozenn"), log_in("omar"), log_in("lucie")
    lucie.keyboard.press("n")
    expect(lucie.locator("#step")).to_be_visible()
    first = reference_on(lucie)

    draft = begun(rozenn, platform)
    the_steps_are_written(rozenn)
    what_is_complained_of_is_mended(rozenn)
    it_is_tried(rozenn)
    rozenn.goto(draft)
    it_is_planned_for_tomorrow_morning(rozenn)
    approved(rozenn, omar, draft)
    expect(rozenn.locator("main")).to_contain_text("demain 08:00")

    # before the moment: nobody has the new words, and who is on the telephone is not held up
    shown = lead(lucie, SAYS)
    assert not {ASKED, OPENED} & set(shown)
    let_versions_take_effect(platform.data_dir)
    lucie.reload()
    expect(lucie.locator("#step")).to_be_visible()
    completed(lucie)

    anouk = log_in("anouk")
    anouk.keyboard.press("n")
    expect(anouk.locator("h1")).to_have_text("À lire avant le prochain appel")
    expect(anouk.locator("main")).to_contain_text(WHY)
    accessible(anouk)
    anouk.keyboard.press("n")
    expect(anouk.locator("#step")).to_be_visible()
    second = reference_on(anouk)
    shown = lead(anouk, SAYS)
    assert shown.index(OPENED) == shown.index(ASKED) + 1
    completed(anouk)

    omar = log_in("omar")
    versions = [version_in_the_file(omar, reference) for reference in (first, second)]
    assert versions[1] == f"{versions[0]}.1"
    expect(omar.locator("main")).to_contain_text("Enfants en collectivité")


def begun(page: Page, platform: Platform) -> str:
    """Begin a draft of the script of a first call; return its address."""
    page.goto(f"{platform.address}/scripts")
    accessible(page)
    section = page.locator("section[aria-labelledby=kind-p0]")
    section.get_by_role("button", name="Préparer un changement").press("Enter")
    expect(page.locator("#steps")).to_be_visible()
    accessible(page)
    return re.sub(r"[?#].*", "", page.url)


def opened(page: Page, step: str) -> Locator:
    """Unfold a step of the outline with the keyboard."""
    found = page.locator(f"#step-{step}")
    if found.get_attribute("open") is None:
        found.locator("summary").first.press("Enter")
    expect(found).to_have_attribute("open", "")
    return found


def unfold(page: Page, summary: str) -> None:
    """Unfold a part of the form of a step with the keyboard."""
    page.locator("summary", has_text=summary).last.press("Enter")


def the_steps_are_written(page: Page) -> None:
    """A step with a question, and one that its answer opens, with a word that no script can say."""
    opened(page, "work").get_by_role("link", name="Ajouter une étape après").press("Enter")
    expect(page.locator("h1")).to_have_text("Nouvelle étape")
    accessible(page)
    page.get_by_label("Titre", exact=True).fill("École des enfants")
    page.get_by_label("À lire, paragraphe 1").fill("Vos enfants vont-ils à l’école ou à la crèche ?")
    unfold(page, "Ajouter une question")
    page.get_by_label("La question, telle qu’elle est à l’écran").fill("Enfants en collectivité")
    page.get_by_label("Sorte de réponse").select_option("choice")
    page.get_by_label("Réponse obligatoire").press("Space")
    unfold(page, "Réponses proposées")
    page.get_by_label("Réponse 1").fill("Oui")
    page.get_by_label("Réponse 2").fill("Non")
    seen = page.locator("#seen")
    expect(seen).to_contain_text("Vos enfants vont-ils à l’école")
    expect(seen.get_by_label("Oui")).to_be_visible()
    accessible(page)
    page.get_by_label("Titre", exact=True).press("Enter")

    opened(page, ASKED).get_by_role("link", name="Ajouter une étape après").press("Enter")
    page.get_by_label("Titre", exact=True).fill("Prévenir l’école")
    page.get_by_label("À lire, paragraphe 1").fill("Prévenez {ecole} dès aujourd’hui.")
    expect(page.locator("#seen")).to_contain_text("{ecole} n’est pas un mot que ce script peut dire")
    unfold(page, "Dite seulement quand")
    page.get_by_label("Ce qui compte").locator("visible=true").first.select_option(
        "answer:enfants_en_collectivite:oui"
    )
    page.get_by_label("Titre", exact=True).press("Enter")
    expect(page.locator(f"#step-{OPENED}")).to_be_visible()


def what_is_complained_of_is_mended(page: Page) -> None:
    """What the checks find prevents the proposal; its line leads to the step."""
    checks = page.locator("section[aria-labelledby=checks]")
    expect(checks).to_contain_text("1 erreur à corriger")
    accessible(page)
    checks.get_by_role("link", name=re.compile("n’est pas un mot que ce script peut dire")).press("Enter")
    page.get_by_label("À lire, paragraphe 1").fill("Prévenez l’école ou la crèche dès aujourd’hui.")
    page.get_by_label("Titre", exact=True).press("Enter")
    expect(checks).to_contain_text("Rien n’empêche de proposer ce script.")
    expect(page.locator("#steps .tally")).to_have_text("2 modifiées")


def it_is_tried(page: Page) -> None:
    """With an invented person, to the step that the answer opens."""
    page.get_by_role("link", name="Plan", exact=True).press("Enter")
    expect(page.locator(".branch-arcs")).to_be_visible()
    accessible(page)
    page.go_back()
    page.get_by_role("link", name="Essayer").press("Enter")
    accessible(page)
    trial = page.locator("#trial")
    heading = trial.get_by_role("heading")
    while heading.inner_text() != "École des enfants":
        for said in ASKED_IN_THE_TRIAL:
            choice = trial.locator(f"#seen-{said}")
            if choice.count() and not choice.is_checked():
                choice.press("Space")
                expect(choice).to_be_checked()
                settle(page)
        going_on(page)
    expect(trial.get_by_text("Prévenir l’école")).to_have_count(0)
    trial.get_by_label("Oui").press("Space")
    expect(trial.get_by_text("Prévenir l’école")).to_be_visible()
    going_on(page)
    expect(trial).to_contain_text("Prévenez l’école ou la crèche dès aujourd’hui.")
    accessible(page)


def going_on(page: Page) -> None:
    """Go to the next step of the trial."""
    before = page.locator("#trial").get_by_role("heading").inner_text()
    page.get_by_role("button", name="Suivant").press("Enter")
    expect(page.locator("#trial").get_by_role("heading")).not_to_have_text(before)


def it_is_planned_for_tomorrow_morning(page: Page) -> None:
    """Eight o'clock tomorrow is what the form proposes."""
    expect(page.get_by_label("À", exact=True)).to_have_value(re.compile("08:00"))
    page.get_by_label("Ce qui change").fill(WHY)
    page.get_by_role("button", name="Enregistrer le brouillon").press("Enter")
    expect(page.get_by_text("Enregistré.")).to_be_visible()
    page.get_by_role("button", name="Proposer").press("Enter")
    expect(page.get_by_text("Il faut maintenant l’accord")).to_be_visible()
    accessible(page)


def approved(referent: Page, adviser: Page, address: str) -> None:
    """Approve as a referent, then as a medical adviser."""
    referent.goto(address)
    referent.get_by_role("button", name="Approuver comme référent").press("Enter")
    expect(referent.get_by_text("Votre accord est enregistré.")).to_be_visible()
    adviser.goto(address)
    accessible(adviser)
    adviser.get_by_role("button", name="Approuver comme médecin-conseil").press("Enter")
    expect(adviser.locator("main")).to_contain_text("approuvée")
    referent.reload()


def completed(page: Page) -> None:
    """End a call that nobody was named in, and come home."""
    page.locator("#answers button[value=end]").press("Enter")
    page.get_by_role("button", name=re.compile("aucun contact à appeler")).press("Enter")
    expect(page.get_by_role("button", name="Appel suivant")).to_be_visible()


def reference_on(page: Page) -> str:
    """Return the reference of the case that is called."""
    expect(page.locator("h1")).to_contain_text("P0-")
    found = re.search(r"P0-\d\d-\d{6}-\d", page.locator("h1").inner_text())
    assert found is not None
    return found[0]


def version_in_the_file(page: Page, reference: str) -> str:
    """Return the version of the script under which the answers stand in a case's file."""
    type_search(page, reference)
    expect(page.get_by_role("heading", name=f"Dossier {reference}")).to_be_visible()
    accessible(page)
    found = re.search(r"Script (\d[\d.]*\d)", page.locator("main").inner_text())
    assert found is not None
    return found[1]
