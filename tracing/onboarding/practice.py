"""Practice calls for a referent's review: statements, answers and notes, with the time that each took."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from tracing.calls import queries as calls
from tracing.calls.errors import NoSuchCall
from tracing.calls.models import Answer, Call, Conversation
from tracing.calls.rules import SCRIPT_OF
from tracing.cases import queries as cases
from tracing.contacts.models import Contact
from tracing.escalations.models import Escalation
from tracing.kernel.db import session
from tracing.kernel.paging import PAGE_SIZE, Page, page_of
from tracing.people import queries as people
from tracing.people.rules import Identity
from tracing.queue.models import CallTask, TaskKind
from tracing.scripts import transcript
from tracing.scripts.services import get_script
from tracing.scripts.transcript import Statement


@dataclass(frozen=True)
class PracticeConversation:
    """One conversation of a practice call, in the list."""

    conversation: Conversation
    kind: TaskKind
    said: int
    """Number of mandatory statements confirmed."""
    to_say: int


@dataclass(frozen=True)
class PracticeCall:
    """One practice call, in the list."""

    call: Call
    held: Sequence[PracticeConversation]


@dataclass(frozen=True, repr=False)
class Point:
    """One point of a conversation: an answer, or a statement that was said."""

    section: str
    label: str
    words: str
    at: datetime
    after: timedelta
    """Time since the previous point, or since the call began."""
    is_statement: bool


@dataclass(frozen=True)
class NamedContact:
    """A contact named during the call."""

    contact: Contact
    identity: Identity | None


@dataclass(frozen=True, repr=False)
class Review:
    """One conversation, in full."""

    conversation: Conversation
    task: CallTask
    reference: str
    identity: Identity | None
    statements: Sequence[tuple[Statement, datetime | None]]
    points: Sequence[Point]
    named: Sequence[NamedContact]
    asked: Sequence[Escalation]


def practice_calls(member_id: int, site_id: int, *, before_id: int | None = None) -> Page[PracticeCall]:
    """Return a page of a member's calls at a training site, newest first, before `before_id`."""
    chosen = select(Call).where(Call.tracer_id == member_id, Call.site_id == site_id)
    if before_id is not None:
        chosen = chosen.where(Call.id < before_id)
    found = session.scalars(chosen.order_by(Call.id.desc()).limit(PAGE_SIZE + 1)).all()
    held = _held([call.id for call in found])
    rows = [PracticeCall(call, held.get(call.id, [])) for call in found]
    return page_of(rows, [call.id for call in found])


def _held(call_ids: Sequence[int]) -> dict[int, list[PracticeConversation]]:
    confirmed = (
        select(func.count())
        .where(
            Answer.call_id == Conversation.call_id,
            Answer.task_id == Conversation.task_id,
            Answer.question.like("%.confirmed"),
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(Conversation, CallTask.kind, confirmed)
        .join(CallTask, CallTask.id == Conversation.task_id)
        .where(Conversation.call_id.in_(call_ids))
        .order_by(Conversation.id)
    )
    held: dict[int, list[PracticeConversation]] = {}
    for conversation, kind, said in rows:
        to_say = len(transcript.statements(get_script(SCRIPT_OF[kind], conversation.script_version), {}))
        held.setdefault(conversation.call_id, []).append(
            PracticeConversation(conversation, kind, said, max(to_say, said))
        )
    return held


def get_practice_call(call_id: int, *, member_id: int, site_id: int) -> Call:
    """Return a call of a recruit at their training site.

    Raises:
        NoSuchCall: another member made it, or it was a real call.
    """
    call = calls.get_call(call_id, tracer_id=member_id)
    if call.site_id != site_id:
        raise NoSuchCall
    return call


def review(call: Call) -> list[Review]:
    """Return the conversations of a practice call in full. The caller records in the read log that they were viewed."""
    return [_review(call, conversation) for conversation in calls.conversations(call.id)]


def _review(call: Call, conversation: Conversation) -> Review:
    task = session.get_one(CallTask, conversation.task_id)
    script = get_script(SCRIPT_OF[task.kind], conversation.script_version)
    values = calls.answers(task.id)
    rows = [row for row in calls.answer_rows(task.id) if row.call_id == call.id]
    times = {row.question: row.saved_at for row in rows}
    points, before = [], call.started_at
    for row in rows:
        found = transcript.find_line(script, row.question, values.get(row.question))
        if found is None:
            continue
        step, label, words = found
        is_statement = row.question.endswith(".confirmed")
        points.append(Point(step.section, label, words, row.saved_at, row.saved_at - before, is_statement))
        before = row.saved_at
    return Review(
        conversation=conversation,
        task=task,
        reference=cases.references([task.case_id])[task.case_id],
        identity=people.find_joint_identity(task.person_id),
        statements=[(one, times.get(one.key)) for one in transcript.statements(script, times)],
        points=points,
        named=_named(call, task) if task.kind is TaskKind.CASE_FIRST else [],
        asked=session.scalars(
            select(Escalation)
            .where(Escalation.call_id == call.id, Escalation.task_id == task.id)
            .order_by(Escalation.id)
        ).all(),
    )


def _named(call: Call, task: CallTask) -> list[NamedContact]:
    chosen = select(Contact).where(
        Contact.case_id == task.case_id,
        Contact.named_by == call.tracer_id,
        Contact.named_at >= call.started_at,
    )
    if call.ended_at is not None:
        chosen = chosen.where(Contact.named_at <= call.ended_at)
    found = session.scalars(chosen.order_by(Contact.id)).all()
    identities = people.joint_identities(contact.person_id for contact in found)
    return [NamedContact(contact, identities.get(contact.person_id)) for contact in found]
