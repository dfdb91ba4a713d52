"""A supervisor finds a file with the keyboard alone, leaves a note, and the next caller reads it before ringing."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LogIn, accessible

NOTE = "Parler fort et lentement : entend mal"


def reference_of(tracer: Page) -> str:
    """Take the next call, read its reference, and give the call back."""
    tracer.get_by_role("button", name="Appel suivant").click()
    found = re.search(r"P0-\d\d-\d{6}-\d", tracer.locator("h1").inner_text())
    assert found is not None
    tracer.get_by_role("link", name=re.compile("Rendre l’appel")).click()
    tracer.get_by_role("button", name="Rendre à la file").click()
    expect(tracer.get_by_role("button", name="Appel suivant")).to_be_visible()
    return found[0]


def type_search(page: Page, key: str) -> None:
    """Open the search by its key, type one exact key, and choose the first reason."""
    page.keyboard.press("/")
    expect(page.get_by_label("Référence, téléphone ou numéro de sécurité sociale")).to_be_focused()
    page.keyboard.type(key)
    for _field in range(4):
        page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "reason":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")


def follow_the_chain(page: Page, reference: str) -> None:
    """Open the chain of the file by keyboard: a dot leads to its row, the row to the search; then go back to the file."""
    page.get_by_role("link", name="Chaîne").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Chaîne de {reference}")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Passer au tableau").focus()
    for _stop in ("drawing", "dot"):
        page.keyboard.press("Tab")
    assert reference in (page.evaluate("document.activeElement.getAttribute('aria-label')") or "")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"#case-\d+$"))
    page.keyboard.press("Tab")
    expect(page.locator(".row-link", has_text=reference)).to_be_focused()
    for width in (1024, 683):
        page.set_viewport_size({"width": width, "height": 620})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        accessible(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("link", name="Revenir au dossier").click()
    expect(page.get_by_role("heading", name=f"Dossier {reference}")).to_be_visible()


@pytest.mark.browser
def test_a_file_is_found_by_keyboard_and_the_note_left_there_is_read_by_the_next_caller(
    log_in: LogIn,
) -> None:
    lucie, didier, olivia = log_in("lucie"), log_in("didier"), log_in("olivia")
    reference = reference_of(lucie)

    type_search(didier, "P0-26-999999-9")
    expect(didier.get_by_role("heading", name="Dossiers trouvés")).to_be_visible()
    expect(didier.get_by_text("Personne n’a exactement cette clé ici")).to_be_visible()
    accessible(didier)
    type_search(didier, reference)
    expect(didier.get_by_role("heading", name=f"Dossier {reference}")).to_be_visible()
    expect(didier.locator(".file-answer")).to_contain_text("La suite")
    accessible(didier)
    follow_the_chain(didier, reference)
    didier.get_by_label("Une phrase, lue avant de composer le numéro").focus()
    didier.keyboard.type(NOTE)
    didier.keyboard.press("Enter")
    expect(didier.get_by_text("qui appellera la lira")).to_be_visible()

    lucie.get_by_role("button", name="Appel suivant").click()
    expect(lucie.locator(".call-news")).to_contain_text(NOTE)
    accessible(lucie)
    lucie.locator("#panel-handover summary").click()
    lucie.get_by_label("Une phrase, lue avant de composer le numéro").fill("Rappeler après 18 h")
    lucie.keyboard.press("Enter")
    expect(lucie.get_by_text("C’est gardé.")).to_be_visible()
    lucie.goto(re.sub(r"(https?://[^/]+).*", r"\1/desk/own-work", lucie.url))
    expect(lucie.get_by_text(reference)).to_be_visible()
    accessible(lucie)

    type_search(olivia, reference)
    expect(olivia.get_by_role("heading", name="Qui a vu cette personne")).to_be_visible()
    expect(olivia.get_by_text("Réclamation de la personne").first).to_be_visible()
    accessible(olivia)
    didier.reload()
    expect(didier.get_by_label("Une phrase, lue avant de composer le numéro")).to_have_value(
        "Rappeler après 18 h"
    )
