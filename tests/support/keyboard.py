"""The keyboard of a tracer in a real browser: every key is counted."""

from collections.abc import Mapping
from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.support.telephone import step_of
from tracing.kernel import clock

Says = Mapping[str, str | tuple[str, ...]]
AT_HOME: Says = {
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


class Keyboard:
    """The keys of a tracer, counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed, self.typed = page, 0, 0

    def type(self, text: str) -> None:
        """Type a name, a number or a sentence: `typed` counts its characters, `pressed` every other key."""
        self.typed += len(text)
        self.page.keyboard.type(text)

    def press(self, key: str) -> None:
        """Press one key, and wait until the page shows what it did."""
        self.pressed += 1
        self.page.keyboard.press(key)
        # until htmx has looked through what it just brought, its buttons open pages of their own
        self.page.wait_for_function(
            "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added')"
        )

    def leave(self, key: str) -> None:
        """Press a key that opens another page, and wait for that page."""
        with self.page.expect_navigation():
            self.press(key)

    def of(self, question: str, value: str) -> str:
        """Return the key of one answer to a question."""
        answer = self.page.locator(f"#a-{question}-{value}")
        key = answer.get_attribute("data-key")
        assert key, f"{question} has no key"
        return key


def answer_step(keys: Keyboard, says: Says) -> None:
    """Tick what was read, then answer; the last answer goes on by itself, and « Entrée » where nothing is asked."""
    page, step = keys.page, step_of(keys.page)
    expect(page.locator("#answers [data-next]")).to_be_in_viewport(ratio=1)
    at_most = keys.pressed + 20
    confirm = page.locator("#statement input[type=checkbox]")
    if confirm.count() and not confirm.is_checked():
        keys.press("c")
    while page.locator("#answers").count() and step_of(page) == step:
        if page.locator("#answers .typed:focus").count():
            keys.type("vendeuse")  # digits would be typed: the field is left first
            keys.press("Tab")
        open_one = page.locator("#answers .question.is-open")
        if open_one.count() and not open_one.locator("input:checked").count():
            question = (open_one.get_attribute("id") or "").removeprefix("question-")
            said = says.get(question, "no")
            for value in (said,) if isinstance(said, str) else said:
                keys.press(keys.of(question, value))
        elif page.locator("#answers [data-next]").get_attribute("hx-post"):
            keys.press("Enter")
            break
        else:
            keys.leave("Enter")
            break
        assert keys.pressed < at_most, f"{step} takes no answer:\n{page.locator('#step').inner_text()}"


def walk(keys: Keyboard, says: Says, *, until: str | None = None) -> list[str]:
    """Lead the call to a step, or to the page that ends it; return the steps that were shown."""
    shown: list[str] = []
    while keys.page.locator("#answers").count() and step_of(keys.page) != until:
        shown.append(step_of(keys.page))
        assert len(shown) < 60, shown
        answer_step(keys, says)
        keys.page.wait_for_load_state("load")
    return shown
