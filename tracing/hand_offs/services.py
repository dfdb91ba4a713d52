"""Commands on hand-offs: what a call says, what is given by hand, and what is sent."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select

from tracing.calls import queries as call_queries
from tracing.cases.models import Case, CaseOutcome
from tracing.cases.queries import find_by_reference, get_case
from tracing.hand_offs import queries, rules
from tracing.hand_offs.errors import (
    ChangedMeanwhile,
    NoLongerMet,
    NoSuchReason,
    NoSuchRecord,
    TakenBackMeanwhile,
)
from tracing.hand_offs.models import HandOff
from tracing.hand_offs.rules import HandOffState
from tracing.kernel import events
from tracing.kernel.db import equals_any, session
from tracing.programmes.in_force import get_pack
from tracing.queue import queries as queue_queries
from tracing.queue.models import CallTask, TaskKind
from tracing.staff.agent import Agent


def keep_up(
    task: CallTask, case: Case, answers: Mapping[str, object], *, on: date, by: int | None, at: datetime
) -> None:
    """Let the hand-offs of a call be what its answers say now; twice changes nothing.

    What no longer holds is taken back, and whoever was told of it is told so.
    """
    known = {one.reason: one for one in queries.of_task(task.id, lock=True)}
    wanted: frozenset[str] = frozenset()
    if case.outcome is not CaseOutcome.NOT_A_CASE:
        is_case = task.contact_id is None
        wanted = rules.due(get_pack(case.programme).hand_offs, answers, is_case=is_case, on=on)
        wanted |= {reason for reason, one in known.items() if one.is_by_hand}
    states = {reason: one.state for reason, one in known.items()}
    for reason, state in sorted(rules.changes(states, wanted).items()):
        hand_off = known.get(reason) or _new(task, reason, at=at)
        _set(hand_off, state, by=by, at=at)


def open_for_new(case_ids: Sequence[int], programme: str, *, on: date, at: datetime) -> None:
    """Hand new cases off for the reasons that hold for every case: the agency does not wait for a call to end."""
    reasons = rules.due(get_pack(programme).hand_offs, {}, is_case=True, on=on)
    if not reasons:
        return
    tasks = session.scalars(
        select(CallTask)
        .where(equals_any(CallTask.case_id, case_ids), CallTask.kind == TaskKind.CASE_FIRST)
        .order_by(CallTask.id)
    )
    opened = [_new(task, reason, at=at) for task in tasks for reason in sorted(reasons)]
    for one in opened:
        one.state, one.is_waiting = HandOffState.TO_SEND, True
        one.changed_at, one.changed_by = at, None
    session.add_all(opened)
    for one in opened:
        _note(one, f"hand_off.{one.state.value}", by=None, at=at)
    session.flush()


def follow_result(case: Case, *, on: date, by: int | None, at: datetime) -> None:
    """Take back every hand-off of a case whose result was withdrawn, or let them hold again if it was not after all."""
    for task_id in sorted({one.task_id for one in queries.of_case(case.id, lock=True)}):
        task = queue_queries.get_task(task_id)
        keep_up(task, case, call_queries.answers(task_id), on=on, by=by, at=at)


def give(reference: str, reason: str, *, on: date, by: Agent, at: datetime) -> HandOff:
    """Hand a record off by hand, for a reason of its programme; given twice, it is one.

    Raises:
        NoSuchRecord: no case of the site has that reference.
        NoSuchReason: the reason is not in force.
    """
    case = find_by_reference(reference)
    if case is None or case.site_id != by.site.id:
        raise NoSuchRecord
    if reason not in {one.id for one in get_pack(case.programme).hand_offs if one.in_force(on)}:
        raise NoSuchReason
    task = session.scalar(
        select(CallTask)
        .where(CallTask.case_id == case.id, CallTask.kind == TaskKind.CASE_FIRST)
        .order_by(CallTask.id)
        .with_for_update()
        .limit(1)
    )
    if task is None:
        raise NoSuchRecord
    known = {one.reason: one for one in queries.of_task(task.id, lock=True)}
    hand_off = known.get(reason) or _new(task, reason, at=at)
    hand_off.is_by_hand = True
    if reason not in known or hand_off.state is HandOffState.TAKEN_BACK:
        _set(hand_off, HandOffState.TO_SEND, by=by.member_id, at=at)
    session.flush()
    return hand_off


def send(hand_off_id: int, *, anyway: bool = False, on: date, by: Agent, at: datetime) -> None:
    """Note that it was sent; one for a cluster that is none any more, only if that was said to whoever sends it.

    Raises:
        TakenBackMeanwhile: it no longer holds.
        NoLongerMet: the cluster is none any more.
    """
    hand_off = queries.get_hand_off(hand_off_id, site_id=by.site.id)
    if hand_off.state is HandOffState.TAKEN_BACK:
        raise TakenBackMeanwhile
    programme = get_case(hand_off.case_id).programme
    if not anyway and queries.no_longer_met([(hand_off, programme)], on=on):
        raise NoLongerMet
    if hand_off.state is HandOffState.TO_SEND:
        hand_off.sent_at = at
        _set(hand_off, HandOffState.SENT, by=by.member_id, at=at)


def acknowledge(hand_off_id: int, *, by: Agent, at: datetime) -> None:
    """Note that it was taken over.

    Raises:
        TakenBackMeanwhile: it no longer holds.
    """
    hand_off = queries.get_hand_off(hand_off_id, site_id=by.site.id)
    if hand_off.state is HandOffState.TAKEN_BACK:
        raise TakenBackMeanwhile
    if hand_off.state is HandOffState.SENT:
        _set(hand_off, HandOffState.ACKNOWLEDGED, by=by.member_id, at=at)


def say_taken_back(hand_off_id: int, *, was_taken_back: bool, by: Agent, at: datetime) -> bool:
    """Note that whoever was told of it knows that it no longer holds; or take back what was given by mistake.

    `was_taken_back` is which of the two the list offered. Returns whether nothing is left to do: what was sent already
    is to be taken back with whoever was told.

    Raises:
        ChangedMeanwhile: it holds again since the list was opened.
    """
    hand_off = queries.get_hand_off(hand_off_id, site_id=by.site.id)
    is_taken_back = hand_off.state is HandOffState.TAKEN_BACK
    if was_taken_back and not is_taken_back:
        raise ChangedMeanwhile
    if is_taken_back and not was_taken_back:
        return not hand_off.is_waiting  # pressed twice: whoever was told is not told yet
    if is_taken_back:
        hand_off.sent_at = None
        hand_off.is_waiting = False
        session.flush()
        _note(hand_off, "hand_off.said_taken_back", by=by.member_id, at=at)
    elif hand_off.is_by_hand:
        hand_off.is_by_hand = False
        _set(hand_off, HandOffState.TAKEN_BACK, by=by.member_id, at=at)
    return not hand_off.is_waiting


def _new(task: CallTask, reason: str, *, at: datetime) -> HandOff:
    return HandOff(
        task_id=task.id,
        case_id=task.case_id,
        site_id=task.site_id,
        reason=reason,
        is_by_hand=False,
        opened_at=at,
    )


def _set(hand_off: HandOff, state: HandOffState, *, by: int | None, at: datetime) -> None:
    is_told = hand_off.sent_at is not None
    if state is HandOffState.TO_SEND and is_told:
        state = HandOffState.SENT  # they were not yet told that it no longer held
    hand_off.state = state
    hand_off.is_waiting = state is HandOffState.TO_SEND or (state is HandOffState.TAKEN_BACK and is_told)
    hand_off.changed_at, hand_off.changed_by = at, by
    session.add(hand_off)
    session.flush()
    _note(hand_off, f"hand_off.{state.value}", by=by, at=at)


def _note(hand_off: HandOff, kind: str, *, by: int | None, at: datetime) -> None:
    events.record(
        kind,
        by=by,
        at=at,
        subject=("case", hand_off.case_id),
        site_id=hand_off.site_id,
        reason=hand_off.reason,
    )
