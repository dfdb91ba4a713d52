"""A doctor rings the person of a question from their list; the call is taken back while they write, and no word is lost."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LogIn, accessible
from tests.browser.test_one_tracers_story import unfolded


def ask(tracer: Page) -> None:
    """Ask a doctor about whoever is called next, and give the call back."""
    tracer.get_by_role("button", name="Appel suivant").click()
    panel = unfolded(tracer, "#panel-escalation")
    panel.get_by_label("Pourquoi demander un avis").select_option("medical_question")
    panel.get_by_label("Votre question").fill("Faut-il interrompre son traitement ?")
    panel.get_by_role("button", name="Envoyer la question").click()
    expect(panel.get_by_text("En attente")).to_be_visible()
    tracer.get_by_role("link", name=re.compile("Rendre l’appel")).click()
    tracer.get_by_role("button", name="Rendre à la file").click()
    expect(tracer.get_by_role("button", name="Appel suivant")).to_be_visible()


@pytest.mark.browser
def test_an_answer_half_written_when_the_call_is_lost_stands_beside_the_question(log_in: LogIn) -> None:
    ask(log_in("lucie"))
    omar, supervisor = log_in("omar"), log_in("didier")
    omar.clock.install()
    omar.goto(re.sub(r"(https?://[^/]+).*", r"\1/escalations", omar.url))
    omar.get_by_role("button", name="Prendre").first.click()
    expect(omar.locator("a.phone")).to_have_count(0)
    omar.get_by_role("button", name="Appeler cette personne").click()
    expect(omar.locator("a.phone").first).to_be_visible()
    accessible(omar)
    answer = omar.get_by_label("Votre réponse")
    answer.fill("Vu avec lui : il garde son traitement.")
    with omar.expect_response(re.compile("/words")):
        omar.clock.run_for(1_500)

    supervisor.reload()
    supervisor.get_by_role("link", name=re.compile("Reprendre l’appel.*Omar")).click()
    supervisor.get_by_role("button", name="Reprendre l’appel maintenant").click()
    with omar.expect_response(re.compile("/heartbeat")) as beat:
        omar.clock.run_for(61_000)
    assert beat.value.status == 409

    lost = omar.get_by_role("dialog", name="Cet appel n’est plus le vôtre")
    expect(lost).to_be_visible()
    accessible(omar)
    lost.get_by_role("link", name="Revenir à la demande").click()
    expect(omar.get_by_label("Votre réponse")).to_have_value("Vu avec lui : il garde son traitement.")
    expect(omar.locator("a.phone")).to_have_count(0)
    omar.locator("input[name=decision][value=closed]").check()
    omar.get_by_role("button", name="Envoyer la réponse").click()
    expect(omar.get_by_text("Réponse envoyée à")).to_be_visible()
