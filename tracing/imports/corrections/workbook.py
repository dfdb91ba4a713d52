"""Write the lines to correct as a protected workbook, and read which line each returned row corrects."""

import io
import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile

from tracing.imports.format.columns import FIELDS, RawLine
from tracing.imports.format.faults import Fault
from tracing.imports.format.mapping import Mapping
from tracing.kernel.redaction import redacted

SHEET = "À corriger"
LINE, ERROR = "LIGNE", "ERREUR"
LOT_FIELD = FIELDS.index("NUM_LOT")
MAPPING = Mapping(
    columns={"NUM_LOT": LINE} | {name: name for name in FIELDS if name != "NUM_LOT"},
    codes={},
    headings=(LINE, ERROR, *FIELDS),
)
"""Mapping for such a workbook: the line number goes into the field of the lot number, which is not needed."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _LETTERS_IN_A_GROUP = 4, 5
_WIDTHS = {LINE: 8, ERROR: 60}


@redacted
class ToCorrect(NamedTuple):
    """A line of the workbook."""

    row: int
    values: Sequence[str]
    faults: Sequence[Fault]
    error: str


def new_password() -> str:
    """Return a password that is easy to type from a screen: no two of its characters look alike."""
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_LETTERS_IN_A_GROUP)) for _ in range(_GROUPS)
    )


def workbook_of(lines: Iterable[ToCorrect], password: str) -> bytes:
    """Return the lines as an encrypted workbook, made in memory: text cells only, so that none can be a formula."""
    clear, protected = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(clear, {"in_memory": True, "strings_to_numbers": False}) as book:
        _write(book, lines)
    OOXMLFile(clear).encrypt(password, protected)
    return protected.getvalue()


def _write(book: xlsxwriter.Workbook, lines: Iterable[ToCorrect]) -> None:
    sheet = book.add_worksheet(SHEET)
    head = book.add_format({"bold": True, "bottom": 1})
    said = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    cell = book.add_format({"valign": "top", "num_format": "@"})
    wrong = book.add_format({"valign": "top", "num_format": "@", "bg_color": "#FDE9C9", "border": 1})
    headings = (LINE, ERROR, *FIELDS)
    for column, heading in enumerate(headings):
        # empty cells are formatted as text too: what is typed into them stays unchanged
        sheet.set_column(column, column, _WIDTHS.get(heading, max(14, len(heading) + 2)), cell)
        sheet.write_string(0, column, heading, head)
    sheet.freeze_panes(1, 2)
    for place, line in enumerate(lines, start=1):
        at_fault = {fault.field for fault in line.faults}
        sheet.write_string(place, 0, str(line.row), cell)
        sheet.write_string(place, 1, line.error, said)
        for column, (name, value) in enumerate(zip(FIELDS, line.values, strict=True), start=2):
            if name in at_fault:
                sheet.write_string(place, column, value, wrong)
            elif value:
                sheet.write_string(place, column, value, cell)


def line_of(raw: RawLine) -> int | None:
    """Return which line of the lot a row of the workbook corrects; None if it does not say."""
    number = raw.values[LOT_FIELD].strip()
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def with_lot(raw: RawLine, row: int) -> RawLine:
    """Return a row of the workbook as the line it corrects."""
    values = list(raw.values)
    values[LOT_FIELD] = ""
    return RawLine(row, tuple(values))
