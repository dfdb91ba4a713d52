"""The next call about somebody who was rung before a script changed has the new words; what was answered stays."""

import pytest

from tests.conftest import NOW
from tests.desk.walking import P0, Walk, soup
from tests.studio.test_writing_a_script import act, begin, change_step, draft_at, plan, versions_used
from tests.support.story import identity, waiting_case
from tracing.cases.queries import get_case

pytestmark = pytest.mark.usefixtures("published_scripts")

FILE = {"reason": "complaint"}


def test_a_call_back_after_the_change_has_the_new_script_and_the_file_keeps_both(browse, story, clock):
    task = waiting_case(story.nantes, identity("Marie", "Durand"), at=NOW)
    ada, rose, ben = (browse.as_(who, site=story.nantes) for who in (story.ada, story.rose, story.ben))
    first = Walk(ada, P0 | {"profession": "Boulangère"}, soup(ada.follow("/calls/next"))).to("collectivities")
    ada.post(f"{first.call}/give-back", {"reason": "equipment"})

    draft = begin(rose)
    change_step(rose, draft, "work", q1_gone="y")
    plan(rose, draft, on="2026-03-10", at="10:06")
    act(rose, draft, "propose")
    act(rose, draft, "approve/referent")
    act(ben, draft, "approve/adviser")
    clock.move_to(draft_at(draft).effective_at)
    abel, ben = (browse.as_(who, site=story.nantes) for who in (story.abel, story.ben))
    seen = [str(one["value"]) for one in soup(abel.get("/notices/unread?call=1")).select("input[name=seen]")]
    abel.post("/notices/read", {"seen": seen})
    again = Walk(abel, P0, soup(abel.follow("/calls/next")))

    before = draft_at(draft).base
    assert versions_used() == [before, f"{before}.1"]
    again.to("work")
    assert again.page.select_one("#a-works-yes").has_attr("checked")
    assert not again.page.select("#a-profession")
    page = soup(ben.follow("/files", {"key": get_case(task.case_id).reference} | FILE))
    said = page.select_one("section[aria-labelledby=answers-title]")
    new, old = said.select("table")
    assert [one.get_text() for one in said.select("p.quiet")] == [
        f"Premier appel à une personne positive · Script {before}.1",
        f"Premier appel à une personne positive · Script {before}",
    ]
    assert "Exerce une activité professionnelle" in new.get_text()
    assert "Boulangère" not in new.get_text()
    assert [row.get_text(" ", strip=True) for row in old.select("tbody tr")] == ["Travail Métier Boulangère"]
