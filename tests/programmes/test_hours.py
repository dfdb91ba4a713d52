"""When somebody may be called: by their own clock, and not on days on which nobody calls."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracing.programmes.rules import MIDNIGHT, Calling, is_open, last_open_before, next_open, open_until
from tracing.programmes.rules.holidays import easter, is_holiday

PARIS, REUNION, MARTINIQUE = map(ZoneInfo, ("Europe/Paris", "Indian/Reunion", "America/Martinique"))
DAY = Calling(PARIS, time(8, 30), time(19))
WORKING_DAYS = replace(DAY, sundays=False, holidays=False)
ROUND_THE_CLOCK = Calling(PARIS, MIDNIGHT, MIDNIGHT)


def at(text: str, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("calling", "moment", "opening"),
    [
        (DAY, "2026-03-10 07:00", "2026-03-10 08:30"),
        (DAY, "2026-03-10 08:30", "2026-03-10 08:30"),
        (DAY, "2026-03-10 18:59:59", "2026-03-10 18:59:59"),
        (DAY, "2026-03-10 19:00", "2026-03-11 08:30"),
        (DAY, "2026-03-10 00:00", "2026-03-10 08:30"),
        (DAY, "2028-02-28 20:00", "2028-02-29 08:30"),
        (DAY, "2028-02-29 20:00", "2028-03-01 08:30"),
        (DAY, "2026-12-31 23:59:59", "2027-01-01 08:30"),
        # the night of 23 hours, and the one of 25
        (DAY, "2026-03-28 22:00", "2026-03-29 08:30"),
        (DAY, "2026-10-24 22:00", "2026-10-25 08:30"),
        # Saturday evening, where nobody calls on Sundays
        (WORKING_DAYS, "2026-03-14 19:30", "2026-03-16 08:30"),
        # the eve of a holiday; Good Friday is none, Easter Monday is
        (WORKING_DAYS, "2026-07-13 19:30", "2026-07-15 08:30"),
        (WORKING_DAYS, "2026-04-02 19:30", "2026-04-03 08:30"),
        (WORKING_DAYS, "2026-04-04 19:00", "2026-04-07 08:30"),
        # 24 December 2026 is a Thursday: Friday is Christmas, then Saturday
        (WORKING_DAYS, "2026-12-24 19:30", "2026-12-26 08:30"),
        (ROUND_THE_CLOCK, "2026-03-29 02:00", "2026-03-29 02:00"),
    ],
)
def test_a_call_waits_for_the_next_open_moment(calling, moment, opening):
    assert next_open(calling, at(moment)) == at(opening)


@pytest.mark.parametrize(
    ("calling", "due", "last"),
    [
        (DAY, "2026-03-10 14:00", "2026-03-10 14:00"),
        (DAY, "2026-03-10 21:00", "2026-03-10 19:00"),
        (DAY, "2026-03-10 19:00", "2026-03-10 19:00"),
        (DAY, "2026-03-11 02:00", "2026-03-10 19:00"),
        (DAY, "2026-03-11 08:30", "2026-03-10 19:00"),
        (WORKING_DAYS, "2026-07-14 11:00", "2026-07-13 19:00"),
        (WORKING_DAYS, "2026-03-15 11:00", "2026-03-14 19:00"),
        (DAY, "2026-10-25 06:00", "2026-10-24 19:00"),
    ],
)
def test_a_promise_ends_with_the_hours_before_it(calling, due, last):
    assert last_open_before(calling, at(due)) == at(last)


def test_the_hours_are_those_of_the_persons_clock():
    nine_in_paris = at("2026-01-12 09:00")

    assert is_open(DAY, nine_in_paris)
    assert is_open(replace(DAY, zone=REUNION), nine_in_paris)  # noon
    assert not is_open(replace(DAY, zone=MARTINIQUE), nine_in_paris)  # four in the morning
    assert next_open(replace(DAY, zone=MARTINIQUE), nine_in_paris) == at("2026-01-12 13:30")
    assert open_until(replace(DAY, zone=REUNION), nine_in_paris) == at("2026-01-12 16:00")


def test_on_both_days_of_the_clock_change_the_hours_are_those_on_the_wall():
    spring, autumn = at("2026-03-29 12:00"), at("2026-10-25 12:00")

    assert open_until(DAY, spring) - next_open(DAY, at("2026-03-29 00:30")) == timedelta(hours=10, minutes=30)
    assert next_open(DAY, at("2026-03-28 19:00")) - at("2026-03-28 19:00") == timedelta(hours=12, minutes=30)
    assert next_open(DAY, at("2026-10-24 19:00")) - at("2026-10-24 19:00") == timedelta(hours=14, minutes=30)
    assert open_until(DAY, autumn) == at("2026-10-25 19:00")


def test_hours_that_never_end_are_one_window():
    moment = at("2026-03-10 23:00")

    assert open_until(ROUND_THE_CLOCK, moment) - moment > timedelta(days=7)


def test_public_holidays_of_a_year():
    days = [date(2026, 1, 1) + timedelta(days=offset) for offset in range(365)]

    def found(zone):
        return [f"{day:%m-%d}" for day in days if is_holiday(day, zone)]

    mainland = [
        "01-01",
        "04-06",
        "05-01",
        "05-08",
        "05-14",
        "05-25",
        "07-14",
        "08-15",
        "11-01",
        "11-11",
        "12-25",
    ]
    assert found("Europe/Paris") == mainland
    assert set(found("Indian/Reunion")) - set(mainland) == {"12-20"}
    assert set(found("America/Martinique")) - set(mainland) == {"05-22"}


@pytest.mark.parametrize(
    ("year", "day"),
    [(2000, (4, 23)), (2008, (3, 23)), (2011, (4, 24)), (2019, (4, 21)), (2024, (3, 31)), (2038, (4, 25)),
     (2049, (4, 18)), (1954, (4, 18)), (1981, (4, 19)), (2076, (4, 19)), (2285, (3, 22))],
)  # fmt: skip
def test_easter_of_years_with_exceptions(year, day):
    assert easter(year) == date(year, *day)


MOMENTS = some.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31), timezones=some.just(UTC))  # noqa: DTZ001
CALLINGS = some.builds(
    Calling,
    zone=some.sampled_from([PARIS, REUNION, MARTINIQUE, ZoneInfo("America/Miquelon")]),
    opens=some.times(time(6), time(10)),
    closes=some.times(time(15), time(22)),
    sundays=some.booleans(),
    holidays=some.booleans(),
)


@given(calling=CALLINGS, moment=MOMENTS)
def test_every_moment_leads_into_open_hours(calling, moment):
    opening = next_open(calling, moment)

    assert is_open(calling, opening)
    assert moment <= opening < moment + timedelta(days=5)
    assert not is_open(calling, open_until(calling, opening))
    last = last_open_before(calling, moment)
    assert last <= moment
    assert last == moment or not is_open(calling, moment)
