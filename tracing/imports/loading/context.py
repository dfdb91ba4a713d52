"""The context in which all lines of a lot are loaded: its site, its time of receipt, the routing of people. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class LoadContext:
    """What is the same for every line of a lot while it is loaded."""

    lot_id: int
    source_code: str
    received_at: datetime
    zone: ZoneInfo
    programmes: dict[int, str]
    """Programme by site."""
    sites: dict[str, int]
    """Site by fund code."""
    default_site: int
    training_sites: frozenset[int] = frozenset()
    only_site: int | None = None
    """Site that gets all people of a source, whatever their fund."""

    @property
    def cohort(self) -> date:
        """Return the day of collection."""
        return self.received_at.astimezone(self.zone).date()

    def site_of(self, fund_code: str) -> int:
        """Return the source's site, else the site of the fund code, else the default one."""
        return self.only_site or self.sites.get(fund_code, self.default_site)

    def is_invented(self, fund_code: str) -> bool:
        """Return whether the people of a fund code are fictional, for training."""
        return self.site_of(fund_code) in self.training_sites
