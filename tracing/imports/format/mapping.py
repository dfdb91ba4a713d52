"""The accepted mapping of a source's files: the heading row, and which heading and codes mean what. Pure."""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Mapping:
    """What was accepted for a source: its heading row, the heading of each field, and what its codes mean."""

    columns: dict[str, str]
    """Field to heading."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """By coded field: the value in the file, and the layout's code for it."""
    headings: tuple[str, ...] = ()
    """The whole heading row: a heading in it that belongs to no field was left out on purpose."""
    date_orders: dict[str, str] = field(default_factory=dict)
    """By field with dates: what a person said stands first in them (`DateOrder`); a field not asked about is absent."""

    @property
    def month_first(self) -> tuple[str, ...]:
        """The fields whose dates are written month first."""
        return tuple(name for name, order in self.date_orders.items() if order == "month")

    @property
    def tests(self) -> dict[str, str]:
        """Return what was said of codes of tests (`codes.TESTS`), by code in small letters."""
        return {code.casefold(): kind for code, kind in self.codes.get("CODE_LOINC", {}).items()}

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-compatible form."""
        return {
            "columns": self.columns,
            "codes": self.codes,
            "headings": list(self.headings),
            "date_orders": self.date_orders,
        }

    @classmethod
    def from_dict(cls, kept: Table[str, Any]) -> Self:
        """Read back what `to_dict` returned."""
        codes = {name: dict(meanings) for name, meanings in kept["codes"].items()}
        return cls(dict(kept["columns"]), codes, tuple(kept["headings"]), dict(kept["date_orders"]))
