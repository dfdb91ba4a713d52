"""Check what a person chose on the mapping page: is it possible, and is it likely? Pure.

A wrongly mapped column would lead to confident matches with the wrong people, so the values of a column are
checked before its name is trusted.
"""

from collections.abc import Container
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from enum import StrEnum

from tracing.imports.format.codes import CODES, TEST, propose_answer, propose_code, propose_test
from tracing.imports.format.columns import REQUIRED, heading_key
from tracing.imports.format.date_orders import DATES, DateOrder, with_day_first
from tracing.imports.format.dates import read_moment
from tracing.imports.format.inspection import TableInspection
from tracing.imports.format.laboratory import Laboratory
from tracing.imports.format.mapping import Mapping

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
    DAY_FIRST = "day_first"
    """It was said to be month first, but its dates can be read only day first."""


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
    if name in DATES and not any(read_moment(each) or read_moment(with_day_first(each)) for each in samples):
        return ColumnFault.NO_DATE
    if name in NAMES and not any(any(map(str.isalpha, sample)) for sample in samples):
        return ColumnFault.NO_LETTER
    if name == "ID_RESULTAT" and 2 * len(looked.distinct.get(heading, ())) < looked.lines:
        # Distinct values are listed only for columns that have few.
        return ColumnFault.NOT_UNIQUE if heading in looked.distinct else None
    if name in CODES and name != TEST and heading not in looked.distinct:
        return ColumnFault.NO_CODES
    return None


def date_order_faults(
    chosen: Table[str, str], month_first: Container[str], looked: TableInspection
) -> dict[str, ColumnFault]:
    """Return the fields said to be month first whose dates can be read only day first."""
    return {
        name: ColumnFault.DAY_FIRST
        for name, heading in chosen.items()
        if name in DATES and name in month_first and looked.date_orders.get(heading) == DateOrder.DAY
    }


def likely_month_first(
    chosen: Table[str, str], looked: TableInspection, accepted: Mapping | None
) -> frozenset[str]:
    """Return the fields to propose as month first: what was said, else what their own dates or the others' prove."""
    said = accepted.date_orders if accepted else {}
    proved = {name: looked.date_orders.get(chosen[name]) for name in DATES if name in chosen}
    is_proved = any(order == DateOrder.MONTH and name not in said for name, order in proved.items())
    return frozenset(
        name
        for name, order in proved.items()
        if order != DateOrder.DAY and (said[name] == DateOrder.MONTH if name in said else is_proved)
    )


def date_orders_said(
    chosen: Table[str, str],
    month_first: Container[str],
    looked: TableInspection,
    accepted: Mapping | None,
) -> dict[str, str]:
    """Return the orders to keep; a field that was never asked about is left out, and judged again in each file."""
    before = accepted.date_orders if accepted else {}
    orders = {}
    for name in DATES:
        if name in chosen and name in month_first:
            orders[name] = DateOrder.MONTH.value
        elif name in chosen and (name in before or looked.date_orders.get(chosen[name]) == DateOrder.MONTH):
            orders[name] = DateOrder.DAY.value
    return orders


@dataclass(frozen=True, repr=False)
class CodeQuestion:
    """One value of a coded column, and the code it likely means."""

    field: str
    number: int
    value: str
    proposal: str | None
    is_known: bool
    """It is a code of the layout, or its meaning was accepted before: no need to check it again."""
    text: str = ""
    """What stands beside it in a message."""


def code_questions(
    chosen: Table[str, str], looked: TableInspection, accepted: Mapping | None, laboratory: Laboratory
) -> dict[str, list[CodeQuestion]]:
    """Return the values whose meaning must be chosen, by coded field."""
    questions = {}
    for name in CODES:
        if name in chosen:
            kept = {value.casefold(): code for value, code in _codes_of(accepted, name).items()}
            texts = looked.texts.get(chosen[name], {})
            questions[name] = [
                _question(name, number, value, kept, texts.get(value, ""), laboratory=laboratory)
                for number, value in enumerate(looked.distinct.get(chosen[name], ()))
                if not (name == TEST and laboratory.test_of(value, {}))
            ]
    return questions


def _question(
    name: str, number: int, value: str, kept: Table[str, str], text: str, *, laboratory: Laboratory
) -> CodeQuestion:
    earlier = kept.get(value.casefold())
    is_code = name != TEST and value.upper() in CODES[name]
    proposal = earlier or (value.upper() if is_code else proposed_meaning(name, value, text, laboratory))
    return CodeQuestion(name, number, value, proposal, is_known=is_code or earlier is not None, text=text)


def proposed_meaning(name: str, value: str, text: str, laboratory: Laboratory) -> str | None:
    """Return what a sender's code likely means, by itself or by the text beside it."""
    if name == TEST:
        return propose_test(f"{value} {text}", laboratory)
    for said in (value, text):
        meaning = propose_answer(said, laboratory) if name == "RESULTAT" else propose_code(name, said)
        if said and meaning:
            return meaning
    return None


def mapping_from(
    chosen: Table[str, str],
    meanings: Table[str, Table[str, str]],
    looked: TableInspection,
    accepted: Mapping | None,
    month_first: Container[str] = (),
) -> Mapping:
    """Return the mapping to accept; earlier meanings of codes that this file does not contain are kept.

    `meanings` holds, by field, the code of each value of this file, or an empty string for a value left as it is.
    """
    codes: dict[str, dict[str, str]] = {}
    for name in CODES:
        said = meanings.get(name, {})
        here = {value.casefold() for value in said}
        kept = {v: code for v, code in _codes_of(accepted, name).items() if v.casefold() not in here}
        translated = {
            value: code for value, code in said.items() if code and (name == TEST or code != value.upper())
        }
        # what a test is was said of the source: it counts as well in files of another shape
        if (name in chosen or name == TEST or looked.is_messages) and kept | translated:
            codes[name] = kept | translated
    if looked.is_messages:
        return replace(accepted or Mapping({}), codes=codes)
    orders = date_orders_said(chosen, month_first, looked, accepted)
    return Mapping(dict(chosen), codes, looked.headings, orders)


def _codes_of(accepted: Mapping | None, name: str) -> dict[str, str]:
    return accepted.codes.get(name, {}) if accepted else {}
