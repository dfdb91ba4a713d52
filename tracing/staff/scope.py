"""Which lots, sources and possible duplicates a reader may open: those of their site, or of all live sites."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from tracing.kernel.db import session
from tracing.staff.agent import Agent
from tracing.staff.models import Site, SiteKind


class Reach(StrEnum):
    """How far a reader sees."""

    SITE = "site"
    """The lots of one site."""
    NATIONAL = "national"
    """The lots of every live site, and those of no site."""
    HOST = "host"
    """Everything: the jobs and the command line."""


@dataclass(frozen=True)
class Scope:
    """What a reader may open. Each lot and each source has an owner: a site, or None when it is national."""

    reach: Reach
    site_id: int | None = None
    """The site where the reader works now; None for the host."""
    is_live: bool = True

    @property
    def is_national(self) -> bool:
        """Say whether the reader sees more than one site."""
        return self.reach is not Reach.SITE

    def holds(
        self, owner: InstrumentedAttribute[int | None] | InstrumentedAttribute[int]
    ) -> ColumnElement[bool]:
        """Return the condition under which a row with this owner is inside."""
        match self.reach:
            case Reach.HOST:
                return true()
            case Reach.NATIONAL:
                return or_(owner.is_(None), owner.in_(select(Site.id).where(Site.kind == SiteKind.LIVE)))
            case Reach.SITE:
                return owner == self.site_id

    def covers(self, owner: int | None) -> bool:
        """Say whether an object with this owner is inside."""
        match self.reach:
            case Reach.HOST:
                return True
            case Reach.NATIONAL:
                return owner is None or session.get_one(Site, owner).kind is SiteKind.LIVE
            case Reach.SITE:
                return owner == self.site_id


HOST = Scope(Reach.HOST)


def scope_of(agent: Agent) -> Scope:
    """Return the scope of an agent where they work now: at a training site, never more than that site."""
    return Scope(
        Reach.NATIONAL if agent.is_national else Reach.SITE,
        site_id=agent.site.id,
        is_live=agent.site.kind is SiteKind.LIVE,
    )


def read_log_reason(owner: int | None) -> str:
    """Return the code with which the read log records that a member saw people of a lot with this owner.

    A national lot concerns the auditors of all live sites, not only the reader's own.
    """
    return "national_lot" if owner is None else "lot"
