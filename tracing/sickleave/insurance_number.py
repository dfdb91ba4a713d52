"""The social-security number for a note, or the reason why the person has none, on which an adviser decides."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tracing.calls.models import Call
from tracing.kernel import clock, events
from tracing.kernel.db import find_row, session
from tracing.people import queries as people
from tracing.people.rules import Identity, nir_counts
from tracing.queue.models import CallTask
from tracing.sickleave.models import MissingNumber
from tracing.sickleave.rules import MissingNumberReason, NumberState
from tracing.staff.agent import Agent
from tracing.staff.models import Role
from tracing.vault import services as vault

AskAdviser = Callable[[Call, CallTask, str, Agent, datetime], None]

_asks: list[AskAdviser] = []


def set_ask_adviser(ask: AskAdviser) -> None:
    """Register the function that asks an adviser, because questions belong to a feature above this one."""
    _asks[:] = [ask]


def number_of(
    task_id: int,
    identity: Identity | None,
    *,
    by: Agent,
    parent_id: int | None = None,
    is_parents: bool = False,
) -> NumberState:
    """Return the state of the number for a person's note.

    `is_parents`: it is a parent's, known as `parent_id`, or as nobody yet: what was agreed for one is not for another.

    A number that contradicts the birth date or the sex is not their own: most often it is a parent's.
    """
    if identity is not None and nir_counts(identity):
        return NumberState.KNOWN
    stated = find_missing(task_id)
    if stated is None or not is_about(stated, parent_id, is_parents=is_parents):
        return NumberState.MISSING
    if stated.agreed is False:
        return NumberState.REFUSED
    # an adviser who holds the call decides by issuing the note
    is_agreed = stated.agreed or by.holds(Role.ADVISER)
    return NumberState.AGREED if is_agreed else NumberState.ASKED


def find_missing(task_id: int, *, lock: bool = False) -> MissingNumber | None:
    """Return the stated reason why a person has no number, or None."""
    return find_row(MissingNumber, task_id, lock=lock)


def is_about(stated: MissingNumber, parent_id: int | None, *, is_parents: bool) -> bool:
    """Return whether a stated reason is that of the person of the task, or, if `is_parents`, of this parent."""
    told = _told(stated)
    about = told.get("parent") if told else None
    if not is_parents or parent_id is None:
        return about is None and not is_parents
    return about in people.records_of_same_person(parent_id)


def awaits_decision(task_id: int) -> bool:
    """Say whether an adviser still has to decide on a note without a number."""
    stated = find_missing(task_id)
    return stated is not None and stated.agreed is None


def reason_of(stated: MissingNumber) -> MissingNumberReason | None:
    """Return the stated reason; None once the key of its day is destroyed."""
    told = _told(stated)
    return MissingNumberReason(told["reason"]) if told else None


def _told(stated: MissingNumber) -> dict[str, Any] | None:
    return vault.find_unsealed("missing_numbers", stated.task_id, stated.cohort, stated.sealed)


def state_missing(
    call: Call,
    task: CallTask,
    reason: MissingNumberReason,
    question: str,
    *,
    parent_id: int | None = None,
    by: Agent,
    at: datetime,
) -> None:
    """Store why a person has no number, and ask an adviser, once for each reason. Call `calls.lock_for_write` first.

    `question` is what the adviser reads; `parent_id` is the parent who has none, if the note is a parent's.
    A refusal is kept whatever the reason, an agreement for its reason; both are those of one person.
    """
    known = find_missing(task.id, lock=True)
    is_theirs = known is not None and is_about(known, parent_id, is_parents=parent_id is not None)
    if known is not None and is_theirs and (known.agreed is False or reason_of(known) is reason):
        return
    cohort = known.cohort if known else clock.local_day(at, by.site.time_zone)
    told = {"reason": reason.value} | ({"parent": parent_id} if parent_id is not None else {})
    sealed = vault.seal("missing_numbers", task.id, cohort, told)
    if known is None:
        session.add(
            MissingNumber(
                task_id=task.id,
                stated_at=at,
                stated_by=by.member_id,
                agreed=None,
                decided_at=None,
                decided_by=None,
                cohort=cohort,
                sealed=sealed,
            )
        )
    else:
        known.sealed, known.stated_at, known.stated_by = sealed, at, by.member_id
        known.agreed = known.decided_at = known.decided_by = None
    session.flush()
    events.record(
        "note.number_missing", by=by.member_id, at=at, subject=("task", task.id), site_id=task.site_id
    )
    if not by.holds(Role.ADVISER):
        for ask in _asks:
            ask(call, task, question, by, at)


def decide(task_id: int, *, agreed: bool, by: Agent, at: datetime) -> None:
    """Store an adviser's decision on a note without a number; does nothing if it is no longer needed."""
    stated = find_missing(task_id, lock=True)
    if stated is None or stated.agreed is not None:
        return
    stated.agreed, stated.decided_at, stated.decided_by = agreed, at, by.member_id
    session.flush()
    events.record("note.number_decided", by=by.member_id, at=at, subject=("task", task_id), agreed=agreed)
