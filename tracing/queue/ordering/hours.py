"""The calling hours of a site, in the time zone where each person lives."""

from zoneinfo import ZoneInfo

from tracing.kernel.db import session
from tracing.people.models import Person
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import MIDNIGHT, Calling
from tracing.staff import queries as staff
from tracing.staff.models import Site, SiteKind


def calling_of(site: Site, time_zone: str | None) -> Calling:
    """Return when a site may call people of a time zone: the site's own hours, else those of its programme.

    A training site may call at any hour: its people are invented.
    """
    zone = ZoneInfo(time_zone or site.time_zone)
    if site.kind is SiteKind.TRAINING:
        return Calling(zone, MIDNIGHT, MIDNIGHT)
    opens, closes = site.calls_from, site.calls_until
    if opens is None or closes is None:
        hours = get_pack(site.programme).calling_hours
        opens, closes = hours.opens, hours.closes
    return Calling(zone, opens, closes, site.calls_on_sundays, site.calls_on_holidays)


def calling_of_person(person_id: int, site_id: int) -> Calling:
    """Return when a person may be called by a site."""
    person = session.get_one(Person, person_id)
    return calling_of(staff.get_site(site_id), person.time_zone)
