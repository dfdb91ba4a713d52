"""A pasted list: what is recognised goes to its cell, what is not stays in words, and no line and no word is lost."""

import re
from collections import Counter
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from tracing.contacts.grid.rules import PastedLine, read_paste

TODAY = date(2026, 3, 10)
"""A Tuesday."""


def the_line(text: str) -> PastedLine:
    """Return the only person of a text."""
    (line,) = read_paste(text, today=TODAY)
    return line


def cells(line: PastedLine) -> dict[str, object]:
    """Return the cells that hold something, but for the line as it was pasted."""
    names = (
        "first_names",
        "birth_name",
        "phones",
        "email",
        "link",
        "place",
        "day",
        "lives_with",
        "is_warned",
    )
    found = {name: getattr(line, name) for name in names}
    return {name: value for name, value in found.items() if value or (name == "is_warned" and value is False)}


@pytest.mark.parametrize(
    ("text", "found", "unclear"),
    [
        (
            "Luc Martin, 06 39 98 01 02, hier, collègue",
            {
                "first_names": "Luc",
                "birth_name": "Martin",
                "phones": "06 39 98 01 02",
                "day": date(2026, 3, 9),
                "link": "colleague",
            },
            (),
        ),
        (
            "- MARTIN Luc : +33 6 39 98 01 02 ; ".removesuffix(" ; ") + " (déjà averti)",
            {"first_names": "Luc", "birth_name": "MARTIN", "phones": "+33 6 39 98 01 02", "is_warned": True},
            (),
        ),
        (
            "Nadia\tBENALI\t0639980101\tnadia@exemple.fr\t8 mars\tCafé du Port",
            {
                "first_names": "Nadia",
                "birth_name": "BENALI",
                "phones": "0639980101",
                "email": "nadia@exemple.fr",
                "day": date(2026, 3, 8),
                "place": "Café du Port",
            },
            (),
        ),
        (
            "Benali;Nadia;639980101",
            {"first_names": "Benali", "birth_name": "Nadia", "phones": "639980101"},
            ("first_names", "birth_name"),
        ),
        (
            "Zoé 07/03 même toit",
            {"first_names": "Zoé", "day": date(2026, 3, 7), "lives_with": True},
            (),
        ),
        (
            "Mme Perrin 06.39.98.01.03 voisine",
            {"birth_name": "Perrin", "phones": "06.39.98.01.03", "link": "neighbour"},
            ("first_names",),
        ),
        (
            "Paul, mardi, club de judo",
            {"first_names": "Paul", "day": date(2026, 3, 3), "link": "leisure", "place": "club de judo"},
            ("day",),
        ),
        (
            "Ali 31/02 ciné",
            {"first_names": "Ali", "birth_name": "31/02 ciné"},
            ("day", "first_names", "birth_name"),
        ),
        ("Jo 06 39 98 01", {"first_names": "Jo", "phones": "06 39 98 01"}, ("phones",)),
        (
            "Jean Paul Martin",
            {"first_names": "Jean", "birth_name": "Paul Martin"},
            ("first_names", "birth_name"),
        ),
        ("Tata Huguette", {"first_names": "Huguette", "link": "family"}, ("first_names",)),
        (
            "ma tante Éléonore Morvan",
            {"first_names": "Éléonore", "birth_name": "Morvan", "link": "family"},
            ("first_names",),
        ),
        ("Maman", {"first_names": "Maman"}, ("first_names",)),
        ("Léa 31/12", {"first_names": "Léa", "day": date(2025, 12, 31)}, ()),
        ("Ana, pas encore avertie", {"first_names": "Ana", "is_warned": False}, ()),
    ],
)
def test_a_line_as_people_write_it(text, found, unclear):
    line = the_line(text)

    assert cells(line) == found
    assert set(line.unclear) == set(unclear)


def test_a_heading_names_the_columns_in_any_order():
    first, second = read_paste(
        "Téléphone;Nom;Prénom;Date;Lieu;Prévenu\n0639980101;Benali;Nadia;09/03/2026;Bureau 4;oui\n;Roux;Paul;bientôt;;\n",
        today=TODAY,
    )

    assert cells(first) == {
        "first_names": "Nadia",
        "birth_name": "Benali",
        "phones": "0639980101",
        "day": date(2026, 3, 9),
        "link": "colleague",
        "place": "Bureau 4",
        "is_warned": True,
    }
    assert cells(second) == {"first_names": "Paul", "birth_name": "Roux", "place": "bientôt"}
    assert second.unclear == ("day",)


WORDS = some.sampled_from(
    [
        *(
            "Luc",
            "MARTIN",
            "Nadia",
            "Élodie",
            "de",
            "Mme",
            "M.",
            "-",
            "1.",
            "•",
            "06 39 98 01 02",
            "+33639980101",
        ),
        *(
            "0639980101",
            "639980101",
            "12345678",
            "a@b.fr",
            "hier",
            "samedi",
            "lundi dernier",
            "9 mars",
            "1er mars",
        ),
        *(
            "31/02",
            "08/03/2026",
            "2026-03-09",
            "ne sait plus",
            "collègue",
            "ma sœur",
            "même toit",
            "déjà avertie",
        ),
        *("Café du Port", "?", "(", ")", "“", "œuf", "ß", "İ", "3 fois", "\u202f", "\u00a0", '"'),
    ]
)
SEPARATORS = some.sampled_from([" ", ", ", "\t", ";", " - ", " | ", ":"])


@some.composite
def pasted(draw):
    """Lines as a mail or a spreadsheet has them, and lines of anything."""
    lines = []
    for _line in range(draw(some.integers(0, 6))):
        words, by = draw(some.lists(WORDS, max_size=7)), draw(SEPARATORS)
        lines.append(draw(some.one_of(some.just(by.join(words)), some.text(max_size=60))))
    return draw(some.sampled_from(["\n", "\r\n", "\r"])).join(lines)


@given(text=pasted())
@example(text="Prénom;Nom\nLuc;Martin")
@example(text="06 39 98 01 02 12/03")
def test_no_line_and_no_word_is_lost(text):
    read = read_paste(text, today=TODAY)

    lines = [line for line in text.splitlines() if re.search(r"[^\s\u00a0\u202f\u2007\ufeff\u200b]", line)]
    has_heading = len(read) == len(lines) - 1 and "Prénom" in lines[0]
    assert [one.raw for one in read] == (lines[1:] if has_heading else lines)
    for one in read:
        kept = (one.first_names, one.birth_name, one.phones, one.email, one.place, *one.understood)
        lost = Counter(re.findall(r"\w", one.raw)) - Counter(re.findall(r"\w", " ".join(kept)))
        assert not lost, (one.raw, kept)
        assert one.day is None or isinstance(one.day, date)
