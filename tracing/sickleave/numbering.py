"""The number of a note as it is written, with its check digit, and what whoever checks a note must know of it.

`services.take_number` takes the next number.
"""

import re
import unicodedata
from datetime import date
from typing import Final

from stdnum import luhn

_SITE: Final = re.compile(r"[0-9A-Z]{3}")
_NUMBER: Final = re.compile(r"AI-(?P<site>[0-9A-Z]{3})-(?P<year>\d{4})-(?P<sequence>\d{7})-(?P<check>\d)")


def note_number(site_code: str, year: int, sequence: int) -> str:
    """Return `AI-<site>-<year>-<sequence>-<check digit>`. Sequences have no gaps within a site and a year."""
    if not _SITE.fullmatch(site_code):
        raise ValueError(f"a site code has three capital letters or digits, not {site_code!r}")
    if not 1000 <= year <= 9999 or not 1 <= sequence <= 9_999_999:
        raise ValueError(f"no number for sequence {sequence} of {year}")
    check = luhn.calc_check_digit(_digits(f"{site_code}{year}{sequence:07}"))
    return f"AI-{site_code}-{year}-{sequence:07}-{check}"


def is_note_number(text: str) -> bool:
    """Say whether a number is well formed and its check digit right."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return False
    digits = _digits(match["site"] + match["year"] + match["sequence"])
    return bool(luhn.is_valid(digits + match["check"]))


def initials_of(first_names: str, last_name: str) -> str:
    """Return the first letters of the first name and of the surname as they are printed, without accents: `LM`."""
    return _folded(first_names)[:1] + _folded(last_name)[:1]


def checked_text(*, number: str, initials: str, first_day: date, last_day: date, code: str) -> str:
    """Return what a note is checked by as one text: the same however its parts are typed.

    Case, accents, spaces, hyphens and the order of the initials do not count. Nonsense gives a text that no note has.
    """
    ordered = "".join(sorted(_folded(initials)))
    return "|".join((_folded(number), ordered, first_day.isoformat(), last_day.isoformat(), _folded(code)))


_LETTERS: Final = str.maketrans({"Œ": "O", "Æ": "A", "Ø": "O", "Ł": "L", "Đ": "D"})
"""Letters that have no accent to take off; of two joined ones, the first."""


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.upper().translate(_LETTERS))
    return "".join(one for one in letters if one.isalnum())


def _digits(text: str) -> str:
    """Write each letter as its two digits (A is 10), since the check digit is computed on digits."""
    return "".join(str(int(character, 36)) for character in text)
