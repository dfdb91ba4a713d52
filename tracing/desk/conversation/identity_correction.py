"""Correct, during a call, who the person on the line is: with whose word it is, and what follows from it."""

from datetime import datetime

from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.consequences import services as consequences
from tracing.desk import rules
from tracing.desk.conversation.conversation import ScriptedConversation, talk_of
from tracing.desk.errors import ConfirmIdentityFirst
from tracing.facts.rules import FactKind, FactSource
from tracing.people import correction_services as corrections
from tracing.people import queries as people
from tracing.people.correction_rules import Correction, changed
from tracing.people.errors import AsItWas
from tracing.people.rules import Identity
from tracing.queue.models import CallTask
from tracing.scripts.wording import confirmation_key, confirmation_value
from tracing.staff.agent import Agent
from tracing.vault.errors import IdentityDestroyed


def identity_of(task: CallTask) -> Identity:
    """Return who the file says the person is.

    Raises:
        IdentityDestroyed
    """
    identity = people.find_joint_identity(task.person_id)
    if identity is None:
        raise IdentityDestroyed
    return identity


def correct(
    call: Call,
    talk: ScriptedConversation,
    correction: Correction,
    *,
    source: FactSource,
    is_other: bool = False,
    by: Agent,
    at: datetime,
) -> bool:
    """Record who somebody on the line is, and carry out what follows. Call `calls.services.lock_for_write` first.

    Returns whether it counts: the word of a relative is kept, but does not replace the person's own.

    Before their identity is confirmed, one of name, given names and birth date may differ, all corrections taken together
    of calls in which nobody confirmed it: who matches in nothing is somebody else, and the supervisor compares.

    Raises:
        AsItWas: nothing was corrected.
        ConfirmIdentityFirst: too much differs, and nothing was confirmed.
        MayBeBarred, IdentityDestroyed
    """
    task = talk.task
    changes = corrections.changes_in(task.person_id, correction)
    if not changes.kinds:
        raise AsItWas
    if talk.conversation.identity_confirmed_at is None:
        unproven = _corrected_without_proof(task.person_id) | changes.kinds
        if len(rules.IDENTIFYING & unproven) > 1:
            raise ConfirmIdentityFirst
    said = corrections.facts_of(
        task.person_id,
        changes,
        source=source,
        sent_by=corrections.who_sent(task.contact_id),
        call_id=call.id,
        is_other=is_other,
    )
    consequences.record(said, by=by.member_id, at=at)
    _keep_confirmed(call, talk, by=by, at=at)
    now = identity_of(task)
    return not changed(now, correction.of(now))


def _corrected_without_proof(person_id: int) -> frozenset[FactKind]:
    """Return what was corrected, and stands, in calls in which nobody confirmed their identity."""
    confirmed = call_queries.calls_that_confirmed(people.records_of_same_person(person_id))
    by_call = corrections.corrected_by_call(person_id)
    return frozenset().union(*(kinds for call_id, kinds in by_call.items() if call_id not in confirmed))


def take_back(call: Call, talk: ScriptedConversation, *, by: Agent, at: datetime) -> None:
    """Take back what this call has corrected of a person. Call `calls.services.lock_for_write` first."""
    said = corrections.facts_that_take_back(talk.task.person_id, call_id=call.id, source=FactSource.TRACER)
    if said:
        consequences.record(said, by=by.member_id, at=at)
        _keep_confirmed(call, talk, by=by, at=at)


NAME = "person"
"""The fact of a script that holds the name of the person on the line."""


def _keep_confirmed(call: Call, talk: ScriptedConversation, *, by: Agent, at: datetime) -> None:
    """Keep what was read out confirmed where only the name in it is spelt otherwise: the call goes on at its step."""
    now = talk_of(call, talk.task, talk.conversation, by=by, at=at)
    as_named = {**now.facts, NAME: talk.facts[NAME]} if NAME in talk.facts else now.facts
    for step in talk.script.steps:
        key = confirmation_key(step)
        if key not in talk.answers:
            continue
        new = confirmation_value(step, now.facts)
        if confirmation_value(step, as_named) == talk.answers[key] != new:
            calls.save_answer(call, talk.task, key, new, by=by, at=at)
