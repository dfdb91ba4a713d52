"""The French social security number (NIR): its format, its check key, and whether it is this person's own. Pure."""

import re
from dataclasses import dataclass
from datetime import date

from stdnum.fr.nir import calc_check_digits

_SHAPE = re.compile(r"[1-478]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)(?:0[1-9]|[1-9]\d|2[AB])\d{6}(?:\d{2})?", re.ASCII)
_BETWEEN_DIGITS = re.compile(r"[\s.\-_/]+")
_BODY = 13
_SEX_DIGITS = {"M": "137", "F": "248"}


@dataclass(frozen=True, slots=True, repr=False)
class Nir:
    """A number whose check key is right, always 15 characters; `key_computed` when the sender gave only 13."""

    number: str
    key_computed: bool = False


def key_of(body: str) -> int:
    """Return the check key of the 13 characters, with Corsican departments counted as 19 and 18."""
    return int(calc_check_digits(body))


def read_nir(text: str) -> Nir | None:
    """Read a NIR of 15 characters, or of 13 whose key is then computed; None when it cannot be one.

    Digits lost in scientific notation are never guessed.
    """
    compact = text if text.isdecimal() else _BETWEEN_DIGITS.sub("", text).upper()
    if not _SHAPE.fullmatch(compact):
        return None
    key = key_of(compact[:_BODY])
    if len(compact) == _BODY:
        return Nir(f"{compact}{key:02}", key_computed=True)
    return Nir(compact) if int(compact[_BODY:]) == key else None


def counts_for(nir: str, *, sex: str, birth_date: date) -> bool:
    """Return whether a valid NIR fits this person; a child is often registered under a parent's number.

    An unknown sex contradicts nothing, and months above 12 mean incomplete civil status.
    """
    if nir[0] not in _SEX_DIGITS.get(sex, "1234578"):
        return False
    month = int(nir[3:5])
    return int(nir[1:3]) == birth_date.year % 100 and (month > 12 or month == birth_date.month)
