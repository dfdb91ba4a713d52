"""Find the one table with results in an opened file: a sheet of a workbook, or text with one of several separators."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from tracing.imports.format.columns import (
    FIELDS,
    Columns,
    RawLine,
    Row,
    find_columns,
    likelihood,
    raw_lines,
    refuse_without_required,
)
from tracing.imports.format.date_orders import with_day_first
from tracing.imports.format.mapping import Mapping
from tracing.imports.parsing.delimited import SEPARATORS, Text
from tracing.imports.parsing.xlsx import Workbook
from tracing.imports.refusal_codes import CannotRead, Refusal
from tracing.kernel.redaction import redacted

RowSource = Callable[[], Iterator[Row]]
"""One way to read the rows, from the first; called more than once."""


@redacted
class Table(NamedTuple):
    """The rows that hold results, and where each field is in them."""

    rows: RowSource
    columns: Columns
    mapping: Mapping | None
    is_text: bool = False
    is_cut: bool = False
    """The text ends without the end of a line."""

    def lines(self) -> Iterator[RawLine]:
        """Yield the lines under the heading."""
        lines = raw_lines(self.rows(), self.columns, self.mapping, is_text=self.is_text, is_cut=self.is_cut)
        places = [FIELDS.index(name) for name in (self.mapping.month_first if self.mapping else ())]
        return (_with_days_first(line, places) for line in lines) if places else lines


def _with_days_first(line: RawLine, places: Sequence[int]) -> RawLine:
    """Return a line with the dates of its month-first columns turned round."""
    values = list(line.values)
    for place in places:
        values[place] = with_day_first(values[place])
    return line._replace(values=tuple(values))


def rows_of_text(text: Text) -> list[RowSource]:
    """Return the ways to read text as a table: one for each separator, the likeliest first."""
    return [partial(text.rows, separator) for separator in SEPARATORS]


def rows_of_workbook(content: bytes) -> list[RowSource]:
    """Return the sheets of a workbook."""
    workbook = Workbook(content)
    return [partial(workbook.rows, sheet) for sheet in workbook.sheets]


def table_of_text(text: Text, mapping: Mapping | None) -> Table:
    """Read text with the separator under which most headings are found."""
    best = Table(partial(iter, ()), find_columns(iter(())), mapping)
    for rows in rows_of_text(text):
        table = Table(rows, find_columns(rows(), mapping), mapping, is_text=True, is_cut=text.is_cut)
        if likelihood(table.columns) > likelihood(best.columns):
            best = table
        if not table.columns.missing:
            break
    refuse_without_required(best.columns)
    return best


def table_of_workbook(content: bytes, mapping: Mapping | None) -> Table:
    """Read the one sheet that has the headings; refuse a workbook with two such sheets that hold lines."""
    tables = [Table(rows, find_columns(rows(), mapping), mapping) for rows in rows_of_workbook(content)]
    whole = [table for table in tables if not table.columns.missing]
    if not whole:
        columns = (table.columns for table in tables)
        refuse_without_required(max(columns, key=likelihood, default=find_columns(iter(()))))
    filled = [table for table in whole if next(table.lines(), None)] if len(whole) > 1 else whole
    if len(filled) > 1:
        sheets = ", ".join(str(tables.index(table) + 1) for table in filled)
        raise CannotRead(Refusal.SEVERAL_TABLES, sheets=sheets)
    return (filled or whole)[0]
