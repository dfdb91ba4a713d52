"""Check what a person chose on the mapping page: is it possible, and is it likely? Pure.

A wrongly mapped column would lead to confident matches with the wrong people, so the values of a column are
checked before its name is trusted.
"""

from collections.abc import Mapping as Table
from dataclasses import dataclass
from enum import StrEnum

from tracing.imports.format.columns import REQUIRED, heading_key
from tracing.imports.format.dates import read_moment
from tracing.imports.format.inspection import CODES, TableInspection, propose_code
from tracing.imports.format.mapping import Mapping

DATES = ("DATE_NAISSANCE", "DATE_PRELEVEMENT", "DATE_EXTRACTION", "DATE_VALIDATION", "DATE_DEBUT_SYMPTOMES")
NAMES = ("NOM_NAISSANCE", "PRENOMS")


class ColumnFault(StrEnum):
    """Why a column cannot be that field."""

    MISSING = "missing"
    """The field is required and has no column."""
    NO_SUCH_HEADING = "no_such_heading"
    """No column has the heading that was typed."""
    TWICE = "twice"
    """Another field has the same column."""
    NO_VALUE = "no_value"
    """The field is required and the whole column is empty."""
    NO_DATE = "no_date"
    """None of its first values can be read as a date."""
    NO_LETTER = "no_letter"
    """None of its first values contains a letter: it is no name."""
    NOT_UNIQUE = "not_unique"
    """Its values repeat from line to line, so they do not identify a result."""
    NO_CODES = "no_codes"
    """Its values are too many, or too long, to be codes."""


def heading_named(typed: str, looked: TableInspection) -> str | None:
    """Return the heading that a person typed, whatever its capitals and accents; None if no column has it."""
    key = heading_key(typed)
    return next((heading for heading in looked.choices if heading_key(heading) == key), None)


def column_faults(chosen: Table[str, str], looked: TableInspection) -> dict[str, ColumnFault]:
    """Return what is wrong with the chosen columns, by field."""
    found = {name: ColumnFault.MISSING for name in REQUIRED if name not in chosen}
    for name, heading in chosen.items():
        fault = _fault(name, heading, looked)
        if list(chosen.values()).count(heading) > 1:
            fault = ColumnFault.TWICE
        if fault:
            found[name] = fault
    return found


def _fault(name: str, heading: str, looked: TableInspection) -> ColumnFault | None:
    """Check the values of a column."""
    samples = looked.samples.get(heading, [])
    if not samples:
        return ColumnFault.NO_VALUE if name in REQUIRED else None
    if name in DATES and not any(map(read_moment, samples)):
        return ColumnFault.NO_DATE
    if name in NAMES and not any(any(map(str.isalpha, sample)) for sample in samples):
        return ColumnFault.NO_LETTER
    if name == "ID_RESULTAT" and 2 * len(looked.distinct.get(heading, ())) < looked.lines:
        # Distinct values are listed only for columns that have few.
        return ColumnFault.NOT_UNIQUE if heading in looked.distinct else None
    if name in CODES and heading not in looked.distinct:
        return ColumnFault.NO_CODES
    return None


@dataclass(frozen=True, repr=False)
class CodeQuestion:
    """One value of a coded column, and the code it likely means."""

    field: str
    number: int
    value: str
    proposal: str | None
    is_known: bool
    """It is a code of the layout, or its meaning was accepted before: no need to check it again."""


def code_questions(
    chosen: Table[str, str], looked: TableInspection, accepted: Mapping | None
) -> dict[str, list[CodeQuestion]]:
    """Return the values whose meaning must be chosen, by coded field."""
    questions = {}
    for name in CODES:
        if name in chosen:
            kept = {value.casefold(): code for value, code in _codes_of(accepted, name).items()}
            questions[name] = [
                _question(name, number, value, kept)
                for number, value in enumerate(looked.distinct.get(chosen[name], ()))
            ]
    return questions


def _question(name: str, number: int, value: str, kept: Table[str, str]) -> CodeQuestion:
    earlier = kept.get(value.casefold())
    is_code = value.upper() in CODES[name]
    proposal = earlier or (value.upper() if is_code else propose_code(name, value))
    return CodeQuestion(name, number, value, proposal, is_known=is_code or earlier is not None)


def mapping_from(
    chosen: Table[str, str],
    meanings: Table[str, Table[str, str]],
    looked: TableInspection,
    accepted: Mapping | None,
) -> Mapping:
    """Return the mapping to accept; earlier meanings of codes that this file does not contain are kept.

    `meanings` holds, by field, the code of each value of this file, or an empty string for a value left as it is.
    """
    codes: dict[str, dict[str, str]] = {}
    for name in CODES:
        said = meanings.get(name, {})
        here = {value.casefold() for value in said}
        kept = {v: code for v, code in _codes_of(accepted, name).items() if v.casefold() not in here}
        translated = {value: code for value, code in said.items() if code and code != value.upper()}
        if name in chosen and kept | translated:
            codes[name] = kept | translated
    return Mapping(dict(chosen), codes, looked.headings)


def _codes_of(accepted: Mapping | None, name: str) -> dict[str, str]:
    return accepted.codes.get(name, {}) if accepted else {}
