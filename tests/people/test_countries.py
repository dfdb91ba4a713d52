"""National numbers, postcodes and telephone numbers of other countries are read as there, never as French ones."""

from dataclasses import replace

import pytest

from tests.support.story import identity
from tracing.people.countries import Country, read_national_number, read_postcode
from tracing.people.phones import read_phones
from tracing.people.rules import Identity, completed
from tracing.people.zones import zone_of


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("756.9217.0769.85", "CH", "7569217076985"),
        ("756.9217.0769.86", "CH", ""),
        ("85.07.30-033 28", "BE", "85073003328"),
        ("85.07.30-033 29", "BE", ""),
        ("1893 1201 05732", "LU", "1893120105732"),
        ("1893120105742", "LU", ""),
        ("1893130105732", "LU", ""),
        ("1237 010180", "AT", "1237010180"),
        ("255081416802538", "DE", ""),
        ("255081416802538", "CH", ""),
        ("NC", "CH", ""),
        ("", "BE", ""),
    ],
)
def test_a_national_number_counts_where_its_check_digits_are_right(written, country, number):
    assert read_national_number(written, country) == number


@pytest.mark.parametrize(
    ("written", "sender", "postcode", "country"),
    [
        ("9000", "CH", "9000", "CH"),
        ("L-1234", "CH", "1234", "LU"),
        ("L1234", "FR", "1234", "LU"),
        ("D-10115", "FR", "10115", "DE"),
        ("CH 1204", "FR", "1204", "CH"),
        ("F-74100", "CH", "74100", "FR"),
        ("10115", "DE", "10115", "DE"),
        ("SW1A 1AA", "ZZ", "SW1A 1AA", "ZZ"),
    ],
)
def test_a_postcode_belongs_to_the_country_before_it_else_to_the_senders(written, sender, postcode, country):
    assert read_postcode(written, sender) == (postcode, country)


@pytest.mark.parametrize(
    ("written", "country", "dialled"),
    [
        ("078 123 45 67", "CH", ["+41781234567"]),
        ("0041 78 123 45 67", "CH", ["+41781234567"]),
        ("0471 12 34 56", "BE", ["+32471123456"]),
        ("621 123 456", "LU", ["+352621123456"]),
        ("0171/1234567", "DE", ["+491711234567"]),
        ("0781234567 / 0446681800", "CH", ["+41781234567", "+41446681800"]),
        ("+33 6 12 34 56 78", "CH", ["+33612345678"]),
        ("0033612345678", "ZZ", ["+33612345678"]),
        ("+41 78 123 45 67", "ZZ", ["+41781234567"]),
        ("06 39 98 00 01", "CH", ["+33639980001"]),
    ],
)
def test_a_number_without_country_code_is_dialled_as_where_it_was_written(written, country, dialled):
    read = read_phones(written, allow_fiction=True, country=country)

    assert (list(read.numbers), read.invalid) == (dialled, False)


@pytest.mark.parametrize(
    ("written", "country"),
    [("06 39 12 34 56", "CH"), ("078 123 45 67", "ZZ"), ("4,17812E+10", "CH"), ("06 39 98 00 01", "CH")],
)
def test_what_is_no_number_there_is_never_dialled(written, country):
    assert read_phones(written, country=country) == read_phones("12")


@pytest.mark.parametrize(("postcode", "country"), [("97199", "DE"), ("44000", "DE"), ("9000", "CH")])
def test_a_foreign_postcode_gives_no_french_clock_and_no_french_place(postcode, country):
    who = replace(identity(phones=("+41781234567",)), postcode=postcode, insee_code="", country=country)

    assert zone_of(who) is None
    assert who.french_postcode == ""


def test_a_postcode_that_begins_with_a_letter_is_no_french_one():
    assert zone_of(replace(identity(phones=()), postcode="L1234", insee_code="")) is None


def test_an_identity_in_france_is_stored_as_the_release_before_reads_it():
    stored = identity().to_dict()
    abroad = replace(identity(), country="CH", national_number="7569217076985")

    assert not {"country", "national_number"} & stored.keys()
    assert Identity.from_dict(abroad.to_dict()) == abroad


def test_a_person_who_moved_to_france_keeps_their_number_and_loses_the_country():
    abroad = replace(identity(), postcode="9000", country=Country.SWITZERLAND.value, national_number="756")
    moved = replace(identity(), postcode="44000", city="Nantes")

    now = completed(abroad, moved)

    assert (now.postcode, now.country, now.national_number) == ("44000", "", "756")
