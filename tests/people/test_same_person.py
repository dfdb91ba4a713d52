"""When two identities are one person, and when a human must look."""

from datetime import date

import pytest

from tracing.people.rules import (
    Identity,
    Why,
    completed,
    email_key,
    given_birth_key,
    given_birth_keys,
    name_birth_key,
    nir_key,
    phone_keys,
    possible_duplicate,
    resemblance,
    same_person,
)

OWN, OTHER_OWN, PARENTS = "285074912260754", "285074412260784", "255081416802538"


def person(**fields):
    """Return Anne Le Goff with some fields changed."""
    known = {"birth_name": "LE GOFF", "first_names": "Anne", "birth_date": date(1985, 7, 20), "sex": "F"}
    return Identity(**(known | fields))


@pytest.mark.parametrize(
    ("ours", "theirs", "same", "possible"),
    [
        pytest.param({}, {}, True, False, id="equal"),
        pytest.param(
            {"first_names": "Anne Marie"}, {"birth_name": "Le Goff"}, True, False, id="shorter list"
        ),
        pytest.param({"birth_date": date(1985, 7, 21)}, {}, False, False, id="another birth date"),
        pytest.param({"first_names": "Marie"}, {}, False, False, id="another given name"),
        pytest.param({"birth_name": "MARTIN"}, {}, False, False, id="another birth name"),
        pytest.param({"birth_name": "MARTIN", "nir": OWN}, {"nir": OWN}, True, False, id="equal NIRs"),
        pytest.param({"nir": OWN}, {}, True, False, id="one NIR unknown"),
        pytest.param({"nir": OWN}, {"nir": OTHER_OWN}, False, True, id="two own NIRs that differ"),
        pytest.param({"nir": OWN}, {"nir": PARENTS}, True, False, id="one NIR is a parent's"),
        pytest.param(
            {"nir": OWN, "birth_name": "MARTIN"}, {"nir": OTHER_OWN}, False, False, id="nothing but the date"
        ),
        pytest.param(
            {"birth_name": "LE GOF", "phones": ("+33612345678",)},
            {"phones": ("+33240112233", "+33612345678")},
            False,
            True,
            id="one letter and a shared number",
        ),
        pytest.param(
            {"birth_name": "LE GFOF", "phones": ("+33612345678",)},
            {"phones": ("+33612345678",)},
            False,
            True,
            id="letters exchanged and a shared number",
        ),
        pytest.param({"birth_name": "LE GOF"}, {}, False, False, id="one letter and nothing shared"),
        pytest.param(
            {"birth_name": "LE GOF", "first_names": "Anne Lise", "nir": PARENTS},
            {"first_names": "Anne Marie", "nir": PARENTS},
            False,
            True,
            id="one letter and the NIR of a parent",
        ),
        pytest.param(
            {"birth_name": "LEGF", "phones": ("+33612345678",)},
            {"phones": ("+33612345678",)},
            False,
            False,
            id="two letters",
        ),
        pytest.param(
            {"birth_name": "LE GOF", "first_names": "Lise", "phones": ("+33612345678",)},
            {"phones": ("+33612345678",)},
            False,
            False,
            id="one letter, a shared number, a sister",
        ),
    ],
)
def test_the_same_person(ours, theirs, same, possible):
    first, second = person(**ours), person(**theirs)

    assert same_person(first, second) is same
    assert same_person(second, first) is same
    assert possible_duplicate(first, second) is possible
    assert possible_duplicate(second, first) is possible


NUMBER = ("+33612345678",)


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        pytest.param(
            {"birth_name": "LE GOFF-MARTIN", "phones": NUMBER},
            {"birth_name": "MARTIN", "phones": NUMBER},
            Why.PART_OF_NAME,
            id="a part of a double surname",
        ),
        pytest.param(
            {"birth_name": "MARTIN LE GOFF", "nir": PARENTS, "first_names": "Anne Marie"},
            {"birth_name": "LE GOFF EP MARTIN", "nir": PARENTS, "first_names": "Anne Lise"},
            Why.PART_OF_NAME,
            id="the parts in another order",
        ),
        pytest.param(
            {"birth_name": "LE GOFF-MARTIN"}, {"birth_name": "MARTIN"}, None, id="a part and nothing shared"
        ),
        pytest.param(
            {"birth_name": "LE GOFF-MARTIN", "phones": NUMBER},
            {"birth_name": "MARTIN", "phones": NUMBER, "first_names": "Lise"},
            None,
            id="a part, a shared number, a twin",
        ),
        pytest.param(
            {"birth_name": "LE GOFF-MARTIN", "phones": NUMBER},
            {"birth_name": "MARTIN-ROUX", "phones": NUMBER},
            None,
            id="each has a part that the other lacks",
        ),
        pytest.param(
            {"usual_name": "Roux"}, {"birth_name": "ROUX"}, Why.USUAL_NAME, id="married name as birth name"
        ),
        pytest.param({"usual_name": "ROUX"}, {"birth_name": "MARTIN"}, None, id="another married name"),
        pytest.param(
            {"usual_name": ""}, {"birth_name": "MARTIN", "usual_name": ""}, None, id="no usual name"
        ),
        pytest.param(
            {"first_names": "Anne Lise Marie"},
            {"first_names": "Anne Marie"},
            Why.GIVEN_NAME_MISSING,
            id="the second given name missing",
        ),
        pytest.param(
            {"first_names": "Anne-Lise"},
            {"first_names": "Lise"},
            Why.GIVEN_NAME_MISSING,
            id="the first missing",
        ),
        pytest.param({"first_names": "Anne Lise"}, {"first_names": "Anne Marie"}, None, id="twins"),
        pytest.param({"first_names": "BEBE"}, {"first_names": "Bébé"}, Why.NO_GIVEN_NAME, id="both unnamed"),
        pytest.param(
            {"first_names": "BEBE"}, {"first_names": "Enfant 2"}, Why.NO_GIVEN_NAME, id="one of them counted"
        ),
        pytest.param({"first_names": "BEBE1"}, {"first_names": "BEBE"}, Why.NO_GIVEN_NAME, id="no blank"),
        pytest.param({"first_names": "BEBE1"}, {"first_names": "BEBE 2"}, None, id="no blank, another one"),
        pytest.param(
            {"first_names": "BEBE 1"}, {"first_names": "BEBE 2"}, None, id="told apart by the sender"
        ),
        pytest.param(
            {"first_names": "BEBE"}, {"first_names": "BEBE", "birth_name": "MARTIN"}, None, id="two families"
        ),
    ],
)
def test_why_a_person_compares_two_who_are_not_the_same_by_rule(ours, theirs, reason):
    first, second = person(**ours), person(**theirs)

    assert resemblance(first, second) is resemblance(second, first) is reason
    assert not same_person(first, second)
    if reason:
        assert set(given_birth_keys(first)) & set(given_birth_keys(second)), "never found beside each other"


@pytest.mark.parametrize(
    "placeholder", ["BEBE", "Bébé 1", "BB2", "ENFANT", "Fils", "NN", "N.N.", "X", "nouveau-né", "Sans prénom"]
)
def test_a_placeholder_for_the_given_name_agrees_with_no_other_line(placeholder):
    unnamed = person(first_names=placeholder, nir=OWN, phones=NUMBER)

    assert not same_person(unnamed, unnamed)
    assert given_birth_keys(unnamed) == ("?LE GOFF|1985-07-20",), (
        "every unnamed child of the day would be read"
    )


def test_twins_with_their_own_numbers_are_two_people_to_be_compared():
    jean = person(first_names="Jean", sex="M", nir="185074416958347")
    jean_pierre = person(first_names="Jean-Pierre", sex="M", nir="185074402909475")

    assert not same_person(jean, jean_pierre)
    assert possible_duplicate(jean, jean_pierre)


def test_whoever_may_be_the_same_is_found_under_one_key():
    anne = person(first_names="Anne-Marie", nir=OWN)
    typed_wrong = person(birth_name="LE GFOF", first_names="ANNE", nir=OWN)

    assert given_birth_key(anne) == given_birth_key(typed_wrong) == "ANNE|1985-07-20"
    assert name_birth_key(anne) == "LE GOFF|ANNE|1985-07-20"
    assert name_birth_key(anne) != name_birth_key(typed_wrong)


def test_the_other_keys_are_what_was_given():
    anne = person(nir=OWN, phones=("+33612345678",), email="Anne@Exemple.fr")

    assert (nir_key(anne), phone_keys(anne), email_key(anne)) == (OWN, ("+33612345678",), "anne@exemple.fr")
    assert (nir_key(person()), phone_keys(person()), email_key(person())) == (None, (), None)


def test_an_identity_survives_being_sealed_and_prints_nothing():
    anne = person(nir=OWN, phones=("+33612345678",), city="NANTES")

    assert Identity.from_dict(anne.to_dict()) == anne
    assert "GOFF" not in repr(anne)


def test_a_newer_record_brings_its_numbers_first_and_its_whole_address():
    known = person(phones=("+33612345678",), address="1, rue A", postcode="44000", nir=PARENTS)
    newer = person(phones=("+33240112233",), postcode="49000", city="ANGERS", nir=OWN)

    now = completed(known, newer)

    assert now.phones == ("+33240112233", "+33612345678")
    assert (now.address, now.postcode, now.city) == ("", "49000", "ANGERS")
    assert now.nir == OWN
    assert completed(now, person(nir=PARENTS)).nir == OWN
    assert completed(now, person()).postcode == "49000"
