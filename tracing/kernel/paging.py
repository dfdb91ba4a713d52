"""Keyset pagination of a long list: the next page starts after the last row seen, whatever was added meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """The rows of one page, and the key after which the next page starts (None: this is the last page)."""

    rows: Sequence[Row]
    next_key: int | None


def page_of(rows: Sequence[Row], keys: Sequence[int], size: int = PAGE_SIZE) -> Page[Row]:
    """Make a page of `rows`, which were read with a limit of `size` + 1. `keys` are their keys in the same order."""
    if len(rows) <= size:
        return Page(rows, None)
    return Page(rows[:size], keys[size - 1])
