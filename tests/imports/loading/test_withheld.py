"""What the programme of a site does not hold is not stored, whatever a laboratory sends."""

import pytest
from sqlalchemy import select

from tests.support.lots import READING, arrival, lot_of, parsed, raw_line
from tracing.cases.models import Case, LabResult
from tracing.imports.format.columns import FIELDS
from tracing.imports.format.line import parse
from tracing.imports.jobs import load
from tracing.imports.loading.withheld import COLUMNS, without_withheld
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.programmes import load_packs
from tracing.programmes.data_fields import DataField
from tracing.vault import services as vault

SENT = {
    "NIR": "295109912611193",
    "COURRIEL": "anne@example.org",
    "ADRESSE": "3 rue Haute",
    "CODE_POSTAL": "44000",
    "NOM_PRESCRIPTEUR": "Dr Loiseau",
    "CRIBLAGE": "A0C0D1",
    "HEBERGEMENT": "EHPAD",
    "SYMPTOMES": "S01",
    "DATE_DEBUT_SYMPTOMES": "05/03/2021",
    "PROF_SANTE": "O",
}


@pytest.mark.parametrize("field", sorted(COLUMNS))
def test_a_field_that_is_withheld_leaves_nothing_of_its_columns_and_everything_else(field):
    line = parsed(**SENT)

    kept = without_withheld(line, {field})

    gone = [SENT[column] for column in COLUMNS[field] if column in SENT]
    said, before = (
        str((one.identity.to_dict(), tuple(one.facts), tuple(one.background))) for one in (kept, line)
    )
    assert said != before
    assert not any(value in said for value in gone if len(value) > 3)
    assert kept.fingerprint_content == line.fingerprint_content
    assert kept.identity.birth_name == "LE GOFF"
    assert without_withheld(line, frozenset()) is line


def test_a_line_that_a_person_must_correct_keeps_no_more():
    line = parse(raw_line(**SENT, DATE_NAISSANCE="?"), READING)

    kept = without_withheld(line, {DataField.SOCIAL_SECURITY_NUMBER, DataField.VARIANT})

    blank = {name for name, was, now in zip(FIELDS, line.values, kept.values, strict=True) if was != now}
    assert blank == {"NIR", "CRIBLAGE"}


@pytest.mark.parametrize(
    ("programme", "number", "variant"), [("exercise-2022", True, True), ("measles", False, False)]
)
def test_a_lot_brings_what_the_programme_of_its_site_holds(story, session, clock, programme, number, variant):
    story.nantes.programme = programme
    session.flush()

    load(arrival("a.csv.p7m", lot_of([SENT])))

    case = session.scalars(select(Case)).one()
    identity = people.find_identity(session.scalars(select(Person)).one().id)
    assert (identity.nir is not None) is number
    assert (session.scalars(select(LabResult)).one().variant_screen is not None) is variant
    assert identity.email == "anne@example.org"
    assert vault.unseal("cases", case.id, case.cohort, case.sealed)["prescriber_name"] == "Dr Loiseau"


def test_every_programme_says_of_every_field_whether_it_is_held():
    for pack in load_packs().values():
        assert not pack.data_fields.withheld & set(pack.data_fields.enabled)
        assert set(pack.data_fields.forbidden) <= pack.data_fields.withheld
