"""Which field of a quarantined line is at fault, and why: each beside its field, all of them at once. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from tracing.imports.dates import can_be_birth_date, read_moment
from tracing.imports.fields import PLACEHOLDERS
from tracing.imports.layout import FIELDS, REQUIRED
from tracing.imports.lines import NOT_POSITIVE, POSITIVE, Problem, Reading

_LETTER = re.compile(r"[^\W\d_]")

Moment = tuple[datetime, bool]
"""A local date and time, and whether a time was given at all."""


class Why(StrEnum):
    """What is wrong with a field."""

    EMPTY = "empty"
    NO_LETTER = "no_letter"
    UNREADABLE = "unreadable"
    BORN_LATER = "born_later"
    """After the sampling, or after the extraction where there is no sampling."""
    TOO_LONG_AGO = "too_long_ago"
    AFTER_EXTRACTION = "after_extraction"
    AFTER_RECEIPT = "after_receipt"
    """The file does not say when it was made: the time of receipt counts."""
    UNKNOWN_CODE = "unknown_code"
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
    Why.UNKNOWN_CODE: Problem.UNKNOWN_CODE,
}
"""The reason of the format that each of these is."""


class Fault(NamedTuple):
    """A field that keeps a line from being used, and why."""

    field: str
    why: Why


def faults_of(values: Sequence[str], reading: Reading) -> tuple[Fault, ...]:
    """Return everything that keeps a line from being used, in the order of the fields; nothing when it can be."""
    sent = {name: "" if value in PLACEHOLDERS else value for name, value in zip(FIELDS, values, strict=True)}
    result = sent["RESULTAT"].upper()
    if result in NOT_POSITIVE:
        return ()
    found = [*_missing(sent), *_bad_dates(sent, reading)]
    if result not in ("", POSITIVE):
        found.append(Fault("RESULTAT", Why.UNKNOWN_CODE))
    return tuple(sorted(found, key=lambda fault: FIELDS.index(fault.field)))


def _missing(sent: Mapping[str, str]) -> list[Fault]:
    """Return the required fields that are empty; a name without a letter is no name."""
    found = [Fault(name, Why.EMPTY) for name in REQUIRED if not sent[name]]
    found += [
        Fault(name, Why.NO_LETTER)
        for name in ("NOM_NAISSANCE", "PRENOMS")
        if sent[name] and not _LETTER.search(sent[name])
    ]
    return found


def _bad_dates(sent: Mapping[str, str], reading: Reading) -> list[Fault]:
    """Return the dates that cannot be read or cannot be."""
    extracted = read_moment(sent["DATE_EXTRACTION"])
    now = extracted or (reading.received_at.astimezone(reading.zone).replace(tzinfo=None), True)
    sampled = read_moment(sent["DATE_PRELEVEMENT"])
    on = (sampled or now)[0].date()
    birth = read_moment(sent["DATE_NAISSANCE"], not_after=on)
    found = [
        Fault(name, Why.UNREADABLE)
        for name, read in (("DATE_NAISSANCE", birth), ("DATE_PRELEVEMENT", sampled))
        if sent[name] and read is None
    ]
    if birth is not None and not can_be_birth_date(birth[0].date(), on=on):
        found.append(Fault("DATE_NAISSANCE", Why.BORN_LATER if birth[0].date() > on else Why.TOO_LONG_AGO))
    if sampled is not None and _is_later(sampled, now):
        why = Why.AFTER_EXTRACTION if extracted else Why.AFTER_RECEIPT
        found.append(Fault("DATE_PRELEVEMENT", why))
    return found


def _is_later(sampled: Moment, now: Moment) -> bool:
    """Compare to the minute where both have a time, else by day."""
    if sampled[1] and now[1]:
        return sampled[0] > now[0]
    return sampled[0].date() > now[0].date()
