"""Values shared by all lines of a lot while it is loaded: its source, time of receipt, programmes, routing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tracing.imports.format.columns import FIELDS
from tracing.imports.format.fields import padded
from tracing.imports.format.line import ParsedLine
from tracing.imports.loading.withheld import COLUMNS, without_withheld
from tracing.imports.lots.routing import Routing
from tracing.programmes.data_fields import DataField
from tracing.programmes.in_force import get_pack


@dataclass(frozen=True)
class LoadContext:
    """What is the same for every line of a lot while it is loaded."""

    lot_id: int
    source_code: str
    received_at: datetime
    zone: ZoneInfo
    programmes: dict[int, str]
    """Programme by site."""
    routing: Routing
    trusts_ids: bool = True
    """Whether the source's result ids say which result is which; else lines are recognised by fingerprint."""

    def lines_of(self, lines: Sequence[ParsedLine]) -> Sequence[ParsedLine]:
        """Return lines as they are recognised and held: without result ids that say nothing, or withheld data."""
        if not self.trusts_ids:
            lines = [line._replace(result_id="") for line in lines]
        if not any(
            get_pack(one).data_fields.withheld & COLUMNS.keys() for one in set(self.programmes.values())
        ):
            return lines
        return [without_withheld(line, self._withheld(line.fund_code or _fund_said(line))) for line in lines]

    def _withheld(self, fund_code: str) -> frozenset[DataField]:
        """Return what the programme of the people of a fund code does not hold."""
        site_id = self.routing.site_of(fund_code)
        programme = self.programmes.get(site_id) if site_id is not None else None
        return get_pack(programme).data_fields.withheld if programme else frozenset()

    @property
    def cohort(self) -> date:
        """Return the day of collection."""
        return self.received_at.astimezone(self.zone).date()

    def site_of(self, fund_code: str) -> int:
        """Return the site that calls the people of a fund code; one was opened if there was none."""
        site_id = self.routing.site_of(fund_code)
        if site_id is None:
            raise LookupError("no site is open")
        return site_id

    def is_invented(self, fund_code: str) -> bool:
        """Return whether the people of a fund code are fictional, for training."""
        return self.routing.is_invented(fund_code)


def _fund_said(line: ParsedLine) -> str:
    """Return the fund code of a line with a problem, as it came."""
    return padded(line.values[FIELDS.index("CODE_CAISSE")], 3).upper() if line.values else ""
