"""What is beside the script, with the keyboard alone: contacts, the lock, the end; the next key is the next right action."""

import re
import sys

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LogIn, accessible
from tests.support.keyboard import Keyboard
from tests.support.platform import PASSWORD
from tests.support.telephone import ADULT_AT_WORK, lead

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def to_the_list(page: Page) -> Keyboard:
    """Lead a call to the list of contacts, then count the keys."""
    lead(page, ADULT_AT_WORK, until="contacts")
    return Keyboard(page)


def take_up(page: Page) -> None:
    """Go on with the call in this browser."""
    page.get_by_role("link", name=re.compile("Reprendre l’appel")).click()
    page.get_by_role("button", name="Continuer l’appel ici").click()
    expect(page.locator("#step")).to_be_visible()


def test_contacts_are_named_by_a_few_keys_and_the_next_key_goes_on(log_in: LogIn) -> None:
    """Every key is counted but the characters of names and numbers, which nobody can save; both figures are printed."""
    page = log_in("lucie")
    page.get_by_role("button", name="Appel suivant").click()
    keys = to_the_list(page)

    keys.press("a")
    first_names = page.locator("#contact-first_names")
    expect(first_names).to_be_focused()
    keys.type("Nadia")
    for key in ("Tab", "Tab"):
        keys.press(key)
    keys.type("0639980101")
    keys.press("F2")
    keys.press("Control+Enter")
    expect(page.locator(".contact-added")).to_contain_text("Nadia")
    household, letters = keys.pressed, keys.typed
    sys.stdout.write(f"A household contact: {household} keys and {letters} characters typed\n")
    assert household <= 8

    # the dialog is open for the next one already
    keys.pressed = keys.typed = 0
    expect(first_names).to_be_focused()
    expect(first_names).to_have_value("")
    page.set_viewport_size({"width": 683, "height": 384})  # a laptop of 1366 × 768 at zoom 200 %
    for field in ("first_names", "birth_name", "phones"):
        expect(page.locator(f"#contact-{field}")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1280, "height": 800})
    keys.type("Victor")
    for key in ("Tab", "Tab"):
        keys.press(key)
    keys.type("0639980102")
    keys.press("F3")
    for answer in ("2", "2", "1"):  # yesterday, close, in a closed place
        keys.press(answer)
    keys.press("Enter")
    expect(page.get_by_text("Contacts (2)")).to_be_visible()
    victor = page.locator(".contact-lines li", has_text="Victor")
    expect(victor).to_contain_text("collègue")
    expect(victor).to_contain_text("face-à-face")
    expect(page.locator(".contact-lines li", has_text="Nadia")).to_contain_text("même toit")
    sys.stdout.write(f"A colleague: {keys.pressed} keys and {keys.typed} characters typed\n")
    assert keys.pressed <= 10

    expect(page.locator("#a-contacts_listed-complete")).to_be_focused()
    keys.press("1")
    page.wait_for_function(
        "() => document.querySelector('#answers input[name=step]').value === 'name_consent'"
    )

    keys.pressed = 0
    for key, name in (("o", "Nadia"), ("n", "Victor")):
        line = page.locator(".contact-lines li", has_text=name)
        expect(line.locator(".may-tell.is-open")).to_be_visible()
        keys.press(key)
        expect(line.locator(f"[data-consent-key={key}]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".may-tell.is-open")).to_have_count(0)
    keys.press("c")
    expect(page.locator("#answers input[name=step]")).not_to_have_value("name_consent")
    assert keys.pressed == 3


def test_after_an_unlock_the_keys_go_on_where_they_were(log_in: LogIn) -> None:
    page = log_in("lucie")
    take_up(page)
    page.get_by_role("button", name="Verrouiller la page").click()
    page.get_by_label("Votre mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#lock")).to_be_hidden()

    assert page.evaluate("document.activeElement.closest('#step') !== null")


def test_however_much_is_said_of_earlier_calls_the_head_covers_nothing(log_in: LogIn) -> None:
    page = log_in("lucie")
    take_up(page)
    page.set_viewport_size({"width": 1024, "height": 620})
    news = page.locator(".call-news")
    news.evaluate("box => { box.innerHTML = '<p class=call-again>…</p>'.repeat(6); }")
    below = ("#step-title", ".call-steps a >> nth=0", "#person-name")
    for name in below:
        expect(page.locator(name)).to_be_in_viewport()
        assert top_of(page, name) >= bottom_of(page, ".call-news")

    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")

    assert top_of(page, "#person-name") >= bottom_of(page, ".call-head")
    expect(page.locator("#answers [data-next]")).to_be_in_viewport(ratio=1)


def test_several_contacts_by_the_keyboard_and_a_list_that_is_pasted(log_in: LogIn) -> None:
    page = log_in("lucie")
    take_up(page)
    page.set_viewport_size({"width": 1024, "height": 620})
    expect(page.get_by_text("Contacts (2)")).to_be_visible()
    # until htmx has looked through the list it just brought, its links open pages of their own
    page.wait_for_load_state("load")
    page.wait_for_function(
        "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added')"
    )
    keys = Keyboard(page)
    keys.press("g")
    expect(page.get_by_role("dialog", name="Plusieurs contacts")).to_be_visible()
    expect(page.locator("#step")).to_be_attached()
    focused = page.locator(".grid-line [name$=first_names]:focus")
    expect(focused).to_have_value("")
    page.keyboard.type("Inès")
    keys.press("F2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 ligne enregistrée")).to_be_visible()
    expect(focused).to_have_value("")

    focused.evaluate(
        """cell => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", "Omar Diallo, 06 39 98 01 77, hier\\nRoux;Léa;06 39 98 01 78");
          cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }"""
    )
    expect(focused).to_have_value("Omar")
    accessible(page)
    for width in (1024, 683):  # 683: a window of 1366 at zoom 200 %
        page.set_viewport_size({"width": width, "height": 620})
        assert page.locator("#contact-grid").evaluate("grid => grid.scrollWidth <= grid.clientWidth")
    page.keyboard.press("Control+Enter")
    expect(focused).to_have_value("Roux")
    page.keyboard.press("Control+Enter")
    expect(focused).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Contacts (5)")).to_be_visible()

    # Escape gives up what was typed: nothing of it is saved with the next name
    name = page.locator("#contact-dialog [name=contact-first_names]")
    keys.press("a")
    page.keyboard.type("Zoé")
    page.keyboard.press("Escape")
    expect(page.locator("#contact-dialog")).to_have_count(0)
    keys.press("a")
    expect(name).to_be_focused()
    expect(name).to_have_value("")


def test_a_person_who_speaks_turkish_takes_few_keys(log_in: LogIn) -> None:
    page = log_in("lucie")
    take_up(page)
    page.goto(f"{page.url.split('?')[0]}?step=opening")
    keys = Keyboard(page)
    for key in (keys.of("person_on_line", "language"), "Enter"):
        keys.press(key)
    expect(page.locator("#way-language select")).to_be_focused()
    keys.press("t")
    keys.press("u")
    expect(page.locator("#way-language select")).to_have_value("tr")
    keys.press("Enter")
    expect(page.locator("#flashes")).to_contain_text("autre langue")
    sys.stdout.write(f"A person who speaks Turkish: {keys.pressed} keys\n")
    assert keys.pressed <= 8


def top_of(page: Page, name: str) -> float:
    """Return where an element begins, in pixels from the top of the window."""
    box = page.locator(name).bounding_box()
    assert box is not None, name
    return box["y"]


def bottom_of(page: Page, name: str) -> float:
    """Return where an element ends."""
    box = page.locator(name).bounding_box()
    assert box is not None, name
    return box["y"] + box["height"]
