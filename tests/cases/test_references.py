"""The reference of a case: said on the telephone, typed by hand, with a digit that tells a slip."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from tracing.cases.rules import reference


@pytest.mark.parametrize(
    ("year", "sequence", "written"),
    [
        (2026, 1, "P0-26-000001-3"),
        (2026, 123, "P0-26-000123-5"),
        (2109, 999_999, "P0-09-999999-7"),
        (2026, 1_234_567, "P0-26-1234567-4"),
    ],
)
def test_a_reference_is_written_with_its_year_and_check_digit(year, sequence, written):
    assert reference(year, sequence) == written
    assert fits(written)


def fits(written):
    """Say whether the digit at the end is that of the others."""
    digits = "".join(sign for sign in written.removeprefix("P0") if sign.isdigit())
    return luhn.is_valid(digits)


@given(st.integers(2020, 2099), st.integers(1, 9_999_999), st.data())
def test_one_mistyped_digit_is_found(year, sequence, data):
    written = reference(year, sequence)
    places = [place for place, sign in enumerate(written) if sign.isdigit() and place > 1]
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != written[place]]))

    assert not fits(written[:place] + other + written[place + 1 :])


@given(st.integers(2020, 2099), st.integers(1, 9_999_999), st.data())
def test_two_swapped_neighbours_are_found(year, sequence, data):
    """All but 09 and 90, which a Luhn digit cannot tell apart."""
    written = reference(year, sequence)
    places = [place for place, sign in enumerate(written) if sign.isdigit() and place > 1]
    neighbours = [
        (one, other)
        for one, other in pairwise(places)
        if written[one] != written[other] and {written[one], written[other]} != {"0", "9"}
    ]
    if not neighbours:
        return
    one, other = data.draw(st.sampled_from(neighbours))
    signs = list(written)
    signs[one], signs[other] = signs[other], signs[one]

    assert not fits("".join(signs))
