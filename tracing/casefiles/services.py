"""Search a file, open it, go on to another of its chain: each is kept with its reason, and none names anybody."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from tracing.calls import handover_notes
from tracing.casefiles import queries, rules
from tracing.casefiles.errors import NoSuchFile, NotYourReason, TooManySearches
from tracing.casefiles.models import FileOpening, FileSearch
from tracing.casefiles.queries import Key, Subject
from tracing.casefiles.rules import FileReason, FoundBy
from tracing.cases.models import Case, CaseStatus
from tracing.consequences import services as consequences
from tracing.contacts.models import Contact
from tracing.escalations.models import Escalation, EscalationState
from tracing.facts.rules import FactSource
from tracing.kernel import clock, events
from tracing.kernel.db import session, take_id
from tracing.people import correction_services as corrections
from tracing.people import queries as people
from tracing.people.correction_rules import Correction
from tracing.people.errors import AsItWas
from tracing.queue import queries as queue
from tracing.queue.models import LISTED, CallTask
from tracing.staff.agent import Agent
from tracing.staff.models import Role
from tracing.vault import services as vault

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(CAST(:family AS integer), CAST(:who AS integer))")
_OF_SEARCHES = 7303
"""Advisory lock family of one member's searches; any number, but the same in every release."""


def correct_identity(
    subject: Subject,
    correction: Correction,
    *,
    source: FactSource,
    is_other: bool = False,
    by: Agent,
    at: datetime,
) -> None:
    """Correct who the person of a file is, as they or somebody for them said outside a call; what follows is carried out.

    Raises:
        AsItWas: nothing was corrected.
        MayBeBarred: it may be somebody who died, or asked never to be called.
    """
    _lock_calls_of(subject.person_id)
    changes = corrections.changes_in(subject.person_id, correction)
    if not changes.kinds:
        raise AsItWas
    said = corrections.facts_of(
        subject.person_id,
        changes,
        source=source,
        sent_by=corrections.who_sent(subject.contact.id if subject.contact else None),
        is_other=is_other,
    )
    consequences.record(said, by=by.member_id, at=at)


def take_back_corrections(subject: Subject, *, by: Agent, at: datetime) -> None:
    """Take back everything that was corrected of who the person of a file is: they are as they were sent."""
    _lock_calls_of(subject.person_id)
    source = FactSource.DOCTOR if by.holds(Role.ADVISER) else FactSource.SUPERVISOR
    said = corrections.facts_that_take_back(subject.person_id, call_id=None, source=source)
    if said:
        consequences.record(said, by=by.member_id, at=at)


def _lock_calls_of(person_id: int) -> None:
    """Lock the households of a person before the person, as a call does."""
    queue.lock_tasks(CallTask.person_id.in_(people.records_of_same_person(person_id)))


def search(
    key: Key, reason: FileReason, words: str, *, by: Agent, at: datetime
) -> FileSearch | TooManySearches:
    """Find the files with an exact key, and keep who searched and why; a refusal is returned, so that it is kept too.

    Raises:
        NotYourReason: the reason belongs to another role.
    """
    if reason not in rules.reasons_of(_roles(by)):
        raise NotYourReason
    # searches sent at the same time are all counted
    session.execute(_ONE_AT_A_TIME, {"family": _OF_SEARCHES, "who": by.member_id})
    lately = queries.searched_lately(by.member_id, since=at - rules.SEARCH_WINDOW)
    wait = rules.wait_before_search(
        [when for when, _found in lately], [when for when, found in lately if not found], at=at
    )
    if wait:
        events.record("file.search_refused", by=by.member_id, at=at, site_id=by.site.id)
        return TooManySearches(wait)
    found = queries.subjects_of(key, is_invented=queries.is_training(by))
    here = [one for one in found if one.case.site_id == by.site.id][: queries.MOST_FOUND]
    row = _kept(key, reason, words, found=len(here), by=by, at=at)
    row.other_site_id = queries.find_site_of(found, by=by)
    session.flush()
    for one in here:
        _open(one, key.kind, reason, search_id=row.id, by=by, at=at)
    events.record(
        "file.searched",
        by=by.member_id,
        at=at,
        site_id=by.site.id,
        key=key.kind.value,
        reason=reason.value,
        found=len(here),
    )
    return row


def _roles(by: Agent) -> frozenset[Role]:
    return frozenset(role for site_id, role in by.roles if site_id == by.site.id)


def _kept(key: Key, reason: FileReason, words: str, *, found: int, by: Agent, at: datetime) -> FileSearch:
    search_id, cohort = take_id("file_searches"), clock.local_day(at, by.site.time_zone)
    row = FileSearch(
        id=search_id,
        member_id=by.member_id,
        site_id=by.site.id,
        searched_at=at,
        found_by=key.kind,
        reason=reason,
        found=found,
        cohort=cohort,
        sealed=vault.seal("file_searches", search_id, cohort, {"words": words.strip()})
        if words.strip()
        else None,
    )
    session.add(row)
    return row


def _open(
    subject: Subject,
    found_by: FoundBy,
    reason: FileReason,
    *,
    search_id: int | None = None,
    by: Agent,
    at: datetime,
) -> FileOpening:
    opening = FileOpening(
        search_id=search_id,
        member_id=by.member_id,
        site_id=by.site.id,
        case_id=subject.case.id,
        contact_id=subject.contact.id if subject.contact is not None else None,
        found_by=found_by,
        reason=reason,
        opened_at=at,
    )
    session.add(opening)
    session.flush()
    return opening


def note_reading(opening: FileOpening, *, by: Agent, at: datetime) -> None:
    """Keep that a file was read, the first time."""
    if opening.read_at is not None:
        return
    opening.read_at = at
    session.flush()
    # its subject is the reading: an event about the case would say that somebody worked on it
    events.record(
        "file.opened",
        by=by.member_id,
        at=at,
        subject=("file", opening.id),
        site_id=opening.site_id,
        case=opening.case_id,
        contact=opening.contact_id,
        reason=opening.reason.value,
    )


def open_listed(task_id: int, *, by: Agent, at: datetime) -> FileOpening:
    """Open the file of a call that is on one of the supervisor's lists.

    Raises:
        NoSuchFile: it is on no list of this site.
    """
    task = session.scalar(
        select(CallTask).where(
            CallTask.id == task_id, CallTask.site_id == by.site.id, CallTask.state.in_(LISTED)
        )
    )
    if task is None or not by.holds(Role.SUPERVISOR):
        raise NoSuchFile
    return _open(_subject_of(task, by=by), FoundBy.LIST, FileReason.LISTED, by=by, at=at)


def open_withdrawn(case_id: int, *, by: Agent, at: datetime) -> FileOpening:
    """Open the file of a case whose result was withdrawn, from the supervisor's list.

    Raises:
        NoSuchFile: it is not on that list of this site.
    """
    chosen = select(Case).where(
        Case.id == case_id, Case.site_id == by.site.id, Case.status == CaseStatus.WITHDRAWN
    )
    case = session.scalar(chosen)
    if case is None or not by.holds(Role.SUPERVISOR, Role.ADVISER):
        raise NoSuchFile
    return _open(Subject(case), FoundBy.LIST, FileReason.LISTED, by=by, at=at)


def open_asked(escalation_id: int, *, by: Agent, at: datetime) -> FileOpening:
    """Open the file of a question that an adviser has taken.

    Raises:
        NoSuchFile: another adviser has it, or nobody.
    """
    task = session.scalar(
        select(CallTask)
        .join(Escalation, Escalation.task_id == CallTask.id)
        .where(
            Escalation.id == escalation_id,
            Escalation.site_id == by.site.id,
            Escalation.taken_by == by.member_id,
            Escalation.state == EscalationState.TAKEN,
        )
    )
    if task is None or not by.holds(Role.ADVISER):
        raise NoSuchFile
    return _open(_subject_of(task, by=by), FoundBy.QUESTION, FileReason.LISTED, by=by, at=at)


def _subject_of(task: CallTask, *, by: Agent) -> Subject:
    case = session.get_one(Case, task.case_id)
    if case.site_id != by.site.id:
        raise NoSuchFile
    return Subject(case, session.get(Contact, task.contact_id) if task.contact_id is not None else None)


def follow(
    opening: FileOpening, *, case_id: int | None, contact_id: int | None, by: Agent, at: datetime
) -> FileOpening:
    """Open another file of the same chain or of the same person, for the same reason.

    Raises:
        NoSuchFile: it is not linked with this one, or is another site's.
    """
    subject = queries.subject_of(opening)
    wanted = next(
        (
            one
            for one in queries.linked_with(subject, may_see_case=may_see_case(subject, by=by))
            if _is(one, case_id=case_id, contact_id=contact_id) and one.case.site_id == by.site.id
        ),
        None,
    )
    if wanted is None:
        raise NoSuchFile
    return _open(wanted, FoundBy.LINK, opening.reason, search_id=opening.search_id, by=by, at=at)


def leave_note(opening: FileOpening, note: str, *, seen: str | None = None, by: Agent, at: datetime) -> None:
    """Leave a short note for whoever calls the person next, in place of the one before; without words, remove it.

    Raises:
        NoteTooLong: it has more than 140 characters.
        NoteChanged: another note was left since the page was opened.
        NoSuchFile: nobody is to call this person, or the reader's role writes nothing here.
    """
    subject = queries.subject_of(opening)
    task = queries.find_last_task(subject)
    if task is None or not rules.seen_by(_roles(by)).people:
        raise NoSuchFile
    queue.lock_task(task)
    collected_on = subject.contact.cohort if subject.contact is not None else subject.case.cohort
    handover_notes.keep(task, note, seen=seen, cohort=collected_on, by=by, at=at)


def may_see_case(subject: Subject, *, by: Agent) -> bool:
    """Return whether a reader of a contact's file may go on to that of the case: an adviser, if the case agreed."""
    if subject.contact is None or subject.contact.may_disclose:
        return True
    return by.holds(Role.SUPERVISOR, Role.AUDITOR)


def _is(subject: Subject, **wanted: Any) -> bool:
    if wanted["contact_id"] is not None:
        return subject.contact is not None and subject.contact.id == wanted["contact_id"]
    return subject.contact is None and subject.case.id == wanted["case_id"]
