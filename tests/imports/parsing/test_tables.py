"""Tables out of text and workbooks, whatever a spreadsheet did to them."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import xlsxwriter

from tests.support.lots import READING
from tracing.imports.decryption.layers import Opened
from tracing.imports.decryption.secrets import Container
from tracing.imports.format.columns import FIELDS, REQUIRED, doubled_headings
from tracing.imports.format.date_orders import Evidence
from tracing.imports.format.faults import Problem
from tracing.imports.format.line import parse
from tracing.imports.format.mapping import Mapping
from tracing.imports.parsing.delimited import Text
from tracing.imports.refusal_codes import CannotRead, Refusal
from tracing.imports.sandbox import worker

HEADING = "ID_RESULTAT;NOM_NAISSANCE;PRENOMS;DATE_NAISSANCE;DATE_PRELEVEMENT;RESULTAT"
LINE = "PDL-1;LE GOFF;Anne;20/07/1985;07/03/2021;P"


def read(content):
    """Read a table and return its rows as number and the fields that are filled."""
    content = content.encode() if isinstance(content, str) else content
    return [
        (line.row, {name: value for name, value in zip(FIELDS, line.values, strict=True) if value})
        for line in worker.read(Opened(Container.CMS, content)).lines
    ]


def lines_of(content):
    """Read the raw lines of a table."""
    content = content.encode() if isinstance(content, str) else content
    return list(worker.read(Opened(Container.CMS, content)).lines)


def workbook(write, name="POSITIFS", **options):
    """Return a workbook whose one sheet some function filled."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **options}) as book:
        write(book, book.add_worksheet(name))
    return content.getvalue()


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_any_separator_and_line_end_will_do(separator, end):
    text = end.join((HEADING, LINE, LINE)).replace(";", separator)

    assert [row for row, _ in read(text)] == [2, 3]
    assert read(text)[0][1]["NOM_NAISSANCE"] == "LE GOFF"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "iso-8859-15", "utf-16"])
def test_the_encoding_is_told_from_the_bytes(encoding):
    name = "LŒVENBRÜCK" if encoding != "iso-8859-15" else "LŒVENBRÜCK ŽIŽKA"
    content = f"{HEADING}\r\n{LINE.replace('LE GOFF', name)}\r\n".encode(encoding)

    assert read(content)[0][1]["NOM_NAISSANCE"] == name


def test_a_euro_sign_does_not_turn_windows_text_into_latin_9():
    assert "".join(Text("Œuvre – 10 € ¼".encode("cp1252")).lines()) == "Œuvre – 10 € ¼"


def test_text_that_was_decoded_once_too_often_is_mended():
    mangled = LINE.replace("LE GOFF", "LEFÈVRE").replace("Anne", "Aimée").encode().decode("cp1252", "replace")

    assert read(f"{HEADING}\n{mangled}")[0][1]["PRENOMS"] == "Aimée"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + f"{HEADING}\n{LINE}\n".encode() + LINE.encode() + b"\xff\x81\n",
        f"{HEADING}\n{LINE}\n{LINE}\n".encode("utf-16")[:-3],
        f"{HEADING}\n{LINE}\n{LINE[:-1]}\x9d{chr(10) * 20}".encode("latin-1"),
        f"{HEADING}\n{LINE}\n{LINE};{'x' * 40_000}\n".encode(),
        f"{HEADING}\n{LINE}\n{LINE}{';x' * 600}\n".encode(),
    ],
    ids=["bad bytes", "cut UTF-16", "a hole in Windows-1252", "an endless cell", "endless cells"],
)
def test_what_cannot_be_read_spoils_its_own_row_only(content):
    lines = lines_of(content)

    assert [line.row for line in lines] == [2, 3]
    assert sum(line.is_bad_shape for line in lines) <= 1
    assert any(not line.is_bad_shape and "Anne" in line.values for line in lines)


@pytest.mark.parametrize("bad", [b"\x01", b"\x00"])
def test_text_that_cannot_be_what_was_written_is_refused_with_its_line(bad):
    content = f"{HEADING}\n{LINE}\n".encode() + b"x" + bad * 40

    with pytest.raises(CannotRead) as refused:
        read(b"\xef\xbb\xbf" + content)

    assert (refused.value.refusal, refused.value.details) == (Refusal.NOT_TEXT, {"line": "3"})


@pytest.mark.parametrize("encoding", ["cp850", "mac_roman", "utf-16-le", "utf-16-be", "cp1252", "utf-8"])
@pytest.mark.parametrize("names", [("Lefèvre", "Hélène Noël"), ("DUPRÉ", "FRANÇOISE"), ("Ménard", "Anaïs")])
def test_old_encodings_are_told_from_the_letters_that_make_sense(encoding, names):
    line = LINE.replace("LE GOFF", names[0]).replace("Anne", names[1])

    fields = read(f"{HEADING}\r\n{line}\r\n".encode(encoding))[0][1]

    assert (fields["NOM_NAISSANCE"], fields["PRENOMS"]) == names


def test_an_encoding_that_cannot_be_told_is_refused_by_name():
    line = LINE.replace("LE GOFF", "Émile")

    for encoding in ("cp850", "mac_roman"):
        with pytest.raises(CannotRead) as refused:
            read(f"{HEADING}\r\n{line}\r\n".encode(encoding))
        assert refused.value.refusal is Refusal.UNKNOWN_ENCODING
        assert refused.value.details == {"line": "2", "candidates": "CP850, Mac Roman"}
    with pytest.raises(CannotRead):
        read(f"{HEADING}\r\n{LINE.replace('LE GOFF', 'Иванов')};\r\n".encode("cp1251"))


def test_small_letters_of_a_keyboard_amid_capitals_are_not_another_encoding():
    lines = "\r\n".join(LINE.replace("LE GOFF", name) for name in ("LEFéVRE", "BéRARD", "GARçON", "L’HAŸ…"))

    names = [fields["NOM_NAISSANCE"] for _, fields in read(f"{HEADING}\r\n{lines}\r\n".encode("cp1252"))]

    assert names == ["LEFéVRE", "BéRARD", "GARçON", "L’HAŸ…"]


@pytest.mark.parametrize("other", ["cp1252", "cp850", "mac_roman"])
def test_lines_that_another_program_added_are_decoded_by_themselves(other):
    first, second = (LINE.replace("Anne", name) for name in ("Aimée", "Hélène"))
    content = f"{HEADING}\n{first}\n".encode() + f"{second}\n".encode(other)

    assert [fields["PRENOMS"] for _, fields in read(content)] == ["Aimée", "Hélène"]


def test_headings_are_matched_by_name_and_never_by_position():
    heading = (
        "Résultat|Prénom(s)|Date naiss.|Nom de naissance|inconnue|Date prélèvement|ID Résultat|Portable|CP"
    )
    text = f"{heading}\nP|Anne|20/07/1985|LE GOFF|x|07/03/2021|PDL-1|0612345678|44000"

    assert read(text)[0][1] == {
        "ID_RESULTAT": "PDL-1",
        "NOM_NAISSANCE": "LE GOFF",
        "PRENOMS": "Anne",
        "DATE_NAISSANCE": "20/07/1985",
        "DATE_PRELEVEMENT": "07/03/2021",
        "RESULTAT": "P",
        "TEL_MOBILE": "0612345678",
        "CODE_POSTAL": "44000",
    }


@pytest.mark.parametrize(
    ("heading", "birth_name", "usual_name"),
    [
        ("NOM;X", "A", None),
        ("NOM;NOM_NAISSANCE", "B", "A"),
        ("NOM_USAGE;NOM", "B", "A"),
        ("NOM;NOM_USAGE", "A", "B"),
    ],
)
def test_a_heading_with_two_meanings_takes_the_one_that_is_free(heading, birth_name, usual_name):
    rest = HEADING.replace("NOM_NAISSANCE;", "")
    ((_, fields),) = read(f"{heading};{rest}\nA;B;PDL-1;Anne;20/07/1985;07/03/2021;P")

    assert (fields["NOM_NAISSANCE"], fields.get("NOM_USAGE")) == (birth_name, usual_name)


def test_two_telephone_columns_are_mobile_and_landline():
    ((_, fields),) = read(f"{HEADING};TEL;PORTABLE\n{LINE};0240112233;0612345678")

    assert (fields["TEL_MOBILE"], fields["TEL_FIXE"]) == ("0612345678", "0240112233")


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_file_without_a_required_heading_is_refused_and_says_which(missing):
    text = ";".join("AUTRE" if name == missing else name for name in REQUIRED) + f"\n{LINE}"

    with pytest.raises(CannotRead) as refused:
        read(text)

    assert refused.value.refusal is Refusal.UNKNOWN_LAYOUT
    assert refused.value.details == {"missing": missing, "line": "1"}


def test_banners_blanks_and_totals_are_no_lines():
    rows = (
        "Extraction des résultats positifs;;;;;",
        "",
        f"NUM_LOT;{HEADING}",
        f"L1;{LINE}",
        ";;;;;;",
        "Suite de la page 1;;;;;;",
        f"NUM_LOT;{HEADING}",
        f"L1;{LINE}",
        "L1;PDL-2;;;;;",
        "Total général;2;;;;;",
    )

    assert [row for row, _ in read("\r\n".join(rows))] == [4, 8, 9]


def test_a_person_named_total_is_a_line():
    assert len(read(f"{HEADING}\n{LINE.replace('PDL-1', 'TOTAL-1').replace('LE GOFF', 'TOTAL')}")) == 1


def test_quoted_separators_and_line_ends_stay_in_their_cell():
    text = f'{HEADING};ADRESSE;VILLE\n{LINE};"1; rue A\nbâtiment ""B""";NANTES\n{LINE};2, rue B;NANTES'

    assert read(text)[0][1]["ADRESSE"] == '1; rue A bâtiment "B'
    assert [row for row, _ in read(text)] == [2, 3]


def test_one_quotation_mark_too_many_swallows_no_line():
    text = f'{HEADING};ADRESSE\n{LINE};"1, rue A\n{LINE};2, rue B\n'

    assert [fields["ADRESSE"] for _, fields in read(text)] == ["1, rue A", "2, rue B"]


def test_two_quotation_marks_that_would_swallow_a_line_swallow_none():
    text = f'{HEADING};ADRESSE\n{LINE};"1, rue A\n{LINE};"2, rue B\n{LINE};3\n'

    assert [fields["ADRESSE"] for _, fields in read(text)] == ["1, rue A", "2, rue B", "3"]


@pytest.mark.parametrize(
    "odd",
    [
        '"LE GOFF;Anne;20/07/1985;07/03/2021;P;x',
        'LE GOFF;"Anne;20/07/1985;"07/03/2021";P;x',
        '"LE GOFF";"An"ne";"20/07/1985";"07/03/2021";P;1; rue',
        'LE GOFF;"Anne;20/07/1985;07/03/2021;P',
        'LE GOFF;Anne;20/07/1985;07/03/2021;P;"1, rue A";;"',
        '""LE GOFF;Anne;20/07/1985;07/03/2021;P;x',
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_one_odd_quotation_mark_spoils_its_own_row_only(odd, end):
    good = f'{LINE};"12; rue ""A""{end}bât. B"'
    text = end.join([f"{HEADING};ADRESSE", good, f"PDL-2;{odd}", good, good, good, ""])

    lines = lines_of(text)

    assert [line.row for line in lines] == [2, 3, 4, 5, 6]
    whole = [line.values for line in lines if line.row != 3]
    assert set(whole) == {whole[0]}
    assert '12; rue "A" bât. B' in whole[0]
    spoilt = dict(zip(FIELDS, lines[1].values, strict=True))
    assert lines[1].is_bad_shape or (spoilt["PRENOMS"], spoilt["RESULTAT"]) == ("Anne", "P")


def test_rows_that_begin_with_two_hashes_are_no_data_but_a_narrow_column_is():
    rows = (
        "## Export du laboratoire; essai;;;;",
        HEADING,
        "## suite",
        LINE,
        f"##{LINE}",
        f'"## "{LINE.removeprefix("PDL-1")}',
        LINE.replace("PDL-1", "########"),
    )

    assert [(row, fields.get("ID_RESULTAT")) for row, fields in read("\n".join(rows))] == [
        (4, "PDL-1"),
        (7, None),
    ]


@pytest.mark.parametrize(
    "error",
    [
        "#REF!",
        "#NOM?",
        "#NOM ?",
        "#GETTING_DATA",
        "#N/A",
        "#VALEUR!",
        "#DIV/0!",
        "#NUL!",
        "#NOMBRE!",
        "####",
        "#NAME?",
        "#VALUE!",
        "#NULL!",
        "#NUM!",
        "#WERT!",
        "#BEZUG!",
        "#ZAHL!",
        "#NV",
        "#ÜBERLAUF!",
        "='#REF!'",
        "Err:502",
    ],
)
def test_what_a_spreadsheet_shows_for_an_error_is_nothing(error):
    raw = lines_of(f"{HEADING};VILLE\n{LINE.replace('LE GOFF', error)};{error}\n")[0]

    assert parse(raw, READING).problems == (Problem.MISSING_FIELD,)
    assert parse(lines_of(f"{HEADING};VILLE\n{LINE};{error}\n")[0], READING).identity.city == ""


@pytest.mark.parametrize(
    ("heading", "doubled"),
    [
        (f"{HEADING};TELEPHONE;TELEPHONE", ["TELEPHONE"]),
        (f"{HEADING};Résultat", ["Résultat"]),
        (f"{HEADING};TEL;PORTABLE;TELEPHONE", ["TELEPHONE"]),
        (f"{HEADING};CP;CODEPOST", ["CODEPOST"]),
        (f"{HEADING};CODE_POSTAL;CP", []),
        (f"{HEADING};TEL_MOBILE;PORTABLE", ["PORTABLE"]),
        (f"{HEADING};TEL_MOBILE;TEL_FIXE;TELEPHONE", ["TELEPHONE"]),
        (f"{HEADING};REMARQUE;REMARQUE;;", []),
        (f"{HEADING};TEL;PORTABLE", []),
    ],
)
def test_a_heading_that_stands_twice_for_one_field_is_seen(heading, doubled):
    assert doubled_headings(heading.split(";")) == doubled


def test_of_two_equal_headings_each_can_be_chosen():
    mapping = Mapping(
        {name: name for name in REQUIRED} | {"TEL_MOBILE": "TEL (2)"},
        headings=(*HEADING.split(";"), "TEL", "TEL"),
    )

    raw = next(worker.read(Opened(Container.CMS, f"{HEADING};TEL;TEL\n{LINE};1;2\n".encode()), mapping).lines)

    fields = dict(zip(FIELDS, raw.values, strict=True))
    assert (fields["TEL_MOBILE"], fields["TEL_FIXE"]) == ("2", "")


def test_a_heading_may_be_blank_or_have_a_line_break():
    heading = HEADING.replace("DATE_NAISSANCE", '"DATE\nNAISSANCE"').replace("PRENOMS", '"Prénom(s)\n"')

    assert read(f"{heading};;\n{LINE};;\n")[0][1]["DATE_NAISSANCE"] == "20/07/1985"


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["03/07/2021", "03/17/2021"], "month"),
        (["03/07/2021", "17/03/2021"], "day"),
        (["03/17/2021", "17/03/2021"], None),
        (["03/07/2021", "45/13/2021", "2021-03-17", "17 mars 2021", ""], None),
    ],
)
def test_a_column_of_dates_is_judged_as_a_whole(dates, order):
    evidence = Evidence()
    rows = "\n".join(LINE.replace("07/03/2021", each) for each in dates)

    evidence.add_lines(lines_of(f"{HEADING}\n{rows}\n"))

    proof = evidence.proofs().get("DATE_PRELEVEMENT")
    assert (proof and proof.order) == order
    turned = evidence.proofs(["DATE_PRELEVEMENT"]).get("DATE_PRELEVEMENT")
    assert (turned is None) == (proof is None)
    assert turned is None or turned.order != order


def test_dates_of_a_month_first_column_are_turned_and_impossible_ones_wait():
    mapping = Mapping(
        {name: name for name in REQUIRED}, headings=tuple(REQUIRED), date_orders={"DATE_PRELEVEMENT": "month"}
    )
    dates = ("03/07/2021 02:30 PM", "3-17-2021", "2021-03-17", "17/03/2021")
    text = "\n".join([HEADING, *(LINE.replace("07/03/2021", each) for each in dates), ""])
    reading = replace(READING, received_at=datetime(2021, 3, 18, tzinfo=UTC))

    parsed = [parse(raw, reading) for raw in worker.read(Opened(Container.CMS, text.encode()), mapping).lines]

    assert [line.facts and f"{line.facts.sampled_at:%d/%m %H:%M}" for line in parsed] == [
        "07/03 13:30",
        "16/03 23:00",
        "16/03 23:00",
        None,
    ]
    assert parsed[3].problems == (Problem.BAD_DATE,)


def test_merged_cells_give_their_value_to_every_row_they_cover():
    def write(_book, sheet):
        sheet.merge_range(0, 0, 0, 5, "Famille")
        for column, name in enumerate(HEADING.split(";")):
            sheet.merge_range(1, column, 2, column, name)
        sheet.write(2, 6, "TEL")
        sheet.merge_range(1, 6, 1, 7, "Contact")
        for row in (3, 4, 5):
            sheet.write_row(row, 0, LINE.replace("LE GOFF", "").split(";"))
        sheet.merge_range(3, 1, 7, 1, "FUSION")
        sheet.write_row(8, 0, LINE.split(";"))

    rows = read(workbook(write))

    names = [(row, fields["NOM_NAISSANCE"]) for row, fields in rows]
    assert names == [(4, "FUSION"), (5, "FUSION"), (6, "FUSION"), (9, "LE GOFF")]


def test_error_cells_of_a_workbook_are_nothing():
    def write(_book, sheet):
        sheet.write_row(0, 0, [*HEADING.split(";"), "VILLE"])
        sheet.write_row(1, 0, LINE.split(";"))
        sheet.write_formula(1, 1, "=A99", None, "#REF!")
        sheet.write_string(1, 6, "#NOM?")

    ((_, fields),) = read(workbook(write))

    assert "NOM_NAISSANCE" not in fields
    assert "COMMUNE" not in fields


def test_what_spreadsheets_leave_around_a_value_goes():
    spaced = LINE.replace("Anne", "  Anne\u00a0\u202fMarie ")
    text = f'{HEADING};CP;VILLE;TEL\n{spaced};="01000";\'NANTES;#N/A'

    fields = read(text)[0][1]

    assert (fields["PRENOMS"], fields["COMMUNE"]) == ("Anne Marie", "NANTES")
    assert "TEL_MOBILE" not in fields


def test_short_and_long_rows_are_read_as_far_as_they_go():
    assert read(f"{HEADING};VILLE\nPDL-1;LE GOFF\n{LINE};NANTES;trop;trop") == [
        (2, {"ID_RESULTAT": "PDL-1", "NOM_NAISSANCE": "LE GOFF"}),
        (3, {**dict(zip(REQUIRED, LINE.split(";"), strict=True)), "COMMUNE": "NANTES"}),
    ]


def test_numbers_and_dates_in_cells_become_what_a_person_would_have_typed():
    def write(book, sheet):
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet.write_row(3, 0, [*HEADING.split(";"), "NIR", "CP", "PROF_SANTE"])
        sheet.write_row(4, 0, ["PDL-1", "LE GOFF", "Anne"])
        sheet.write_datetime(4, 3, date(1985, 7, 20), day)
        sheet.write_datetime(4, 4, datetime(2021, 3, 7, 8, 17, 59), moment)  # noqa: DTZ001
        sheet.write_row(4, 5, ["P", 285074912260754, 1000, True])
        sheet.set_row(4, None, None, {"hidden": True})

    assert read(workbook(write)) == [
        (
            5,
            {
                "ID_RESULTAT": "PDL-1",
                "NOM_NAISSANCE": "LE GOFF",
                "PRENOMS": "Anne",
                "DATE_NAISSANCE": "20/07/1985",
                "DATE_PRELEVEMENT": "07/03/2021 08:17:59",
                "RESULTAT": "P",
                "NIR": "285074912260754",
                "CODE_POSTAL": "1000",
                "PROF_SANTE": "OUI",
            },
        )
    ]


def test_a_workbook_of_an_old_macintosh_counts_its_days_from_1904():
    def write(book, sheet):
        sheet.write_row(0, 0, HEADING.split(";"))
        sheet.write_row(1, 0, LINE.split(";"))
        sheet.write_datetime(1, 3, date(1985, 7, 20), book.add_format({"num_format": "dd/mm/yyyy"}))

    assert read(workbook(write, date_1904=True))[0][1]["DATE_NAISSANCE"] == "20/07/1985"


def test_the_sheet_with_the_headings_is_read_and_two_of_them_are_refused():
    def write(book, sheet):
        sheet.write_row(0, 0, ["Mode d’emploi"])
        for name in ("POSITIFS", "MODELE"):
            book.add_worksheet(name).write_row(0, 0, HEADING.split(";"))
        book.worksheets()[1].write_row(1, 0, LINE.split(";"))

    def write_twice(book, sheet):
        write(book, sheet)
        book.worksheets()[2].write_row(1, 0, LINE.split(";"))

    assert [row for row, _ in read(workbook(write, "AIDE"))] == [2]
    with pytest.raises(CannotRead) as refused:
        read(workbook(write_twice, "AIDE"))
    assert refused.value.refusal is Refusal.SEVERAL_TABLES
