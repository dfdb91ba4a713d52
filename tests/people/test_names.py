"""Two writings of one name are equal, two names are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracing.people.names import first_given_name, given_names_agree, normal_form, one_letter_apart


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Lefèvre", "LEFEVRE"),
        ("  le   BIHAN ", "LE BIHAN"),
        ("D’ANGELO", "D ANGELO"),
        ("D'Angelo", "D ANGELO"),
        ("Marie-Leclercq", "MARIE LECLERCQ"),
        ("Marie‐Leclercq", "MARIE LECLERCQ"),
        ("ŒUVRARD", "OEUVRARD"),
        ("Strauß", "STRAUSS"),
        ("Đorđević", "DORDEVIC"),
        ("MÜLLER", "MULLER"),
        ("Мария", "МАРИЯ"),
        ("-", ""),
    ],
)
def test_accents_case_and_hyphens_say_nothing(written, normal):
    assert normal_form(written) == normal


@pytest.mark.parametrize(
    ("ours", "theirs", "agree"),
    [
        ("Jean", "Jean-Pierre", True),
        ("Jean Pierre", "JEAN", True),
        ("Jean, Pierre, Marie", "Jean-Pierre", True),
        ("Élodie", "elodie", True),
        ("Jean Marie", "Jean Pierre", False),
        ("Jean", "Jeanne", False),
        ("Pierre", "Jean Pierre", False),
        ("", "Jean", False),
        ("", "", False),
    ],
)
def test_given_names_agree_when_one_list_begins_with_the_other(ours, theirs, agree):
    assert given_names_agree(ours, theirs) is agree
    assert given_names_agree(theirs, ours) is agree


def test_the_first_given_name_is_the_first_of_the_list():
    assert first_given_name("Jean-Rémi Paul") == "JEAN"
    assert first_given_name(" - ") == ""


@pytest.mark.parametrize(
    ("ours", "theirs", "apart"),
    [
        ("MARION", "MRAION", True),
        ("MARION", "MARIONS", True),
        ("MARION", "ARION", True),
        ("MARION", "MARIOM", True),
        ("MARION", "MARINO", True),
        ("LE BIHAN", "LEBIHAN", True),
        ("MARION", "MARION", False),
        ("MARION", "MARINA", False),
        ("MARION", "RAMION", False),
        ("MARION", "MRAINO", False),
        ("MARION", "MARIONNE", False),
        ("", "A", True),
        ("A", "AB", True),
        ("AB", "BA", True),
    ],
)
def test_one_letter_replaced_added_dropped_or_exchanged(ours, theirs, apart):
    assert one_letter_apart(ours, theirs) is apart
    assert one_letter_apart(theirs, ours) is apart


WORD = st.text("ABC", max_size=6)


@given(WORD, WORD)
def test_one_letter_apart_is_exactly_the_words_one_edit_away(ours, theirs):
    letters = "ABC"
    cuts = [(ours[:at], ours[at:]) for at in range(len(ours) + 1)]
    reachable = {head + tail[1:] for head, tail in cuts if tail}
    reachable |= {head + letter + tail for head, tail in cuts for letter in letters}
    reachable |= {head + letter + tail[1:] for head, tail in cuts if tail for letter in letters}
    reachable |= {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}

    assert one_letter_apart(ours, theirs) == (theirs in reachable and theirs != ours)
