"""Find which fields keep a line from being used, and why: all of them at once, each with its field. Pure."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

from tracing.imports.format.columns import FIELDS, REQUIRED
from tracing.imports.format.dates import can_be_birth_date
from tracing.imports.format.fields import PLACEHOLDERS
from tracing.imports.format.laboratory import NOT_OURS
from tracing.imports.format.reading import NOT_POSITIVE, POSITIVE, Dates, Reading, is_later, read_dates

MOST_DAYS_OLD = 30
"""A sampling longer before the extraction waits for an officer: an old file, or a wrong year."""
_LETTER = re.compile(r"[^\W\d_]")
_NAMES = ("NOM_NAISSANCE", "PRENOMS")
_required = itemgetter(*REQUIRED)


class Problem(StrEnum):
    """Why a line cannot be used safely; the first that applies, in this order, is the decisive one."""

    BAD_SHAPE = "BAD_SHAPE"
    """The row has more filled cells than there are headings, or the file was cut in it: nothing is where it seems."""
    ID_TAKEN = "ID_TAKEN"
    """The same id was taken in before, of another person: a person says whether it is a correction or another patient."""
    CONTRADICTION = "CONTRADICTION"
    """The same id of the same person is positive in the same lot: the positive stands until a person has looked."""
    MISSING_FIELD = "MISSING_FIELD"
    BAD_DATE = "BAD_DATE"
    FUTURE_DATE = "FUTURE_DATE"
    OLD_SAMPLING = "OLD_SAMPLING"
    """Sampled long before the extraction. An officer may say that it is right all the same."""
    UNKNOWN_CODE = "UNKNOWN_CODE"


class Why(StrEnum):
    """What is wrong with a field."""

    EMPTY = "empty"
    NO_LETTER = "no_letter"
    UNREADABLE = "unreadable"
    BORN_LATER = "born_later"
    """After the sampling, or after the extraction if there is no sampling date."""
    TOO_LONG_AGO = "too_long_ago"
    AFTER_EXTRACTION = "after_extraction"
    AFTER_RECEIPT = "after_receipt"
    """After the time of receipt, which is the limit because the file does not say when it was made."""
    TOO_OLD = "too_old"
    """Sampled more than `MOST_DAYS_OLD` days before the extraction, or the receipt if the file does not say."""
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_TEST = "unknown_test"
    """Nobody has said yet whether this code is a test for the programme's disease."""
    TAKEN = "taken"
    """Another line has this result id."""


PROBLEMS = {
    Why.EMPTY: Problem.MISSING_FIELD,
    Why.NO_LETTER: Problem.MISSING_FIELD,
    Why.UNREADABLE: Problem.BAD_DATE,
    Why.BORN_LATER: Problem.BAD_DATE,
    Why.TOO_LONG_AGO: Problem.BAD_DATE,
    Why.AFTER_EXTRACTION: Problem.FUTURE_DATE,
    Why.AFTER_RECEIPT: Problem.FUTURE_DATE,
    Why.TOO_OLD: Problem.OLD_SAMPLING,
    Why.UNKNOWN_CODE: Problem.UNKNOWN_CODE,
    Why.UNKNOWN_TEST: Problem.UNKNOWN_CODE,
}
"""The format's reason for each of these."""


class Fault(NamedTuple):
    """A field that keeps a line from being used, and why."""

    field: str
    why: Why


def faults_of(values: Sequence[str], reading: Reading) -> tuple[Fault, ...]:
    """Return all faults of a line, in the order of the fields; empty if the line can be used."""
    sent = {name: "" if value in PLACEHOLDERS else value for name, value in zip(FIELDS, values, strict=True)}
    test = reading.laboratory.test_of(sent["CODE_LOINC"], reading.tests) if sent["CODE_LOINC"] else ""
    if sent["RESULTAT"].upper() in NOT_POSITIVE or test in NOT_OURS:
        return ()
    dates = read_dates(sent, reading)
    found = find_faults(sent, dates, is_test_known=test is not None, allow_old=reading.allow_old)
    return tuple(sorted(found, key=lambda fault: FIELDS.index(fault.field)))


def find_faults(
    sent: Mapping[str, str], dates: Dates, *, is_test_known: bool = True, allow_old: bool = False
) -> list[Fault]:
    """Return all faults of a line that claims to be positive, in no particular order."""
    found = _missing(sent) + _bad_dates(sent, dates)
    if not allow_old and dates.days_waited > MOST_DAYS_OLD:
        found.append(Fault("DATE_PRELEVEMENT", Why.TOO_OLD))
    if not is_test_known:
        found.append(Fault("CODE_LOINC", Why.UNKNOWN_TEST))
    if sent["RESULTAT"].upper() not in ("", POSITIVE):
        found.append(Fault("RESULTAT", Why.UNKNOWN_CODE))
    return found


def problems_of(faults: Sequence[Fault]) -> tuple[Problem, ...]:
    """Return the format's reasons for the faults of a line, the decisive one first."""
    if not faults:
        return ()
    met = {PROBLEMS[fault.why] for fault in faults}
    return tuple(problem for problem in Problem if problem in met)


def _missing(sent: Mapping[str, str]) -> list[Fault]:
    """Return the required fields that are empty; a name without a letter counts as empty."""
    found = []
    if "" in _required(sent):  # one test for all fields, as hardly any line has one
        found = [Fault(name, Why.EMPTY) for name in REQUIRED if not sent[name]]
    for name in _NAMES:
        if not _LETTER.search(sent[name]) and sent[name]:
            found.append(Fault(name, Why.NO_LETTER))
    return found


def _bad_dates(sent: Mapping[str, str], dates: Dates) -> list[Fault]:
    """Return the dates that are unreadable or impossible."""
    found = []
    if dates.birth is None:
        if sent["DATE_NAISSANCE"]:
            found.append(Fault("DATE_NAISSANCE", Why.UNREADABLE))
    elif not can_be_birth_date(dates.birth, on=dates.tested_on):
        was_born_later = dates.birth > dates.tested_on
        found.append(Fault("DATE_NAISSANCE", Why.BORN_LATER if was_born_later else Why.TOO_LONG_AGO))
    if dates.sampled is None:
        if sent["DATE_PRELEVEMENT"]:
            found.append(Fault("DATE_PRELEVEMENT", Why.UNREADABLE))
    elif is_later(dates.sampled, dates.now):
        why = Why.AFTER_EXTRACTION if dates.is_extraction else Why.AFTER_RECEIPT
        found.append(Fault("DATE_PRELEVEMENT", why))
    return found
