"""Determine a person's time zone from their address or number: mainland France or an overseas department. Pure."""

import re
from functools import lru_cache

from tracing.people.rules import Identity

MAINLAND = "Europe/Paris"
OF_DEPARTMENT = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/Guadeloupe",
    "978": "America/Guadeloupe",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}
"""Time zone by the first three characters of a postcode or of a commune's INSEE code."""
OF_NUMBER = (
    ("+590", "America/Guadeloupe"),
    ("+596", "America/Martinique"),
    ("+594", "America/Cayenne"),
    ("+262269", "Indian/Mayotte"),
    ("+262639", "Indian/Mayotte"),
    ("+262", "Indian/Reunion"),
    ("+508", "America/Miquelon"),
    ("+681", "Pacific/Wallis"),
    ("+687", "Pacific/Noumea"),
    ("+689", "Pacific/Tahiti"),
)
"""Time zone by the beginning of a telephone number, the longest first."""
_FRENCH = re.compile(r"(?:\d\d|2[AB])\d{3}", re.ASCII)
"""A postcode or an INSEE code of France; L1234 is in Luxembourg."""
_BEGINNING, _ABROAD = 7, "99"


def zone_of(identity: Identity) -> str | None:
    """Return a person's time zone: by their commune, else by the number that is called first.

    None if neither tells: a metropolitan mobile can be anywhere.
    """
    number = identity.phones[0] if identity.phones else ""
    # nearly every number is metropolitan and tells nothing: they share one cache entry
    beginning = "" if number.startswith("+33") else number[:_BEGINNING]
    return _zone_of(identity.insee_code, identity.french_postcode, beginning)


@lru_cache(maxsize=65536)
def _zone_of(insee_code: str, postcode: str, number: str) -> str | None:
    for code in (insee_code, postcode):
        if _FRENCH.fullmatch(code) and not code.startswith(_ABROAD):
            return OF_DEPARTMENT.get(code[:3], MAINLAND)
    return next((zone for beginning, zone in OF_NUMBER if number.startswith(beginning)), None)
