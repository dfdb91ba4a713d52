"""The call that an adviser or a referent makes about a question: claim the household, answer, end, keep a draft."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.errors import CallEnded, LedElsewhere, NoSuchCall
from tracing.calls.models import Call, Draft
from tracing.calls.rules import CallOutcome
from tracing.escalations import queries, rules, services
from tracing.escalations.errors import NobodyIsCalled, OnTheLine, OtherCallFirst
from tracing.escalations.models import Decision, Escalation
from tracing.facts.ruling_rules import Ruling
from tracing.kernel import events
from tracing.kernel.db import session
from tracing.queue import queries as queue
from tracing.queue.claims import claim_household
from tracing.queue.errors import ClaimLost, HeldBy, OnAnotherCall
from tracing.queue.models import NOT_TO_RING, CallTask
from tracing.staff.agent import Agent
from tracing.vault import services as vault

ADVICE = "advice"
"""The field under which the draft of an answer is kept."""

MOST_KEPT = 4 * rules.LONGEST_ANSWER
"""A longer text could not be sent anyway."""


def ring(escalation_id: int, *, by: Agent, at: datetime) -> Call:
    """Claim the household of a question that the agent has taken: its numbers may now be rung, by no one else.

    If the agent already has this call, it continues in this browser.

    Raises:
        NobodyIsCalled: the person was reported dead, or has no number.
        OnTheLine: another member holds the household; the sentence says who.
        OtherCallFirst: the agent has another call.
        BeingJoined: the household must be joined with one that is claimed.
        NotTakenByYou, AlreadyTaken, AlreadySettled: the agent does not hold the question.
    """
    known = queries.get_escalation(escalation_id, by=by)
    task = queue.get_task(known.task_id)
    if task.household_id is None or is_called_no_more(task):
        raise NobodyIsCalled
    due_at = rules.call_again_by(known.reason, at)
    try:
        # lock the household's entry before the question, as everywhere
        claim = claim_household.claim_for_advice(task.household_id, escalation_id, by, due_at=due_at, at=at)
    except HeldBy as held:
        raise OnTheLine(held.name) from held
    except OnAnotherCall as error:
        raise OtherCallFirst from error
    services.refuse_unless_mine(queries.get_escalation(escalation_id, by=by, lock=True), by)
    call = calls.call_under(claim, by, escalation_id=escalation_id, at=at)
    if call.escalation_id != escalation_id:
        raise OtherCallFirst
    if calls.is_elsewhere(call, by):
        calls.take_over(call.id, by, at=at)
    return call


def is_called_no_more(task: CallTask) -> bool:
    """Return whether a person may not be called: they were reported dead, or have no number."""
    return task.state in NOT_TO_RING


def lost_call_message(lost: ClaimLost) -> str:
    """Return the sentence shown to an agent who no longer holds the call for a question."""
    if isinstance(lost, LedElsewhere | CallEnded):
        return lost.message
    return str(
        _(
            "Cet appel n’est plus le vôtre : sans signe de votre part, ou repris par un superviseur, il s’est terminé. Ce que vous avez tapé est gardé ici."
        )
    )


def get_call(call_id: int, escalation_id: int, by: Agent) -> Call:
    """Return a call that the agent made for a question.

    Raises:
        NoSuchCall: it is another member's, or for another question.
    """
    call = call_queries.get_call(call_id, tracer_id=by.member_id)
    if call.escalation_id != escalation_id:
        raise NoSuchCall
    return call


def settle(
    escalation_id: int,
    *,
    call_id: int | None,
    answer: str,
    decision: Decision,
    result_announced: bool = False,
    note_agreed: bool | None = None,
    ruling: Ruling | None = None,
    about: int | None = None,
    later: services.CallLater | None = None,
    by: Agent,
    at: datetime,
) -> Escalation:
    """Answer a question, and end the agent's call for it: the answer decides where the household goes.

    `call_id` is the call in which the answer was written; none: outside a call.

    Raises:
        ClaimLost, LedElsewhere: the agent no longer holds that call: nothing of the answer is saved here.
        and what `services.settle` raises.
    """
    held = queries.find_call(escalation_id, by.member_id)
    written_in = call_id or (held.id if held else None)
    call = None
    if written_in is not None:
        call = calls.lock_for_write(written_in, by, escalation_id=escalation_id, at=at)
    settled = services.settle(
        escalation_id,
        answer=answer,
        decision=decision,
        result_announced=result_announced,
        note_agreed=note_agreed,
        ruling=ruling,
        about=about,
        later=later,
        by=by,
        at=at,
    )
    if call is not None:
        _end(call, CallOutcome.ADVISED, by=by, at=at)
    for draft in _drafts(escalation_id, by):
        calls.dismiss_draft(draft.id, by=by, at=at)
    return settled


def end(call_id: int, escalation_id: int, outcome: CallOutcome, *, by: Agent, at: datetime) -> None:
    """End a call without answering the question: the agent keeps the question, the household goes back to the queue.

    Raises:
        NoSuchCall: it is another member's, or for another question.
        ClaimLost, LedElsewhere: the agent no longer holds it.
    """
    _end(calls.lock_for_write(call_id, by, escalation_id=escalation_id, at=at), outcome, by=by, at=at)


def _end(call: Call, outcome: CallOutcome, *, by: Agent, at: datetime) -> None:
    calls.end(call, outcome, by=by, at=at)
    if outcome is not CallOutcome.GIVEN_BACK:
        # tracers who call this household later read it on the timeline
        events.record(
            "call.advised",
            by=by.member_id,
            at=at,
            subject=("entry", call.entry_id),
            site_id=call.site_id,
            escalation=call.escalation_id,
            outcome=outcome.value,
        )


# ---------- What is typed ----------


def keep(call_id: int, escalation_id: int, text: str, *, by: Agent, at: datetime) -> None:
    """Keep an answer while it is being typed, one draft per question; without a claim, so that it outlives the call."""
    call, text = get_call(call_id, escalation_id, by), text[:MOST_KEPT]
    known = _drafts(escalation_id, by)
    if known:
        draft = known[-1]
        draft.sealed, draft.kept_at = vault.seal("drafts", draft.id, draft.cohort, text), at
        session.flush()
    elif text.strip():
        calls.keep_draft(call.id, ADVICE, text, by=by, at=at)


def kept(escalation_id: int, by: Agent) -> str | None:
    """Return the draft of the agent's answer to a question; None if there is none."""
    known = _drafts(escalation_id, by)
    if not known:
        return None
    newest = known[-1]
    words: str | None = vault.find_unsealed("drafts", newest.id, newest.cohort, newest.sealed)
    return words or ""


def _drafts(escalation_id: int, by: Agent) -> Sequence[Draft]:
    return session.scalars(
        select(Draft)
        .join(Call, Call.id == Draft.call_id)
        .where(
            Call.escalation_id == escalation_id,
            Draft.member_id == by.member_id,
            Draft.field == ADVICE,
            Draft.dismissed_at.is_(None),
        )
        .order_by(Draft.id)
    ).all()
