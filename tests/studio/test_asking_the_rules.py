"""A referent or an adviser asks what the rules would say of a situation that is made up."""

import pytest

from tests.support.markup import read

VACCINATED = "/rules?programme=covid19&subject=contact&on=2022-01-12&last_contact=2022-01-10&vaccination=complete&age=40"


def answer(page):
    return read(page.text).select_one("section[aria-labelledby=answer]")


@pytest.mark.parametrize("who", ["rose", "ben"])
def test_the_answer_names_its_rules_and_their_sources(browse, story, who):
    visitor = browse.as_(getattr(story, who), site=story.nantes)
    assert answer(visitor.get("/rules")) is None

    found = answer(visitor.get(VACCINATED))

    said = found.get_text(" ", strip=True)
    assert "rien n’est demandé" in said
    assert "autotest" in said
    assert [row.select("td")[1].get_text() for row in found.select("tbody tr")] == ["C-4v.2", "F-3", "N-2"]
    assert "mesconseilscovid" in said


def test_an_isolation_is_shown_with_its_days_and_its_early_exit(browse, story):
    asked = "/rules?programme=covid19&subject=case&on=2022-01-10&onset=2022-01-08&vaccination=complete"

    said = answer(browse.as_(story.rose, site=story.nantes).get(asked)).get_text(" ", strip=True)

    assert "jusqu’au samedi 15 janvier 2022" in said
    assert "jeudi 13 janvier 2022" in said


def test_each_programme_asks_its_own_facts(browse, story):
    rose = browse.as_(story.rose, site=story.nantes)

    measles = rose.get(
        "/rules?programme=measles&subject=contact&on=2026-03-10&last_contact=2026-03-09&fact_immune=no"
    )

    assert "vaccin ROR" in answer(measles).get_text()
    assert 'name="fact_variant"' not in measles.text
    assert 'name="fact_variant"' in rose.get("/rules?programme=covid19").text


@pytest.mark.parametrize(
    "wrong", ["on=hier", "on=2022-01-12&age=-4", "on=2022-01-12&vaccination=maybe", "on=2022-01-12&onset=x"]
)
def test_what_is_typed_wrong_is_named(browse, story, wrong):
    page = browse.as_(story.rose, site=story.nantes).get(
        f"/rules?programme=covid19&subject=case&{wrong}", status=422
    )

    assert answer(page) is None
    assert read(page.text).select(".error-summary a")


def test_an_unknown_programme_is_that_of_the_site(browse, story):
    page = browse.as_(story.rose, site=story.nantes).get("/rules?programme=cholera")

    assert "janvier 2022" in page.text
