"""Read the picture of what is: a case with its contacts, calls and notes; a person with all their calls."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from tracing.calls import queries as call_queries
from tracing.calls.models import Call, Conversation
from tracing.cases.models import Case, CaseOutcome
from tracing.cases.result_queries import (
    is_followed_by_another,
    other_results,
    result_that_holds,
    stands,
    told_of_none,
    told_results,
)
from tracing.cases.rules import sampling_day
from tracing.consequences.models import HeldBack
from tracing.consequences.person_queries import DECIDED, adds_nothing, call_now, live_among, told_since
from tracing.consequences.picture_rules import (
    CallNow,
    CaseNow,
    ContactNow,
    FollowUpNow,
    MeasuredPerson,
    NoteNow,
    Told,
    later,
    to_come,
)
from tracing.consequences.rules import is_recalled, last_day_of_calls
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.queries import Meeting, kept_in_list, named_elsewhere, of_one_time, who_refused
from tracing.contacts.rules import circumstances_from_codes, is_called
from tracing.facts import queries as facts
from tracing.facts.rules import FactKind, Said, SubjectType, held_at, in_force, standing, value_of
from tracing.kernel import clock
from tracing.kernel.db import equals_any, session
from tracing.people import queries as people
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import age_on, day_zero, follow_ups
from tracing.programmes.schema import Pack
from tracing.programmes.vocabulary import RiskLevel, Subject
from tracing.queue.models import ENDED, LISTED, CallTask, EntryState, QueueEntry, TaskKind, TaskState
from tracing.sickleave import answers as said
from tracing.sickleave import queries as note_queries
from tracing.sickleave.models import VALID, NoteKind, NoteState, SickNote
from tracing.sickleave.rules import WORKING_AGE, NoteMend, earliest_day, ends_with_measure, latest_day
from tracing.sickleave.services import naming_another
from tracing.staff import queries as staff

_ONE_DAY = timedelta(days=1)


def zone_of(case: Case) -> ZoneInfo:
    """Return the time zone in which the days of a case are days: that of its site."""
    return ZoneInfo(staff.get_site(case.site_id).time_zone)


def case_now(
    case: Case, contacts: Sequence[Contact], *, beside: Sequence[Case] | None = None, on: date
) -> CaseNow:
    """Return the picture of a case with some of its contacts, as their rows are now.

    `beside` are `other_results` of it, if already loaded.
    """
    tasks = _tasks_of(case.id)
    live = live_among(task.id for task in tasks)
    notes = _notes_of([task.id for task in tasks])
    answers = call_queries.answers_by_task(notes.keys(), said.DECIDE_A_NOTE)
    misnamed = naming_another([note for note, _first in notes.values()])
    overlapping = note_queries.overlapping(
        {task: (note.person_id, first.first_day, note.last_day) for task, (note, first) in notes.items()}
    )
    barred = people.barred([case.person_id, *(one.person_id for one in contacts)])
    kept = kept_in_list([one.id for one in contacts])
    is_none = case.outcome is CaseOutcome.NOT_A_CASE
    if beside is None:
        beside = other_results(case) if case.told_at is not None else ()
    results = told_results(beside) if case.told_at is not None else []

    def told(last_day: date | None, told_at: datetime | None, contact: Contact | None = None) -> Told | None:
        if told_at is None:
            return None
        knows = case.closed_at is not None and told_at >= case.closed_at
        if contact is None or contact.told_tests is None:
            return Told(last_day, knows_it_is_none=knows)
        return Told(
            last_day,
            awaits_result=contact.told_awaits_result,
            tests=to_come(contact.told_tests, on),
            knows_it_is_none=knows,
        )

    elsewhere = named_elsewhere(contacts, programme=case.programme)
    refused = who_refused(contacts, programme=case.programme, elsewhere=elsewhere)
    first = next((one for one in tasks if one.kind is TaskKind.CASE_FIRST), None)
    of_contact = {one.contact_id: one for one in tasks if one.kind is TaskKind.CONTACT_FIRST}
    zone = zone_of(case)
    calendar = _Calendar(case, contacts, beside=beside, tasks=tasks, live=live, on=on, zone=zone)

    def note_of(
        task: CallTask | None,
        subject: Subject,
        agreed: tuple[date, date] | None,
        starts: date | None,
    ) -> NoteNow | None:
        note, initial = notes.get(task.id, (None, None)) if task is not None else (None, None)
        if note is None or initial is None:
            return None
        begins = initial.first_day
        # what was answered about work is the child's, not the parent's
        is_parents = note.kind is NoteKind.PARENT
        given = {} if is_parents else answers[note.task_id]
        pack = get_pack(case.programme)
        to_the_end = ends_with_measure(pack, subject, on, for_parent=is_parents)
        return NoteNow(
            note_id=note.id,
            last_day=note.last_day,
            first_day=begins,
            is_ruled_out=said.rules_out_a_note(given),
            worked_until=said.last_work_on(given),
            follows_measure=to_the_end
            if is_parents
            else subject is Subject.CASE or (begins == note.first_day and to_the_end),
            overlaps=note.task_id in overlapping,
            has_no_child=task is not None and is_parents and _has_no_child(task, begins),
            names_another=note.id in misnamed,
            is_doctors=agreed is not None and agreed[0] <= note.first_day and note.last_day <= agreed[1],
            granted_until=agreed[1] if agreed is not None else None,
            granted_first=_granted_first(initial, agreed, given),
            due_first=None
            if is_parents or starts is None
            else _due_first(initial, subject, given, pack, starts=starts, zone=zone),
            latest=latest_day(pack, subject, begins, on, for_parent=is_parents),
            mend=note.mend,
            mend_to=note.mend_to,
            accepted=(note.accepted_mend, note.accepted_mend_to) if note.accepted_mend else None,
        )

    def heard_of(contact: Contact) -> list[Meeting]:
        others = of_one_time(contact, elsewhere.get(contact.id, ()))
        return [one for one in others if one.contact.told_at is not None]

    return CaseNow(
        case_id=case.id,
        is_none=is_none,
        window=span(case.window_start, case.window_end),
        recalled=span(case.recalled_from, case.recalled_to),
        person=MeasuredPerson(
            last_day=case.isolation_last_day,
            is_decided=case.isolation_measure in DECIDED,
            may_be_called=case.person_id not in barred,
            told=told(case.told_last_day, case.told_at),
            told_since=told_since(case, beside),
            due_elsewhere=None if is_none else later(*(one.isolation_last_day for one in results)),
            is_informed_elsewhere=result_that_holds(case, beside) is not case,
            has_note_elsewhere=bool(results) and _has_note_elsewhere(case, tasks),
            stands_elsewhere=is_none and any(stands(one, on=on) for one in beside),
            told_elsewhere=None if is_none else later(*told_of_none(beside)),
            call=CallNow.LIVE if calendar.is_live(None) else call_now(first, live),
            again=first.again if first is not None else None,
            note=note_of(first, Subject.CASE, case.note_ruling, case.isolation_start),
            follow_up=calendar.of_case(),
        ),
        contacts=tuple(
            ContactNow(
                contact_id=one.id,
                met_on=one.last_contact_on,
                may_be_at_risk=is_called(one.risk),
                # a day that nobody has said is outside no period
                is_kept=one.id in kept or one.is_day_unknown,
                is_outside=one.is_outside,
                adds_nothing=adds_nothing(
                    one, case, of_contact.get(one.id), elsewhere.get(one.id, ()), on=on
                ),
                is_told_of_another=one.told_with_id is not None,
                is_removed=one.status is ContactStatus.REMOVED,
                is_a_case=one.status is ContactStatus.BECAME_CASE,
                person=MeasuredPerson(
                    last_day=None if one.risk is RiskLevel.NEGLIGIBLE else one.quarantine_last_day,
                    awaits_result=one.awaits_result,
                    is_decided=one.quarantine_measure in DECIDED,
                    may_be_called=one.person_id not in barred,
                    has_refused=one.id in refused,
                    tests=to_come(one.tests_due or (), on),
                    told=told(one.told_last_day, one.told_at, one),
                    due_elsewhere=later(
                        *(other.contact.quarantine_last_day for other in heard_of(one) if other.counts)
                    ),
                    told_elsewhere=later(*(other.contact.told_last_day for other in heard_of(one))),
                    call=CallNow.LIVE if calendar.is_live(one.id) else call_now(of_contact.get(one.id), live),
                    again=of_contact[one.id].again if one.id in of_contact else None,
                    note=note_of(
                        of_contact.get(one.id), Subject.CONTACT, one.note_ruling, one.last_contact_on
                    ),
                    follow_up=calendar.of_contact(one, heard_of(one)),
                ),
            )
            for one in contacts
        ),
    )


class _Calendar:
    """The programme's calendar for a case and its contacts, with the follow-up calls that were planned."""

    def __init__(
        self,
        case: Case,
        contacts: Sequence[Contact],
        *,
        beside: Sequence[Case],
        tasks: Iterable[CallTask],
        live: Collection[int],
        on: date,
        zone: ZoneInfo,
    ) -> None:
        self._case, self._beside, self._on, self._live = case, beside, on, live
        self._zone, self._pack = zone, get_pack(case.programme)
        self._planned: dict[int | None, list[CallTask]] = defaultdict(list)
        for one in tasks:
            if one.is_follow_up:
                self._planned[one.contact_id].append(one)
        told = [one.id for one in contacts if one.told_at is not None]
        kinds = {FactKind.REFUSAL, FactKind.HOSPITAL}
        self._said = facts.facts_by_subject(SubjectType.CONTACT, told, kinds=kinds) if told else {}
        self._of_case = [] if case.told_at is None else facts.facts_of(SubjectType.CASE, case.id)

    def is_live(self, contact_id: int | None) -> bool:
        """Return whether somebody is on the telephone with a person to ask how they are."""
        return any(one.id in self._live for one in self._planned.get(contact_id, ()))

    def of_case(self) -> FollowUpNow | None:
        """Return how it stands with the follow-up of the case's person; None if there is nothing to follow."""
        case = self._case
        zero = day_zero(case.onset_on, sampling_day(case.first_sampled_at, case.sampled_on, self._zone))
        found = None if zero is None else follow_ups(self._pack, Subject.CASE, day_zero=zero, on=self._on)
        now = self._now(
            None,
            self._of_case,
            days=found.days if found else (),
            told_at=case.told_at,
            last_day=case.isolation_last_day,
        )
        if now is None or case.told_at is None:
            return now
        return replace(now, is_of_another=is_followed_by_another(case, self._beside))

    def of_contact(self, contact: Contact, heard_of: Sequence[Meeting]) -> FollowUpNow | None:
        """Return how it stands with that of a contact. Told of several meetings, they are rung about the last one."""
        found = None
        if not contact.is_day_unknown:
            met = circumstances_from_codes(contact.circumstances or {})
            found = follow_ups(
                self._pack,
                Subject.CONTACT,
                day_zero=contact.last_contact_on,
                lives_with_case=met.lives_with_case,
                on=self._on,
            )
        now = self._now(
            contact.id,
            self._said.get(contact.id, ()),
            days=found.days if found else (),
            told_at=contact.told_at,
            last_day=contact.quarantine_last_day,
        )
        own = (contact.last_contact_on, contact.id)
        later = any(one.counts and (one.contact.last_contact_on, one.contact.id) > own for one in heard_of)
        return replace(now, is_of_another=True) if now is not None and later else now

    def _now(
        self,
        contact_id: int | None,
        said: Sequence[Said],
        *,
        days: tuple[date, ...],
        told_at: datetime | None,
        last_day: date | None,
    ) -> FollowUpNow | None:
        planned = self._planned.get(contact_id, [])
        if told_at is None and not planned:
            return None
        waiting = next((one for one in planned if one.state not in ENDED), None)
        task = waiting or (planned[-1] if planned else None)
        spoken = [told_at, *(one.closed_at for one in planned if one.state is TaskState.DONE)]
        stands = standing(said)
        is_in_hospital = value_of(in_force(stands), FactKind.HOSPITAL) is True
        refusals = {TaskKind.CASE_FOLLOW_UP.value, TaskKind.CONTACT_FOLLOW_UP.value}
        return FollowUpNow(
            on=self._on,
            days=days,
            until=last_day_of_calls(days, last_day),
            since=later(*(clock.local_day(at, self._zone) for at in spoken if at is not None))
            if told_at is not None
            else None,
            is_refused=any(one.kind is FactKind.REFUSAL and one.value in refusals for one in stands),
            is_in_hospital=is_in_hospital,
            call=_follow_up_now(task, self._live),
            plan=(task.planned_on, task.ends_on)
            if task is not None and task.planned_on is not None and task.ends_on is not None and waiting
            else None,
            is_missed=task is not None and task.state is TaskState.UNREACHABLE,
            is_given_up=task is not None
            and task.state is TaskState.CANCELLED
            and task.state_before in LISTED,
            is_kept=task is not None and task.state is TaskState.TO_HAND_ON,
            has_come_home=task is not None
            and not is_in_hospital
            and held_at(said, FactKind.HOSPITAL, task.closed_at),
            is_promised=task is not None
            and task.state is TaskState.OPEN
            and task.promised_at is not None
            and clock.local_day(task.promised_at, self._zone) >= self._on,
        )


def follow_up_after(case: Case, contact: Contact | None, *, on: date) -> date | None:
    """Return the day of the follow-up call after one that is made on a day; None if it is the last one."""
    picture = case_now(case, [] if contact is None else [contact], on=on)
    person = picture.person if contact is None else picture.contacts[0].person
    asked = person.follow_up
    if asked is None or asked.until is None:
        return None
    return next((day for day in asked.days if on < day <= asked.until), None)


def _follow_up_now(task: CallTask | None, live: Collection[int]) -> CallNow:
    if task is not None and task.state is TaskState.WAITING_DOCTOR:
        # what a doctor is asked goes on, whatever the calendar says
        return CallNow.LIVE
    return call_now(task, live)


def was_recalled(case: Case) -> bool:
    """Return whether the person was asked whom they met on every contagious day, or was not asked at all yet."""
    return is_recalled(span(case.window_start, case.window_end), span(case.recalled_from, case.recalled_to))


@dataclass(frozen=True)
class Follows:
    """What follows for one person of a call from what was said, beside the dates: shown before the call ends."""

    contacts_outside: int = 0
    """Contacts met outside the contagious days, who are not called."""
    to_tell_again: int = 0
    """Contacts who were told otherwise, and are called again."""
    mend: NoteMend | None = None
    days: int = 0
    """By how many days the note is too short or too long."""
    mend_to: date | None = None
    """The day that would be right: the first one, or the last."""
    is_prolongation_void: bool = False
    """Nothing is asked any more from the first day of a note that prolongs another."""
    last_day: date | None = None
    """The last day of the measure, if they were told another one."""


def what_follows(case: Case, task: CallTask, *, is_contact: bool) -> Follows:
    """Return what follows for the person of a call, as it stands now."""
    note, _first = _notes_of([task.id]).get(task.id, (None, None))
    mend, mend_to = (note.mend, note.mend_to) if note is not None else (None, None)
    days = abs((note.mend_to - note.last_day).days) if note is not None and note.mend_to is not None else 0
    is_void = note is not None and note.is_none_due
    if is_contact:
        return Follows(mend=mend, days=days, mend_to=mend_to, is_prolongation_void=is_void)
    outside = select(func.count()).where(
        Contact.case_id == case.id, Contact.is_outside, Contact.status == ContactStatus.NAMED
    )
    again = select(func.count()).where(
        CallTask.case_id == case.id,
        CallTask.contact_id.is_not(None),
        CallTask.again.is_not(None),
        CallTask.state == TaskState.OPEN,
    )
    holds_until = result_that_holds(case).isolation_last_day
    was_told_other = case.told_at is not None and case.told_last_day != holds_until
    counted = session.execute(select(outside.scalar_subquery(), again.scalar_subquery())).one()
    return Follows(
        contacts_outside=counted[0],
        to_tell_again=counted[1],
        mend=mend,
        days=days,
        mend_to=mend_to,
        is_prolongation_void=is_void,
        last_day=holds_until if was_told_other else None,
    )


def _tasks_of(case_id: int) -> Sequence[CallTask]:
    """Return the calls of a case and its contacts; of several about one, the latest comes last."""
    session.flush()
    return session.scalars(select(CallTask).where(CallTask.case_id == case_id).order_by(CallTask.id)).all()


def held_back(task_ids: Sequence[int]) -> set[int]:
    """Return the calls, of these, during which something changed that has not followed yet."""
    if not task_ids:
        return set()
    return set(session.scalars(select(HeldBack.task_id).where(equals_any(HeldBack.task_id, task_ids))))


def held_back_and_over() -> list[int]:
    """Return the calls during which something changed, and which nobody is on the telephone about any more."""
    on_the_telephone = (
        select(Conversation.id)
        .join(Call, Call.id == Conversation.call_id)
        .where(
            Conversation.task_id == HeldBack.task_id,
            Conversation.finished_at.is_(None),
            Call.ended_at.is_(None),
        )
        .exists()
    )
    # claimed for somebody who rings, before the page of the call is opened
    claimed = (
        select(QueueEntry.id)
        .join(CallTask, CallTask.household_id == QueueEntry.household_id)
        .where(CallTask.id == HeldBack.task_id, QueueEntry.state == EntryState.CLAIMED)
        .exists()
    )
    return list(
        session.scalars(select(HeldBack.task_id).where(~on_the_telephone, ~claimed).order_by(HeldBack.since))
    )


def _notes_of(task_ids: Sequence[int]) -> dict[int, tuple[SickNote, SickNote]]:
    """Return the note at the end of each task's chain, and the one at its beginning."""
    if not task_ids:
        return {}
    rows = session.scalars(
        select(SickNote)
        .where(equals_any(SickNote.task_id, task_ids), SickNote.state.in_(VALID))
        .order_by(SickNote.first_day)
    ).all()
    first = {row.task_id: row for row in reversed(rows)}
    return {row.task_id: (row, first[row.task_id]) for row in rows if row.state is NoteState.ISSUED}


def _has_no_child(task: CallTask, on: date) -> bool:
    """Return whether the person of a call, for whom a parent has a note, was said dead or is no child on its first day."""
    if FactKind.DEATH in people.barred_by([task.person_id]).values():
        return True
    identity = people.find_joint_identity(task.person_id)
    born = identity.birth_date if identity is not None else None
    return born is not None and age_on(born, on) >= WORKING_AGE


def _granted_first(
    initial: SickNote, agreed: tuple[date, date] | None, given: Mapping[str, Any]
) -> date | None:
    """Return the first day that a note should have by what a doctor agreed to, if its days are among those."""
    if agreed is None or initial.prolongs_id is not None or agreed[1] < initial.first_day:
        return None
    worked = said.last_work_on(given)
    return max(agreed[0], worked + _ONE_DAY) if worked is not None else agreed[0]


def _due_first(
    initial: SickNote,
    subject: Subject,
    given: Mapping[str, Any],
    pack: Pack,
    *,
    starts: date,
    zone: ZoneInfo,
) -> date | None:
    """Return the first day that a note should have by the rule, if it began as early as it could when it was written.

    `starts`: the first day of the measure. None if the person does not know when they last worked.
    """
    worked = said.last_work_on(given)
    if worked is None or not initial.begins_earliest or initial.prolongs_id is not None:
        return None
    issued_on = clock.local_day(initial.issued_at, zone)
    days = [worked + _ONE_DAY, starts, earliest_day(pack, subject, issued_on) or starts]
    if subject is Subject.CONTACT:
        days.append(said.stayed_home_since(given) or issued_on)
    return max(days)


def _has_note_elsewhere(case: Case, tasks: Iterable[CallTask]) -> bool:
    """Return whether the person of a case has a note of another call of theirs: for another result, or as a contact."""
    own = {one.id for one in tasks}
    return any(one.task_id not in own for one in note_queries.valid_notes_of_person(case.person_id))


def span(first: date | None, last: date | None) -> tuple[date, date] | None:
    """Return two stored days as a span, None if they are not known."""
    return None if first is None or last is None else (first, last)
