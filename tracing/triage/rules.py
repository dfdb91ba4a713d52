"""What harms first, and the order of the rows. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum


class Harm(IntEnum):
    """What happens if nobody looks, the worst first. The order is ours; no text sets one."""

    DANGER = 1
    """Somebody may be in danger of life."""
    SPREAD = 2
    """A disease may spread in a place."""
    MISINFORMED = 3
    """People do, or leave, what no longer holds."""
    UNDECIDED = 4
    """A person or their tracer waits for a decision."""
    WRONGLY_PAID = 5
    """A note covers days that it should not, or lacks some."""
    TO_CONFIRM = 6
    """Something is done, or concerns nobody yet, and is to be confirmed."""


@dataclass(frozen=True, repr=False)
class Row:
    """Something to look at: what it is, of which record, since when, what is to be done and where. No identity."""

    harm: Harm
    since: datetime
    what: str
    reference: str
    to_do: str
    endpoint: str
    """The page where it is done."""
    values: Mapping[str, int | str] = field(default_factory=dict)
    """What its address takes."""


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return the rows as they are looked at: the most harmful first, among those the oldest."""
    return sorted(rows, key=lambda one: (one.harm, one.since, one.reference, one.endpoint))
