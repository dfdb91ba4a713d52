"""What a person was told before, as a contact or about another case: so that they hear one thing, once."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.cases.rules import SAME_EPISODE_DAYS
from tracing.consequences.picture_rules import later, to_come
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
from tracing.kernel.db import equals_any, session
from tracing.people import queries as people
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import Measure, Quarantine, age_on
from tracing.queue.models import STILL_TO_CALL, CallTask, TaskKind, TaskState


def told_as_contact(case: Case) -> list[Contact]:
    """Return the meetings of which the person of a case was told shortly before, the last told first."""
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


def other_results(case: Case) -> list[Case]:
    """Return the other cases of a case's person in the same episode: results of other records of theirs."""
    return results_beside([case])[case.id]


def results_beside(cases: Sequence[Case]) -> dict[int, list[Case]]:
    """Return `other_results` of several cases, by case."""
    records = people.all_records(one.person_id for one in cases)
    # most people have one record, and one case of an episode
    merged = {record for theirs in records.values() if len(theirs) > 1 for record in theirs}
    found: Sequence[Case] = []
    if merged:
        found = session.scalars(
            select(Case).where(equals_any(Case.person_id, merged)).order_by(Case.id)
        ).all()
    episode = timedelta(days=SAME_EPISODE_DAYS)
    return {
        case.id: [
            one
            for one in found
            if one.id != case.id
            and one.person_id in records[case.person_id]
            and one.programme == case.programme
            and abs(one.first_sampled_at - case.first_sampled_at) <= episode
        ]
        for case in cases
    }


def stands(case: Case, *, on: date) -> bool:
    """Return whether a case still asks something of its person, or will once they are called."""
    if case.outcome is CaseOutcome.NOT_A_CASE or case.status is CaseStatus.WITHDRAWN:
        return False
    return case.isolation_last_day is None or case.isolation_last_day >= on


def told_of_none(beside: Iterable[Case]) -> list[date | None]:
    """Return the last days that somebody was told for results beside theirs (`other_results`) that turned out to be none.

    Once they were called about the one that stands, they know what holds instead (`services.remember_told`).
    """
    return [
        one.told_last_day
        for one in beside
        if one.outcome is CaseOutcome.NOT_A_CASE and one.told_at is not None
    ]


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


def is_followed_by_another(case: Case, beside: Iterable[Case]) -> bool:
    """Return whether the person is asked how they are about another case (`other_results`): the one that isolates longest.

    Two laboratories' results of one person are two cases until somebody says that the records are one.
    """
    own = (case.isolation_last_day or date.min, case.id)
    return any(
        (one.isolation_last_day or date.min, one.id) > own
        for one in beside
        if one.told_at is not None
        and one.status is not CaseStatus.WITHDRAWN
        and one.outcome is not CaseOutcome.NOT_A_CASE
    )


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
