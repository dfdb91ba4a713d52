"""An auditor sees who did what and who saw whom, and never an identity."""

import ast
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup

from tests.conftest import NOW
from tests.support.source import calls as calls_in
from tests.support.source import modules, place
from tests.support.story import Story, agent, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import services as calls
from tracing.kernel import events
from tracing.supervision import words

DAY = timedelta(days=1)


def rows(html):
    page = BeautifulSoup(html, "html.parser")
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.select("td")] for row in page.select("tbody tr")
    ]


def test_the_read_log_says_who_saw_which_records_why_and_when(browse: Browser, story: Story):
    events.record_access(["person:12", "person:13"], by=story.ada.id, at=NOW, why="call", claim="claim:7:2")

    [seen] = rows(browse.as_(story.olga).get("/journal").text)

    assert seen[:4] == ["Ada", "Appel", "prise 7·2", "personne 12 , personne 13"]


def test_the_journal_says_who_did_what(browse: Browser, story: Story):
    waiting_case(story.nantes, identity("Marie", "Kerguelen"), at=NOW)
    call = calls.take_next(agent(story.ada), at=NOW)

    page = browse.as_(story.olga).get("/journal?show=events&kind=call.claimed")

    assert [row[1:4] for row in rows(page.text)] == [["Ada", "Appel pris", f"foyer en file {call.entry_id}"]]
    assert "KERGUELEN" not in page.text.upper()


def test_the_journals_are_searched_by_member_kind_and_day(browse: Browser, story: Story):
    events.record_access(["person:1"], by=story.ada.id, at=NOW, why="call", claim="claim:1:1")
    events.record_access(["person:2"], by=story.abel.id, at=NOW, why="call", claim="claim:2:1")
    events.record_access(["person:3"], by=story.ada.id, at=NOW - DAY, why="search")
    events.record_access(["line:4"], by=story.ivan.id, at=NOW, why="lot")
    olga = browse.as_(story.olga)

    def shown(**wanted):
        return sorted(row[3] for row in rows(olga.get("/journal", query_string=wanted).text))

    assert shown(member=story.ada.id) == ["personne 1", "personne 3"]
    assert shown(kind="lot") == ["ligne 4"]
    assert shown(day=date(2026, 3, 9).isoformat()) == ["personne 3"]
    assert shown(member=story.ada.id, day=date(2026, 3, 10).isoformat()) == ["personne 1"]
    olga.get(f"/journal?member={story.cleo.id}", status=422)


def test_a_day_of_twenty_three_hours_is_a_whole_day(browse: Browser, story: Story):
    from datetime import UTC, datetime

    change = date(2026, 3, 29)
    events.record_access(
        ["person:1"], by=story.ada.id, at=datetime(2026, 3, 28, 23, 0, tzinfo=UTC), why="search"
    )
    events.record_access(
        ["person:2"], by=story.ada.id, at=datetime(2026, 3, 29, 21, 59, tzinfo=UTC), why="search"
    )
    events.record_access(
        ["person:3"], by=story.ada.id, at=datetime(2026, 3, 29, 22, 0, tzinfo=UTC), why="search"
    )

    page = browse.as_(story.olga).get(f"/journal?day={change}")

    assert sorted(row[3] for row in rows(page.text)) == ["personne 1", "personne 2"]


@pytest.mark.parametrize("show", ["sightings", "events"])
def test_a_long_journal_comes_in_pages_and_loses_nothing(browse: Browser, story: Story, show):
    for n in range(120):
        events.record_access(
            [f"person:{n}"], by=story.ada.id, at=NOW - n // 3 * DAY / 24, why="call", claim=f"claim:{n}:1"
        )
        events.record("case.dated", by=story.ada.id, at=NOW, subject=("case", n), site_id=story.nantes.id)
    olga = browse.as_(story.olga)

    address, found = f"/journal?show={show}&member={story.ada.id}", []
    while address:
        page = olga.get(address)
        found += [row[3] for row in rows(page.text)]
        link = BeautifulSoup(page.text, "html.parser").select_one("a[rel=next]")
        address = link["href"] if link else None

    word = "personne" if show == "sightings" else "dossier"
    assert sorted(one for one in found if one.startswith(word)) == sorted(f"{word} {n}" for n in range(120))


def test_a_page_of_the_read_log_goes_on_into_earlier_months(browse: Browser, story: Story):
    looks = [NOW - timedelta(days=ago, minutes=rank) for ago in (0, 9, 10, 70, 400) for rank in range(12)]
    for number, at in enumerate(looks):
        events.record_access(
            [f"person:{number}"], by=story.ada.id, at=at, why="call", claim=f"claim:{number}:1"
        )
    olga = browse.as_(story.olga)

    first = olga.get("/journal").text
    more = BeautifulSoup(first, "html.parser").select_one("a[href*=before]")["href"]
    seen = [row[3] for row in rows(first) + rows(olga.get(more).text)]

    assert len({at.strftime("%Y-%m") for at in looks}) > 2
    assert seen == [f"personne {number}" for number in range(len(looks))]


def test_the_journal_of_another_site_is_not_shown(browse: Browser, story: Story):
    events.record_access(["person:1"], by=story.cleo.id, at=NOW, why="call", claim="claim:1:1")
    waiting_case(story.ajaccio, at=NOW)
    olga = browse.as_(story.olga)

    assert rows(olga.get("/journal").text) == []
    assert "Appel demandé" not in [row[2] for row in rows(olga.get("/journal?show=events").text)]


def test_a_wrong_search_says_so(browse: Browser, story: Story):
    browse.as_(story.olga).get("/journal?day=hier", status=422)


def test_the_journal_is_for_auditors(browse: Browser, story: Story):
    browse.as_(story.dora).get("/journal", status=403)


def kinds_in(path):
    """Return the kinds that a module records: named where it records, or given to its own `_record` or to `end_claims`."""
    recording = [call.args[0] for call, name in calls_in(path) if name == "events.record"]
    prefix = next((kind.values[0].value for kind in recording if isinstance(kind, ast.JoinedStr)), "")
    named = [kind.value for kind in recording if isinstance(kind, ast.Constant)]
    given = [call.args[0] for call, name in calls_in(path) if name in {"_record", "end_claims"}]
    return named + [
        prefix * ("." not in kind.value) + kind.value for kind in given if isinstance(kind, ast.Constant)
    ]


def test_every_event_of_the_product_has_its_words():
    unknown = [
        (kind, place(path)) for path in modules() for kind in kinds_in(path) if kind not in words.EVENT_WORDS
    ]

    assert unknown == []
