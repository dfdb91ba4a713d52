"""Delimited text: detect its encoding and decode it piece by piece, once per reading, never as a whole."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Literal

from tracing.imports.format.columns import Row
from tracing.imports.limits import MOST_COLUMNS
from tracing.imports.refusal_codes import CannotRead, Refusal

SEPARATORS = ";\t|,"
LONGEST_LINE = 500_000
_PIECE = 1 << 18
_WINDOWS_ONLY = re.compile(rb"[\x80-\x9f]")
_LATIN_9_ONLY = re.compile(rb"[\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe]")
_CONTROL_BYTES = bytes(byte for byte in range(0x20) if byte not in b"\t\n\x0c\r") + b"\x7f"
_FRAME_BYTES = b"\x0b\x1a\x1c"
"""Around a message in MLLP, and at the end of a file of DOS."""
MOST_STRAY = 4
STRAY_IN = 2_000
"""Control characters that are left out silently: these few, and one in so many bytes."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Text:
    """Text whose encoding comes from its byte-order mark or else from which encodings its bytes are valid in."""

    def __init__(self, content: bytes) -> None:
        """Scan the whole content once.

        If the content does not match its byte-order mark, or contains control characters, it was altered after it was
        written and is refused.
        """
        content = _without_stray(content)
        self._content = content
        self._skip = 0
        self._quotes = 0
        self._end = "\r"
        for mark, encoding in _BOMS:
            if content.startswith(mark):
                self._skip = len(mark)
                self._look_through(encoding)
                return
        try:
            self._look_through("utf-8")
        except CannotRead as cause:
            if cause.refusal is not Refusal.DAMAGED:
                raise
            self._look_through(_eight_bit_encoding(content))

    @property
    def is_cut(self) -> bool:
        """Whether the text ends without the end of a line."""
        return not self._content.rstrip(b" \t\x00").endswith((b"\n", b"\r"))

    def begins_with(self, *beginnings: str) -> bool:
        """Return whether the text begins with one of these strings."""
        return self._opened().read(_PIECE).lstrip().startswith(beginnings)

    def lines(self) -> Iterator[str]:
        """Yield the lines with their line ends."""
        read = self._opened().readline
        while line := read(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise CannotRead(Refusal.TOO_WIDE)
            yield line

    def segments(self) -> Iterator[str]:
        """Yield the lines without their ends and without blank ones, whatever line ends they use."""
        read = self._opened("").readline
        while line := read(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise CannotRead(Refusal.TOO_WIDE)
            if line := line.strip("\r\n"):
                yield line

    def rows(self, separator: str) -> Iterator[Row]:
        """Yield the rows of a table, numbered as a spreadsheet would.

        A stray quotation mark would silently swallow every line up to the next one: such a file is read without
        quoting, and refused if a cell still contains a line end.
        """
        quoting: Literal[0, 3] = csv.QUOTE_NONE if self._quotes % 2 else csv.QUOTE_MINIMAL
        rows = csv.reader(self.lines(), delimiter=separator, quoting=quoting)
        width = lines_read = 0
        try:
            for number, cells in enumerate(rows, start=1):
                if len(cells) > width:
                    width = len(cells)
                    if width > MOST_COLUMNS:
                        raise CannotRead(Refusal.TOO_WIDE)
                if rows.line_num > lines_read + 1 and any(
                    cell.count(separator) >= width - 1 > 0 for cell in cells
                ):
                    raise CannotRead(Refusal.DAMAGED)
                lines_read = rows.line_num
                yield number, cells
        except csv.Error as cause:
            raise CannotRead(Refusal.TOO_WIDE if "limit" in str(cause) else Refusal.DAMAGED) from cause

    def _opened(self, end: str | None = None) -> io.TextIOWrapper:
        """Open a decoding reader; line ends are the kind found by the scan, unless `end` is given."""
        content = io.BytesIO(self._content)
        content.seek(self._skip)
        return io.TextIOWrapper(content, self._encoding, newline=self._end if end is None else end)

    def _look_through(self, encoding: str) -> None:
        """Decode everything once without keeping it, and refuse content that is not text."""
        self._encoding = encoding
        decoder = codecs.getincrementaldecoder(encoding)()
        self._quotes = 0
        try:
            for at in range(self._skip, len(self._content), _PIECE):
                piece = self._content[at : at + _PIECE]
                self._look_at(decoder.decode(piece), piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as cause:
            raise CannotRead(Refusal.DAMAGED) from cause

    def _look_at(self, text: str, piece: bytes) -> None:
        """Note the quotation marks and line ends in one piece, and refuse control characters."""
        wide = self._encoding.startswith("utf-16")
        if _CONTROL.search(text) if wide else len(piece.translate(None, _CONTROL_BYTES)) < len(piece):
            raise CannotRead(Refusal.DAMAGED)
        self._quotes += text.count('"')
        if "\n" in text:
            self._end = "\n"


def _without_stray(content: bytes) -> bytes:
    """Leave out the frame bytes of MLLP, a final Ctrl-Z, and control characters as far as they are few.

    Many of them, or a zero byte, mean that this is no text, or that it was altered.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in content:
        return content
    clean = content.translate(None, _FRAME_BYTES)
    text = clean.translate(None, _CONTROL_BYTES)
    is_few = len(clean) - len(text) <= MOST_STRAY + len(clean) // STRAY_IN
    return text if is_few else content


def _eight_bit_encoding(content: bytes) -> str:
    """Tell Windows-1252 from ISO-8859-15, which differ only in a few letters."""
    latin_9 = not _WINDOWS_ONLY.search(content) and _LATIN_9_ONLY.search(content)
    return "iso-8859-15" if latin_9 else "cp1252"
