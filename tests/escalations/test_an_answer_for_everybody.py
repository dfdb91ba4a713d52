"""A good answer becomes an entry of the toolbox, and comes up with the next question like it."""

import pytest

from tests.conftest import NOW
from tests.escalations.conftest import ring
from tests.support.story import agent, identity
from tracing.escalations import services
from tracing.escalations.models import Decision
from tracing.toolbox import queries as toolbox

FORM = {"title": "Nourrisson et isolement", "topic": "health", "from_day": NOW.date().isoformat()}


@pytest.fixture
def answered(story, line):
    """A question that Ben has answered."""
    asked = line.ask()
    services.take(asked.id, by=agent(story.ben), at=NOW)
    return services.settle(
        asked.id, answer="Oui, avec un masque.", decision=Decision.GO_ON, by=agent(story.ben), at=NOW
    )


def test_an_answer_becomes_an_entry_by_one_button_without_whom_it_was_about(browse, story, answered):
    ben, path = browse.as_(story.ben), f"/escalations/{answered.id}/entry"
    assert path in ben.get(f"/escalations/{answered.id}").text
    page = ben.get(path).text
    assert "Oui, avec un masque." in page
    assert "nourrisson" in page

    refused = ben.post(path, FORM | {"body": "Madame Dupont peut."}, status=422)
    assert "Ôtez ce qui désigne une personne" in refused.text
    assert toolbox.entries(story.nantes.id) == []
    ben.follow(path, FORM | {"body": "Oui, avec un masque."})

    [entry] = toolbox.entries(story.nantes.id)
    assert entry.escalation_id == answered.id
    named = FORM | {"body": "Madame Dupont peut.", "seen": entry.written_at.isoformat()}
    entry_id = entry.id
    # once only, whatever page is still open; and whoever changes it may not name the person either
    again = ben.follow(path, FORM | {"title": "Autrement dit", "body": "Oui, avec un masque."})
    assert "déjà une fiche" in again.text
    assert ben.client.get(path).location == f"/toolbox/{entry_id}"
    assert len(toolbox.entries(story.nantes.id)) == 1
    refused = browse.as_(story.rose, site=story.nantes).post(f"/toolbox/{entry_id}/edit", named, status=422)
    assert "Ôtez ce qui désigne une personne" in refused.text


def test_only_whoever_answered_may_make_an_entry_of_it(browse, story, answered, line):
    rose = browse.as_(story.rose, site=story.nantes)
    rose.get(f"/escalations/{answered.id}/entry", status=404)
    other = line.ask()

    browse.as_(story.ben).get(f"/escalations/{other.id}/entry", status=404)


def test_the_next_question_like_it_comes_with_the_entry(browse, story, answered):
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{answered.id}/entry", FORM | {"body": "Avec un masque, oui."})
    again = ring(story, story.abel, identity("Luc", phones=("+33639980003",))).ask()

    page = ben.follow(f"/escalations/{again.id}/take")

    assert "Dans la boîte à outils" in page.text
    assert "Avec un masque, oui." in page.text
