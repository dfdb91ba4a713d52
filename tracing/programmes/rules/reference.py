"""References to rules: every decision carries and stores the rule that decided it."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from tracing.programmes.rows import Row
from tracing.programmes.schema import EndIs, Pack
from tracing.programmes.vocabulary import Mark

_FORM = re.compile(
    r"(?P<programme>[a-z][a-z0-9-]*)@(?P<version>\d{4}\.\d+(\.\d+)?)/(?P<rule>[A-Z][A-Za-z0-9.-]*)"
)


@dataclass(frozen=True)
class RuleRef:
    """Reference to a rule in one version of one pack, written `covid19@2022.2/P0-4a`."""

    programme: str
    pack_version: str
    rule_id: str

    def __str__(self) -> str:
        return f"{self.programme}@{self.pack_version}/{self.rule_id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a stored reference."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"not a rule reference: {text!r}")
        return cls(match["programme"], match["version"], match["rule"])

    @property
    def number(self) -> int:
        """The number of the publication whose rules decided; 0: the tables that the database began with."""
        return int((self.pack_version.split(".")[2:] or ["0"])[0])


@dataclass(frozen=True)
class AppliedRule:
    """A rule as shown beside a decision: its name, its sentence, the days it is in force."""

    ref: RuleRef
    sentence: str
    in_force_from: date
    in_force_to: date | None
    """First day on which it no longer applies."""
    source: str = ""
    mark: Mark = Mark.FOUND
    open: str | None = None
    """What the sources leave open, and the choice made."""

    def __str__(self) -> str:
        return str(self.ref)

    @property
    def rule_id(self) -> str:
        """The short name that a tracer quotes."""
        return self.ref.rule_id

    @property
    def last_day_in_force(self) -> date | None:
        """The last day on which it applies, or None if no end is known."""
        return None if self.in_force_to is None else self.in_force_to - timedelta(days=1)


def applied(pack: Pack, row: Row) -> AppliedRule:
    """Return the reference of a row, ready to be shown and stored."""
    reference = RuleRef(pack.code, pack.version, row.id)
    return AppliedRule(
        reference, row.text, row.in_force_from, row.in_force_to, row.source, row.mark, row.open
    )


def last_day_in(pack: Pack, end: date) -> date:
    """Return the last day of isolation or quarantine, for a measure that ends on J0 + n."""
    return end if pack.end_is is EndIs.LAST_DAY_IN else end - timedelta(days=1)
