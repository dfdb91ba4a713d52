"""A day of a tracer with the keyboard alone: every kind of call, its keys counted and printed, and no mouse at all.

Every key is counted but the characters of names, numbers, addresses and sentences, which nobody can save; both figures
are printed. One test, because the calls come as the queue gives them: which one it is, the number on the screen says.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LogIn, Platform
from tests.support.keyboard import AT_HOME, Keyboard, Says, walk
from tests.support.platform import load_more
from tracing.kernel import clock

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900), pytest.mark.slow]

TODAY = clock.now().date()
WITH_CONTACTS: Says = AT_HOME | {"lives_alone": "no", "contacts_listed": "complete"}
AT_WORK: Says = WITH_CONTACTS | {
    "recall_places": ("work", "meals"),
    "works": "yes",
    "is_caregiver": "no",
    "last_work_on": TODAY.isoformat(),
    "can_telework": "no",
    "stopped_by_doctor": "no",
    "insurance_scheme": "RG",
    "wants_note": "yes",
}


def name(keys: Keyboard, first_name: str, number: str, preset: str, *answers: str, last: bool) -> None:
    """Name somebody in the open dialog, and open the next one unless it is the last."""
    expect(keys.page.locator("#contact-first_names")).to_be_focused()
    expect(keys.page.locator("#contact-first_names")).to_have_value("")
    keys.type(first_name)
    keys.press("Tab")
    keys.press("Tab")
    keys.type(number)
    for key in (preset, *answers, "Enter" if last else "Control+Enter"):
        keys.press(key)
    if last:
        expect(keys.page.locator("#contact-dialog")).to_have_count(0)
    else:
        expect(keys.page.locator(".contact-added")).to_contain_text(first_name)


def end(keys: Keyboard) -> None:
    """Press what the page proposes until the call is over."""
    for _ in range(4):
        if keys.page.get_by_role("button", name="Appel suivant").count():
            return
        keys.leave("Enter")
    expect(keys.page.get_by_role("button", name="Appel suivant")).to_be_visible()


def complete(keys: Keyboard) -> None:
    walk(keys, AT_WORK, until="contacts")
    keys.press("a")
    name(keys, "Nadia", "0639980601", "F2", last=False)
    name(keys, "Ilyes", "0639980602", "F2", last=False)
    name(keys, "Victor", "0639980603", "F3", "1", "2", "1", last=False)
    name(keys, "Solène", "0639980604", "F3", "2", "2", "1", last=True)
    expect(keys.page.get_by_text("Contacts (4)")).to_be_visible()
    walk(keys, AT_WORK, until="sick_note")
    keys.press("c")
    expect(keys.page.get_by_label("Adresse pendant l’arrêt")).to_be_focused()
    for typed in ("3 rue des Lilas", "44000", "Nantes"):
        keys.type(typed)
        keys.press("Tab")
    keys.press("Space")
    keys.press("Tab")
    keys.type("180054410900190")
    keys.press("Enter")
    panel = keys.page.locator("#panel-note")
    expect(panel.get_by_text("Délivré", exact=True)).to_be_visible()
    keys.press("p")
    expect(panel.get_by_text("lettre à poster")).to_be_visible()
    walk(keys, AT_WORK)
    end(keys)


def nobody(keys: Keyboard) -> None:
    keys.press("F9")
    keys.press("6")


def voicemail(keys: Keyboard) -> None:
    keys.press("F9")
    keys.press("7")


def wrong_number(keys: Keyboard) -> None:
    walk(keys, AT_HOME | {"person_on_line": "wrong_number"})
    end(keys)


def callback(keys: Keyboard) -> None:
    walk(keys, AT_HOME | {"has_time": "no"})
    end(keys)


def refusal(keys: Keyboard) -> None:
    walk(keys, AT_HOME | {"person_on_line": "refused"})
    end(keys)


def turkish(keys: Keyboard) -> None:
    walk(keys, AT_HOME | {"person_on_line": "language"})
    expect(keys.page.locator("#way-language select")).to_be_focused()
    keys.press("t")
    keys.press("u")
    keys.press("Enter")


def child(keys: Keyboard) -> None:
    walk(keys, AT_HOME | {"person_on_line": "representative", "representative_confirmed": "yes"})
    end(keys)


def result_unknown(keys: Keyboard) -> None:
    walk(keys, AT_HOME | {"knows_result": "no"})
    end(keys)


def emergency(keys: Keyboard) -> None:
    walk(keys, AT_HOME, until="symptoms")
    keys.press("F8")
    expect(keys.page.locator("#emergency")).to_be_visible()
    keys.press("Enter")
    end(keys)


def onset_changed(keys: Keyboard) -> None:
    walk(keys, WITH_CONTACTS, until="contacts")
    keys.press("a")
    name(keys, "Maël", "0639980605", "F2", last=True)
    sections = keys.page.locator("#rail .steps > li").all_inner_texts()
    [symptoms] = [number for number, words in enumerate(sections, start=1) if "Symptômes" in words]
    for key in ("u", *str(symptoms), "Enter"):
        keys.press(key)
    expect(keys.page.locator("#answers input[name=step]")).to_have_value("symptoms")
    earlier = TODAY - timedelta(days=3)
    keys.press(keys.of("onset_on", earlier.isoformat()))
    walk(keys, WITH_CONTACTS | {"onset_on": earlier.isoformat()})
    end(keys)


def one_more(keys: Keyboard) -> None:
    walk(keys, WITH_CONTACTS, until="contacts")
    keys.press("a")
    name(keys, "Anna", "0639980606", "F2", last=True)
    walk(keys, WITH_CONTACTS, until="closing")
    keys.press("a")
    name(keys, "Bilal", "0639980607", "F2", last=True)
    walk(keys, WITH_CONTACTS)
    end(keys)


def household(keys: Keyboard) -> None:
    for rank in range(3):
        walk(keys, AT_HOME)
        if rank == 2:
            end(keys)
            return
        for _ in range(3):
            keys.leave("Enter")
            if keys.page.locator("#answers").count():
                break


CALLS: Mapping[str, tuple[Callable[[Keyboard], None], int]] = {
    "06 39 98 05 01": (complete, 85),
    "06 39 98 05 02": (nobody, 2),
    "06 39 98 05 03": (voicemail, 2),
    "06 39 98 05 04": (wrong_number, 6),
    "06 39 98 05 05": (callback, 12),
    "06 39 98 05 06": (refusal, 6),
    "06 39 98 05 07": (turkish, 6),
    "06 39 98 05 08": (child, 38),
    "06 39 98 05 09": (result_unknown, 12),
    "06 39 98 05 10": (emergency, 18),
    "06 39 98 05 11": (onset_changed, 55),
    "06 39 98 05 12": (one_more, 50),
    "06 39 98 05 13": (household, 110),
}
"""Whom each number belongs to, and how many keys their call may take at most."""


def people() -> list[Mapping[str, str]]:
    return [
        {
            "NOM_NAISSANCE": f"Clavier{rank}",
            "PRENOMS": first_name,
            "SEXE": "M",
            "TEL_MOBILE": number,
            "CODE_CAISSE": "441",
            "DATE_NAISSANCE": f"17/05/{TODAY.year - 9 if number.endswith('08') else 1980}",
        }
        for rank, number in enumerate(CALLS, start=1)
        for first_name in (("Aline", "Boris", "Chloé") if number.endswith("13") else ("Ange",))
    ]


def test_every_kind_of_call_is_made_without_a_mouse(log_in: LogIn, platform: Platform) -> None:
    load_more(platform.data_dir, people(), number="K1")
    page = log_in("lucie")
    page.set_viewport_size({"width": 1366, "height": 768})
    left = dict(CALLS)
    while left:
        page.keyboard.press("n")
        expect(page.locator("h1")).to_contain_text("P0-")
        number = page.locator(".call-line .phone").inner_text()
        make, most = left.pop(number, (nobody, 2))  # Camille Morel, whom every platform knows
        keys = Keyboard(page)
        make(keys)
        expect(page.get_by_role("button", name="Appel suivant")).to_be_visible()
        sys.stdout.write(f"{make.__name__:>15}: {keys.pressed:3} keys and {keys.typed:3} characters typed\n")
        assert keys.pressed <= most, make.__name__
