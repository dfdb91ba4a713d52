"""One line read: repairs, doubts, and every reason for quarantine."""

from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import pytest

from tests.support.lots import READING, parsed, raw_line
from tracing.imports.format.faults import Problem
from tracing.imports.format.fields import read_finess
from tracing.imports.format.line import Doubt, parse
from tracing.imports.format.reading import Reading
from tracing.imports.sandbox import codec


def test_another_pathogen_is_no_case_and_nothing_is_kept_of_the_person():
    other = parsed(CODE_LOINC="80383-3", RESULTAT="P")

    assert other.is_not_positive
    assert (other.result_id, other.values, other.identity) == ("PDL-1", (), None)


def test_a_complete_line_is_understood():
    line = parsed(
        NIR="285074912260754",
        CODE_POSTAL="44000",
        COMMUNE="NANTES",
        TEL_FIXE="02 40 11 22 33",
        TYPE_ANALYSE="pcr",
        SYMPTOMES="S24",
        DATE_DEBUT_SYMPTOMES="04/03/2021",
        HEBERGEMENT="E",
        STRUCTURE_HEBERGEMENT="EHPAD LES TILLEULS",
        PROF_SANTE="Oui",
        CRIBLAGE="A1B0C0",
        CODE_CAISSE="441",
    )

    assert (line.problems, line.doubts) == ((), ())
    assert line.identity.birth_date == date(1985, 7, 20)
    assert line.identity.phones == ("+33612345678", "+33240112233")
    assert line.facts.sampled_at == datetime(2021, 3, 7, 7, 30, tzinfo=UTC)
    assert (line.facts.analysis, line.facts.symptoms, line.facts.onset_on) == ("PCR", "S24", date(2021, 3, 4))
    assert (line.background.housing, line.background.health_professional) == ("E", "O")
    assert line.fund_code == "441"


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({"ID_RESULTAT": ""}, [Problem.MISSING_FIELD]),
        ({"ID_RESULTAT": "NC"}, [Problem.MISSING_FIELD]),
        ({"NOM_NAISSANCE": "-"}, [Problem.MISSING_FIELD]),
        ({"NOM_NAISSANCE": "..,"}, [Problem.MISSING_FIELD]),
        ({"PRENOMS": ""}, [Problem.MISSING_FIELD]),
        ({"DATE_NAISSANCE": ""}, [Problem.MISSING_FIELD]),
        ({"DATE_PRELEVEMENT": ""}, [Problem.MISSING_FIELD]),
        ({"RESULTAT": ""}, [Problem.MISSING_FIELD]),
        ({"DATE_NAISSANCE": "31/02/1980"}, [Problem.BAD_DATE]),
        ({"DATE_NAISSANCE": "08/03/2021"}, [Problem.BAD_DATE]),
        ({"DATE_NAISSANCE": "20/07/1085"}, [Problem.BAD_DATE]),
        ({"DATE_PRELEVEMENT": "hier"}, [Problem.BAD_DATE]),
        ({"DATE_PRELEVEMENT": "08/03/2021 07:46"}, [Problem.FUTURE_DATE]),
        ({"DATE_PRELEVEMENT": "09/03/2021"}, [Problem.FUTURE_DATE]),
        ({"RESULTAT": "Z"}, [Problem.UNKNOWN_CODE]),
        ({"RESULTAT": "Positif"}, [Problem.UNKNOWN_CODE]),
        ({"DATE_NAISSANCE": "07/03/2021"}, []),
        ({"DATE_PRELEVEMENT": "08/03/2021 07:45"}, []),
        ({"DATE_PRELEVEMENT": "08/03/2021"}, []),
        ({"RESULTAT": "p"}, []),
        (
            {"PRENOMS": "", "DATE_NAISSANCE": "?", "DATE_PRELEVEMENT": "10/03/2021", "RESULTAT": "Z"},
            [Problem.MISSING_FIELD, Problem.FUTURE_DATE, Problem.UNKNOWN_CODE],
        ),
        (
            {"ID_RESULTAT": "", "DATE_NAISSANCE": "31/02/1980", "DATE_PRELEVEMENT": "10/03/2021"},
            [Problem.MISSING_FIELD, Problem.BAD_DATE, Problem.FUTURE_DATE],
        ),
    ],
)
def test_every_reason_for_quarantine_is_found_the_decisive_one_first(fields, problems):
    line = parsed(**fields)

    assert list(line.problems) == problems
    assert (line.identity is None) == bool(problems)


def test_without_an_extraction_date_the_time_of_receipt_decides():
    assert parsed(DATE_EXTRACTION="", DATE_PRELEVEMENT="08/03/2021 09:00").problems == ()
    assert parsed(DATE_EXTRACTION="", DATE_PRELEVEMENT="08/03/2021 09:01").problems == (Problem.FUTURE_DATE,)


@pytest.mark.parametrize("result", ["N", "I", "X", "n"])
def test_a_line_that_is_not_positive_is_so_whatever_else_is_wrong(result):
    line = parsed(RESULTAT=result, NOM_NAISSANCE="", DATE_NAISSANCE="31/02/1980")

    assert line.is_not_positive
    assert (line.problems, line.identity, line.facts) == ((), None, None)


@pytest.mark.parametrize(
    ("fields", "doubts"),
    [
        ({"NIR": "295109912611199"}, [Doubt.NIR_INVALID]),
        ({"NIR": "1,85073E+14"}, [Doubt.NIR_INVALID]),
        ({"NIR": "2850749122607"}, [Doubt.NIR_KEY_COMPUTED]),
        ({"NIR": "000000000000000"}, []),
        ({"NIR": "NR"}, []),
        ({"TEL_MOBILE": "0612"}, [Doubt.PHONE_INVALID, Doubt.NO_PHONE]),
        ({"TEL_MOBILE": "0612", "TEL_FIXE": "0240112233"}, [Doubt.PHONE_INVALID]),
        ({"TEL_MOBILE": "NC"}, [Doubt.NO_PHONE]),
        ({"TEL_MOBILE": "0000000000", "TEL_FIXE": ""}, [Doubt.NO_PHONE]),
        ({"TEL_MOBILE": "", "TEL_FIXE": "0240112233"}, []),
        ({"TEL_MOBILE": "0639981234"}, [Doubt.PHONE_INVALID, Doubt.NO_PHONE]),
        ({"FINESS_LABO": "750712185"}, [Doubt.FINESS_INVALID]),
        ({"DATE_DEBUT_SYMPTOMES": "45/13/2021"}, [Doubt.DATE_IGNORED]),
        ({"DATE_VALIDATION": "demain", "DATE_DEBUT_SYMPTOMES": "?!"}, [Doubt.DATE_IGNORED]),
        ({"DATE_EXTRACTION": "demain"}, [Doubt.DATE_IGNORED]),
    ],
)
def test_a_doubtful_field_is_a_warning_and_the_line_stays_usable(fields, doubts):
    line = parsed(**fields)

    assert list(line.doubts) == doubts
    assert line.identity is not None


def test_a_zero_eaten_by_a_spreadsheet_comes_back_without_a_word():
    line = parsed(
        CODE_POSTAL="1000",
        CODE_INSEE="1053",
        FINESS_LABO="10005239",
        TEL_MOBILE="612345678",
        CODE_CAISSE="11",
    )

    assert line.doubts == ()
    assert (line.identity.postcode, line.identity.insee_code) == ("01000", "01053")
    assert line.background.lab_finess == "010005239"
    assert line.identity.phones == ("+33612345678",)
    assert line.fund_code == "011"


@pytest.mark.parametrize(
    "number",
    ["750712184", "690781810", "130786049", "010005239", "2A0000154", "2A0000204", "2B0000020", "974999906"],
)
def test_the_check_digit_of_a_finess_number_holds_in_corsica_too(number):
    assert read_finess(number) == number
    assert read_finess(number[:-1] + str((int(number[-1]) + 1) % 10)) is None


def test_fictional_numbers_pass_where_the_site_allows_them():
    line = parse(raw_line(TEL_MOBILE="0639981234"), replace(READING, allow_fiction=True))

    assert line.identity.phones == ("+33639981234",)


def test_codes_we_do_not_know_are_left_out_and_stop_nothing():
    line = parsed(SEXE="?", TYPE_ANALYSE="SERO", SYMPTOMES="S99", HEBERGEMENT="Z", CRIBLAGE="B1A1")

    assert line.problems == ()
    assert (line.identity.sex, line.facts.analysis, line.facts.symptoms) == ("", "", "U")
    assert (line.background.housing, line.facts.variant_screen) == ("U", "")


SAME = parsed().fingerprint_content


@pytest.mark.parametrize(
    "fields",
    [
        {"NUM_LOT": "PDL2"},
        {"DATE_EXTRACTION": "09/03/2021 12:00"},
        {"TEL_MOBILE": "612345678"},
        {"DATE_NAISSANCE": "1985-07-20"},
        {"DATE_PRELEVEMENT": "07/03/2021 08:30:00"},
        {"COURRIEL": "NC"},
    ],
)
def test_a_line_is_the_same_from_a_workbook_and_in_another_lot(fields):
    assert parsed(**fields).fingerprint_content == SAME


@pytest.mark.parametrize(
    "fields",
    [
        {"ID_RESULTAT": "PDL-2"},
        {"NOM_NAISSANCE": "LE GOF"},
        {"PRENOMS": "Anne"},
        {"DATE_NAISSANCE": "21/07/1985"},
        {"DATE_NAISSANCE": "?"},
        {"DATE_PRELEVEMENT": "07/03/2021 08:31"},
        {"RESULTAT": "N"},
        {"TEL_MOBILE": "", "TEL_FIXE": "0612345678"},
        {"ADRESSE": "1, rue A"},
    ],
)
def test_any_other_change_makes_another_line(fields):
    assert parsed(**fields).fingerprint_content != SAME


SWISS = replace(READING, country="CH")
ABROAD = {
    "NIR": "756.9217.0769.85",
    "CODE_POSTAL": "9000",
    "CODE_INSEE": "3203",
    "TEL_MOBILE": "078 123 45 67",
}


def test_a_line_from_abroad_is_read_as_there_and_makes_no_french_number():
    line = parse(raw_line(**ABROAD), SWISS)

    assert line.doubts == ()
    assert (line.identity.nir, line.identity.national_number) == (None, "7569217076985")
    assert (line.identity.postcode, line.identity.country, line.identity.insee_code) == ("9000", "CH", "")
    assert line.identity.phones == ("+41781234567",)


def test_a_national_number_with_a_wrong_digit_is_left_out_without_a_warning():
    line = parse(raw_line(**ABROAD | {"NIR": "756.9217.0769.80"}), SWISS)

    assert (line.doubts, line.identity.nir, line.identity.national_number) == ((), None, "")


@pytest.mark.parametrize(
    ("written", "postcode", "country"),
    [("1000", "01000", ""), ("L-1234", "1234", "LU"), ("D-10115", "10115", "DE"), ("F-44000", "44000", "")],
)
def test_a_french_sender_may_write_a_foreign_postcode(written, postcode, country):
    found = parse(raw_line(CODE_POSTAL=written), READING).identity

    assert (found.postcode, found.country) == (postcode, country)


def test_a_line_from_abroad_crosses_from_the_reading_process_whole():
    line = parse(raw_line(**ABROAD), SWISS)
    (packed,) = codec.pack([line])

    assert [*codec.unpack(BytesIO(packed))] == [line]
    assert Reading.from_dict(SWISS.to_dict()) == SWISS
