"""Rows of text out of what a container held: delimited text or a workbook, each row with its number."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import python_calamine

from tracing.imports.layout import Row
from tracing.imports.refusals import CannotRead, Refusal

SEPARATORS = ";\t|,"
_WINDOWS_ONLY = re.compile(rb"[\x80-\x9f]")
_LATIN_9_ONLY = re.compile(rb"[\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CALAMINE_ERRORS = (python_calamine.CalamineError, OSError, ValueError, KeyError, IndexError)


def decode(content: bytes) -> str:
    """Decode text by what it says of itself, else by what its bytes can be.

    A byte-order mark is a promise: when the rest breaks it, or control characters turn up, the content was
    altered after it was written.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _checked(content[len(mark) :], encoding)
    try:
        return _checked(content, "utf-8")
    except CannotRead:
        return _checked(content, _eight_bit_encoding(content))


def _eight_bit_encoding(content: bytes) -> str:
    """Tell Windows-1252 from ISO-8859-15, which agree but for a few letters."""
    latin_9 = not _WINDOWS_ONLY.search(content) and _LATIN_9_ONLY.search(content)
    return "iso-8859-15" if latin_9 else "cp1252"


def _checked(content: bytes, encoding: str) -> str:
    """Decode, or refuse what is no text."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as cause:
        raise CannotRead(Refusal.DAMAGED) from cause
    if _CONTROL.search(text):
        raise CannotRead(Refusal.DAMAGED)
    return text


def text_rows(text: str, separator: str) -> Iterator[Row]:
    """Yield the rows of delimited text, numbered as a spreadsheet would.

    One quotation mark too many would swallow every line up to the next one, silently: such a file is read
    without quoting, and refused if a cell has swallowed a line all the same.
    """
    lines = _physical_lines(text)
    if text.count('"') % 2:
        rows = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
    else:
        rows = csv.reader(lines, delimiter=separator)
    width = lines_read = 0
    try:
        for number, cells in enumerate(rows, start=1):
            width = max(width, len(cells))
            if rows.line_num > lines_read + 1 and any(
                cell.count(separator) >= width - 1 > 0 for cell in cells
            ):
                raise CannotRead(Refusal.DAMAGED)
            lines_read = rows.line_num
            yield number, cells
    except csv.Error as cause:
        raise CannotRead(Refusal.DAMAGED) from cause


def _physical_lines(text: str) -> Iterator[str]:
    """Yield lines with their ends; a StringIO would take four bytes for every letter of the file."""
    end = "\n" if "\n" in text else "\r"
    start = 0
    while (found := text.find(end, start)) >= 0:
        yield text[start : found + 1]
        start = found + 1
    yield text[start:]


def sheets(content: bytes) -> Iterator[Callable[[], Iterator[Row]]]:
    """Yield, for each sheet of a workbook, what reads its rows from the first."""
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in workbook.sheet_names:
            yield partial(_sheet_rows, workbook.get_sheet_by_name(name))
    except _CALAMINE_ERRORS as cause:
        raise CannotRead(Refusal.DAMAGED) from cause


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    """Yield the rows of a sheet, hidden ones included."""
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield number, [cell if type(cell) is str else _as_text(cell) for cell in cells]


def _as_text(cell: Any) -> str:
    """Write a cell's value as a person would have typed it; a number of 15 digits keeps them all."""
    if isinstance(cell, bool):
        return "OUI" if cell else "NON"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        # A spreadsheet keeps a moment as a fraction of a day, which rarely ends on a whole second.
        return (cell + timedelta(microseconds=500_000)).strftime("%d/%m/%Y %H:%M:%S")
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    return cell.isoformat() if isinstance(cell, time) else str(cell)
