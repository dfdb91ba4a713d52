"""What became of answers: unread ones come back into sight, and the week is shown with its load by hour."""

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.support.story import agent
from tracing.escalations import services
from tracing.escalations.models import Audience, Decision
from tracing.escalations.waiting import given_queries

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def answered(story, line):
    """A question that Ben answered after twenty minutes."""
    asked = line.ask(at=NOW - 20 * MINUTE)
    services.take(asked.id, by=agent(story.ben), at=NOW - 2 * MINUTE)
    return services.settle(asked.id, answer="Oui", decision=Decision.GO_ON, by=agent(story.ben), at=NOW)


def test_an_unread_answer_comes_back_into_sight_until_it_is_read(browse, story, answered, clock):
    ada = agent(story.ada)
    assert "Réponses que personne n’a lues" not in browse.as_(story.ben).get("/escalations").text

    clock.move_to(NOW + given_queries.UNREAD_AFTER)
    ben = browse.as_(story.ben)
    assert "Réponses que personne n’a lues" in ben.fragment("/escalations/list", method="get").text
    services.mark_seen(answered.id, by=ada, at=NOW + 16 * MINUTE)

    assert "Réponses que personne n’a lues" not in ben.get("/escalations").text


def test_the_week_shows_what_followed_how_long_people_waited_and_nobodys_name(browse, story, answered):
    [busy] = [
        one for one in given_queries.by_hour(agent(story.ben).site, [Audience.ADVISER], at=NOW) if one.asked
    ]
    assert (busy.asked, busy.wait) == (1, 20 * MINUTE)

    page = browse.as_(story.ben).get("/escalations/given").text

    assert "20\u00a0min" in page or "20 min" in page
    assert "L’appel continue avec cette réponse" in page
    assert "<svg" in page
    assert not any(word in page for word in ("DUPONT", "Dupont", "nourrisson"))


def test_a_week_later_it_is_gone_and_other_roles_never_see_it(browse, story, answered):
    site_id = story.nantes.id
    assert given_queries.given(site_id, [Audience.ADVISER], at=NOW + 8 * DAY) == []
    assert given_queries.given(story.ajaccio.id, [Audience.ADVISER], at=NOW) == []
    ada, rose = browse.as_(story.ada), browse.as_(story.rose, site=story.nantes)

    assert "P0-26-" not in rose.get("/escalations/given").text
    ada.get("/escalations/given", status=403)
