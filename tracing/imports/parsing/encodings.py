"""Tell the encoding of a text from all its bytes: by its mark, by what is valid, then by which letters make sense. Pure.

French senders use UTF-8, Windows-1252 and ISO-8859-15; CP850 comes from old laboratory systems, Mac Roman from a
Macintosh's spreadsheet. In the last two every byte is valid, so that a name would be garbled without a trace.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple

from tracing.imports.refusal_codes import CannotRead, Refusal

UNREADABLE = "\ufdd0"
"""Stands where a byte is no letter of the text's encoding; Unicode promises that no text contains it."""

_WINDOWS, _LATIN_9 = "cp1252", "iso-8859-15"
_NAMES = {_WINDOWS: "Windows-1252", "cp850": "CP850", "mac_roman": "Mac Roman"}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PIECE = 1 << 18
_HEAD = 4_096
_MOST_WORDS = 5_000
_MOST_TIMES = 3
"""A heading or a town stands in every line: it counts no more than a few names."""
_REST_OF_A_WORD = re.compile(rb"[\x80-\xff][A-Za-z\x80-\xff]{0,60}")
_BEGINNING_OF_A_WORD = re.compile(rb"[A-Za-z]*\Z")
_SEQUENCE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{1,3}")
_HIGH_BYTES = bytes(range(0x80, 0x100))
_WINDOWS_ONLY = re.compile(rb"[\x80-\x9f]")
_LATIN_9_ONLY = re.compile(rb"[\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe]")

_FRENCH = frozenset("éèêëàâçôîïùûœÉÈÊËÀÂÇÔÎÏÙÛŒ")
_RARER = frozenset("äöüÄÖÜßæÆÿŸ")
_ON_THE_KEYBOARD = frozenset("éèçàù")
"""Typed in small letters even amid capitals: LEFéVRE."""
_OTHER_LETTERS = frozenset("ñáíóúãõøåßšžłìòñýÑÁÍÓÚÃÕØÅŠŽŁÌÒÝ")
_AT_AN_EDGE = frozenset("¿¡…“”«»–—€°•·§²³\xa0")
_LEAST_LEAD = 0.75
_PLAUSIBLE = 0.3
"""Windows-1252 is by far the most frequent: it is given up only where it explains far less than another."""
_IMPLAUSIBLE = -1.5
_LEAST_ON_AVERAGE = 0.4
"""Points for each word."""


class Encoding(NamedTuple):
    """How to decode a text."""

    codec: str
    skip: int = 0
    """Bytes of the byte-order mark."""
    errors: str = "unreadable"
    """What to do with bytes that are not valid: a name registered here."""


def encoding_of(content: bytes) -> Encoding:
    """Return the encoding of a text.

    Raises:
        CannotRead: its bytes make sense in none of the encodings that are sent, or in several.
    """
    for mark, name in _BOMS:
        if content.startswith(mark):
            return _utf_8(content, len(mark)) if name == "utf-8" else Encoding(name, len(mark))
    head = content[:_HEAD]
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        # the letters of French text have a zero byte each
        if len(head) > 1 and head[start::2].count(0) > 0.7 * (len(head) // 2) > 2 * head[
            1 - start :: 2
        ].count(0):
            return Encoding(name)
    return _utf_8(content, 0)


def _utf_8(content: bytes, skip: int) -> Encoding:
    """Return UTF-8 if the text is valid in it or mostly so, else the 8-bit encoding in which it makes sense."""
    if _is_utf_8(content):
        return Encoding("utf-8", skip)
    high = len(content) - len(content.translate(None, _HIGH_BYTES))
    if 2 * sum(len(found[0]) for found in _SEQUENCE.finditer(content)) >= high:
        # a few lines were added by another program: they are decoded by themselves
        strange = b"\n".join(line for line in content[skip:].split(b"\n") if not _is_utf_8(line))
        try:
            return Encoding("utf-8", skip, f"else-{_eight_bit(_SEQUENCE.sub(b' ', strange))}")
        except CannotRead:
            return Encoding("utf-8", skip)
    name = _eight_bit(content[skip:])
    is_latin_9 = name == _WINDOWS and not _WINDOWS_ONLY.search(content) and _LATIN_9_ONLY.search(content)
    return Encoding(_LATIN_9 if is_latin_9 else name, skip)


def _is_utf_8(content: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(content), _PIECE):
            decoder.decode(content[at : at + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _eight_bit(content: bytes) -> str:
    """Return the 8-bit encoding in which the words with accents make sense: judged over the whole text."""
    words = Counter(islice(_words(content), _MOST_WORDS))
    scores = {
        name: sum(_sense(word, name) * min(times, _MOST_TIMES) for word, times in words.items())
        for name in (*_NAMES, _LATIN_9)
    }
    usual, latin_9 = scores.pop(_WINDOWS), scores.pop(_LATIN_9)
    if not _WINDOWS_ONLY.search(content):
        usual = max(usual, latin_9)
    usual += 0.5
    (best, most), (other, second) = sorted(scores.items(), key=lambda one: -one[1])
    if usual >= max(_PLAUSIBLE * most, most - _LEAST_LEAD) and usual > _IMPLAUSIBLE:
        return _WINDOWS
    accents = sum(min(times, _MOST_TIMES) for times in words.values())
    if most > _LEAST_ON_AVERAGE * accents and most - max(second, usual) >= _LEAST_LEAD:
        return best
    if 10 * words.total() <= content.count(b"\n"):
        return "ascii"  # a trifle: the few rows with these letters wait
    first = _REST_OF_A_WORD.search(content)
    line = content.count(b"\n", 0, first.start() if first else 0) + 1
    candidates = [best, other] if most > 0 else _NAMES
    raise CannotRead(
        Refusal.UNKNOWN_ENCODING, line=str(line), candidates=", ".join(_NAMES[one] for one in candidates)
    )


def _words(content: bytes) -> Iterator[bytes]:
    """Yield the words with letters beyond ASCII."""
    for found in _REST_OF_A_WORD.finditer(content):
        begins = _BEGINNING_OF_A_WORD.search(content[max(0, found.start() - 20) : found.start()])
        yield (begins[0] if begins else b"") + found[0]


def _sense(word: bytes, encoding: str) -> float:
    """Return how much sense the letters beyond ASCII make in one word, one point for each at most."""
    text = word.decode(encoding, "unreadable")
    plain = [letter for letter in text if letter.isascii()]
    is_capitals = len(plain) > 1 and all(map(str.isupper, plain))
    return sum(
        _sense_of(text, at, is_capitals=is_capitals) for at, letter in enumerate(text) if not letter.isascii()
    )


def _sense_of(text: str, at: int, *, is_capitals: bool) -> float:
    letter, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if letter == UNREADABLE:
        return -3
    if letter in _FRENCH or letter in _RARER or letter in _OTHER_LETTERS:
        return _sense_of_letter(letter, before, after, is_capitals=is_capitals)
    if letter == "\xa0":
        return 0.5
    if not before and not after:
        return 0
    if letter == "’" and before and after:
        return 0.5
    if letter in _AT_AN_EDGE and not (before.isalpha() and after.isalpha()):
        return 0.2
    return -1


def _sense_of_letter(letter: str, before: str, after: str, *, is_capitals: bool) -> float:
    if before and after and not before.isascii() and not after.isascii():
        return -1  # no French word has three letters with accents in a row
    if not before and not after:
        return 0.5 if letter in "àÀ" else -0.3
    if letter.isupper() and (before.islower() or (before.isalpha() and after.islower())):
        return -1
    if letter.islower() and before.islower() and after.isupper():
        return -0.5
    if letter.islower() and is_capitals:
        return 0.6 if letter in _ON_THE_KEYBOARD else 0
    if letter in _FRENCH:
        return 1
    return 0.7 if letter in _RARER else 0.4


def _unreadable(error: UnicodeError, *, otherwise: str | None = None) -> tuple[str, int]:
    """Replace bytes that are not valid: by their letters in another encoding, or by the mark of an unreadable one."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    if otherwise is None:
        return UNREADABLE * len(bad), error.end
    text = bad.decode(otherwise, "unreadable")
    return "".join(letter if letter.isalpha() else UNREADABLE for letter in text), error.end


codecs.register_error("unreadable", _unreadable)
for _name in (*_NAMES, "ascii"):
    codecs.register_error(f"else-{_name}", partial(_unreadable, otherwise=_name))
