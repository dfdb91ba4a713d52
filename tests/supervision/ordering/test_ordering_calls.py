"""A supervisor tries other weights on today's queue, publishes them, and says when the site calls."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bs4 import BeautifulSoup

from tests.conftest import NOW
from tests.support.story import agent, identity, waiting_case
from tracing.cases.queries import get_case
from tracing.queue import queries
from tracing.queue.households import services as households
from tracing.queue.models import QueueRebuild, QueueWeights
from tracing.queue.rules import Factor
from tracing.staff.models import Site

NONE = {
    "aged": "0",
    "fragile": "0",
    "place": "0",
    "symptoms": "0",
    "priority": "0",
    "promise": "0",
    "follow_up": "0",
}
MINUTE = timedelta(minutes=1)


def waiting(story):
    """Return two waiting calls: an older person, and somebody due half an hour earlier."""
    older = waiting_case(story.nantes, identity("Léa", phones=("+33639980002",)), at=NOW)
    older.factors = Factor.AGED
    younger = waiting_case(story.nantes, identity("Luc", phones=("+33639980003",)), at=NOW - 30 * MINUTE)
    households.refresh(older.household_id, at=NOW)
    return get_case(older.case_id).reference, get_case(younger.case_id).reference


def orders_of(answer):
    """Return the lists of the page, each as references in their order."""
    page = BeautifulSoup(answer.text, "html.parser")
    return [
        [row.select_one("strong").text for row in section.select("tbody tr")]
        for section in page.select('section[aria-labelledby^="order-"]')
    ]


def test_the_page_says_in_which_order_and_why_without_a_name(browse, story):
    older, younger = waiting(story)

    page = browse.as_(story.dora).get("/order")

    assert orders_of(page) == [[older, younger]]
    assert "À appeler avant 14:00\u202f; 65 ans ou plus\u202f: avancé de 60 minutes" in page.text
    assert "Léa" not in page.text
    assert "Dupont" not in page.text


def test_other_weights_are_tried_before_they_are_published(browse, story, session):
    older, younger = waiting(story)
    dora = browse.as_(story.dora)

    tried = dora.get("/order?" + "&".join(f"{name}={minutes}" for name, minutes in NONE.items()))
    assert orders_of(tried) == [[older, younger], [younger, older]]
    assert session.query(QueueWeights).count() == 0

    done = dora.follow("/order/publish", NONE)
    assert "Poids publiés" in done.text
    assert session.query(QueueWeights).one().minutes["aged"] == 0
    assert session.query(QueueRebuild).one().site_id == story.nantes.id
    assert "Dora" in dora.get("/order").text


def test_a_weight_that_is_none_is_asked_for_beside_its_field(browse, story, session):
    dora = browse.as_(story.dora)

    refused = dora.get(
        "/order?aged=-5&fragile=0&place=0&symptoms=0&priority=0&promise=0&follow_up=0", status=422
    )

    assert "Entre 0 et 1440 minutes" in refused.text
    assert "Donnez un nombre" in dora.post("/order/publish", NONE | {"place": ""}, status=422).text
    assert session.query(QueueWeights).count() == 0


def test_a_supervisor_says_when_the_site_calls(browse, story, session):
    dora = browse.as_(story.dora)
    assert "de 08:30 à 19:00" in dora.get("/calling-hours").text

    done = dora.follow("/calling-hours", {"opens": "09:00", "closes": "18:00", "holidays": "y"})

    assert "Heures d’appel enregistrées" in done.text
    nantes = session.query(Site).filter_by(code="440").one()
    assert (nantes.calls_from, nantes.calls_until) == (time(9), time(18))
    assert (nantes.calls_on_sundays, nantes.calls_on_holidays) == (False, True)
    assert session.query(QueueRebuild).one().site_id == nantes.id


def test_hours_that_cannot_be_are_refused(browse, story):
    gaston = browse.as_(story.gaston)

    backwards = gaston.post("/calling-hours", {"opens": "18:00", "closes": "09:00"}, status=422)
    half = gaston.post("/calling-hours", {"opens": "18:00", "closes": ""}, status=422)

    assert "La fin vient après le début" in backwards.text
    assert "les deux heures, ou aucune" in half.text


def test_the_board_says_early_which_promise_the_hours_cut_short(browse, story, clock):
    at = datetime(2026, 3, 10, 16, 30, tzinfo=ZoneInfo("Europe/Paris"))
    clock.move_to(at)
    waiting_case(story.nantes, at=at)

    assert "heures d’appel finies à 19:00" in browse.as_(story.dora).get("/board").text

    clock.move_to(at + timedelta(hours=3))
    assert "personne n’appellera avant l’échéance" in browse.as_(story.dora).get("/board").text


def test_the_tracer_reads_why_this_call_is_next(browse, story):
    task = waiting_case(story.nantes, at=NOW)
    task.factors = Factor.AGED
    households.refresh(task.household_id, at=NOW)
    ada = browse.as_(story.ada)

    page = ada.follow("/calls/next", {})

    assert "À appeler avant 14:00\u202f; 65 ans ou plus\u202f: avancé de 60 minutes" in page.text


def test_what_makes_somebody_urgent_is_not_told_to_the_rest_of_the_household(browse, story):
    older = waiting_case(story.nantes, identity("Marie"), at=NOW)
    older.factors = Factor.AGED
    other = waiting_case(story.nantes, identity("Paul", born=None), at=NOW)
    households.refresh(older.household_id, at=NOW)
    ada = browse.as_(story.ada)
    call = ada.follow("/calls/next", {}).request.path

    page = ada.get(f"{call}?task={other.id}")

    assert "Quelqu’un du foyer\u202f: à appeler avant 14:00" in page.text
    assert "65 ans" not in page.text
    assert queries.find_claim(agent(story.ada).member_id) is not None
