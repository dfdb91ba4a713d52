"""S/MIME and PEM: remove what a mail program wraps around CMS, in memory. Pure.

Small on purpose: one part, or two of which the second is a signature. Any other form of mail is refused.
"""

import binascii
import quopri
import re
from typing import NamedTuple

from tracing.imports.refusal_codes import CannotRead, Refusal
from tracing.kernel.redaction import redacted

_LONGEST_HEAD = 8_192
_HEADER = re.compile(rb"[A-Za-z][A-Za-z-]*:[ \t]?[^\r\n]*\r?\n")
_BLANK = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_PARAMETER = re.compile(rb';\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s;]+))')
_PEM = re.compile(rb"-----BEGIN (PKCS7|CMS|PKCS #7 SIGNED DATA)-----\s")
_PEM_END = b"-----END "


@redacted
class Entity(NamedTuple):
    """The decoded body of a mail, and the content type from its header."""

    kind: str
    body: bytes
    boundary: bytes = b""

    @property
    def is_signed(self) -> bool:
        """Return whether it has two parts, the second of which signs the first."""
        return self.kind == "multipart/signed"


def is_pem(content: bytes) -> bool:
    """Return whether this is CMS as PEM text."""
    return _PEM.match(content.lstrip()[:64]) is not None


def from_pem(content: bytes) -> bytes:
    """Return the CMS structure in PEM text."""
    begins = _PEM.search(content)
    ends = content.find(_PEM_END)
    if not begins or ends < begins.end():
        raise CannotRead(Refusal.DAMAGED)
    return _from_base64(content[begins.end() : ends])


def is_mime(content: bytes) -> bool:
    """Return whether this begins with a mail header that declares its content."""
    head = content[:_LONGEST_HEAD]
    return _HEADER.match(head) is not None and b"content-type:" in _BLANK.split(head, maxsplit=1)[0].lower()


def entity_of(content: bytes) -> Entity:
    """Return the content of a mail."""
    ends = _BLANK.search(content[:_LONGEST_HEAD])
    if ends is None:
        raise CannotRead(Refusal.DAMAGED)
    headers = _headers(content[: ends.start()])
    kind, *_ = headers.get("content-type", b"text/plain").split(b";")
    parameters = {
        name.lower(): quoted or plain
        for name, quoted, plain in _PARAMETER.findall(headers.get("content-type", b""))
    }
    body = content[ends.end() :]
    return Entity(
        kind.strip().lower().decode("ascii", "replace"),
        _decoded(body, headers.get("content-transfer-encoding", b"binary").strip().lower()),
        parameters.get(b"boundary", b""),
    )


def first_part(entity: Entity) -> bytes:
    """Return the signed part: everything between the first two boundaries."""
    mark = b"--" + entity.boundary
    begins = entity.body.find(mark)
    starts = entity.body.find(b"\n", begins + len(mark)) + 1
    ends = entity.body.find(b"\n" + mark, starts - 1)
    if not entity.boundary or begins < 0 or starts == 0 or ends < starts:
        raise CannotRead(Refusal.DAMAGED)
    return entity.body[starts:ends].removesuffix(b"\r")


def _headers(head: bytes) -> dict[str, bytes]:
    """Return the headers by name, with folded lines joined."""
    named = (line.partition(b":") for line in _FOLDED.sub(b" ", head).splitlines())
    return {name.strip().lower().decode("ascii", "replace"): value.strip() for name, _, value in named}


def _decoded(body: bytes, encoding: bytes) -> bytes:
    """Reverse the transfer encoding of a mail body."""
    match encoding:
        case b"base64":
            return _from_base64(body)
        case b"quoted-printable":
            return quopri.decodestring(body)
        case b"7bit" | b"8bit" | b"binary":
            return body
    raise CannotRead(Refusal.DAMAGED)


def _from_base64(text: bytes) -> bytes:
    """Decode base64, with any line ends."""
    try:
        return binascii.a2b_base64(text)
    except binascii.Error as cause:
        raise CannotRead(Refusal.DAMAGED) from cause
