"""Hours on the clock of the person and on that of the site, in words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.people.zones import MAINLAND
from tracing.ui.filters import clock, day, time_zone
from tracing.ui.formats import clock as clock_in

PLACES = {
    MAINLAND: _l("en métropole"),
    "America/Guadeloupe": _l("en Guadeloupe"),
    "America/Martinique": _l("en Martinique"),
    "America/Cayenne": _l("en Guyane"),
    "Indian/Reunion": _l("à La Réunion"),
    "America/Miquelon": _l("à Saint-Pierre-et-Miquelon"),
    "Indian/Mayotte": _l("à Mayotte"),
    "Pacific/Wallis": _l("à Wallis-et-Futuna"),
    "Pacific/Tahiti": _l("en Polynésie"),
    "Pacific/Noumea": _l("en Nouvelle-Calédonie"),
}


def place_of(zone: str) -> str:
    """Return where the clocks of a time zone are read: `à La Réunion`."""
    return str(PLACES.get(zone) or _("chez la personne"))


def other_zone(zone: str | None, at: datetime) -> ZoneInfo | None:
    """Return the person's time zone if its clocks differ from those of the site at a moment."""
    if zone is None:
        return None
    theirs = ZoneInfo(zone)
    differs = at.astimezone(theirs).utcoffset() != at.astimezone(time_zone()).utcoffset()
    return theirs if differs else None


def hour_there(moment: datetime, zone: str | None) -> str:
    """Return what the person's clock shows, `19:34 à La Réunion`; empty if the site's shows the same."""
    theirs = other_zone(zone, moment)
    if theirs is None:
        return ""
    local, here = moment.astimezone(theirs), moment.astimezone(time_zone())
    said = str(_("%(time)s %(place)s", time=clock_in(local), place=place_of(theirs.key)))
    if local.date() == here.date():
        return said
    return str(_("%(day)s, %(hour)s", day=day(local.date()), hour=said))


def on_both_clocks(moment: datetime, zone: str | None) -> str:
    """Return an hour as it is said to the person, then as it is here: `15:00 à La Réunion, 12:00 ici`."""
    there = hour_there(moment, zone)
    return str(_("%(there)s, %(here)s ici", there=there, here=clock(moment))) if there else clock(moment)
