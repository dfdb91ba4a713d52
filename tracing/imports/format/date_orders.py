"""Whether the dates of a column are written day first or month first: judged over the whole column. Pure.

Day first unless some of its values can be read only month first and none only day first; a person then says so once.
Dates of a month-first column become day-first ones where the line is read, so that nothing after has to know.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from tracing.imports.format.columns import FIELDS, RawLine

DATES = ("DATE_NAISSANCE", "DATE_PRELEVEMENT", "DATE_EXTRACTION", "DATE_VALIDATION", "DATE_DEBUT_SYMPTOMES")
_PREFIX = 6
"""Letters of a date that say its day and its month."""
_BEGINS = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-]", re.ASCII)
_ORDERED = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})([/.\-])(?=\d)", re.ASCII)


class DateOrder(StrEnum):
    """What stands first in the dates of a column."""

    DAY = "day"
    MONTH = "month"


class Proof(NamedTuple):
    """The only order in which all dates of a column can be read, and the first row that shows it."""

    order: DateOrder
    row: int


def only_order(text: str) -> DateOrder | None:
    """Return the only order in which a date can be read; None if both are possible, or none."""
    found = _BEGINS.match(text)
    if found is None:
        return None
    first, second = int(found[1]), int(found[2])
    if first > 12 and 1 <= second <= 12:
        return DateOrder.DAY
    if second > 12 and 1 <= first <= 12:
        return DateOrder.MONTH
    return None


@lru_cache(maxsize=8192)
def with_day_first(text: str) -> str:
    """Return a date that was written month first with its day first; any other text unchanged."""
    found = _ORDERED.match(text)
    if found is None:
        return text
    month, mark, day, other_mark = found.groups()
    return f"{day}{mark}{month}{other_mark}{text[found.end() :]}"


class Evidence:
    """Which of the columns of a file prove an order: fed with values, most of which begin like earlier ones."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}
        self._shown: dict[str, dict[DateOrder, int]] = {}

    def add(self, column: str, values: Sequence[str], rows: Sequence[int]) -> None:
        """Look at some values of a column."""
        beginnings = {value[:_PREFIX] for value in values}
        seen = self._seen.setdefault(column, set())
        for beginning in beginnings - seen:
            order = only_order(beginning)
            if order is not None:
                row = next(
                    row for value, row in zip(values, rows, strict=True) if value[:_PREFIX] == beginning
                )
                shown = self._shown.setdefault(column, {})
                shown[order] = min(row, shown.get(order, row))
        seen |= beginnings

    def add_lines(self, lines: Iterable[RawLine]) -> None:
        """Look at the dates of some lines, by field."""
        whole = [line for line in lines if not line.is_bad_shape]
        rows = [line.row for line in whole]
        for name in DATES:
            place = FIELDS.index(name)
            self.add(name, [line.values[place] for line in whole], rows)

    def proofs(self, month_first: Iterable[str] = ()) -> dict[str, Proof]:
        """Return the columns that prove one order; `month_first` are those whose dates were turned before."""
        turned = frozenset(month_first)
        found = {}
        for column, shown in self._shown.items():
            if len(shown) == 1:
                ((order, row),) = shown.items()
                found[column] = Proof(_other(order) if column in turned else order, row)
        return found


def _other(order: DateOrder) -> DateOrder:
    return DateOrder.DAY if order is DateOrder.MONTH else DateOrder.MONTH


def must_be_said(said: Mapping[str, str], proofs: Mapping[str, Proof]) -> dict[str, Proof]:
    """Return the fields whose order a person must say, given what was said before.

    That a column is day first although it looks month first was said knowingly, and is not asked again.
    """
    return {
        name: proof
        for name, proof in proofs.items()
        if (proof.order is DateOrder.MONTH and name not in said)
        or (proof.order is DateOrder.DAY and said.get(name) == DateOrder.MONTH)
    }
