"""A contact who tells of a positive test by a professional becomes a case in the same call, and the call goes on."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from tracing.calls import services as calls
from tracing.calls.models import Call, Conversation
from tracing.calls.rules import CallOutcome, can_take_back
from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import Case, CaseOutcome
from tracing.consequences import mistaken_cases
from tracing.consequences.services import follow_new_cases
from tracing.contacts import contact_to_case
from tracing.contacts.case_closing import close_when_done, first_call_of
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.rules import TestSaid, positive_test
from tracing.desk import services
from tracing.desk.conversation.conversation import ScriptedConversation, talk_of
from tracing.desk.errors import ChangedSince, NoPositiveTest, TooLateToTakeBack
from tracing.facts.rules import FactSource
from tracing.kernel import clock
from tracing.kernel.db import lock_row, session
from tracing.people import queries as people
from tracing.programmes.in_force import get_pack
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.models import ENDED, CallTask, TaskKind, TaskState
from tracing.scripts.vocabulary import IDENTITY_QUESTION, YES
from tracing.scripts.wording import confirmation_key, confirmation_value, render_say
from tracing.sickleave.answers import SWORN, SWORN_SINCE
from tracing.staff.agent import Agent


def become_case(call: Call, talk: ScriptedConversation, *, by: Agent, at: datetime) -> CallTask | None:
    """Open the case of a contact who is on the line; return its first call, which is led in this call too.

    What was said as a contact is taken over. Call `calls.services.lock_for_write` first. A second time changes nothing.

    Raises:
        NoPositiveTest: they told of no positive test by a professional.
    """
    calls.require_identity(call, talk.task)
    if talk.about.contact is None:
        raise NoPositiveTest
    contact = lock_row(Contact, talk.about.contact.id)
    if contact.status is ContactStatus.BECAME_CASE:
        return first_call_of(contact.became_case_id) if contact.became_case_id else None
    found = positive_test(TestSaid.from_codes(codes) for codes in contact.tests_said or ())
    if found is None:
        raise NoPositiveTest
    case, due_at = _open(contact, talk, found, by=by, at=at)
    calls.finish_conversation(talk.conversation, CallOutcome.COMPLETED, at=at)
    session.refresh(talk.task)
    if talk.task.state not in ENDED:
        queue.close_task(talk.task, TaskState.CANCELLED, by=by.member_id, at=at)
    close_when_done(contact.case_id, by=by.member_id, at=at)
    known = first_call_of(case.id)
    if known is not None:
        return known
    identity = people.find_joint_identity(contact.person_id)
    task = queue.enqueue(
        kind=TaskKind.CASE_FIRST,
        person_id=contact.person_id,
        phones=identity.phones if identity else (),
        site_id=case.site_id,
        case_id=case.id,
        due_at=due_at,
        at=at,
    )
    follow_new_cases({case.id: case.programme}, on=clock.local_day(at, by.site.time_zone), at=at)
    for one, conversation in services.open_conversations(call, by=by, at=at):
        if one.id == task.id:
            _take_over(call, talk, (one, conversation), by=by, at=at)
    return task


def take_back(call: Call, task: CallTask, *, by: Agent, at: datetime) -> CallTask | None:
    """Take a case back that was opened by mistake in this call; return the task of the contact, who is spoken to again.

    Call `calls.services.lock_for_write` first. A second time changes nothing and returns None.

    Raises:
        TooLateToTakeBack: it was opened more than two minutes ago.
        ChangedSince: a laboratory has sent the result meanwhile.
    """
    case = case_queries.get_case(task.case_id)
    contact_id = case.from_contact_id
    if case.outcome is CaseOutcome.NOT_A_CASE or contact_id is None:
        return None
    if not can_take_back(case.created_at, at=at):
        raise TooLateToTakeBack
    if not mistaken_cases.take_back(case.id, source=FactSource.TRACER, by=by, at=at):
        raise ChangedSince
    for one, spoken in services.open_conversations(call, by=by, at=at):
        if one.case_id == case.id and spoken.outcome is None:
            calls.finish_conversation(spoken, CallOutcome.TAKEN_BACK, at=at)
        elif one.contact_id == contact_id:
            calls.reopen_conversation(spoken)
            return one
    return queue_queries.find_task_of_contact(contact_id)


def _open(
    contact: Contact, talk: ScriptedConversation, found: TestSaid, *, by: Agent, at: datetime
) -> tuple[Case, datetime]:
    """Return the case that the contact is now, opened unless a laboratory's result was first, and when its call is due."""
    source, zone = talk.about.case, by.site.time_zone
    known = contact_to_case.find_recent_case(contact, source.programme, zone=zone)
    due_at = at + timedelta(hours=get_pack(source.programme).service.case_hours)
    if known is not None:
        contact_to_case.join_known_case(contact, source, zone=zone, by=by.member_id, at=at)
        return known, due_at
    case = cases.open_case(
        contact.person_id,
        site_id=source.site_id,
        programme=source.programme,
        cohort=clock.local_day(at, zone),
        # no laboratory has said the hour: noon is that day in every zone nearby
        first_sampled_at=datetime.combine(found.on, time(12), zone).astimezone(UTC),
        episode=case_queries.next_episode(contact.person_id, source.programme),
        by=by.member_id,
        at=at,
    )
    promised = contact_to_case.turn_into_cases([(case.id, contact.person_id)], at=at, zone=zone)
    return case, min(due_at, promised.get(case.id, due_at))


def _take_over(
    call: Call,
    talk: ScriptedConversation,
    spoken: tuple[CallTask, Conversation],
    *,
    by: Agent,
    at: datetime,
) -> None:
    """Take over what was said as a contact: the identity, the answers to the same questions, the words that were read."""
    task, conversation = spoken
    if talk.answers.get(IDENTITY_QUESTION) == YES:
        calls.confirm_identity(conversation, confirmed=True, by=by, at=at)
    for question, value in _taken_over(talk, talk_of(call, task, conversation, by=by, at=at)).items():
        calls.save_answer(call, task, question, value, by=by, at=at)
    after = talk_of(call, task, conversation, by=by, at=at)
    services.state_facts(call, after, after.path.counted, by=by, at=at)


def _taken_over(talk: ScriptedConversation, after: ScriptedConversation) -> Mapping[str, Any]:
    taken: dict[str, Any] = {"knows_result": YES}
    for question_id, value in talk.path.counted.items():
        asked, asks = talk.script.questions[question_id], after.script.questions.get(question_id)
        if asks is not None and asks.type is asked.type and (asked.values or set()) <= (asks.values or set()):
            taken[question_id] = value
    for step in after.script.steps:
        same = talk.script.step(step.id)
        key = confirmation_key(step)
        if same is None or key not in talk.answers:
            continue
        if step.mandatory and render_say(same, talk.facts) == render_say(step, after.facts):
            taken[key] = confirmation_value(step, after.facts)
    if SWORN in taken and SWORN_SINCE in talk.answers:
        taken[SWORN_SINCE] = talk.answers[SWORN_SINCE]
    return taken
