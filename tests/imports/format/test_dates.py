# ruff: noqa: DTZ001  what a sender writes has no time zone
"""Dates as senders write them; never month first."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tracing.imports.format.dates import in_utc, read_moment


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("07/03/1963", date(1963, 3, 7)),
        ("7/3/1963", date(1963, 3, 7)),
        ("07-03-1963", date(1963, 3, 7)),
        ("07.03.1963", date(1963, 3, 7)),
        ("1963-03-07", date(1963, 3, 7)),
        ("19630307", date(1963, 3, 7)),
        ("29/02/2020", date(2020, 2, 29)),
        ("44263", date(2021, 3, 8)),
        ("44263,5", date(2021, 3, 8)),
        ("07/03/1963 08:30", date(1963, 3, 7)),
        ("9 févr. 1986", date(1986, 2, 9)),
        ("09-oct-85", date(2085, 10, 9)),
        ("1er août 1987", date(1987, 8, 1)),
        ("vendredi 27 novembre 2026", date(2026, 11, 27)),
        ("Friday, 27 November 2026", date(2026, 11, 27)),
        ("2026/11/27", date(2026, 11, 27)),
        ("2026.11.27 08:30", date(2026, 11, 27)),
        ("27/11/2026 8h", date(2026, 11, 27)),
        ("le 27 novembre 2026", date(2026, 11, 27)),
        ("31-nov-2026", None),
        ("27 noël 2026", None),
        ("31/02/1980", None),
        ("29/02/2021", None),
        ("03/17/2021", None),
        ("45/13/2021", None),
        ("00/05/1980", None),
        ("07/03", None),
        ("mars 1963", None),
        ("07/03/1963 25:00", None),
        ("07/03/1963 99", None),
        ("", None),
    ],
)
def test_a_day_is_read_or_left_out(written, day):
    read = read_moment(written)

    assert (read and read[0].date()) == day


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-11-27T07:30:00Z", datetime(2026, 11, 27, 8, 30)),
        ("2026-11-27T07:30:00.000Z", datetime(2026, 11, 27, 8, 30)),
        ("2026-11-27 08:30:00+01", datetime(2026, 11, 27, 8, 30)),
        ("20261127083000+0100", datetime(2026, 11, 27, 8, 30)),
        ("2026-11-27 07:30:00 UTC", datetime(2026, 11, 27, 8, 30)),
        ("2026-07-01T23:30-02:00", datetime(2026, 7, 2, 3, 30)),
    ],
)
def test_a_moment_with_its_offset_is_shown_by_the_clocks_of_the_site(written, shown):
    assert read_moment(written, zone=ZoneInfo("Europe/Paris")) == (shown, True)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1960-04-30T23:00:00Z", None),
        ("1960-05-01T00:00:00+01:00", date(1960, 5, 1)),
        ("1960-05-01T00:00:00Z", date(1960, 5, 1)),
        ("02-JAN-2021T10:30", date(2021, 1, 2)),
    ],
)
def test_a_day_written_as_a_moment_of_another_clock_is_not_guessed(written, day):
    read = read_moment(written)

    assert (read and read[0].date()) == day


@pytest.mark.parametrize(("written", "year"), [("08/03/21", 2021), ("09/03/21", 1921), ("01/01/63", 1963)])
def test_nobody_is_born_in_the_future_so_two_digits_tell_the_century(written, year):
    born = read_moment(written, not_after=date(2021, 3, 8))

    assert born is not None
    assert born[0].year == year


@pytest.mark.parametrize(
    ("written", "moment", "has_time"),
    [
        ("07/03/2021 08:17", datetime(2021, 3, 7, 8, 17), True),
        ("07/03/2021 08:17:30", datetime(2021, 3, 7, 8, 17, 30), True),
        ("07/03/2021 à 8h17", datetime(2021, 3, 7, 8, 17), True),
        ("2021-03-07T08:17", datetime(2021, 3, 7, 8, 17), True),
        ("202103070817", datetime(2021, 3, 7, 8, 17), True),
        ("07/03/2021", datetime(2021, 3, 7), False),
        ("44262.34513888889", datetime(2021, 3, 7, 8, 17), True),
    ],
)
def test_a_moment_says_whether_a_time_was_given(written, moment, has_time):
    assert read_moment(written) == (moment, has_time)


def test_the_wall_clock_of_a_site_becomes_utc():
    local = datetime(2021, 7, 1, 8, 30)

    assert in_utc(local, ZoneInfo("Europe/Paris")) == datetime(2021, 7, 1, 6, 30, tzinfo=UTC)
    assert in_utc(local, ZoneInfo("Indian/Reunion")) == datetime(2021, 7, 1, 4, 30, tzinfo=UTC)
