"""Commands on calls: take the next call, confirm identity, save answers, end the call, keep drafts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import make_transient_to_detached

from tracing.calls import queries, rules, spoken_proof
from tracing.calls.errors import CallEnded, IdentityFirst, LedElsewhere, NoSuchCall
from tracing.calls.models import Answer, Call, Conversation, Draft, NumberRung
from tracing.calls.rules import CallOutcome, GiveBackReason
from tracing.kernel import clock, events
from tracing.kernel.db import refresh_known, session, take_id
from tracing.queue import queries as queue_queries
from tracing.queue.claims import ending, next_call
from tracing.queue.claims import services as claims_services
from tracing.queue.claims.next_call import Claim
from tracing.queue.errors import ClaimLost
from tracing.queue.models import CallTask
from tracing.queue.ordering import callbacks
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.vault import services as vault

_BEGINS = """
    INSERT INTO calls (entry_id, claim_number, household_id, site_id, tracer_id, started_at, session_id, proof)
    SELECT id, claim_number, household_id, site_id, :me, :at, :browser, :proof FROM taken RETURNING id
"""


def take_next(by: Agent, *, at: datetime) -> Call | None:
    """Claim the next household and start its call; None when nothing waits.

    If the agent already holds a call, return that one.
    """
    proof = spoken_proof.draw()
    begins = next_call.Beginning(_BEGINS, {"browser": by.session_id, "proof": proof})
    claim = next_call.claim_next(by, begins=begins, at=at)
    if claim is None:
        return None
    if claim.begun_id is None:
        return call_under(claim, by, at=at)
    call = _new_call(claim, by, proof=proof, at=at)
    call.id = claim.begun_id
    # the row was written by the claim's statement: attach the object without reading or writing it
    make_transient_to_detached(call)
    session.add(call)
    return call


def call_under(
    claim: Claim, by: Agent, *, escalation_id: int | None = None, rang_us: bool = False, at: datetime
) -> Call:
    """Return the call of a claim, started now if the claim is new.

    `escalation_id` is the question it is made for; `rang_us` says that the person rang, whatever it began as.
    """
    begun = None if claim.is_new else queries.find_call_of_claim(claim.entry_id, claim.number)
    if begun is not None:
        begun.rang_us = begun.rang_us or rang_us
        return begun
    call = _new_call(claim, by, proof=spoken_proof.draw(), escalation_id=escalation_id, at=at)
    call.rang_us = rang_us
    session.add(call)
    session.flush()
    return call


def _new_call(claim: Claim, by: Agent, *, proof: str, escalation_id: int | None = None, at: datetime) -> Call:
    return Call(
        entry_id=claim.entry_id,
        claim_number=claim.number,
        household_id=claim.household_id,
        site_id=claim.site_id,
        tracer_id=by.member_id,
        started_at=at,
        ended_at=None,
        outcome=None,
        session_id=by.session_id,
        give_back_reason=None,
        escalation_id=escalation_id,
        proof=proof,
        rang_us=False,
    )


def lock_for_write(
    call_id: int, by: Agent, *, escalation_id: int | None = None, reaching: int | None = None, at: datetime
) -> Call:
    """Return the call for a write, after locking its household and renewing its claim.

    `reaching` is the task of a person, if the write may change the calls of those whom they named: their households are
    then locked with this one, all in one order, so that two calls whose people name each other never lock crosswise.

    Every write of a call starts here: it states the claim number under which the call was started. A tracer's writes
    do not apply to a call made for a question (`escalation_id`), nor the other way round.

    Raises:
        NoSuchCall: it belongs to another member, or is of the other kind.
        LedElsewhere: it is led in another browser of the tracer.
        CallEnded: the member has ended it.
        ClaimLost: the claim has ended.
    """
    call = queries.get_call(call_id, tracer_id=by.member_id)
    if call.escalation_id != escalation_id:
        raise NoSuchCall
    require_not_ended(call)
    if reaching is not None:
        queue_queries.lock_homes_around(reaching, call.household_id)
    claims_services.renew_for_write(call.entry_id, call.claim_number, by, at=at)
    require_this_browser(call, by)
    return call


def require_not_ended(call: Call) -> None:
    """Refuse what comes for a call that is over, and say whether its own tracer ended it.

    Raises:
        CallEnded: they did.
        ClaimLost: it ended without them, or was given back.
    """
    if call.ended_at is not None:
        raise CallEnded if call.outcome in rules.BY_TRACER else ClaimLost


def is_elsewhere(call: Call, by: Agent) -> bool:
    """Return whether another browser of the tracer, with an open session, leads the call."""
    if call.session_id is None or by.session_id is None or call.session_id == by.session_id:
        return False
    return staff.is_open_session(call.session_id)


def require_this_browser(call: Call, by: Agent) -> None:
    """Refuse a request from a browser that does not lead the call; if that session is closed, this one takes over.

    Raises:
        LedElsewhere: the tracer leads it in another browser.
    """
    if is_elsewhere(call, by):
        raise LedElsewhere
    if by.session_id is not None and call.session_id != by.session_id:
        call.session_id = by.session_id
        session.flush()


def take_over(call_id: int, by: Agent, *, at: datetime) -> Call:
    """Continue in this browser a call that the tracer started in another one.

    Raises:
        NoSuchCall: it belongs to another tracer.
        ClaimLost: it has ended.
    """
    call = queries.get_call(call_id, tracer_id=by.member_id)
    require_not_ended(call)
    claims_services.renew_for_write(call.entry_id, call.claim_number, by, at=at)
    call.session_id = by.session_id
    session.flush()
    events.record("call.moved", by=by.member_id, at=at, subject=("call", call.id), site_id=call.site_id)
    return call


def start_conversation(call: Call, task: CallTask, *, script_version: str, at: datetime) -> Conversation:
    """Return the conversation about a task in this call, which keeps the version of the script that it began with.

    A later call about the same task has the version in force then; the answers to questions that live on follow.
    """
    begun = session.scalar(
        insert(Conversation)
        .values(call_id=call.id, task_id=task.id, person_id=task.person_id, script_version=script_version)
        .on_conflict_do_nothing()
        .returning(Conversation)
    )
    # two pages of one call may open at the same moment: the other one inserted the row
    begun = begun or queries.find_conversation(call.id, task.id)
    if begun is None:
        raise NoSuchCall
    task.script_version = begun.script_version
    session.flush()
    return begun


def confirm_identity(conversation: Conversation, *, confirmed: bool, by: Agent, at: datetime) -> None:
    """Record whether the person confirmed their identity in this call."""
    conversation.identity_confirmed_at = at if confirmed else None
    events.record(
        "identity.confirmed" if confirmed else "identity.not_confirmed",
        by=by.member_id,
        at=at,
        subject=("conversation", conversation.id),
    )


def save_answer(call: Call, task: CallTask, question: str, value: Any, *, by: Agent, at: datetime) -> None:
    """Save one answer, replacing the earlier one; None deletes it. Call `lock_for_write` first."""
    if value is None:
        session.execute(delete(Answer).where(Answer.task_id == task.id, Answer.question == question))
        return
    answer_id = take_id("answers")
    cohort = clock.local_day(at, by.site.time_zone)
    session.connection().execute(
        _PUT_ANSWER,
        {
            "id": answer_id,
            "task_id": task.id,
            "question": question,
            "person_id": task.person_id,
            "call_id": call.id,
            "claim_number": call.claim_number,
            "script_version": task.script_version or "",
            "cohort": cohort,
            "sealed": vault.seal("answers", answer_id, cohort, {"value": value}),
            "saved_at": at,
            "saved_by": by.member_id,
        },
    )


_PUT = insert(Answer)
_PUT_ANSWER = _PUT.on_conflict_do_update(
    index_elements=["task_id", "question"],
    set_={
        name: _PUT.excluded[name]
        for name in (
            "id",
            "call_id",
            "claim_number",
            "script_version",
            "cohort",
            "sealed",
            "saved_at",
            "saved_by",
        )
    },
)
"""Built once: it is sent with every answer."""


def forget_answers(task: CallTask, questions: Collection[str]) -> None:
    """Delete answers that turned out to be a mistake: the questions are asked again."""
    session.execute(delete(Answer).where(Answer.task_id == task.id, Answer.question.in_(questions)))


def reopen_conversation(conversation: Conversation) -> None:
    """Let a conversation go on that had ended in a call under way."""
    conversation.outcome = conversation.finished_at = None
    session.flush()


def require_identity(call: Call, task: CallTask) -> None:
    """Refuse health content before the person has confirmed their identity in this call.

    Raises:
        IdentityFirst: they have not.
    """
    conversation = queries.find_conversation(call.id, task.id)
    if conversation is None or conversation.identity_confirmed_at is None:
        raise IdentityFirst


def note_number(call: Call, number_hash: bytes, *, is_wrong: bool = False, by: Agent, at: datetime) -> None:
    """Store which number is rung in this call, and whether it is a wrong number. Call `lock_for_write` first."""
    row = insert(NumberRung).values(
        call_id=call.id,
        number_hash=number_hash,
        index_key_id=vault.index_key_id(),
        is_wrong=is_wrong,
        cohort=clock.local_day(at, by.site.time_zone),
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["call_id"],
            set_={name: row.excluded[name] for name in ("number_hash", "index_key_id", "is_wrong", "cohort")},
        )
    )
    refresh_known(NumberRung)


def finish_conversation(conversation: Conversation, outcome: CallOutcome, *, at: datetime) -> None:
    """End the conversation with one person; the call may continue with another."""
    conversation.outcome, conversation.finished_at = outcome, at
    session.flush()
    if outcome in rules.BY_TRACER:
        begun = queries.get_call(conversation.call_id).started_at
        is_reached = outcome not in rules.ATTEMPTS
        callbacks.settle(conversation.task_id, called_at=begun, is_reached=is_reached, at=at)


def end(
    call: Call, outcome: CallOutcome, *, reason: GiveBackReason | None = None, by: Agent, at: datetime
) -> None:
    """End a call and its claim: the open tasks decide the household's new place.

    `reason` says why the call is given back.
    """
    call.outcome, call.ended_at = outcome, at
    is_given_back = outcome is CallOutcome.GIVEN_BACK
    call.give_back_reason = reason if is_given_back else None
    for conversation in queries.conversations(call.id):
        if conversation.outcome is None:
            finish_conversation(conversation, outcome, at=at)
    session.flush()
    events.record(
        "call.ended",
        by=by.member_id,
        at=at,
        subject=("call", call.id),
        site_id=call.site_id,
        outcome=outcome.value,
    )
    if is_given_back:
        events.record(
            "call.given_back",
            by=by.member_id,
            at=at,
            subject=("entry", call.entry_id),
            site_id=call.site_id,
            reason=reason.value if reason else None,
        )
    passed_by = by.member_id if is_given_back else None
    ending.release(call.entry_id, call.claim_number, passed_by=passed_by, at=at)


_CLOSE_LOST = text("""
    WITH closed AS (
        UPDATE calls SET outcome = :outcome, ended_at = :at
        FROM unnest(CAST(:entries AS bigint[]), CAST(:numbers AS bigint[])) AS lost(entry_id, claim_number)
        WHERE calls.entry_id = lost.entry_id AND calls.claim_number = lost.claim_number AND ended_at IS NULL
        RETURNING calls.id
    )
    UPDATE conversations SET outcome = :outcome, finished_at = :at
    FROM closed WHERE call_id = closed.id AND conversations.outcome IS NULL
""")


def close_lost(claims: Sequence[Claim], outcome: CallOutcome, *, at: datetime) -> None:
    """End the calls of claims that did not end by their holder. Their answers are kept."""
    session.flush()
    lost = {"entries": [claim.entry_id for claim in claims], "numbers": [claim.number for claim in claims]}
    session.execute(_CLOSE_LOST, lost | {"outcome": outcome.value, "at": at})
    refresh_known(Call, Conversation)


def give_back(call: Call, *, reason: GiveBackReason | None = None, by: Agent, at: datetime) -> None:
    """Give a call back to the queue unchanged."""
    end(call, CallOutcome.GIVEN_BACK, reason=reason, by=by, at=at)


def may_give_back_without_reason(by: Agent, *, at: datetime) -> bool:
    """Return whether the agent may still give a call back without a reason today (the site's day)."""
    skipped = queries.skipped_since(by.member_id, clock.midnight(at, by.site.time_zone))
    return not rules.must_say_why(skipped)


def keep_draft(call_id: int, field: str, text: Any, *, by: Agent, at: datetime) -> None:
    """Keep text that was typed after the claim had ended."""
    cohort = clock.local_day(at, by.site.time_zone)
    draft_id = take_id("drafts")
    session.add(
        Draft(
            id=draft_id,
            member_id=by.member_id,
            call_id=call_id,
            field=field,
            cohort=cohort,
            sealed=vault.seal("drafts", draft_id, cohort, text),
            kept_at=at,
        )
    )
    session.flush()
    events.record("draft.kept", by=by.member_id, at=at, subject=("call", call_id), field=field)


def dismiss_draft(draft_id: int, *, by: Agent, at: datetime) -> None:
    """Dismiss a draft that its author has read."""
    draft = session.get(Draft, draft_id)
    if draft is not None and draft.member_id == by.member_id:
        draft.dismissed_at = at


def task_of_call(call: Call, task_id: int) -> CallTask:
    """Return a task of the household that this call is to.

    Raises:
        NoSuchCall: the task belongs to another household.
    """
    task = session.get(CallTask, task_id)
    if task is None or task.household_id != call.household_id:
        raise NoSuchCall
    return task
