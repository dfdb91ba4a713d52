"""When to try again somebody who did not answer."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracing.programmes import get_pack
from tracing.programmes.rules import Calling, is_text_due, next_attempt_at, next_open

PACK = get_pack("exercise-2022")
PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")
HOURS = Calling(PARIS, PACK.calling_hours.opens, PACK.calling_hours.closes)


def at(text: str, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("attempts", "following"),
    [
        (["2022-01-10 09:00"], "2022-01-10 12:00"),  # another part of the day
        (["2022-01-10 11:50"], "2022-01-10 13:20"),  # at least ninety minutes later
        (["2022-01-10 13:00"], "2022-01-10 14:30"),
        (["2022-01-10 16:00"], "2022-01-10 17:30"),
        (["2022-01-10 17:40"], "2022-01-11 08:30"),  # the evening is over: tomorrow morning
        (["2022-01-10 18:59"], "2022-01-11 08:30"),
        (["2022-01-10 09:00", "2022-01-10 12:00"], "2022-01-10 14:00"),
        (["2022-01-10 17:40", "2022-01-11 08:30"], "2022-01-11 12:00"),
        (["2022-01-10 12:00", "2022-01-10 09:00"], "2022-01-10 14:00"),  # in whatever order they come
        # a night with 23 hours, and one with 25
        (["2022-03-26 18:00"], "2022-03-27 08:30"),
        (["2022-10-29 18:00"], "2022-10-30 08:30"),
    ],
)
def test_the_next_attempt_is_in_another_part_of_the_day(attempts, following):
    found = next_attempt_at(PACK, [at(text) for text in attempts], calling=HOURS)

    assert found == at(following)
    assert found.tzinfo is UTC


def test_three_attempts_use_them_up():
    attempts = [at("2022-01-10 09:00"), at("2022-01-10 12:00"), at("2022-01-10 14:00")]

    assert next_attempt_at(PACK, attempts, calling=HOURS) is None


@pytest.mark.parametrize(
    ("text_after", "due"), [(1, [True, False]), (2, [False, True]), (None, [False, False])]
)
def test_the_programme_says_after_which_attempt_a_text_goes_out(text_after, due):
    plan = PACK.attempts.model_copy(update={"text_after": text_after})
    pack = PACK.model_copy(update={"attempts": plan})

    assert [is_text_due(pack, attempts) for attempts in (1, 2)] == due


def test_the_part_of_the_day_is_that_of_the_person():
    found = next_attempt_at(PACK, [at("2022-01-10 09:00", REUNION)], calling=replace(HOURS, zone=REUNION))

    assert found == at("2022-01-10 12:00", REUNION)


@pytest.mark.parametrize(
    ("opens", "closes", "attempt", "following"),
    [
        (time(9), time(16, 30), "2022-01-10 15:00", "2022-01-11 09:00"),  # no evening there
        (time(9), time(11, 30), "2022-01-10 09:15", "2022-01-10 10:45"),  # mornings only
        (time(9), time(11, 30), "2022-01-10 11:00", "2022-01-11 09:00"),
    ],
)
def test_a_site_has_its_own_hours(opens, closes, attempt, following):
    calling = Calling(PARIS, opens, closes)

    assert next_attempt_at(PACK, [at(attempt)], calling=calling) == at(following)


@given(first=some.datetimes(datetime(2022, 1, 1), datetime(2023, 12, 31), timezones=some.just(UTC)))  # noqa: DTZ001
def test_attempts_keep_their_distance_their_hours_and_their_number(first):
    attempts = [first]
    while (following := next_attempt_at(PACK, attempts, calling=HOURS)) is not None:
        assert following - attempts[-1] >= timedelta(minutes=90)
        assert time(8, 30) <= following.astimezone(PARIS).time() < time(19)
        attempts.append(following)

    assert len(attempts) == 3
    assert attempts[-1] - first < timedelta(days=2)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2022-01-10 07:00", "2022-01-10 08:30"),
        ("2022-01-10 08:30", "2022-01-10 08:30"),
        ("2022-01-10 18:59", "2022-01-10 18:59"),
        ("2022-01-10 19:00", "2022-01-11 08:30"),
        ("2022-10-29 23:00", "2022-10-30 08:30"),
    ],
)
def test_nobody_is_called_outside_calling_hours(moment, opening):
    assert next_open(HOURS, at(moment)) == at(opening)
