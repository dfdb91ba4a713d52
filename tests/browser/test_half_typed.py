"""A tracer leaves the page in the middle of a contact: what they had typed is offered again, until they give it up."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LogIn
from tests.support.telephone import ADULT_AT_WORK, lead


@pytest.mark.browser
def test_a_contact_half_typed_is_offered_again_after_the_page_was_left(log_in: LogIn) -> None:
    lucie = log_in("lucie")
    lucie.get_by_role("button", name="Appel suivant").click()
    lead(lucie, ADULT_AT_WORK, until="contacts")
    dialog = begin(lucie)
    with lucie.expect_response(lambda answer: answer.url.endswith("/draft")) as kept:
        dialog.get_by_label("Prénom").first.fill("Honorine")
    assert kept.value.ok

    lucie.goto(re.sub(r"[?#].*", "", lucie.url))
    dialog = begin(lucie)
    expect(dialog.get_by_label("Prénom").first).to_have_value("Honorine")
    expect(dialog.get_by_text("Voici ce que vous aviez commencé à taper")).to_be_visible()
    dialog.get_by_role("button", name="Annuler").click()
    expect(dialog).to_have_count(0)

    expect(begin(lucie).get_by_label("Prénom").first).to_have_value("")


def begin(page: Page) -> Locator:
    """Open the dialog for a new contact."""
    page.get_by_role("link", name=re.compile("Ajouter|La reprendre")).first.click()
    dialog = page.get_by_role("dialog", name="Ajouter un contact")
    expect(dialog).to_be_visible()
    return dialog
