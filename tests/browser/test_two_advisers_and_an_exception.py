"""Two advisers at once; one settles an exception during the call and makes an entry of it; the tracer finds both."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LogIn, accessible
from tests.browser.test_one_tracers_story import unfolded


def shot(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    if folder := os.environ.get("TRACING_TEST_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def go(page: Page, path: str) -> None:
    page.goto(re.sub(r"(https?://[^/]+).*", rf"\1{path}", page.url))


@pytest.mark.browser
def test_an_exception_is_settled_in_the_call_and_the_next_question_finds_its_answer(log_in: LogIn) -> None:
    omar = log_in("omar")
    go(omar, "/escalations")
    omar.keyboard.press("s")
    expect(omar.locator("#ringing")).to_have_attribute("aria-pressed", "true")
    rung = int(omar.locator("#ringing").get_attribute("data-rung") or 0)

    lucie = log_in("lucie")
    lucie.get_by_role("button", name="Appel suivant").click()
    panel = unfolded(lucie, "#panel-escalation")
    panel.get_by_label("Pourquoi demander un avis").select_option("medical_question")
    panel.get_by_label("Votre question").fill("Elle sort demain de réanimation, doit-elle encore s’isoler ?")
    panel.get_by_role("button", name="Envoyer la question").click()
    expect(panel.get_by_text("En attente")).to_be_visible()

    expect(omar).to_have_title(re.compile(r"^\(1\)"), timeout=15_000)
    expect(omar.locator("#ringing")).to_have_attribute("data-rung", str(rung + 1))
    expect(omar.get_by_role("button", name="Prendre", exact=True)).to_be_visible(timeout=15_000)
    accessible(omar)
    shot(omar, "list")
    omar.keyboard.press("p")
    expect(omar.get_by_label("Votre réponse")).to_be_visible()
    omar.get_by_text("Décider à la place de la règle").first.click()
    omar.locator("#ruling").select_option("no_measure")
    omar.locator("#ground").select_option("hospital")
    omar.locator("input[name=decision][value=go_on]").check()
    omar.get_by_label("Votre réponse").fill("Non, l’hôpital a levé l’isolement.")
    accessible(omar)
    shot(omar, "question")
    omar.get_by_role("button", name="Envoyer la réponse").click()
    expect(omar.get_by_text("Réponse envoyée à")).to_be_visible()

    expect(panel.get_by_text("Ni isolement ni quarantaine.")).to_be_visible(timeout=15_000)
    accessible(lucie)
    shot(lucie, "call")

    omar.locator("a[id^=settled-]").first.click()
    omar.get_by_role("link", name=re.compile("En faire une fiche")).click()
    omar.get_by_label("La question").fill("Isolement après la réanimation")
    omar.get_by_label("La réponse").fill("L’hôpital décide : demandez la date de levée.")
    accessible(omar)
    omar.get_by_role("button", name="Mettre dans la boîte à outils").click()
    expect(omar.get_by_text("La fiche est dans la boîte à outils.")).to_be_visible()
    go(omar, "/toolbox")
    accessible(omar)
    shot(omar, "toolbox")
    go(omar, "/escalations/given")
    accessible(omar)
    shot(omar, "given")

    lucie.reload()
    lucie.wait_for_load_state("networkidle")
    again = unfolded(lucie, "#panel-escalation")
    expect(again).to_have_attribute("open", "")
    if not again.get_by_label("Votre question").is_visible():
        again.get_by_text("Demander un avis", exact=True).click()
    again.get_by_label("Votre question").press_sequentially("Et après la réanimation, quel isolement")
    expect(again.get_by_text("Isolement après la réanimation")).to_be_visible()
    shot(lucie, "suggested")
