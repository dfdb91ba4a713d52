"""Two records became one person: which first call tells them, so that nobody is called twice about one episode. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tracing.cases.rules import SAME_EPISODE_DAYS
from tracing.queue.models import COVERABLE, TaskState

UNDO_LASTS = timedelta(minutes=10)
"""A decision is offered back with one button this long; later it is taken back from the list."""

TELLS = {
    TaskState.DONE: 0,
    TaskState.WAITING_DOCTOR: 1,
    TaskState.WAITING_LANGUAGE: 1,
    TaskState.WAITING_INTERPRETER: 1,
    TaskState.TO_HAND_ON: 1,
    TaskState.DECEASED: 1,
    TaskState.OPEN: 2,
    TaskState.NO_NUMBER: 3,
}
"""First calls that tell a person, or will, the furthest along first; one given up or unreachable tells nobody."""


@dataclass(frozen=True, kw_only=True)
class FirstCall:
    """The first call of one case of a person."""

    task_id: int
    programme: str
    sampled_on: date
    """The first sampling of the case, where the site is."""
    state: TaskState
    is_begun: bool = False
    """They were spoken to about it already."""
    is_on_line: bool = False
    """A tracer holds the household's call now."""
    is_covered: bool = False
    """Given up already because another call tells the person; which one is found anew."""


def covered(calls: Sequence[FirstCall]) -> dict[int, int]:
    """Return which first calls of one person another one covers, by the task that does.

    Two cases of one episode (the import would have joined their results) are told in one call: the one furthest
    along, then the one on the line, then the one begun, then the earlier sampled. A call on the line is let be.
    A call that was covered before and is absent from the answer stands again.
    """
    standing: list[FirstCall] = []
    given_up: dict[int, int] = {}
    told = [call for call in calls if call.state in TELLS or call.is_covered]
    for one in sorted(told, key=_furthest_along):
        teller = next((other for other in standing if _same_episode(one, other)), None)
        may_give_up = one.is_covered or (one.state in COVERABLE and not one.is_on_line)
        if teller is None or not may_give_up:
            standing.append(one)
        else:
            given_up[one.task_id] = teller.task_id
    return given_up


def _furthest_along(call: FirstCall) -> tuple[int, bool, bool, date, int]:
    along = len(TELLS) if call.is_covered else TELLS[call.state]
    return along, not call.is_on_line, not call.is_begun, call.sampled_on, call.task_id


def _same_episode(one: FirstCall, other: FirstCall) -> bool:
    apart = abs((one.sampled_on - other.sampled_on).days)
    return one.programme == other.programme and apart <= SAME_EPISODE_DAYS
