"""A published version makes a notice: it is read before the next call, and who has read it is known."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.conftest import NOW
from tests.programmes.test_publishing import TOMORROW, approved, five_days
from tests.studio.test_publishing_a_rule import WHY, filled, published
from tests.support.markup import read
from tests.support.story import identity, member, waiting_case
from tracing.kernel.db import session as database
from tracing.programmes.notices import queries, services
from tracing.programmes.notices.models import Notice
from tracing.programmes.publishing import queries as rule_versions
from tracing.programmes.publishing import services as publishing
from tracing.queue.models import QueueEntry
from tracing.scripts.publishing import services as scripts
from tracing.scripts.services import get_script
from tracing.scripts.vocabulary import ScriptKind
from tracing.staff import services as staff
from tracing.staff.models import Role
from tracing.staff.queries import get_member

NEXT, UNREAD = "/calls/next", "/notices/unread"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def seeded(story):
    publishing.seed(at=NOW)
    rule_versions.follow_now(NOW)


@pytest.fixture
def ada(browse, story):
    waiting_case(story.nantes, identity("Marie", phones=("+33639980001",)), at=NOW)
    return browse.as_(story.ada, site=story.nantes)


def the_notice():
    [found] = database.query(Notice).all()
    database.refresh(found)
    return found


def seen(page):
    return [str(one["value"]) for one in read(page.text).select("input[name=seen]")]


def test_what_changes_is_read_before_the_next_call_with_the_difference_and_one_button(rose, ben, ada):
    published(rose, ben)

    asked = ada.follow(NEXT)

    assert WHY in asked.text
    [row] = read(asked.text).select(".side-by-side tbody tr")
    assert ["10" in cell.get_text() for cell in row.select("td")] == [True, False]
    sent = ada.client.post("/notices/read", data={"seen": seen(asked), "call": "1"})
    assert (sent.status_code, sent.headers["Location"]) == (307, NEXT)
    assert ada.post(NEXT).headers["Location"].startswith("/calls/")


def test_a_promise_that_is_due_a_call_under_way_and_who_rings_back_are_not_held_up(rose, ben, ada, story):
    published(rose, ben)
    assert ada.post(NEXT).headers["Location"] == f"{UNREAD}?call=1"
    ada.get("/incoming")
    kept = {"reserved_for": story.ada.id, "reserved_until": NOW + DAY, "promised_at": NOW}
    database.execute(update(QueueEntry).values(kept))

    call = ada.post(NEXT).headers["Location"]

    assert call.startswith("/calls/")
    assert ada.post(NEXT).headers["Location"] == call


def test_practice_is_not_held_up(rose, ben, browse, story):
    published(rose, ben)
    recruit = member("rita", "Rita", (Role.TRACER, story.school), at=NOW)

    assert browse.as_(recruit, site=story.school).post(NEXT).headers["Location"] == "/desk"


def test_who_comes_back_after_two_weeks_reads_three_on_one_page(browse, story, clock):
    rows = five_days()
    for number in range(3):
        at = NOW + number * DAY
        clock.move_to(at)
        rows = [row | {"text": f"Isolement, texte numéro {number}."} for row in rows]
        version = approved(story, at=at, rows=rows, effective_at=at + timedelta(hours=1))
        rows = rule_versions.get_version(version.id).rows
    clock.move_to(NOW + 14 * DAY)
    ada = browse.as_(story.ada, site=story.nantes)
    page = ada.get(f"{UNREAD}?call=1")

    assert len(seen(page)) == 3
    assert "3 changements depuis votre dernière lecture" in page.text
    ada.post("/notices/read", {"seen": seen(page)})
    assert queries.unread(story.ada.id, "exercise-2022") == []


def test_a_withdrawn_version_withdraws_its_notice_and_tells_those_who_had_read_it(rose, ben, ada, story):
    version = approved(story)
    services.acknowledge({the_notice().id: 1}, by=story.ada.id, at=NOW)

    publishing.withdraw(version.id, by=story.rose.id, at=NOW)

    page = ada.follow(NEXT)
    assert "Ce changement n’aura pas lieu" in page.text
    ada.post("/notices/read", {"seen": seen(page)})
    assert queries.count_unread(story.ada.id, "exercise-2022") == 0
    assert queries.count_unread(story.abel.id, "exercise-2022") == 0
    assert WHY not in ada.get("/toolbox").text


def test_a_notice_that_was_corrected_is_read_again_and_two_who_correct_lose_nothing(rose, ben, ada, story):
    approved(story)
    notice = the_notice()
    late = filled(rose.get(f"/notices/{notice.id}/edit"), f"/notices/{notice.id}/edit")
    page = ada.get(UNREAD)
    said = "Isolement de 5 jours pour tous, dès demain."
    ben.post(f"/notices/{notice.id}/edit", late | {"body": said})

    ada.post("/notices/read", {"seen": seen(page)})

    assert said in ada.follow(NEXT).text
    answer = rose.post(f"/notices/{notice.id}/edit", late | {"body": "Autre texte, plus long."}, status=409)
    assert "Autre texte, plus long." in answer.text
    four = rose.post(f"/notices/{notice.id}/edit", late | {"body": "Un. Deux. Trois. Quatre."}, status=422)
    assert "Trois phrases au plus" in four.text


def test_referents_and_supervisors_know_who_has_read_it(rose, ben, ada, browse, story):
    approved(story)
    notice = the_notice()
    services.acknowledge({notice.id: 1}, by=story.ada.id, at=NOW)
    member("nina", "Nina Nouvelle", (Role.TRACER, story.nantes), at=TOMORROW + DAY)

    for who in (story.rose, story.dora):
        page = read(browse.as_(who, site=story.nantes).get(f"/notices/{notice.id}/readers").text)
        rows = {row.td.get_text(strip=True): row.get_text() for row in page.select("tbody tr")}
        assert "lue" in rows[story.ada.display_name]
        assert "pas encore" not in rows[story.ada.display_name]
        assert "pas encore lue" in rows[story.abel.display_name]
        assert "Nina Nouvelle" not in rows
        assert f"Lectures\u202f: 1 sur {len(rows)}" in page.get_text()
    ada.get(f"/notices/{notice.id}/readers", status=403)


def test_a_notice_is_found_in_the_toolbox_and_its_words_are_not_another_programme_s(
    rose, ben, ada, browse, story
):
    published(rose, ben)

    assert WHY in ada.post("/toolbox", {"words": "isolement personnes positives"}, status=200).text
    assert WHY not in ada.post("/toolbox", {"words": "allaitement"}, status=200).text
    assert WHY in ada.get("/notices").text
    assert queries.notices_of("measles") == []


def test_the_notice_of_a_script_is_for_every_programme_and_says_its_changes_in_words(ada, story):
    scripts.seed(at=NOW)
    assert queries.notices_of("measles") == []
    newest = "2026.5"
    changes = get_script(ScriptKind.P0, newest).changes

    services.announce_script("p0", newest, body=changes, effective_at=TOMORROW, at=NOW)

    [notice] = queries.notices_of("measles")
    assert (notice.subject, notice.script_version) == ("p0", newest)
    page = ada.follow(NEXT)
    assert changes in page.text
    assert "étape" in page.text
    assert "(si la personne nous appelle) Bonjour, merci de votre appel." in page.text
    assert not [left for left in ("('", "{rang_us}", "{site}") if left in page.text]


def test_who_speaks_english_reads_what_changed_in_english_and_the_others_that_it_did(ada, story):
    scripts.seed(at=NOW)
    services.announce_script("p0", "2026.6", body=WHY, effective_at=TOMORROW, at=NOW)
    wrong_number = "I am sorry, I have dialled a wrong number."

    page = ada.follow(NEXT).text
    assert wrong_number not in page
    assert "seuls les mots anglais changent" in page

    staff.set_languages(get_member(story.ada.id), ["en"], by=None, at=NOW)
    page = ada.follow(NEXT).text
    assert wrong_number in page
    assert "seuls les mots anglais" not in page
