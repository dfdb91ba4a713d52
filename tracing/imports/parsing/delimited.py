"""Delimited text: decode it piece by piece, once per reading, never as a whole, and split it into rows."""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice

from tracing.imports.format.columns import OddlyQuoted, Row, Spoilt
from tracing.imports.limits import MOST_COLUMNS
from tracing.imports.parsing.encodings import UNREADABLE, encoding_of
from tracing.imports.refusal_codes import CannotRead, Refusal

SEPARATORS = ";\t|,"
LONGEST_LINE = 500_000
LONGEST_CELL = 32_767
"""As long as a spreadsheet allows. Of a longer one the row waits, with the beginning of the cell."""
LONGEST_KEPT = 500
MOST_LINES_OF_A_CELL = 50
FEWEST_CELLS = 6
"""As many as there are required fields: a quoted cell that holds a line with so many has swallowed a row."""
_PIECE = 1 << 18
_CONTROL_BYTES = bytes(byte for byte in range(0x20) if byte not in b"\t\n\x0c\r") + b"\x7f"
_FRAME_BYTES = b"\x0b\x1a\x1c"
"""Around a message in MLLP, and at the end of a file of DOS."""
MOST_STRAY = 4
STRAY_IN = 2_000
"""Control characters that are left out silently, and unreadable bytes: these few, and one in so many bytes."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_NO_CONTROL = dict.fromkeys((*range(9), 0x0B, *range(0x0E, 0x20), 0x7F))
_BAD = re.compile(f"[\x00-\x08\x0b\x0e-\x1f\x7f{UNREADABLE}]")


class Text:
    """Text whose encoding comes from its byte-order mark or else from which encodings its bytes make sense in."""

    def __init__(self, content: bytes) -> None:
        """Scan the whole content once.

        A few control characters are left out, and a few bytes that are no letters spoil their own rows. With many of
        them this is no text, or it was altered after it was written, and it is refused.
        """
        content = _without_stray(content)
        self._content = content
        self._encoding, self._skip, self._errors = encoding_of(content)
        self._has_control = self._has_unreadable = False
        self._end = "\r"
        self._look_through()

    @property
    def is_cut(self) -> bool:
        """Whether the text ends without the end of a line."""
        return not self._content.rstrip(b" \t\x00").endswith((b"\n", b"\r"))

    def begins_with(self, *beginnings: str) -> bool:
        """Return whether the text begins with one of these strings."""
        return self._opened().read(_PIECE).lstrip().startswith(beginnings)

    def lines(self) -> Iterator[str]:
        """Yield the lines with their line ends."""
        return self._lines(None)

    def segments(self) -> Iterator[str]:
        """Yield the lines without their ends and without blank ones, whatever line ends they use."""
        for line in self._lines(""):
            if line := line.strip("\r\n"):
                yield line.replace(UNREADABLE, "\ufffd") if self._has_unreadable else line

    def _lines(self, end: str | None) -> Iterator[str]:
        read = self._opened(end).readline
        number = 0
        while line := read(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise CannotRead(Refusal.TOO_WIDE, line=str(number))
            yield line.translate(_NO_CONTROL) if self._has_control else line

    def rows(self, separator: str) -> Iterator[Row]:
        """Yield the rows of a table, numbered as a spreadsheet would.

        A quotation mark that is never closed, or closed in the middle of a cell, would silently swallow every cell up
        to the next one: such a row is split at every separator, and the ones below it are read as they are.
        """
        lines = _Lines(self.lines())
        for number, line in enumerate(lines, start=1):
            cells = _cells(line, separator, lines) if '"' in line else line.rstrip("\r\n").split(separator)
            if len(cells) > MOST_COLUMNS or len(line) > LONGEST_CELL or self._has_unreadable:
                cells = _bounded(cells)
            yield number, cells

    def _opened(self, end: str | None = None) -> io.TextIOWrapper:
        """Open a decoding reader; line ends are the kind found by the scan, unless `end` is given."""
        content = io.BytesIO(self._content)
        content.seek(self._skip)
        newline = self._end if end is None else end
        return io.TextIOWrapper(content, self._encoding, self._errors, newline=newline)

    def _look_through(self) -> None:
        """Decode everything once without keeping it: note what it contains, and refuse content that is not text."""
        decoder = codecs.getincrementaldecoder(self._encoding)(self._errors)
        bad = lone_returns = returns = newlines = 0
        first_bad = None
        for at in range(self._skip, len(self._content), _PIECE):
            piece = self._content[at : at + _PIECE]
            text = decoder.decode(piece, final=at + _PIECE >= len(self._content))
            # bytes are looked at where they are characters, in a third of the time
            if (
                self._encoding.startswith("utf-16")
                or UNREADABLE in text
                or len(piece.translate(None, _CONTROL_BYTES)) < len(piece)
            ) and (found := _BAD.search(text)):
                bad += len(_BAD.findall(text))
                if first_bad is None:
                    first_bad = newlines + text.count("\n", 0, found.start()) + 1
                self._has_unreadable = self._has_unreadable or UNREADABLE in text
                self._has_control = self._has_control or _CONTROL.search(text) is not None
            newlines += text.count("\n")
            returns += text.count("\r")
            lone_returns += text.count("\r") - text.count("\r\n") if "\r" in text else 0
        if first_bad is not None and bad > MOST_STRAY + len(self._content) // STRAY_IN:
            raise CannotRead(Refusal.NOT_TEXT, line=str(first_bad))
        if newlines and newlines >= lone_returns:
            self._end = "\n"


class _Lines(Iterator[str]):
    """Lines of which some can be taken ahead and given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._ahead: deque[str] = deque()

    def __next__(self) -> str:
        return self._ahead.popleft() if self._ahead else next(self._lines)

    def look_ahead(self, most: int) -> list[str]:
        """Return the next lines, as many as there are up to `most`; they stay to be read."""
        self._ahead.extend(islice(self._lines, max(0, most - len(self._ahead))))
        return [*islice(self._ahead, most)]

    def skip(self, number: int) -> None:
        """Leave out lines that were looked at."""
        for _ in range(number):
            self._ahead.popleft()


def _cells(line: str, separator: str, lines: _Lines) -> list[str]:
    """Return the cells of a line with quotation marks, and of those below it that belong to a quoted cell of it."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error as trouble:
        # a quoted cell that is open at the end goes on in the next line
        is_open = "unexpected end" in str(trouble)
    if is_open:
        more = lines.look_ahead(MOST_LINES_OF_A_CELL)
        reader = csv.reader([line, *more], delimiter=separator, strict=True)
        try:
            cells = next(reader)
        except csv.Error:
            cells = None
        if cells is not None and not any(_has_swallowed(cell, separator) for cell in cells):
            lines.skip(reader.line_num - 1)
            return _bounded(cells)
    return OddlyQuoted(line.rstrip("\r\n").split(separator))


def _has_swallowed(cell: str, separator: str) -> bool:
    """Return whether a quoted cell holds what looks like a row of its own."""
    parts = cell.splitlines()
    return len(parts) > 1 and any(part.count(separator) >= FEWEST_CELLS - 1 for part in parts)


def _bounded(cells: list[str]) -> list[str]:
    """Return the cells of a row that has too many, too long or unreadable ones as far as a person can use them."""
    too_many = len(cells) > MOST_COLUMNS
    if too_many:
        while len(cells) > MOST_COLUMNS and not cells[-1].strip():
            cells.pop()
        too_many = len(cells) > MOST_COLUMNS
    if not too_many and not any(len(cell) > LONGEST_CELL or UNREADABLE in cell for cell in cells):
        return cells
    return Spoilt(
        (cell if len(cell) <= LONGEST_CELL else cell[:LONGEST_KEPT]).replace(UNREADABLE, "\ufffd")
        for cell in cells[: MOST_COLUMNS + 1]
    )


def _without_stray(content: bytes) -> bytes:
    """Leave out the frame bytes of MLLP, a final Ctrl-Z, and control characters as far as they are few."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content
    clean = content.translate(None, _FRAME_BYTES)
    text = clean.translate(None, _CONTROL_BYTES)
    is_few = len(clean) - len(text) <= MOST_STRAY + len(clean) // STRAY_IN
    return text if is_few else content
