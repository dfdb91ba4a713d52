"""HL7 messages at the door: whether one can be taken, and the acknowledgement (ACK) that answers it. Pure.

Only the header is understood here; what the message says is read in the reading process, like any other file.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from tracing.imports.arrivals.errors import (
    MessageRefused,
    MessageTooLong,
    NoControlId,
    NoObservationSent,
    NoPatient,
    NotAMessage,
    NotResults,
)
from tracing.imports.limits import MOST_MESSAGE_BYTES
from tracing.imports.parsing.hl7 import Marks, Segment
from tracing.imports.refusal_codes import CannotRead

BEGINNINGS = (b"MSH", b"FHS", b"BHS")
_BEFORE = b"\x0b\r\n \xef\xbb\xbf"
_AFTER = b"\x1c\x1a\r\n \x00"
_ENDS = re.compile(rb"[\r\n]+")
_SENT_AT = 6
"""Position of MSH-7 when the header is split at its field separator."""
_TESTS = ("T", "D")
_MOST_ECHOED = 200
"""Characters of each field of the header that the acknowledgement repeats."""
_ERR_SINCE = (2, 5)
"""The version that gave ERR its present fields."""
_TYPOGRAPHIC = str.maketrans({"’": "'", "«": '"', "»": '"', "\u202f": " ", "\xa0": " ", "…": "..."})


def looks_like_messages(content: bytes) -> bool:
    """Return whether bytes are HL7 messages in clear text, rather than an encrypted file."""
    return content[:16].lstrip(_BEFORE).startswith(BEGINNINGS)


@dataclass(frozen=True, repr=False)
class Sent:
    """Messages as they came, without frame bytes and blank lines."""

    segments: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def of(cls, content: bytes) -> "Sent":
        """Read what was sent."""
        lines = _ENDS.split(content.lstrip(_BEFORE).rstrip(_AFTER))
        return cls(tuple(line for line in lines if line.strip()))

    @property
    def content(self) -> bytes:
        """The segments with their standard end."""
        return b"".join(segment + b"\r" for segment in self.segments)

    @property
    def is_batch(self) -> bool:
        """Return whether these are several messages, or a file or batch of them."""
        headers = sum(segment.startswith(b"MSH") for segment in self.segments)
        return headers > 1 or any(segment.startswith((b"FHS", b"BHS")) for segment in self.segments[:1])

    @property
    def encoding(self) -> str:
        """What its letters are written in, as far as it matters for joining messages."""
        try:
            self.content.decode("utf-8")
        except UnicodeDecodeError:
            charset = header_of(self).charset[:40]
            return f"8 bit {charset}".strip()
        return "utf-8"

    @property
    def identity(self) -> str:
        """The message without the time at which it was sent: what is sent again has another one."""
        first = self.segments[0].decode("latin-1")
        fields = first.split(first[3:4] or "|")
        fields[_SENT_AT : _SENT_AT + 1] = [""]
        return "\r".join(["|".join(fields), *(each.decode("latin-1") for each in self.segments[1:])])


@dataclass(frozen=True, repr=False)
class Header:
    """What the acknowledgement repeats of a message, exactly as it was sent."""

    marks: Marks = field(default_factory=lambda: Marks("|", "^", "~", "\\", "&"))
    sender: tuple[str, str] = ("", "")
    receiver: tuple[str, str] = ("", "")
    kind: str = ""
    control_id: str = ""
    processing: str = ""
    version: str = ""
    charset: str = ""
    is_ascii: bool = True
    is_utf8: bool = True

    @property
    def trigger(self) -> str:
        """The event of the message: R01."""
        return self.kind.split(self.marks.component)[1] if self.marks.component in self.kind else ""


def header_of(sent: Sent) -> Header:
    """Return the header of a message.

    Raises:
        NotAMessage: it has none that can be read.
    """
    first = sent.segments[0] if sent.segments else b""
    if not first.startswith(b"MSH"):
        raise NotAMessage
    line = first.decode("latin-1")
    try:
        marks = Marks.of(line)
    except CannotRead as cause:
        raise NotAMessage from cause
    segment = Segment(line, marks)
    fields = [segment.raw(number)[:_MOST_ECHOED] for number in range(19)]
    return Header(
        marks=marks,
        sender=(fields[3], fields[4]),
        receiver=(fields[5], fields[6]),
        kind=fields[9],
        control_id=fields[10].strip(),
        processing=fields[11],
        version=fields[12],
        charset=fields[18].split(marks.repetition)[0].strip().upper(),
        is_ascii=sent.content.isascii(),
        is_utf8=_is_utf8(sent.content),
    )


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def check(sent: Sent) -> Header:
    """Return the header of a message that can be taken.

    A message that is a test or for training is taken, whatever else it holds: it makes nothing, and is counted.

    Raises:
        MessageRefused: nothing could ever be read from it, so its sender is told at once.
    """
    header = header_of(sent)
    if len(sent.content) > MOST_MESSAGE_BYTES:
        raise MessageTooLong
    if not header.control_id:
        raise NoControlId
    kind = header.kind.split(header.marks.component)
    if [part.strip() for part in kind[:2]] != ["ORU", "R01"]:
        raise NotResults
    if header.processing.split(header.marks.component)[0].strip() in _TESTS:
        return header
    names = {segment[:3] for segment in sent.segments}
    if b"PID" not in names:
        raise NoPatient
    if b"OBX" not in names:
        raise NoObservationSent
    return header


def find_header(sent: Sent) -> Header:
    """Return the header as far as it can be read: what is refused is answered, too."""
    try:
        return header_of(sent)
    except NotAMessage:
        return Header()


def acknowledgement(
    header: Header, *, text: str, refusal: MessageRefused | None = None, own_id: str, at: datetime
) -> bytes:
    """Return the ACK of a message: taken (AA), or refused and why (AE, AR)."""
    marks = header.marks
    separator, component = marks.field, marks.component
    trigger = header.trigger or "R01"
    application, facility = header.receiver
    encoding_characters = component + marks.repetition + marks.escape + marks.subcomponent
    version = header.version or "2.5.1"
    kind = ["ACK", trigger, "ACK"] if _number_of(version) >= (2, 4) else ["ACK", trigger]
    head = [
        "MSH",
        encoding_characters,
        application or "TRACING",
        facility,
        *header.sender,
        f"{at:%Y%m%d%H%M%S}+0000",
        "",
        component.join(kind),
        own_id,
        header.processing or "P",
        version,
        *("", "", "", "", ""),
        header.charset,
    ]
    code = refusal.code if refusal else "AA"
    answer = ["MSA", code, header.control_id, _escaped(text, header)]
    segments = [head, answer]
    if refusal:
        number, name = refusal.condition
        condition = component.join((str(number), name, "HL70357"))
        if _number_of(version) >= _ERR_SINCE:
            segments.append(["ERR", "", "", condition, "E", "", "", "", _escaped(text, header)])
        else:
            answer += ["", "", condition]
    written = "".join(separator.join(fields).rstrip(separator) + "\r" for fields in segments)
    return written.encode("latin-1")


def _number_of(version: str) -> tuple[int, ...]:
    found = re.match(r"(\d{1,2})\.(\d{1,2})", version)
    return (int(found[1]), int(found[2])) if found else (2, 5)


def _escaped(text: str, header: Header) -> str:
    """Return text in the sender's own letters, with its delimiters escaped, as what latin-1 then writes."""
    marks = header.marks
    letters = {
        marks.escape: "E",
        marks.field: "F",
        marks.component: "S",
        marks.repetition: "R",
        marks.subcomponent: "T",
    }
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    written = "".join(
        f"{marks.escape}{letters[letter]}{marks.escape}" if letter in letters else letter for letter in plain
    )
    if header.charset.startswith("UNICODE") or (not header.is_ascii and header.is_utf8):
        return written.encode("utf-8").decode("latin-1")
    written = written.translate(_TYPOGRAPHIC)
    if header.charset.startswith("8859") or not header.is_ascii:
        return written.encode("latin-1", "replace").decode("latin-1")
    # a sender that names no letters beyond ASCII is answered in ASCII
    return unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode()
