"""A supervisor sees who waits, who is on a call, and nobody's identity."""

from datetime import UTC, datetime, time, timedelta

import pytest
from bs4 import BeautifulSoup

from tests.conftest import NOW
from tests.support.pages import check_fragment
from tests.support.statements import statements_sent
from tests.support.story import Story, agent, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.queue import services as queue
from tracing.queue.claims import services as claims
from tracing.queue.maintenance import due_changes
from tracing.queue.models import QueueEntry, TaskState
from tracing.staff import queries as staff
from tracing.supervision import jobs, rules
from tracing.supervision.board import counting, queries
from tracing.supervision.rules import OLD_COUNTS
from tracing.supervision.team import status

MINUTE = timedelta(minutes=1)


def words(html):
    return " ".join(BeautifulSoup(html, "html.parser").main.get_text(" ").split())


def figures(html):
    page = BeautifulSoup(html, "html.parser")
    return {
        group.dt.get_text(strip=True): int(group.dd.get_text(strip=True))
        for group in page.select(".figures > div")
    }


def test_the_board_says_how_the_site_stands(browse: Browser, story: Story):
    waiting_case(story.nantes, identity("Marie"), at=NOW - timedelta(hours=5))
    waiting_case(story.nantes, identity("Luc", phones=("+33639980002",)), at=NOW)
    waiting_case(story.nantes, identity("Sans", phones=()), at=NOW)
    lost = waiting_case(story.nantes, identity("Perdu", phones=("+33639980003",)), at=NOW)
    queue.close_task(lost, TaskState.UNREACHABLE, by=None, at=NOW)
    due_changes.promote(at=NOW)
    calls.take_next(agent(story.ada), at=NOW)

    page = browse.as_(story.dora).get("/board")

    assert figures(page.text) == {
        "en attente": 1,
        "en cours": 1,
        "en retard": 0,
        "à échéance d’ici une heure": 0,
        "injoignables": 1,
        "sans numéro": 1,
    }


def test_no_identity_is_on_the_board_and_nothing_is_written_in_the_read_log(browse: Browser, story: Story):
    task = waiting_case(story.nantes, identity("Marie", "Kerguelen"), at=NOW)
    calls.take_next(agent(story.ada), at=NOW)
    waiting_case(story.nantes, identity("Yann", "Kerguelen", phones=("+33639980002",)), at=NOW)

    said = words(browse.as_(story.dora).get("/board").text)

    assert "KERGUELEN" not in said.upper()
    assert "63998" not in said.replace(" ", "")
    assert queries.subjects([task.household_id])[task.household_id].reference in said


def test_a_tracer_who_types_nothing_is_doubted(browse: Browser, story: Story, clock):
    waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    dora = browse.as_(story.dora)
    assert "Absent ?" not in words(dora.get("/board").text)

    for minutes in (4, 8, 11):
        at = clock.move_to(NOW + minutes * MINUTE)
        claims.renew(call.entry_id, call.claim_number, ada, at=at)

    assert "Absent ?" in words(dora.get("/board").text)


def test_a_promised_callback_shows_its_time_and_who_promised_it(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    queue.promise(task, when=NOW + timedelta(hours=3), by=ada, at=NOW)
    calls.give_back(call, by=ada, at=NOW)

    said = words(browse.as_(story.dora).get("/board").text)

    assert "rappel promis aujourd’hui 13:00 par Ada" in said


def test_what_falls_late_together_is_seen_before_it_is_late(browse: Browser, story: Story, clock):
    for n in range(4):
        waiting_case(story.nantes, identity(f"P{n}", phones=(f"+3363998000{n}",)), at=NOW)
    ada = agent(story.ada)
    due_changes.promote(at=NOW)
    call = calls.take_next(ada, at=NOW)
    calls.end(call, CallOutcome.COMPLETED, by=ada, at=NOW)
    clock.move_to(NOW + timedelta(hours=1, minutes=-1))
    early = words(browse.as_(story.dora).get("/board").text)
    clock.move_to(NOW + timedelta(hours=3, minutes=1))
    late = browse.as_(story.dora).get("/board")

    assert "3 à 4 heures 4 appels finis dans la dernière heure 1" in early, "four are due, four can be called"
    assert figures(late.text)["à échéance d’ici une heure"] == 4
    assert "d’ici une heure 4 seront en retard, à ce rythme 4 1 à 2 heures 0" in words(late.text)
    assert "appels finis dans la dernière heure 0" in words(late.text)


def test_the_hour_that_comes_twice_in_autumn_is_two_hours(browse: Browser, story: Story, clock):
    story.nantes.calls_from = story.nantes.calls_until = time(0)
    at = clock.move_to(datetime(2026, 10, 24, 23, 0, tzinfo=UTC))
    ada = agent(story.ada)
    for n, minutes in enumerate((65, 125, 130)):  # 02:05 in summer time, 02:05 and 02:10 in winter time
        task = waiting_case(story.nantes, identity(phones=(f"+3363998000{n}",)), at=at)
        call = calls.take_next(ada, at=at)
        queue.promise(task, when=at + minutes * MINUTE, by=ada, at=at)
        calls.give_back(call, by=ada, at=at)

    board = BeautifulSoup(browse.as_(story.dora).get("/board").text, "html.parser")
    shown = [
        " ".join(one.get_text(" ").split()) for one in board.select("[aria-labelledby=promises] dl > div")
    ]

    assert shown[:-1] == ["vers 02:00 1", "vers 02:00 2"]


def test_the_board_refreshes_itself_without_counting_as_presence(browse: Browser, story: Story, clock):
    waiting_case(story.nantes, at=NOW)
    dora = browse.as_(story.dora)
    clock.move_to(NOW + 14 * MINUTE)

    part = dora.fragment("/board/now", method="get")
    clock.move_to(NOW + 16 * MINUTE)

    check_fragment(part.text)
    assert part.text.lstrip().startswith('<div id="board"')
    assert dora.client.get("/board/now", headers={"HX-Request": "true"}).status_code == 423


def test_a_long_queue_comes_in_pages_in_the_order_of_the_due_time(browse: Browser, story: Story, session):
    for n in range(60):
        waiting_case(story.nantes, identity(f"P{n}", phones=(f"+3363998{n:04d}",)), at=NOW - n % 7 * MINUTE)
    dora = browse.as_(story.dora)

    first = dora.get("/board")
    link = BeautifulSoup(first.text, "html.parser").select_one("a[rel=next]")["href"]
    second = dora.get(link)

    counts = counting.of_site(staff.workplace(story.nantes), at=NOW)
    shown = [row.entry_id for row in queries.waiting(counts).rows]
    rest = [row.entry_id for row in queries.waiting(counts, after=link.split("after=")[1]).rows]
    due = {entry.id: entry.due_at for entry in session.query(QueueEntry)}
    assert len(shown) == 50
    assert len(set(shown + rest)) == 60
    assert [due[one] for one in shown + rest] == sorted(due.values())
    assert "Revenir au début" in second.text


def test_the_number_of_queries_does_not_grow_with_the_board(browse: Browser, story: Story, session):
    dora = browse.as_(story.dora)

    def queries_of_a_board():
        with statements_sent(session) as sent:
            dora.get("/board")
        return len(sent)

    waiting_case(story.nantes, identity("Un", phones=("+33639980001",)), at=NOW)
    dora.get("/board")
    few = queries_of_a_board()
    for n in range(2, 30):
        waiting_case(story.nantes, identity(f"P{n}", phones=(f"+3363998{n:04d}",)), at=NOW)

    assert queries_of_a_board() == few


@pytest.mark.parametrize("who", ["ada", "ben", "ivan", "gaston", "olga"])
def test_the_board_is_for_supervisors(browse: Browser, story: Story, who):
    visitor = browse.as_(getattr(story, who))

    visitor.get("/board", status=403)
    # an adviser decides about withdrawn results, and sees that list only
    visitor.get("/lists", status=200 if who == "ben" else 403)


def test_nothing_of_another_site_is_on_the_board(browse: Browser, story: Story):
    waiting_case(story.ajaccio, at=NOW)

    said = words(browse.as_(story.dora).get("/board").text)

    assert "P0-" not in said
    assert "Personne n’attend" in said


def test_who_waits_is_counted_once_a_household_by_the_oldest_reason(browse: Browser, story: Story) -> None:
    waiting_case(story.nantes, identity("Marie"), at=NOW - timedelta(hours=2))
    waiting_case(story.nantes, identity("Paul"), at=NOW)
    waiting_case(story.nantes, identity("Zoé", phones=("+33639980009",)), at=NOW)

    assert "Attendent depuis moins d’une heure 1 1 à 4 heures 1" in words(
        browse.as_(story.dora).get("/board").text
    )


def test_the_board_shows_what_was_counted_last_and_says_when(browse: Browser, story: Story, clock):
    waiting_case(story.nantes, identity("Marie"), at=NOW)
    jobs.count_waiting(NOW)
    dora = browse.as_(story.dora)

    waiting_case(story.nantes, identity("Zoé", phones=("+33639980009",)), at=NOW)
    clock.move_to(NOW + timedelta(seconds=15))
    page = dora.get("/board")

    assert figures(page.text)["en attente"] == 1
    assert "À jour à 10:00:15" in words(page.text)
    assert "Ce qui attend et l’équipe : comptés à 10:00:00" in words(page.text)
    jobs.count_waiting(NOW + timedelta(seconds=20))
    assert figures(dora.get("/board").text)["en attente"] == 2


def test_who_was_counted_is_shown_as_it_stands_now(browse: Browser, story: Story):
    waiting_case(story.nantes, identity("Marie"), at=NOW - timedelta(hours=1))
    waiting_case(story.nantes, identity("Zoé", phones=("+33639980009",)), at=NOW)
    jobs.count_waiting(NOW)
    calls.take_next(agent(story.ada), at=NOW)

    page = BeautifulSoup(browse.as_(story.dora).get("/board").text, "html.parser")

    assert len(page.select("section[aria-labelledby=waiting] tbody tr")) == 1, (
        "who is on a call waits no more"
    )
    assert len(page.select("section[aria-labelledby=on-calls] tbody tr")) == 1


def test_figures_that_nobody_counts_any_more_say_so(browse: Browser, story: Story, clock):
    jobs.count_waiting(NOW)
    dora = browse.as_(story.dora)
    assert "ne sont plus comptés" not in dora.get("/board").text

    clock.move_to(NOW + OLD_COUNTS)

    assert "Ces chiffres ne sont plus comptés" in words(dora.get("/board").text)


def test_each_site_is_counted_for_itself_and_by_one_scheduler(story: Story):
    waiting_case(story.nantes, identity("Marie"), at=NOW)

    assert jobs.count_waiting(NOW) == 3
    assert jobs.count_waiting(NOW) == 0, "the slot is taken"

    counted = {
        site.code: counting.of_site(staff.workplace(site), at=NOW).waiting
        for site in (story.nantes, story.ajaccio, story.school)
    }
    assert counted == {"440": 1, "201": 0, "900": 0}


def test_a_count_says_the_same_as_counting_now(story: Story):
    for hours in (0, 2, 5, 30):
        waiting_case(
            story.nantes,
            identity("Marie", phones=(f"+336399801{hours:02d}",)),
            at=NOW - timedelta(hours=hours),
        )
    due_changes.promote(at=NOW)
    calls.take_next(agent(story.ada), at=NOW)
    site = staff.workplace(story.nantes)
    now = counting.count(site, at=NOW)

    counting.keep(site, at=NOW)

    assert counting.of_site(site, at=NOW) == now
    assert now.ages == [1, 1, 1, 0], "who has waited longest is on a call"
    assert now.team.present == {"on_call": 1, "away": 1}


def test_of_a_large_team_the_board_lists_those_who_need_a_look(browse: Browser, story: Story, monkeypatch):
    monkeypatch.setattr(status.summed_up, "__kwdefaults__", {"listed": 1})
    browse.as_(story.ada)
    abel = browse.as_(story.abel)
    abel.post("/pause")

    page = BeautifulSoup(browse.as_(story.dora).get("/board").text, "html.parser").select_one("#team").parent

    assert [row.td.text for row in page.select("tbody tr")] == ["Abel"]
    assert "Présent : 1, En pause : 1" in " ".join(page.text.replace("\u202f", " ").split())
    assert page.select_one("a[href='/team']")


@pytest.mark.parametrize(
    ("overdue", "due_next", "pace", "late"),
    [
        (0, (145, 0, 0, 0), 32, [113, 81, 49, 17]),
        (0, (10, 40, 0, 0), 30, [0, 0, 0, 0]),
        (0, (10, 60, 0, 0), 30, [0, 10, 0, 0]),
        (5, (0, 0, 0, 0), 0, [5, 5, 5, 5]),
    ],
)
def test_what_is_late_ahead_follows_from_what_is_due_and_the_pace(overdue, due_next, pace, late):
    assert rules.late_ahead(overdue, due_next, pace) == late
