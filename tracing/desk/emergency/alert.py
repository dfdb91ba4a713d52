"""Commands of an emergency: tell the advisers, follow the answer about danger, take an alert back."""

from datetime import datetime

from tracing.calls.models import Call
from tracing.escalations import queries as escalations
from tracing.escalations import services as questions
from tracing.escalations.models import Audience, Escalation, EscalationState, Reason
from tracing.queue.models import CallTask
from tracing.staff.agent import Agent


def alert(call: Call, task: CallTask, *, by: Agent, at: datetime) -> Escalation:
    """Tell the advisers that a person of this call is in danger. Call `calls.services.lock_for_write` first.

    A second alert about the same person changes nothing.
    """
    return questions.raise_question(
        call, task, audience=Audience.ADVISER, reason=Reason.RED_FLAGS, question="", by=by, at=at
    )


def follow(call: Call, task: CallTask, *, is_danger: bool, was_danger: bool, by: Agent, at: datetime) -> None:
    """Follow the answer to the question about danger: an adviser is told at once, or was told by mistake.

    Only a « oui » that is corrected takes the alert back: one that was raised by its key, before the question was asked,
    stays until it is taken back by name.
    """
    if is_danger:
        alert(call, task, by=by, at=at)
    elif was_danger:
        take_back(task, by=by, at=at)


def take_back(task: CallTask, *, by: Agent, at: datetime) -> Escalation | None:
    """Take back an alert that was a mistake; return the one that stays.

    It stays once an adviser has taken it, or if it holds a question in words.
    """
    found = escalations.find_open(task.id, Audience.ADVISER)
    if found is None or found.reason is not Reason.RED_FLAGS:
        return None
    if found.state is not EscalationState.WAITING or escalations.words_of(found).question:
        return found
    questions.withdraw(found.id, by=by, at=at)
    return None
