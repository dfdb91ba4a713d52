"""Each role logs in and lands on a page that works, reads well and is accessible."""

from urllib.parse import urljoin

import pytest

from tests.browser.conftest import LogIn, accessible

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
"""A whole product is started for them, on a machine that may be busy."""

HOMES = {
    "lucie": "Appels",
    "omar": "Avis demandés",
    "didier": "Tableau du site",
    "rozenn": "Avis demandés",
    "irene": "Lots reçus",
    "gaspard": "Comptes",
    "olivia": "Journal",
}

CUT_OFF = """() => [document.documentElement, ...document.querySelectorAll("main *")]
    .filter(one => one.clientWidth > 50 && one.scrollWidth > one.clientWidth + 2
        && (one === document.documentElement || getComputedStyle(one).overflowX !== "visible"))
    .map(one => one.className)"""
"""What is wider than the place it has."""


@pytest.mark.parametrize(("login", "place"), HOMES.items())
def test_everybody_lands_on_the_first_place_of_their_role(log_in: LogIn, login: str, place: str) -> None:
    page = log_in(login)

    assert (
        page.get_by_role("navigation", name="Rubriques").get_by_role("link").first.inner_text().strip()
        == place
    )
    assert page.locator("h1").count() == 1
    accessible(page)


@pytest.mark.parametrize("login", HOMES)
def test_nothing_that_is_to_be_done_lies_beyond_the_edge_of_a_small_laptop(log_in: LogIn, login: str) -> None:
    page = log_in(login)
    small, zoomed = {"width": 1024, "height": 700}, {"width": 683, "height": 384}
    page.set_viewport_size(small)
    places = page.get_by_role("navigation", name="Rubriques").get_by_role("link")
    for place in [link.get_attribute("href") for link in places.all()]:
        page.goto(urljoin(page.url, place))
        assert page.evaluate(CUT_OFF) == [], place
        # the lists of a real day are wider than these few lines: no rail takes a part of their width
        assert page.evaluate("document.querySelector('main').getBoundingClientRect().left") < 20, place
        # at a zoom of 200 % a table may scroll in its own box, the page does not
        page.set_viewport_size(zoomed)
        assert page.evaluate("document.documentElement.scrollWidth") <= zoomed["width"], place
        page.set_viewport_size(small)


def test_the_words_of_a_call_keep_their_room_when_the_page_is_zoomed(log_in: LogIn) -> None:
    page = log_in("lucie")
    page.get_by_role("button", name="Appel suivant").click()
    page.locator(".call-say").wait_for()

    # a small laptop, and one of 1366 pixels at a zoom of 150 and 200 %
    for width in (1024, 911, 683):
        page.set_viewport_size({"width": width, "height": 620})
        words, wide = page.evaluate(
            "[document.querySelector('.call-say').clientWidth, document.documentElement.scrollWidth]"
        )
        assert wide == width, "the page scrolls sideways"
        assert words >= 500, "the words to read aloud are squeezed"
    for width, height in ((1280, 900), (1366, 768)):
        page.set_viewport_size({"width": width, "height": height})
        last, foot = page.evaluate(
            """["#answers .answer:last-child", ".call-foot"].map(
              (name) => document.querySelector(name).getBoundingClientRect()
            ).map((box, place) => (place ? box.top : box.bottom))"""
        )
        assert last <= foot, "an answer is cut by the foot of the step"
