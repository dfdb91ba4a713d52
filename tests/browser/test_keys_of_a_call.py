"""A whole call with the keyboard alone, on a small screen: every key is counted, and « Suivant » is always in sight."""

import re
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LogIn
from tests.support.keyboard import Keyboard
from tests.support.telephone import step_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SAYS = {
    "person_on_line": "person",
    "identity_confirmed": "yes",
    "has_time": "yes",
    "knows_result": "yes",
    "red_flags": "no",
    "fragile": "no",
    "hospitalised": "no",
    "lives_in": "home",
    "has_symptoms": "yes",
    "sampling_confirmed": "yes",
    "vaccination": "complete",
    "infected_recently": "no",
    "immunodepressed": "no",
    "recall_places": "stayed_home",
    "lives_alone": "yes",
    "works": "no",
    "collectivities": "none",
    "contacts_listed": "none",
    "end_date_repeated": "yes",
    "needs": "none",
    "has_masks": "yes",
    "vulnerable_relatives": "no",
}
"""An adult at home, ill since yesterday, who met nobody."""
YESTERDAY = "2"


def answer_step(keys: Keyboard) -> None:
    """Tick what was read, then answer; the last answer goes on by itself, and « Entrée » where nothing is asked."""
    page, step = keys.page, step_of(keys.page)
    expect(page.locator("#answers [data-next]")).to_be_in_viewport(ratio=1)
    confirm = page.locator("#statement input[type=checkbox]")
    if confirm.count() and not confirm.is_checked():
        keys.press("c")
    while step_of(page) == step:
        open_one = page.locator("#answers .question.is-open")
        if open_one.count() and not open_one.locator("input:checked").count():
            question = (open_one.get_attribute("id") or "").removeprefix("question-")
            keys.press(YESTERDAY if question == "onset_on" else keys.of(question, SAYS.get(question, "no")))
        else:
            keys.press("Enter")
            break


def test_a_case_without_contacts_takes_few_keys_and_no_mouse(log_in: LogIn) -> None:
    page = log_in("lucie")
    page.set_viewport_size({"width": 1024, "height": 620})
    keys = Keyboard(page)
    keys.press("n")
    expect(page.locator("h1")).to_contain_text("P0-")
    keys.pressed = 0
    shown = []
    while page.locator("#answers").count():
        shown.append(step_of(page))
        assert len(shown) < 60, shown
        answer_step(keys)
    expect(page.get_by_role("button", name=re.compile("aucun contact à appeler"))).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("button", name="Appel suivant")).to_be_visible()
    sys.stdout.write(f"A case without contacts: {keys.pressed} keys for {len(shown)} steps\n")
    assert keys.pressed <= 29
