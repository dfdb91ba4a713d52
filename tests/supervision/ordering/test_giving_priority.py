"""A supervisor puts a lot or a place before the others, sees who waits with it, and takes it back."""

from bs4 import BeautifulSoup

from tests.conftest import NOW
from tests.queue.households.test_priorities import LINES, later, living, take_in
from tests.support.story import identity, member, waiting_case
from tracing.kernel.events import Event
from tracing.queue.models import Priority
from tracing.staff.models import Role


def section(page, name):
    return (
        BeautifulSoup(page.text, "html.parser").select_one(f'section[aria-labelledby="{name}"]').get_text(" ")
    )


def test_a_place_is_given_priority_seen_and_taken_back(browse, story, clock, session):
    waiting_case(story.nantes, living(identity("Léa")), at=NOW)
    dora = browse.as_(story.dora)
    assert "Aucun lot ni lieu" in section(dora.get("/order"), "priorities")

    done = dora.follow("/order/priority/places", {"postcode": "44 100"})
    assert "Priorité donnée" in done.text
    assert "Les appels sont en train de changer de rang" in done.text
    later(clock)
    shown = section(dora.get("/order"), "priorities")
    assert "Code postal 44100" in shown
    assert "Dora" in shown
    given = session.query(Priority).one()

    assert "Priorité reprise" in dora.follow(f"/order/priorities/{given.id}/take-back").text
    told = session.query(Event).filter(Event.kind.like("priority.%")).order_by(Event.id).all()
    assert [(event.kind, event.by_id) for event in told] == [
        ("priority.given", story.dora.id),
        ("priority.taken_back", story.dora.id),
    ]
    dora.post(f"/order/priorities/{given.id}/take-back", status=404)


def test_the_order_of_calls_and_the_call_say_why(browse, story, clock):
    waiting_case(story.nantes, living(identity("Léa")), at=NOW)
    dora = browse.as_(story.dora)
    dora.post("/order/priority/places", {"postcode": "44100"})
    later(clock)
    why = "À appeler avant 14:00\u202f; priorité du superviseur\u202f: avancé de 240 minutes"

    assert why in dora.get("/order").text
    page = browse.as_(story.ada).follow("/calls/next", {})
    assert why in page.text
    assert "Priorité donnée par Dora" in page.text


def test_only_five_figures_are_a_place_and_nothing_is_given_twice(browse, story, session):
    dora = browse.as_(story.dora)

    assert (
        "Un code postal a cinq chiffres"
        in dora.post("/order/priority/places", {"postcode": "441"}, status=422).text
    )
    assert "Tapez un code postal" in dora.post("/order/priority/places", {}, status=422).text
    dora.post("/order/priority/places", {"postcode": "44100", "only_collective": "y"})
    again = dora.post("/order/priority/places", {"postcode": "44100", "only_collective": "y"}, status=409)
    assert "déjà donnée" in again.text
    assert session.query(Priority).one().only_collective


def test_a_lot_is_chosen_among_those_whose_calls_wait(browse, story, clock):
    lot_id, _calls = take_in(*LINES)
    dora = browse.as_(story.dora)
    assert f"Lot {lot_id}" in section(dora.get("/order/priority"), "lots")

    dora.follow(f"/order/priority/lots/{lot_id}")
    later(clock)

    assert f"Lot {lot_id}" in section(dora.get("/order"), "priorities")
    assert "Prioritaire" in section(dora.get("/order/priority"), "lots")
    dora.post(f"/order/priority/lots/{lot_id}", status=409)
    dora.post("/order/priority/lots/999999", status=404)


def test_a_lot_of_another_site_is_neither_shown_nor_given(browse, story, session):
    lot_id, _calls = take_in(*LINES)
    chief = member("chef", "Chef", (Role.SUPERVISOR, story.ajaccio), at=NOW)
    there = browse.as_(chief)

    assert f"Lot {lot_id}" not in there.get("/order/priority").text
    refused = there.post(f"/order/priority/lots/{lot_id}", status=409)
    assert "Aucun appel de ce lot n’attend sur votre site" in refused.text
    assert session.query(Priority).count() == 0


def test_a_weight_of_none_is_told_before_a_priority_is_given(browse, story):
    dora = browse.as_(story.dora)
    assert "ne changerait rien" not in dora.get("/order/priority").text

    none = {"aged": 0, "fragile": 0, "place": 0, "symptoms": 0, "priority": 0, "promise": 0, "follow_up": 0}
    dora.post("/order/publish", none)

    assert "ne changerait rien" in dora.get("/order/priority").text
