"""Mend a note that was issued: prolong, replace, cancel, keep, countersign, restore.

Two members who decide about one note at the same moment come one after the other: the second reads what the first did.
A number is never used again, and none is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracing.cases import queries as cases
from tracing.facts import services as facts
from tracing.facts.rules import SubjectType
from tracing.kernel import clock
from tracing.kernel.db import find_row, session
from tracing.people import queries as people
from tracing.queue import queries as queue
from tracing.queue.models import CallTask
from tracing.sickleave import queries, services
from tracing.sickleave.assessment import Assessment, sentence_of
from tracing.sickleave.documents import Declared
from tracing.sickleave.errors import (
    AlreadyCountersigned,
    EarlierNoteVoid,
    NoSuchNote,
    NoteChanged,
    NoteFits,
    NoteKept,
    NoteNotAllowed,
    NoteRestored,
    Overlapping,
    TooEarly,
    TooLate,
)
from tracing.sickleave.mending import apart, notices
from tracing.sickleave.mending.letter_rules import Happening
from tracing.sickleave.mending.possible_days import (
    chosen,
    prolongation,
    replacement,
    require_oath,
    sworn_again,
    used_days,
)
from tracing.sickleave.mending.queries import kept_by
from tracing.sickleave.mending.rules import needs_countersign
from tracing.sickleave.models import VALID, MovementKind, NoteKind, NoteState, SickNote
from tracing.sickleave.reasons import Reason
from tracing.sickleave.rules import CancelReason, KeepReason, NoteAllowed, NoteMend, NoteRefused
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.staff.models import Role
from tracing.vault.errors import IdentityDestroyed

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class InCall:
    """The call in which the person is on the telephone, and is told by voice."""

    call_id: int
    task_id: int


def prolong(
    note_id: int,
    *,
    last_day: date | None = None,
    result_is_awaited: bool = False,
    not_worked_since: bool = False,
    in_call: InCall | None = None,
    by: Agent,
    at: datetime,
) -> SickNote:
    """Prolong a note from the day after its last day; a second time shows the prolongation.

    `last_day` is the one that was shown or chosen: a later one than the rule allows is refused.

    Raises:
        NoSuchNote: it is of another site, or of another call.
        NoteChanged: somebody has cancelled or replaced it meanwhile.
        NoteNotAllowed, DaysMoved
    """
    note, task = _locked(note_id, in_call=in_call, by=by)
    if note.state is NoteState.PROLONGED:
        later = queries.find_prolongation(note.id)
        if later is not None and last_day in {None, later.last_day}:
            return later
    _require_issued(note)
    today = clock.local_day(at, by.site.time_zone)
    allowed, found = prolongation(
        note,
        task,
        by=by,
        at=at,
        result_is_awaited=result_is_awaited,
        worked_since=note.last_day < today and not not_worked_since,
    )
    days = chosen(allowed, last_day)
    if in_call is not None:
        require_oath(note, found, by=by, at=at)
    # whoever stayed at home since says so now; otherwise what was declared for the note holds for what follows
    since = (
        Declared(on=today, not_worked_since=days.first_day)
        if note.last_day < today
        else sworn_again(note, found, days, by=by)
    )
    new = _written(note, task, days, found, declared=since, prolongs=note, by=by, at=at)
    services.record_event("note.prolonged", note, by=by, at=at, new=new.number)
    tell(Happening.PROLONGED, note, task, new=new, in_call=in_call, by=by, at=at)
    return new


def replace(
    note_id: int,
    why: CancelReason,
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    in_call: InCall | None = None,
    by: Agent,
    at: datetime,
) -> SickNote:
    """Put a note of other days in the place of one; a second time shows the one that took its place.

    Raises:
        NoSuchNote: it is of another site, or of another call.
        NoteChanged: somebody has cancelled or prolonged it meanwhile.
        NoteNotAllowed, DaysMoved, TooEarly, TooLate
    """
    note, task = _locked(note_id, in_call=in_call, by=by)
    if note.state is NoteState.REPLACED:
        later = queries.find_replacement(note.id)
        if later is not None and first_day in {None, later.first_day} and last_day in {None, later.last_day}:
            return later
    _require_issued(note)
    allowed, found = replacement(note, task, by=by, at=at, first_day=first_day)
    used = None
    if isinstance(allowed, NoteRefused):
        used = used_days(note, allowed, today=clock.local_day(at, by.site.time_zone))
        allowed = used or allowed
    days = chosen(allowed, last_day)
    if in_call is not None:
        require_oath(note, found, days=days, by=by, at=at)
    if in_call is None and first_day is not None and first_day < days.first_day:
        raise TooEarly(days.first_day)
    if first_day is not None and first_day > days.first_day:
        raise TooLate(days.first_day)
    if (days.first_day, days.last_day) == (note.first_day, note.last_day):
        raise NoteNotAllowed(sentence_of(NoteRefused(Reason.UNCHANGED)))
    earlier = _earlier(note)
    untold = notices.take_back_papers(note, by=by, at=at)
    note.state, note.mend, note.mend_to, note.cancelled_because = NoteState.REPLACED, None, None, why
    ask_countersign(note, by=by, at=at)
    session.flush()
    services.record_movement(MovementKind.REPLACED, note, at=at)
    if used is not None:
        new = _shortened(note, task, days, prolongs=earlier, by=by, at=at)
    else:
        back = why is CancelReason.BACK_AT_WORK
        new = _written(
            note,
            task,
            days,
            found,
            declared=sworn_again(note, found, days, by=by),
            prolongs=earlier,
            replaces=note,
            back_at_work=back,
            by=by,
            at=at,
        )
    services.record_event("note.replaced", note, by=by, at=at, new=new.number, why=why.value)
    known = find_row(SickNote, untold.note_id) if untold else None
    if untold and known:
        tell(untold.happening, known, task, new=new, in_call=in_call, by=by, at=at)
    else:
        tell(Happening.REPLACED, note, task, new=new, in_call=in_call, by=by, at=at)
    return new


def cancel(
    note_id: int, why: CancelReason | None, *, in_call: InCall | None = None, by: Agent, at: datetime
) -> SickNote:
    """Cancel a note and those that prolong it; the one that it prolonged is the last of its chain again.

    One with a reason of its own stays, as an initial note. Twice changes nothing. In a call the person says the reason.

    Raises:
        NoSuchNote: it is of another site, or of another call.
        NoteChanged: it was replaced meanwhile.
    """
    note, task = _locked(note_id, in_call=in_call, by=by)
    if note.state is NoteState.CANCELLED:
        return note
    if note.state is NoteState.REPLACED:
        raise _changed(note)
    _cancel_chain(note, why, task, in_call=in_call, by=by, at=at)
    if note.prolongs_id is not None:
        _give_back_its_place(note.prolongs_id)
    follow(task, note.person_id, by=by, at=at)
    return note


def leave_as_it_is(note_id: int, why: KeepReason, *, by: Agent, at: datetime) -> SickNote:
    """Leave a note as it is although it no longer fits: only another change marks it again. Twice changes nothing.

    Raises:
        NoSuchNote: it is of another site.
        NoteChanged: it was cancelled or replaced.
        NoteFits: it fits again.
    """
    note, _task = _locked(note_id, in_call=None, by=by)
    if note.mend is None and note.accepted_mend is not None and note.state is NoteState.ISSUED:
        return note
    _require_issued(note)
    if note.mend is None:
        raise NoteFits
    services.record_event("note.left", note, by=by, at=at, why=why.value, mend=note.mend.value)
    _accept(note, why)
    return note


def countersign(note_id: int, *, by: Agent, at: datetime) -> SickNote:
    """Countersign that a note was cancelled or replaced, with those cancelled with it; a second time changes nothing.

    Raises:
        NoSuchNote: it is of another site, or needs no countersigning.
        NoteRestored: it is valid again, so there is nothing left to agree to.
    """
    note, _task = _locked(note_id, in_call=None, by=by)
    if note.state in VALID:
        raise NoteRestored(note.number)
    if not note.to_countersign:
        raise NoSuchNote
    for one in _cancelled_together(note):
        if one.to_countersign and one.countersigned_at is None:
            one.countersigned_at, one.countersigned_by = at, by.member_id
            session.flush()
            services.record_event("note.countersigned", one, by=by, at=at)
    return note


def restore(note_id: int, *, by: Agent, at: datetime) -> SickNote:
    """Make a cancelled note valid again, because an adviser does not agree; a second time changes nothing.

    What was cancelled together comes back together: a note without the one that it prolongs is none.

    Raises:
        NoSuchNote: it is of another site, or nobody had to agree to its cancellation.
        NoteChanged: it was replaced.
        AlreadyCountersigned: an adviser has agreed to it.
        Overlapping: the person has another note of these days by now.
        EarlierNoteVoid: the note that it prolongs was cancelled or replaced apart from it.
    """
    note, task = _locked(note_id, in_call=None, by=by)
    if note.state in VALID:
        return note
    if note.state is not NoteState.CANCELLED:
        raise _changed(note)
    chain = _cancelled_together(note)
    if not any(one.to_countersign for one in chain):
        raise NoSuchNote
    if any(one.countersigned_at is not None for one in chain):
        raise AlreadyCountersigned
    first, last = chain[0], chain[-1]
    others = [*queries.valid_notes_of_person(note.person_id)]
    others += queries.notes_for_child(task.person_id) if note.kind is NoteKind.PARENT else ()
    tasks = {one.task_id for one in chain}
    for one in others:
        overlaps = one.first_day <= last.last_day and first.first_day <= one.last_day
        if overlaps or (one.task_id in tasks and one.id != first.prolongs_id):
            raise Overlapping
    if first.prolongs_id is not None:
        earlier = find_row(SickNote, first.prolongs_id, lock=True)
        if earlier is None or earlier.state is not NoteState.ISSUED:
            raise EarlierNoteVoid
        earlier.state = NoteState.PROLONGED
        session.flush()
    for one in chain:
        cancelled_at = one.cancelled_at
        knows_nothing = notices.take_back_cancellation(one, since=cancelled_at, by=by, at=at)
        one.state = NoteState.ISSUED if one is last else NoteState.PROLONGED
        one.cancelled_at = one.cancelled_by = one.cancelled_because = None
        one.to_countersign = False
        session.flush()
        services.record_movement(MovementKind.RESTORED, one, at=at)
        services.record_event("note.restored", one, by=by, at=at)
        untold = notices.take_back_papers(one, by=by, at=at)
        known = find_row(SickNote, untold.note_id) if untold else None
        if untold and known:
            # the letter that encloses it was stopped when it was cancelled
            notices.take_back_cancellation(known, since=cancelled_at, by=by, at=at)
            tell(untold.happening, known, queue.get_task(one.task_id), new=one, in_call=None, by=by, at=at)
        elif not knows_nothing:
            tell(Happening.RESTORED, one, queue.get_task(one.task_id), in_call=None, by=by, at=at)
    follow(task, note.person_id, by=by, at=at)
    return note


def _cancelled_together(note: SickNote) -> list[SickNote]:
    """Return the notes of a chain that were cancelled by one press, in order, locked; a replaced note alone."""
    if note.state is not NoteState.CANCELLED:
        return [note]
    return list(queries.cancelled_at(note.person_id, note.cancelled_at))


def _locked(note_id: int, *, in_call: InCall | None, by: Agent) -> tuple[SickNote, CallTask]:
    """Return a note of the site and its call task, both locked: households first, as a change of facts locks them."""
    known = find_row(SickNote, note_id)
    if known is None or known.site_id != by.site.id or (in_call and in_call.task_id != known.task_id):
        raise NoSuchNote
    task = queue.get_task(known.task_id)
    queue.lock_tasks(CallTask.case_id == task.case_id)
    services.lock_person(known.person_id)
    note = find_row(SickNote, note_id, lock=True)
    if note is None:
        raise NoSuchNote
    return note, task


def lock_note(note_id: int, *, by: Agent) -> tuple[SickNote, CallTask]:
    """Return a note of the site and its call task, both locked, after the households and the person."""
    return _locked(note_id, in_call=None, by=by)


def require_valid(note: SickNote) -> None:
    """Refuse to change a note that was cancelled or replaced meanwhile.

    Raises:
        NoteChanged
    """
    if note.state not in VALID:
        raise _changed(note)


def refuse_if_kept(note_id: int, *, seen: str, words: Mapping[KeepReason, object], by: Agent) -> None:
    """Refuse to decide from a page opened before a colleague left the note as it is; locks the note.

    `seen` is the reason for which the page says that it was left so; empty: it says that it was not. `words` say each.

    Raises:
        NoSuchNote: it is of another site.
        NoteKept
    """
    note, _task = lock_note(note_id, by=by)
    kept = note.accepted_because
    if note.state is NoteState.ISSUED and kept is not None and kept.value != seen:
        raise NoteKept(staff.get_member(kept_by(note)[0]).display_name, str(words[kept]))


def _require_issued(note: SickNote) -> None:
    if note.state is not NoteState.ISSUED:
        raise _changed(note)


def _changed(note: SickNote) -> NoteChanged:
    later = {
        NoteState.REPLACED: queries.find_replacement,
        NoteState.PROLONGED: queries.find_prolongation,
    }.get(note.state)
    after = later(note.id) if later is not None else None
    member_id = after.issued_by if after is not None else note.cancelled_by or note.issued_by
    return NoteChanged(note.state.value, staff.get_member(member_id).display_name)


def _earlier(note: SickNote) -> SickNote | None:
    return find_row(SickNote, note.prolongs_id, lock=True) if note.prolongs_id is not None else None


def _written(
    note: SickNote,
    task: CallTask,
    days: NoteAllowed,
    found: Assessment,
    *,
    declared: Declared | None = None,
    prolongs: SickNote | None = None,
    replaces: SickNote | None = None,
    back_at_work: bool = False,
    by: Agent,
    at: datetime,
) -> SickNote:
    if prolongs is not None and prolongs.last_day + ONE_DAY != days.first_day:
        # it was of another call, and no longer ends on the day before
        _give_back_its_place(prolongs.id)
        prolongs = None
    new = services.write_note(
        task,
        note.call_id,
        found,
        days,
        declared=declared or queries.content_of_note(note).carried_declaration(),
        prolongs=prolongs,
        replaces=replaces,
        by=by,
        at=at,
    )
    follow(task, new.person_id, by=by, at=at)
    if back_at_work and new.mend is NoteMend.LONGER:
        # the person goes back to work earlier: that is no difference to mend
        _accept(new, KeepReason.AS_ASKED)
    elif replaces is not None and by.holds(Role.ADVISER) and new.mend in {NoteMend.LONGER, NoteMend.EARLIER}:
        # what an adviser has decided stands until something else is decided
        _accept(new, KeepReason.DOCTOR_AGREES)
    return new


def _accept(note: SickNote, why: KeepReason) -> None:
    note.accepted_mend, note.accepted_mend_to, note.accepted_because = note.mend, note.mend_to, why
    note.mend = note.mend_to = None
    session.flush()


def _shortened(
    note: SickNote, task: CallTask, days: NoteAllowed, *, prolongs: SickNote | None, by: Agent, at: datetime
) -> SickNote:
    """Write a note as it was up to the days that are used; that the person relied on them is no difference to mend."""
    identity = people.find_joint_identity(note.person_id)
    if identity is None:
        raise IdentityDestroyed
    new = services.write_again(
        note, identity, state=NoteState.ISSUED, prolongs=prolongs, last_day=days.last_day, by=by, at=at
    )
    follow(task, new.person_id, by=by, at=at)
    if new.mend in {NoteMend.SHORTER, NoteMend.NOT_DUE}:
        _accept(new, KeepReason.IN_GOOD_FAITH)
    return new


def _cancel_chain(
    note: SickNote,
    why: CancelReason | None,
    task: CallTask,
    *,
    in_call: InCall | None,
    by: Agent,
    at: datetime,
) -> None:
    later = queries.find_prolongation(note.id)
    told = in_call.call_id if in_call else None
    if later is not None and not apart.let_stand(later, note, call_id=told, by=by, at=at):
        _cancel_chain(later, why, queue.get_task(later.task_id), in_call=in_call, by=by, at=at)
    untold = notices.take_back_papers(note, by=by, at=at)
    note.state, note.cancelled_at, note.cancelled_by = NoteState.CANCELLED, at, by.member_id
    note.cancelled_because, note.mend, note.mend_to = why, None, None
    ask_countersign(note, by=by, at=at)
    session.flush()
    services.record_movement(MovementKind.CANCELLED, note, at=at)
    services.record_event("note.cancelled", note, by=by, at=at, **({"why": why.value} if why else {}))
    if untold is None:
        tell(Happening.CANCELLED, note, task, in_call=in_call, by=by, at=at)
    elif untold.happening is Happening.REPLACED:
        # what the person holds is the note before, which is worth nothing either
        known = find_row(SickNote, untold.note_id)
        tell(Happening.CANCELLED, known or note, task, in_call=in_call, by=by, at=at)


def _give_back_its_place(note_id: int) -> None:
    """Make a note the last of its chain again."""
    note = find_row(SickNote, note_id, lock=True)
    if note is not None and note.state is NoteState.PROLONGED:
        note.state = NoteState.ISSUED
        session.flush()


def ask_countersign(note: SickNote, *, by: Agent, at: datetime) -> None:
    """Have an adviser countersign what is done to a note, if it was issued long enough ago."""
    note.to_countersign = needs_countersign(note.issued_at, at=at, by_adviser=by.holds(Role.ADVISER))


def tell(
    happening: Happening,
    note: SickNote,
    task: CallTask,
    *,
    new: SickNote | None = None,
    in_call: InCall | None,
    by: Agent,
    at: datetime,
) -> None:
    """Tell the person in writing, unless the note is of the call in which they are told by voice."""
    if in_call is not None and in_call.call_id == note.call_id:
        return
    today = clock.local_day(at, by.site.time_zone)
    reference = cases.get_case(task.case_id).reference
    notices.tell(happening, note, reference, new=new, said=in_call is not None, today=today, by=by, at=at)


def follow(task: CallTask, person_id: int, *, by: Agent, at: datetime) -> None:
    """Mark the note that now stands if it does not fit what is decided; the person's other ones as well."""
    others = {one.task_id for one in queries.valid_notes_of_person(person_id)} - {task.id}
    cases_of = {task.case_id} | {queue.get_task(one).case_id for one in others}
    facts.follow({(SubjectType.CASE, one) for one in cases_of}, by=by.member_id, at=at)
