"""What only a real browser shows: keys, lock, saving, focus, width, contrast in both themes."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.ui.gallery import PASSWORD

pytestmark = pytest.mark.browser

PATHS = [
    "/",
    "/cases",
    "/cases?empty=1",
    "/form",
    "/call",
    "/parts",
    "/board",
    "/login",
    "/refused",
    "/status/500",
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def open_page(chromium, served):
    """Open pages of the gallery in a fresh browser window; a script error or a blocked asset fails the test."""
    faults = []
    contexts = []
    _app, base = served

    def open_(path: str, *, scheme: str = "light", width: int = 1280, height: int = 800) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale="fr-FR", base_url=base
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_fails_the_accessibility_rules(open_page, scheme):
    page = open_page("/", scheme=scheme)
    found = {}
    for path in PATHS:
        page.goto(path)
        violations = Axe().run(page, options=RULES).response["violations"]
        if violations:
            found[path] = [
                (rule["id"], node["html"][:120], node["failureSummary"][:200])
                for rule in violations
                for node in rule["nodes"]
            ]
    assert found == {}


def test_everything_on_a_page_is_in_a_landmark_and_what_scrolls_is_reached_by_keyboard(open_page):
    page = open_page("/", width=1024, height=620)
    rules = {"runOnly": ["region", "scrollable-region-focusable"]}
    found = {}
    for path in PATHS:
        page.goto(path)
        found[path] = [rule["id"] for rule in Axe().run(page, options=rules).response["violations"]]
    page.goto("/")
    page.get_by_role("button", name="Verrouiller la page").click()
    expect(page.locator("#lock")).to_be_visible()
    found["lock"] = [rule["id"] for rule in Axe().run(page, options=rules).response["violations"]]
    assert [path for path, rules_broken in found.items() if rules_broken] == []


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1366, 768), (900, 700), (390, 800)])
def test_no_page_scrolls_sideways(open_page, width, height):
    page = open_page("/", width=width, height=height)
    for path in PATHS:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_call_screen_shows_the_next_step_without_scrolling(open_page):
    page = open_page("/call", width=1366, height=768)

    expect(page.get_by_text("Suivant")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Terminer l’appel")).to_be_in_viewport(ratio=1)


def test_a_key_does_what_its_button_does_but_never_while_typing(open_page):
    page = open_page("/call")
    page.keyboard.press("2")
    expect(page.locator("#symptoms-no")).to_be_checked()

    page.goto("/parts")
    page.locator("#notes").fill("")
    page.locator("#notes").press("?")
    expect(page.locator("#keys")).to_be_hidden()

    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(r"/$"))


def test_a_function_key_works_even_while_typing(open_page):
    page = open_page("/call")
    page.locator("#onset").focus()

    page.keyboard.press("F9")

    expect(page.locator("h1")).to_have_text("Accueil")


def test_the_question_mark_lists_the_keys_of_the_page(open_page):
    page = open_page("/call")

    page.keyboard.press("?")

    dialog = page.locator("#keys")
    expect(dialog).to_be_visible()
    expect(dialog.locator("dd")).to_have_text(
        [
            "Terminer l’appel",
            "Oui",
            "Non",
            "Ne sait pas",
            "Étape suivante",
            "Ajouter un contact",
            "Afficher les touches de la page",
        ]
    )
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_focus_goes_to_the_error_summary_and_from_there_to_the_field(open_page):
    page = open_page("/form")

    page.get_by_role("button", name="Ajouter").click()
    expect(page.locator(".error-summary")).to_be_focused()

    page.get_by_role("link", name="Dites si un masque était porté").click()
    expect(page.locator("#mask-0")).to_be_focused()


def test_a_row_leads_where_its_link_leads(open_page):
    page = open_page("/cases")

    page.locator(".list tbody tr").first.locator("td").last.click()

    expect(page).to_have_url(re.compile(r"/call$"))


def test_an_outward_action_asks_first(open_page):
    page = open_page("/board")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    button = page.get_by_role("button", name="Reprendre l’appel").first

    button.click()
    expect(page.locator("#confirm")).to_contain_text("il retournera dans la file")
    page.locator("#confirm").get_by_role("button", name="Annuler").click()
    assert not [url for url in sent if url.endswith("/save")]

    button.click()
    with page.expect_request("**/save"):
        page.locator("#confirm").get_by_role("button", name="Reprendre l’appel").click()


def test_an_answer_is_saved_as_it_is_given_and_the_page_says_so(open_page, served):
    page = open_page("/call")

    page.locator("#onset").fill("2026-01-09")
    page.locator("#onset").blur()

    expect(page.locator("[data-saved]")).to_have_text(re.compile(r"^Enregistré \d\d:\d\d:\d\d$"))
    assert served[0].drafts == ["2026-01-09"]


def test_what_could_not_be_sent_is_said_and_sent_again(open_page, served):
    page = open_page("/call")
    page.route("**/save", lambda route: route.abort())
    page.locator("#onset").fill("2026-01-09")
    page.locator("#onset").blur()
    expect(page.locator("#network")).to_be_visible()
    expect(page.locator("[data-saved]")).to_contain_text("Pas encore enregistré")

    page.unroute("**/save")

    expect(page.locator("[data-saved]")).to_contain_text("Enregistré", timeout=10_000)
    expect(page.locator("#network")).to_be_hidden()
    assert served[0].drafts == ["2026-01-09"]


def test_a_text_is_kept_while_it_is_typed(open_page, served):
    page = open_page("/parts")

    page.locator("#notes").press_sequentially("rappeler après 17 h")

    expect(page.locator("[data-saved]")).to_contain_text("Enregistré")
    assert served[0].drafts[-1] == "rappeler après 17 h"


def test_the_lock_covers_the_page_and_gives_it_back_as_it_was(open_page, served):
    page = open_page("/form")
    page.locator("#last_name").fill("Dupont")

    page.get_by_role("button", name="Verrouiller la page").click()
    expect(page.locator("#lock-password")).to_be_focused()
    expect(page.locator("#last_name")).to_be_hidden()
    expect(page).to_have_title("Page verrouillée")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#lock")).to_be_visible()

    page.locator("#lock-password").fill("faux")
    page.keyboard.press("Enter")
    expect(page.locator("#lock-error")).to_have_text(
        "Ce mot de passe n’est pas le bon. Il reste quatre essais."
    )

    page.locator("#lock-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#lock")).to_be_hidden()
    expect(page.locator("#last_name")).to_have_value("Dupont")
    assert served[0].locked is False


def test_a_page_left_alone_covers_itself(open_page, served):
    page = open_page("/form")
    page.evaluate("document.body.dataset.idleMinutes = '0'")

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.locator("#lock")).to_be_visible()
    with page.expect_response("**/unlock"):
        page.locator("#lock-password").fill(PASSWORD)
        page.keyboard.press("Enter")


def test_a_session_locked_elsewhere_covers_this_page_at_its_next_answer(open_page, served):
    page = open_page("/call")
    served[0].locked = True

    page.keyboard.press("2")

    expect(page.locator("#lock")).to_be_visible()


def test_input_is_told_to_the_server_once_a_minute_at_most(open_page, served):
    page = open_page("/form")
    with page.expect_response("**/activity"):
        page.locator("#last_name").press_sequentially("Du")

    page.locator("#last_name").press_sequentially("pont de la tour")
    page.goto("/")
    page.locator("#search").press_sequentially("x")

    page.wait_for_load_state("networkidle")
    assert served[0].activity == 1


def test_the_call_clock_counts_from_the_server_s_beginning(open_page):
    page = open_page("/call")

    expect(page.locator("[data-clock-from]")).to_have_text(re.compile(r"^\d\d:\d\d$"))


def test_an_answer_given_while_the_session_locks_is_kept_once_the_page_is_uncovered(open_page, served):
    page = open_page("/call")
    served[0].locked = True
    page.locator("#onset").fill("2026-01-09")
    page.locator("#onset").blur()
    expect(page.locator("#lock")).to_be_visible()

    page.locator("#lock-password").fill(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.locator("[data-saved]")).to_contain_text("Enregistré", timeout=10_000)
    assert served[0].drafts == ["2026-01-09"]
