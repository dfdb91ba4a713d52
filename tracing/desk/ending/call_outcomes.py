"""Apply the outcome of a conversation: to the task, the household and the case; give a call back or hand it over."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import assert_never

from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.errors import CallbackOutsideHours, NobodyThen, ReasonNeeded, StillMissing
from tracing.calls.models import Call, Conversation
from tracing.calls.phone_numbers import note_rung
from tracing.calls.rules import BY_TRACER, OUTCOMES, CallOutcome, FollowUp, GiveBackReason
from tracing.cases import queries as case_queries
from tracing.consequences import follow_ups, reopening, stated_rules
from tracing.consequences import services as consequences
from tracing.contacts import marks
from tracing.contacts.case_closing import close_when_done
from tracing.contacts.queries import find_contact, represented
from tracing.desk import rules
from tracing.desk.conversation.conversation import ScriptedConversation
from tracing.desk.ending import wrong_numbers
from tracing.desk.errors import AlreadyFinished, CallbackNeeded, NotFree, NumberNeeded
from tracing.desk.queries import tasks_of_call
from tracing.desk.services import Spoken, by_person, is_to_lead, open_conversations, told_along
from tracing.escalations import services as escalations
from tracing.facts.rules import FactKind, FactSource, NewFact, Subject, SubjectType
from tracing.hand_offs import services as hand_offs
from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.messages import services as messages
from tracing.people import queries as people
from tracing.people.words import on_both_clocks
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import is_text_due, window_on
from tracing.programmes.schema import Pack
from tracing.queue import availability, languages
from tracing.queue import services as queue
from tracing.queue.claims import ending
from tracing.queue.claims import services as claims
from tracing.queue.errors import ClosedThatDay, NotWaiting, OnAnotherCall, OutsideHours
from tracing.queue.models import BARRED_AS, CallTask, TaskKind, TaskState
from tracing.queue.ordering.hours import calling_of_person
from tracing.queue.rules import CallAgain
from tracing.staff import presence
from tracing.staff.agent import Agent
from tracing.ui.languages import OTHER

ALWAYS = frozenset({FollowUp.STOP, FollowUp.BAR, FollowUp.NEXT_NUMBER})
"""What was learnt binds whatever was decided meanwhile: nothing more goes out to the dead, or to a wrong number."""
WAITS = {
    FollowUp.DOCTOR: TaskState.WAITING_DOCTOR,
    FollowUp.IDENTITY: TaskState.IDENTITY_FAILED,
    FollowUp.HAND_ON: TaskState.TO_HAND_ON,
}
"""Where the call waits for somebody else."""
MARKS = {CallOutcome.COMPLETED: marks.mark_informed, CallOutcome.REFUSED: marks.mark_refused}


def finish(
    talk: ScriptedConversation,
    outcome: CallOutcome,
    *,
    callback_at: datetime | None = None,
    language: str | None = None,
    by: Agent,
    at: datetime,
) -> CallTask | None:
    """End the conversation with one person; return the task of the next person in this call, None when the call ended.

    Call `calls.services.lock_for_write` first.

    Raises:
        AlreadyFinished: it has ended already.
        StillMissing: it is not complete.
        NumberNeeded: no number reaches the person.
        CallbackNeeded, CallbackOutsideHours, ClosedThatDay, NobodyThen: the callback is missing or cannot be kept.
    """
    call, task = talk.call, talk.task
    # a second click, or an adviser, may have been first: read again under the lock
    session.refresh(talk.conversation)
    session.refresh(task)
    if talk.conversation.outcome is not None:
        raise AlreadyFinished
    rule = OUTCOMES[outcome]
    number = note_rung(call, task, outcome, by=by, at=at)
    is_settled = task.state is not TaskState.OPEN and not rule.whole_household
    stays = is_settled and rule.follows not in ALWAYS
    along = told_along(task, open_conversations(call, by=by, at=at))
    also = unfinished(call, by=by, at=at) if rule.whole_household else []
    concerned = [task, *(one for one, _conversation in (*along, *also))]
    match FollowUp.AS_IT_WAS if stays else rule.follows:
        case FollowUp.DONE:
            _done(talk, outcome, by=by, at=at)
        case FollowUp.PROMISE:
            _promise(talk, callback_at, by=by, at=at)
        case FollowUp.TRY_AGAIN:
            _try_household_again(call, by=by, at=at)
        case FollowUp.NEXT_NUMBER:
            wrong_numbers.note(talk, number, also=unfinished(call, by=by, at=at), along=along, by=by, at=at)
        case FollowUp.DOCTOR | FollowUp.IDENTITY | FollowUp.HAND_ON as waits:
            queue.close_task(task, WAITS[waits], by=by.member_id, at=at)
            if outcome is CallOutcome.HOSPITALISED and task.is_follow_up:
                _keep_hospital(talk, by=by, at=at)
        case FollowUp.LANGUAGE:
            languages.set_call_language(task, language or OTHER, by=by.member_id, at=at)
        case FollowUp.INTERPRETER:
            languages.need_interpreter(task, language or OTHER, by=by.member_id, at=at)
        case FollowUp.STOP:
            _stop(talk, FactKind.DEATH, outcome, by=by, at=at)
        case FollowUp.BAR:
            _stop(talk, FactKind.NO_CALLS, outcome, by=by, at=at)
        case FollowUp.AS_IT_WAS:
            pass
        case never:
            assert_never(never)
    if not stays and not rule.whole_household:
        for other, _conversation in along:
            _told_along(talk, other, outcome, callback_at=callback_at, language=language, by=by, at=at)
    ended: Spoken = [(task, talk.conversation), *along]
    for _task, conversation in unfinished(call, by=by, at=at) if rule.whole_household else ended:
        calls.finish_conversation(conversation, outcome, at=at)
    _hand_off(talk, by=by, at=at)
    rest = unfinished(call, by=by, at=at)
    if not rest:
        calls.end(call, outcome, by=by, at=at)
        _follow_end(call, by=by, at=at)
    if not rest and outcome is CallOutcome.WRONG_NUMBER and task.state is TaskState.OPEN:
        # the next number is rung at once, by the same tracer; where that cannot be, it has its place in the queue
        with suppress(NotWaiting, OutsideHours, OnAnotherCall):
            claims.reserve_for(call.entry_id, by.member_id, by=by, at=at)
    _plan_follow_ups(concerned, by=by, at=at)
    return rest[0][0] if rest else None


def _told_along(
    talk: ScriptedConversation,
    other: CallTask,
    outcome: CallOutcome,
    *,
    callback_at: datetime | None,
    language: str | None,
    by: Agent,
    at: datetime,
) -> None:
    """Let an outcome hold for another meeting of the same person: they were told, or are to be told, of both at once."""
    contact = find_contact(other.contact_id)
    follows = OUTCOMES[outcome].follows
    if contact is None or other.state is not TaskState.OPEN:
        return
    if follows is FollowUp.DONE:
        queue.close_task(other, TaskState.DONE, by=by.member_id, at=at)
        if outcome is CallOutcome.COMPLETED:
            for question, value in stated_rules.said_for_other_meetings(talk.path.counted).items():
                if question not in stated_rules.PASSED_ON_ONCE:
                    calls.save_answer(talk.call, other, question, value, by=by, at=at)
            consequences.remember_told(other, at=at)
        MARKS[outcome](contact, by=by.member_id, at=at)
        if outcome is CallOutcome.REFUSED:
            _keep_refusal(talk, other.subject, by=by, at=at)
        close_when_done(other.case_id, by=by.member_id, at=at)
    elif follows is FollowUp.PROMISE and callback_at is not None:
        queue.promise(other, when=callback_at, by=by, at=at)
    elif follows is FollowUp.LANGUAGE:
        languages.set_call_language(other, language or OTHER, by=by.member_id, at=at)
    elif follows is FollowUp.INTERPRETER:
        languages.need_interpreter(other, language or OTHER, by=by.member_id, at=at)
    elif follows in WAITS:
        queue.close_task(other, WAITS[follows], by=by.member_id, at=at)


def _plan_follow_ups(tasks: Sequence[CallTask], *, by: Agent, at: datetime) -> None:
    """Plan when those are rung who were told, or asked how they are; whoever did not answer is rung on the next day of it."""
    concerned = [one for one in tasks if one.state is TaskState.DONE or one.is_follow_up]
    follow_ups.plan_follow_ups(concerned, by=by.member_id, at=at)


def _hand_off(talk: ScriptedConversation, *, by: Agent, at: datetime) -> None:
    """Let the hand-offs follow what the person answered, however their conversation ended."""
    if talk.task.is_follow_up:
        return  # what is asked there hands nothing off
    today = clock.local_day(at, by.site.time_zone)
    # with somebody else on the line the answers of earlier calls stand
    answers = talk.path.counted if talk.is_identified else call_queries.answers(talk.task.id)
    hand_offs.keep_up(talk.task, talk.about.case, answers, on=today, by=by.member_id, at=at)


def unfinished(call: Call, *, by: Agent, at: datetime) -> list[tuple[CallTask, Conversation]]:
    """Return the tasks of a call whose conversation has not ended yet, each with its conversation; by person."""
    spoken = open_conversations(call, by=by, at=at)
    return [pair for theirs in by_person(spoken) for pair in theirs if is_to_lead(pair)]


def hang_up(call: Call, *, reason: GiveBackReason | None = None, by: Agent, at: datetime) -> bool:
    """End a call: people who were not spoken to are called again as if it had not happened.

    Returns whether it changed nothing: everybody in it had been told before, rang, and has had an answer. That takes no
    reason.

    Raises:
        ReasonNeeded: no one was spoken to, and today's calls without a reason are used up.
    """
    reached = [one.outcome for one in call_queries.conversations(call.id) if one.outcome in BY_TRACER]
    rest = unfinished(call, by=by, at=at)
    answered = [is_answered(task, spoken) for task, spoken in rest]
    for place, (task, spoken) in enumerate(rest):
        calls.finish_conversation(spoken, CallOutcome.GIVEN_BACK, at=at)
        is_closed = reopening.close_again(
            task,
            call_id=call.id,
            since=call.started_at,
            zone=by.site.time_zone,
            is_passed_on=reason is GiveBackReason.HANDED_OVER,
            by=by.member_id,
            at=at,
        )
        answered[place] = answered[place] and is_closed
    is_unchanged = bool(answered) and all(answered)
    needs_reason = reason is None and not reached and not is_unchanged
    if needs_reason and not calls.may_give_back_without_reason(by, at=at):
        raise ReasonNeeded
    calls.end(call, reached[-1] if reached else CallOutcome.GIVEN_BACK, reason=reason, by=by, at=at)
    _follow_end(call, by=by, at=at)
    return is_unchanged


def _follow_end(call: Call, *, by: Agent, at: datetime) -> None:
    """Carry out what waited for the end of a call: what changed in it, then the calls that a doctor put off in it."""
    tasks = tasks_of_call(call)
    consequences.follow_after_call(tasks, by=by.member_id, at=at)
    escalations.plan_put_off(tasks, since=call.started_at, by=by, at=at)


def is_answered(task: CallTask, spoken: Conversation) -> bool:
    """Return whether a conversation may end with nothing changed: its call was over, and the person who rang is known."""
    return task.given_from is TaskState.DONE and spoken.identity_confirmed_at is not None


def hand_over(call: Call, to: int, *, by: Agent, at: datetime) -> bool:
    """Give a call to a colleague who is present: reserved as their next call for half an hour, then open to everyone.

    Returns whether someone in the household still needs a call.

    Raises:
        NotFree: the colleague is not present, or already has a call.
    """
    there = availability.free_here(by.site.id, but=by.member_id, at=at, zone=by.site.time_zone)
    if to not in {one.member.id for one in there}:
        raise NotFree
    hang_up(call, reason=GiveBackReason.HANDED_OVER, by=by, at=at)
    return ending.hand_over(call.entry_id, to, by=by, at=at)


def was_finished_here(call: Call, task: CallTask) -> bool:
    """Return whether the tracer has already ended the conversation about this task in this call."""
    conversation = call_queries.find_conversation(call.id, task.id)
    return conversation is not None and conversation.outcome in BY_TRACER


def _done(talk: ScriptedConversation, outcome: CallOutcome, *, by: Agent, at: datetime) -> None:
    if outcome is CallOutcome.COMPLETED and not talk.can_complete:
        steps = [item.label for item in talk.missing]
        raise StillMissing(steps or [one.step.title for one in talk.path.steps[-1:]])
    is_to_complete = outcome is CallOutcome.COMPLETED and is_list_to_complete(talk)
    if is_to_complete:
        queue.keep_open(
            talk.task,
            CallAgain.TO_COMPLETE,
            not_before=at + rules.RING_UNLESS_THEY_DO_AFTER,
            due_at=at + rules.RING_UNLESS_THEY_DO_WITHIN,
            by=by.member_id,
            at=at,
        )
    else:
        queue.close_task(talk.task, TaskState.DONE, by=by.member_id, at=at)
    if outcome is CallOutcome.COMPLETED:
        consequences.remember_told(talk.task, at=at)
    if outcome is CallOutcome.REFUSED:
        _keep_refusal(talk, talk.task.subject, by=by, at=at)
    if talk.task.is_follow_up:
        return  # they were told before, and whether the case is closed does not depend on it
    if talk.about.contact is not None:
        MARKS[outcome](talk.about.contact, by=by.member_id, at=at)
    ended = outcome if talk.about.contact is None else None
    close_when_done(talk.about.case.id, ended=ended, by=by.member_id, at=at)


def is_list_to_complete(talk: ScriptedConversation) -> bool:
    """Return whether the person will ring to complete their list: they are rung once if they do not."""
    is_said = (
        talk.task.kind is TaskKind.CASE_FIRST
        and talk.answers.get(rules.LIST_QUESTION) == rules.TO_BE_COMPLETED
    )
    return is_said and talk.task.again is not CallAgain.TO_COMPLETE


def _keep_hospital(talk: ScriptedConversation, *, by: Agent, at: datetime) -> None:
    """Nobody rings somebody in hospital to ask how they are, until they are said to be home."""
    said = NewFact(
        subject=talk.task.subject,
        kind=FactKind.HOSPITAL,
        value=True,
        source=FactSource.TRACER,
        cohort=clock.local_day(at, by.site.time_zone),
        call_id=talk.call.id,
    )
    consequences.record([said], by=by.member_id, at=at)


def _keep_refusal(talk: ScriptedConversation, subject: Subject, *, by: Agent, at: datetime) -> None:
    """A refusal binds this kind of call about this episode: it is a fact about the case, or the contact."""
    said = NewFact(
        subject=subject,
        kind=FactKind.REFUSAL,
        value=talk.task.kind.value,
        source=FactSource.PERSON,
        cohort=clock.local_day(at, by.site.time_zone),
        call_id=talk.call.id,
    )
    consequences.record([said], by=by.member_id, at=at)


def _promise(talk: ScriptedConversation, when: datetime | None, *, by: Agent, at: datetime) -> None:
    if when is None:
        raise CallbackNeeded
    if not people.has_number(talk.task.person_id):
        raise NumberNeeded
    calling = calling_of_person(talk.task.person_id, talk.task.site_id)
    if not rules.may_be_promised(calling, when, at=at):
        window = window_on(calling, when.astimezone(calling.zone).date())
        if window is None:
            raise ClosedThatDay
        zone = people.get_person(talk.task.person_id).time_zone
        opens, closes = (on_both_clocks(end, zone) for end in window)
        raise CallbackOutsideHours(opens, closes)
    if not _roster(talk.task, by=by, since=when).at_work(when) and not _is_here_anyway(
        talk.task, when, by=by, at=at
    ):
        raise NobodyThen
    queue.promise(talk.task, when=when, by=by, at=at)


def is_kept_by(task: CallTask, when: datetime, *, by: Agent, at: datetime) -> bool:
    """Return whether the promising tracer will be at work at an hour, as far as is known."""
    own = _roster(task, by=by, since=min(when, at), only=by.member_id)
    return bool(own.at_work(when)) or _is_here_anyway(task, when, by=by, at=at)


def _is_here_anyway(task: CallTask, when: datetime, *, by: Agent, at: datetime) -> bool:
    """Return whether the tracer works today beyond their weekly hours: these do not tell when they leave."""
    zone = by.site.time_zone
    if clock.local_day(when, zone) != clock.local_day(at, zone):
        return False
    return not _roster(task, by=by, since=at, only=by.member_id).at_work(at)


def proposed_callback(task: CallTask, *, by: Agent, at: datetime) -> datetime:
    """Return the proposed callback, in the site's time zone: one that a tracer can keep, if there is any."""
    # usually the promising tracer keeps it: the whole site is queried only if they are absent then
    own = _roster(task, by=by, since=at, only=by.member_id)
    everyone = cache(lambda: _roster(task, by=by, since=at))
    return rules.proposed_callback(
        calling_of_person(task.person_id, task.site_id),
        at=at,
        zone=by.site.time_zone,
        can_be_kept=lambda when: bool(own.at_work(when) or everyone().at_work(when)),
    )


def _roster(task: CallTask, *, by: Agent, since: datetime, only: int | None = None) -> presence.Roster:
    """Return the working hours of those who could keep a promise to the person of a task."""
    language = people.get_person(task.person_id).language
    return presence.roster(by.site.id, since=since, zone=by.site.time_zone, language=language, only=only)


def _stop(
    talk: ScriptedConversation, kind: FactKind, outcome: CallOutcome, *, by: Agent, at: datetime
) -> None:
    """Dead, or never to be called again: cancel every call to the person and every message, for whatever reason."""
    records = people.records_of_same_person(talk.task.person_id)
    for task, spoken in unfinished(talk.call, by=by, at=at):
        if task.person_id in records:
            queue.close_task(task, BARRED_AS[kind], by=by.member_id, at=at)
            calls.finish_conversation(spoken, outcome, at=at)
    said = NewFact(
        subject=(SubjectType.PERSON, talk.task.person_id),
        kind=kind,
        value=True,
        source=FactSource.RELATIVE if kind is FactKind.DEATH else FactSource.PERSON,
        cohort=clock.local_day(at, by.site.time_zone),
        call_id=talk.call.id,
    )
    consequences.record([said], by=by.member_id, at=at)


def _try_household_again(call: Call, *, by: Agent, at: datetime) -> None:
    """The number did not reach the people: try everyone in the household again at another time."""
    missed, answered_for = [], {}
    today = clock.local_day(at, by.site.time_zone)
    for task, _spoken in unfinished(call, by=by, at=at):
        when = next_try(task, by=by, at=at)
        if when is not None:
            queue.postpone_task(task, until=when, at=at)
            if is_text_due(_pack_of(task), task.attempts):
                missed.append((task.person_id, case_queries.get_case(task.case_id).reference))
                whom = represented(task.person_id, find_contact(task.contact_id), on=today)
                if whom is not None:
                    answered_for[task.person_id] = whom
            continue
        task.attempts += 1
        queue.close_task(task, TaskState.UNREACHABLE, by=by.member_id, at=at)
        contact = None if task.is_follow_up else find_contact(task.contact_id)
        if contact is not None:
            marks.mark_unreachable(contact, by=by.member_id, at=at)
            close_when_done(task.case_id, by=by.member_id, at=at)
    messages.queue_missed_call(missed, represented=answered_for, by=by, at=at)


def next_try(task: CallTask, *, by: Agent, at: datetime) -> datetime | None:
    """Return when a person would be tried again if this attempt fails; None: they go to the supervisor's list.

    A callback that was promised for later stands.
    """
    if task.household_id is None:
        return None
    if task.promised_at is not None and task.promised_at > at:
        return task.promised_at
    earlier = call_queries.attempts_for(task.id)
    calling = calling_of_person(task.person_id, task.site_id)
    return rules.next_try_at(_pack_of(task), earlier, attempts=task.attempts, at=at, calling=calling)


def _pack_of(task: CallTask) -> Pack:
    return get_pack(case_queries.get_case(task.case_id).programme)
