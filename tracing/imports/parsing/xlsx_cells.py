"""Cells of a sheet: parse their XML, find their columns, and show values as a person would have typed them. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from html import unescape
from operator import itemgetter
from typing import NamedTuple

from tracing.imports.limits import MOST_COLUMNS

SHARED, NUMERIC, DATE, TRUTH, ERROR = "s", "number", "date", "b", "e"
_LAST_COLUMN = 16_384
_USUAL_BODY = r'<v>([^<]*)</v></c>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is></c>|</c>'
_USUAL_CELL = re.compile(rf'<c r="([A-Z]{{1,3}})\d+"([^>/]*)(?:>(?:{_USUAL_BODY})|/>)')
_USUAL_STRING = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_VALUE = re.compile(r"<v\b[^>]*>([^<]*)</v>")
_LETTERS = re.compile(r"<t\b[^>]*?(?:/>|>([^<]*)</t>)")
_READING_AID = re.compile(r"<rPh\b.*?</rPh>", re.DOTALL)
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_NOT_A_FORMAT_LETTER = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_MOST_SHAPES = 256
_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's day count knows no time zone
_LAST_DAY, _LEAP_DAY = 2_958_466, 60


def cells_in(row: str) -> list[tuple[str, str, str, str]]:
    """Return the cells of a row as written: column, attributes, value, and inline text.

    Raises:
        ValueError: a cell cannot be read.
    """
    expected = row.count("<c ") + row.count("<c>") + row.count("<c/>")
    found = _USUAL_CELL.findall(row)
    if len(found) != expected:
        found = _unusual_cells(row)
        if len(found) != expected:
            raise ValueError
    return found


class Kinds(dict[str, str]):
    """The kind of a cell's value by the cell's attributes, parsed once for each spelling of them."""

    def __init__(self, date_styles: frozenset[int]) -> None:
        self._date_styles = date_styles

    def __missing__(self, mark: str) -> str:
        kind = attribute(mark, "t")
        style = attribute(mark, "s")
        if kind in ("", "n"):
            kind = DATE if style and int(style) in self._date_styles else NUMERIC
        self[mark] = kind
        return self[mark]


class Shape(NamedTuple):
    """How to put the cells of a row into their columns."""

    in_order: Callable[[Sequence[str]], Sequence[str]]
    """Takes the cells, and an empty one after them, and returns them in column order."""
    beyond: tuple[int, ...]
    """Which of the cells are further to the right than any table of results extends."""


class Shapes(dict[tuple[str, ...], Shape]):
    """The shape of a row by the column letters of its cells."""

    def __missing__(self, columns: tuple[str, ...]) -> Shape:
        places = [_place(letters) for letters in columns]
        width = max((place for place in places if place < MOST_COLUMNS), default=0) + 1
        empty = len(columns)
        order = [empty] * (width + 1)
        for at, place in enumerate(places):
            if place < MOST_COLUMNS:
                order[place] = at
        shape = Shape(
            itemgetter(*order), tuple(at for at, place in enumerate(places) if place >= MOST_COLUMNS)
        )
        if len(self) >= _MOST_SHAPES:
            self.clear()
        self[columns] = shape
        return shape


class Merges:
    """The cells that are merged over several rows: each row has the value of the first one."""

    def __init__(self, ranges: Iterable[tuple[str, str, str]]) -> None:
        """Take the first column, the first row and the last row of each range."""
        self._from: dict[int, list[tuple[int, int]]] = {}
        for letters, first, last in ranges:
            if int(last) > int(first):
                self._from.setdefault(int(first), []).append((_place(letters), int(last)))
        self._open: dict[int, tuple[int, str]] = {}
        """By column: the last row of the range that is open, and its value."""

    def __bool__(self) -> bool:
        return bool(self._from)

    def fill(self, row: int, cells: list[str]) -> list[str]:
        """Return the cells of the next row that holds anything, with the values of the ranges that cover it."""
        for place, (last, value) in [*self._open.items()]:
            if row > last:
                del self._open[place]
            elif value and not (place < len(cells) and cells[place]):
                cells += [""] * (place + 1 - len(cells))
                cells[place] = value
        for place, last in self._from.get(row, ()):
            self._open[place] = last, cells[place] if place < len(cells) else ""
        return cells


@lru_cache(maxsize=1024)
def _place(letters: str) -> int:
    """Return the index of a column by its letters: A is 0."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    if not 0 < place <= _LAST_COLUMN:
        raise ValueError
    return place - 1


def strings_in(block: str) -> list[str]:
    """Return the shared strings in one block of XML."""
    strings: list[str] = _USUAL_STRING.findall(block)
    if len(strings) != block.count("<si>") + block.count("<si ") + block.count("<si/>"):
        strings = []
        for item in block.split("</si>")[:-1]:
            strings.extend([""] * item.count("<si/>"))
            strings.append(joined_letters(item))
    return [plain(text) for text in strings] if "&" in block or "_x" in block else strings


def attribute(mark: str, name: str) -> str:
    """Return an attribute of a tag, or an empty string."""
    found = re.search(rf"""(?:^|[\s:]){name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", mark)
    return unescape(found[1] or found[2] or "") if found else ""


def _unusual_cells(row: str) -> list[tuple[str, str, str, str]]:
    """Return the cells of a row that contains formulas, rich text or attributes in another order."""
    found = []
    place = -1
    for mark, body in _CELL.findall(row):
        column = attribute(mark, "r").rstrip("0123456789")
        place = _place(column) if column else place + 1
        value = _VALUE.search(body)
        inline = joined_letters(body) if attribute(mark, "t") == "inlineStr" else ""
        found.append((_letters_of(place), mark, value[1] if value else "", inline))
    return found


def _letters_of(place: int) -> str:
    """Return the letters of a column index."""
    letters = ""
    while place >= 0:
        letters, place = chr(ord("A") + place % 26) + letters, place // 26 - 1
    return letters


def joined_letters(marks: str) -> str:
    """Return the text of a string that may be in several formatted runs, without phonetic hints."""
    if "<rPh" in marks:
        marks = _READING_AID.sub("", marks)
    parts = _LETTERS.findall(marks)
    return parts[0] if len(parts) == 1 else "".join(parts)


def plain(text: str) -> str:
    """Decode the XML entities and spreadsheet escapes in text."""
    if "&" in text:
        text = unescape(text).replace("\0", "")
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: _letter(int(found[1], 16)), text)
    return text


def _letter(code: int) -> str:
    """Return the character of a code point; empty for a control character or a lone surrogate."""
    return chr(code) if chr(code).isprintable() else " "


_LONG, _SHOWN, _KEPT = 12, 6, 15
"""A number of so many digits is shown in scientific notation, with so many digits; so many of them are kept."""


def number_text(value: str) -> str:
    """Return a number with all its digits, without decimals if it is whole.

    One that a spreadsheet has cut to the digits it shows or keeps stays in scientific notation, as it was shown: the
    zeros at its end are none that anybody wrote.
    """
    if value.isascii() and value.isdigit():
        return value if len(value) < _LONG else _unless_cut(value)
    try:
        number = float(value)
    except ValueError:
        return plain(value)
    if not number.is_integer():
        return repr(number)
    digits = str(int(number))
    return digits if len(digits) < _LONG else _unless_cut(digits)


def _unless_cut(digits: str) -> str:
    """Return a long number, in scientific notation if its last digits were lost."""
    meant = digits.rstrip("0")
    if 0 < len(meant) <= _SHOWN or (len(digits) > _KEPT and len(meant) <= _KEPT):
        return f"{int(digits):.{max(len(meant) - 1, 1)}E}"
    return digits


@lru_cache(maxsize=8192)
def moment_text(value: str, shift: int) -> str:
    """Return a day count as a date, with its time unless that is midnight."""
    try:
        days = float(value) + shift
    except ValueError:
        return plain(value)
    if not 0 <= days < _LAST_DAY:
        return number_text(value)
    # Spreadsheets treat 1900 as a leap year, and store a moment as a fraction of a day.
    moment = _FIRST_DAY + timedelta(days=days + (days < _LEAP_DAY), microseconds=500_000)
    if days < 1:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%d/%m/%Y}" if days.is_integer() else f"{moment:%d/%m/%Y %H:%M:%S}"


def shows_a_date(code: str) -> bool:
    """Return whether a number format shows a date or a time."""
    shown = _NOT_A_FORMAT_LETTER.sub("", code.split(";", maxsplit=1)[0]).lower()
    return "general" not in shown and any(letter in shown for letter in "dmyhs")
