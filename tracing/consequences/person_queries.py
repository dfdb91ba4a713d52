"""What a person was told before, as a contact or about another case, and where every call of theirs stands."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import or_, select

from tracing.calls.models import Call, Conversation
from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.cases.result_queries import told_results
from tracing.consequences.person_rules import PersonNow
from tracing.consequences.picture_rules import CallNow, Told, later, to_come
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.queries import (
    OF_ONE_TIME,
    Meeting,
    contacts_who_became,
    find_contact,
    named_elsewhere,
    of_one_time,
)
from tracing.contacts.rules import ANSWERED, TestSaid, circumstances_from_codes, measure_of
from tracing.contacts.services import situation_of
from tracing.facts import queries as facts
from tracing.facts.rules import FactKind
from tracing.kernel.db import equals_any, session
from tracing.messages import queries as messages
from tracing.people import queries as people
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import Measure, Quarantine, age_on
from tracing.queue import queries as queue
from tracing.queue.models import STILL_TO_CALL, CallTask, TaskKind, TaskState
from tracing.queue.rules import CallAgain
from tracing.sickleave import queries as notes


def told_as_contact(case: Case) -> list[Contact]:
    """Return the meetings of which the person of a case was told about the same time, the last told first."""
    source = find_contact(case.from_contact_id)
    if source is None:
        return []
    met = {one.id: one for one in [source, *contacts_who_became(case.id)]}
    told = [
        (one.told_at, one)
        for one in met.values()
        if one.told_at is not None and abs(case.created_at - one.told_at) <= OF_ONE_TIME
    ]
    return [one for _at, one in sorted(told, key=lambda pair: pair[0], reverse=True)]


def told_since(case: Case, beside: Iterable[Case]) -> Told | None:
    """Return what the person of a case was told after the call about it: of another result, or as a contact; None if nothing.

    Two tracers have spoken to one person, whom nobody knew to be one: the last of them is whom the person believes.
    """
    if case.told_at is None or case.outcome is CaseOutcome.NOT_A_CASE:
        return None
    told = [(one.told_at, one.told_last_day) for one in told_results(beside)]
    told += [(one.told_at, one.told_last_day) for one in told_as_contact(case)]
    since = [(at, day or date.min) for at, day in told if at is not None and at > case.told_at]
    last = max(since, default=None)
    return None if last is None else Told(None if last[1] == date.min else last[1])


DECIDED = frozenset({Measure.REQUIRED, Measure.NOT_REQUIRED})
"""It is known what is asked of somebody, be it nothing."""


def told_of(contact: Contact, case: Case) -> Contact | None:
    """Return the meeting of which the person of a contact was told last, about the same time; None if they were of none."""
    met = named_elsewhere([contact], programme=case.programme).get(contact.id, ())
    told = _told_among(of_one_time(contact, met))
    return told[-1] if told else None


def _told_among(others: Iterable[Meeting]) -> list[Contact]:
    """Return the meetings of which somebody was told, the last told of at the end."""
    told = [(one.contact.told_at, one.contact.id, one.contact) for one in others if one.contact.told_at]
    return [contact for _at, _id, contact in sorted(told, key=lambda one: one[:2])]


def adds_nothing(
    contact: Contact, case: Case, task: CallTask | None, elsewhere: Sequence[Meeting], *, on: date
) -> bool:
    """Return whether the person of a contact was told of another meeting, and this one asks nothing else of them.

    What they said of themselves then holds for this meeting. It adds something if nobody knows whether they live with the
    case, if they have answered in a call about it, or while they are to be told something else of the other meeting.
    """
    is_counted = contact.told_with_id is not None
    is_waiting = contact.status is ContactStatus.NAMED and (task is None or _is_untouched(task))
    if (
        contact.told_at is not None
        or contact.quarantine_measure is not None
        or not (is_counted or is_waiting)
    ):
        return False
    ruled_on = contact.ruled_on if is_counted and contact.ruled_on else on
    others = of_one_time(contact, elsewhere)
    told = _told_among(others)
    counted = [one.contact for one in others if one.counts and one.contact.told_at is not None]
    if not told or told[-1] not in counted or not _is_all_told(told):
        return False
    measure = _measure_as_told(contact, case, told[-1], on=on, ruled_on=ruled_on)
    if measure is None or not _is_decided(measure):
        return False
    heard = later(*(one.told_last_day for one in told))
    if later(measure.last_day_in, *(one.quarantine_last_day for one in counted)) != heard:
        return False
    if measure.awaits_result != told[-1].told_awaits_result:
        return False
    tests = [[test.on.isoformat(), test.kind.value if test.kind else None] for test in measure.tests]
    # of several meetings they are told the tests of the one whose measure lasts longest
    return measure.last_day_in != heard or to_come(tests, on) == to_come(told[-1].told_tests or [], on)


def _is_decided(measure: Quarantine) -> bool:
    """Return whether it is known what is asked, and until when."""
    has_end = measure.last_day_in is not None or measure.awaits_result
    return measure.measure in DECIDED and (has_end or not measure.is_required)


def _is_untouched(task: CallTask) -> bool:
    """Return whether nobody has spoken to the person about this call yet, and no hour was promised."""
    waits = task.state in {TaskState.OPEN, TaskState.NO_NUMBER, TaskState.UNREACHABLE, TaskState.CANCELLED}
    return waits and task.script_version is None and task.promised_at is None and not task.gives_way


def _is_all_told(told: Iterable[Contact]) -> bool:
    """Return whether nothing else waits to be told about these meetings."""
    ids = [one.id for one in told]
    waiting = select(CallTask.id).where(
        equals_any(CallTask.contact_id, ids),
        CallTask.kind == TaskKind.CONTACT_FIRST,
        CallTask.state != TaskState.DONE,
    )
    return session.scalar(waiting.limit(1)) is None


def _measure_as_told(
    contact: Contact, case: Case, told: Contact, *, on: date, ruled_on: date
) -> Quarantine | None:
    """Return what is asked for a meeting by what the person said in the call about another; None if that does not decide."""
    identity = people.find_joint_identity(contact.person_id)
    born = identity.birth_date if identity else None
    situation = situation_of(
        contact,
        case,
        age=None if born is None else age_on(born, on),
        is_outside=False,
        on=on,
        ruled_on=ruled_on,
    )
    met, of_told = situation.circumstances, circumstances_from_codes(told.circumstances or {})
    said = (told.circumstances or {}).get(ANSWERED, {}).get("lives_with_case")
    lives_with_case = False if said is False and met.lives_with_case is None else met.lives_with_case
    if lives_with_case is None:
        return None
    situation = replace(
        situation,
        circumstances=replace(
            met, lives_with_case=lives_with_case, infected_recently=of_told.infected_recently
        ),
        vaccination=told.vaccination,
        immunodepressed=told.immunodepressed,
        symptoms_on=told.symptoms_on,
        tests=tuple(TestSaid.from_codes(codes) for codes in told.tests_said or ()),
        notified=told.first_told_on or on,
    )
    return measure_of(get_pack(case.programme), situation)


def told_calls_of(person_id: int) -> Sequence[CallTask]:
    """Return the calls of a person, under all their records, in which they were told something, or are to be again.

    Also those as a contact that wait, if there is one: what they were told may be all that there is to say.
    """
    records = people.records_of_same_person(person_id)
    tasks = session.scalars(
        select(CallTask)
        .where(equals_any(CallTask.person_id, records), CallTask.planned_on.is_(None))
        .order_by(CallTask.id)
    ).all()
    told = [one for one in tasks if one.state is TaskState.DONE or one.again is not None]
    waiting = [one for one in tasks if one.contact_id is not None and one.state in STILL_TO_CALL]
    return [*told, *(one for one in waiting if one not in told)] if told else []


def to_follow_of(person_id: int) -> list[CallTask]:
    """Return the calls of a person for which something may follow: `told_calls_of`, and those with a parent's note."""
    told = list(told_calls_of(person_id))
    known = {one.id for one in told}
    of_parents = {one.task_id for one in notes.notes_for_child(person_id)} - known
    return [*told, *(queue.get_task(one) for one in sorted(of_parents))]


TO_RING = frozenset({TaskState.OPEN, TaskState.UNREACHABLE})
"""Somebody would ring the person, now or once a supervisor has put it back."""


def person_now(person_id: int) -> PersonNow:
    """Return the picture of a person under all their records."""
    records = people.records_of_same_person(person_id)
    tasks = session.scalars(
        select(CallTask).where(equals_any(CallTask.person_id, records)).order_by(CallTask.id)
    ).all()
    live = live_among(task.id for task in tasks)
    stopped = messages.stops_of(records)
    is_barred = bool(facts.people_with({FactKind.DEATH, FactKind.NO_CALLS}, records))
    lost = {task.id for task in tasks if task.state is TaskState.NO_NUMBER}
    no_more = _no_cases(task.case_id for task in tasks if task.id in lost)
    return PersonNow(
        person_id=person_id,
        has_number=people.has_number(person_id),
        to_ring=frozenset(task.id for task in tasks if task.state in TO_RING),
        without_number=frozenset(
            task.id for task in tasks if task.id in lost and task.case_id not in no_more
        ),
        texts_astray=tuple(messages.texts_astray(person_id)),
        is_dead=bool(facts.people_with({FactKind.DEATH}, records)),
        wants_no_calls=bool(facts.people_with({FactKind.NO_CALLS}, records)),
        are_messages_stopped=bool(stopped),
        is_stop_partial=len(stopped) < len(records),
        calls=tuple(
            (task.id, now)
            for task in tasks
            # whoever is not to be called is not asked how they are either: `of_case` stops that
            if (now := call_now(task, live)) is not CallNow.WAITING or not (is_barred and task.is_follow_up)
        ),
    )


def _no_cases(case_ids: Iterable[int]) -> set[int]:
    """Return the cases, of these, whose result was withdrawn: nobody is called about them."""
    ids = set(case_ids)
    if not ids:
        return set()
    return set(
        session.scalars(
            select(Case.id).where(
                equals_any(Case.id, ids),
                or_(Case.status == CaseStatus.WITHDRAWN, Case.outcome == CaseOutcome.NOT_A_CASE),
            )
        )
    )


def call_now(task: CallTask | None, live: Collection[int]) -> CallNow:
    """Return where a call stands; `live` are the tasks that somebody is on the telephone about."""
    if task is None:
        return CallNow.NONE
    if task.id in live:
        return CallNow.LIVE
    match task.state:
        case TaskState.DONE:
            return CallNow.DONE
        case TaskState.CANCELLED:
            return CallNow.CANCELLED
        case TaskState.DECEASED:
            return CallNow.NEVER
        case TaskState.NO_CALLS:
            return CallNow.UNWANTED
    # a list to complete is no consequence: the call waits whatever the dates become
    return CallNow.WAITING if task.again in {None, CallAgain.TO_COMPLETE} else CallNow.AGAIN


def live_among(task_ids: Iterable[int]) -> set[int]:
    """Return the tasks about which somebody is on the telephone now."""
    ids = list(task_ids)
    if not ids:
        return set()
    return set(
        session.scalars(
            select(Conversation.task_id)
            .join(Call, Call.id == Conversation.call_id)
            .where(
                equals_any(Conversation.task_id, ids),
                Conversation.finished_at.is_(None),
                Call.ended_at.is_(None),
            )
        )
    )
