"""After a merge, decide which first call covers the others, so that no one is called twice about one episode. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tracing.cases.rules import SAME_EPISODE_DAYS
from tracing.queue.models import COVERABLE, TaskState

UNDO_LASTS = timedelta(minutes=10)
"""How long a decision can be undone with one button; later it is taken back from the list of decisions."""

TELLS = {
    TaskState.DONE: 0,
    TaskState.WAITING_DOCTOR: 1,
    TaskState.WAITING_LANGUAGE: 1,
    TaskState.WAITING_INTERPRETER: 1,
    TaskState.TO_HAND_ON: 1,
    TaskState.DECEASED: 1,
    TaskState.NO_CALLS: 1,
    TaskState.IDENTITY_FAILED: 2,
    TaskState.OPEN: 2,
    TaskState.NO_NUMBER: 3,
}
"""States of a first call that informs the person, or will, most advanced first; closed without success is not one."""


@dataclass(frozen=True, kw_only=True)
class FirstCall:
    """The first call of one case of a person."""

    task_id: int
    programme: str
    sampled_on: date
    """Day of the case's first sampling, in the site's time zone."""
    state: TaskState
    is_begun: bool = False
    """Whether the person was already spoken to about it."""
    is_on_line: bool = False
    """Whether a tracer holds the household's call now."""
    is_covered: bool = False
    """Whether it was closed because another call covers it; which one is determined anew."""


def covered(calls: Sequence[FirstCall]) -> dict[int, int]:
    """Return which first calls of one person are covered by another one, as task id to covering task id.

    Two cases of one episode (the import would have joined their results) need only one call: the most advanced,
    then the one on the line, then the one begun, then the one sampled earlier. A call on the line is never covered.
    A call that was covered before and is missing from the answer must be made again.
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
