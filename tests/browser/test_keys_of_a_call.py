"""A whole call with the keyboard alone, on a small screen: every key is counted, and « Suivant » is always in sight."""

import re
import sys
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LogIn
from tests.support.keyboard import Keyboard, walk
from tracing.kernel import clock

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
    "onset_on": (clock.now().date() - timedelta(days=1)).isoformat(),
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


def test_a_case_without_contacts_takes_few_keys_and_no_mouse(log_in: LogIn) -> None:
    page = log_in("lucie")
    page.set_viewport_size({"width": 1024, "height": 620})
    keys = Keyboard(page)
    keys.press("n")
    expect(page.locator("h1")).to_contain_text("P0-")
    keys.pressed = 0
    shown = walk(keys, SAYS)
    expect(page.get_by_role("button", name=re.compile("aucun contact à appeler"))).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("button", name="Appel suivant")).to_be_visible()
    sys.stdout.write(f"A case without contacts: {keys.pressed} keys for {len(shown)} steps\n")
    assert keys.pressed <= 29
