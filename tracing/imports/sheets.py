"""Sheets of a workbook, read row by row out of the archive: what is in memory is one piece of it and its strings.

Reads the XML by its marks and not as a tree. What no spreadsheet writes is refused, never guessed; entities that a
file declares itself are not even looked at.
"""

import codecs
import io
import posixpath
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape, unescape
from operator import itemgetter
from typing import NamedTuple

from tracing.imports.layout import Row
from tracing.imports.refusals import CannotRead, Refusal

MOST_COLUMNS = 500
MOST_LETTERS = 30_000_000
_PIECE = 1 << 18
_CONTROL_BYTES = bytes(byte for byte in range(0x20) if byte not in b"\t\n\r")
_LARGEST_PART = 8_000_000
_LARGEST_ROW = 4_000_000
_LAST_COLUMN = 16_384
_BOOK = "xl/workbook.xml"
_NAMESPACES = re.compile(r"(</?)\w+:(?=[a-zA-Z])")
_REMARK = re.compile(r"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_VERBATIM = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ROOT = re.compile(r"<(\w+:)?(?:worksheet|sst)\b")
_ROW = re.compile(r"<row\b([^>]*)>")
_NUMBER = re.compile(r"""\br\s*=\s*["'](\d{1,7})["']""")
_USUAL_BODY = r'<v>([^<]*)</v></c>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is></c>|</c>'
_USUAL_CELL = re.compile(rf'<c r="([A-Z]{{1,3}})\d+"([^>/]*)(?:>(?:{_USUAL_BODY})|/>)')
_USUAL_STRING = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_VALUE = re.compile(r"<v\b[^>]*>([^<]*)</v>")
_LETTERS = re.compile(r"<t\b[^>]*?(?:/>|>([^<]*)</t>)")
_READING_AID = re.compile(r"<rPh\b.*?</rPh>", re.DOTALL)
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_NOT_A_FORMAT_LETTER = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_SHARED, _NUMERIC, _DATE = "s", "number", "date"
_MOST_SHAPES = 256
_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's day count knows no time zone
_DAYS_TO_1904 = 1462
_LAST_DAY, _LEAP_DAY = 2_958_466, 60
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError),
    *(ValueError, KeyError, IndexError, OverflowError, struct.error),
)


class Workbook:
    """A workbook whose table of contents was checked before (`workbooks.check_members`)."""

    def __init__(self, content: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            book = self._part(_BOOK)
            places = self._places()
            self._shift = _DAYS_TO_1904 if re.search(r"""date1904\s*=\s*["'](?:1|true)""", book) else 0
            self.sheets = [
                places[identifier]
                for mark in re.findall(r"<sheet\b([^>]*)>", book)
                if (identifier := _attribute(mark, "id")) in places
            ]
            """The parts that hold the sheets, in the order of their tabs."""
            self._kinds = _Kinds(self._date_styles())
            self._strings = self._shared_strings()
            self._shapes = _Shapes()
        except _BROKEN as cause:
            raise CannotRead(Refusal.DAMAGED) from cause

    def rows(self, sheet: str) -> Iterator[Row]:
        """Yield the rows of a sheet that hold anything, hidden ones included."""
        number = 0
        try:
            for block in self._blocks(sheet, "row"):
                for row in block.split("</row>")[:-1]:
                    begins = _ROW.search(row, max(row.rfind("<row"), 0))
                    if begins is None:
                        raise CannotRead(Refusal.DAMAGED)
                    told = _NUMBER.search(begins[1])
                    number = int(told[1]) if told else number + row.count("<row")
                    if cells := self._cells(row[begins.end() :]):
                        yield number, cells
        except _BROKEN as cause:
            raise CannotRead(Refusal.DAMAGED) from cause

    def _cells(self, row: str) -> list[str]:
        """Return the cells of one row as text, up to the last that is filled.

        Rows are many and alike: what depends on their columns alone is worked out once.
        """
        found = _USUAL_CELL.findall(row)
        if len(found) != row.count("<c ") + row.count("<c>") + row.count("<c/>"):
            found = _unusual_cells(row)
        if not found:
            return []
        columns, marks, values, inlines = zip(*found, strict=True)
        kinds = [*map(self._kinds.__getitem__, marks)]
        if kinds.count(_SHARED) == len(kinds) and all(values):
            texts = [*map(self._strings.__getitem__, map(int, values))]
        else:
            texts = [*map(self._text, kinds, values, inlines)]
        shape = self._shapes[columns]
        if any(texts[place] for place in shape.beyond):
            raise CannotRead(Refusal.TOO_WIDE)
        cells = [*shape.in_order((*texts, ""))]
        while cells and not cells[-1]:
            cells.pop()
        return cells

    def _text(self, kind: str, value: str, inline: str) -> str:
        """Write a cell's value as a person would have typed it."""
        if not value:
            return _plain(inline)
        match kind:
            case "s":
                return self._strings[int(value)]
            case "date":
                return _moment(value, self._shift)
            case "number":
                return _number(value)
            case "b":
                return "OUI" if value == "1" else "NON"
        return _plain(value)

    def _part(self, name: str) -> str:
        """Return a small part as text."""
        with self._archive.open(name) as part:
            content = part.read(_LARGEST_PART + 1)
        if len(content) > _LARGEST_PART:
            raise CannotRead(Refusal.TOO_LARGE)
        return _tidy(content.decode("utf-8-sig"))

    def _places(self) -> dict[str, str]:
        """Return where each sheet stands in the archive, by its identifier."""
        names = set(self._archive.namelist())
        marks = re.findall(r"<Relationship\b([^>]*)>", self._part("xl/_rels/workbook.xml.rels"))
        found = {}
        for mark in marks:
            place = posixpath.normpath(posixpath.join("/xl", _attribute(mark, "Target"))).lstrip("/")
            if _attribute(mark, "Type").endswith("/worksheet") and place in names:
                found[_attribute(mark, "Id")] = place
        return found

    def _date_styles(self) -> frozenset[int]:
        """Return the styles that show a number as a date or a time."""
        if "xl/styles.xml" not in self._archive.namelist():
            return frozenset()
        styles = self._part("xl/styles.xml")
        custom = {
            int(_attribute(mark, "numFmtId")): _attribute(mark, "formatCode")
            for mark in re.findall(r"<numFmt\b([^>]*)>", styles)
        }
        used = re.search(r"<cellXfs\b[^>]*>(.*?)</cellXfs>", styles, re.DOTALL)
        formats = [
            int(_attribute(mark, "numFmtId") or 0)
            for mark in re.findall(r"<xf\b([^>]*)>", used[1] if used else "")
        ]
        return frozenset(
            style
            for style, number in enumerate(formats)
            if (_shows_a_date(custom[number]) if number in custom else number in _DATE_FORMATS)
        )

    def _shared_strings(self) -> list[str]:
        """Return the strings that cells point at."""
        part = next((name for name in self._archive.namelist() if name.lower() == "xl/sharedstrings.xml"), "")
        strings: list[str] = []
        letters = 0
        for block in self._blocks(part, "si") if part else ():
            letters += len(block)
            if letters > MOST_LETTERS:
                raise CannotRead(Refusal.TOO_LARGE)
            strings.extend(_strings_in(block))
        return strings

    def _blocks(self, part: str, name: str) -> Iterator[str]:
        """Yield a large part piece by piece, each up to the end mark of an element."""
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


class _Kinds(dict[str, str]):
    """What the attributes of a cell say its value is, read once for each way to write them."""

    def __init__(self, date_styles: frozenset[int]) -> None:
        self._date_styles = date_styles

    def __missing__(self, mark: str) -> str:
        kind = _attribute(mark, "t")
        style = _attribute(mark, "s")
        if kind in ("", "n"):
            kind = _DATE if style and int(style) in self._date_styles else _NUMERIC
        self[mark] = sys.intern(kind)
        return self[mark]


class _Shape(NamedTuple):
    """How the cells that a row holds come to stand in their columns."""

    in_order: Callable[[Sequence[str]], Sequence[str]]
    """Takes the cells, and an empty one after them, to their places."""
    beyond: tuple[int, ...]
    """Which of the cells stand further to the right than any table of results."""


class _Shapes(dict[tuple[str, ...], _Shape]):
    """The shape of a row by the letters of its columns."""

    def __missing__(self, columns: tuple[str, ...]) -> _Shape:
        places = [_place(letters) for letters in columns]
        width = max((place for place in places if place < MOST_COLUMNS), default=0) + 1
        empty = len(columns)
        order = [empty] * (width + 1)
        for at, place in enumerate(places):
            if place < MOST_COLUMNS:
                order[place] = at
        shape = _Shape(
            itemgetter(*order), tuple(at for at, place in enumerate(places) if place >= MOST_COLUMNS)
        )
        if len(self) >= _MOST_SHAPES:
            self.clear()
        self[columns] = shape
        return shape


@lru_cache(maxsize=1024)
def _place(letters: str) -> int:
    """Return the place of a column by its letters: A is 0."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    if not 0 < place <= _LAST_COLUMN:
        raise ValueError
    return place - 1


def _strings_in(block: str) -> list[str]:
    """Return the shared strings of one block."""
    strings: list[str] = _USUAL_STRING.findall(block)
    if len(strings) != block.count("<si>") + block.count("<si ") + block.count("<si/>"):
        strings = []
        for item in block.split("</si>")[:-1]:
            strings.extend([""] * item.count("<si/>"))
            strings.append(_joined_letters(item))
    return [_plain(text) for text in strings] if "&" in block or "_x" in block else strings


def _prefix(beginning: str) -> str:
    """Return how the marks of a part begin: some writers put a name of their own before each."""
    root = _ROOT.search(beginning)
    if root is None:
        raise CannotRead(Refusal.DAMAGED)
    _tidy(beginning[: root.start()])
    return root[1] or ""


def _tidy(marks: str) -> str:
    """Write marks as most spreadsheets do: without prefixes, remarks and verbatim sections."""
    if "<!DOCTYPE" in marks or "<!ENTITY" in marks:
        raise CannotRead(Refusal.DAMAGED)
    marks = _VERBATIM.sub(lambda found: escape(found[1]), _REMARK.sub("", marks))
    return _NAMESPACES.sub(r"\1", marks)


def _attribute(mark: str, name: str) -> str:
    """Return an attribute of a mark, or nothing."""
    found = re.search(rf"""(?:^|[\s:]){name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", mark)
    return unescape(found[1] or found[2] or "") if found else ""


def _unusual_cells(row: str) -> list[tuple[str, str, str, str]]:
    """Return the cells of a row with formulas, formatted letters or attributes in another order."""
    found = []
    place = -1
    for mark, body in _CELL.findall(row):
        column = _attribute(mark, "r").rstrip("0123456789")
        place = _place(column) if column else place + 1
        value = _VALUE.search(body)
        inline = _joined_letters(body) if _attribute(mark, "t") == "inlineStr" else ""
        found.append((_letters_of(place), mark, value[1] if value else "", inline))
    return found


def _letters_of(place: int) -> str:
    """Return the letters of a column."""
    letters = ""
    while place >= 0:
        letters, place = chr(ord("A") + place % 26) + letters, place // 26 - 1
    return letters


def _joined_letters(marks: str) -> str:
    """Return a string that may change its look half way, without its reading aid."""
    if "<rPh" in marks:
        marks = _READING_AID.sub("", marks)
    parts = _LETTERS.findall(marks)
    return parts[0] if len(parts) == 1 else "".join(parts)


def _plain(text: str) -> str:
    """Undo what XML and spreadsheets do to letters."""
    if "&" in text:
        text = unescape(text).replace("\0", "")
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: _letter(int(found[1], 16)), text)
    return text


def _letter(code: int) -> str:
    """Return a letter by its number; a control character or half of a pair is none."""
    return chr(code) if chr(code).isprintable() else " "


def _number(value: str) -> str:
    """Write a number with all its digits, as a whole one where it is."""
    if value.isascii() and value.isdigit():
        return value
    try:
        number = float(value)
    except ValueError:
        return _plain(value)
    return str(int(number)) if number.is_integer() else repr(number)


@lru_cache(maxsize=8192)
def _moment(value: str, shift: int) -> str:
    """Write a day count as a date, with its time unless that is midnight."""
    try:
        days = float(value) + shift
    except ValueError:
        return _plain(value)
    if not 0 <= days < _LAST_DAY:
        return _number(value)
    # Spreadsheets believe that 1900 had a 29th of February, and keep a moment as a fraction of a day.
    moment = _FIRST_DAY + timedelta(days=days + (days < _LEAP_DAY), microseconds=500_000)
    if days < 1:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%d/%m/%Y}" if days.is_integer() else f"{moment:%d/%m/%Y %H:%M:%S}"


def _shows_a_date(code: str) -> bool:
    """Say whether a number format shows a date or a time."""
    shown = _NOT_A_FORMAT_LETTER.sub("", code.split(";", maxsplit=1)[0]).lower()
    return "general" not in shown and any(letter in shown for letter in "dmyhs")
