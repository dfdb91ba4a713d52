"""Sheets as many programs write them: read alike, whatever marks they use."""

import io
import zipfile
from datetime import date, datetime, time, timedelta

import pytest
import python_calamine
import xlsxwriter

from tracing.imports.limits import MOST_COLUMNS
from tracing.imports.parsing.xlsx import Workbook
from tracing.imports.refusal_codes import CannotRead, Refusal

WORKBOOK = '<workbook xmlns:r="r"><sheets><sheet name="A" r:id="rId1"/></sheets></workbook>'
RELATIONS = '<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
FORMATS = '<numFmts><numFmt numFmtId="170" formatCode="[$-40C]d&quot; day &quot;mmm yyyy"/></numFmts>'
LOOKS = '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="2"/>'
STYLES = f"<styleSheet>{FORMATS}<cellXfs>{LOOKS}</cellXfs></styleSheet>"
LOOK_CHANGES = '<si><r><t>deux </t></r><r><t xml:space="preserve">et demi</t></r><rPh><t>aide</t></rPh></si>'
STRINGS = f"<sst><si><t>un</t></si><si/>{LOOK_CHANGES}<si><t>A &amp; B_x000D_&#233;</t></si></sst>"


def archive(sheet, strings=STRINGS):
    """Return a workbook of one sheet as it is written by hand."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", WORKBOOK)
        parts.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        parts.writestr("xl/styles.xml", STYLES)
        parts.writestr("xl/sharedStrings.xml", strings)
        parts.writestr("xl/worksheets/sheet1.xml", sheet)
    return content.getvalue()


def rows(sheet, strings=STRINGS):
    """Return the rows of a sheet by their numbers."""
    workbook = Workbook(archive(sheet, strings))
    return dict(workbook.rows(workbook.sheets[0]))


def refusal(sheet, strings=STRINGS):
    """Return why a workbook is refused."""
    with pytest.raises(CannotRead) as refused:
        rows(sheet, strings)
    return refused.value.refusal


def sheet_of(*written, prefix=""):
    """Return a sheet of rows."""
    marks = "".join(f"<{prefix}row>{row}</{prefix}row>" for row in written)
    return f"<?xml version='1.0'?><{prefix}worksheet><{prefix}sheetData>{marks}</{prefix}sheetData></{prefix}worksheet>"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="A1" t="s"><v>0</v></c>', "un"),
        ('<c r="A1" t="s"><v>2</v></c>', "deux et demi"),
        ('<c r="A1" t="s"><v>3</v></c>', "A & B é"),
        ("<c t='s' r='A1'><v>0</v></c>", "un"),
        ('<c r="A1" t="inlineStr"><is><t>l&apos;un</t></is></c>', "l'un"),
        ('<c r="A1" t="inlineStr"><is><r><t>l</t></r><r><t>un</t></r></is></c>', "lun"),
        ('<c r="A1" t="str"><f>A2&amp;"x"</f><v>x &lt; y</v></c>', "x < y"),
        ('<c r="A1"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="A1"><v>285074912260754</v></c>', "285074912260754"),
        ('<c r="A1"><v>2.85074912260754E14</v></c>', "285074912260754"),
        ('<c r="A1" s="3"><v>1000</v></c>', "1000"),
        ('<c r="A1"><v>0.5</v></c>', "0.5"),
        ('<c r="A1" s="1"><v>31248</v></c>', "20/07/1985"),
        ('<c r="A1" s="2"><v>44262.345821759262</v></c>', "07/03/2021 08:17:59"),
        ('<c r="A1" s="1"><v>59</v></c>', "28/02/1900"),
        ('<c r="A1" s="1"><v>61</v></c>', "01/03/1900"),
        ('<c r="A1" s="1"><v>0.5</v></c>', "12:00:00"),
        ('<c r="A1" t="b"><v>1</v></c>', "OUI"),
        ('<c r="A1" t="d"><v>2021-03-07T08:00:00</v></c>', "2021-03-07T08:00:00"),
        ("<c><v>7</v></c>", "7"),
        ("<!-- remark --><c><v>7</v></c>", "7"),
        ('<c t="inlineStr"><is><t><![CDATA[a < b]]></t></is></c>', "a < b"),
    ],
)
def test_a_cell_is_what_a_person_would_have_typed(cell, text):
    assert rows(sheet_of(cell)) == {1: [text]}


def test_marks_may_have_a_prefix():
    prefixed = sheet_of('<x:c r="B1" t="s"><x:v>0</x:v></x:c>', prefix="x:")

    assert rows(prefixed, STRINGS.replace("</", "</y:").replace("<s", "<y:s").replace("<t", "<y:t")) == {
        1: ["", "un"]
    }


def test_rows_keep_the_numbers_that_a_person_sees():
    hidden = '<row r="3" hidden="1"><c r="B3"><v>3</v></c></row>'
    with_a_look = '<row r="9"><c r="A9"><v>9</v></c><c r="XFD9" s="1"/></row>'
    sheet = f'<worksheet><row r="1"/>{hidden}<row r="5" s="1"/>{with_a_look}</worksheet>'

    assert rows(sheet) == {3: ["", "3"], 9: ["9"]}


@pytest.mark.parametrize(
    "sheet",
    [
        sheet_of('<c t="s"><v>99</v></c>'),
        sheet_of('<c r="AAAA1"><v>1</v></c>'),
        sheet_of("<c><v>1</c>").replace("<worksheet>", "<!DOCTYPE x><worksheet>"),
        sheet_of("<c r='A1'"),
        "<worksheet></row></worksheet>",
        "no sheet at all",
        sheet_of("<c><v>\x01</v></c>"),
    ],
)
def test_what_no_spreadsheet_writes_is_damaged(sheet):
    assert refusal(sheet) is Refusal.DAMAGED


def test_a_note_far_to_the_right_leaves_its_row_as_it_is():
    read = rows(sheet_of('<c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c>'))

    assert read[1][:2] == ["1", ""]
    assert len(read[1]) == MOST_COLUMNS + 1


def test_a_sheet_reads_as_another_reader_reads_it():
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        day, moment = (
            book.add_format({"num_format": code}) for code in ("dd/mm/yyyy", "yyyy-mm-dd hh:mm:ss")
        )
        for row in range(300):
            sheet.write_row(row, row % 3, [f"é {row} & <b>", row, row / 7, "", -row, f" {row}  x"])
            sheet.write_datetime(row, 10, date(1985, 1, 1 + row % 28), day)
            sheet.write_datetime(row, 12, datetime(2021, 3, 1 + row % 28, row % 24, row % 60), moment)  # noqa: DTZ001
            sheet.write_boolean(row, 14, row % 2)
    workbook = Workbook(content.getvalue())

    ours = [cells for _, cells in workbook.rows(workbook.sheets[0])]

    theirs = (
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content.getvalue()))
        .get_sheet_by_index(0)
        .to_python()
    )
    assert ours == [_until_last([_typed(cell) for cell in cells]) for cells in theirs]


def _typed(cell):
    """Write what the other reader returns as a person would have typed it."""
    match cell:
        case bool():
            return "OUI" if cell else "NON"
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case datetime() if cell.time() != time():
            return f"{cell + timedelta(milliseconds=500):%d/%m/%Y %H:%M:%S}"
        case date():
            return f"{cell:%d/%m/%Y}"
    return str(cell)


def _until_last(cells):
    """Return cells up to the last that is filled."""
    while cells and not cells[-1]:
        cells.pop()
    return cells
