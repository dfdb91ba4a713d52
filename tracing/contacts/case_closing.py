"""Close a case when its own call is done and no contact at risk that it named must still be called; open it again."""

from datetime import datetime

from sqlalchemy import or_, select

from tracing.calls.models import Conversation
from tracing.calls.rules import BY_TRACER, CallOutcome
from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import CaseOutcome, CaseStatus
from tracing.contacts.models import Contact, ContactStatus, RiskLevel
from tracing.kernel.db import session
from tracing.queue.models import STILL_TO_CALL, CallTask, TaskKind, TaskState

CASE_OUTCOMES = {CallOutcome.REFUSED: CaseOutcome.REFUSED}
"""The outcome of a case by the outcome of its own call; by default it was completed."""


def close_when_done(case_id: int, *, ended: CallOutcome | None = None, by: int | None, at: datetime) -> None:
    """Close a case if nothing is left to do for it; `ended` is the outcome of its own call if that ends now.

    Otherwise the platform closes it: whoever told the last contact did not end the case.
    """
    session.flush()
    by = by if ended is not None else None
    first = telling_call_of(case_id)
    if first is None or first.state is not TaskState.DONE:
        return
    for covered in session.scalars(select(CallTask.case_id).where(CallTask.covered_by == first.id)).all():
        _close(covered, first, ended=ended, by=by, at=at)
    _close(case_id, first, ended=ended, by=by, at=at)


def _close(case_id: int, first: CallTask, *, ended: CallOutcome | None, by: int | None, at: datetime) -> None:
    """Close a case whose person was told by a call, unless a contact it named must still be called."""
    if _has_contacts_to_call(case_id):
        return
    case = case_queries.get_case(case_id, lock=True)
    if case.status is CaseStatus.OPEN:
        how = ended or _last_outcome(first.id)
        outcome = CASE_OUTCOMES.get(how, CaseOutcome.COMPLETED) if how else CaseOutcome.COMPLETED
        cases.close(case, outcome, by=by, at=at)


def open_again(case_id: int, *, by: int | None, at: datetime) -> None:
    """Open a closed case whose person, or contact, must be called after all; one that is no case stays closed."""
    case = case_queries.get_case(case_id, lock=True)
    if case.status is CaseStatus.CLOSED and case.outcome is not CaseOutcome.NOT_A_CASE:
        cases.reopen(case, by=by, at=at)


def first_call_of(case_id: int) -> CallTask | None:
    """Return the first call of a case."""
    return session.scalar(
        select(CallTask)
        .where(CallTask.case_id == case_id, CallTask.kind == TaskKind.CASE_FIRST)
        .order_by(CallTask.id.desc())
        .limit(1)
    )


def telling_call_of(case_id: int) -> CallTask | None:
    """Return the call that informs the person of a case: its first call, or the one that supersedes it."""
    first = first_call_of(case_id)
    if first is None or first.covered_by is None:
        return first
    return session.get(CallTask, first.covered_by)


def _has_contacts_to_call(case_id: int) -> bool:
    chosen = (
        select(CallTask.id)
        .join(Contact, Contact.id == CallTask.contact_id)
        .where(
            CallTask.case_id == case_id,
            # whoever was told and is only rung again to ask how they are keeps no case open
            CallTask.kind == TaskKind.CONTACT_FIRST,
            CallTask.state.in_(STILL_TO_CALL),
            # whoever was told otherwise is called, negligible by now or not
            or_(Contact.risk != RiskLevel.NEGLIGIBLE, CallTask.again.is_not(None)),
            # they are now called as a case: the other case waits for that call
            Contact.status != ContactStatus.BECAME_CASE,
        )
        .limit(1)
    )
    return session.scalar(chosen) is not None


def _last_outcome(task_id: int) -> CallOutcome | None:
    return session.scalar(
        select(Conversation.outcome)
        .where(Conversation.task_id == task_id, Conversation.outcome.in_(BY_TRACER))
        .order_by(Conversation.id.desc())
        .limit(1)
    )
