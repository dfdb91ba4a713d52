"""What is said of a person's data: how long it is kept, who answers for it, and the page that says more."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from tracing.programmes.schema import Pack

_FRENCH = ("", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze")
_ENGLISH = (
    "",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_MONTH, _YEAR = 30, 365
PAGES = "/data"
"""Below the address of the public pages: the list of the notices, and under it that of each programme."""

_published: list[str] = []


@dataclass(frozen=True)
class DataNotice:
    """The notice of a programme as a person reads it, each part in French and in English."""

    sentences: tuple[tuple[str, str], ...]
    controller: str | None
    """Who decides what becomes of the data; None: no text is in force, and the platform's own office answers."""
    basis: str | None
    kept_for: tuple[str, str]


def publish_at(address: str | None) -> None:
    """Say below which address this process's public pages are; None: nobody can read them."""
    _published[:] = [address] if address else []


def _with_duration(sentence: str, how_long: str) -> str:
    """Return a French sentence with how long data is kept: « au bout d’un mois », « au bout de trois mois »."""
    if how_long.startswith("un "):
        sentence = sentence.replace("de {retention}", "d’{retention}")
    return sentence.replace("{retention}", how_long)


def kept_for(days: int) -> tuple[str, str]:
    """Return a number of days as it is said, in French and in English: 90 days are three months."""
    if days % _YEAR == 0 and days // _YEAR == 1:
        return "un an", "one year"
    months = days // _MONTH
    if days % _MONTH == 0 and 0 < months < len(_FRENCH):
        return f"{_FRENCH[months]} mois", f"{_ENGLISH[months]} month{'s' if months > 1 else ''}"
    return (f"{days} jours", f"{days} days") if days > 1 else ("un jour", "one day")


def page_name(pack: Pack) -> str:
    """Return the last part of the address of a programme's notice. Like its neutral label, it names no disease."""
    plain = unicodedata.normalize("NFKD", pack.neutral_label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def notice_address(pack: Pack) -> str | None:
    """Return where the notice can be read, as it is said: without `https://`. None: nowhere."""
    if pack.notice_address is not None:
        return pack.notice_address
    if not _published:
        return None
    return f"{re.sub(r'^https?://', '', _published[0])}{PAGES}/{page_name(pack)}"


def data_notice(pack: Pack, *, on: date) -> DataNotice:
    """Return the notice of a programme, by the law in force on a day."""
    kept = kept_for(pack.retention.person_days)
    law = next(
        (
            one
            for one in pack.law
            if one.in_force_from <= on and (one.in_force_to is None or on < one.in_force_to)
        ),
        None,
    )
    return DataNotice(
        tuple(
            (_with_duration(one, kept[0]), pack.english.get(one, one).replace("{retention}", kept[1]))
            for one in pack.information_notice
        ),
        law.controller if law else None,
        law.basis if law else None,
        kept,
    )
