"""Where somebody lives, as far as their clock matters."""

from dataclasses import replace

import pytest

from tests.support.story import identity
from tracing.people.zones import zone_of


@pytest.mark.parametrize(
    ("postcode", "insee_code", "phone", "zone"),
    [
        ("44000", "", "+33639980001", "Europe/Paris"),
        ("20090", "2A004", "+33639980001", "Europe/Paris"),
        ("97400", "", "+33639980001", "Indian/Reunion"),
        ("97200", "", "", "America/Martinique"),
        ("97133", "", "", "America/Guadeloupe"),
        ("97300", "", "", "America/Cayenne"),
        ("97600", "", "", "Indian/Mayotte"),
        ("97500", "", "", "America/Miquelon"),
        ("98800", "", "", "Pacific/Noumea"),
        # the commune tells where a post office may not
        ("", "97411", "+33639980001", "Indian/Reunion"),
        # without an address the number that is rung first tells, unless it is carried anywhere
        ("", "", "+262692123456", "Indian/Reunion"),
        ("", "", "+262639012345", "Indian/Mayotte"),
        ("", "", "+590690123456", "America/Guadeloupe"),
        ("44000", "", "+262692123456", "Europe/Paris"),
        ("", "", "+33639980001", None),
        ("", "", "", None),
        ("99134", "", "", None),
        ("1000", "", "", None),
    ],
)
def test_a_person_is_called_by_the_clock_of_where_they_live(postcode, insee_code, phone, zone):
    who = replace(identity(phones=(phone,) if phone else ()), postcode=postcode, insee_code=insee_code)

    assert zone_of(who) == zone
