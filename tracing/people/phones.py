"""Parse telephone numbers as French senders write them into E.164. Pure.

The patterns of valid numbers come from libphonenumber's tables. They are applied directly, because its own
parser takes some 20 µs per number, more than everything else an import does with a line.
"""

import re
from typing import NamedTuple

import phonenumbers

from tracing.kernel.redaction import redacted

# National prefix → region whose numbering plan applies; anything else is metropolitan France.
_REGION_OF_PREFIX = {
    "590": "GP",
    "690": "GP",
    "691": "GP",
    "594": "GF",
    "694": "GF",
    "596": "MQ",
    "696": "MQ",
    "697": "MQ",
    "262": "RE",
    "263": "RE",
    "692": "RE",
    "693": "RE",
    "269": "YT",
    "639": "YT",
    "508": "PM",
}
# Numbers that the regulator reserves for films, exercises and documentation: they are never assigned.
_FICTION = re.compile(r"(?:19900|26191|35301|46571|53649|63998)\d{4}")
_TYPES = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "uan",
)

_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)
_SEVERAL = re.compile(r"[/;,|\n]|\bou\b|\bet\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d", re.ASCII)
_NOT_DIALLED = re.compile(r"[^0-9+]+")
_ONLY_ZEROS = re.compile(r"[0\s.\-+/]*")
# A French number, alone or next to another with only blanks between them.
_FRENCH = re.compile(
    r"(?<!\d)(?:(?:\+|00)33\D{0,3}(?:0\D{0,2})?|0)([1-9](?:[\s.,/\-_]{0,3}\d){8})(?!\d)",
    re.ASCII,
)
# One French number once blanks are removed, its leading zero possibly lost: nearly every cell.
_BLANKS = str.maketrans("", "", " .-_")
_PLAIN = re.compile(r"(?:0|(?:\+|00)33(?:0|\(0\))?)?([1-9]\d{8})", re.ASCII)
_LOST_PLUS = re.compile(r"(33|590|594|596|262)([1-9]\d{8})", re.ASCII)


@redacted
class PhonesRead(NamedTuple):
    """Content of a cell: usable numbers in E.164, and whether something in it is not a number."""

    numbers: tuple[str, ...] = ()
    invalid: bool = False


_NOTHING = PhonesRead()


def _pattern_of(region: str) -> re.Pattern[str]:
    """Return one pattern that matches every kind of valid number of a region."""
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
    kinds = (getattr(plan, kind) for kind in _TYPES) if plan else ()
    patterns = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


_PLANS = {
    region: (phonenumbers.country_code_for_region(region), _pattern_of(region))
    for region in ("FR", *sorted(set(_REGION_OF_PREFIX.values())))
}


def read_phones(cell: str, *, allow_fiction: bool = False, country: str = "FR") -> PhonesRead:
    """Read every number of a cell; an empty cell or a placeholder without a digit gives none and is no fault.

    A number without its country code is one of `country`.
    """
    if not cell:
        return _NOTHING
    if country != "FR":
        return _abroad(cell, country, allow_fiction=allow_fiction)
    if plain := _PLAIN.fullmatch(cell.translate(_BLANKS)):
        number = _french(plain[1], allow_fiction=allow_fiction)
        return PhonesRead((number,)) if number else PhonesRead(invalid=True)
    if _ONLY_ZEROS.fullmatch(cell):
        return _NOTHING
    if _SCIENTIFIC.fullmatch(cell):
        return PhonesRead(invalid=True)
    numbers = [number for part in _parts(cell) for number in _read_part(part, allow_fiction=allow_fiction)]
    return _as_read(numbers)


def _abroad(cell: str, country: str, *, allow_fiction: bool) -> PhonesRead:
    """Read the numbers of a cell that a sender of another country wrote, by that country's numbering plan."""
    if _ONLY_ZEROS.fullmatch(cell) or not _DIGIT.search(cell):
        return _NOTHING
    if _SCIENTIFIC.fullmatch(cell):
        return PhonesRead(invalid=True)
    whole = _dialled_in(cell, country, allow_fiction=allow_fiction)
    if whole:  # also “030/1234567”, which is one number
        return PhonesRead((whole,))
    parts = [part for part in _SEVERAL.split(cell) if _DIGIT.search(part) and not _ONLY_ZEROS.fullmatch(part)]
    return _as_read([_dialled_in(part, country, allow_fiction=allow_fiction) for part in parts])


def _dialled_in(text: str, country: str, *, allow_fiction: bool) -> str | None:
    """Read one number as it is dialled in a country; one reserved for fiction in France belongs to nobody anywhere."""
    dialled = _NOT_DIALLED.sub("", text)
    if allow_fiction and (plain := _PLAIN.fullmatch(dialled)) and _FICTION.fullmatch(plain[1]):
        return f"+33{plain[1]}"
    if dialled.startswith(("+33", "0033")):
        found = _PLAIN.fullmatch(dialled)
        return _french(found[1], allow_fiction=allow_fiction) if found else None
    return _foreign(f"+{dialled[2:]}" if dialled.startswith("00") else text, country)


def _as_read(numbers: list[str | None]) -> PhonesRead:
    """Return each usable number once; None in the list stands for text that is no number."""
    usable = dict.fromkeys(number for number in numbers if number)
    return PhonesRead(tuple(usable), invalid=None in numbers)


def _parts(cell: str) -> list[str]:
    """Split a cell that holds several numbers; “06,12,34,56,78” and “06/12/34/56/78” are one number each."""
    if len(_DIGIT.findall(cell)) <= 10:
        return [cell] if _DIGIT.search(cell) else []
    return [part for part in _SEVERAL.split(cell) if _DIGIT.search(part) and not _ONLY_ZEROS.fullmatch(part)]


def _read_part(part: str, *, allow_fiction: bool) -> list[str | None]:
    """Read one number, or several French ones with only blanks between them."""
    dialled = _NOT_DIALLED.sub("", part)
    if dialled.startswith("00"):
        dialled = "+" + dialled[2:]
    if dialled.startswith("+") and not dialled.startswith("+33"):
        return [_foreign(dialled)]
    if french := _FRENCH.findall(part):
        digits = [_NOT_DIALLED.sub("", number) for number in french]
        read = [_french(number, allow_fiction=allow_fiction) for number in digits]
        return [*read, None] if _DIGIT.search(_FRENCH.sub("", part)) else read
    return [_bare(dialled.lstrip("+"), allow_fiction=allow_fiction)]


def _bare(digits: str, *, allow_fiction: bool) -> str | None:
    """Read digits that lost their leading zero or plus sign in a spreadsheet."""
    if plain := _PLAIN.fullmatch(digits):
        return _french(plain[1], allow_fiction=allow_fiction)
    if not (international := _LOST_PLUS.fullmatch(digits)):
        return None
    if international[1] == "33":
        return _french(international[2], allow_fiction=allow_fiction)
    return _foreign("+" + digits)


def _french(national: str, *, allow_fiction: bool) -> str | None:
    """Return nine national digits in E.164 if that number is valid, in France or overseas; else None."""
    if _FICTION.fullmatch(national):
        return f"+33{national}" if allow_fiction else None
    region = _REGION_OF_PREFIX.get(national[:3], "FR")
    country_code, plan = _PLANS[region]
    subscriber = national[3:] if region == "PM" else national
    return f"+{country_code}{subscriber}" if plan.fullmatch(subscriber) else None


def _foreign(dialled: str, country: str | None = None) -> str | None:
    """Read a number with a country code or of a country; these are rare, so libphonenumber's slower parser is used."""
    try:
        number = phonenumbers.parse(dialled, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
