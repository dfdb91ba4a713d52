"""In which days the contacts of a case are searched."""

from datetime import date

import pytest

from tracing.programmes import get_pack
from tracing.programmes.rules import contagious_window

COVID = get_pack("covid19")


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@pytest.mark.parametrize(
    ("onset", "sampled", "on", "isolated_since", "start", "end"),
    [
        (
            "2022-01-08",
            "2022-01-09",
            "2022-01-10",
            None,
            "2022-01-06",
            "2022-01-10",
        ),  # two days before the onset
        (
            None,
            "2021-03-01",
            "2021-03-02",
            None,
            "2021-02-22",
            "2021-03-02",
        ),  # golden (b): seven before the sampling
        (
            "2022-01-11",
            "2022-01-09",
            "2022-01-12",
            None,
            "2022-01-09",
            "2022-01-12",
        ),  # onset after the test wins
        ("2022-01-08", None, "2022-01-12", "2022-01-09", "2022-01-06", "2022-01-09"),  # up to the isolation
        (
            "2022-01-08",
            None,
            "2022-02-20",
            None,
            "2022-01-06",
            "2022-01-18",
        ),  # called late: ten days are enough
        ("2022-01-01", None, "2022-01-02", None, "2021-12-30", "2022-01-02"),  # over the new year
        (None, "2022-03-04", "2022-03-05", None, "2022-02-25", "2022-03-05"),  # over the end of February
    ],
)
def test_contacts_are_searched_from_before_the_first_signs_to_the_isolation(
    onset, sampled, on, isolated_since, start, end
):
    window = contagious_window(
        COVID, onset=day(onset), sampled=day(sampled), on=day(on), isolated_since=day(isolated_since)
    )

    assert (window.start, window.end) == (day(start), day(end))
    assert str(window.rule) == "covid19@2022.2/W-1"
    assert window.days[0] == window.start
    assert window.days[-1] == window.end
    assert day(start) in window


def test_the_window_of_a_leap_year_counts_its_day():
    window = contagious_window(
        get_pack("exercise-2022"), onset=date(2024, 3, 1), sampled=None, on=date(2024, 3, 2)
    )

    assert window.start == date(2024, 2, 28)
    assert len(window.days) == 4


@pytest.mark.parametrize(
    ("on", "start"),
    [
        ("2020-03-02", "2020-03-01"),
        ("2020-03-03", "2020-02-29"),
        ("2020-05-06", "2020-02-29"),
        ("2020-05-07", "2020-02-28"),
        ("2021-02-18", "2020-02-28"),
    ],
)
def test_the_window_began_later_at_first(on, start):
    assert contagious_window(COVID, onset=date(2020, 3, 1), sampled=None, on=day(on)).start == day(start)


def test_no_contact_is_searched_more_than_fourteen_days_before_the_diagnosis():
    window = contagious_window(COVID, onset=date(2022, 1, 1), sampled=date(2022, 1, 20), on=date(2022, 1, 21))

    assert window.start == date(2022, 1, 6)


@pytest.mark.parametrize(
    ("onset", "sampled", "on"),
    [(None, None, "2022-01-10"), ("2023-02-01", None, "2023-02-01"), ("2020-01-20", None, "2020-01-30")],
)
def test_there_is_no_window_without_a_date_or_without_a_rule(onset, sampled, on):
    assert contagious_window(COVID, onset=day(onset), sampled=day(sampled), on=day(on)) is None
