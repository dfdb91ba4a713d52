"""Parse and write ASN.1 nodes as CMS uses them: DER, and BER with indefinite lengths. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

SEQUENCE, SET, INTEGER, BIT_STRING, OCTET_STRING, UTC_TIME = 0x30, 0x31, 0x02, 0x03, 0x04, 0x17
_CONSTRUCTED = 0x20
_UNTOLD = 0x80
_LONG_TAG = 0x1F
_MOST_LENGTH_BYTES = 4
_DEEPEST = 24


class Node(NamedTuple):
    """A tag, where its content begins and ends, and where the next node begins."""

    tag: int
    start: int
    end: int
    after: int
    is_told: bool
    """Whether its length is given (definite), as DER requires."""


def node_at(content: bytes, at: int, limit: int, depth: int = 0) -> Node:
    """Return the node that begins at offset `at`.

    Raises:
        ValueError: no complete node begins there.
    """
    if at + 2 > limit or depth > _DEEPEST or content[at] & _LONG_TAG == _LONG_TAG:
        raise ValueError
    tag, length, start = content[at], content[at + 1], at + 2
    if length == _UNTOLD:
        return _until_its_end(content, tag, start, limit, depth)
    if length & 0x80:
        size = length & 0x7F
        if size > _MOST_LENGTH_BYTES:
            raise ValueError
        length, start = int.from_bytes(content[start : start + size], "big"), start + size
    if start + length > limit:
        raise ValueError
    return Node(tag, start, start + length, start + length, is_told=True)


def _until_its_end(content: bytes, tag: int, start: int, limit: int, depth: int) -> Node:
    """Return a node of indefinite length, which ends at two zero bytes."""
    if not tag & _CONSTRUCTED:
        raise ValueError
    at = start
    while content[at : at + 2] != b"\0\0":
        at = node_at(content, at, limit, depth + 1).after
    return Node(tag, start, at, at + 2, is_told=False)


def children(content: bytes, node: Node) -> Iterator[Node]:
    """Yield the child nodes of a node in order."""
    at = node.start
    while at < node.end:
        child = node_at(content, at, node.end)
        yield child
        at = child.after


def whole(content: bytes) -> Node:
    """Return the outermost node; a file cut short, or with bytes after its end, is damaged."""
    node = node_at(content, 0, len(content))
    if node.after != len(content):
        raise ValueError
    return node


def octets(content: bytes, node: Node) -> bytes:
    """Return the bytes of an octet string, in one piece or in several."""
    if not node.tag & _CONSTRUCTED:
        return content[node.start : node.end]
    return b"".join(octets(content, child) for child in children(content, node))


def encode(tag: int, *parts: bytes) -> bytes:
    """Encode one node."""
    body = b"".join(parts)
    if len(body) < _UNTOLD:
        return bytes((tag, len(body))) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + len(body).to_bytes(size, "big") + body


def encode_integer(value: int) -> bytes:
    """Encode a positive integer."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))
