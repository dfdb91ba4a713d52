"""Results in HL7 messages: single or in batches, several in one message, and everything a sender may write."""

from dataclasses import replace

import pytest

from tests.support.lots import LABORATORY, READING, arrival, enveloped, read, secrets
from tracing.imports.decryption.layers import Opened
from tracing.imports.decryption.secrets import Container
from tracing.imports.format.columns import FIELDS
from tracing.imports.format.line import parse
from tracing.imports.format.mapping import Mapping
from tracing.imports.jobs import load
from tracing.imports.lots.routing import laboratory_of
from tracing.imports.refusal_codes import CannotRead, Refusal
from tracing.imports.sandbox.client import opened

MSH = "MSH|^~\\&|SIL|LABO DU PORT^750000002^FINESS|PTF|CPAM|20210308074500+0100||ORU^R01^ORU_R01|M{0}|P|2.5.1"
NIR = "285074912260754^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS~77^^^SIL^PI"
NAMES = "MOREL^Anne^Anne Marie^^^^L~LE GOFF^Anne^^^^^D"
PLACES = "12 rue A^bât. B^NANTES^^44000^FRA^H^^44109~^^BREST^^^^BDL^^29019"
NUMBERS = "^PRN^CP^^33^^639980112~0261910203^PRN^PH~^NET^Internet^anne@example.org"
PID = f"PID|1||{NIR}||{NAMES}||19850720|F|||{PLACES}||{NUMBERS}"
OBR = "OBR|1|P{0}|F{0}^SIL|94500-6^SARS-CoV-2 RNA^LN|||20210307083000+0100|||||||||10000000009^MARTIN^Jeanne||||||20210307180000"
OBX = "OBX|1|CWE|94500-6^SARS-CoV-2 RNA^LN||{0}||||||F"
POSITIVE, NEGATIVE = "10828004^Positif^SCT", "260385009^Négatif^SCT"


def message(number=1, *observations, pid=PID, obr=OBR, end="\r"):
    """Return one message about one person."""
    rows = (MSH.format(number), pid, obr.format(number), *(observations or (OBX.format(POSITIVE),)))
    return end.join(rows) + end


def batch(*messages, count=None, end="\r"):
    """Return messages in a batch in a file."""
    head = ("FHS|^~\\&|SIL|LABO", "BHS|^~\\&|SIL|LABO|||||||LOT42")
    foot = (f"BTS|{len(messages) if count is None else count}", "FTS|1")
    return end.join(head) + end + "".join(messages) + end.join(foot) + end


def results(text, mapping=None):
    """Return the results of a file: their numbers, and the fields that are filled."""
    content = text if isinstance(text, bytes) else text.encode()
    return [
        (line.row, {name: value for name, value in zip(FIELDS, line.values, strict=True) if value})
        for line in read(Opened(Container.CMS, content), mapping).lines
    ]


def refusal(text):
    """Return why a file is refused."""
    with pytest.raises(CannotRead) as refused:
        results(text)
    return refused.value


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_message_becomes_a_line_of_the_layout(end):
    ((row, fields),) = results(message(end=end))

    assert row == 1
    assert fields == {
        "NUM_LOT": "M1",
        "ID_RESULTAT": "F1-94500-6",
        "DATE_EXTRACTION": "2021-03-08T07:45:00+0100",
        "FINESS_LABO": "750000002",
        "LIB_LABO": "LABO DU PORT",
        "RPPS_PRESCRIPTEUR": "10000000009",
        "NOM_PRESCRIPTEUR": "MARTIN Jeanne",
        "NIR": "285074912260754",
        "NOM_NAISSANCE": "MOREL",
        "NOM_USAGE": "LE GOFF",
        "PRENOMS": "Anne Marie",
        "SEXE": "F",
        "DATE_NAISSANCE": "20/07/1985",
        "ADRESSE": "12 rue A bât. B",
        "CODE_POSTAL": "44000",
        "COMMUNE": "NANTES",
        "CODE_INSEE": "44109",
        "TEL_MOBILE": "33639980112",
        "TEL_FIXE": "0261910203",
        "COURRIEL": "anne@example.org",
        "DATE_PRELEVEMENT": "2021-03-07T08:30:00+0100",
        "DATE_VALIDATION": "07/03/2021 18:00:00",
        "TYPE_ANALYSE": "PCR",
        "CODE_LOINC": "94500-6",
        "RESULTAT": "P",
    }


def test_a_message_is_usable_as_it_comes():
    (raw,) = read(Opened(Container.CMS, message().encode())).lines

    line = parse(raw, replace(READING, allow_fiction=True))

    assert line.problems == ()
    assert line.doubts == ()
    assert line.identity.nir == "285074912260754"
    assert line.identity.phones == ("+33639980112", "+33261910203")


def test_a_batch_is_counted_and_names_the_lot():
    found = results(batch(message(1), message(2, OBX.format(NEGATIVE)), message(3)))

    assert [(row, fields["RESULTAT"], fields["NUM_LOT"]) for row, fields in found] == [
        (1, "P", "LOT42"),
        (2, "N", "LOT42"),
        (3, "P", "LOT42"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        batch(message(1), count=2),
        batch(message(1)).replace("FTS|1\r", ""),
        batch(message(1)).replace("BTS|1\r", ""),
        message(1).replace("MSH|^~\\&|", "MSH|^^\\&|"),
        "FHS|^~\\&|SIL\rPID|1\rFTS|1\r",
    ],
    ids=["one is missing", "no end of file", "no end of batch", "marks that are the same", "no message"],
)
def test_a_batch_that_is_not_whole_is_damaged(text):
    assert refusal(text).refusal is Refusal.DAMAGED


def test_messages_of_another_kind_are_refused_by_their_name():
    cause = refusal(message().replace("ORU^R01^ORU_R01", "ADT^A01"))

    assert (cause.refusal, cause.details) == (Refusal.NO_RESULTS, {"found": "ADT^A01"})


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("10828004^Positif^SCT", "P"),
        ("260373001^Detected^SCT", "P"),
        ("260385009^Négatif^SCT", "N"),
        ("373068000^Indéterminé^SCT", "I"),
        ("125154007^Prélèvement inutilisable^SCT", "X"),
        ("373121007^Non fait^SCT", "X"),
        ("POSC^Positif^L^10828004^Positif^SCT", "P"),
        ("P", "P"),
        ("42^Peut-être^L", "42"),
    ],
)
def test_what_was_found_is_told_by_its_code_and_an_unknown_one_stays(value, result):
    ((_, fields),) = results(message(1, OBX.format(value)))

    assert fields["RESULTAT"] == result


def test_an_unknown_code_quarantines_its_own_result_only():
    text = batch(message(1), message(2, OBX.format("42^Peut-être^L")), message(3))
    lines = [parse(raw, READING) for raw in read(Opened(Container.CMS, text.encode())).lines]

    assert [line.problems for line in lines] == [(), ("UNKNOWN_CODE",), ()]


def test_a_source_may_say_what_its_own_codes_mean():
    mapping = Mapping({}, {"RESULTAT": {"42": "P"}})

    ((_, fields),) = results(message(1, OBX.format("42^Peut-être^L")), mapping)

    assert fields["RESULTAT"] == "P"


@pytest.mark.parametrize(
    ("loinc", "kind"), [("94500-6", "PCR"), ("94845-5", "PCR"), ("94558-4", "AG"), ("97097-0", "AG")]
)
def test_the_test_is_told_by_its_loinc_code_wherever_it_stands(loinc, kind):
    by_itself = f"OBX|1|CWE|{loinc}^x^LN||{POSITIVE}||||||F"
    beside = f"OBX|1|CWE|LOCAL^x^L^{loinc}^x^LN||{POSITIVE}||||||F"

    for observation in (by_itself, beside):
        ((_, fields),) = results(message(1, observation))
        assert (fields["CODE_LOINC"], fields["TYPE_ANALYSE"]) == (loinc, kind)


def test_another_disease_is_not_positive_and_nothing_of_the_person_is_taken_over():
    influenza = "OBX|1|CWE|80382-5^Influenza A^LN||10828004^Positif^SCT||||||F"

    ((_, fields),) = results(
        message(1, influenza, obr=OBR.replace("94500-6^SARS-CoV-2 RNA", "80382-5^Influenza A"))
    )

    assert fields == {"NUM_LOT": "M1", "ID_RESULTAT": "F1-80382-5", "CODE_LOINC": "80382-5", "RESULTAT": "X"}


def test_a_negative_pcr_says_whose_it_is_for_the_comparison_and_an_antigen_test_does_not():
    pcr, antigen = (OBX.replace("94500-6", loinc).format(NEGATIVE) for loinc in ("94500-6", "94558-4"))

    lines = [
        parse(raw, READING) for raw in read(Opened(Container.CMS, message(1, pcr, antigen).encode())).lines
    ]

    assert [line.result for line in lines] == ["N", "N"]
    who, sampled_on = lines[0].negative_pcr
    assert (who.birth_name, who.phones, f"{sampled_on}") == ("MOREL", (), "2021-03-07")
    assert lines[1].negative_pcr is None
    assert not any(lines[1].values)


def test_a_test_of_our_disease_that_we_do_not_know_is_for_a_person_to_judge_unless_it_found_nothing():
    antibodies = "OBX|1|CWE|94563-4^SARS-CoV-2 IgG^LN||{}||||||F"
    obr = OBR.replace("94500-6^SARS-CoV-2 RNA", "94563-4^SARS-CoV-2 IgG")

    ((_, positive),) = results(message(1, antibodies.format(POSITIVE), obr=obr))
    ((_, negative),) = results(message(1, antibodies.format(NEGATIVE), obr=obr))

    assert (positive["CODE_LOINC"], positive["RESULTAT"]) == ("94563-4", "P")
    assert negative["RESULTAT"] == "N"


def test_several_observations_of_a_message_are_several_results():
    antigen = f"OBX|2|CWE|94558-4^SARS-CoV-2 Ag^LN||{POSITIVE}||||||F"
    again = f"OBX|3|CWE|94500-6^SARS-CoV-2 RNA^LN||{NEGATIVE}||||||F"

    found = results(message(1, OBX.format(POSITIVE), antigen, again))

    assert [(row, fields["ID_RESULTAT"], fields["RESULTAT"]) for row, fields in found] == [
        (1, "F1-94500-6", "P"),
        (2, "F1-94558-4", "P"),
        (3, "F1-94500-6.2", "N"),
    ]


def test_questions_numbers_and_remarks_describe_a_result_and_are_none():
    asked = (
        "OBX|2|CWE|95419-8^Has symptoms^LN||N^No^HL70136||||||F",
        "OBX|3|DT|11368-8^Illness onset^LN||20210305||||||F",
        "OBX|4|CWE|95418-0^Health care^LN||Y^Yes^HL70136||||||F",
        "OBX|5|NM|94746-5^Ct^LN||23.5||||||F",
        "OBX|6|TX|^Remarque||prélèvement difficile||||||F",
    )

    ((_, fields),) = results(message(1, OBX.format(POSITIVE), *asked))

    assert fields["SYMPTOMES"] == "ASY"
    assert fields["DATE_DEBUT_SYMPTOMES"] == "05/03/2021"
    assert fields["PROF_SANTE"] == "O"


@pytest.mark.parametrize("status", ["D", "W", "X"])
def test_a_result_its_laboratory_takes_back_is_not_positive_under_the_same_identifier(status):
    ((_, first),) = results(message(1))
    ((_, then),) = results(message(1, OBX.format(POSITIVE)[:-1] + status))

    assert then["ID_RESULTAT"] == first["ID_RESULTAT"]
    assert then["RESULTAT"] == "X"


def test_a_message_without_an_observation_is_refused_by_name_and_left_out_beside_others():
    text = "\r".join((MSH.format(1), PID, OBR.format(1))) + "\r"

    assert refusal(text).refusal is Refusal.NO_OBSERVATION
    contents = read(Opened(Container.CMS, batch(text, message(2)).encode()))
    assert len(list(contents.lines)) == 1
    assert contents.left_out == {"no_observation": 1}


def test_a_message_of_which_nothing_is_a_result_is_counted_all_the_same():
    text = (
        "\r".join((MSH.format(1), PID, OBR.format(1), "OBX|1|CWE|95419-8^x^LN||Y^Yes^HL70136||||||F")) + "\r"
    )

    assert [fields["RESULTAT"] for _, fields in results(text)] == ["X"]


@pytest.mark.parametrize(
    ("observation", "result"),
    [
        ("IC^Contrôle interne^L||260373001^Detected^SCT", "X"),
        ("92142-9^Influenza A RNA^LN||260373001^Detected^SCT", "X"),
        ("TYP^Type de prélèvement^L||NASO^Nasopharynx^L", "X"),
        ("PCRN^PCR sur prélèvement nasal^L||POS^Positif^L", "P"),
        ("76691-5^Gender identity^LN||P^P^L", "X"),
        ("LOC1^Nouvelle PCR^L||260373001^Detected^SCT", "P"),
        ("LOC1^Nouvelle PCR^L||260415000^Not detected^SCT", "N"),
        ("LOC2^SARS-CoV-2 et grippe A^L||260373001^Detected^SCT", "P"),
    ],
)
def test_the_code_of_the_order_makes_no_other_observation_a_result_of_our_disease(observation, result):
    ((_, fields),) = results(message(1, f"OBX|1|CWE|{observation}||||||F"))

    assert fields["RESULTAT"] == result


@pytest.mark.parametrize(
    ("observation", "fields"),
    [
        ("TX|94500-6^x^LN||POSITIF", ("94500-6", "POSITIF")),
        ("FT|94500-6^x^LN||SARS-CoV-2~DETECTE", ("94500-6", "SARS-CoV-2 DETECTE")),
        ("NM|94500-6^x^LN||1", ("94500-6", "1")),
        ("SN|94500-6^x^LN||>^100", ("94500-6", ">100")),
        ("ST|94500-6^x^LN||Detected", ("94500-6", "Detected")),
        ("ED|94500-6^x^LN||^AP^PDF^Base64^JVBE", ("94500-6", "")),
        ("CWE|94500-6^x^LN||260373001^Detected^SCT~840533007^SARS-CoV-2^SCT", ("94500-6", "P")),
        ("CWE|94500-6^x^LN||260415000^x^SCT~260373001^x^SCT", ("94500-6", "260415000 ~ 260373001")),
        ("CWE|94500-6^x^LN||840533007^SARS-CoV-2^SCT", ("94500-6", "840533007")),
        ("TX|LOC1^PCR maison^L||Nachgewiesen", ("LOC1", "Nachgewiesen")),
        ("CWE|LOC1^PCR maison^L||840539006^COVID-19^SCT", ("LOC1", "840539006")),
        ("TX|LOC1^PCR maison^L||non détecté", None),
        ("TX|LOC1^Remarque^L||difficile", None),
        ("CWE|LOC3^PCR covid^L^94500-6^x^LN||Y^oui^L", ("94500-6", "Y")),
        ("CWE|^SARS-CoV-2||260373001^Detected^SCT", ("94500-6", "P")),
        ("CWE|^Autre résultat||260373001^Detected^SCT", ("Autre résultat", "P")),
    ],
)
def test_an_answer_is_read_in_every_data_type_or_waits_as_it_was_sent(observation, fields):
    ((_, found),) = results(message(1, f"OBX|1|{observation}||||||F"))

    expected = (
        {"RESULTAT": "X"} if fields is None else dict(zip(("CODE_LOINC", "RESULTAT"), fields, strict=True))
    )
    assert {name: found.get(name, "") for name in expected} == expected


def test_a_document_beside_the_answer_is_no_second_result():
    document = "OBX|2|ED|94500-6^x^LN||^AP^PDF^Base64^JVBE||||||F"

    assert len(results(message(1, OBX.format(POSITIVE), document))) == 1


@pytest.mark.parametrize("status", ["F", "C", "P", ""])
def test_a_final_a_corrected_and_a_preliminary_result_count(status):
    ((_, fields),) = results(message(1, OBX.format(POSITIVE)[:-1] + status))

    assert fields["RESULTAT"] == "P"


def test_what_a_source_was_taught_says_which_tests_are_ours():
    local = "OBX|1|TX|LOC1^Ma PCR^L||42||||||F"
    taught = Mapping({}, {"CODE_LOINC": {"loc1": "PCR"}, "RESULTAT": {"42": "P"}})
    others = Mapping({}, {"CODE_LOINC": {"LOC1": "OTHER"}})

    ((_, ours),) = results(message(1, local), taught)
    ((_, theirs),) = results(message(1, local.replace("42", "Detected").replace("TX", "ST")), others)

    assert (ours["TYPE_ANALYSE"], ours["RESULTAT"], ours["NOM_NAISSANCE"]) == ("PCR", "P", "MOREL")
    assert (theirs["RESULTAT"], "NOM_NAISSANCE" in theirs) == ("X", False)


@pytest.mark.parametrize(
    ("ending", "is_dead"),
    [("||||||||||||20210306|Y", True), ("|||||||||||||Y", True), ("|||||||||||||N", False)],
)
def test_a_reported_death_stands_beside_the_fields(ending, is_dead):
    dead = PID + "||||" + ending
    (raw,) = read(Opened(Container.CMS, message(pid=dead).encode())).lines

    assert raw.is_deceased is is_dead
    assert ("DECEASED" in parse(raw, READING).doubts) is is_dead


def test_names_at_birth_and_in_use_are_told_apart_in_every_way_of_writing_them():
    def names(written):
        ((_, fields),) = results(message(pid=PID.replace(NAMES, written)))
        return fields["NOM_NAISSANCE"], fields.get("NOM_USAGE", ""), fields["PRENOMS"]

    assert names("MOREL^^^^^^M~LE GOFF^Anne^^^^^L") == ("MOREL", "LE GOFF", "Anne")
    assert names("LE GOFF&&MOREL^Anne") == ("MOREL", "LE GOFF", "Anne")
    assert names("DE LA TOUR&DE LA&TOUR^Anne") == ("DE LA TOUR", "", "Anne")
    assert names("MOREL^Anne") == ("MOREL", "", "Anne")


@pytest.mark.parametrize("kind", ["ORU", "ORU_R01", "ORU^R01"])
def test_older_senders_name_the_type_of_a_message_in_their_way(kind):
    assert len(results(message().replace("ORU^R01^ORU_R01", kind).replace("|2.5.1", "|2.3"))) == 1


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_batch_is_read_whatever_ends_its_lines(end):
    assert len(results(batch(message(1, end=end), message(2, end=end), end=end))) == 2


def test_an_observation_without_any_code_is_what_was_ordered():
    ((_, fields),) = results(message(1, "OBX|1|CWE|||260373001^Detected^SCT||||||F"))

    assert fields["RESULTAT"] == "P"
    assert fields["CODE_LOINC"] == "94500-6"


def test_an_older_sender_may_leave_the_last_marks_out():
    ((_, fields),) = results(message(1).replace("MSH|^~\\&|", "MSH|^~\\|"))

    assert fields["RESULTAT"] == "P"


def test_many_types_of_messages_do_not_fill_the_report():
    others = [message(1).replace("ORU^R01^ORU_R01", f"ADT^A{number:02d}") for number in range(40)]
    contents = read(Opened(Container.CMS, batch(*others, message(2)).encode()))

    assert len(list(contents.lines)) == 1
    assert sum(contents.left_out.values()) == 40
    assert len(contents.left_out) == 21


def test_an_escape_that_nobody_knows_stays_as_it_was_sent():
    ((_, fields),) = results(message(pid=PID.replace("MOREL", "A\\Q9\\B")))

    assert fields["NOM_NAISSANCE"] == "A\\Q9\\B"


def test_a_message_brings_its_own_marks_and_escapes():
    usual = message(pid=PID.replace("MOREL", r"D\T\X \F\ FILS\.br\\XC3A9\\H\!\N\ "))
    own = usual.translate(str.maketrans("|^~\\&", "#!*@%")).replace("@H@!", "@H@?")

    ((_, fields),) = results(usual)
    ((_, by_own_marks),) = results(own)

    assert fields["NOM_NAISSANCE"] == "D&X | FILS é!"
    assert by_own_marks["NOM_NAISSANCE"] == "D%X # FILS é?"


def test_a_person_without_a_name_or_a_date_is_quarantined_and_not_lost():
    (raw,) = read(Opened(Container.CMS, message(pid="PID|1").encode())).lines

    assert parse(raw, READING).problems == ("MISSING_FIELD",)


def test_messages_load_through_the_reading_process(session, clock):
    content = enveloped(
        batch(message(1), message(2, OBX.format(NEGATIVE)), message(3, OBX.format("42"))).encode()
    )

    with opened(content, secrets()) as file:
        assert (file.line_count, file.headings) == (3, ())
    report = load(replace(arrival("lot.hl7", content), source_code="HL7"))

    assert (report["created"], report["not_positive"], report["quarantine_reasons"]) == (
        1,
        1,
        {"UNKNOWN_CODE": 1},
    )
    assert load(replace(arrival("lot.hl7", content), source_code="HL7"))["duplicate"] == 3


def test_a_known_positive_that_is_taken_back_is_withdrawn(session, clock):
    positive, back = (
        enveloped(message(1, observation).encode())
        for observation in (OBX.format(POSITIVE), OBX.format(POSITIVE)[:-1] + "W")
    )

    load(replace(arrival("a.hl7", positive), source_code="HL7"))

    assert load(replace(arrival("b.hl7", back), source_code="HL7"))["withdrawn"] == 1


def test_a_test_for_another_disease_is_that_programmes_and_not_this_ones():
    rash = "48508-6"
    of_measles = laboratory_of("measles")

    assert of_measles.test_of(rash, {}) == "PCR"
    assert LABORATORY.test_of(rash, {}) is None
    assert of_measles.test_of("94500-6", {}) is None
    assert of_measles.is_named("Rougeole, ARN")
    assert not of_measles.is_named("SARS-CoV-2, ARN")
