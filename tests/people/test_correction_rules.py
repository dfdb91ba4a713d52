"""Who somebody is by everything that was said of it, whatever the order, and how they are still recognised."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from tests.support.story import identity
from tracing.facts.rules import FactKind, FactSource, Said
from tracing.people.correction_rules import Correction, as_said, changed, stated
from tracing.people.rules import Identity, Why, birth_dates, completed, last_names, resemblance, same_person
from tracing.people.services import index_values

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
MARIE = identity("Marie", "Dupond", born=date(1980, 5, 17))
SPELT = replace(MARIE, birth_name="Dupont")


def said(number: int, who: Identity, source: FactSource, kind=FactKind.BIRTH_NAME, retracts=None):
    fact = Said(
        fact_id=number,
        kind=kind,
        value=True,
        source=source,
        said_at=AT + timedelta(minutes=number),
        retracts=retracts,
    )
    return fact, stated(who, kind)


SENT = said(1, MARIE, FactSource.LABORATORY)
OWN = said(2, SPELT, FactSource.PERSON)


def test_the_person_s_word_counts_before_the_laboratory_s_and_a_relative_s_in_any_order():
    by_a_relative = said(3, replace(MARIE, birth_name="Dumont"), FactSource.RELATIVE)

    found = {as_said(MARIE, facts) for facts in permutations([SENT, OWN, by_a_relative])}

    assert found == {replace(SPELT, sent=(("birth_name", "Dupond"),))}
    assert {as_said(one, [SENT, OWN, by_a_relative]) for one in found} == found, (
        "a second time changes nothing"
    )


def test_every_name_and_birth_date_that_counted_finds_them_and_no_lot_is_matched_by_those_in_between():
    late = replace(MARIE, birth_date=date(1980, 5, 18))
    facts = [
        SENT,
        said(2, replace(MARIE, birth_name="Dumont"), FactSource.PERSON),
        said(3, SPELT, FactSource.SUPERVISOR),
        said(4, MARIE, FactSource.LABORATORY, FactKind.BIRTH_DATE),
        said(5, late, FactSource.PERSON, FactKind.BIRTH_DATE),
        said(6, late, FactSource.PERSON, FactKind.BIRTH_DATE, retracts=5),
    ]

    now = as_said(MARIE, facts)

    assert last_names(now) == {"Dupond", "Dumont", "Dupont"}
    assert birth_dates(now) == {MARIE.birth_date, late.birth_date}
    printed = replace(late, birth_name="Dumont")
    keys = index_values(now, is_invented=False)
    assert set(index_values(printed, is_invented=False)) <= set(keys)
    assert not same_person(now, printed)
    assert Identity.from_dict(now.to_dict()).stood == now.stood == as_said(now, facts).stood
    assert completed(now, MARIE).stood == now.stood


def test_what_is_taken_back_leaves_what_was_sent():
    now = as_said(MARIE, [SENT, OWN])

    assert as_said(now, [SENT, OWN, said(3, SPELT, FactSource.SUPERVISOR, retracts=2)]) == MARIE


def test_upper_case_or_a_space_is_no_correction_an_accent_is_one():
    helene = identity("HELENE", "DUPONT")

    assert changed(helene, Correction(first_names="Helene ", birth_name="dupont").of(helene)) == ()
    assert changed(helene, Correction(first_names="Hélène").of(helene)) == (FactKind.FIRST_NAMES,)
    assert changed(helene, Correction(usual_name="").of(helene)) == ()


@pytest.mark.parametrize(
    ("newer", "same", "why"),
    [
        pytest.param(replace(MARIE, phones=("+33639980001",)), True, None, id="as sent, with their number"),
        pytest.param(replace(MARIE, phones=("+33639980009",)), False, Why.CORRECTED, id="as sent, no number"),
        pytest.param(SPELT, True, None, id="as corrected"),
        pytest.param(replace(MARIE, birth_date=date(1981, 5, 17)), True, None, id="only the date corrected"),
        pytest.param(replace(MARIE, birth_date=date(1982, 1, 1)), False, None, id="somebody else"),
    ],
)
def test_a_later_lot_with_the_earlier_spelling_is_the_same_person_if_a_number_says_so(newer, same, why):
    known = replace(
        SPELT, birth_date=date(1981, 5, 17), sent=(("birth_date", "1980-05-17"), ("birth_name", "Dupond"))
    )
    if newer is SPELT:
        newer = replace(SPELT, birth_date=date(1981, 5, 17))

    assert (same_person(known, newer), same_person(newer, known)) == (same, same)
    assert resemblance(known, newer) == why
    assert birth_dates(known) == {date(1980, 5, 17), date(1981, 5, 17)}


def test_a_later_lot_completes_and_overwrites_nothing_that_was_corrected():
    address = ("address", "")
    known = replace(MARIE, address="3 rue des Lilas", postcode="44000", city="Nantes", sent=(address,))
    newer = replace(
        MARIE, address="9 quai Sud", postcode="13001", city="Marseille", email="marie@example.org"
    )

    both = completed(known, newer)

    assert (both.address, both.postcode, both.city) == ("3 rue des Lilas", "44000", "Nantes")
    assert (both.email, both.sent) == ("marie@example.org", (address,))
    assert Identity.from_dict(both.to_dict()) == both
    assert Identity.from_dict(both.to_dict() | {"of_a_newer_release": "1"}) == both
