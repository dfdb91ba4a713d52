"""How a lot is read (time zone, programme), and which site gets its people."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tracing.imports.format.laboratory import (
    ANTIGEN_TEST,
    OTHER_DISEASE,
    OTHER_METHOD,
    PCR_TEST,
    Laboratory,
)
from tracing.imports.format.reading import Reading
from tracing.imports.models import ImportLot, ImportSource
from tracing.kernel.config import Settings
from tracing.kernel.db import session
from tracing.people.countries import Country
from tracing.programmes.in_force import get_pack
from tracing.programmes.vocabulary import TestKind
from tracing.staff import queries as staff
from tracing.staff.models import Site, SiteKind


class Terms(NamedTuple):
    """How a lot is read."""

    zone: ZoneInfo
    programme: str
    allow_fiction: bool
    is_trusted: bool
    country: str

    def reading(self, received_at: datetime) -> Reading:
        """Return how the lines of a lot that was received then are read."""
        return Reading(
            zone=self.zone,
            received_at=received_at,
            allow_fiction=self.allow_fiction,
            country=self.country,
            laboratory=laboratory_of(self.programme),
        )


TEST_OF = {TestKind.PCR: PCR_TEST, TestKind.ANTIGEN: ANTIGEN_TEST}


def laboratory_of(programme: str) -> Laboratory:
    """Return the tests of a programme, as the reading of files takes them."""
    said = get_pack(programme).laboratory
    codes = dict.fromkeys(said.other_pathogens, OTHER_DISEASE)
    codes |= {code: TEST_OF.get(kind, OTHER_METHOD) for kind, theirs in said.tests.items() for code in theirs}
    answers = {code: answer for answer, theirs in said.answers.items() for code in theirs}
    return Laboratory(codes, said.name, said.other_names, said.around, answers)


class Routing(NamedTuple):
    """Which site calls the people of which fund."""

    sites: dict[str, int]
    """The site of each fund code; none when all people of a source go to the site it was given."""
    default_site: int | None
    """The site of every other fund code; None on an installation without a site."""
    training_sites: frozenset[int]

    def site_of(self, fund_code: str) -> int | None:
        """Return the site that calls the people of a fund code; None on an installation without a site."""
        return self.sites.get(fund_code, self.default_site)

    def is_invented(self, fund_code: str) -> bool:
        """Return whether the people of a fund code are fictional, for training."""
        return self.site_of(fund_code) in self.training_sites


def routing_of(source_code: str) -> Routing:
    """Return the routing of a source's people: by the fund of each line, or all to the source's own site."""
    source = session.get(ImportSource, source_code)
    training = frozenset(site.id for site in staff.sites() if site.kind is SiteKind.TRAINING)
    if source is not None and source.site_id is not None:
        return Routing({}, source.site_id, training)
    default = staff.default_site()
    # of a national lot nobody goes to a training site, whatever is written
    live = {fund: site_id for fund, site_id in staff.sites_by_fund().items() if site_id not in training}
    return Routing(live, default.id if default else None, training)


def terms_of(lot: ImportLot, settings: Settings) -> Terms:
    """Return how a received lot is read: by its source's site, else its sender's site, else the settings."""
    return terms_of_source(lot.source_code, settings, sender_site_id=lot.site_id)


def terms_of_source(source_code: str, settings: Settings, *, sender_site_id: int | None = None) -> Terms:
    """Return how a file of a source is read, which may be unknown yet."""
    source = session.get(ImportSource, source_code)
    site_id = (source.site_id if source else None) or sender_site_id
    site = session.get(Site, site_id) if site_id else None
    is_practice = site is not None and site.kind is SiteKind.TRAINING
    return Terms(
        zone=ZoneInfo(site.time_zone) if site else settings.zone,
        programme=site.programme if site else settings.programme,
        allow_fiction=settings.fiction_numbers or is_practice,
        is_trusted=source is not None and source.is_trusted,
        country=source.country.value if source else Country.FRANCE.value,
    )
