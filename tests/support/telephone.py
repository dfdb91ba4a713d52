"""A tracer's call in a real browser: follows the script as a person does, with the mouse."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pypdfium2
from playwright.sync_api import Error, Locator, Page, expect

Says = Mapping[str, str | tuple[str, ...]]

ADULT_AT_WORK: Says = {
    "person_on_line": "person",
    "identity_confirmed": "yes",
    "has_time": "yes",
    "knows_result": "yes",
    "red_flags": "no",
    "hospitalised": "no",
    "lives_in": "home",
    "test_result": "none",
    "has_symptoms": "no",
    "sampling_confirmed": "yes",
    "vaccination": "complete",
    "infected_recently": "no",
    "immunodepressed": "no",
    "recall_places": ("work", "meals"),
    "lives_alone": "no",
    "works": "yes",
    "is_caregiver": "no",
    "last_work_on": "unknown",
    "collectivities": ("none",),
    "contacts_listed": "complete",
    "end_date_repeated": "yes",
    "needs": ("none",),
    "can_telework": "no",
    "stopped_by_doctor": "no",
    "insurance_scheme": "RG",
    "wants_note": "yes",
    "last_contact_confirmed": "yes",
    "lives_with_case": "no",
}
"""The answers of a person without symptoms who works on site and asks for a sick note, for both scripts."""


def step_of(page: Page) -> str:
    """Return the id of the step on the screen."""
    return page.locator("#answers input[name=step]").input_value()


def lead(
    page: Page, says: Says, *, until: str | None = None, watch: Callable[[], None] = lambda: None
) -> list[str]:
    """Follow the script to its end, or to a step; return the steps that were shown.

    `watch` is called with the page on every step.
    """
    shown: list[str] = []
    while True:
        step = step_of(page)
        shown.append(step)
        watch()
        assert len(shown) < 80, f"going round in circles: {shown}"
        if step == until:
            return shown
        answer(page, says)
        if page.locator("#answers button[value=end]").count():
            return shown
        page.get_by_role("button", name="Suivant").click()
        try:
            page.wait_for_function(
                "before => document.querySelector('#answers input[name=step]')?.value !== before", arg=step
            )
        except Error as stuck:
            raise AssertionError(f"{step} does not end:\n{page.locator('#step').inner_text()}") from stuck


def answer(page: Page, says: Says) -> None:
    """Answer each question of the step, including those that an answer opens, then confirm the statements."""
    done: set[str] = set()
    while True:
        asked = page.locator("#answers input[name=asked]").evaluate_all(
            "fields => fields.map(field => field.value)"
        )
        open_ones = [question for question in asked if question not in done and question in says]
        if not open_ones:
            break
        done.add(open_ones[0])
        said = says[open_ones[0]]
        for value in (said,) if isinstance(said, str) else said:
            choice = page.locator(f"#a-{open_ones[0]}-{value}")
            if not choice.count():
                type_day(page, page.locator(f"#a-{open_ones[0]}"), value)
                continue
            if choice.is_checked():
                continue
            with page.expect_response(re.compile("/answers")) as saved:
                choice.check()
            assert saved.value.ok
            settle(page)
    confirm = page.locator("#statement input[type=checkbox]")
    if confirm.count() and not confirm.is_checked():
        with page.expect_response(re.compile("/answers")):
            confirm.check()
        settle(page)


def type_day(page: Page, field: Locator, day: str) -> None:
    """Answer with a day, unless it stands there already."""
    if field.input_value() != day:
        with page.expect_response(re.compile("/answers")) as saved:
            field.fill(day)
            field.blur()
        assert saved.value.ok
        settle(page)


def settle(page: Page) -> None:
    """Wait until the page shows what was saved: an answer may have opened another question."""
    page.wait_for_function("() => !document.querySelector('.htmx-request')")


def add_contact(
    page: Page,
    first_name: str,
    phone: str,
    *,
    lives_with: bool,
    may_tell: bool = False,
    met_on: date | None = None,
) -> None:
    """Add a person to the contact list without leaving the call; without a day, met on the last one possible."""
    page.get_by_role("link", name=re.compile("Ajouter")).first.click()
    dialog = page.get_by_role("dialog", name="Ajouter un contact")
    dialog.get_by_label("Prénom").first.fill(first_name)
    dialog.get_by_label(re.compile("Téléphone")).fill(phone)
    last_day = dialog.locator("input[name=contact-last_contact_on]")
    last_day.fill(met_on.isoformat() if met_on else last_day.get_attribute("max") or "")
    pick(dialog, "lives_with_case", "yes" if lives_with else "no")
    if may_tell:
        pick(dialog, "may_disclose", "yes")
    dialog.get_by_role("button", name="Ajouter à la liste").click()
    expect(dialog).to_be_hidden()


def pick(dialog: Locator, field: str, value: str) -> None:
    """Select an option of a field in the contact dialog."""
    dialog.locator(f"input[name=contact-{field}][value={value}]").check()


def words_of(pdf: Path) -> str:
    """Return the text of a PDF."""
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)
