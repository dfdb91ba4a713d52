"""The wire format between the reading process and ours: length-prefixed messages, lines packed and compressed.

Written for a peer that may be hostile: no message above a size limit is accepted, and any deviation is an error.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Any

from tracing.imports.format.columns import EXTRAS, FIELDS, RawLine

MOST_PACKED = 8_000_000
MOST_UNPACKED = 32_000_000
_LENGTH = struct.Struct(">I")
_FIELD, _LINE = "\x1f", "\n"
_BAD_SHAPE = "!"
_QUICK = 1
"""Compression level: lines stay in memory until the last one is read, and compressed take a fifth of the space."""


class ProtocolError(Exception):
    """The bytes are not a valid message: the other side died, or is hostile."""


def pack(message: Any) -> bytes:
    """Encode a message."""
    return framed(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())


def unpack(stream: IO[bytes]) -> Any:
    """Read and decode a message."""
    try:
        return json.loads(body(stream))
    except (ValueError, RecursionError) as cause:
        raise ProtocolError from cause


def pack_lines(lines: Iterable[RawLine]) -> bytes:
    """Encode lines. No cleaned value contains the separators of fields and lines."""
    text = _LINE.join(
        [
            f"{row}{_BAD_SHAPE if is_bad else ''}{_FIELD}{_FIELD.join(values + extras)}"
            for row, values, is_bad, extras in lines
        ]
    )
    return framed(zlib.compress(text.encode(), _QUICK))


def unpack_lines(stream: IO[bytes]) -> Iterator[RawLine]:
    """Read and decode a message of lines."""
    packed = zlib.decompressobj()
    try:
        text = packed.decompress(body(stream), MOST_UNPACKED).decode()
        if not packed.eof:
            raise ProtocolError
        for line in text.split(_LINE):
            row, _mark, rest = line.partition(_FIELD)
            values = tuple(rest.split(_FIELD))
            extras = values[len(FIELDS) :]
            if len(values) < len(FIELDS) or len(extras) not in (0, len(EXTRAS)):
                raise ProtocolError
            is_bad = row.endswith(_BAD_SHAPE)
            yield RawLine(int(row.removesuffix(_BAD_SHAPE)), values[: len(FIELDS)], is_bad, extras)
    except (ValueError, zlib.error) as cause:
        raise ProtocolError from cause


def framed(content: bytes) -> bytes:
    """Return a message preceded by its length."""
    return _LENGTH.pack(len(content)) + content


def body(stream: IO[bytes], most: int = MOST_PACKED) -> bytes:
    """Read as many bytes as the length prefix announces.

    Raises:
        ProtocolError: the length is above the limit, or the stream ends too early.
    """
    (length,) = _LENGTH.unpack(exactly(stream, _LENGTH.size))
    if length > most:
        raise ProtocolError
    return exactly(stream, length)


def exactly(stream: IO[bytes], size: int) -> bytes:
    """Read exactly `size` bytes; a pipe may deliver them in pieces.

    Raises:
        ProtocolError: the stream ends too early.
    """
    pieces = []
    while size and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    if size:
        raise ProtocolError
    return b"".join(pieces)
