"""Which column is which: what was accepted is read again whatever moved, and what changed is never guessed."""

from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.lots import LABORATORY, LINE, READING
from tracing.imports.format.codes import propose_answer, propose_code, propose_test, reads_positive
from tracing.imports.format.columns import FIELDS, REQUIRED, find_columns, raw_lines
from tracing.imports.format.faults import Problem
from tracing.imports.format.inspection import (
    MOST_DISTINCT,
    Difference,
    Gone,
    TableInspection,
    difference,
    first_mapping,
    look,
    proposed,
)
from tracing.imports.format.laboratory import Laboratory
from tracing.imports.format.line import parse
from tracing.imports.format.mapping import Mapping
from tracing.imports.lots.routing import laboratory_of
from tracing.imports.sources.mapping_rules import ColumnFault, code_questions, column_faults, mapping_from

OWN = ["Réf", "Patient", "Petit nom", "Venu au monde", "Piqué le", "Verdict", "Ligne privée"]
"""Headings that no synonym knows."""
FIELD_OF = dict(
    zip(
        OWN,
        [
            "ID_RESULTAT",
            "NOM_NAISSANCE",
            "PRENOMS",
            "DATE_NAISSANCE",
            "DATE_PRELEVEMENT",
            "RESULTAT",
            "TEL_FIXE",
        ],
        strict=True,
    )
)
OWN_MAPPING = Mapping(
    {field: heading for heading, field in FIELD_OF.items()},
    {"RESULTAT": {"Trouvé": "P", "Rien": "N"}},
    tuple(OWN),
)


def rows_of(headings, *lines):
    """Return the rows of a table, numbered as a person sees them."""
    return [(number, list(cells)) for number, cells in enumerate([headings, *lines], start=1)]


def read(rows, mapping=None):
    return [*raw_lines(iter(rows), find_columns(iter(rows), mapping), mapping)]


def line(*results):
    """Return lines of a file with our own headings, one a result."""
    return [
        ["R-1", "LE GOFF", "Anne", "20/07/1985", "07/03/2021", result, "0240000000"] for result in results
    ]


class TestReadingByAMapping:
    """An accepted mapping is applied in the reading process."""

    def test_headings_that_no_synonym_knows_are_read(self):
        first, second = read(rows_of(OWN, *line("Trouvé", "Rien")), OWN_MAPPING)

        sent = dict(zip(FIELDS, first.values, strict=True))
        assert (sent["NOM_NAISSANCE"], sent["TEL_FIXE"], sent["RESULTAT"]) == ("LE GOFF", "0240000000", "P")
        assert second.values[FIELDS.index("RESULTAT")] == "N"

    def test_a_code_is_known_whatever_its_case(self):
        (only,) = read(rows_of(OWN, *line("TROUVÉ")), OWN_MAPPING)

        assert only.values[FIELDS.index("RESULTAT")] == "P"

    def test_an_unknown_code_stays_and_quarantines_its_line_alone(self):
        known, unknown = (
            parse(raw, READING) for raw in read(rows_of(OWN, *line("Trouvé", "Peut-être")), OWN_MAPPING)
        )

        assert known.problems == ()
        assert unknown.problems == (Problem.UNKNOWN_CODE,)

    def test_without_a_mapping_such_a_file_is_not_understood(self):
        assert find_columns(iter(rows_of(OWN, *line("Trouvé")))).missing == list(REQUIRED)

    def test_a_heading_left_out_on_purpose_is_not_taken_by_its_name(self):
        """“Nom” held the married name; it must not become the birth name when that column is dropped."""
        accepted = Mapping(
            {"NOM_NAISSANCE": "Patronyme", "NOM_USAGE": "Nom"}, {}, ("Patronyme", "Nom", "Commune")
        )

        columns = find_columns(iter(rows_of(["Nom", "Commune", "Ville"], ["x", "y", "z"])), accepted)

        found = {
            name: place for name, place in zip(FIELDS, columns.positions, strict=True) if place is not None
        }
        assert found == {"NOM_USAGE": 0, "COMMUNE": 2}

    @given(data=st.data())
    def test_a_file_moved_about_and_respelled_gives_the_same_lines(self, data):
        """The order of columns, letters, accents and blanks in headings, a banner above: nothing is lost or swapped."""
        cell = st.text(alphabet="ABCdéè 0123456789/'-", max_size=12)
        lines = data.draw(st.lists(st.lists(cell, min_size=7, max_size=7), min_size=1, max_size=5))
        order = data.draw(st.permutations(range(7)))
        respelled = [
            data.draw(st.sampled_from((str.upper, str.lower, str.title, "  {}".format, "{} :".format)))(
                heading
            )
            for heading in OWN
        ]
        banner = data.draw(st.integers(0, 3))
        plain = [raw.values for raw in read(rows_of(OWN, *lines), OWN_MAPPING)]
        moved = [
            *zip(range(1, banner + 1), repeat(["Export du labo", "", ""]), strict=False),
            *(
                (number + banner, [cells[place] for place in order])
                for number, cells in rows_of(respelled, *lines)
            ),
        ]

        assert [raw.values for raw in read(moved, OWN_MAPPING)] == plain

    def test_the_plain_layout_read_by_its_own_first_mapping_is_the_same(self):
        rows = rows_of(FIELDS, [LINE.get(name, "") for name in FIELDS])

        assert read(rows, first_mapping(FIELDS)) == read(rows)

    def test_a_mapping_travels_as_json(self):
        assert Mapping.from_dict(OWN_MAPPING.to_dict()) == OWN_MAPPING


ACCEPTED = first_mapping(["ID_RESULTAT", "Nom", "Prénom", "Fall ID", "Portable"])


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        # the same, in any order, letters, accents and punctuation
        (["ID_RESULTAT", "Nom", "Prénom", "Fall ID", "Portable"], Difference()),
        (["Portable", "fall-id", "PRENOM", "NOM", "id résultat"], Difference()),
        # a synonym took the place of an accepted name: covered
        (["Num résultat", "Nom", "Prénom", "Fall ID", "Tél. mobile"], Difference()),
        # a column that carried nothing is gone: nothing is lost
        (["ID_RESULTAT", "Nom", "Prénom", "Portable"], Difference()),
        # a field that had no column gets one that is known by name: covered
        (["ID_RESULTAT", "Nom", "Prénom", "Fall ID", "Portable", "E-mail"], Difference()),
        # one renamed by accident: nothing is read before somebody said so
        (
            ["a", "Nom", "Prénom", "Fall ID", "Portable"],
            Difference((Gone("ID_RESULTAT", "ID_RESULTAT", "a"),), ("a",)),
        ),
        (["ID_RESULTAT", "Nom", "Prénom", "a", "Portable"], Difference(new=("a",))),
        # an optional field is gone
        (["ID_RESULTAT", "Nom", "Prénom", "Fall ID"], Difference((Gone("TEL_MOBILE", "Portable", None),))),
        # renamed and moved: no guess is made from its place
        (
            ["x", "ID_RESULTAT", "Nom", "Prénom", "Fall ID"],
            Difference((Gone("TEL_MOBILE", "Portable", None),), ("x",)),
        ),
        # a second column of the same name: which of them?
        (["ID_RESULTAT", "Nom", "Nom", "Prénom", "Fall ID", "Portable"], Difference(doubled=("Nom",))),
        # “Nom” was read as the birth name; now another heading says it is
        (
            ["ID_RESULTAT", "Nom de naissance", "Nom", "Prénom", "Fall ID", "Portable"],
            Difference(new=("Nom de naissance",)),
        ),
        # blank headings are no headings
        (["ID_RESULTAT", "", "Nom", "Prénom", " ", "Fall ID", "Portable"], Difference()),
    ],
)
def test_what_synonyms_and_the_mapping_do_not_cover_is_a_difference(headings, expected):
    found = difference(ACCEPTED, headings)

    assert found == expected
    assert found.is_covered is (expected == Difference())


def test_accepting_a_difference_covers_it_the_next_time():
    headings = ("ID_RESULTAT", "Nom", "Prénom", "a", "Portable")

    assert difference(Mapping(ACCEPTED.columns, {}, headings), headings).is_covered


ROWS = [
    (1, ["Export du laboratoire", "", "", "", "", "", ""]),
    (
        3,
        [
            "Réf. examen",
            "Nom naiss. patient",
            "Prenom du patient",
            "Né(e) le :",
            "Dt du prélèvement",
            "Résultat de l'analyse",
            "Fall ID",
        ],
    ),
    (4, ["A1", "DURAND", "Léa", "01/02/1990", "07/03/2021", "POSITIF", "F1"]),
    (5, ["A2", "PETIT", "Jo", "01/02/1991", "07/03/2021", "NEG", "F2"]),
    (6, ["A3", "GRAND", "Al", "01/02/1992", "07/03/2021", "POSITIF", ""]),
]


class TestLooking:
    """What the mapping page is shown of a file."""

    @pytest.fixture
    def looked(self):
        return look([lambda: iter(ROWS)])

    def test_the_heading_row_is_found_under_a_banner(self, looked):
        assert (looked.heading_row, looked.lines, looked.headings[0]) == (3, 3, "Réf. examen")

    def test_names_are_recognised_and_likeness_only_proposes(self, looked):
        assert looked.recognised == ("DATE_NAISSANCE",)
        assert looked.proposal["NOM_NAISSANCE"] == "Nom naiss. patient"
        assert looked.proposal["DATE_PRELEVEMENT"] == "Dt du prélèvement"
        assert looked.proposal["ID_RESULTAT"] is None
        assert "Fall ID" not in looked.proposal.values()

    def test_samples_and_values_stand_beside_their_heading(self, looked):
        assert looked.samples["Nom naiss. patient"] == ["DURAND", "PETIT", "GRAND"]
        assert looked.distinct["Résultat de l'analyse"] == ["POSITIF", "NEG"]
        assert looked.samples["Fall ID"] == ["F1", "F2"]

    def test_the_separator_is_the_one_that_makes_columns(self):
        one_column = [(number, [";".join(cells)]) for number, cells in ROWS]

        assert look([lambda: iter(one_column), lambda: iter(ROWS)]).heading_row == 3

    def test_many_values_are_no_codes_and_only_five_are_shown(self):
        lines = [(number, [f"V{number}", "x" * 80]) for number in range(2, MOST_DISTINCT + 10)]
        looked = look([lambda: iter([(1, ["Numéro", "Remarque"]), *lines])])

        assert looked.distinct == {}
        assert [len(values) for values in looked.samples.values()] == [5, 1]
        assert max(map(len, chain(*looked.samples.values()))) <= 61

    def test_a_file_without_anything_like_headings_shows_nothing(self):
        looked = look([lambda: iter([(1, ["", ""]), (2, ["12", "13"])])])

        assert (looked.heading_row, looked.headings, looked.lines) == (0, (), 0)

    def test_what_was_looked_at_travels_as_json(self, looked):
        assert TableInspection.from_dict(looked.to_dict()) == looked

    def test_what_was_accepted_comes_before_names_and_a_lost_heading_s_place_before_likeness(self, looked):
        accepted = Mapping(
            {"NOM_USAGE": "Nom naiss. patient", "ID_RESULTAT": "Numéro"},
            {},
            ("Numéro", *looked.headings[1:]),
        )

        columns, certain = proposed(looked, accepted)

        assert columns["NOM_USAGE"] == "Nom naiss. patient"
        assert columns["ID_RESULTAT"] == "Réf. examen"
        assert "NOM_NAISSANCE" not in columns
        assert certain == {"NOM_USAGE"}

    def test_no_heading_is_proposed_twice(self, looked):
        for accepted in (None, OWN_MAPPING, first_mapping(looked.headings)):
            columns, _certain = proposed(looked, accepted)
            assert len(set(columns.values())) == len(columns)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("RESULTAT", "positif", "P"),
        ("RESULTAT", "DÉTECTÉ", "P"),
        ("RESULTAT", "Non détecté", "N"),
        ("RESULTAT", "nég.", "N"),
        ("RESULTAT", "x", "X"),
        ("RESULTAT", "à revoir", None),
        ("RESULTAT", "", None),
        ("SEXE", "Mme", "F"),
        ("SEXE", "männlich", "M"),
        ("SEXE", "Female", "F"),
        ("TYPE_ANALYSE", "Nukleinsäure ++ PCR", "PCR"),
        ("TYPE_ANALYSE", "Antigen ++ Schnelltest", "AG"),
        ("TYPE_ANALYSE", "PCR / Antigen", None),
        ("PROF_SANTE", "Y", "O"),
        ("TYPE_ANALYSE", "RT-PCR", "PCR"),
        ("HEBERGEMENT", "Ehpad", "E"),
        ("PROF_SANTE", "oui", "O"),
        ("SYMPTOMES", "asymptomatique", "ASY"),
    ],
)
def test_a_code_is_proposed_by_the_word_that_stands_there(field, value, code):
    assert propose_code(field, value) == code


def looked_at(**columns):
    """Return what was looked at of a file, from the values of each heading."""
    lines = max(map(len, columns.values()))
    return TableInspection(
        headings=tuple(columns),
        heading_row=1,
        lines=lines,
        samples={heading: [*dict.fromkeys(filter(None, values))][:5] for heading, values in columns.items()},
        distinct={
            heading: [*dict.fromkeys(filter(None, values))]
            for heading, values in columns.items()
            if len(set(values)) <= MOST_DISTINCT
        },
        proposal={},
        recognised=(),
    )


GOOD = {
    "id": [f"R{number}" for number in range(40)],
    "nom": ["LE GOFF", "O’BRIEN"] * 20,
    "prenom": ["Anne"] * 40,
    "ne": ["20/07/1985"] * 40,
    "preleve": ["07/03/2021 08:30"] * 40,
    "res": ["POS", "NEG"] * 20,
    "vide": [""] * 40,
    "tel": [f"06123456{number:02}" for number in range(40)],
}
CHOSEN = dict(zip(REQUIRED, ["id", "nom", "prenom", "ne", "preleve", "res"], strict=True))


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({}, {}),
        ({"TEL_MOBILE": "tel", "COURRIEL": "vide"}, {}),
        ({"RESULTAT": None}, {"RESULTAT": ColumnFault.MISSING}),
        ({"NOM_USAGE": "nom"}, {"NOM_NAISSANCE": ColumnFault.TWICE, "NOM_USAGE": ColumnFault.TWICE}),
        ({"PRENOMS": "vide"}, {"PRENOMS": ColumnFault.NO_VALUE}),
        ({"DATE_NAISSANCE": "tel"}, {"DATE_NAISSANCE": ColumnFault.NO_DATE}),
        ({"NOM_NAISSANCE": "tel"}, {"NOM_NAISSANCE": ColumnFault.NO_LETTER}),
        ({"ID_RESULTAT": "vide"}, {"ID_RESULTAT": ColumnFault.NO_VALUE}),
        ({"ID_RESULTAT": "prenom", "PRENOMS": "id"}, {"ID_RESULTAT": ColumnFault.NOT_UNIQUE}),
        ({"RESULTAT": "tel"}, {"RESULTAT": ColumnFault.NO_CODES}),
        ({"SEXE": "tel"}, {"SEXE": ColumnFault.NO_CODES}),
    ],
)
def test_what_a_column_holds_is_looked_at_before_it_is_believed(change, faults):
    chosen = {name: heading for name, heading in (CHOSEN | change).items() if heading}

    assert column_faults(chosen, looked_at(**GOOD)) == faults


def test_every_value_of_a_coded_column_is_a_question_the_known_ones_answered():
    accepted = Mapping({}, {"RESULTAT": {"neg": "N"}}, ())
    looked = looked_at(res=["POS", "NEG", "i", "bof"])

    questions = code_questions({"RESULTAT": "res"}, looked, accepted, LABORATORY)["RESULTAT"]

    assert [(one.value, one.proposal, one.is_known) for one in questions] == [
        ("POS", "P", False),
        ("NEG", "N", True),
        ("i", "I", True),
        ("bof", None, False),
    ]


def test_what_was_said_of_codes_that_this_file_does_not_hold_stays():
    accepted = Mapping(
        {"RESULTAT": "res"}, {"RESULTAT": {"absent": "N", "pos": "N"}, "SEXE": {"Mme": "F"}}, ()
    )
    looked = looked_at(res=["POS", "P", "bof"])

    kept = mapping_from(
        {"RESULTAT": "res"}, {"RESULTAT": {"POS": "P", "P": "P", "bof": ""}}, looked, accepted
    )

    assert kept == Mapping({"RESULTAT": "res"}, {"RESULTAT": {"absent": "N", "POS": "P"}}, ("res",))


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ("Detected|Positive|DETECTE|positiv|nachgewiesen|POS|260373001|10828004", "P"),
        ("840539006|840533007|SARS-CoV-2 : DETECTE|Positif faible|+", "P"),
        ("Not detected|Négatif|NEGATIF|NON DETECTE|negativ|nicht nachgewiesen|NEG", "N"),
        ("260415000|260385009|ARN du SARS-CoV-2 non détecté|Absence d’ARN viral", "N"),
        ("419984006|82334004|IND|Indéterminé|inconclusive|grenzwertig", "I"),
        ("Peut-être|1|voir commentaire|840534001", None),
    ],
)
def test_what_an_answer_means_is_proposed_in_several_languages(answers, code):
    assert {propose_answer(answer, LABORATORY) for answer in answers.split("|")} == {code}


def test_an_answer_that_names_a_disease_means_it_was_found_where_it_is_the_programmes():
    measles = laboratory_of("measles")

    assert propose_answer("14189004", measles) == "P"
    assert propose_answer("ROUGEOLE : DETECTE", measles) == "P"
    assert propose_answer("840539006", measles) is None
    assert propose_answer("14189004", LABORATORY) is None
    assert reads_positive("14189004", laboratory=measles)
    assert Laboratory.from_dict(measles.to_dict()) == measles


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("PCR SARS-CoV-2", "PCR"),
        ("COVID-19 Ag", "AG"),
        ("Sérologie SARS-CoV-2", "OUR"),
        ("Grippe A", "OTHER"),
        ("Contrôle interne", "NONE"),
        ("SARS-CoV-2 et grippe A", None),
        ("Nouvelle PCR", None),
        ("Type de prélèvement", "NONE"),
        ("PCR sur prélèvement nasal", None),
    ],
)
def test_what_a_test_is_is_proposed_by_its_name(name, test):
    assert propose_test(name, LABORATORY) == test
