"""The agent: a signed-in member at a site, passed to every service as `by`."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tracing.staff.models import Role, SiteKind


@dataclass(frozen=True, kw_only=True, repr=False)
class Workplace:
    """The site at which the agent works now."""

    id: int
    code: str
    name: str
    kind: SiteKind
    programme: str
    time_zone: ZoneInfo


@dataclass(frozen=True, kw_only=True, repr=False)
class Agent:
    """A signed-in member. `roles` are pairs of site and role; `site` is where they work now."""

    member_id: int
    login: str
    name: str
    session_id: int | None
    site: Workplace
    roles: frozenset[tuple[int, Role]]
    languages: frozenset[str] = frozenset()
    """Languages besides French."""
    lent_to: int | None = None
    """The site for which they call now instead of their own, as of this request."""
    national_at: frozenset[int] = frozenset()
    """The sites at which their role of import officer is national."""

    @property
    def is_national(self) -> bool:
        """Return whether the agent is an import officer of all live sites; never through a training site."""
        return self.site.kind is SiteKind.LIVE and self.site.id in self.national_at

    def holds(self, *roles: Role, site_id: int | None = None) -> bool:
        """Return whether the agent has one of `roles` at `site_id` (by default where they work now)."""
        where = self.site.id if site_id is None else site_id
        return any((where, role) in self.roles for role in roles)

    def sites_as(self, *roles: Role) -> frozenset[int]:
        """Return the sites at which the agent has one of `roles`."""
        return frozenset(site_id for site_id, role in self.roles if role in roles)
