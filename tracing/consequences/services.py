"""Record what was said and carry out what follows, in the transaction of the change. Every door comes through here."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from tracing.calls import queries as call_queries
from tracing.cases import queries as case_queries
from tracing.cases import result_queries
from tracing.cases import services as cases
from tracing.cases.models import Case, CaseOutcome
from tracing.cases.rules import sampling_day
from tracing.consequences import (
    contact_telling,
    follow_ups,
    person_queries,
    person_rules,
    queries,
    reopening,
    rules,
)
from tracing.consequences import stated_rules as stated
from tracing.consequences.follow_ups import follow_up_of, note_event, task_of
from tracing.consequences.models import HeldBack
from tracing.consequences.picture_rules import Consequence, ConsequenceKind
from tracing.contacts import calling
from tracing.contacts import identities as contact_identities
from tracing.contacts import queries as contact_queries
from tracing.contacts import services as contacts
from tracing.contacts.case_closing import close_when_done, open_again
from tracing.contacts.models import Contact, ContactStatus
from tracing.facts import queries as fact_queries
from tracing.facts import services as facts
from tracing.facts.models import Fact
from tracing.facts.rules import (
    FactKind,
    FactSource,
    NewFact,
    Subject,
    SubjectType,
    day_of,
    in_force,
    value_of,
)
from tracing.facts.ruling_rules import measure_ruled, note_days_ruled
from tracing.hand_offs import services as hand_offs
from tracing.kernel import clock, events
from tracing.kernel.db import lock_row, session
from tracing.messages import queries as message_queries
from tracing.messages import services as messages
from tracing.people import correction_services as corrections
from tracing.people import queries as people
from tracing.programmes.rules import age_on
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.models import STILL_TO_CALL, CallTask, TaskState
from tracing.queue.rules import CallAgain
from tracing.sickleave import queries as note_queries
from tracing.sickleave import services as notes
from tracing.sickleave.mending import notices

WAITING_TO_BE_TOLD = frozenset({ContactStatus.NAMED, ContactStatus.INFORMED})
RING_AGAIN_WITHIN = timedelta(hours=24)
"""By when somebody who was told otherwise is called."""


def record(new: Sequence[NewFact], *, by: int | None, at: datetime) -> list[Fact]:
    """Record facts and carry out what follows; what was known before any fact is kept as one first.

    Raises:
        LookupError: the application was not assembled.
    """
    for subject in {one.subject for one in new}:
        _keep_what_was_known(subject)
    return facts.record(new, by=by, at=at)


def keep(new: Sequence[NewFact], *, by: int | None, at: datetime) -> None:
    """Record facts without what follows yet: `follow` does that, once for several of them."""
    for subject in {one.subject for one in new}:
        _keep_what_was_known(subject)
    facts.add(new, by=by, at=at)


def decide_first(subject_type: SubjectType, subject_id: int, *, by: int | None, at: datetime) -> None:
    """Decide the first dates of a case or a contact, before any question is asked."""
    if subject_type is SubjectType.CASE:
        follow_case(subject_id, by=by, at=at)
    else:
        _follow_contact(subject_id, is_first=True, by=by, at=at)


def follow_new_cases(programmes: Mapping[int, str], *, on: date, at: datetime) -> None:
    """Carry out what follows from new cases, whose first calls are in the queue; `programmes` names that of each case."""
    by_programme: dict[str, list[int]] = defaultdict(list)
    for case_id, programme in programmes.items():
        by_programme[programme].append(case_id)
    for programme, case_ids in by_programme.items():
        hand_offs.open_for_new(case_ids, programme, on=on, at=at)


def follow(subjects: Iterable[Subject], *, by: int | None, at: datetime) -> None:
    """Carry out what follows from the facts about these subjects as they are now; twice changes nothing."""
    facts.follow(subjects, by=by, at=at)


def _follow(subjects: frozenset[Subject], by: int | None, at: datetime) -> None:
    for subject_type, subject_id in sorted(subjects, key=lambda one: (one[0].value, one[1])):
        match subject_type:
            case SubjectType.PERSON:
                _follow_person(subject_id, by=by, at=at)
            case SubjectType.CASE:
                follow_case(subject_id, by=by, at=at)
            case SubjectType.CONTACT:
                _follow_contact(subject_id, by=by, at=at)


facts.register(_follow)


def follow_case(
    case_id: int, *, reaching: frozenset[str] | None = None, by: int | None, at: datetime
) -> tuple[Consequence, ...]:
    """Decide a case and its contacts again, and carry out what follows; returns what did.

    `reaching`: the rules have changed, and these also change what was already told.
    """
    # households before the case, as a call locks them
    queue_queries.lock_tasks(CallTask.case_id == case_id)
    case = case_queries.get_case(case_id, lock=True)
    zone = queries.zone_of(case)
    today = clock.local_day(at, zone)
    listed = contact_queries.contacts_of_case(case_id)
    born = _birth_dates([case.person_id, *(one.person_id for one in listed)])
    said = fact_queries.facts_of(SubjectType.CASE, case_id)
    known = in_force(said)
    sampled_on = day_of(known, FactKind.SAMPLED)
    case.keep_ruling(measure_ruled(known), note_days_ruled(known))
    sampled = sampling_day(case.first_sampled_at, sampled_on, zone)
    cases.decide(
        case,
        onset_on=stated.onset(said, known, case.onset_on),
        sampled_on=sampled_on,
        vaccination=stated.answer(said, known, FactKind.VACCINATION, case.vaccination),
        age=_age(born[case.person_id], sampled),
        immunodepressed=value_of(known, FactKind.IMMUNODEPRESSED),
        reaching=reaching or frozenset(),
        zone=zone,
        by=by,
        at=at,
    )
    for contact in listed:
        if reaching is not None:
            contacts.judge_again(contact, case, on=today)
        contacts.decide_again(
            contact, case, born=born[contact.person_id], on=today, reaching=reaching or frozenset()
        )
    session.flush()
    beside = result_queries.other_results(case)
    found = _carry_out(case, listed, beside=beside, today=today, by=by, at=at)
    _follow_elsewhere(case, listed, by=by, at=at)
    for other in beside:
        # of two results one may be none, and the person hears what holds for the other; they are followed up about one
        if other.told_at is not None:
            _carry_out(other, [], today=clock.local_day(at, queries.zone_of(other)), by=by, at=at)
    return found


def _follow_contact(contact_id: int, *, is_first: bool = False, by: int | None, at: datetime) -> None:
    queue_queries.lock_tasks(CallTask.contact_id == contact_id)
    contact = lock_row(Contact, contact_id)
    case = case_queries.get_case(contact.case_id)
    born = _birth_dates([contact.person_id])[contact.person_id]
    zone = queries.zone_of(case)
    today = clock.local_day(at, zone)
    said = contact_telling.decide_contact(contact, case, born=born, is_first=is_first, by=by, at=at)
    session.flush()
    _carry_out(case, [contact], today=today, only_contacts=True, by=by, at=at)
    is_refused = any(one.kind is FactKind.REFUSAL for one in said)
    _follow_elsewhere(case, [contact], is_refused=is_refused, by=by, at=at)


def _follow_elsewhere(
    case: Case, listed: Sequence[Contact], *, is_refused: bool = False, by: int | None, at: datetime
) -> None:
    """What is said to people who were named by other cases too follows from all their meetings together.

    A refusal also holds for those of which they were not told.
    """
    met = contact_queries.named_elsewhere(listed, programme=case.programme)
    others = {one.contact.id: one for theirs in met.values() for one in theirs}
    for other in others.values():
        is_concerned = other.contact.told_at is not None or other.contact.status in WAITING_TO_BE_TOLD
        if other.case.id == case.id or not (is_refused or is_concerned):
            continue
        today = clock.local_day(at, queries.zone_of(other.case))
        _carry_out(other.case, [other.contact], today=today, only_contacts=True, by=by, at=at)


def _follow_person(person_id: int, *, by: int | None, at: datetime) -> None:
    _follow_identity(person_id, by=by, at=at)
    picture = person_queries.person_now(person_id)
    for one in person_rules.of_person(picture):
        _PERSON_STEPS[one.kind](one, by, at)
        note_event(one, by=by, at=at)
    _hold_back(person_rules.calls_held_back(picture), at=at)
    for task in person_queries.to_follow_of(person_id):
        # whoever was told something else is not rung any more, or is after all
        case = case_queries.get_case(task.case_id)
        contact = contact_queries.find_contact(task.contact_id)
        today = clock.local_day(at, queries.zone_of(case))
        listed = [] if contact is None else [contact]
        _carry_out(case, listed, today=today, only_contacts=contact is not None, by=by, at=at)


def _follow_identity(person_id: int, *, by: int | None, at: datetime) -> None:
    """Keep who a person is as what counts says; their age and the papers with their name follow."""
    corrected = corrections.follow(person_id, at=at)
    if not corrected:
        return
    contact_identities.follow_corrections(corrected)
    tasks = list(queue_queries.tasks_of_person(person_id))
    site_id = tasks[0].site_id if tasks else None
    about = ("person", person_id)
    events.record("person.identity_corrected", by=by, at=at, subject=about, site_id=site_id)
    of_notes = note_queries.tasks_with_notes(corrected) - {one.id for one in tasks}
    tasks += [queue_queries.get_task(one) for one in sorted(of_notes)]
    _follow(frozenset(one.subject for one in tasks), by, at)


def remember_told(task: CallTask, *, at: datetime) -> None:
    """Keep what the person of a completed call was told: from now on a change is told again."""
    if task.contact_id is None:
        case = case_queries.get_case(task.case_id, lock=True)
        is_none = case.outcome is CaseOutcome.NOT_A_CASE
        last_day = result_queries.result_that_holds(case).isolation_last_day
        case.told_at, case.told_last_day = at, None if is_none else last_day
        case.first_told_on = case.first_told_on or clock.local_day(at, queries.zone_of(case))
        for other in result_queries.other_results(case):
            if other.outcome is CaseOutcome.NOT_A_CASE and other.told_at is not None and not is_none:
                # what they were told for a result that is none is replaced by this
                other.told_at, other.told_last_day = at, None
    else:
        contact = lock_row(Contact, task.contact_id)
        case = case_queries.get_case(contact.case_id)
        contact_telling.keep_told(contact, case, at=at)
        contact.told_with_id = None
        contact.first_told_on = contact.first_told_on or clock.local_day(at, queries.zone_of(case))
    session.flush()


def follow_after_call(tasks: Sequence[CallTask], *, by: int | None, at: datetime) -> None:
    """Carry out what had to wait while these people were on the telephone. Call it when their call has ended.

    Whoever is not to be called again, or is told that their dates changed, leaves the queue or stays in it accordingly.
    """
    held = queries.held_back([one.id for one in tasks])
    for task in tasks:
        if task.id in held:
            _follow_held_back(task, by=by, at=at)


def follow_held_back(task_id: int, *, at: datetime) -> None:
    """The same for one call that ended otherwise: its claim expired, or was taken back.

    A call that was over, and was opened because its person rang, is closed again if nothing was said.
    """
    [task] = queue_queries.lock_tasks(CallTask.id == task_id)
    held = session.get(HeldBack, task_id)
    if held is None:
        return
    reopening.close_again(
        task,
        call_id=call_queries.last_ring_about(task.id, since=held.since),
        since=held.since,
        zone=queries.zone_of(case_queries.get_case(task.case_id)),
        by=None,
        at=at,
    )
    _follow_held_back(task, by=None, at=at)


def _follow_held_back(task: CallTask, *, by: int | None, at: datetime) -> None:
    follow({(SubjectType.PERSON, task.person_id), task.subject}, by=by, at=at)
    session.execute(delete(HeldBack).where(HeldBack.task_id == task.id))


def _hold_back(task_ids: Iterable[int], *, at: datetime) -> None:
    """Remember the calls under way that something would have stopped or moved."""
    rows = [{"task_id": one, "since": at} for one in sorted(task_ids)]
    if rows:
        session.execute(insert(HeldBack).on_conflict_do_nothing(), rows)


def remember_recalled(case: Case) -> None:
    """Keep for which days the person was asked whom they met."""
    span = rules.recalled_after(
        queries.span(case.window_start, case.window_end), queries.span(case.recalled_from, case.recalled_to)
    )
    if span is not None:
        case.recalled_from, case.recalled_to = span
        session.flush()


def _carry_out(
    case: Case,
    listed: Sequence[Contact],
    *,
    beside: Sequence[Case] | None = None,
    today: date,
    only_contacts: bool = False,
    by: int | None,
    at: datetime,
) -> tuple[Consequence, ...]:
    picture = queries.case_now(case, listed, beside=beside, on=today)
    found = rules.of_case(picture)
    if only_contacts:
        found = tuple(one for one in found if one.subject[0] != "case")
    _hold_back(_tasks_held_back(case, listed, rules.held_back(picture), only_contacts=only_contacts), at=at)
    of_id = {contact.id: contact for contact in listed}
    for one in found:
        about, number = one.subject
        _CASE_STEPS[one.kind](case, of_id.get(number) if about == "contact" else None, one, by, at)
        note_event(one, site_id=case.site_id, by=by, at=at)
    return found


def _tasks_held_back(
    case: Case, listed: Sequence[Contact], held: frozenset[tuple[str, int]], *, only_contacts: bool
) -> list[int]:
    """Return the tasks of those whose call is held back; a few statements each, and there is seldom one."""
    about: list[Contact | None] = [one for one in listed if ("contact", one.id) in held]
    if not only_contacts and ("case", case.id) in held:
        about.append(None)
    found = [task for one in about for task in (task_of(case, one), follow_up_of(case, one))]
    return sorted(person_queries.live_among(task.id for task in found if task is not None))


def _leave(_case: Case, contact: Contact | None, _one: Consequence, _by: int | None, _at: datetime) -> None:
    if contact is not None:
        contact.is_outside = True
        session.flush()


def _return(_case: Case, contact: Contact | None, _one: Consequence, _by: int | None, _at: datetime) -> None:
    if contact is not None:
        contact.is_outside = False
        session.flush()


def _update_call(case: Case, contact: Contact | None, one: Consequence, by: int | None, at: datetime) -> None:
    if contact is None:
        return
    identity = people.find_joint_identity(contact.person_id)
    calling.update_call_task(contact, case, phones=identity.phones if identity else (), by=by, at=at)
    if one.kind is ConsequenceKind.CALL_OPENS:
        task = queue_queries.find_task_of_contact(contact.id)
        if task is not None and task.state in STILL_TO_CALL:
            open_again(case.id, by=by, at=at)


def _ring_again(case: Case, contact: Contact | None, one: Consequence, by: int | None, at: datetime) -> None:
    task = task_of(case, contact)
    if task is not None and task.again is not None and task.state is not TaskState.CANCELLED:
        task.again = one.why  # it waits already, and keeps its place
        session.flush()
    elif task is not None:
        queue.call_again(task, one.why or CallAgain.DATES, due_at=at + RING_AGAIN_WITHIN, by=by, at=at)
        open_again(case.id, by=by, at=at)


def _ring_no_more(
    case: Case, contact: Contact | None, _one: Consequence, by: int | None, at: datetime
) -> None:
    task = task_of(case, contact)
    if task is not None:
        queue.call_no_more(task, by=by, at=at)
        close_when_done(case.id, by=by, at=at)


def _mark_note(_case: Case, _contact: Contact | None, one: Consequence, by: int | None, at: datetime) -> None:
    notes.mark_to_mend(one.subject[1], one.mend, to=one.day, by=by, at=at)


_CASE_STEPS: Mapping[
    ConsequenceKind, Callable[[Case, Contact | None, Consequence, int | None, datetime], None]
] = {
    ConsequenceKind.CONTACT_LEAVES: _leave,
    ConsequenceKind.CONTACT_RETURNS: _return,
    ConsequenceKind.CALL_OPENS: _update_call,
    ConsequenceKind.CALL_STOPS: _update_call,
    ConsequenceKind.TOLD_ALREADY: contact_telling.tell_no_more,
    ConsequenceKind.NOT_TOLD: contact_telling.tell_after_all,
    ConsequenceKind.RING_AGAIN: _ring_again,
    ConsequenceKind.RING_NO_MORE: _ring_no_more,
    ConsequenceKind.NOTE_TO_MEND: _mark_note,
    ConsequenceKind.NOTE_STANDS: _mark_note,
    **follow_ups.STEPS,
}


def _never(one: Consequence, by: int | None, at: datetime) -> None:
    _bar(_locked(one.subject[1]), TaskState.DECEASED, by=by, at=at)


def _unwanted(one: Consequence, by: int | None, at: datetime) -> None:
    _bar(_locked(one.subject[1]), TaskState.NO_CALLS, by=by, at=at)


def _bar(task: CallTask, state: TaskState, *, by: int | None, at: datetime) -> None:
    queue.close_task(task, state, by=by, at=at)
    if task.contact_id is not None:
        close_when_done(task.case_id, by=by, at=at)


def _numberless(one: Consequence, by: int | None, at: datetime) -> None:
    task = _locked(one.subject[1])
    queue.close_task(task, TaskState.NO_NUMBER, by=by, at=at)
    if task.contact_id is not None:
        close_when_done(task.case_id, by=by, at=at)


def _has_number(one: Consequence, by: int | None, at: datetime) -> None:
    task = _locked(one.subject[1])
    queue.reopen_task(task, due_at=task.due_at, by=by, at=at)
    if task.state is TaskState.OPEN and not task.is_follow_up:
        open_again(task.case_id, by=by, at=at)


def _stop_text(one: Consequence, by: int | None, at: datetime) -> None:
    messages.stop_text(one.subject[1], by=by, at=at)


def _after_all(one: Consequence, by: int | None, at: datetime) -> None:
    task = _locked(one.subject[1])
    if people.has_number(task.person_id):
        queue.reopen_task(task, due_at=task.due_at, by=by, at=at)
    else:
        queue.close_task(task, TaskState.NO_NUMBER, by=by, at=at)
    if task.state is TaskState.OPEN and not task.is_follow_up:
        open_again(task.case_id, by=by, at=at)


def _stop_messages(one: Consequence, by: int | None, at: datetime) -> None:
    messages.stop_all(one.subject[1], by=by, at=at)


def _allow_messages(one: Consequence, by: int | None, at: datetime) -> None:
    waited = message_queries.stopped_by_stop(one.subject[1])
    messages.allow_again(one.subject[1], by=by, at=at)
    notices.leave_after_all(waited, by=by, at=at)


_PERSON_STEPS: Mapping[ConsequenceKind, Callable[[Consequence, int | None, datetime], None]] = {
    ConsequenceKind.CALL_NEVER: _never,
    ConsequenceKind.CALL_UNWANTED: _unwanted,
    ConsequenceKind.CALL_AFTER_ALL: _after_all,
    ConsequenceKind.CALL_NUMBERLESS: _numberless,
    ConsequenceKind.CALL_HAS_NUMBER: _has_number,
    ConsequenceKind.TEXT_STOPS: _stop_text,
    ConsequenceKind.MESSAGES_STOP: _stop_messages,
    ConsequenceKind.MESSAGES_GO_ON: _allow_messages,
}


def _locked(task_id: int) -> CallTask:
    task = queue_queries.get_task(task_id)
    queue_queries.lock_task(task)
    return task


def _birth_dates(person_ids: Sequence[int]) -> dict[int, date | None]:
    identities = people.joint_identities(person_ids)
    return {one: identity.birth_date if (identity := identities.get(one)) else None for one in person_ids}


def _age(born: date | None, on: date) -> int | None:
    return None if born is None else age_on(born, on)


def _keep_what_was_known(subject: Subject) -> None:
    """Keep, as the first fact of a subject, what its row knew before: the laboratory's onset, the case's last contact."""
    subject_type, subject_id = subject
    if subject_type is SubjectType.PERSON or fact_queries.facts_of(subject_type, subject_id):
        return
    if subject_type is SubjectType.CASE:
        case = case_queries.get_case(subject_id)
        kind, source, day = FactKind.ONSET, FactSource.LABORATORY, case.onset_on
        cohort, at = case.cohort, case.created_at
    else:
        contact = session.get_one(Contact, subject_id)
        kind, source, day = FactKind.LAST_CONTACT, FactSource.CASE, contact_queries.known_day(contact)
        cohort, at = contact.cohort, contact.named_at
    if day is not None:
        known = NewFact(subject=subject, kind=kind, value=day.isoformat(), source=source, cohort=cohort)
        facts.add([known], by=None, at=at)
