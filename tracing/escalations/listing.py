"""Questions in lists: for the tracer on the telephone, and for those who answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select

from tracing.calls import queries as calls
from tracing.calls.models import Call
from tracing.cases import queries as cases
from tracing.cases import words as case_words
from tracing.cases.models import Case
from tracing.escalations import queries, rules
from tracing.escalations.models import Escalation
from tracing.escalations.queries import Words
from tracing.kernel.db import session
from tracing.queue import languages
from tracing.queue.models import CallTask, TaskKind, TaskState
from tracing.staff import queries as staff
from tracing.staff.agent import Agent


@dataclass(frozen=True, repr=False)
class Asked:
    """A question as the tracer on the telephone sees it; `words` only if they may be read now."""

    escalation: Escalation
    words: Words | None
    mine: bool
    asker: str
    taker: str | None
    names: Mapping[int, str]
    """The members who asked, took, or will call."""


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
    speaks_with: str | None
    """Who is on the telephone with the person's household now."""
    language: str | None
    """The language in which the person is called, if it is not French."""
    speaks_language: bool
    """Whether the reader speaks it."""
    is_specialty: bool
    """Whether the reader likes to be asked about this reason first."""
    next_of: str | None
    """Who means to take it after their call."""
    is_my_next: bool
    names: Mapping[int, str]
    """The members who asked, took, or will call."""

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has taken it."""
        return self.escalation.taken_by is None


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
            names=names,
        )
        for one in found
    ]


def rows(found: Sequence[Escalation], *, by: Agent, at: datetime) -> list[Row]:
    """Return questions as rows of the list, in the same order."""
    tasks, names = queries.tasks_of(found), queries.names_of(found)
    references = cases.references(task.case_id for task in tasks.values())
    on_line = queries.households_on_line(task.household_id for task in tasks.values())
    callers = staff.member_names(on_line.values())
    spoken = languages.languages_of(task.person_id for task in tasks.values())
    mine = queries.specialties_of([by.member_id]).get(by.member_id, frozenset())
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
            speaks_with=callers.get(on_line.get(tasks[one.task_id].household_id or 0, 0)),
            language=spoken.get(tasks[one.task_id].person_id),
            speaks_language=spoken.get(tasks[one.task_id].person_id) in by.languages,
            is_specialty=one.reason in mine,
            next_of=names[one.wanted_by]
            if one.wanted_by is not None and rules.is_next_of(one.wanted_at, at=at)
            else None,
            is_my_next=one.wanted_by == by.member_id and rules.is_next_of(one.wanted_at, at=at),
            names=names,
        )
        for one in found
    ]


def in_order(found: Sequence[Row]) -> list[Row]:
    """Return rows as those who answer should take them: `rules.place_in_list` says why."""
    return sorted(
        found,
        key=lambda row: (
            rules.place_in_list(
                row.escalation.urgency,
                is_on_line=row.speaks_with is not None,
                fits_reader=row.is_specialty or row.speaks_language,
                raised_at=row.escalation.raised_at,
            ),
            row.escalation.id,
        ),
    )


@dataclass(frozen=True)
class ContradictedCase:
    """A case known by an antigen test, whose negative PCR no adviser has noted: no identity, only its reference."""

    case: Case
    sentence: str
    decides: str
    received_at: datetime
    last_id: int
    """The last result that the row tells of: taking note of the row takes note of no later one."""
    is_called: bool
    """Whether the first call was made."""


def contradicted_cases(site_id: int) -> list[ContradictedCase]:
    """Return the cases of a site that a negative PCR contradicts, until an adviser takes note."""
    found = sorted(cases.contrary_results_to_note(site_id), key=lambda pair: pair[0].case_id)
    grouped = [[*rows] for _case_id, rows in groupby(found, key=lambda pair: pair[0].case_id)]
    called = set(
        session.scalars(
            select(CallTask.case_id).where(
                CallTask.case_id.in_({case.id for _one, case in found}),
                CallTask.kind == TaskKind.CASE_FIRST,
                CallTask.state == TaskState.DONE,
            )
        )
        if found
        else ()
    )
    listed = [
        ContradictedCase(
            case,
            case_words.contradiction(one.sampled_on for one, _case in rows),
            case_words.which_decides(case.programme),
            received_at=min(one.received_at for one, _case in rows),
            last_id=max(one.id for one, _case in rows),
            is_called=case.id in called,
        )
        for rows in grouped
        for case in [rows[0][1]]
    ]
    return sorted(listed, key=lambda one: one.received_at)
