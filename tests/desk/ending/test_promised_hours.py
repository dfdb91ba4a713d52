"""A callback is promised and kept by the hour that was said, also in the two nights of the clock change and on 29 February."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW, Clock
from tests.desk.walking import take_call
from tests.support.story import Story, agent, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.desk.rules import local_to_utc, may_be_promised, proposed_callback
from tracing.kernel.db import session
from tracing.programmes.rules import MIDNIGHT, Calling
from tracing.queue import queries
from tracing.queue import services as queue
from tracing.queue.maintenance.absence_jobs import handle_absences
from tracing.queue.maintenance.jobs import promote
from tracing.queue.models import TaskState
from tracing.queue.ordering import callbacks
from tracing.staff import presence
from tracing.staff.rules import UnavailableReason, Week, unavailable_reason

PARIS = ZoneInfo("Europe/Paris")
FORT_DE_FRANCE = ZoneInfo("America/Martinique")
NOUMEA = ZoneInfo("Pacific/Noumea")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ZONES = pytest.mark.parametrize("zone", [PARIS, FORT_DE_FRANCE], ids=["Paris", "Martinique"])


def local(text: str, zone: ZoneInfo = PARIS, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def round_the_clock(zone: ZoneInfo = PARIS) -> Calling:
    return Calling(zone, MIDNIGHT, MIDNIGHT)


def promised(story: Story, when: datetime, *, at: datetime):
    """Let Ada promise somebody a callback at the end of her call; returns the task."""
    task = waiting_case(story.nantes, at=at)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=at)
    spoken = calls.start_conversation(call, task, script_version="2026.1", at=at)
    queue.promise(task, when=when, by=ada, at=at)
    calls.finish_conversation(spoken, CallOutcome.CALLBACK, at=at)
    calls.end(call, CallOutcome.CALLBACK, by=ada, at=at)
    return task


def waits_for(story: Story, member) -> bool:
    return queries.has_waiting(story.nantes.id, member.id, datetime.now(UTC))


@pytest.mark.parametrize(
    "when",
    [
        local("2026-03-29 03:05"),  # ten minutes before, it was five to two
        local("2026-10-25 02:05"),
        local("2026-10-25 02:05", fold=1),
        local("2026-10-25 03:05"),
        local("2026-03-29 03:05", FORT_DE_FRANCE),
        local("2026-10-25 02:05", FORT_DE_FRANCE),
        local("2028-02-29 00:05"),
        local("2028-03-01 00:05"),
    ],
    ids=str,
)
def test_a_callback_is_its_owners_ten_minutes_before_its_time_and_then_everybodys(
    story: Story, clock: Clock, when
):
    story.nantes.calls_from = story.nantes.calls_until = time(0)
    said, when = when, when.astimezone(UTC)
    promised(story, said, at=clock.move_to(when - 5 * HOUR))

    seen = []
    for before in (11, 10, 1, 0):
        promote(clock.move_to(when - before * MINUTE))
        seen.append((waits_for(story, story.ada), waits_for(story, story.abel)))

    assert seen == [(False, False), (True, False), (True, False), (True, True)]


@pytest.mark.parametrize(("late", "expected"), [(10, (1, 0)), (11, (0, 1))])
@pytest.mark.parametrize(
    "when", [local("2026-03-29 01:55"), local("2026-10-25 02:55"), local("2028-02-29 23:55")], ids=str
)
def test_it_is_kept_within_ten_minutes_that_are_ten_minutes_long(
    story: Story, clock: Clock, when, late, expected
):
    story.nantes.calls_from = story.nantes.calls_until = time(0)
    when = when.astimezone(UTC)
    task = promised(story, when, at=clock.move_to(when - 5 * HOUR))
    at = clock.move_to(when + late * MINUTE)
    promote(at)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=at)
    calls.finish_conversation(
        calls.start_conversation(call, task, script_version="2026.1", at=at), CallOutcome.COMPLETED, at=at
    )

    found = callbacks.counted(story.nantes.id, since=when - DAY)
    assert (found.kept, found.broken) == expected


@pytest.mark.parametrize(
    ("postcode", "on", "hour", "stored"),
    [
        # the eve and the day of the change, in France
        ("44000", "2026-03-28", "10:00", "2026-03-28 09:00"),
        ("44000", "2026-03-29", "10:00", "2026-03-29 08:00"),
        ("44000", "2026-10-24", "10:00", "2026-10-24 08:00"),
        ("44000", "2026-10-25", "10:00", "2026-10-25 09:00"),
        # in Martinique it is half past eight at two in the afternoon of Paris, an hour earlier in winter
        ("97200", "2026-03-28", "13:30", "2026-03-28 12:30"),
        ("97200", "2026-03-29", "14:30", "2026-03-29 12:30"),
        ("97200", "2026-10-25", "13:30", "2026-10-25 12:30"),
        ("97200", "2026-03-29", "13:30", None),
        ("97200", "2026-10-24", "13:30", None),
        # half past eleven in Nouméa; the clocks of Paris leap over it
        ("98800", "2026-03-29", "02:30", None),
        ("98800", "2026-03-29", "03:30", "2026-03-29 01:30"),
        ("98800", "2026-10-25", "02:30", "2026-10-25 00:30"),
        ("44000", "2028-02-29", "10:00", "2028-02-29 09:00"),
        ("97200", "2028-02-29", "13:30", "2028-02-29 12:30"),
    ],
)
def test_the_hour_that_is_typed_is_that_of_the_site_on_that_day(
    browse: Browser, story: Story, clock: Clock, postcode, on, hour, stored
):
    at = clock.move_to(local(f"{on} 11:00") - 2 * DAY)
    task = waiting_case(story.nantes, replace(identity(), postcode=postcode), at=at)
    task_id, household_id = task.id, task.household_id
    entry = queries.find_entry_of(household_id)
    promote(clock.move_to(max(at, entry.not_before)))
    abel = browse.as_(story.abel)
    end = f"{take_call(abel).call}/tasks/{task_id}/end"
    form = {"outcome": "callback", "callback_on": on, "callback_time": hour}

    answer = abel.post(end, form, status=422 if stored is None else 303)

    assert queries.get_task(task_id).promised_at == (stored and local(stored, ZoneInfo("UTC")))
    if hour == "02:30" and stored is None:
        assert "Cette heure n’existe pas ce jour-là" in answer.text


def test_an_hour_that_comes_twice_is_the_first_one_still_to_come():
    day, hour = date(2026, 10, 25), time(2, 30)
    first, again = (local("2026-10-25 02:30", fold=fold).astimezone(UTC) for fold in (0, 1))

    assert again - first == HOUR
    assert local_to_utc(day, hour, PARIS, at=first - MINUTE) == first
    assert local_to_utc(day, hour, PARIS, at=first) == again
    assert local_to_utc(date(2026, 3, 29), hour, PARIS, at=NOW) is None
    assert local_to_utc(day, hour, FORT_DE_FRANCE, at=NOW) == local("2026-10-25 02:30", FORT_DE_FRANCE)
    assert local_to_utc(date(2028, 2, 29), hour, PARIS, at=NOW) == local("2028-02-29 02:30")


@ZONES
@pytest.mark.parametrize("night", ["2026-03-28 22:00", "2026-10-24 22:00", "2028-02-28 22:00"])
def test_the_callback_that_is_proposed_is_an_hour_away_all_night(zone, night):
    evening = local(night).astimezone(UTC)
    for minutes in range(0, 8 * 60, 7):
        at = evening + minutes * MINUTE
        proposed = proposed_callback(round_the_clock(zone), at=at, zone=zone, can_be_kept=lambda _when: True)
        assert HOUR <= proposed.astimezone(UTC) - at < HOUR + 15 * MINUTE
        assert proposed.minute % 15 == 0


def test_the_callback_that_is_proposed_is_one_that_somebody_is_there_to_keep(story: Story, browse: Browser):
    task_id = waiting_case(story.nantes, at=NOW).id
    today = NOW.astimezone(PARIS).date()
    for one in (story.ada, story.abel):
        presence.note_absence(one.id, first=today, last=today + DAY, by=agent(story.dora), at=NOW)
    ada = browse.as_(story.ada)
    end = f"{take_call(ada).call}/tasks/{task_id}/end"

    shown = ada.get(end).text

    assert f'value="{today + 2 * DAY}"' in shown
    assert f'value="{today}"' not in shown


def test_without_anybody_to_keep_it_the_first_callback_is_proposed_all_the_same():
    calling, at = round_the_clock(), NOW
    asked = []

    proposed = proposed_callback(calling, at=at, zone=PARIS, can_be_kept=asked.append)

    assert proposed == asked[0]
    assert all(may_be_promised(calling, when, at=at) for when in asked)


@ZONES
@pytest.mark.parametrize("on", ["2026-03-24 10:00", "2026-10-20 10:00", "2028-02-24 10:00"])
def test_a_week_ends_a_week_later_by_the_clock(zone, on):
    at = local(on, zone)
    week_later = (at + 7 * DAY).replace(tzinfo=zone)
    calling = round_the_clock(zone)

    assert may_be_promised(calling, week_later.astimezone(UTC), at=at.astimezone(UTC))
    assert not may_be_promised(calling, week_later.astimezone(UTC) + MINUTE, at=at.astimezone(UTC))


@pytest.mark.parametrize(
    ("now", "gone"),
    [
        (local("2026-03-29 03:14"), None),  # fourteen minutes after two
        (local("2026-03-29 03:16"), UnavailableReason.SHIFT_OVER),
        (local("2028-02-29 02:14"), None),
        (local("2028-02-29 02:16"), UnavailableReason.SHIFT_OVER),
    ],
)
def test_a_quarter_of_an_hour_after_a_night_shift_is_as_long_as_any(now, gone):
    nights = Week({weekday: (time(0), time(2)) for weekday in range(7)})

    assert unavailable_reason(nights, now) is gone


def test_what_is_promised_for_29_february_stays_with_who_works_that_tuesday(story: Story, clock: Clock):
    at = clock.move_to(local("2028-02-22 10:00").astimezone(UTC))
    task = promised(story, local("2028-02-29 10:00"), at=at)

    assert handle_absences(at) == 0
    presence.note_absence(
        story.ada.id, first=date(2028, 2, 28), last=date(2028, 2, 29), by=agent(story.dora), at=at
    )
    assert handle_absences(at + MINUTE) == 1
    session.refresh(task)
    assert (task.promised_by, task.promised_at) == (None, local("2028-02-29 10:00"))


# -- rung before its time


def early(story: Story, browse: Browser, clock: Clock):
    """A callback promised by Ada for three quarters past twelve, and her ring in vain ten minutes before."""
    when = NOW + 2 * HOUR
    task = promised(story, when, at=NOW)
    promote(clock.move_to(when - 10 * MINUTE))
    ada = browse.as_(story.ada)
    end = f"{take_call(ada).call}/tasks/{task.id}/end"
    ada.follow(end, {"outcome": "no_answer"})
    return task.id, when


def test_an_early_ring_in_vain_leaves_the_promise_standing(story: Story, browse: Browser, clock: Clock):
    task_id, when = early(story, browse, clock)

    task = queries.get_task(task_id)
    assert (task.promised_at, task.not_before, task.promised_by) == (when, when, story.ada.id)
    assert callbacks.counted(story.nantes.id, since=NOW - DAY) == callbacks.PromiseCounts(0, 0)
    promote(clock.move_to(when - MINUTE))
    assert not waits_for(story, story.ada), "it is not rung again before its time"
    promote(clock.move_to(when))
    assert waits_for(story, story.ada)
    assert not waits_for(story, story.abel), "who promised is there, and keeps it"
    promote(clock.move_to(when + 10 * MINUTE))
    assert waits_for(story, story.abel)


def test_a_last_attempt_before_its_time_does_not_give_the_person_up(
    story: Story, browse: Browser, clock: Clock
):
    when = NOW + 2 * HOUR
    task = promised(story, when, at=NOW)
    task.attempts = 2
    session.flush()
    promote(clock.move_to(when - 10 * MINUTE))
    ada = browse.as_(story.ada)

    ada.follow(f"{take_call(ada).call}/tasks/{task.id}/end", {"outcome": "no_answer"})

    assert queries.get_task(task.id).state is TaskState.OPEN
    assert queries.get_task(task.id).promised_at == when


def test_a_relatives_call_says_the_promise_and_does_not_use_it_up(
    story: Story, browse: Browser, clock: Clock
):
    when = NOW + 3 * HOUR
    paul = promised(story, when, at=NOW)
    marie = waiting_case(story.nantes, identity("Paule", "Dupont", born=date(1990, 1, 1)), at=NOW)
    assert marie.household_id == paul.household_id
    promote(NOW)
    abel = browse.as_(story.abel)
    call = take_call(abel).call
    page = abel.get(f"{call}?task={marie.id}").text

    abel.follow(f"{call}/tasks/{marie.id}/end", {"outcome": "no_answer"})

    assert "Promis mardi 10 mars 13:00 à Marie" in page
    assert queries.get_task(paul.id).promised_at == when
    assert queries.get_task(marie.id).not_before != when


def test_a_promise_goes_with_the_call_to_another_language(story: Story, clock: Clock):
    when = NOW + 2 * HOUR
    task = promised(story, when, at=NOW)
    due_at = task.due_at
    queue.close_task(task, TaskState.WAITING_LANGUAGE, by=None, at=NOW)

    queue.reopen_task(task, due_at=task.due_at, by=None, at=NOW + MINUTE)

    assert (task.promised_at, task.due_at) == (when, due_at)


# -- on whose clock, and who calls


def on_reunion(story: Story, browse: Browser):
    task = waiting_case(story.nantes, replace(identity(), postcode="97400"), at=NOW)
    abel = browse.as_(story.abel)
    walk = take_call(abel)
    return abel, walk, task.id, f"{walk.call}/tasks/{task.id}/end"


def test_the_hour_is_typed_and_shown_on_the_persons_clock(story: Story, browse: Browser):
    abel, walk, task_id, end = on_reunion(story, browse)

    assert "13:00 à La Réunion" in walk.page.text
    shown = abel.get(end).text
    assert (
        "15:00 à La Réunion, 12:00 ici"
        in abel.fragment(
            f"{end}/hour",
            {"callback_on": "2026-03-10", "callback_time": "15:00", "callback_clock": "there"},
        ).text
    )
    form = {
        "outcome": "callback",
        "callback_on": "2026-03-10",
        "callback_time": "15:00",
        "callback_clock": "there",
    }
    abel.follow(end, form)

    assert "de la personne, à La Réunion" in shown
    assert queries.get_task(task_id).promised_at == local("2026-03-10 12:00")
    assert "15:00 à La Réunion" in abel.get("/desk").text


def test_the_proposed_hour_stays_on_the_persons_clock_when_another_end_is_refused(
    story: Story, browse: Browser
):
    abel, _walk, _task_id, end = on_reunion(story, browse)

    for page in (abel.get(end), abel.post(end, {"outcome": "language"}, status=422)):
        assert 'value="14:00"' in page.text
        assert "14:00 à La Réunion, 11:00 ici" in page.text


def test_whoever_is_not_there_then_says_that_somebody_else_calls(story: Story, browse: Browser):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    end = f"{take_call(ada).call}/tasks/{task_id}/end"

    def said(on: str) -> str:
        return ada.fragment(f"{end}/hour", {"callback_on": on, "callback_time": "14:30"}).text

    assert "quelqu’un d’autre que moi pourra vous appeler" in said("2026-03-11")
    assert "quelqu’un d’autre" not in said("2026-03-12")
