"""The toolbox: everybody finds, advisers and referents write, and no entry names anybody."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from tests.conftest import NOW
from tests.support.pages import check_fragment
from tests.support.story import agent
from tracing.toolbox import queries, rules, services
from tracing.toolbox.errors import AlreadyOver, EndsBeforeItStarts, NamesSomebody, NoSuchEntry
from tracing.toolbox.rules import Topic
from tracing.toolbox.services import EntryText

DAY = timedelta(days=1)
TODAY = NOW.date()
TITLE, BODY = "Peut-elle allaiter pendant l’isolement\u202f?", "Oui, avec un masque et les mains lavées."


def text(title=TITLE, body=BODY, *, topic=Topic.HEALTH, from_day=TODAY, until=None):
    return EntryText(topic=topic, title=title, body=body, from_day=from_day, until=until)


def form(**more):
    return {"title": TITLE, "body": BODY, "topic": "health", "from_day": TODAY.isoformat()} | more


@pytest.fixture
def entry(story):
    """An entry of Nantes."""
    return services.add(text(), by=agent(story.ben), at=NOW)


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [
        ("allaitement", True),
        ("ALLAITER masqué", True),
        ("isolée", True),
        ("", True),
        ("allaiter vacances", False),
        ("le la", True),  # short words say nothing
    ],
)
def test_a_search_finds_words_by_their_beginning_without_accents(entry, typed, is_found):
    assert bool(queries.search(entry.site_id, typed, on=TODAY)) is is_found


def test_what_is_typed_as_a_question_brings_up_the_entries_that_fit_best(story, entry):
    by = agent(story.rose, story.nantes)
    services.add(text("Quel courrier pour l’isolement ?", "Le modèle 2."), by=by, at=NOW)

    found = queries.suggested(entry.site_id, "Elle demande si elle peut allaiter son bébé isolé", on=TODAY)

    assert found[0].title == TITLE
    assert queries.suggested(entry.site_id, "Bonjour", on=TODAY) == []
    assert queries.suggested(entry.site_id, "", on=TODAY) == []


def test_an_entry_holds_on_its_days_only_and_its_keepers_still_see_it(browse, story):
    services.add(text(from_day=TODAY - 9 * DAY, until=TODAY - DAY), by=agent(story.ben), at=NOW - 2 * DAY)

    assert queries.suggested(story.nantes.id, TITLE, on=TODAY) == []
    assert TITLE not in browse.as_(story.ada).get("/toolbox").text
    page = browse.as_(story.ben).get("/toolbox").text
    assert TITLE in page
    assert "ne vaut pas aujourd’hui" in page


@pytest.mark.parametrize("who", ["ada", "ben", "dora", "rose", "ivan", "olga", "gaston"])
def test_every_role_reads_and_searches(browse, story, entry, who):
    visitor = browse.as_(getattr(story, who), site=story.nantes)

    assert TITLE in visitor.get("/toolbox").text
    assert TITLE in visitor.post("/toolbox", {"words": "allaiter"}, status=200).text
    assert TITLE in visitor.get(f"/toolbox/{entry.id}").text
    assert TITLE not in visitor.get("/toolbox?topic=places").text
    if who not in {"ben", "rose"}:
        visitor.get("/toolbox/new", status=403)
        visitor.post(f"/toolbox/{entry.id}/withdraw", status=403)


def test_another_site_sees_nothing_of_it(browse, story, entry):
    cleo = browse.as_(story.cleo)

    assert TITLE not in cleo.get("/toolbox").text
    cleo.get(f"/toolbox/{entry.id}", status=404)


def test_an_entry_is_written_changed_and_withdrawn(browse, story):
    rose = browse.as_(story.rose, site=story.nantes)
    page = rose.follow("/toolbox/new", form())
    assert "La fiche est dans la boîte à outils" in page.text
    [written] = queries.entries(story.nantes.id)

    page = rose.follow(f"/toolbox/{written.id}/edit", opened(rose, written) | {"body": "Oui, masquée."})
    assert "Oui, masquée." in page.text
    assert rose.get(f"/toolbox/{written.id}/edit").text.count("Oui, masquée.") == 1
    rose.follow(f"/toolbox/{written.id}/withdraw")

    # whoever has it open is told so, and loses nothing that they wrote
    page = rose.post(f"/toolbox/{written.id}/edit", form(body="Trop tard écrit."), status=410).text
    assert "Cette fiche a été retirée" in page
    assert "Trop tard écrit." in page
    page = browse.as_(story.ada).get(f"/toolbox/{written.id}", status=410).text
    assert BODY not in page
    assert story.rose.display_name in page
    rose.follow(f"/toolbox/{written.id}/withdraw")
    with pytest.raises(NoSuchEntry):
        services.change(written.id, text(), seen=None, by=agent(story.ben), at=NOW)


def opened(visitor, entry) -> dict[str, str]:
    """Return the form of an entry as it is opened."""
    page = BeautifulSoup(visitor.get(f"/toolbox/{entry.id}/edit").text, "html.parser")
    return form(seen=page.select_one("input[name=seen]")["value"])


def test_of_two_who_change_it_the_second_sees_both_texts_before_theirs_counts(browse, story, clock, entry):
    ben, rose, path = (
        browse.as_(story.ben),
        browse.as_(story.rose, site=story.nantes),
        f"/toolbox/{entry.id}/edit",
    )
    of_ben, of_rose = opened(ben, entry), opened(rose, entry)
    clock.move_to(NOW + timedelta(minutes=1))
    rose.follow(path, of_rose | {"body": "Oui, masquée."})
    rose.follow(path, of_rose | {"body": "Oui, masquée."})  # pressed twice

    both = ben.post(path, of_ben | {"body": "Oui, sans embrasser."}, status=409).text

    assert "Oui, masquée." in both
    assert "Oui, sans embrasser." in both
    assert story.rose.display_name in both
    assert queries.get_entry(entry.id, site_id=story.nantes.id).body == "Oui, masquée."
    seen = BeautifulSoup(both, "html.parser").select_one("input[name=seen]")["value"]
    ben.follow(path, form(body="Oui, masquée, sans embrasser.", seen=seen))
    assert queries.get_entry(entry.id, site_id=story.nantes.id).body == "Oui, masquée, sans embrasser."


@pytest.mark.parametrize(
    "said", ["Rappelez le 06 39 98 00 01.", "Voir P0-26-000123-7.", "Son NIR : 2 80 05 44 109 123 45"]
)
def test_no_entry_has_a_number_of_somebody(browse, story, said):
    with pytest.raises(NamesSomebody):
        services.add(text(body=said), by=agent(story.ben), at=NOW)

    page = browse.as_(story.ben).post("/toolbox/new", form(body=said), status=422)
    assert "Ôtez ce qui désigne une personne" in page.text
    assert said in page.text


def test_days_are_in_order(story):
    with pytest.raises(EndsBeforeItStarts):
        services.add(text(until=TODAY - DAY), by=agent(story.ben), at=NOW)
    with pytest.raises(AlreadyOver):
        services.add(text(from_day=TODAY - 3 * DAY, until=TODAY - DAY), by=agent(story.ben), at=NOW)


def test_a_day_or_the_number_to_call_in_an_emergency_names_nobody():
    assert not rules.names_somebody("Appelez le 15 ou le 112. Depuis le 10/03/2026, 7 jours.")
    assert rules.names_somebody("Madame dupont", ["DUPONT"])
    assert not rules.names_somebody("Le test est fait", ["Le"])


def test_a_suggestion_is_a_part_of_the_call_screen_and_stores_nothing(browse, story, entry):
    part = browse.as_(story.ada).fragment(
        "/toolbox/suggested", {"escalation-question": "Peut-elle allaiter, isolée ?"}
    )

    check_fragment(part.text)
    assert BODY in part.text


def test_an_entry_is_set_as_french_is(story):
    entry = services.add(text("Que faire ?", "Dire : « oui »."), by=agent(story.ben), at=NOW)

    assert (entry.title, entry.body) == ("Que faire\u202f?", "Dire\u202f: «\u202foui\u202f».")
