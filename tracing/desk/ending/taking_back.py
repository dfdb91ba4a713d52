"""Take an outcome back within two minutes: everything it changed goes back to what it was, as it was kept then.

`look` is called before an outcome is applied and `keep` after it; what differs is kept beside the outcome. `take_back`
puts it back, unless any of it has been changed since.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, DateTime, Enum, delete, exists, inspect, select, union, update

from tracing.calls import queries as call_queries
from tracing.calls import rules as call_rules
from tracing.calls.models import Call, Conversation, NumberRung, OutcomeUndo
from tracing.calls.rules import BY_TRACER, CallOutcome
from tracing.cases.models import Case
from tracing.consequences import services as consequences
from tracing.contacts.case_closing import open_again
from tracing.contacts.models import Contact
from tracing.desk import queries
from tracing.desk.errors import ChangedSince, NothingToTakeBack, TooLateToTakeBack
from tracing.escalations import services as escalations
from tracing.facts import queries as fact_queries
from tracing.facts.rules import FactSource, Subject, SubjectType, retraction
from tracing.hand_offs.models import HandOff
from tracing.hand_offs.rules import HandOffState
from tracing.kernel import clock, events
from tracing.kernel.db import Base, equals_any, fresh, refresh_known, session
from tracing.messages import services as messages
from tracing.messages.models import Message
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.claims import claim_household
from tracing.queue.errors import HeldBy, NotWaiting, OnAnotherCall
from tracing.queue.households import services as households
from tracing.queue.models import ENDED, CallTask, EntryState, Promise, TaskState
from tracing.sickleave.models import SickNote
from tracing.staff import queries as staff
from tracing.staff.agent import Agent

KEPT_FOR = timedelta(days=1)
"""A kept outcome is deleted after that, with the next one of its member."""

Values = dict[str, Any]
Rows = dict[str, dict[str, Values]]
"""The values that an outcome may change, by table and row."""


class _Of(StrEnum):
    """What a table's rows are found by."""

    CALL = "call"
    TASK = "task"
    CASE = "case"
    CONTACT = "contact"
    PERSON = "person"


@dataclass(frozen=True)
class _Tracked:
    """A table that an outcome may change."""

    model: type[Base]
    of: _Of
    by: str
    """The column that holds the id of what its rows are found by."""
    columns: tuple[str, ...]
    when_added: Values | None = None
    """What a row becomes that the outcome added; None: it is left to the table's own package, or stays."""

    @property
    def key(self) -> Any:
        """The primary key."""
        return inspect(self.model).primary_key[0]


_TASK_COLUMNS = (
    *("state", "closed_at", "state_before", "covered_by", "given_from", "again"),
    *("due_at", "not_before", "promised_at", "promised_by", "attempts", "rung_early_at"),
    *("planned_on", "ends_on"),
)
_TRACKED: Mapping[str, _Tracked] = {
    "call_tasks": _Tracked(CallTask, _Of.TASK, "id", _TASK_COLUMNS),
    "cases": _Tracked(
        Case,
        _Of.CASE,
        "id",
        ("status", "outcome", "closed_at", "told_at", "first_told_on", "ruled_on", "told_last_day"),
    ),
    "contacts": _Tracked(
        Contact,
        _Of.CONTACT,
        "id",
        (
            "status",
            "told_at",
            "first_told_on",
            "ruled_on",
            "told_last_day",
            "told_awaits_result",
            "told_tests",
            "told_with_id",
            "is_outside",
        ),
    ),
    "sick_notes": _Tracked(SickNote, _Of.TASK, "task_id", ("mend", "mend_to")),
    "hand_offs": _Tracked(
        HandOff,
        _Of.TASK,
        "task_id",
        ("state", "is_waiting", "sent_at"),
        {"state": HandOffState.TAKEN_BACK, "is_waiting": False},
    ),
    "people": _Tracked(Person, _Of.PERSON, "id", ("language",)),
    "promises": _Tracked(Promise, _Of.TASK, "task_id", ("settled_at", "was_kept")),
    "messages": _Tracked(Message, _Of.PERSON, "person_id", ("state", "ended_at")),
    "numbers_rung": _Tracked(NumberRung, _Of.CALL, "call_id", ("is_wrong",), {"is_wrong": False}),
    "conversations": _Tracked(
        Conversation,
        _Of.CALL,
        "call_id",
        ("outcome", "finished_at"),
        {"outcome": None, "finished_at": None},
    ),
    "calls": _Tracked(Call, _Of.CALL, "id", ("outcome", "ended_at", "give_back_reason")),
}
"""Every table that an outcome may change, with the columns. Facts are taken back as facts."""


SHARED = frozenset({Case, Call})
"""What the outcomes of several people of a call end together, each for its part."""


@dataclass(frozen=True, repr=False)
class Before:
    """How everything stood that an outcome may change."""

    scope: Mapping[_Of, list[int]]
    rows: Rows
    known_facts: Mapping[Subject, frozenset[int]] = field(default_factory=dict)


def look(call: Call) -> Before:
    """Return how everything stands that an outcome of this call may change. Call `lock_for_write` first."""
    session.flush()
    of_call = union(
        select(CallTask.id).where(CallTask.household_id == call.household_id),
        select(Conversation.task_id).where(Conversation.call_id == call.id),
    )
    near = session.execute(
        select(CallTask.id, CallTask.person_id, CallTask.case_id, CallTask.contact_id).where(
            CallTask.id.in_(of_call)
        )
    ).all()
    persons = {one for row in near for one in people.records_of_same_person(row.person_id)}
    ids = [row.id for row in near]
    # the calls of these people elsewhere, and those that one of these stands for
    also = session.execute(
        select(CallTask.id, CallTask.case_id, CallTask.contact_id).where(
            equals_any(CallTask.id, _also(persons, ids))
        )
    ).all()
    rows = [*near, *also]
    scope = {
        _Of.CALL: [call.id],
        _Of.TASK: sorted({row.id for row in rows}),
        _Of.CASE: sorted({row.case_id for row in rows}),
        _Of.CONTACT: sorted({row.contact_id for row in rows if row.contact_id is not None}),
        _Of.PERSON: sorted(persons),
    }
    return Before(scope, _rows(scope), _facts_in(scope))


def keep(
    before: Before,
    call: Call,
    task: CallTask,
    outcome: CallOutcome,
    *,
    question: int | None = None,
    by: Agent,
    at: datetime,
) -> OutcomeUndo:
    """Keep what an outcome changed, for as long as it can be taken back; forget what is a day old.

    `question` was raised with it.
    """
    session.flush()
    now = _rows(before.scope)
    changed = {
        table: {
            key: [before.rows[table].get(key), values]
            for key, values in found.items()
            if before.rows[table].get(key) != values
        }
        for table, found in now.items()
    }
    new_facts = [
        [subject[0].value, subject[1], fact_id]
        for subject, known in _facts_in(before.scope).items()
        for fact_id in sorted(known - before.known_facts.get(subject, frozenset()))
    ]
    session.execute(
        delete(OutcomeUndo)
        .where(OutcomeUndo.member_id == by.member_id, OutcomeUndo.noted_at < at - KEPT_FOR)
        .execution_options(synchronize_session=False)
    )
    kept = OutcomeUndo(
        call_id=call.id,
        task_id=task.id,
        member_id=by.member_id,
        outcome=outcome,
        noted_at=at,
        changes={
            "rows": {table: rows for table, rows in changed.items() if rows},
            "facts": new_facts,
            "question": question,
            "follow_ups": _planned_since(before),
        },
    )
    session.add(kept)
    session.flush()
    return kept


def take_back(undo_id: int, *, by: Agent, at: datetime) -> tuple[Call, int]:
    """Take an outcome back; return its call, which goes on if the tracer can take it, and the call's task.

    A second time changes nothing, and the outcomes of the others of the call stay.

    If the tracer has another call by now, or nobody there may be called, the call is as if it had been given back.

    Raises:
        NothingToTakeBack: there is no such outcome of theirs.
        TooLateToTakeBack: it was noted more than two minutes ago.
        ChangedSince: something that it changed has been changed again.
        HeldBy: another tracer is on the telephone with the household.
        AlreadyTaken, AlreadySettled: an adviser is answering the question that was asked with it.
    """
    kept = _own(undo_id, by=by)
    call = queries.own_call(kept.call_id, by)
    if kept.undone_at is not None:
        return call, kept.task_id
    rows: dict[str, dict[str, list[Values | None]]] = kept.changes["rows"]
    changed_tasks = {int(key) for key in rows.get("call_tasks", {})} | {kept.task_id}
    tasks = queue_queries.lock_tasks(equals_any(CallTask.id, sorted(changed_tasks)))
    kept = _own(undo_id, by=by)
    if kept.undone_at is not None:
        return call, kept.task_id
    if not call_rules.can_take_back(kept.noted_at, at=at):
        raise TooLateToTakeBack
    session.refresh(call, with_for_update=True)
    _refuse_if_taken(tasks, call, by=by)
    _refuse_if_changed(kept, rows)
    was_over = call.ended_at is not None
    if kept.changes["question"] is not None:
        escalations.withdraw(kept.changes["question"], by=by, at=at)
    _put_back(rows, by=by, at=at)
    for task in queue_queries.lock_tasks(equals_any(CallTask.id, kept.changes.get("follow_ups", []))):
        # the follow-up that was planned at that moment: what it follows was not said
        if task.state not in ENDED:
            queue.close_task(task, TaskState.CANCELLED, by=by.member_id, at=at)
            task.state_before = TaskState.OPEN
    session.flush()
    for task in tasks:
        # it may have been closed since with the outcome of another of the call
        if task.state not in ENDED and not task.is_follow_up:
            open_again(task.case_id, by=by.member_id, at=at)
    _take_facts_back(kept.changes["facts"], by=by, at=at)
    # whoever was told with one of these, and was not rung, is to be told after all
    untold = {(SubjectType.CONTACT, int(key)) for key in rows.get("contacts", {})}
    consequences.follow(untold, by=by.member_id, at=at)
    households.refresh_all([one.household_id for one in tasks if one.household_id is not None], at=at)
    kept.undone_at = at
    session.flush()
    events.record(
        "call.outcome_taken_back",
        by=by.member_id,
        at=at,
        subject=("task", kept.task_id),
        site_id=call.site_id,
        call=call.id,
        outcome=kept.outcome.value,
    )
    if was_over and not _go_on(call, kept.task_id, by=by, at=at):
        _end_again(call, rows, at=at)
    return call, kept.task_id


def _planned_since(before: Before) -> list[int]:
    """Return the follow-up calls that were made since `look` looked at every call of the people concerned."""
    chosen = select(CallTask.id).where(
        equals_any(CallTask.person_id, before.scope[_Of.PERSON]), CallTask.planned_on.is_not(None)
    )
    return sorted(set(session.scalars(chosen)) - set(before.scope[_Of.TASK]))


def _also(persons: Iterable[int], task_ids: list[int]) -> list[int]:
    found = union(
        select(CallTask.id).where(equals_any(CallTask.person_id, sorted(persons))),
        select(CallTask.id).where(equals_any(CallTask.covered_by, task_ids)),
    )
    return list(session.scalars(found))


def _own(undo_id: int, *, by: Agent) -> OutcomeUndo:
    chosen = select(OutcomeUndo).where(OutcomeUndo.id == undo_id, OutcomeUndo.member_id == by.member_id)
    kept = session.scalar(fresh(chosen))
    if kept is None:
        raise NothingToTakeBack
    return kept


def _rows(scope: Mapping[_Of, list[int]]) -> Rows:
    """Return the tracked values of everything in a scope, as JSON."""
    return {table: _values(one, getattr(one.model, one.by), scope[one.of]) for table, one in _TRACKED.items()}


def _values(one: _Tracked, column: Any, ids: list[int], *, lock: bool = False) -> dict[str, Values]:
    if not ids:
        return {}
    chosen = select(one.key, *(getattr(one.model, name) for name in one.columns)).where(
        equals_any(column, ids)
    )
    if lock:
        chosen = chosen.order_by(one.key).with_for_update()
    return {
        str(row[0]): {name: _to_json(value) for name, value in zip(one.columns, row[1:], strict=True)}
        for row in session.execute(chosen)
    }


def _to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _from_json(one: _Tracked, values: Values) -> Values:
    """Return kept values as their columns hold them."""
    return {name: _read(getattr(one.model, name).type, value) for name, value in values.items()}


def _read(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Enum):
        return kind.enum_class(value) if kind.enum_class else value
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


def _facts_in(scope: Mapping[_Of, list[int]]) -> dict[Subject, frozenset[int]]:
    found: dict[Subject, frozenset[int]] = {}
    for subject_type, of in (
        (SubjectType.PERSON, _Of.PERSON),
        (SubjectType.CASE, _Of.CASE),
        (SubjectType.CONTACT, _Of.CONTACT),
    ):
        for subject_id, said in fact_queries.facts_by_subject(subject_type, scope[of]).items():
            found[subject_type, subject_id] = frozenset(one.fact_id for one in said)
    return found


def _refuse_if_taken(tasks: Iterable[CallTask], call: Call, *, by: Agent) -> None:
    """Refuse while somebody else is on the telephone with any of the people concerned."""
    homes = sorted({one.household_id for one in tasks if one.household_id is not None})
    for entry in queue_queries.entries_of(homes):
        if entry.state is not EntryState.CLAIMED:
            continue
        is_this_call = call.ended_at is None and entry.claimant_id == by.member_id
        if not is_this_call:
            raise HeldBy(staff.get_member(entry.claimant_id or 0).display_name)


def _refuse_if_changed(kept: OutcomeUndo, rows: Mapping[str, Mapping[str, list[Values | None]]]) -> None:
    """Refuse if anything that the outcome changed is not as it left it, or a later one of the same person stands.

    What was noted of the others of the call stays. A case and a call that are as they were before need nothing: the
    outcome of another was taken back first.
    """
    later = exists().where(
        OutcomeUndo.call_id == kept.call_id,
        OutcomeUndo.task_id == kept.task_id,
        OutcomeUndo.id > kept.id,
        OutcomeUndo.undone_at.is_(None),
    )
    if session.scalar(select(later)):
        raise ChangedSince
    session.flush()
    for table, one in _TRACKED.items():
        changed = rows.get(table, {})
        now = _values(one, one.key, [int(key) for key in changed], lock=True)
        for key, (before, after) in changed.items():
            is_undone = one.model in SHARED and now.get(key) == before
            if now.get(key) != after and not is_undone:
                raise ChangedSince


def _put_back(rows: Mapping[str, Mapping[str, list[Values | None]]], *, by: Agent, at: datetime) -> None:
    for table, changed in rows.items():
        one = _TRACKED[table]
        added = [int(key) for key, (before, _after) in changed.items() if before is None]
        if one.model is Message:
            messages.stop(added, by=by.member_id, at=at)
        when_added = {"settled_at": at, "was_kept": None} if one.model is Promise else one.when_added
        for key, (before, _after) in changed.items():
            values = when_added if before is None else _from_json(one, before)
            if values is not None:
                session.execute(
                    update(one.model)
                    .where(one.key == int(key))
                    .values(**values)
                    .execution_options(synchronize_session=False)
                )
    refresh_known(*(one.model for one in _TRACKED.values()))


def _take_facts_back(recorded: list[list[Any]], *, by: Agent, at: datetime) -> None:
    """Take back the facts that the outcome recorded, and carry out what follows from that."""
    cohort = clock.local_day(at, by.site.time_zone)
    taken: dict[Subject, set[int]] = {}
    for subject_type, subject_id, fact_id in recorded:
        taken.setdefault((SubjectType(subject_type), int(subject_id)), set()).add(fact_id)
    consequences.record(
        [
            retraction(said, subject, source=FactSource.TRACER, cohort=cohort)
            for subject, ids in taken.items()
            for said in fact_queries.facts_of(*subject)
            if said.fact_id in ids
        ],
        by=by.member_id,
        at=at,
    )


def _go_on(call: Call, task_id: int, *, by: Agent, at: datetime) -> bool:
    """Claim the household for the call again, under a new number; return whether that was possible."""
    task = queue_queries.get_task(task_id)
    if task.household_id is None or queue_queries.find_claim(by.member_id) is not None:
        return False
    try:
        with session.begin_nested():
            claim = claim_household.claim_for_call(task.household_id, by, at=at)
    except (HeldBy, NotWaiting, OnAnotherCall):
        return False
    call.outcome = call.ended_at = call.give_back_reason = None
    call.entry_id, call.claim_number, call.household_id = claim.entry_id, claim.number, claim.household_id
    call.session_id = by.session_id
    session.flush()
    return True


def _end_again(call: Call, rows: Mapping[str, Mapping[str, list[Values | None]]], *, at: datetime) -> None:
    """End the call as if it had been given back: the people whose outcome was taken back wait in the queue."""
    taken_back = {int(key) for key in rows.get("conversations", {})}
    spoken = call_queries.conversations(call.id)
    for one in spoken:
        if one.id in taken_back:
            one.outcome, one.finished_at = CallOutcome.GIVEN_BACK, at
    reached = [one.outcome for one in spoken if one.outcome in BY_TRACER]
    call.outcome, call.ended_at = reached[-1] if reached else CallOutcome.GIVEN_BACK, at
    session.flush()
