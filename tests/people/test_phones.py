"""Telephone numbers as they are written, to the number that is dialled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracing.people.phones import read_phones


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("0612345678", "+33612345678"),
        ("06.12.34.56.78", "+33612345678"),
        ("06-12-34-56-78", "+33612345678"),
        ("06/12/34/56/78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("0033 612345678", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("+330612345678", "+33612345678"),
        ("612345678", "+33612345678"),
        ("33612345678", "+33612345678"),
        ("06 12 34 56 78 (fils)", "+33612345678"),
        ("0762345678", "+33762345678"),
        ("0690123456", "+590690123456"),
        ("0694123456", "+594694123456"),
        ("0696123456", "+596696123456"),
        ("0692123456", "+262692123456"),
        ("692123456", "+262692123456"),
        ("+33692123456", "+262692123456"),
        ("0262123456", "+262262123456"),
        ("0639012345", "+262639012345"),
        ("0269601234", "+262269601234"),
        ("0508412345", "+508412345"),
        ("+262692123456", "+262692123456"),
        ("+49 1512 3456789", "+4915123456789"),
        ("0049 1512 3456789", "+4915123456789"),
    ],
)
def test_every_habit_leads_to_the_same_number(written, dialled):
    assert read_phones(written) == ((dialled,), False)


@pytest.mark.parametrize(
    "cell",
    [
        "06 61 00 00 06 / 02 40 11 22 33",
        "0661000006;0240112233",
        "0661000006 ou 0240112233",
        "06 61 00 00 06 02 40 11 22 33",
        "0661000006 - 0240112233",
        "+33661000006, 0033240112233",
    ],
)
def test_two_numbers_in_one_cell_are_two_numbers(cell):
    assert read_phones(cell) == (("+33661000006", "+33240112233"), False)


@pytest.mark.parametrize(
    "cell", ["", "NC", "inconnu", "liste rouge", "0000000000", "00 00 00 00 00", "0", "-"]
)
def test_a_placeholder_is_no_number_and_no_fault(cell):
    assert read_phones(cell) == ((), False)


@pytest.mark.parametrize(
    "cell",
    ["0612", "6,12346E+08", "9999999999", "06123456789", "0012", "+33", "+999123456789", "0600000000 1"],
)
def test_what_is_no_number_is_said(cell):
    assert read_phones(cell).invalid


def test_a_good_number_beside_a_bad_one_is_kept():
    assert read_phones("0612345678 / 0612") == (("+33612345678",), True)


@pytest.mark.parametrize(
    "number", ["0639981234", "0199001234", "0261911234", "0353011234", "0465711234", "0536491234"]
)
def test_numbers_of_films_ring_only_where_the_site_is_invented_too(number):
    assert read_phones(number) == ((), True)
    assert read_phones(number, allow_fiction=True) == ((f"+33{number[1:]}",), False)


@given(st.text("0123456789+ .-/()EAe,ou\n٣", max_size=40))
def test_whatever_a_cell_holds_only_dialable_numbers_come_out(cell):
    for number in read_phones(cell, allow_fiction=True).numbers:
        assert number[0] == "+"
        assert number[1:].isascii()
        assert number[1:].isdigit()
        assert 8 <= len(number) <= 16
