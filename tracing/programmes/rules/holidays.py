"""French public holidays, including those of the overseas departments.

Labour code L3133-1; the day on which each overseas department commemorates the abolition of slavery, decree 83-1003.
"""

from datetime import date, timedelta
from functools import lru_cache

FIXED = frozenset({(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)})
"""Month and day."""
AFTER_EASTER = (1, 39, 50)
"""Easter Monday, Ascension, Whit Monday."""
ABOLITION = {
    "America/Guadeloupe": (5, 27),
    "America/Cayenne": (6, 10),
    "America/Martinique": (5, 22),
    "Indian/Mayotte": (4, 27),
    "Indian/Reunion": (12, 20),
}
"""Month and day, by the time zone of the department."""


def is_holiday(day: date, zone: str) -> bool:
    """Return whether a day is a public holiday in that time zone."""
    if (day.month, day.day) in FIXED or (day.month, day.day) == ABOLITION.get(zone):
        return True
    return (day - easter(day.year)).days in AFTER_EASTER


@lru_cache(maxsize=64)
def easter(year: int) -> date:
    """Return Easter Sunday: the first Sunday after the ecclesiastical full moon on or after 21 March."""
    century, golden = year // 100, year % 19
    leaps_dropped = century - century // 4
    moon_drift = (8 * century + 13) // 25
    # the age of the moon on 31 March, kept below 29 so that two full moons never fall on one day
    epact = (19 * golden + leaps_dropped - moon_drift + 15) % 30
    epact -= epact // 28 * (1 - 29 // (epact + 1) * ((21 - golden) // 11) * (epact // 28))
    weekday = (year + year // 4 + epact + 2 - century + century // 4) % 7
    return date(year, 3, 28) + timedelta(days=epact - weekday)
