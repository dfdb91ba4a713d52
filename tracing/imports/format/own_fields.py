"""Read a line's own fields back from the content of its fingerprint: of most lines nothing else is sent. Pure."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from tracing.imports.format import fields
from tracing.imports.format.columns import FIELDS
from tracing.imports.format.dates import read_moment
from tracing.imports.format.line import AS_WRITTEN, DATES, NUMBERS, ParsedLine
from tracing.people.nir import read_nir
from tracing.people.rules import Identity

_IN_CONTENT = (*AS_WRITTEN, *DATES, "", *NUMBERS)
_MOST_IN_A_NUMBER = 15
_WIDTHS = {"TEL_MOBILE": 10, "TEL_FIXE": 10, "CODE_POSTAL": 5, "CODE_INSEE": 5, "FINESS_LABO": 9}


def own_fields(content: str) -> dict[str, str]:
    """Return a line's own fields: dates in ISO form, numbers without blanks and leading zeros."""
    # behind these stands what a message said beside the fields
    found = dict(zip(_IN_CONTENT, content.split("\x1f")[: len(_IN_CONTENT)], strict=True))
    del found[""]
    return found


def sent_id(content: str) -> str:
    """Return the result id as it came, be it one that says nothing."""
    return content.partition("\x1f")[0]


def fund_code_of(content: str) -> str:
    """Return the fund code of a line of which nothing else was read."""
    code = own_fields(content)["CODE_CAISSE"]
    return code.zfill(3).upper() if code else ""


def person_in(sent: Mapping[str, str]) -> Identity:
    """Return who a line's fields name, as far as they can be read: enough to compare people, nothing to call them."""
    sampled = read_moment(sent.get("DATE_PRELEVEMENT", ""))
    born = read_moment(sent.get("DATE_NAISSANCE", ""), not_after=sampled[0].date() if sampled else None)
    nir = read_nir(sent.get("NIR", ""))
    return Identity(
        birth_name=sent.get("NOM_NAISSANCE", ""),
        first_names=sent.get("PRENOMS", ""),
        birth_date=born[0].date() if born else None,
        sex=fields.read_sex(sent.get("SEXE", "")),
        nir=nir.number if nir else None,
    )


def values_of(line: ParsedLine, zone: ZoneInfo) -> tuple[str, ...]:
    """Return every field of a line for a person to look at: as it came, or as it can be read back."""
    if line.values:
        return line.values
    sent = own_fields(line.fingerprint_content)
    for name in DATES:
        sent[name] = _shown(sent[name])
    sent["CODE_CAISSE"] = fund_code_of(line.fingerprint_content)
    for name, width in _WIDTHS.items():
        # a zero that stands in front is French: another country's postcode has four digits
        if line.identity is None or not line.identity.country or name == "FINESS_LABO":
            sent[name] = fields.padded(sent[name], width)
    if line.identity is not None and len(sent["TEL_MOBILE"]) > _MOST_IN_A_NUMBER:
        sent["TEL_MOBILE"] = " / ".join(
            line.identity.phones
        )  # several numbers in one cell, whose blanks are gone
    if line.extracted_at is not None:
        sent["DATE_EXTRACTION"] = f"{line.extracted_at.astimezone(zone):%d/%m/%Y %H:%M:%S}"
    return tuple(sent.get(name, "") for name in FIELDS)


def _shown(text: str) -> str:
    """Return a date in ISO form as it is written in France; any other text as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) == len("2021-03-08") or moment.time() == moment.time().min:
        return f"{moment:%d/%m/%Y}"
    return f"{moment:%d/%m/%Y %H:%M:%S}" if moment.second else f"{moment:%d/%m/%Y %H:%M}"
