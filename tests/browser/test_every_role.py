"""Each role logs in and lands on a page that works, reads well and is accessible."""

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


@pytest.mark.parametrize(("login", "place"), HOMES.items())
def test_everybody_lands_on_the_first_place_of_their_role(log_in: LogIn, login: str, place: str) -> None:
    page = log_in(login)

    assert (
        page.get_by_role("navigation", name="Rubriques").get_by_role("link").first.inner_text().strip()
        == place
    )
    assert page.locator("h1").count() == 1
    accessible(page)
