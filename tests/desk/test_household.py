"""Several of one household in a call: what one has said of the home is offered to the next, who confirms it."""

from tests.conftest import NOW
from tests.desk.test_contact_call import MARIE
from tests.desk.walking import P0, Walk, soup, take_call
from tests.support.story import identity, waiting_case

PAUL = identity("Paul", "Durandeau", phones=MARIE.phones)


def offered(walk: Walk) -> list[str]:
    """Return what is offered on the page, in words."""
    return [one.get_text(" ", strip=True) for one in walk.page.select("[data-same]")]


def test_a_common_question_is_answered_once_and_confirmed_by_each(story, browse):
    marie, paul = (waiting_case(story.nantes, who, at=NOW) for who in (MARIE, PAUL))
    ada = browse.as_(story.ada)
    walk = take_call(ada, P0)
    call = walk.call
    walk.page = soup(ada.get(f"{call}?task={marie.id}"))
    walk.to("living_place")
    assert offered(walk) == [], "nobody else has said anything yet"
    walk.to("work")

    second = Walk(ada, dict(P0), soup(ada.get(f"{call}?task={paul.id}"))).to("living_place")

    assert offered(second) == ["Comme Marie\u202f: Logement ordinaire M"]
    assert not second.page.select("#question-lives_in [checked]"), "it is offered, not taken over"
    second.says["lives_in"] = "care_home"
    assert [one for one in offered(second.to("household")) if "Marie" in one]
    back = Walk(ada, {}, soup(ada.get(f"{call}?task={paul.id}&step=living_place")))
    assert offered(back) == [], "what is answered stays"
    assert back.page.select_one("#question-lives_in [checked]")["value"] == "care_home"
