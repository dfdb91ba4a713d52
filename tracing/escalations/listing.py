"""Questions in lists: for the tracer on the telephone, and for those who answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tracing.calls import queries as calls
from tracing.calls.models import Call
from tracing.cases import queries as cases
from tracing.escalations import queries, rules
from tracing.escalations.models import Escalation
from tracing.escalations.queries import Words
from tracing.queue.models import CallTask, TaskKind
from tracing.staff.agent import Agent


@dataclass(frozen=True, repr=False)
class Asked:
    """A question as the tracer on the telephone sees it; `words` only if they may be read now."""

    escalation: Escalation
    words: Words | None
    mine: bool
    asker: str
    taker: str | None


@dataclass(frozen=True, repr=False)
class Row:
    """A question in the list of those who answer: no identity, only the reference of the case."""

    escalation: Escalation
    reference: str
    kind: TaskKind
    asker: str
    taker: str | None
    mine: bool
    is_late: bool
    may_put_back: bool


def asked_in_call(call: Call, task: CallTask, *, by: Agent) -> list[Asked]:
    """Return the questions about a person, newest first.

    Health content is readable once the person has confirmed their identity in this call; one's own words always are.
    """
    found = queries.of_task(task.id)
    conversation = calls.find_conversation(call.id, task.id)
    confirmed = conversation is not None and conversation.identity_confirmed_at is not None
    may_read_all = confirmed and call.ended_at is None
    names = queries.names_of(found)
    return [
        Asked(
            escalation=one,
            words=queries.words_of(one) if may_read_all or one.raised_by == by.member_id else None,
            mine=one.raised_by == by.member_id,
            asker=names[one.raised_by],
            taker=names[one.taken_by] if one.taken_by is not None else None,
        )
        for one in found
    ]


def rows(found: Sequence[Escalation], *, by: Agent, at: datetime) -> list[Row]:
    """Return questions as rows of the list, in the same order."""
    tasks, names = queries.tasks_of(found), queries.names_of(found)
    references = cases.references(task.case_id for task in tasks.values())
    return [
        Row(
            escalation=one,
            reference=references[tasks[one.task_id].case_id],
            kind=tasks[one.task_id].kind,
            asker=names[one.raised_by],
            taker=names[one.taken_by] if one.taken_by is not None else None,
            mine=one.taken_by == by.member_id,
            is_late=at > rules.answer_by(one.reason, one.raised_at),
            may_put_back=one.taken_at is not None and rules.may_be_put_back_by_others(one.taken_at, at=at),
        )
        for one in found
    ]
