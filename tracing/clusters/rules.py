"""Which rows of one name are one place, and which place is looked at first. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, repr=False)
class Row:
    """A place as one case named it; town and postcode are None where nobody said them."""

    place_id: int
    person_id: int
    """The leading record: two records of one person are one."""
    site_id: int
    name: bytes
    town: bytes | None
    postcode: bytes | None


def gather(rows: Iterable[Row], *, site_id: int, cases: int) -> list[Sequence[Row]]:
    """Return the places of a site that at least `cases` people named, each as its rows.

    Rows of one name are one place if their towns are equal, or their postcodes where a town is missing. Without either
    they belong to the place of that name at their site, if there is only one; else they stay among themselves. Those of
    another site count only where they are known to be the same place.
    """
    by_name: dict[bytes, list[Row]] = defaultdict(list)
    for row in rows:
        by_name[row.name].append(row)
    found = [group for same in by_name.values() for group in _places(same, site_id)]
    return [
        group
        for group in found
        if len({row.person_id for row in group}) >= cases and any(row.site_id == site_id for row in group)
    ]


def _places(rows: Sequence[Row], site_id: int) -> list[list[Row]]:
    located: list[list[Row]] = []
    for row in (one for one in rows if one.town or one.postcode):
        joined = [group for group in located if any(_is_same(row, other) for other in group)]
        located = [group for group in located if group not in joined]
        located.append([row, *(other for group in joined for other in group)])
    unknown = [row for row in rows if not row.town and not row.postcode and row.site_id == site_id]
    here = [group for group in located if any(row.site_id == site_id for row in group)]
    if len(here) == 1:
        here[0].extend(unknown)
        return located
    return [*located, unknown] if unknown else located


def _is_same(one: Row, other: Row) -> bool:
    if one.town and other.town:
        return one.town == other.town
    return one.postcode is not None and one.postcode == other.postcode


def harm(
    *, is_reported: bool, is_fragile: bool, cases: int, last_at: datetime
) -> tuple[bool, bool, int, float]:
    """Return the order of the list: nobody told yet, fragile people, more cases, the latest."""
    return is_reported, not is_fragile, -cases, -last_at.timestamp()
