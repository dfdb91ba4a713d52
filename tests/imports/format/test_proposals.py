"""Which column is proposed for which field: by words of three languages, and never against what its values say."""

import pytest

from tracing.imports.format.columns import FIELDS
from tracing.imports.format.inspection import look
from tracing.imports.format.proposals import MOST_LIKELY, likely, likely_country

GERMAN = {
    "Fall ID": ["900001", "900002"],
    "Zuständiger Kanton": ["SG", "GR"],
    "Krankheit": ["COVID-19", "COVID-19"],
    "Eingangsdatum": ["28.11.2026", "28.11.2026"],
    "Patient ID": ["70001", "70002"],
    "Patient Nachname": ["Probst", "Beispiel"],
    "Patient Vorname": ["Lena", "Urs"],
    "Patient Geburtsdatum": ["03.02.1984", "17.09.1951"],
    "Patient Geschlecht": ["weiblich", "männlich"],
    "Patient Telefon": ["06 39 98 00 21", "06 39 98 00 22"],
    "Patient Strasse": ["Beispielgasse 4", "Am Hang 2"],
    "Patient PLZ": ["9000", "7000"],
    "Patient Wohnort": ["St. Gallen", "Chur"],
    "AHV-Nummer": ["756.9217.0769.85", ""],
    "Test ID/Referenz": ["81431001", "81431002"],
    "Entnahmedatum": ["27.11.2026", "27.11.2026"],
    "Testdatum": ["28.11.2026", "28.11.2026"],
    "Testresultat": ["positiv", "negativ"],
    "Testresultat Code": ["1", "2"],
    "Nachweismethode": ["Nukleinsäure PCR", "Antigen"],
    "Symptombeginn": ["", ""],
    "Meldeeinheit Institution": ["Labor Erfunden AG", "Labor Erfunden AG"],
    "Meldeeinheit Nachname": ["Muster", "Muster"],
    "Meldeeinheit Strasse": ["Laborweg 1", "Laborweg 1"],
    "Meldeeinheit PLZ": ["3001", "3001"],
    "Auftraggeber Nachname": ["Doktor", "Doktor"],
    "Auftraggeber Vorname": ["Eva", "Eva"],
}
IN_GERMAN = {
    "ID_RESULTAT": "Test ID/Referenz",
    "NOM_NAISSANCE": "Patient Nachname",
    "PRENOMS": "Patient Vorname",
    "DATE_NAISSANCE": "Patient Geburtsdatum",
    "DATE_PRELEVEMENT": "Entnahmedatum",
    "RESULTAT": "Testresultat",
    "SEXE": "Patient Geschlecht",
    "NIR": "AHV-Nummer",
    "TEL_MOBILE": "Patient Telefon",
    "ADRESSE": "Patient Strasse",
    "CODE_POSTAL": "Patient PLZ",
    "COMMUNE": "Patient Wohnort",
    "DATE_VALIDATION": "Testdatum",
    "TYPE_ANALYSE": "Nachweismethode",
    "DATE_DEBUT_SYMPTOMES": "Symptombeginn",
    "LIB_LABO": "Meldeeinheit Institution",
    "NOM_PRESCRIPTEUR": "Auftraggeber Nachname",
}

ENGLISH = {
    "patient_id": ["71", "71"],
    "ordering_provider_last_name": ["Doctor", "Doctor"],
    "ordering_provider_phone_number": ["0639980099", "0639980099"],
    "patient_last_name": ["Specimen", "Sampleton"],
    "patient_first_name": ["Ada", "Bo"],
    "patient_dob": ["1/20/1962", "12/3/1980"],
    "patient_gender": ["F", "M"],
    "patient_street": ["1 Invented St", "2 Invented St"],
    "patient_zip_code": ["35226", "35228"],
    "patient_phone_number": ["0639980031", "0639980032"],
    "accession_number": ["9123", "9124"],
    "test_performed_code": ["94534-5", "94534-5"],
    "test_result": ["Detected", "260415000"],
    "order_test_date": ["11/26/2026 14:00", "11/26/2026 14:00"],
    "specimen_collection_date": ["11/27/2026 14:00", "11/27/2026 15:00"],
    "test_result_date": ["11/28/2026 14:00", "11/28/2026 14:00"],
    "testing_lab_name": ["My Invented Lab", "My Invented Lab"],
    "illness_onset_date": ["", "11/25/2026"],
    "employed_in_healthcare": ["N", "Y"],
    "test_result_status": ["F", "F"],
}
IN_ENGLISH = {
    "ID_RESULTAT": "accession_number",
    "NOM_NAISSANCE": "patient_last_name",
    "PRENOMS": "patient_first_name",
    "DATE_NAISSANCE": "patient_dob",
    "DATE_PRELEVEMENT": "specimen_collection_date",
    "RESULTAT": "test_result",
    "SEXE": "patient_gender",
    "TEL_MOBILE": "patient_phone_number",
    "ADRESSE": "patient_street",
    "CODE_POSTAL": "patient_zip_code",
    "CODE_LOINC": "test_performed_code",
    "DATE_VALIDATION": "test_result_date",
    "DATE_DEBUT_SYMPTOMES": "illness_onset_date",
    "PROF_SANTE": "employed_in_healthcare",
    "LIB_LABO": "testing_lab_name",
    "NOM_PRESCRIPTEUR": "ordering_provider_last_name",
}


def looked_at(columns):
    rows = [[*columns], *map(list, zip(*columns.values(), strict=True))]
    return look([lambda: iter(enumerate(rows, start=1))])


def proposed_in(columns):
    return {name: heading for name, heading in looked_at(columns).proposal.items() if heading}


@pytest.mark.parametrize(("file", "right"), [(GERMAN, IN_GERMAN), (ENGLISH, IN_ENGLISH)], ids=["de", "en"])
def test_headings_of_another_language_are_proposed_and_known_for_none(file, right):
    assert proposed_in(file) == right
    assert looked_at(file).recognised == ()


@pytest.mark.parametrize(
    ("heading", "values", "field", "is_proposed"),
    [
        ("Testresultat", ["positiv", "negativ"], "RESULTAT", True),
        ("Testresultat", ["positiv", "negativ"], "DATE_VALIDATION", False),
        ("Resultatdatum", ["28.11.2026", "29.11.2026"], "DATE_VALIDATION", True),
        ("Result", ["28/11/2026", "29/11/2026"], "RESULTAT", False),
        ("Collection date", ["11/27/2026", "11/28/2026"], "DATE_PRELEVEMENT", True),
        ("Collection date", ["yes", "no"], "DATE_PRELEVEMENT", False),
        ("Phone", ["home", "work"], "TEL_MOBILE", False),
        ("Name", ["12", "13"], "NOM_NAISSANCE", False),
        ("Geburtsname", ["Alt", "Neu"], "NOM_NAISSANCE", True),
        ("PatientLastName", ["Alt", "Neu"], "NOM_NAISSANCE", True),
        ("Physician last name", ["Alt", "Neu"], "NOM_NAISSANCE", False),
        ("Colonne 7", ["nachgewiesen", "nicht nachgewiesen"], "RESULTAT", True),
        ("Colonne 7", ["Not detected", "Detected"], "RESULTAT", True),
        ("Colonne 8", ["a@example.org", "b@example.org"], "COURRIEL", True),
    ],
)
def test_values_are_the_evidence_for_or_against_a_heading(heading, values, field, is_proposed):
    assert (proposed_in({heading: values, "Bemerkung": ["x", "y"]}).get(field) == heading) is is_proposed


def test_a_name_at_birth_that_is_mostly_empty_is_no_required_column():
    names = {"Geburtsname": ["Alt", "", ""], "Nachname": ["Neu", "Kern", "Hof"]}

    assert proposed_in(names)["NOM_NAISSANCE"] == "Nachname"


@pytest.mark.parametrize("file", [GERMAN, ENGLISH], ids=["de", "en"])
def test_one_chooses_among_ten_columns_at_most_and_the_right_one_is_there(file):
    looked = looked_at(file)
    right = IN_GERMAN if file is GERMAN else IN_ENGLISH
    for name in FIELDS:
        few = likely(name, looked.columns, None)
        assert len(few) <= MOST_LIKELY
        assert right.get(name) in {*few, None}
        assert "Symptombeginn" not in few or name != "RESULTAT"


def test_what_was_chosen_stays_among_the_choices_however_unlikely():
    assert "Krankheit" in likely("DATE_NAISSANCE", looked_at(GERMAN).columns, "Krankheit")


@pytest.mark.parametrize(
    ("file", "country"),
    [
        (GERMAN, "CH"),
        (GERMAN | {"AHV-Nummer": ["", ""]}, "CH"),
        (GERMAN | {"AHV-Nummer": ["", ""], "Patient Telefon": ["0664 1234567", "0664 1234568"]}, "AT"),
        (GERMAN | {"AHV-Nummer": ["", ""], "Patient PLZ": ["10115", "20095"]}, "DE"),
        (GERMAN | {"AHV-Nummer": ["", ""], "Patient PLZ": ["L-1234", "L-4321"]}, "LU"),
        (ENGLISH, None),
        (ENGLISH | {"patient_phone_number": ["205-555-0100", "(541) 555-0199"]}, "ZZ"),
    ],
)
def test_where_a_file_seems_to_come_from_is_proposed(file, country):
    looked = looked_at(file)

    assert (
        likely_country(
            {name: heading for name, heading in looked.proposal.items() if heading}, looked.columns
        )
        == country
    )
