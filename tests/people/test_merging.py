"""What speaks for one person, which record leads, what both say together: the rules of a merge as tables."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tracing.people.merging import (
    Kept,
    Likeness,
    Part,
    Piece,
    Question,
    Record,
    Verdict,
    Why,
    compare,
    families,
    joint,
    judge,
    leading,
    split_at_difference,
    why,
)
from tracing.people.rules import Identity

FIRST = datetime(2021, 3, 8, 8, tzinfo=UTC)
LATER = FIRST + timedelta(days=30)
OWN_NIR, OTHER_NIR, PARENTS_NIR = "280057510000174", "280057510000271", "255017510000174"

MARIE = Identity(birth_name="DUPONT", first_names="Marie Louise", birth_date=date(1980, 5, 17), sex="F")


def record(person_id: int, **known) -> Record:
    return Record(**({"person_id": person_id, "since": FIRST} | known))


@pytest.mark.parametrize(
    ("records", "leader"),
    [
        ([record(1), record(2)], 1),
        ([record(2), record(1)], 1),
        ([record(1, since=LATER), record(2)], 2),
        ([record(1), record(2, cases=1)], 2),
        ([record(1, cases=2, since=LATER), record(2, cases=1)], 1),
        ([record(1, cases=1), record(2, cases=1, contacts=1, since=LATER)], 2),
        ([record(1, contacts=5), record(2, cases=1, since=LATER)], 2),
        ([record(1, cases=3, is_readable=False), record(2)], 2),
        ([record(1, is_readable=False), record(2, is_readable=False)], 1),
        ([record(7)], 7),
    ],
)
def test_the_record_that_can_be_read_and_has_most_behind_it_leads_and_of_two_equal_ones_the_older(
    records, leader
):
    assert leading(records) == leader


@pytest.mark.parametrize(
    ("pairs", "groups"),
    [
        ([], [{1}, {2}, {3}, {4}]),
        ([(1, 2)], [{1, 2}, {3}, {4}]),
        ([(1, 2), (2, 3)], [{1, 2, 3}, {4}]),
        ([(2, 3), (1, 2)], [{1, 2, 3}, {4}]),
        ([(3, 1), (1, 2), (2, 3)], [{1, 2, 3}, {4}]),
        ([(1, 2), (3, 4)], [{1, 2}, {3, 4}]),
        ([(1, 2), (3, 4), (4, 1)], [{1, 2, 3, 4}]),
        ([(1, 1)], [{1}, {2}, {3}, {4}]),
        ([(2, 1), (1, 2)], [{1, 2}, {3}, {4}]),
    ],
)
def test_chains_make_one_person_whatever_the_order_and_a_circle_is_no_harm(pairs, groups):
    assert families([1, 2, 3, 4], pairs) == [frozenset(group) for group in groups]


@pytest.mark.parametrize(
    ("stands", "verdict"),
    [
        ({}, Verdict.MERGE),
        ({"nirs_contradict": True}, Verdict.ASK_TWICE),
        ({"nirs_contradict": True, "is_sure": True}, Verdict.MERGE),
        ({"is_sure": True}, Verdict.MERGE),
        ({"same_world": False}, Verdict.TWO_WORLDS),
        ({"same_world": False, "is_sure": True}, Verdict.TWO_WORLDS),
        ({"is_readable": False}, Verdict.ERASED),
        ({"is_readable": False, "is_sure": True}, Verdict.ERASED),
        ({"said_different": True}, Verdict.SAID_DIFFERENT),
        ({"said_different": True, "is_sure": True}, Verdict.SAID_DIFFERENT),
        ({"callers": (1, None)}, Verdict.MERGE),
        ({"callers": (None, 2)}, Verdict.MERGE),
        ({"callers": (1, 1)}, Verdict.MERGE),
        ({"callers": (1, 2)}, Verdict.TWO_CALLS),
        ({"callers": (1, 2), "is_sure": True, "nirs_contradict": True}, Verdict.TWO_CALLS),
        ({"callers": (1, 2), "nirs_contradict": True}, Verdict.TWO_CALLS),
        ({"callers": (1, None), "nirs_contradict": True}, Verdict.ASK_TWICE),
        ({"already_same": True, "nirs_contradict": True, "callers": (1, 2)}, Verdict.ALREADY),
        ({"same_world": False, "said_different": True, "callers": (1, 2)}, Verdict.TWO_WORLDS),
        ({"said_different": True, "callers": (1, 2)}, Verdict.SAID_DIFFERENT),
    ],
)
def test_what_becomes_of_the_answer_same_person(stands, verdict):
    assert judge(Question(**stands)) is verdict


def together(lead, other, *, lead_is_newer=False):
    days = (date(2021, 4, 8), date(2021, 3, 8)) if lead_is_newer else (date(2021, 3, 8), date(2021, 4, 8))
    return joint([Kept(lead, days[0], leads=True), Kept(other, days[1], leads=False)])


@pytest.mark.parametrize(
    ("field", "lead", "other", "shown"),
    [
        ("birth_name", "DUPONT", "DUPOND", "DUPONT"),
        ("first_names", "Marie", "Marie Louise", "Marie"),
        ("usual_name", "", "MARTIN", "MARTIN"),
        ("usual_name", "MARTIN", "", "MARTIN"),
        ("usual_name", "MARTIN", "DURAND", "DURAND"),
        ("sex", "", "F", "F"),
        ("sex", "F", "M", "F"),
        ("nir", None, OWN_NIR, OWN_NIR),
        ("nir", OWN_NIR, None, OWN_NIR),
        ("nir", OWN_NIR, OTHER_NIR, OWN_NIR),
        ("nir", PARENTS_NIR, OWN_NIR, OWN_NIR),
        ("nir", OWN_NIR, PARENTS_NIR, OWN_NIR),
        ("phones", (), ("+33639980001",), ("+33639980001",)),
        ("phones", ("+33639980001",), ("+33639980002",), ("+33639980002", "+33639980001")),
        ("phones", ("+33639980001",), ("+33639980001",), ("+33639980001",)),
        ("email", "a@example.org", "b@example.org", "b@example.org"),
        ("email", "a@example.org", "", "a@example.org"),
    ],
)
def test_two_records_say_together_the_leading_name_every_number_the_nir_that_counts_and_the_latest_rest(
    field, lead, other, shown
):
    joined = together(replace(MARIE, **{field: lead}), replace(MARIE, **{field: other}))

    assert getattr(joined, field) == shown


def test_the_newest_record_gives_numbers_first_and_the_address_whole_also_when_it_leads():
    lead = replace(MARIE, phones=("+33639980001",), address="1 rue Haute", postcode="44000", city="Nantes")
    other = replace(MARIE, phones=("+33639980002",), address="9 rue Basse", city="Rezé", insee_code="44143")

    newer_leads, older_leads = together(lead, other, lead_is_newer=True), together(lead, other)

    assert newer_leads.phones == ("+33639980001", "+33639980002")
    assert (newer_leads.address, newer_leads.postcode, newer_leads.city) == ("1 rue Haute", "44000", "Nantes")
    assert older_leads.phones == ("+33639980002", "+33639980001")
    assert (older_leads.address, older_leads.postcode, older_leads.city) == ("9 rue Basse", "", "Rezé")


def test_one_record_alone_says_what_it_says():
    assert joint([Kept(MARIE, date(2021, 3, 8), leads=True)]) == MARIE


def test_when_only_the_record_behind_can_be_read_it_speaks_for_both():
    assert joint([Kept(MARIE, date(2021, 3, 8), leads=False)]) == MARIE


@pytest.mark.parametrize(
    ("theirs", "reason"),
    [
        (MARIE, Why.SEVERAL),
        (replace(MARIE, first_names="Marie"), Why.SEVERAL),
        (replace(MARIE, nir=OTHER_NIR), Why.NIRS_DIFFER),
        (replace(MARIE, birth_name="DUPOND"), Why.ONE_LETTER),
        (replace(MARIE, birth_name="DUPOND", nir=OTHER_NIR), Why.ONE_LETTER),
        (replace(MARIE, birth_name="DUPONT-MARTIN"), Why.PART_OF_NAME),
        (replace(MARIE, birth_name="DURAND"), Why.RESEMBLED),
        (replace(MARIE, birth_date=date(1981, 5, 17)), Why.RESEMBLED),
    ],
)
def test_why_two_records_are_shown(theirs, reason):
    phone = ("+33639980001",)

    assert why(replace(MARIE, nir=OWN_NIR, phones=phone), replace(theirs, phones=phone)) is reason


@pytest.mark.parametrize(
    ("part", "ours", "theirs", "likeness"),
    [
        (Part.BIRTH_NAME, "Dupont", "DUPONT", Likeness.SAME),
        (Part.BIRTH_NAME, "DUPONT", "DUPOND", Likeness.ONE_LETTER),
        (Part.BIRTH_NAME, "DUPONT", "DUPOTN", Likeness.ONE_LETTER),
        (Part.BIRTH_NAME, "DUPONT", "MARTIN", Likeness.DIFFERS),
        (Part.USUAL_NAME, "", "MARTIN", Likeness.ONE_SIDE),
        (Part.USUAL_NAME, "", "", Likeness.NOTHING),
        (Part.FIRST_NAMES, "Marie-Louise", "MARIE LOUISE", Likeness.SAME),
        (Part.FIRST_NAMES, "Marie", "Marie Louise", Likeness.AGREES),
        (Part.FIRST_NAMES, "Marie", "Jeanne", Likeness.DIFFERS),
        (Part.SEX, "F", "M", Likeness.DIFFERS),
        (Part.SEX, "F", "", Likeness.ONE_SIDE),
        (Part.NIR, OWN_NIR, OWN_NIR, Likeness.SAME),
        (Part.NIR, OWN_NIR, OTHER_NIR, Likeness.DIFFERS),
        (Part.NIR, OWN_NIR, PARENTS_NIR, Likeness.AGREES),
        (Part.NIR, None, OWN_NIR, Likeness.ONE_SIDE),
        (Part.PHONES, ("+33639980001",), ("+33639980001",), Likeness.SAME),
        (Part.PHONES, ("+33639980001", "+33639980002"), ("+33639980002",), Likeness.AGREES),
        (Part.PHONES, ("+33639980001",), ("+33639980002",), Likeness.DIFFERS),
        (Part.PHONES, (), (), Likeness.NOTHING),
        (Part.EMAIL, "A@example.org", "a@example.org", Likeness.SAME),
        (Part.ADDRESS, "1, rue Haute", "1 RUE HAUTE", Likeness.SAME),
        (Part.ADDRESS, "1 rue Haute", "2 rue Haute", Likeness.DIFFERS),
    ],
)
def test_parts_are_compared_as_the_import_compares_them(part, ours, theirs, likeness):
    compared = compare(replace(MARIE, **{part.value: ours}), replace(MARIE, **{part.value: theirs}))

    assert compared[part] is likeness


@pytest.mark.parametrize(
    ("ours", "theirs", "cut"),
    [
        ("DUPONT", "DUPOND", (("DUPON", "T", ""), ("DUPON", "D", ""))),
        ("Dupont", "DUPONT", (("Dupont", "", ""), ("DUPONT", "", ""))),
        ("LEFEVRE", "LEFEBVRE", (("LEFE", "", "VRE"), ("LEFE", "B", "VRE"))),
        ("Lefèvre", "LEFEBVRE", (("Lefè", "", "vre"), ("LEFE", "B", "VRE"))),
        ("1 85", "1 95", (("1 ", "8", "5"), ("1 ", "9", "5"))),
        ("MARTIN", "MATRIN", (("MA", "RT", "IN"), ("MA", "TR", "IN"))),
        ("ANNA", "ANA", (("AN", "N", "A"), ("AN", "", "A"))),
        ("", "DUPONT", (("", "", ""), ("", "DUPONT", ""))),
    ],
)
def test_a_spelling_is_cut_at_what_differs(ours, theirs, cut):
    assert split_at_difference(ours, theirs) == tuple(Piece(*piece) for piece in cut)
