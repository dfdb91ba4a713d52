"""The number of a note."""

import pytest

from tracing.sickleave.rules import is_note_number, note_number


@pytest.mark.parametrize(
    ("site", "year", "sequence", "number"),
    [
        # check digits worked out apart, by doubling every second digit from the right
        ("751", 2026, 1, "AI-751-2026-0000001-5"),
        ("751", 2026, 2, "AI-751-2026-0000002-3"),
        ("590", 2022, 1234567, "AI-590-2022-1234567-0"),
        ("PDL", 2026, 12, "AI-PDL-2026-0000012-2"),
    ],
)
def test_a_number_says_site_year_and_rank(site, year, sequence, number):
    assert note_number(site, year, sequence) == number
    assert is_note_number(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AI-751-2026-0000001-8",  # wrong check digit
        "AI-751-2026-0000010-5",  # two digits exchanged
        "AI-571-2026-0000001-5",
        "AI-751-2026-1-5",
        "AI-751-2026-0000001-5 ",
        "ai-751-2026-0000001-5",
    ],
)
def test_a_slip_of_the_pen_is_caught(text):
    assert not is_note_number(text)


@pytest.mark.parametrize(("site", "year", "sequence"), [("75", 2026, 1), ("75a", 2026, 1), ("751", 26, 1), ("751", 2026, 0), ("751", 2026, 10_000_000)])  # fmt: skip
def test_a_number_is_never_made_of_something_else(site, year, sequence):
    with pytest.raises(ValueError, match=r"no number|site code"):
        note_number(site, year, sequence)
