"""What differs by country in a person's identity: the national number, and how a postcode is written. Pure.

Telephone numbers are read in `phones`; the French national number (NIR) in `nir`.
"""

import re
from enum import StrEnum


class Country(StrEnum):
    """Where a sender is: how its national numbers, postcodes and telephone numbers are read. Codes of ISO 3166."""

    FRANCE = "FR"
    BELGIUM = "BE"
    LUXEMBOURG = "LU"
    GERMANY = "DE"
    SWITZERLAND = "CH"
    AUSTRIA = "AT"
    ITALY = "IT"
    SPAIN = "ES"
    OTHER = "ZZ"
    """Another country: postcodes stay as written, and only telephone numbers with a country code are read."""


_SIGNS = {"F": "FR", "B": "BE", "L": "LU", "D": "DE", "A": "AT", "I": "IT", "E": "ES"}
"""The sign of a country before a postcode (`L-1234`), where it is not its code."""
_PREFIXED = re.compile(r"([A-Za-z]{1,2})(?:[ .]?-[ .]?| )?(\d{4,5})", re.ASCII)
_NO_DIGIT = re.compile(r"\D", re.ASCII)


def read_postcode(text: str, country: str) -> tuple[str, str]:
    """Return a postcode and the country it belongs to: the one written before it (`L-1234`), else the sender's."""
    found = _PREFIXED.fullmatch(text)
    if found is None:
        return text, country
    sign, digits = found[1].upper(), found[2]
    return digits, _SIGNS.get(sign, sign if sign in Country.__members__.values() else country)


def read_national_number(text: str, country: str) -> str:
    """Return a person's national number in digits if its check digits are right, else an empty string.

    Swiss AHV number, Belgian national register number, Luxembourg matricule, Austrian insurance number. Other countries
    have none that a laboratory would send, and a French NIR is not read here.
    """
    digits = _NO_DIGIT.sub("", text)
    if not digits.strip("0"):
        return ""
    # Imported where they are needed: these libraries load slowly, and nearly all files are French.
    if country == Country.SWITZERLAND:
        from stdnum.ch import ssn  # noqa: PLC0415

        return digits if ssn.is_valid(digits) else ""
    if country == Country.BELGIUM:
        from stdnum.be import ssn as register  # noqa: PLC0415

        return digits if register.is_valid(digits) else ""
    if country == Country.LUXEMBOURG:
        return digits if _is_matricule(digits) else ""
    if country == Country.AUSTRIA:
        from stdnum.at import vnr  # noqa: PLC0415

        return digits if vnr.is_valid(digits) else ""
    return ""


def _is_matricule(digits: str) -> bool:
    """Return whether these are a birth date, a serial number, and its check digits by Luhn and by Verhoeff."""
    from stdnum import luhn, verhoeff  # noqa: PLC0415

    if len(digits) != 13 or not (1 <= int(digits[4:6]) <= 12 and 1 <= int(digits[6:8]) <= 31):
        return False
    return luhn.is_valid(digits[:12]) and verhoeff.is_valid(digits[:11] + digits[12])
