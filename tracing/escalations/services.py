"""Commands on questions: raise, take, put back, settle; release those whose holder is gone."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import or_, select, tuple_, update

from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.calls.rules import CallOutcome
from tracing.contacts import case_closing, marks
from tracing.contacts.queries import find_contact
from tracing.escalations import queries, rules
from tracing.escalations.errors import (
    AlreadySettled,
    AlreadyTaken,
    AnswerNeeded,
    EndsAsByRule,
    EndsTooEarly,
    MedicalForAdviser,
    NoOneToCall,
    NotADayToCome,
    NotTakenByYou,
    QuestionNeeded,
    RulingDoesNotFit,
    TooLong,
    WantedByAnother,
)
from tracing.escalations.models import (
    AdviserSpecialties,
    Audience,
    Decision,
    Escalation,
    EscalationState,
    Reason,
)
from tracing.escalations.ruling import services as rulings
from tracing.facts.ruling_rules import Ruling, RulingKind
from tracing.kernel import clock, events
from tracing.kernel.db import find_row, fresh, session, take_id
from tracing.people import queries as people
from tracing.programmes.rules import next_open
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.errors import ClosedThatDay
from tracing.queue.models import ADVISER_ENDS, CallTask, QueueEntry, TaskState
from tracing.queue.ordering.hours import calling_of_person
from tracing.scripts.vocabulary import EscalationReason
from tracing.sickleave import insurance_number as note_numbers
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.toolbox import services as toolbox
from tracing.vault import services as vault

REOPENS: dict[Decision, frozenset[TaskState]] = {
    Decision.GO_ON: frozenset({TaskState.WAITING_DOCTOR}),
    Decision.CALL_BACK: frozenset({TaskState.WAITING_DOCTOR, TaskState.DONE, TaskState.UNREACHABLE}),
    Decision.CALL_LATER: frozenset({TaskState.WAITING_DOCTOR, TaskState.DONE, TaskState.UNREACHABLE}),
    Decision.CLOSED: frozenset(),
}
"""The task states that each decision opens again: no one keeps waiting for a doctor who has answered."""


@dataclass(frozen=True)
class CallLater:
    """On which day a person is called again, and by whom; no member: whoever is free."""

    on: date
    by: int | None


def raise_question(
    call: Call,
    task: CallTask,
    *,
    audience: Audience,
    reason: Reason | EscalationReason,
    question: str,
    by: Agent,
    at: datetime,
) -> Escalation:
    """Raise a question about one person of a call. Call `calls.services.lock_for_write` first.

    If a question to the same audience about the same person is open, this one is added to it.

    Raises:
        MedicalForAdviser: a medical question was addressed to a referent.
        QuestionNeeded, TooLong: the text is empty or too long.
    """
    reason, question = rules.reason_of(reason), " ".join(question.split())
    if not rules.may_ask(audience, reason):
        raise MedicalForAdviser
    if len(question) > rules.LONGEST_QUESTION:
        raise TooLong(len(question), rules.LONGEST_QUESTION)
    known = queries.find_open(task.id, audience)
    if known is not None:
        return _add_to(known, reason, question, by=by, at=at)
    if not question and not rules.says_enough(reason):
        raise QuestionNeeded
    escalation_id, cohort = take_id("escalations"), clock.local_day(at, by.site.time_zone)
    raised = Escalation(
        id=escalation_id,
        site_id=task.site_id,
        audience=audience,
        reason=reason,
        urgency=rules.URGENCY[reason],
        task_id=task.id,
        call_id=call.id,
        state=EscalationState.WAITING,
        raised_by=by.member_id,
        raised_at=at,
        result_announced=False,
        cohort=cohort,
        sealed=vault.seal("escalations", escalation_id, cohort, {"question": question, "answer": None}),
    )
    session.add(raised)
    session.flush()
    _record("raised", raised, by=by, at=at, reason=reason.value, urgency=raised.urgency)
    return raised


def _add_to(known: Escalation, reason: Reason, question: str, *, by: Agent, at: datetime) -> Escalation:
    """Add a question to one that is open; the more urgent of the two reasons applies."""
    asked = queries.words_of(known).question or ""
    if question and question not in asked:
        both = "\n".join(part for part in (asked, question) if part)
        known.sealed = vault.seal("escalations", known.id, known.cohort, {"question": both, "answer": None})
    known.reason = rules.more_urgent(known.reason, reason)
    known.urgency = rules.URGENCY[known.reason]
    session.flush()
    _record("asked_again", known, by=by, at=at, reason=reason.value, urgency=known.urgency)
    return known


def withdraw(escalation_id: int, *, by: Agent, at: datetime) -> None:
    """Take back a question that nobody has taken: the outcome with which it was asked was a mistake.

    Raises:
        AlreadyTaken, AlreadySettled: an adviser was faster.
    """
    known = session.scalar(fresh(select(Escalation).where(Escalation.id == escalation_id).with_for_update()))
    if known is None:
        return
    if known.state is not EscalationState.WAITING:
        refuse_unless_mine(known, by)
    _record("withdrawn", known, by=by, at=at)
    session.delete(known)
    session.flush()


def take(escalation_id: int, *, by: Agent, at: datetime) -> Escalation:
    """Take a question: only one member answers it. Taking one's own question again does nothing.

    Raises:
        AlreadyTaken, AlreadySettled: another member was faster.
    """
    known = queries.get_escalation(escalation_id, by=by)
    # if two advisers click at the same moment, the second waits for the row of the first, then finds it taken
    won = session.execute(
        update(Escalation)
        .where(Escalation.id == escalation_id, Escalation.state == EscalationState.WAITING)
        .values(
            state=EscalationState.TAKEN, taken_by=by.member_id, taken_at=at, wanted_by=None, wanted_at=None
        )
        .returning(Escalation.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    session.refresh(known)
    if won is None:
        refuse_unless_mine(known, by)
    else:
        _record("taken", known, by=by, at=at)
    return known


def take_next(escalation_id: int, *, by: Agent, at: datetime) -> Escalation:
    """Note that the agent takes a question after the call that they are on; anybody else may still take it first.

    One question at a time: the one noted before is let go.

    Raises:
        AlreadyTaken, AlreadySettled: another member has taken it.
        WantedByAnother: a colleague takes it next.
    """
    _lock_both(escalation_id, by)
    known = queries.get_escalation(escalation_id, by=by, lock=True)
    if known.state is not EscalationState.WAITING:
        refuse_unless_mine(known, by)
        return known
    other = known.wanted_by
    if other not in {None, by.member_id} and rules.is_next_of(known.wanted_at, at=at):
        raise WantedByAnother(staff.get_member(other or 0).display_name)
    _let_go(by)
    known.wanted_by, known.wanted_at = by.member_id, at
    session.flush()
    _record("taken_next", known, by=by, at=at)
    return known


def _lock_both(escalation_id: int, by: Agent) -> None:
    """Lock a question and the one noted before, in one order: two doctors who swap theirs wait, and do not deadlock."""
    session.execute(
        select(Escalation.id)
        .where(or_(Escalation.id == escalation_id, Escalation.wanted_by == by.member_id))
        .order_by(Escalation.id)
        .with_for_update()
    )


def _let_go(by: Agent) -> None:
    session.execute(
        update(Escalation)
        .where(Escalation.wanted_by == by.member_id)
        .values(wanted_by=None, wanted_at=None)
        .execution_options(synchronize_session="fetch")
    )


def choose_specialties(reasons: Collection[Reason], *, by: Agent, at: datetime) -> None:
    """Keep about what the agent likes to be asked first."""
    known = find_row(AdviserSpecialties, by.member_id, lock=True)
    codes = sorted(reason.value for reason in reasons)
    if known is None:
        session.add(AdviserSpecialties(member_id=by.member_id, reasons=codes, changed_at=at))
    else:
        known.reasons, known.changed_at = codes, at
    session.flush()


def put_back(escalation_id: int, *, by: Agent, at: datetime) -> Escalation:
    """Return a question to the list; a colleague may do so after it was held too long, but not during a call.

    The holder's call for it ends too.

    Raises:
        AlreadyTaken, AlreadySettled: another member holds it.
    """
    entry = _lock_household(escalation_id, by)
    known = queries.get_escalation(escalation_id, by=by, lock=True)
    if known.state is EscalationState.WAITING:
        return known
    call = queries.find_call(known.id, known.taken_by or 0)
    forgotten = (
        known.state is EscalationState.TAKEN
        and known.taken_at is not None
        and call is None
        and rules.may_be_put_back_by_others(known.taken_at, at=at)
    )
    if not forgotten:
        refuse_unless_mine(known, by)
    if call is not None and entry is not None and call.entry_id == entry.id:
        calls.end(call, CallOutcome.GIVEN_BACK, by=by, at=at)
    holder = known.taken_by
    known.state, known.taken_by, known.taken_at = EscalationState.WAITING, None, None
    session.flush()
    _record("put_back", known, by=by, at=at, holder=holder)
    return known


def _lock_household(escalation_id: int, by: Agent) -> QueueEntry | None:
    """Lock the household's entry before the question: the same order as when asking during a call."""
    task = queue_queries.get_task(queries.get_escalation(escalation_id, by=by).task_id)
    return None if task.household_id is None else queue_queries.find_entry_of(task.household_id, lock=True)


def release_gone(*, at: datetime) -> int:
    """Return to the list the questions whose holder is gone; return how many."""
    gone = queries.gone_takers(at=at)
    # a question that is being answered at this moment is skipped
    held = session.scalars(
        fresh(
            select(Escalation)
            .where(
                tuple_(Escalation.id, Escalation.taken_by).in_(gone),
                Escalation.state == EscalationState.TAKEN,
            )
            .order_by(Escalation.id)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for one in held:
        holder = one.taken_by or 0
        one.state, one.taken_by, one.taken_at = EscalationState.WAITING, None, None
        session.flush()
        _record("put_back", one, by=None, at=at, holder=holder, why=gone[one.id, holder].value)
    return len(held)


def settle(
    escalation_id: int,
    *,
    answer: str,
    decision: Decision,
    result_announced: bool = False,
    note_agreed: bool | None = None,
    ruling: Ruling | None = None,
    about: int | None = None,
    later: CallLater | None = None,
    by: Agent,
    at: datetime,
) -> Escalation:
    """Answer a question that the agent has taken, and move its task accordingly.

    A doctor's `ruling` apart from the rules becomes a fact, of the contact `about` whom the case has spoken if any, and
    what follows is carried out. `later`: the day and the member of `Decision.CALL_LATER`.

    `note_agreed` is an adviser's decision about a sick note without a social-security number.

    Raises:
        NotTakenByYou, AlreadyTaken, AlreadySettled: the agent does not hold it.
        AnswerNeeded, TooLong: the text is empty or too long.
        RulingDoesNotFit, EndsTooEarly, EndsAsByRule, NotADayToCome, ClosedThatDay, NoOneToCall: a day or a member cannot be meant.
    """
    answer, today = answer.strip(), clock.local_day(at, by.site.time_zone)
    later = later if decision is Decision.CALL_LATER else None
    _lock_household(escalation_id, by)
    known = queries.get_escalation(escalation_id, by=by, lock=True)
    task = queue_queries.get_task(known.task_id)
    if known.state is EscalationState.WAITING:
        raise NotTakenByYou
    refuse_unless_mine(known, by)
    is_doctors = known.audience is Audience.ADVISER
    ruling = ruling if is_doctors else None
    if not answer and ruling is None:
        raise AnswerNeeded
    if len(answer) > rules.LONGEST_ANSWER:
        raise TooLong(len(answer), rules.LONGEST_ANSWER)
    of_contact = rulings.contact_of(task, about)
    if ruling is not None and not rules.fits(ruling, is_contact=of_contact is not None, today=today):
        raise RulingDoesNotFit
    if ruling is not None and ruling.kind is RulingKind.UNTIL and ruling.last_day is not None:
        earliest = rulings.first_last_day(task, of_contact, today=today, zone=by.site.time_zone)
        if ruling.last_day < earliest:
            raise EndsTooEarly(earliest)
        if ruling.last_day == rulings.last_day_by_rule(task, of_contact):
            raise EndsAsByRule
    if decision is Decision.CALL_LATER:
        _refuse_other_days(later, task, today=today)
    when = _first_hour(task, later) if later else rules.call_again_by(known.reason, at)
    words: dict[str, Any] = {"question": queries.words_of(known).question, "answer": answer}
    if ruling is not None:
        words["ruling"] = ruling.value
        words["about"] = rulings.name_of(of_contact) if about is not None else None
    known.sealed = vault.seal("escalations", known.id, known.cohort, words)
    known.state, known.settled_at, known.decision = EscalationState.SETTLED, at, decision
    known.call_on, known.call_by = (later.on, later.by) if later else (None, None)
    known.result_announced = result_announced and known.reason is Reason.RESULT_NOT_ANNOUNCED
    session.flush()
    _record("settled", known, by=by, at=at, decision=decision.value, announced=known.result_announced)
    if note_agreed is not None and is_doctors:
        note_numbers.decide(task.id, agreed=note_agreed, by=by, at=at)
    if ruling is not None:
        rulings.record(task, known, ruling, about=about, cohort=today, by=by, at=at)
    _move_task(task, known, decision, due_at=when, by=by, at=at)
    if later is not None:
        _plan_call(task, later, when=when, by=by, at=at)
    return known


def _refuse_other_days(later: CallLater | None, task: CallTask, *, today: date) -> None:
    if later is None or later.on <= today or not rules.is_near(later.on, today=today):
        raise NotADayToCome
    if later.by is not None and later.by not in {one.id for one in staff.tracers_of(task.site_id)}:
        raise NoOneToCall


def _first_hour(task: CallTask, later: CallLater) -> datetime:
    """Return the first hour at which a person may be called on a day.

    Raises:
        ClosedThatDay: nobody is called on it; the first hour of another day is not what was decided.
    """
    calling = calling_of_person(task.person_id, task.site_id)
    when = next_open(calling, datetime.combine(later.on, time(), calling.zone))
    if clock.local_day(when, calling.zone) != later.on:
        raise ClosedThatDay
    return when


def _plan_call(task: CallTask, later: CallLater, *, when: datetime, by: Agent, at: datetime) -> None:
    """Let the person wait until the first hour of the day; while a tracer is on the line, once they end their call."""
    session.refresh(task)
    caller = queries.households_on_line([task.household_id]).get(task.household_id or 0)
    if task.state is not TaskState.OPEN or caller not in {None, by.member_id}:
        return
    if later.by is None:
        queue.wait_until(task, until=when, at=at)
    else:
        queue.promise(task, when=when, owner=later.by, by=by, at=at)


def plan_put_off(tasks: Iterable[CallTask], *, since: datetime, by: Agent, at: datetime) -> None:
    """Plan, once a call has ended, the calls on another day that a doctor decided while it lasted: since `since`.

    An hour that the tracer promised stands, and so does an end after which nobody is called again.
    """
    by_id = {one.id: one for one in tasks}
    for task_id, known in queries.decided_since(by_id, since).items():
        task = by_id[task_id]
        session.refresh(task)
        is_promised = task.promised_at is not None and task.promised_at > at
        if known.call_on is None or is_promised or task.state not in {TaskState.OPEN, TaskState.DONE}:
            continue
        later = CallLater(known.call_on, known.call_by)
        with suppress(ClosedThatDay):  # the hours have changed since: as without a doctor's decision
            when = _first_hour(task, later)
            _move_task(task, known, Decision.CALL_LATER, due_at=when, by=by, at=at)
            _plan_call(task, later, when=when, by=by, at=at)


def ask_about_note(call: Call, task: CallTask, question: str, by: Agent, at: datetime) -> None:
    """Ask an adviser about the sick note of a person in a call."""
    raise_question(
        call, task, audience=Audience.ADVISER, reason=Reason.SICK_LEAVE, question=question, by=by, at=at
    )


note_numbers.set_ask_adviser(ask_about_note)


def names_behind(escalation_id: int) -> list[str]:
    """Return the names of the person of a question; none once destroyed. No entry of the toolbox may have one."""
    known = find_row(Escalation, escalation_id)
    if known is None:
        return []
    identity = people.find_joint_identity(queue_queries.get_task(known.task_id).person_id)
    if identity is None:
        return []
    return [name for name in (identity.birth_name, identity.usual_name, identity.first_names) if name]


toolbox.set_names_behind(names_behind)


def _move_task(
    task: CallTask, known: Escalation, decision: Decision, *, due_at: datetime, by: Agent, at: datetime
) -> None:
    session.refresh(task)
    if known.audience is not Audience.ADVISER and queries.open_for_task(task.id, Audience.ADVISER):
        return  # a referent's answer does not move a person who waits for a doctor
    if decision is Decision.CLOSED:
        if task.state in ADVISER_ENDS:
            for one in [task, *queue_queries.moved_with(task, task.state, task.closed_at)]:
                queue.close_task(one, TaskState.DONE, by=by.member_id, at=at)
                contact = find_contact(one.contact_id)
                if contact is not None:
                    marks.mark_informed(contact, by=by.member_id, at=at)
                case_closing.close_when_done(one.case_id, by=by.member_id, at=at)
    elif task.state in REOPENS[decision]:
        if not task.is_follow_up:  # a case may be closed while somebody is asked how they are
            case_closing.open_again(task.case_id, by=by.member_id, at=at)
        queue.reopen_task(task, due_at=due_at, by=by.member_id, at=at)


def mark_seen(escalation_id: int, *, by: Agent, at: datetime) -> None:
    """Record that the tracer who asked has read the answer."""
    known = queries.get_asked(escalation_id, by=by)
    if known.state is EscalationState.SETTLED and known.seen_at is None:
        known.seen_at = at
        session.flush()
        _record("answer_read", known, by=by, at=at)


def refuse_unless_mine(known: Escalation, by: Agent) -> None:
    """Refuse unless the agent holds the question, naming the member who holds or answered it."""
    if known.taken_by is None:
        raise NotTakenByYou
    if known.state is EscalationState.SETTLED:
        raise AlreadySettled(staff.get_member(known.taken_by).display_name)
    if known.taken_by != by.member_id:
        raise AlreadyTaken(staff.get_member(known.taken_by).display_name)


def _record(what: str, escalation: Escalation, *, by: Agent | None, at: datetime, **detail: object) -> None:
    events.record(
        f"escalation.{what}",
        by=by.member_id if by else None,
        at=at,
        subject=("escalation", escalation.id),
        site_id=escalation.site_id,
        audience=escalation.audience.value,
        task=escalation.task_id,
        **detail,
    )
