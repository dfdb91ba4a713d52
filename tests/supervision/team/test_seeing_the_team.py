"""Who is there, what they did today, who is absent; what came too late, by kind."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.conftest import NOW, Clock
from tests.desk.walking import soup, take_call
from tests.support.story import Story, agent, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import services as calls
from tracing.calls.jobs import sweep_claims
from tracing.calls.rules import CallOutcome
from tracing.queue import queries
from tracing.queue import services as queue
from tracing.queue.claims import services as claims
from tracing.queue.maintenance import due_changes
from tracing.queue.maintenance.absence_jobs import handle_absences
from tracing.staff import presence
from tracing.staff import queries as staff

MINUTE = timedelta(minutes=1)


def row_of(page, name: str) -> str:
    rows = soup(page).select("section[aria-labelledby=team] tbody tr")
    return next(" ".join(row.text.split()) for row in rows if row.td.text.strip() == name)


def counts(page, section: str) -> list[int]:
    return [int(one.text) for one in soup(page).select(f"section[aria-labelledby={section}] dd")]


def test_the_team_is_shown_as_it_is(browse: Browser, story: Story, clock: Clock):
    waiting_case(story.nantes, at=NOW)
    ada, abel, dora = (browse.as_(one) for one in (story.ada, story.abel, story.dora))
    assert "Présent" in row_of(dora.get("/team"), "Ada")

    take_call(ada)
    abel.post("/pause")
    page = dora.get("/team")

    assert "En appel" in row_of(page, "Ada")
    assert "En pause" in row_of(page, "Abel")
    clock.move_to(NOW + 11 * MINUTE)
    abel.post("/resume")
    ada.get("/account")
    clock.move_to(NOW + 22 * MINUTE)
    sweep_claims(NOW + 22 * MINUTE)
    page = browse.as_(story.dora).get("/board")
    assert "Absent" in row_of(page, "Ada")
    assert "attendu à cette heure" in row_of(page, "Ada"), "Ada works on Tuesdays until five"
    assert "Absent" in row_of(page, "Abel")
    assert "attendu" not in row_of(page, "Abel"), "Abel has no hours"


def test_a_pause_keeps_calls_away_and_ends_with_the_next_one(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    entry = queries.find_entry_of(task.household_id).id
    abel, dora = browse.as_(story.abel), browse.as_(story.dora)

    abel.post("/pause")
    assert "Vous êtes en pause" in abel.get("/desk").text
    dora.post(f"/board/{entry}/give", {"tracer": story.abel.id}, status=422)
    abel.follow("/calls/next")

    assert staff.get_member(story.abel.id).paused_at is None
    abel.post("/pause", status=409)


def test_who_gives_calls_back_without_a_word_is_seen(browse: Browser, story: Story):
    waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    for _time in range(3):
        calls.give_back(calls.take_next(ada, at=NOW), by=ada, at=NOW)

    assert row_of(browse.as_(story.dora).get("/team"), "Ada").endswith("0 3 3")


def test_what_came_too_late_is_counted_by_kind(browse: Browser, story: Story, clock: Clock):
    ada = agent(story.ada)
    late = waiting_case(story.nantes, identity("Zoé", phones=("+33639980009",)), at=NOW - timedelta(hours=5))
    due_changes.promote(at=NOW)
    claims.reserve_for(
        queries.find_entry_of(late.household_id).id, story.ada.id, by=agent(story.dora), at=NOW
    )
    task = waiting_case(story.nantes, at=NOW - timedelta(hours=6))
    due_changes.promote(at=NOW)
    call = calls.take_next(agent(story.abel), at=NOW)
    conversation = calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    queue.promise(task, when=NOW + 30 * MINUTE, by=agent(story.abel), at=NOW)
    calls.finish_conversation(conversation, CallOutcome.CALLBACK, at=NOW)
    calls.end(call, CallOutcome.CALLBACK, by=agent(story.abel), at=NOW)
    presence.note_absence(story.ada.id, first=NOW.date(), last=NOW.date(), by=agent(story.dora), at=NOW)
    handle_absences(NOW)
    calls.take_next(ada, at=NOW)
    at = clock.move_to(NOW + 45 * MINUTE)
    sweep_claims(at)
    handle_absences(at)

    page = browse.as_(story.dora).get("/board")

    assert counts(page, "by-kind") == [1, 1, 1, 1]
    assert counts(page, "by-age") == [0, 0, 2, 0]


def test_whoever_is_on_the_line_waits_no_longer_however_late_they_were_called(browse: Browser, story: Story):
    for number in range(2):
        late = identity(f"Zoé{number}", phones=(f"+3363998001{number}",))
        waiting_case(story.nantes, late, at=NOW - timedelta(hours=5))
    due_changes.promote(at=NOW)
    calls.take_next(agent(story.ada), at=NOW)

    assert counts(browse.as_(story.dora).get("/board"), "by-kind") == [1, 0, 0, 0]


def test_a_call_that_began_before_midnight_counts_on_the_day_on_which_it_ended(
    browse: Browser, story: Story, clock: Clock
):
    story.nantes.calls_from = story.nantes.calls_until = time(0)
    midnight = datetime(2026, 3, 12, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)
    at = clock.move_to(midnight - 2 * MINUTE)
    waiting_case(story.nantes, at=at)
    assert calls.take_next(agent(story.ada), at=at)
    sweep_claims(clock.move_to(midnight + 5 * MINUTE))

    claims_ended = 2
    assert counts(browse.as_(story.dora).get("/board"), "by-kind")[claims_ended] == 1

    clock.move_to(midnight + timedelta(days=1))
    assert counts(browse.as_(story.dora).get("/board"), "by-kind")[claims_ended] == 0


def test_an_absence_is_noted_and_taken_back(browse: Browser, story: Story):
    rose = browse.as_(story.rose)

    rose.post(
        "/team/absences", {"member": story.ada.id, "first": "2026-03-12", "last": "2026-03-11"}, status=422
    )
    page = rose.follow("/team/absences", {"member": story.ada.id, "first": "2026-03-12"})
    assert "jeudi 12 mars" in page.text
    site_id = staff.get_member(story.ada.id).roles[0].site_id
    [absence] = presence.absences_at(site_id, on=NOW.date())
    assert absence.starts_on == absence.ends_on
    absence_id = absence.id

    rose.follow(f"/team/absences/{absence_id}/remove")
    assert presence.absences_at(site_id, on=NOW.date()) == []


def test_nobody_notes_absences_of_another_site(browse: Browser, story: Story):
    browse.as_(story.dora).post(
        "/team/absences", {"member": story.cleo.id, "first": "2026-03-12"}, status=422
    )
