"""Values shared by all lines of a lot while it is loaded: its source, time of receipt, programmes, routing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tracing.imports.format.line import ParsedLine
from tracing.imports.lots.routing import Routing


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
        """Return lines as they are recognised: without their result ids, if those say nothing."""
        return lines if self.trusts_ids else [line._replace(result_id="") for line in lines]

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
