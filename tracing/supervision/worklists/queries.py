"""Queries of the lists that wait for a supervisor's decision."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from tracing.calls import caller_requests
from tracing.calls.models import Conversation
from tracing.calls.rules import BY_TRACER, IN_VAIN, CallOutcome
from tracing.cases import queries as cases
from tracing.cases import result_queries
from tracing.cases.models import Case, CaseStatus, LabResult
from tracing.consequences import mistaken_cases, reopening
from tracing.consequences import queries as consequence_queries
from tracing.contacts.models import Contact, ContactStatus
from tracing.escalations.models import Escalation, EscalationState
from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.kernel.paging import PAGE_SIZE, Page, page_of
from tracing.messages import queries as messages
from tracing.messages.models import Message
from tracing.people import queries as people
from tracing.queue import queries as queue
from tracing.queue.languages import languages_of
from tracing.queue.models import ENDED, CallTask, TaskState
from tracing.sickleave.models import NoteState, SickNote
from tracing.staff import queries as staff
from tracing.supervision.board.queries import tasks_by_state
from tracing.supervision.errors import NotOnThisList
from tracing.supervision.rules import WorkList

STATES = {
    WorkList.UNREACHABLE: TaskState.UNREACHABLE,
    WorkList.NO_NUMBER: TaskState.NO_NUMBER,
    WorkList.IDENTITY: TaskState.IDENTITY_FAILED,
    WorkList.LANGUAGE: TaskState.WAITING_LANGUAGE,
    WorkList.INTERPRETER: TaskState.WAITING_INTERPRETER,
    WorkList.DOCTOR: TaskState.WAITING_DOCTOR,
    WorkList.TO_HAND_ON: TaskState.TO_HAND_ON,
    WorkList.DECEASED: TaskState.DECEASED,
    WorkList.NO_CALLS: TaskState.NO_CALLS,
}


SPOKEN_LISTS = frozenset({WorkList.LANGUAGE, WorkList.INTERPRETER})
"""On these lists a row says which language the person speaks."""


def list_of(task: CallTask) -> WorkList:
    """Return the list of a call; one that is on none belongs to the first."""
    return next((one for one, state in STATES.items() if state is task.state), WorkList.UNREACHABLE)


def language_of(task: CallTask) -> str | None:
    """Return the language of the person of a call, None for French."""
    return languages_of([task.person_id]).get(task.person_id)


@dataclass(frozen=True)
class Question:
    """The question that a call waits for, and its state."""

    asked_at: datetime
    taken_by: str | None
    is_settled: bool


@dataclass(frozen=True, repr=False)
class ListedTask:
    """A call that needs a decision."""

    task: CallTask
    reference: str
    question: Question | None = None
    letter: Message | None = None
    """The last letter to a person without a number."""
    language: str | None = None
    """The person's language, on the lists of languages."""
    time_zone: str | None = None
    """The person's."""
    is_reported_by_laboratory: bool = False
    """On the list of deaths: a laboratory reported it, and nobody said so in a call."""


@dataclass(frozen=True, repr=False)
class CallOfCase:
    """A call of a case, with what came of it."""

    task: CallTask
    outcome: CallOutcome | None
    can_be_reopened: bool
    rests_on_word: bool = False
    """The case was opened by what a contact told of a test: that may have been a mistake."""


@dataclass(frozen=True)
class ListedCase:
    """A case whose result was withdrawn, with what was already done for the person."""

    case: Case
    withdrawn_at: datetime | None
    source_code: str | None
    """The sender that withdrew it."""
    calls: int
    attempts: int
    """Calls that did not reach the person."""
    contacts: int
    contacts_reached: int
    """Contacts who were informed, whatever happened to them since."""
    contacts_told: int
    """Contacts who would be called again if the case is none."""
    sick_notes: int
    advice: int
    """Questions about the person that an adviser settled."""
    open_tasks: int
    """Calls that leave the queue if the case is closed: the person's own and its contacts'."""
    has_other_result: bool = False
    """Another positive result of the person stands: they are not told that nothing is asked of them any more."""

    @property
    def is_told(self) -> bool:
        """Whether the person was told what to do: they would be called again, too."""
        return self.case.told_at is not None


def sizes(site_id: int) -> dict[WorkList, int]:
    """Count the rows of every list."""
    by_state = tasks_by_state(site_id)
    withdrawn = session.scalar(
        select(func.count()).where(Case.site_id == site_id, Case.status == CaseStatus.WITHDRAWN)
    )
    return {one: by_state.get(state, 0) for one, state in STATES.items()} | {
        WorkList.CALLERS: caller_requests.open_count(site_id),
        WorkList.WITHDRAWN: withdrawn or 0,
    }


def listed_tasks(site_id: int, which: WorkList, *, before_id: int | None) -> Page[ListedTask]:
    """Return a page of the calls on a list, newest first."""
    found = queue.tasks_in_state(site_id, STATES[which], before_id=before_id, limit=PAGE_SIZE + 1)
    references = cases.references(task.case_id for task in found)
    asked = _questions(task.id for task in found) if which is WorkList.DOCTOR else {}
    letters = messages.letters_to(task.person_id for task in found) if which is WorkList.NO_NUMBER else {}
    spoken = languages_of(task.person_id for task in found) if which in SPOKEN_LISTS else {}
    zones = people.time_zones_of(task.person_id for task in found)
    is_deaths = which is WorkList.DECEASED
    reported = messages.reported_by_laboratory(task.person_id for task in found) if is_deaths else set()
    rows = [
        ListedTask(
            task,
            references[task.case_id],
            asked.get(task.id),
            letters.get(task.person_id),
            spoken.get(task.person_id),
            zones.get(task.person_id),
            task.person_id in reported,
        )
        for task in found
    ]
    return page_of(rows, [task.id for task in found])


def get_listed(task_id: int, *, site_id: int, lock: bool = False) -> ListedTask:
    """Return a call of this site, on a list or just taken off one."""
    task = session.scalar(select(CallTask).where(CallTask.id == task_id, CallTask.site_id == site_id))
    if task is None:
        raise NotOnThisList
    if lock:
        queue.lock_task(task)
    return ListedTask(
        task,
        cases.references([task.case_id])[task.case_id],
        _questions([task.id]).get(task.id),
        time_zone=people.time_zones_of([task.person_id]).get(task.person_id),
    )


def calls_of_case(reference: str, *, site_id: int) -> list[CallOfCase]:
    """Return the calls of a case of this site, its own first; none if it has no such case."""
    case = cases.find_by_reference(reference)
    if case is None or case.site_id != site_id:
        return []
    tasks = session.scalars(select(CallTask).where(CallTask.case_id == case.id).order_by(CallTask.id)).all()
    ended = session.execute(
        select(Conversation.task_id, Conversation.outcome)
        .where(
            Conversation.task_id.in_([task.id for task in tasks]),
            Conversation.outcome.in_(BY_TRACER),
        )
        .order_by(Conversation.id)
    ).all()
    outcomes = {row.task_id: row.outcome for row in ended}
    on_word = mistaken_cases.rests_on_word(case)
    return [
        CallOfCase(
            task,
            outcomes.get(task.id),
            task.state in ENDED and reopening.can_be_reopened(task),
            on_word and task.contact_id is None,
        )
        for task in sorted(tasks, key=lambda one: (one.contact_id is not None, one.id))
    ]


def _questions(task_ids: Iterable[int]) -> dict[int, Question]:
    """Return the newest question about each task."""
    rows = session.scalars(
        select(Escalation).where(Escalation.task_id.in_(set(task_ids))).order_by(Escalation.id)
    ).all()
    names = staff.member_names(row.taken_by for row in rows if row.taken_by is not None)
    return {
        row.task_id: Question(
            row.raised_at,
            names.get(row.taken_by) if row.taken_by is not None else None,
            row.state is EscalationState.SETTLED,
        )
        for row in rows
    }


def withdrawn(site_id: int, *, before_id: int | None) -> Page[ListedCase]:
    """Return a page of the cases whose result was withdrawn, newest first."""
    chosen = select(Case).where(Case.site_id == site_id, Case.status == CaseStatus.WITHDRAWN)
    if before_id is not None:
        chosen = chosen.where(Case.id < before_id)
    found = session.scalars(chosen.order_by(Case.id.desc()).limit(PAGE_SIZE + 1)).all()
    return page_of(_beside_what_was_done(found), [case.id for case in found])


@dataclass(frozen=True)
class Reinstated:
    """A case whose result was withdrawn and came again as positive."""

    case: Case
    withdrawn_at: datetime | None
    reinstated_at: datetime
    source_code: str


def reinstated(site_id: int, *, since: datetime) -> list[Reinstated]:
    """Return the cases of a site whose withdrawn result came again as positive, the latest first."""
    rows = session.execute(
        select(LabResult, Case)
        .join(Case, Case.id == LabResult.case_id)
        .where(LabResult.reinstated_at >= since, Case.site_id == site_id)
        .order_by(LabResult.reinstated_at.desc())
        .limit(PAGE_SIZE)
    )
    return [
        Reinstated(
            row.Case, row.LabResult.withdrawn_at, row.LabResult.reinstated_at, row.LabResult.source_code
        )
        for row in rows
    ]


def get_withdrawn(case_id: int, *, site_id: int) -> ListedCase:
    """Return a case of this site with what was done for the person."""
    return _beside_what_was_done([cases.get_case(case_id, site_id=site_id)])[0]


def _beside_what_was_done(found: Sequence[Case]) -> list[ListedCase]:
    ids = {case.id for case in found}
    withdrawals = _withdrawals(ids)
    spoken = (
        select(CallTask.case_id, func.count())
        .join(Conversation, Conversation.task_id == CallTask.id)
        .where(CallTask.case_id.in_(ids), CallTask.contact_id.is_(None))
        .group_by(CallTask.case_id)
    )
    calls = _by_case(spoken.where(Conversation.outcome == CallOutcome.COMPLETED))
    attempts = _by_case(spoken.where(Conversation.outcome.in_(IN_VAIN)))
    named = select(Contact.case_id, func.count()).where(Contact.case_id.in_(ids)).group_by(Contact.case_id)
    contacts = _by_case(named.where(Contact.status != ContactStatus.REMOVED))
    told = _by_case(
        named.where(
            Contact.told_at.is_not(None),
            Contact.status.not_in([ContactStatus.REMOVED, ContactStatus.BECAME_CASE]),
        )
    )
    reached = _by_case(
        select(CallTask.case_id, func.count(CallTask.contact_id.distinct()))
        .join(Conversation, Conversation.task_id == CallTask.id)
        .where(
            CallTask.case_id.in_(ids),
            CallTask.contact_id.is_not(None),
            Conversation.outcome == CallOutcome.COMPLETED,
        )
        .group_by(CallTask.case_id)
    )
    notes = _by_case(
        select(CallTask.case_id, func.count())
        .join(SickNote, SickNote.task_id == CallTask.id)
        .where(CallTask.case_id.in_(ids), SickNote.state == NoteState.ISSUED)
        .group_by(CallTask.case_id)
    )
    advice = _by_case(
        select(CallTask.case_id, func.count())
        .join(Escalation, Escalation.task_id == CallTask.id)
        .where(CallTask.case_id.in_(ids), Escalation.state == EscalationState.SETTLED)
        .group_by(CallTask.case_id)
    )
    open_tasks = _by_case(
        select(CallTask.case_id, func.count())
        .where(CallTask.case_id.in_(ids), CallTask.state == TaskState.OPEN)
        .group_by(CallTask.case_id)
    )
    beside = result_queries.results_beside(found)
    today = clock.local_day(clock.now(), consequence_queries.zone_of(found[0])) if found else None
    return [
        ListedCase(
            case,
            withdrawn_at=withdrawals[case.id].withdrawn_at if case.id in withdrawals else None,
            source_code=withdrawals[case.id].source_code if case.id in withdrawals else None,
            calls=calls.get(case.id, 0),
            attempts=attempts.get(case.id, 0),
            contacts=contacts.get(case.id, 0),
            contacts_reached=reached.get(case.id, 0),
            contacts_told=told.get(case.id, 0),
            sick_notes=notes.get(case.id, 0),
            advice=advice.get(case.id, 0),
            open_tasks=open_tasks.get(case.id, 0),
            has_other_result=today is not None
            and any(result_queries.stands(one, on=today) for one in beside[case.id]),
        )
        for case in found
    ]


def _withdrawals(case_ids: Iterable[int]) -> dict[int, LabResult]:
    """Return the latest withdrawn result of each case."""
    rows = session.scalars(
        select(LabResult)
        .where(
            LabResult.case_id.in_(set(case_ids)),
            LabResult.withdrawn_at.is_not(None),
            LabResult.reinstated_at.is_(None),
        )
        .order_by(LabResult.withdrawn_at)
    )
    return {row.case_id: row for row in rows}


def _by_case(chosen: Select[int, Any]) -> dict[int, Any]:
    return {row[0]: row[1] for row in session.execute(chosen)}
