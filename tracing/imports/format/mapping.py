"""What was accepted of how a source writes its files: once, compared ever after. Pure."""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Mapping:
    """What was accepted of a source: its heading row, the heading of each field, and what its codes mean."""

    columns: dict[str, str]
    """Heading by field."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """By coded field: the value in the file, and the code of the layout it means."""
    headings: tuple[str, ...] = ()
    """The whole heading row: a heading that stands in it and carries no field was left out on purpose."""

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"columns": self.columns, "codes": self.codes, "headings": list(self.headings)}

    @classmethod
    def from_dict(cls, kept: Table[str, Any]) -> Self:
        """Return what `to_dict` gave."""
        codes = {name: dict(meanings) for name, meanings in kept["codes"].items()}
        return cls(dict(kept["columns"]), codes, tuple(kept["headings"]))
