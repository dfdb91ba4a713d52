"""The follow-up calls of a site that wait, by their day; of each, no more than its reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from sqlalchemy import select, tuple_

from tracing.cases.models import Case
from tracing.kernel.db import session
from tracing.kernel.paging import PAGE_SIZE
from tracing.queue.models import UNFINISHED, CallTask


@dataclass(frozen=True)
class Key:
    """The last call of a page: the next one begins after it."""

    on: date
    task_id: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return a key from an address; None if it is none."""
        on, _dot, task_id = text.partition(".")
        try:
            return cls(date.fromisoformat(on), int(task_id))
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.on.isoformat()}.{self.task_id}"


@dataclass(frozen=True)
class Planned:
    """A follow-up call that waits."""

    task: CallTask
    reference: str


@dataclass(frozen=True, repr=False)
class FollowUps:
    """A page of them."""

    rows: Sequence[Planned]
    next_after: Key | None


def waiting(site_id: int, *, after: Key | None) -> FollowUps:
    """Return a page of the follow-up calls of a site that wait, the earliest day first."""
    chosen = (
        select(CallTask, Case.reference)
        .join(Case, Case.id == CallTask.case_id)
        .where(
            CallTask.site_id == site_id,
            CallTask.planned_on.is_not(None),
            CallTask.state.in_(UNFINISHED),
        )
    )
    if after is not None:
        chosen = chosen.where(tuple_(CallTask.planned_on, CallTask.id) > (after.on, after.task_id))
    rows = [
        Planned(row.CallTask, row.reference)
        for row in session.execute(chosen.order_by(CallTask.planned_on, CallTask.id).limit(PAGE_SIZE + 1))
    ]
    shown = rows[:PAGE_SIZE]
    last = shown[-1].task if len(rows) > PAGE_SIZE else None
    return FollowUps(
        shown, Key(last.planned_on, last.id) if last is not None and last.planned_on is not None else None
    )
