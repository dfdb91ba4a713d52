"""Compare names: accents, case, hyphens and apostrophes are ignored. Pure."""

import re
import unicodedata

_COMBINING = re.compile("[\u0300-\u036f]")
_SEPARATORS = str.maketrans(dict.fromkeys("-‐‑‒–—,;./_'’‘ʼ´`\"()", " "))
# NFKD does not decompose these letters, but keyboards without them give two letters, or one without its stroke.
_WHOLE_LETTERS = str.maketrans(
    {
        "Œ": "OE",
        "œ": "oe",
        "Æ": "AE",
        "æ": "ae",
        "Ø": "O",
        "ø": "o",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "ı": "i",
    }
)


def name_tokens(name: str) -> list[str]:
    """Return the words of a name in upper case without accents: “Jean-Rémi” gives JEAN, REMI."""
    if not name.isascii():
        plain = unicodedata.normalize("NFKD", name.translate(_WHOLE_LETTERS))
        name = _COMBINING.sub("", plain)
    return name.upper().translate(_SEPARATORS).split()


def normal_form(name: str) -> str:
    """Return the normal form of a name, equal for all spellings of it."""
    return " ".join(name_tokens(name))


def first_given_name(first_names: str) -> str:
    """Return the first given name in normal form, or an empty string if there is none."""
    tokens = name_tokens(first_names)
    return tokens[0] if tokens else ""


def given_names_agree(ours: str, theirs: str) -> bool:
    """Return whether one list of given names begins with the other, name by name: laboratories cut the list."""
    first, second = name_tokens(ours), name_tokens(theirs)
    shorter = min(len(first), len(second))
    return shorter > 0 and first[:shorter] == second[:shorter]


def one_letter_apart(ours: str, theirs: str) -> bool:
    """Return whether two normal forms differ by exactly one letter replaced, added, dropped or transposed."""
    if ours == theirs or abs(len(ours) - len(theirs)) > 1:
        return False
    start = _common_prefix(ours, theirs)
    first, second = ours[start:], theirs[start:]
    if len(first) == len(second):
        return first[1:] == second[1:] or _exchanged(first, second)
    return first[1:] == second if len(first) > len(second) else first == second[1:]


def _common_prefix(ours: str, theirs: str) -> int:
    """Return the length of the common prefix."""
    for position, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return position
    return min(len(ours), len(theirs))


def _exchanged(ours: str, theirs: str) -> bool:
    """Return whether the first two letters are transposed and the rest is equal."""
    return len(ours) > 1 and ours[0] == theirs[1] and ours[1] == theirs[0] and ours[2:] == theirs[2:]
