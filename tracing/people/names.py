"""Compare names: accents, case, hyphens and apostrophes are ignored. Pure."""

import re
import unicodedata

_DIGITS = "0123456789"
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


_NO_GIVEN_NAMES = frozenset(
    (
        *(
            "BEBE",
            "BEBES",
            "BB",
            "ENFANT",
            "NOURRISSON",
            "JUMEAU",
            "JUMELLE",
            "GARCON",
            "FILLE",
            "FILS",
            "FOETUS",
        ),
        *("NN", "X", "XX", "XXX", "NP", "SP", "INCONNU", "INCONNUE", "ANONYME", "PRENOM", "NOUVEAUNE"),
        *("BABY", "NEWBORN", "INFANT", "UNKNOWN", "NEUGEBORENES", "SAUGLING", "UNBEKANNT"),
    )
)
_NO_GIVEN_NAMES_IN_WORDS = (
    ("NOUVEAU", "NE"),
    ("NOUVEAU", "NEE"),
    ("SANS", "PRENOM"),
    ("NE", "SOUS", "X"),
    ("N", "N"),
)
"""What is written where a given name would stand, mostly of a child not yet named."""


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


def is_no_given_name(first_names: str) -> bool:
    """Return whether a placeholder stands where the given names should be: BEBE, ENFANT 2, NN, X."""
    return placeholder_length(name_tokens(first_names)) > 0


def placeholder_length(tokens: list[str]) -> int:
    """Return how many words at the beginning are a placeholder; 0 if the list begins with a name."""
    if not tokens:
        return 0
    if tokens[0].rstrip(_DIGITS) in _NO_GIVEN_NAMES:
        return 1
    return next((len(words) for words in _NO_GIVEN_NAMES_IN_WORDS if tuple(tokens[: len(words)]) == words), 0)


def placeholders_may_be_one(ours: str, theirs: str) -> bool:
    """Return whether two placeholders may name one child: BEBE and BEBE 1 may, BEBE 1 and BEBE 2 are told apart."""
    first, second = name_tokens(ours), name_tokens(theirs)
    said, told = _after_placeholder(first), _after_placeholder(second)
    shorter = min(len(said), len(told))
    return said[:shorter] == told[:shorter]


def _after_placeholder(tokens: list[str]) -> list[str]:
    """Return what tells a placeholder apart, whether or not a blank stands before it: BEBE 1, BEBE1."""
    bare = tokens[0].rstrip(_DIGITS)
    number = tokens[0][len(bare) :]
    return [*filter(None, [number]), *tokens[placeholder_length(tokens) :]]


def given_names_agree(ours: str, theirs: str) -> bool:
    """Return whether one list of given names begins with the other, name by name: laboratories cut the list.

    A placeholder agrees with nothing: every unnamed child of a day has the same.
    """
    first, second = name_tokens(ours), name_tokens(theirs)
    shorter = min(len(first), len(second))
    return shorter > 0 and first[:shorter] == second[:shorter] and not placeholder_length(first)


def lacks_one_given_name(ours: str, theirs: str) -> bool:
    """Return whether one list of given names is the other without one: Marie Anne Claire and Marie Claire."""
    shorter, longer = sorted((name_tokens(ours), name_tokens(theirs)), key=len)
    if not shorter or len(longer) - len(shorter) != 1:
        return False
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))


def part_of_the_other(ours: str, theirs: str) -> bool:
    """Return whether all words of one name stand in the other, which is spelled otherwise: parts of a double name."""
    first, second = name_tokens(ours), name_tokens(theirs)
    if not first or not second or first == second:
        return False
    return set(first) <= set(second) or set(second) <= set(first)


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
