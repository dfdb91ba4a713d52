"""Read single fields of a line: placeholders, codes, identifiers and what spreadsheets do to them. Pure."""

import re
from functools import lru_cache

from stdnum import luhn

# What senders write for “nothing”.
_WORDS = ("nc", "nr", "nd", "n/a", "n.c.", "inconnu", "inconnue", "aucun", "aucune", "neant", "néant", "null")
_MARKS = ("non renseigné", "non renseigne", "-", "--", ".", "?")
# Errors that LibreOffice shows as a number; the others begin with `#` (columns.clean).
_ERRORS = tuple(f"Err{mark}{number}" for mark in (":", " :", "\u202f:") for number in range(501, 541))
PLACEHOLDERS = frozenset(
    spelled(word) for word in (*_WORDS, *_MARKS) for spelled in (str.lower, str.upper, str.capitalize)
) | frozenset(_ERRORS)

_DIGITS = re.compile(r"\d+", re.ASCII)
_BETWEEN_DIGITS = re.compile(r"[\s.\-_/]+")
_FINESS = re.compile(r"(?:\d{2}|2[AB])\d{7}", re.ASCII)
_LETTER_DIGITS = str.maketrans("AB", "12")
_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>.]{2,}")
_VARIANT = re.compile(r"(?:A[0189])?(?:B[0189])?(?:C[0189])?(?:D[0189])?")

# As spreadsheets write a number that is too long to show: of an id, digits are lost then.
_SCIENTIFIC = re.compile(r"[+-]?(?:\d+[.,]\d+ ?[eE][+-]?|\d+ ?[eE][+])\d{1,3}", re.ASCII)

_SEXES = {
    "M": "M",
    "H": "M",
    "1": "M",
    "MASCULIN": "M",
    "HOMME": "M",
    "F": "F",
    "2": "F",
    "FEMININ": "F",
    "FÉMININ": "F",
    "FEMME": "F",
    "I": "I",
}
_YES_NO = {"O": "O", "OUI": "O", "VRAI": "O", "N": "N", "NON": "N", "FAUX": "N"}
ANALYSES = frozenset({"PCR", "AG"})
SYMPTOMS = frozenset({"ASY", "S01", "S24", "S57", "SP7"})
HOUSINGS = frozenset("IEHPC")
UNKNOWN = "U"


def padded(text: str, width: int) -> str:
    """Restore the leading zero of an identifier that a spreadsheet dropped: a postcode of 1000 is 01000."""
    if len(text) == width or not text:
        return text
    compact = _BETWEEN_DIGITS.sub("", text)
    return f"0{compact}" if len(compact) == width - 1 and _DIGITS.fullmatch(compact) else text


def read_id(text: str) -> str:
    """Return a result id, or an empty string for one in scientific notation: several results share what is left."""
    if ("E" in text or "e" in text) and _SCIENTIFIC.fullmatch(text):
        return ""
    return text


@lru_cache(maxsize=4096)
def read_finess(text: str) -> str | None:
    """Return a FINESS number whose check digit is right (Luhn, Corsican letters counted as 1 and 2), or None."""
    compact = padded(_BETWEEN_DIGITS.sub("", text).upper(), 9)
    if not _FINESS.fullmatch(compact):
        return None
    return compact if luhn.is_valid(compact.translate(_LETTER_DIGITS)) else None


def read_email(text: str) -> str:
    """Return the text if it looks like an e-mail address, else an empty string."""
    return text if _EMAIL.fullmatch(text) else ""


def read_sex(text: str) -> str:
    """Return M, F or I, or an empty string if it is not given."""
    return _SEXES.get(text.upper(), "")


def read_yes_no(text: str) -> str:
    """Return O, N or U."""
    return _YES_NO.get(text.upper(), UNKNOWN)


def read_code(text: str, known: frozenset[str], otherwise: str) -> str:
    """Return a code of the layout, or `otherwise` for an unknown one."""
    code = text.upper()
    return code if code in known else otherwise


def read_variant(text: str) -> str:
    """Return a screening code (letters in order, each with 0, 1, 8 or 9), or an empty string."""
    return text if _VARIANT.fullmatch(text) else ""
