"""Queries of calls, conversations, answers and drafts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select

from tracing.calls import rules
from tracing.calls.errors import NoSuchCall
from tracing.calls.models import Answer, Call, Conversation, Draft, NumberRung, OutcomeUndo
from tracing.calls.rules import CallOutcome, StoredAnswer
from tracing.kernel.db import equals_any, session
from tracing.scripts.answers import Given
from tracing.vault import services as vault


def get_call(call_id: int, *, tracer_id: int | None = None) -> Call:
    """Return a call by id; if a tracer is given, it must be theirs."""
    call = session.get(Call, call_id)
    if call is None or tracer_id not in {None, call.tracer_id}:
        raise NoSuchCall
    return call


def find_call_of_claim(entry_id: int, claim_number: int) -> Call | None:
    """Return the call made under a claim."""
    return session.scalar(select(Call).where(Call.entry_id == entry_id, Call.claim_number == claim_number))


def find_conversation(call_id: int, task_id: int) -> Conversation | None:
    """Return the conversation about a task in a call."""
    return session.scalar(
        select(Conversation).where(Conversation.call_id == call_id, Conversation.task_id == task_id)
    )


def last_ring_about(task_id: int, *, since: datetime) -> int | None:
    """Return the last call about a task that began at `since` or later because its people rang; None if there was none."""
    chosen = (
        select(Conversation.call_id)
        .join(Call, Call.id == Conversation.call_id)
        .where(Conversation.task_id == task_id, Call.started_at >= since, Call.rang_us)
        .order_by(Call.id.desc())
    )
    return session.scalar(chosen.limit(1))


def is_under_way(task_id: int) -> bool:
    """Return whether somebody is on the telephone about a task now."""
    chosen = (
        select(Conversation.id)
        .join(Call, Call.id == Conversation.call_id)
        .where(Conversation.task_id == task_id, Conversation.finished_at.is_(None), Call.ended_at.is_(None))
    )
    return session.scalar(chosen.limit(1)) is not None


_CONVERSATIONS = (
    select(Conversation).where(Conversation.call_id == bindparam("call")).order_by(Conversation.id)
)
_ANSWERS = select(Answer).where(Answer.task_id == bindparam("task")).order_by(Answer.saved_at, Answer.id)
"""Built once, as every request of a call asks them: building one takes as long as running it."""


def conversations(call_id: int) -> Sequence[Conversation]:
    """Return the conversations of a call."""
    return session.scalars(_CONVERSATIONS, {"call": call_id}).all()


def calls_that_confirmed(person_ids: Collection[int]) -> frozenset[int]:
    """Return the calls in which somebody confirmed that they are one of these people."""
    confirmed = select(Conversation.call_id).where(
        equals_any(Conversation.person_id, person_ids), Conversation.identity_confirmed_at.is_not(None)
    )
    return frozenset(session.scalars(confirmed))


def answers_given_in(call_id: int, task_id: int) -> dict[str, Any]:
    """Return what was answered about a task in this call, keyed by question; None once its day is destroyed."""
    said = select(Answer).where(Answer.task_id == task_id, Answer.call_id == call_id)
    found = {}
    for row in session.scalars(said):
        opened = vault.find_unsealed("answers", row.id, row.cohort, row.sealed)
        found[row.question] = None if opened is None else opened["value"]
    return found


def answers(task_id: int) -> dict[str, Any]:
    """Return the answers of a task, keyed by question, without those taken back or of a destroyed day."""
    found = {}
    for row in session.scalars(select(Answer).where(Answer.task_id == task_id)):
        opened = vault.find_unsealed("answers", row.id, row.cohort, row.sealed)
        if opened is not None and opened["value"] is not None:
            found[row.question] = opened["value"]
    return found


def given(task_ids: Collection[int]) -> dict[int, dict[str, Given]]:
    """Return the answers of tasks with the version of the script that asked for each, without those taken back."""
    found: dict[int, dict[str, Given]] = {one: {} for one in task_ids}
    for row in session.scalars(select(Answer).where(equals_any(Answer.task_id, task_ids))):
        opened = vault.find_unsealed("answers", row.id, row.cohort, row.sealed)
        if opened is not None and opened["value"] is not None:
            found[row.task_id][row.question] = Given(opened["value"], row.script_version)
    return found


def answers_by_task(task_ids: Collection[int], questions: Collection[str]) -> dict[int, dict[str, Any]]:
    """Return the answers of several tasks to some questions, as `answers` does for one, by one statement."""
    found: dict[int, dict[str, Any]] = {one: {} for one in task_ids}
    if not found or not questions:
        return found
    asked = select(Answer).where(equals_any(Answer.task_id, task_ids), Answer.question.in_(questions))
    for row in session.scalars(asked):
        opened = vault.find_unsealed("answers", row.id, row.cohort, row.sealed)
        if opened is not None and opened["value"] is not None:
            found[row.task_id][row.question] = opened["value"]
    return found


def answer_rows(task_id: int) -> Sequence[Answer]:
    """Return the rows of a task's answers in the order of saving: who answered what and when; values stay sealed."""
    return session.scalars(_ANSWERS, {"task": task_id}).all()


def stored_answers(task_id: int) -> dict[str, StoredAnswer]:
    """Return the answers of a task by question, in the order of saving, without those of a destroyed day."""
    found = {}
    for row in answer_rows(task_id):
        opened = vault.find_unsealed("answers", row.id, row.cohort, row.sealed)
        if opened is not None:
            found[row.question] = StoredAnswer(opened["value"], row.call_id, row.saved_at)
    return found


def timeline(household_id: int, *, limit: int = 30) -> Sequence[Call]:
    """Return the calls to a household, newest first."""
    return session.scalars(
        select(Call).where(Call.household_id == household_id).order_by(Call.id.desc()).limit(limit)
    ).all()


def attempts_for(task_id: int) -> list[datetime]:
    """Return when attempts to call about a task failed, in whichever household the person was then."""
    return list(
        session.scalars(
            select(Conversation.finished_at)
            .where(
                Conversation.task_id == task_id,
                Conversation.outcome.in_(rules.ATTEMPTS),
                Conversation.finished_at.is_not(None),
            )
            .order_by(Conversation.finished_at)
        )
    )


def calls_of_tracer(tracer_id: int, *, since: datetime, limit: int = 50) -> Sequence[Call]:
    """Return the calls that a tracer ended since `since`, newest first."""
    return session.scalars(
        select(Call)
        .where(
            Call.tracer_id == tracer_id,
            Call.ended_at >= since,
            Call.outcome.not_in([CallOutcome.CLAIM_ENDED, CallOutcome.TAKEN_BACK]),
        )
        .order_by(Call.ended_at.desc(), Call.id.desc())
        .limit(limit)
    ).all()


def can_be_taken_back(task_id: int, *, at: datetime) -> bool:
    """Return whether the last outcome about a person was noted so lately that its tracer can take it back."""
    noted = select(OutcomeUndo.noted_at).join(Conversation, Conversation.call_id == OutcomeUndo.call_id)
    last = session.scalar(
        noted.where(Conversation.task_id == task_id, OutcomeUndo.undone_at.is_(None))
        .order_by(OutcomeUndo.id.desc())
        .limit(1)
    )
    return last is not None and rules.can_take_back(last, at=at)


def numbers_rung(household_id: int) -> Sequence[NumberRung]:
    """Return the number rung in each call to a household, earliest first; rows are deleted with their day."""
    return session.scalars(
        select(NumberRung)
        .join(Call, Call.id == NumberRung.call_id)
        .where(Call.household_id == household_id)
        .order_by(NumberRung.call_id)
    ).all()


def ended_at_site(site_id: int, *, since: datetime) -> ColumnElement[bool]:
    """Return the SQL condition for calls of a site that ended since `since` (see rules.LONGEST_CALL)."""
    return and_(
        Call.site_id == site_id, Call.started_at >= since - rules.LONGEST_CALL, Call.ended_at >= since
    )


def skipped_since(tracer_id: int, since: datetime) -> int:
    """Count the calls that a tracer has given back without a reason since `since`."""
    skipped = select(func.count()).where(
        Call.tracer_id == tracer_id,
        Call.ended_at >= since,
        Call.outcome == CallOutcome.GIVEN_BACK,
        Call.give_back_reason.is_(None),
        Call.escalation_id.is_(None),
    )
    return session.scalar(skipped) or 0


def drafts(member_id: int) -> list[tuple[Draft, Any]]:
    """Return a member's drafts that are not dismissed, each with its text, or None once that is destroyed."""
    rows = session.scalars(
        select(Draft).where(Draft.member_id == member_id, Draft.dismissed_at.is_(None)).order_by(Draft.id)
    )
    return [(row, vault.find_unsealed("drafts", row.id, row.cohort, row.sealed)) for row in rows]
