"""Read the sheets of a workbook row by row out of the archive; in memory are one piece of it and its shared strings.

Finds the XML tags by their text and builds no tree. Constructs that no spreadsheet writes are refused, never guessed;
entities that a file declares itself are not expanded.
"""

import codecs
import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from html import escape

from tracing.imports.format.columns import Row
from tracing.imports.limits import MOST_COLUMNS
from tracing.imports.parsing import xlsx_cells
from tracing.imports.refusal_codes import CannotRead, Refusal

MOST_LETTERS = 30_000_000
_PIECE = 1 << 18
_CONTROL_BYTES = bytes(byte for byte in range(0x20) if byte not in b"\t\n\r")
_LARGEST_PART = 8_000_000
_LARGEST_ROW = 4_000_000
_BOOK = "xl/workbook.xml"
_NAMESPACES = re.compile(r"(</?)\w+:(?=[a-zA-Z])")
_REMARK = re.compile(r"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_VERBATIM = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ROOT = re.compile(r"<(\w+:)?(?:worksheet|sst)\b")
_MERGED = re.compile(
    rb"""mergeCell [^>]{0,60}?ref\s*=\s*["']\$?([A-Z]{1,3})\$?(\d{1,7}):\$?[A-Z]{1,3}\$?(\d{1,7})["']"""
)
_MOST_MERGED = 200_000
_LONGEST_TAG = 120
_ROW = re.compile(r"<row\b([^>]*)>")
_NUMBER = re.compile(r"""\br\s*=\s*["'](\d{1,7})["']""")
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_DAYS_TO_1904 = 1462
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError),
    *(ValueError, KeyError, IndexError, OverflowError, struct.error),
)


class Workbook:
    """A workbook whose table of contents was already checked (`decryption.workbook.check_members`)."""

    def __init__(self, content: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            book = self._part(_BOOK)
            places = self._places()
            self._shift = _DAYS_TO_1904 if re.search(r"""date1904\s*=\s*["'](?:1|true)""", book) else 0
            self.sheets = [
                places[identifier]
                for mark in re.findall(r"<sheet\b([^>]*)>", book)
                if (identifier := xlsx_cells.attribute(mark, "id")) in places
            ]
            """The archive members that hold the sheets, in the order of their tabs."""
            self._kinds = xlsx_cells.Kinds(self._date_styles())
            self._strings = self._shared_strings()
            self._shapes = xlsx_cells.Shapes()
            self._merged: dict[str, list[tuple[str, str, str]]] = {}
        except _BROKEN as cause:
            raise CannotRead(Refusal.DAMAGED) from cause

    def rows(self, sheet: str) -> Iterator[Row]:
        """Yield the rows of a sheet that hold anything, hidden ones included."""
        number = 0
        try:
            merges = xlsx_cells.Merges(self._merged_ranges(sheet))
            for block in self._blocks(sheet, "row"):
                for row in block.split("</row>")[:-1]:
                    begins = _ROW.search(row, max(row.rfind("<row"), 0))
                    if begins is None:
                        raise CannotRead(Refusal.DAMAGED)
                    told = _NUMBER.search(begins[1])
                    number = int(told[1]) if told else number + row.count("<row")
                    if filled := self._filled(row[begins.end() :]):
                        yield number, merges.fill(number, filled) if merges else filled
        except _BROKEN as cause:
            raise CannotRead(Refusal.DAMAGED, **({"line": str(number)} if number else {})) from cause

    def _merged_ranges(self, sheet: str) -> list[tuple[str, str, str]]:
        """Return the first column, the first and the last row of the merged cells: they stand below all rows."""
        if sheet not in self._merged:
            ranges: list[tuple[str, str, str]] = []
            rest = b""
            with self._archive.open(sheet) as packed:
                while piece := packed.read(_PIECE):
                    piece = rest + piece
                    if b"mergeCell " in piece:
                        ranges += [
                            (found[1].decode(), found[2].decode(), found[3].decode())
                            for found in _MERGED.finditer(piece)
                        ]
                    rest = piece[-_LONGEST_TAG:]
                    if len(ranges) > _MOST_MERGED:
                        raise CannotRead(Refusal.TOO_LARGE)
            self._merged[sheet] = ranges
        return self._merged[sheet]

    def _filled(self, row: str) -> list[str]:
        """Return the cells of one row as text, up to the last that is filled.

        Rows are many and similar: what depends on their columns alone is computed once.
        """
        found = xlsx_cells.cells_in(row)
        if not found:
            return []
        columns, marks, values, inlines = zip(*found, strict=True)
        kinds = [*map(self._kinds.__getitem__, marks)]
        if kinds.count(xlsx_cells.SHARED) == len(kinds) and all(values):
            texts = [*map(self._strings.__getitem__, map(int, values))]
        else:
            texts = [*map(self._text, kinds, values, inlines)]
        shape = self._shapes[columns]
        filled = [*shape.in_order((*texts, ""))]
        while filled and not filled[-1]:
            filled.pop()
        if any(texts[place] for place in shape.beyond):
            # of a heading row that refuses the table; beside a line it is a note far to the right
            filled += [""] * (MOST_COLUMNS - len(filled)) + [
                next(filter(None, map(texts.__getitem__, shape.beyond)))
            ]
        return filled

    def _text(self, kind: str, value: str, inline: str) -> str:
        """Return a cell's value as a person would have typed it."""
        if not value:
            return xlsx_cells.plain(inline)
        match kind:
            case xlsx_cells.SHARED:
                return self._strings[int(value)]
            case xlsx_cells.DATE:
                return xlsx_cells.moment_text(value, self._shift)
            case xlsx_cells.NUMERIC:
                return xlsx_cells.number_text(value)
            case xlsx_cells.TRUTH:
                return "OUI" if value == "1" else "NON"
            case xlsx_cells.ERROR:
                return ""
        return xlsx_cells.plain(value)

    def _part(self, name: str) -> str:
        """Return a small archive member as text."""
        with self._archive.open(name) as part:
            content = part.read(_LARGEST_PART + 1)
        if len(content) > _LARGEST_PART:
            raise CannotRead(Refusal.TOO_LARGE)
        return _tidy(content.decode("utf-8-sig"))

    def _places(self) -> dict[str, str]:
        """Return the path of each sheet in the archive, by its identifier."""
        names = set(self._archive.namelist())
        marks = re.findall(r"<Relationship\b([^>]*)>", self._part("xl/_rels/workbook.xml.rels"))
        found = {}
        for mark in marks:
            place = posixpath.normpath(posixpath.join("/xl", xlsx_cells.attribute(mark, "Target"))).lstrip(
                "/"
            )
            if xlsx_cells.attribute(mark, "Type").endswith("/worksheet") and place in names:
                found[xlsx_cells.attribute(mark, "Id")] = place
        return found

    def _date_styles(self) -> frozenset[int]:
        """Return the styles that show a number as a date or a time."""
        if "xl/styles.xml" not in self._archive.namelist():
            return frozenset()
        styles = self._part("xl/styles.xml")
        custom = {
            int(xlsx_cells.attribute(mark, "numFmtId")): xlsx_cells.attribute(mark, "formatCode")
            for mark in re.findall(r"<numFmt\b([^>]*)>", styles)
        }
        used = re.search(r"<cellXfs\b[^>]*>(.*?)</cellXfs>", styles, re.DOTALL)
        formats = [
            int(xlsx_cells.attribute(mark, "numFmtId") or 0)
            for mark in re.findall(r"<xf\b([^>]*)>", used[1] if used else "")
        ]
        return frozenset(
            style
            for style, number in enumerate(formats)
            if (xlsx_cells.shows_a_date(custom[number]) if number in custom else number in _DATE_FORMATS)
        )

    def _shared_strings(self) -> list[str]:
        """Return the strings that cells refer to by number."""
        part = next((name for name in self._archive.namelist() if name.lower() == "xl/sharedstrings.xml"), "")
        strings: list[str] = []
        letters = 0
        for block in self._blocks(part, "si") if part else ():
            letters += len(block)
            if letters > MOST_LETTERS:
                raise CannotRead(Refusal.TOO_LARGE)
            strings.extend(xlsx_cells.strings_in(block))
        return strings

    def _blocks(self, part: str, name: str) -> Iterator[str]:
        """Yield a large archive member piece by piece, each up to the end tag of an element."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        rest, prefix = "", None
        with self._archive.open(part) as packed:
            while piece := packed.read(_PIECE):
                if len(piece.translate(None, _CONTROL_BYTES)) < len(piece):
                    raise CannotRead(Refusal.DAMAGED)
                rest += decoder.decode(piece)
                if prefix is None:
                    prefix = _prefix(rest)
                end = f"</{prefix}{name}>"
                until = rest.rfind(end) + len(end)
                if until >= len(end):
                    block, rest = rest[:until], rest[until:]
                    yield _tidy(block) if prefix or "<!" in block else block
                elif len(rest) > _LARGEST_ROW:
                    raise CannotRead(Refusal.TOO_WIDE)
        decoder.decode(b"", final=True)


def _prefix(beginning: str) -> str:
    """Return the XML namespace prefix of a member's tags: some writers put one before each."""
    root = _ROOT.search(beginning)
    if root is None:
        raise CannotRead(Refusal.DAMAGED)
    _tidy(beginning[: root.start()])
    return root[1] or ""


def _tidy(marks: str) -> str:
    """Return XML in the form most spreadsheets write: without prefixes, comments and CDATA sections."""
    if "<!DOCTYPE" in marks or "<!ENTITY" in marks:
        raise CannotRead(Refusal.DAMAGED)
    marks = _VERBATIM.sub(lambda found: escape(found[1]), _REMARK.sub("", marks))
    return _NAMESPACES.sub(r"\1", marks)
