"""What every line of a lot is taken in with: whose it is, when it came, and where its people go. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class LoadContext:
    """What every line of a lot is taken in with."""

    lot_id: int
    source_code: str
    received_at: datetime
    zone: ZoneInfo
    programmes: dict[int, str]
    """The programme of each site."""
    sites: dict[str, int]
    """The site of each fund code."""
    default_site: int
    training_sites: frozenset[int] = frozenset()
    only_site: int | None = None
    """Where all the people of a source go, whatever their fund."""

    @property
    def cohort(self) -> date:
        """The day of collection."""
        return self.received_at.astimezone(self.zone).date()

    def site_of(self, fund_code: str) -> int:
        """Return the source's site, else that of a fund code, else the default one."""
        return self.only_site or self.sites.get(fund_code, self.default_site)

    def is_invented(self, fund_code: str) -> bool:
        """Return whether the people of a fund code are invented, for practice."""
        return self.site_of(fund_code) in self.training_sites
