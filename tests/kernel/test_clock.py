"""Days begin where the site is, also on the two days of the year that are not 24 hours long."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tracing.kernel.clock import midnight


@pytest.mark.parametrize(
    ("moment", "zone", "began"),
    [
        (datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "Europe/Paris", datetime(2026, 11, 21, 23, tzinfo=UTC)),
        (datetime(2026, 11, 22, 2, tzinfo=UTC), "America/Martinique", datetime(2026, 11, 21, 4, tzinfo=UTC)),
        (datetime(2026, 3, 29, 12, tzinfo=UTC), "Europe/Paris", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (datetime(2026, 10, 25, 12, tzinfo=UTC), "Europe/Paris", datetime(2026, 10, 24, 22, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_midnight_where_the_site_is(moment, zone, began):
    assert midnight(moment, ZoneInfo(zone)) == began
