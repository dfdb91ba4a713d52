"""A wrong number: dead for whoever was asked for; the next one is rung at once, or the supervisor finds another."""

from collections.abc import Sequence
from datetime import datetime

from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.models import Conversation
from tracing.calls.rules import REACHED_SOMEBODY, CallOutcome
from tracing.consequences import services as consequences
from tracing.contacts.case_closing import close_when_done
from tracing.desk.conversation.conversation import ScriptedConversation
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel import clock
from tracing.people import queries as people
from tracing.queue import services as queue
from tracing.queue.models import CallTask, TaskState
from tracing.staff.agent import Agent


def note(
    talk: ScriptedConversation,
    number: bytes | None,
    *,
    also: Sequence[tuple[CallTask, Conversation]],
    along: Sequence[tuple[CallTask, Conversation]] = (),
    by: Agent,
    at: datetime,
) -> None:
    """Record that the number of this call is wrong, and end the conversations that it cannot reach.

    If nobody of the household was reached, it is wrong for everybody there who has it (`also`: those not spoken to
    yet). If somebody was, the number is the household's: it is wrong only for the person who was asked for. Whoever
    has another number stays in the call, to be rung there. `along` are the same person's other meetings.
    """
    spoken = call_queries.conversations(talk.call.id)
    is_theirs = any(one.outcome in REACHED_SOMEBODY for one in spoken)
    concerned = [(talk.task, talk.conversation), *along]
    if not is_theirs and number is not None:
        own = {task.id for task, _conversation in concerned}
        others = [pair for pair in also if pair[0].id not in own]
        concerned += [pair for pair in others if number in _numbers_of(pair[0].person_id)]
    for _task, conversation in concerned:
        # finished first: nothing follows for a call while somebody is on the telephone about it
        calls.finish_conversation(conversation, CallOutcome.WRONG_NUMBER, at=at)
    if number is not None:
        said = [
            NewFact(
                subject=(SubjectType.PERSON, person_id),
                kind=FactKind.WRONG_NUMBER,
                value=True,
                source=FactSource.TRACER,
                cohort=clock.local_day(at, by.site.time_zone),
                call_id=talk.call.id,
                number_hash=number,
            )
            for person_id in sorted({task.person_id for task, _conversation in concerned})
        ]
        consequences.record(said, by=by.member_id, at=at)
    for task, _conversation in concerned:
        if task.state is TaskState.OPEN and number is None:
            # they rang us themselves, or are erased: there is nothing to ring
            queue.close_task(task, TaskState.NO_NUMBER, by=by.member_id, at=at)
            close_when_done(task.case_id, by=by.member_id, at=at)
        elif task.state is TaskState.OPEN:
            queue.ring_next_number(task, at=at)


def _numbers_of(person_id: int) -> set[bytes]:
    identity = people.find_joint_identity(person_id)
    return set(people.number_hashes(person_id, identity.phones).values()) if identity else set()
