"""Parse HL7 v2 syntax: files, batches, messages, segments, fields and escapes. Pure.

Each message declares its own delimiters; the only assumption is that they differ from one another.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tracing.imports.parsing.delimited import Text
from tracing.imports.refusal_codes import CannotRead, Refusal

_BEGINNINGS = ("MSH", "BHS", "FHS")
_TYPE = re.compile(r"[A-Z0-9]{2,8}(?:\^[A-Z0-9]{2,8})?")
_RESULTS = "ORU^R01"
_RESULTS_OF_OLD = frozenset({"ORU", "ORU_R01"})
"""How senders of version 2.2 and before write it, and some of later ones."""
TEST = "test"
MOST_REASONS = 20
"""Types of messages that are counted apart; those of any further type count together."""
_MOST_SEGMENTS = 20_000
"""In one message: a day of one ward has a few hundred."""


@dataclass(frozen=True)
class Marks:
    """The delimiters of fields, components, repetitions and subcomponents, and the escape character."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str

    @classmethod
    def of(cls, header: str) -> "Marks":
        """Read the delimiters that a header segment declares."""
        marks = header[3:4] + header[4:].split(header[3:4] or "|", 1)[0].rstrip("\r\n")[:4]
        # Version 2.7 adds a truncation character after these; older senders leave the last ones out.
        if marks[5:] or len(marks) < 3 or len(set(marks)) < len(marks) or any(map(str.isalnum, marks)):
            raise CannotRead(Refusal.DAMAGED)
        return cls(*(marks + "|^~\\&"[len(marks) :]))

    def plain(self, text: str) -> str:
        """Return text with its escapes replaced; control characters that they stand for are left out."""
        if self.escape not in text:
            return text
        mark = re.escape(self.escape)
        return re.sub(f"{mark}([A-Z.][^{mark} ]*){mark}", self._escaped, text)

    def _escaped(self, found: re.Match[str]) -> str:
        """Return what one escape stands for; one that only formats text becomes a blank."""
        sequence = found[1]
        letters = {
            "F": self.field,
            "S": self.component,
            "R": self.repetition,
            "E": self.escape,
            "T": self.subcomponent,
        }
        if sequence in letters:
            return letters[sequence]
        if sequence.startswith("X"):
            return _from_hexadecimal(sequence[1:])
        if sequence in ("H", "N"):
            return ""
        # an escape that nobody knows stays as it was sent: it may be text
        return " " if sequence.startswith(".") else found[0]


class Segment:
    """One segment: its name and its fields, numbered as in the standard."""

    def __init__(self, line: str, marks: Marks) -> None:
        self.marks = marks
        self._fields = line.split(marks.field)
        self.name = self._fields[0]
        if self.name in _BEGINNINGS:
            self._fields.insert(1, marks.field)

    def raw(self, number: int) -> str:
        """Return a field exactly as sent."""
        return self._fields[number] if number < len(self._fields) else ""

    def repeated(self, number: int) -> list["Value"]:
        """Return all repetitions of a field."""
        text = self.raw(number)
        return [Value(each, self.marks) for each in text.split(self.marks.repetition)] if text else []

    def value(self, number: int) -> "Value":
        """Return the first repetition of a field."""
        return Value(self.raw(number).split(self.marks.repetition, 1)[0], self.marks)

    def text(self, number: int, component: int = 1) -> str:
        """Return one component of a field as plain text."""
        return self.value(number).text(component)


class Value:
    """One value of a field and its components."""

    def __init__(self, text: str, marks: Marks) -> None:
        self._marks = marks
        self._components = text.split(marks.component)

    @property
    def whole(self) -> str:
        """Return the value if it has one component only, else an empty string."""
        return self.text() if len(self._components) == 1 else ""

    def text(self, component: int = 1, part: int = 1) -> str:
        """Return a component, or one of its subcomponents, as plain text; HL7's explicit null becomes empty."""
        if component > len(self._components):
            return ""
        parts = self._components[component - 1].split(self._marks.subcomponent)
        text = parts[part - 1] if part <= len(parts) else ""
        return "" if text == '""' else self._marks.plain(text).strip()


_USUAL_MARKS = Marks("|", "^", "~", "\\", "&")
NOTHING = Value("", _USUAL_MARKS)
"""The value of a missing field."""
NO_SEGMENT = Segment("", _USUAL_MARKS)
"""Stands for a missing segment."""


@dataclass(repr=False)
class Message:
    """One message with its segments in order."""

    header: Segment
    batch: str = ""
    """The identifier of the batch or file that contained it."""
    segments: list[Segment] = field(default_factory=list)


@dataclass
class _Envelope:
    """What is open at the current point of a file: a file, a batch, a message."""

    is_file_open: bool = False
    is_batch_open: bool = False
    identifier: str = ""
    messages_in_batch: int = 0
    message: Message | None = None
    is_left_out: bool = False
    """The message that is read brings nothing: of another type, or a test."""


def looks_like_hl7(text: Text) -> bool:
    """Return whether the text is an HL7 message, or a batch of them."""
    return text.begins_with(*(f"{name}{mark}" for name in _BEGINNINGS for mark in "|#$^~!"))


def messages(text: Text, left_out: Counter[str] | None = None) -> Iterator[Message]:
    """Yield the messages of a file that bring results; a batch that ends too early or counts otherwise is damaged.

    Those that bring none are counted in `left_out`: of another type (by its name), or marked as a test or for training
    (`test`: MSH-11 is T or D, table 0103). A file that holds nothing else but other types is refused.
    """
    left_out = Counter() if left_out is None else left_out
    envelope = _Envelope()
    has_results = False
    for line in text.segments():
        name = line[:3]
        if name in (*_BEGINNINGS, "BTS", "FTS"):
            if envelope.message:
                yield envelope.message
                envelope.message = None
            reason = _open_or_close(envelope, name, line)
            if name == "MSH":
                envelope.is_left_out = reason is not None
                has_results = has_results or reason in (None, TEST)
            if reason is not None:
                left_out[reason if reason in left_out or len(left_out) < MOST_REASONS else "?"] += 1
        elif envelope.is_left_out:
            continue
        elif envelope.message is None:
            raise CannotRead(Refusal.DAMAGED)
        else:
            if len(envelope.message.segments) >= _MOST_SEGMENTS:
                raise CannotRead(Refusal.TOO_LARGE)
            envelope.message.segments.append(Segment(line, envelope.message.header.marks))
    if envelope.is_file_open or envelope.is_batch_open:
        raise CannotRead(Refusal.DAMAGED)
    if envelope.message:
        yield envelope.message
    if not has_results and left_out:
        raise CannotRead(Refusal.NO_RESULTS, found=next(iter(left_out)))


def _open_or_close(envelope: _Envelope, name: str, line: str) -> str | None:
    """Follow the headers and trailers; returns why a message that begins is left out, if it is."""
    envelope.is_left_out = False
    if name in ("FTS", "BTS"):
        _close(envelope, name, line)
        return None
    header = Segment(line, Marks.of(line))
    if name == "MSH":
        envelope.messages_in_batch += 1
        reason = _why_left_out(header)
        if reason is None:
            envelope.message = Message(header, envelope.identifier or header.text(10))
        return reason
    is_again = envelope.is_file_open if name == "FHS" else envelope.is_batch_open
    if is_again:
        raise CannotRead(Refusal.DAMAGED)
    envelope.identifier = header.text(11) or envelope.identifier
    if name == "FHS":
        envelope.is_file_open = True
    else:
        envelope.is_batch_open, envelope.messages_in_batch = True, 0
    return None


def _close(envelope: _Envelope, name: str, line: str) -> None:
    """Close a batch or a file; the trailer of a batch gives the number of messages it must contain."""
    if name == "FTS":
        if envelope.is_batch_open or not envelope.is_file_open:
            raise CannotRead(Refusal.DAMAGED)
        envelope.is_file_open = False
        return
    told = re.match(r"BTS\W(\d{1,9})(?!\d)", line)
    if not envelope.is_batch_open or (told and int(told[1]) != envelope.messages_in_batch):
        raise CannotRead(Refusal.DAMAGED)
    envelope.is_batch_open = False


def _why_left_out(header: Segment) -> str | None:
    """Return why a message brings no results: what it is, or that it is a test."""
    kind = f"{header.text(9, 1)}^{header.text(9, 2)}"
    if kind != _RESULTS and header.value(9).whole not in _RESULTS_OF_OLD:
        return kind if _TYPE.fullmatch(kind) else "?"
    return TEST if header.text(11).upper() in ("T", "D") else None


def _from_hexadecimal(digits: str) -> str:
    """Return the letters that an escape gives as hexadecimal bytes."""
    try:
        text = bytes.fromhex(digits).decode("utf-8")
    except ValueError:
        return ""
    return "".join(letter for letter in text if letter.isprintable())
