"""Tables out of text and workbooks, whatever a spreadsheet did to them."""

import io
from datetime import date, datetime

import pytest
import xlsxwriter

from tracing.imports.decryption.layers import Opened
from tracing.imports.decryption.secrets import Container
from tracing.imports.format.columns import FIELDS, REQUIRED
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
        b"\xef\xbb\xbf" + f"{HEADING}\n{LINE}".encode() + b"\xff\xfe",
        f"{HEADING}\n{LINE}\x00\x01".encode(),
        f"{HEADING}\n{LINE}".encode("utf-16")[:-1],
    ],
)
def test_text_that_cannot_be_what_was_written_is_damaged(content):
    with pytest.raises(CannotRead) as refused:
        read(content)

    assert refused.value.refusal is Refusal.DAMAGED


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
    assert refused.value.details == {"missing": missing}


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


def test_two_quotation_marks_that_would_swallow_a_line_are_refused():
    text = f'{HEADING};ADRESSE\n{LINE};"1, rue A\n{LINE};"2, rue B\n{LINE};3\n'

    with pytest.raises(CannotRead) as refused:
        read(text)

    assert refused.value.refusal is Refusal.DAMAGED


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
