"""A tracer leaves the page in the middle of a contact or a question: what they had typed is offered again."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LogIn
from tests.browser.test_one_tracers_story import unfolded
from tests.support.telephone import ADULT_AT_WORK, lead


@pytest.mark.browser
def test_a_contact_and_a_question_half_typed_are_offered_again_after_the_page_was_left(log_in: LogIn) -> None:
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
    expect(dialog.get_by_text("Repris de ce que vous aviez commencé")).to_be_visible()
    dialog.get_by_role("button", name="Annuler").click()
    expect(dialog).to_have_count(0)

    dialog = begin(lucie)
    expect(dialog.get_by_label("Prénom").first).to_have_value("")
    dialog.get_by_label("Prénom").first.fill("Philomène")
    dialog.get_by_label("Téléphone").fill("06 39")
    dialog.get_by_label("Téléphone").press("Enter")
    expect(dialog.get_by_text("est à corriger")).to_be_visible()
    dialog.get_by_label("Téléphone").fill("06 39 98 45 67")
    dialog.get_by_label("Autre jour").fill(yesterday())
    dialog.get_by_label("Téléphone").press("Enter")
    expect(dialog).to_have_count(0)
    expect(lucie.get_by_text("Philomène")).to_be_visible()

    panel = unfolded(lucie, "#panel-escalation")
    panel.get_by_label("Pourquoi demander un avis").select_option("medical_question")
    with lucie.expect_response(lambda answer: answer.url.endswith("/draft")) as kept:
        panel.get_by_label("Votre question").fill("Faut-il interrompre")
    assert kept.value.ok

    lucie.goto(re.sub(r"[?#].*", "", lucie.url))
    panel = unfolded(lucie, "#panel-escalation")
    expect(panel.get_by_label("Votre question")).to_have_value("Faut-il interrompre")
    expect(panel.get_by_label("Pourquoi demander un avis")).to_have_value("medical_question")
    expect(panel.get_by_text("Voici ce que vous aviez commencé à taper")).to_be_visible()
    panel.get_by_label("Votre question").fill("Faut-il interrompre son traitement ?")
    panel.get_by_role("button", name="Envoyer la question").click()
    expect(panel.get_by_text("En attente")).to_be_visible()
    expect(panel.get_by_text("Voici ce que vous aviez commencé à taper")).to_have_count(0)


@pytest.mark.browser
def test_without_network_the_page_goes_on_catches_up_in_order_and_outlasts_back_and_reload(
    log_in: LogIn,
) -> None:
    lucie = log_in("lucie")
    lucie.get_by_role("link", name=re.compile("Reprendre l’appel")).click()
    lucie.get_by_role("button", name="Continuer l’appel ici").click()
    lucie.goto(f"{re.sub(r'[?#].*', '', lucie.url)}?step=work")
    expect(lucie.locator("#a-works-yes")).to_be_checked()

    lucie.context.set_offline(True)
    lucie.locator("#a-profession").fill("marinière")
    lucie.locator("#a-profession").blur()
    expect(lucie.locator("#network")).to_be_visible()
    expect(lucie.locator("#answers [data-saved].is-waiting")).to_be_visible()
    lucie.locator("#a-is_caregiver-yes").check()
    lucie.locator("#a-last_work_on-unknown").check()
    with lucie.expect_response(re.compile("/answers")) as caught_up:
        lucie.context.set_offline(False)
    assert caught_up.value.ok
    expect(lucie.locator("#network")).to_be_hidden()
    expect(lucie.locator("#answers [data-saved]")).to_contain_text("Enregistré")

    lucie.locator("#a-profession").fill("marinière et")
    for _again in range(20):  # what leaves with the page may arrive after the next one was asked for
        lucie.reload()
        if lucie.locator("#a-profession").input_value() == "marinière et":
            break
    expect(lucie.locator("#a-profession")).to_have_value("marinière et")
    expect(lucie.locator("#a-is_caregiver-yes")).to_be_checked()
    expect(lucie.locator("#a-last_work_on-unknown")).to_be_checked()

    lucie.locator("#a-profession").fill("marinière et mère")
    lucie.get_by_role("link", name="Terminer l’appel").click()
    expect(lucie.get_by_role("heading", name=re.compile("Terminer l’appel"))).to_be_visible()
    lucie.go_back()
    for _again in range(20):
        if lucie.locator("#a-profession").input_value() == "marinière et mère":
            break
        lucie.reload()
    expect(lucie.locator("#a-profession")).to_have_value("marinière et mère")


def yesterday() -> str:
    """Return the day before, as a date field takes it."""
    return (datetime.now(tz=ZoneInfo("Europe/Paris")) - timedelta(days=1)).date().isoformat()


def begin(page: Page) -> Locator:
    """Open the dialog for a new contact."""
    page.get_by_role("link", name=re.compile("Ajouter|La reprendre")).first.click()
    dialog = page.get_by_role("dialog", name="Ajouter un contact")
    expect(dialog).to_be_visible()
    return dialog
