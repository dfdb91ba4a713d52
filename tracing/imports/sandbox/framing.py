"""How the reading process and ours talk: messages with their length first, lines packed tight.

Written for a peer that may be hostile: nothing is taken in beyond a size, and what is not as agreed is an error.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Any

from tracing.imports.format.columns import FIELDS, RawLine

MOST_PACKED = 8_000_000
MOST_UNPACKED = 32_000_000
_LENGTH = struct.Struct(">I")
_FIELD, _LINE = "\x1f", "\n"
_BAD_SHAPE = "!"
_QUICK = 1
"""The level of compression: lines stay in memory until the last one was read, and take a fifth of their room."""


class NotAsAgreed(Exception):
    """What came is no message: the other side died, or is not what it should be."""


def pack(message: Any) -> bytes:
    """Return a message as it travels."""
    return framed(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())


def unpack(stream: IO[bytes]) -> Any:
    """Read a message."""
    try:
        return json.loads(body(stream))
    except (ValueError, RecursionError) as cause:
        raise NotAsAgreed from cause


def pack_lines(lines: Iterable[RawLine]) -> bytes:
    """Return lines as they travel. No cleaned value holds the marks between fields and lines."""
    text = _LINE.join(
        [f"{row}{_BAD_SHAPE if is_bad else ''}{_FIELD}{_FIELD.join(values)}" for row, values, is_bad in lines]
    )
    return framed(zlib.compress(text.encode(), _QUICK))


def unpack_lines(stream: IO[bytes]) -> Iterator[RawLine]:
    """Read a message of lines."""
    packed = zlib.decompressobj()
    try:
        text = packed.decompress(body(stream), MOST_UNPACKED).decode()
        if not packed.eof:
            raise NotAsAgreed
        for line in text.split(_LINE):
            row, _mark, rest = line.partition(_FIELD)
            values = tuple(rest.split(_FIELD))
            if len(values) != len(FIELDS):
                raise NotAsAgreed
            yield RawLine(int(row.removesuffix(_BAD_SHAPE)), values, row.endswith(_BAD_SHAPE))
    except (ValueError, zlib.error) as cause:
        raise NotAsAgreed from cause


def framed(content: bytes) -> bytes:
    """Return a message with its length before it."""
    return _LENGTH.pack(len(content)) + content


def body(stream: IO[bytes], most: int = MOST_PACKED) -> bytes:
    """Read as many bytes as were announced.

    Raises:
        NotAsAgreed: they are too many, or not all there.
    """
    (length,) = _LENGTH.unpack(exactly(stream, _LENGTH.size))
    if length > most:
        raise NotAsAgreed
    return exactly(stream, length)


def exactly(stream: IO[bytes], size: int) -> bytes:
    """Read so many bytes; a pipe may hand them over in pieces.

    Raises:
        NotAsAgreed: it ended before.
    """
    pieces = []
    while size and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    if size:
        raise NotAsAgreed
    return b"".join(pieces)
