"""Which numbers are valid, which are completed, and whose they are."""

from datetime import date

import pytest

from tracing.people.nir import Nir, counts_for, read_nir


@pytest.mark.parametrize(
    "number",
    [
        "255081416802538",
        "269054958815780",
        "295109912611193",
        "180127512345642",
        "186022A21532523",
        "199022A00412301",
        "199022B03345686",
        "185079999900809",
        "185079999901601",
        "185079999901797",
        "185072A99001309",
        "185072B99004997",
    ],
)
def test_a_number_with_the_right_key_is_valid_with_or_without_it(number):
    assert read_nir(number) == Nir(number)
    assert read_nir(number[:13]) == Nir(number, key_computed=True)


def test_blanks_and_small_letters_change_nothing():
    assert read_nir("1 86 02 2a 215 325 23") == Nir("186022A21532523")
    assert read_nir("2.55.08.14.168.025-38") == Nir("255081416802538")


@pytest.mark.parametrize(
    "text",
    [
        "295109912611199",
        "255081416802539",
        "253072C07300443",
        "1,85073E+14",
        "1.85073E+14",
        "25508141680253",
        "955081416802538",
        "255131416802538",
        "٢٥٥٠٨١٤١٦٨٠٢٥٣٨",
        "inconnu",
        "",
    ],
)
def test_anything_else_is_left_out_and_never_guessed(text):
    assert read_nir(text) is None


@pytest.mark.parametrize(
    ("nir", "sex", "born", "counts"),
    [
        ("285074912260754", "F", date(1985, 7, 20), True),
        ("285074912260754", "M", date(1985, 7, 20), False),
        ("285074912260754", "M", date(2014, 10, 5), False),
        ("285074912260754", "F", date(1985, 8, 20), False),
        ("285074912260754", "F", date(1984, 7, 20), False),
        ("285074912260754", "", date(1985, 7, 20), True),
        ("285074912260754", "I", date(1985, 7, 20), True),
        ("785074912260754", "M", date(1985, 7, 20), True),
        ("885074912260754", "F", date(1985, 7, 20), True),
        ("285334912260754", "F", date(1985, 7, 20), True),
        ("285994912260754", "F", date(1985, 7, 20), True),
    ],
)
def test_a_number_counts_only_when_sex_year_and_month_fit(nir, sex, born, counts):
    assert counts_for(nir, sex=sex, birth_date=born) is counts
