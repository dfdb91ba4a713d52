"""The keyboard of a tracer in a real browser: every key is counted."""

from playwright.sync_api import Page


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
        self.page.wait_for_function("() => !document.querySelector('.htmx-request')")

    def of(self, question: str, value: str) -> str:
        """Return the key of one answer to a question."""
        answer = self.page.locator(f"#a-{question}-{value}")
        key = answer.get_attribute("data-key")
        assert key, f"{question} has no key"
        return key
