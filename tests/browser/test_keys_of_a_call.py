"""A whole call with the keyboard alone, on a small screen: every key is counted, and « Suivant » is always in sight."""

import re
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LogIn
from tests.support.keyboard import AT_HOME, Keyboard, walk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_a_case_without_contacts_takes_few_keys_and_no_mouse(log_in: LogIn) -> None:
    page = log_in("lucie")
    page.set_viewport_size({"width": 1024, "height": 620})
    keys = Keyboard(page)
    keys.press("n")
    expect(page.locator("h1")).to_contain_text("P0-")
    keys.pressed = 0
    shown = walk(keys, AT_HOME)
    expect(page.get_by_role("button", name=re.compile("aucun contact à appeler"))).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("button", name="Appel suivant")).to_be_visible()
    sys.stdout.write(f"A case without contacts: {keys.pressed} keys for {len(shown)} steps\n")
    assert keys.pressed <= 29
