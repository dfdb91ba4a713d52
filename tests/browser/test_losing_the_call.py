"""A call is taken back while its tracer is writing: what stands on the screen is refused, kept and found again."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LogIn
from tests.support.telephone import ADULT_AT_WORK, lead


@pytest.mark.browser
def test_a_contact_half_typed_when_the_call_is_lost_is_found_again_at_home(log_in: LogIn) -> None:
    lucie, supervisor = log_in("lucie"), log_in("didier")
    lucie.clock.install()
    lucie.get_by_role("button", name="Appel suivant").click()
    lead(lucie, ADULT_AT_WORK, until="contacts")
    lucie.get_by_role("link", name=re.compile("Ajouter")).first.click()
    dialog = lucie.get_by_role("dialog", name="Ajouter un contact")
    dialog.get_by_label("Prénom").first.fill("Honorine")

    supervisor.get_by_role("link", name=re.compile("Reprendre l’appel")).click()
    supervisor.get_by_role("button", name="Reprendre l’appel maintenant").click()
    expect(supervisor.get_by_text("revenu dans la file")).to_be_visible()
    with lucie.expect_response(lambda answer: "/contacts" in answer.url and answer.status == 409):
        lucie.clock.run_for(61_000)

    lucie.get_by_role("link", name="Revenir à l’accueil").click()
    expect(lucie.get_by_text("Honorine")).to_be_visible()
