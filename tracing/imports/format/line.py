"""Parse a raw line into typed fields, warnings, and every reason why it cannot be used. Pure."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any, NamedTuple

from tracing.imports.format import fields
from tracing.imports.format.columns import FIELDS, RawLine
from tracing.imports.format.dates import in_utc
from tracing.imports.format.faults import Problem, find_faults, problems_of
from tracing.imports.format.laboratory import NOT_OURS
from tracing.imports.format.reading import (
    NEGATIVE,
    NOT_POSITIVE,
    OTHER_PATHOGEN,
    POSITIVE,
    Dates,
    Reading,
    read_dates,
)
from tracing.kernel.redaction import redacted
from tracing.people.countries import Country, read_national_number, read_postcode
from tracing.people.nir import read_nir
from tracing.people.phones import read_phones
from tracing.people.rules import Identity


class Doubt(StrEnum):
    """A doubtful field: a warning on a case that is created all the same."""

    NIR_INVALID = "NIR_INVALID"
    NIR_KEY_COMPUTED = "NIR_KEY_COMPUTED"
    PHONE_INVALID = "PHONE_INVALID"
    NO_PHONE = "NO_PHONE"
    FINESS_INVALID = "FINESS_INVALID"
    DATE_IGNORED = "DATE_IGNORED"
    DECEASED = "DECEASED"
    """The laboratory reports the person's death (PID-29, PID-30): nobody rings before a supervisor has decided."""


class LabFacts(NamedTuple):
    """What the laboratory found, and when."""

    sampled_at: datetime
    validated_at: datetime | None
    analysis: str
    loinc: str
    variant_screen: str
    symptoms: str
    onset_on: date | None


@redacted
class Background(NamedTuple):
    """Other data the laboratory sent: who ordered the test, where the person lives and works."""

    lab_finess: str
    lab_name: str
    prescriber_rpps: str
    prescriber_name: str
    health_professional: str
    housing: str
    housing_name: str

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-compatible form."""
        return self._asdict()


@redacted
class NegativePcr(NamedTuple):
    """Whose negative PCR a line is: compared with the people known as positive, then dropped, never stored."""

    identity: Identity
    """Names, birth date, sex and NIR: what the comparison needs."""
    sampled_on: date


@redacted
class ParsedLine(NamedTuple):
    """A parsed line. Only a positive line without a problem has an identity, facts and background."""

    row: int
    result_id: str
    result: str
    values: tuple[str, ...]
    """Every field as it came, in the order of the layout, for a line with a problem: a person will correct it."""
    fingerprint_content: str
    """The line's own fields, without lot number and extraction time, to be hashed with a key (`own_fields`)."""
    problems: tuple[Problem, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    identity: Identity | None = None
    facts: LabFacts | None = None
    background: Background | None = None
    fund_code: str = ""
    negative_pcr: NegativePcr | None = None
    extras: tuple[str, ...] = ()
    """What its message said beside the fields (`EXTRAS`), for a line with a problem."""
    extracted_at: datetime | None = None
    """When the file or the message was made, or received if it does not say so: which of two lines is newer."""

    @property
    def is_not_positive(self) -> bool:
        """Return whether the result is negative, uninterpretable or not done, whatever else is wrong."""
        return self.result in NOT_POSITIVE or self.result == OTHER_PATHOGEN


def parse(raw: RawLine, reading: Reading) -> ParsedLine:
    """Parse one raw line."""
    values: Sequence[str] = raw.values
    if not fields.PLACEHOLDERS.isdisjoint(values):  # one test for the whole line, as most have none
        values = ["" if value in fields.PLACEHOLDERS else value for value in values]
    sent = dict(zip(FIELDS, values, strict=True))
    dates = read_dates(sent, reading)
    content = _fingerprint_content(values, sent, dates)
    if raw.is_deceased:
        content += "\x1fDECES"  # a line that now says so is not the same line
    line_id, made_at = fields.read_id(sent["ID_RESULTAT"]), _made_at(dates, reading)
    if raw.is_bad_shape:
        return ParsedLine(
            raw.row, line_id, "", raw.values, content, (Problem.BAD_SHAPE,), extracted_at=made_at
        )
    code = sent["CODE_LOINC"]
    test = reading.laboratory.test_of(code, reading.tests) if code else ""
    if test in NOT_OURS:
        return ParsedLine(raw.row, line_id, OTHER_PATHOGEN, (), content, extracted_at=made_at)
    result = sent["RESULTAT"].upper()
    if result in NOT_POSITIVE:
        pcr = _negative_pcr(sent, dates, reading) if result == NEGATIVE else None
        return ParsedLine(
            raw.row,
            line_id,
            result,
            (),
            content,
            fund_code=_fund_code(sent) if pcr else "",
            negative_pcr=pcr,
            extracted_at=made_at,
        )
    faults = find_faults(sent, dates, is_test_known=test is not None, allow_old=reading.allow_old)
    if problems := problems_of(faults):
        return ParsedLine(
            raw.row,
            line_id,
            result,
            raw.values,
            content,
            problems,
            extras=raw.extras,
            extracted_at=made_at,
        )
    return _usable(raw, sent, content, dates, reading)


def _made_at(dates: Dates, reading: Reading) -> datetime:
    """Return when the file or message was made: received, if what it says is at the end of all time."""
    try:
        return in_utc(dates.now[0], reading.zone)
    except OverflowError:
        return reading.received_at


def _usable(raw: RawLine, sent: dict[str, str], content: str, dates: Dates, reading: Reading) -> ParsedLine:
    """Return the parsed form of a positive line without a problem."""
    doubts: list[Doubt] = []
    identity = _identity(sent, dates, doubts, reading)
    background = _background(sent, doubts)
    if dates.ignored:
        doubts.append(Doubt.DATE_IGNORED)
    if raw.is_deceased:
        doubts.append(Doubt.DECEASED)
    return ParsedLine(
        raw.row,
        fields.read_id(sent["ID_RESULTAT"]),
        POSITIVE,
        (),
        content,
        doubts=tuple(doubts),
        identity=identity,
        facts=_facts(sent, dates, reading),
        background=background,
        fund_code=_fund_code(sent),
        extracted_at=_made_at(dates, reading),
    )


def _negative_pcr(sent: dict[str, str], dates: Dates, reading: Reading) -> NegativePcr | None:
    """Return whose negative PCR a line is; None if it is another test, or does not say who and when."""
    analysis = fields.read_code(sent["TYPE_ANALYSE"], fields.ANALYSES, _analysis_of(sent, reading))
    if analysis != "PCR" or dates.birth is None or dates.sampled is None:
        return None
    if not (sent["NOM_NAISSANCE"] and sent["PRENOMS"]):
        return None
    nir = read_nir(sent["NIR"]) if sent["NIR"] else None
    identity = Identity(
        birth_name=sent["NOM_NAISSANCE"],
        first_names=sent["PRENOMS"],
        sex=fields.read_sex(sent["SEXE"]),
        birth_date=dates.birth,
        nir=nir.number if nir else None,
    )
    return NegativePcr(identity, dates.sampled[0].date())


def _fund_code(sent: dict[str, str]) -> str:
    return fields.padded(sent["CODE_CAISSE"], 3).upper()


def _identity(sent: dict[str, str], dates: Dates, doubts: list[Doubt], reading: Reading) -> Identity:
    """Return the identity of the person, adding doubtful fields to `doubts`."""
    assert dates.birth is not None  # noqa: S101  a line without a readable birth date has a problem
    if reading.is_french:
        nir, national_number, country = _nir(sent["NIR"], doubts), "", ""
        postcode = fields.padded(sent["CODE_POSTAL"], 5)
        if postcode[:1].isalpha():
            postcode, country = read_postcode(postcode, reading.country)
    else:
        nir, national_number = None, read_national_number(sent["NIR"], reading.country)
        postcode, country = read_postcode(sent["CODE_POSTAL"], reading.country)
    country = "" if country == Country.FRANCE else country
    return Identity(
        birth_name=sent["NOM_NAISSANCE"],
        usual_name=sent["NOM_USAGE"],
        first_names=sent["PRENOMS"],
        sex=fields.read_sex(sent["SEXE"]),
        birth_date=dates.birth,
        nir=nir,
        phones=_phones(sent, doubts, reading),
        email=fields.read_email(sent["COURRIEL"]),
        address=sent["ADRESSE"],
        postcode=postcode,
        city=sent["COMMUNE"],
        insee_code="" if country else fields.padded(sent["CODE_INSEE"], 5).upper(),
        country=country,
        national_number=national_number,
    )


def _nir(text: str, doubts: list[Doubt]) -> str | None:
    """Return a valid NIR; otherwise None, with a warning in `doubts`."""
    if not text.strip("0"):
        return None
    nir = read_nir(text)
    if nir is None:
        doubts.append(Doubt.NIR_INVALID)
        return None
    if nir.key_computed:
        doubts.append(Doubt.NIR_KEY_COMPUTED)
    return nir.number


def _phones(sent: dict[str, str], doubts: list[Doubt], reading: Reading) -> tuple[str, ...]:
    """Return the usable numbers, mobile numbers first."""
    is_fiction_allowed, country = reading.allow_fiction, reading.country
    mobile = read_phones(sent["TEL_MOBILE"], allow_fiction=is_fiction_allowed, country=country)
    landline = read_phones(sent["TEL_FIXE"], allow_fiction=is_fiction_allowed, country=country)
    if mobile.invalid or landline.invalid:
        doubts.append(Doubt.PHONE_INVALID)
    numbers = mobile.numbers + landline.numbers
    if not numbers:
        doubts.append(Doubt.NO_PHONE)
    return numbers if len(numbers) < 2 else tuple(dict.fromkeys(numbers))


def _facts(sent: dict[str, str], dates: Dates, reading: Reading) -> LabFacts:
    """Return what the laboratory found, with moments in UTC."""
    zone = reading.zone
    assert dates.sampled is not None  # noqa: S101  a line without a readable sampling date has a problem
    return LabFacts(
        sampled_at=in_utc(dates.sampled[0], zone),
        validated_at=dates.validated and in_utc(dates.validated, zone),
        analysis=fields.read_code(sent["TYPE_ANALYSE"], fields.ANALYSES, _analysis_of(sent, reading)),
        loinc=sent["CODE_LOINC"],
        variant_screen=fields.read_variant(sent["CRIBLAGE"]),
        symptoms=fields.read_code(sent["SYMPTOMES"], fields.SYMPTOMS, fields.UNKNOWN),
        onset_on=dates.onset,
    )


def _analysis_of(sent: dict[str, str], reading: Reading) -> str:
    """Return which analysis the code of the test stands for, or an empty string."""
    test = reading.laboratory.test_of(sent["CODE_LOINC"], reading.tests)
    return test if test in fields.ANALYSES else ""


def _background(sent: dict[str, str], doubts: list[Doubt]) -> Background:
    """Return the other data, with a warning in `doubts` for an impossible laboratory number."""
    finess = fields.read_finess(sent["FINESS_LABO"]) or ""
    if sent["FINESS_LABO"] and not finess:
        doubts.append(Doubt.FINESS_INVALID)
    return Background(
        lab_finess=finess,
        lab_name=sent["LIB_LABO"],
        prescriber_rpps=sent["RPPS_PRESCRIPTEUR"],
        prescriber_name=sent["NOM_PRESCRIPTEUR"],
        health_professional=fields.read_yes_no(sent["PROF_SANTE"]),
        housing=fields.read_code(sent["HEBERGEMENT"], fields.HOUSINGS, fields.UNKNOWN),
        housing_name=sent["STRUCTURE_HEBERGEMENT"],
    )


NOT_ITS_OWN = frozenset(("NUM_LOT", "DATE_EXTRACTION"))
DATES = ("DATE_NAISSANCE", "DATE_PRELEVEMENT", "DATE_VALIDATION", "DATE_DEBUT_SYMPTOMES")
NUMBERS = ("TEL_MOBILE", "TEL_FIXE", "CODE_POSTAL", "CODE_INSEE", "FINESS_LABO", "CODE_CAISSE", "NIR")
AS_WRITTEN = tuple(name for name in FIELDS if name not in (*NOT_ITS_OWN, *DATES, *NUMBERS))
_as_written = itemgetter(*map(FIELDS.index, AS_WRITTEN))
_numbers = itemgetter(*map(FIELDS.index, NUMBERS))
_BLANKS = str.maketrans("", "", " .-")
_LEADING_ZEROS = re.compile("(?<=\x1f)0+")


def _fingerprint_content(values: Sequence[str], sent: dict[str, str], dates: Dates) -> str:
    """Return the line's own fields as one string that is the same from a workbook as from text.

    A workbook turns dates and numbers into values, so readable dates are written in one format, and numbers lose
    their blanks and leading zeros.
    """
    numbers = "\x1f".join(("", *_numbers(values))).translate(_BLANKS)
    return "\x1f".join(
        (
            *_as_written(values),
            str(dates.birth or sent["DATE_NAISSANCE"]),
            str(dates.sampled[0] if dates.sampled else sent["DATE_PRELEVEMENT"]),
            str(dates.validated or sent["DATE_VALIDATION"]),
            str(dates.onset or sent["DATE_DEBUT_SYMPTOMES"]),
            _LEADING_ZEROS.sub("", numbers),
        )
    )
