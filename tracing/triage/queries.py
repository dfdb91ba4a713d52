"""The sources of rows, which features register, and what they find at a site."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import add

from sqlalchemy import ScalarSelect, select

from tracing.kernel.db import session
from tracing.staff.agent import Agent
from tracing.triage.rules import Row, in_order

MOST_OF_A_SOURCE = 50
"""Rows of one kind on the page, the oldest: whoever has more works from that list."""

Find = Callable[[Agent, datetime], Sequence[Row]]
Count = Callable[[int], ScalarSelect[int]]


@dataclass(frozen=True, repr=False)
class Source:
    """Where rows come from. `find` sends a fixed number of statements, `count` is a part of one."""

    name: str
    find: Find
    count: Count | None = None
    """Counts the rows of a site; None: only found on the page, because it costs more than every page may."""


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Add a source of rows; the same name a second time takes the place of the first."""
    _sources[source.name] = source


def to_look_at(by: Agent, *, at: datetime) -> list[Row]:
    """Return what an adviser of a site looks at, in order: at most `MOST_OF_A_SOURCE` rows of each source."""
    return in_order(row for one in _sources.values() for row in one.find(by, at)[:MOST_OF_A_SOURCE])


def count(site_id: int) -> int:
    """Count, by one statement, what there is to look at."""
    parts = [one.count(site_id) for one in _sources.values() if one.count is not None]
    return int(session.scalar(select(reduce(add, parts))) or 0) if parts else 0
