"""Commands on requests for help: what a call says of them, and what a supervisor does with them."""

from collections.abc import Iterable
from datetime import datetime

from tracing.help_requests import queries, rules
from tracing.help_requests.errors import ChangedMeanwhile, WithdrawnMeanwhile
from tracing.help_requests.models import HelpRequest
from tracing.help_requests.rules import HelpState
from tracing.kernel import events
from tracing.kernel.db import session
from tracing.queue.models import CallTask
from tracing.staff.agent import Agent


def ask(task: CallTask, needs: Iterable[str], *, consents: bool, by: Agent, at: datetime) -> None:
    """Let the requests of a call be what the person asks for and agrees to now; twice changes nothing.

    What they take back is withdrawn; a service that was told of it is told again.
    """
    known = {one.need: one for one in queries.requests_of(task.id, lock=True)}
    states = {need: one.state for need, one in known.items()}
    for need, state in sorted(rules.changes(states, rules.wanted(needs, consents=consents)).items()):
        request = known.get(need)
        if request is None:
            request = HelpRequest(
                task_id=task.id,
                person_id=task.person_id,
                site_id=task.site_id,
                need=need,
                asked_at=at,
                asked_by=by.member_id,
            )
            session.add(request)
        if state is HelpState.TO_PASS_ON:
            request.passed_on_at = None
        # a service that was told is told that the person wants it no more
        is_waiting = state is HelpState.TO_PASS_ON or request.passed_on_at is not None
        _set(request, state, is_waiting=is_waiting, by=by, at=at)


def pass_on(help_id: int, *, by: Agent, at: datetime) -> None:
    """Note that a service was told of a request.

    Raises:
        WithdrawnMeanwhile: the person wants it no more.
    """
    request = queries.get_request(help_id, site_id=by.site.id)
    if request.state is HelpState.WITHDRAWN:
        raise WithdrawnMeanwhile
    if request.state is HelpState.TO_PASS_ON:
        request.passed_on_at = at
        _set(request, HelpState.PASSED_ON, is_waiting=True, by=by, at=at)


def close(help_id: int, seen: HelpState | None, *, by: Agent, at: datetime) -> None:
    """Note that the help was given, or that the service knows that it is wanted no more: nothing is left to do.

    `seen` is the state that the list showed; noted twice, it changes nothing.

    Raises:
        ChangedMeanwhile: the person took the request back, or made it again, since the list was opened.
    """
    request = queries.get_request(help_id, site_id=by.site.id)
    if not rules.may_close(request.state, seen):
        raise ChangedMeanwhile
    if not request.is_waiting:
        return
    state = HelpState.WITHDRAWN if request.state is HelpState.WITHDRAWN else HelpState.DONE
    _set(request, state, is_waiting=False, by=by, at=at)


def _set(request: HelpRequest, state: HelpState, *, is_waiting: bool, by: Agent, at: datetime) -> None:
    request.state, request.is_waiting = state, is_waiting
    request.changed_at, request.changed_by = at, by.member_id
    session.flush()
    events.record(
        f"help.{state.value}",
        by=by.member_id,
        at=at,
        subject=("task", request.task_id),
        site_id=request.site_id,
        need=request.need.value,
    )
