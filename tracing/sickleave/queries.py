"""Queries for sick notes: during the call that issues them, and later for those who may read them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from tracing.calls.models import Call, Conversation
from tracing.kernel.db import equals_any, fresh, session
from tracing.people import queries as people
from tracing.queue.models import CallTask
from tracing.sickleave.documents import NoteContent
from tracing.sickleave.errors import NoSuchNote
from tracing.sickleave.models import VALID, NoteKind, NoteState, SickNote
from tracing.staff.agent import Agent
from tracing.staff.models import Role
from tracing.vault import services as vault


def find_valid_note(task_id: int) -> SickNote | None:
    """Return the valid note of a task."""
    return session.scalar(
        select(SickNote).where(SickNote.task_id == task_id, SickNote.state == NoteState.ISSUED)
    )


def notes_of_task(task_id: int) -> Sequence[SickNote]:
    """Return every note of a task, including cancelled ones, oldest first."""
    return session.scalars(select(SickNote).where(SickNote.task_id == task_id).order_by(SickNote.id)).all()


def count_to_countersign(site_id: int) -> int:
    """Count the notes of a site that an adviser has yet to countersign."""
    return session.scalar(select(func.count()).where(TO_COUNTERSIGN, SickNote.site_id == site_id)) or 0


def find_prolongation(note_id: int) -> SickNote | None:
    """Return the valid note that prolongs one, locked for a change."""
    return session.scalar(
        fresh(
            select(SickNote)
            .where(SickNote.prolongs_id == note_id, SickNote.state.in_(VALID))
            .with_for_update()
        )
    )


def find_replacement(note_id: int) -> SickNote | None:
    """Return the note that took the place of one."""
    return session.scalar(select(SickNote).where(SickNote.replaces_id == note_id))


def cancelled_at(person_id: int, at: datetime | None) -> Sequence[SickNote]:
    """Return the notes of a person that were cancelled at this moment, by first day, locked for a change."""
    return session.scalars(
        fresh(
            select(SickNote)
            .where(
                SickNote.person_id.in_(people.records_of_same_person(person_id)),
                SickNote.state == NoteState.CANCELLED,
                SickNote.cancelled_at == at,
            )
            .order_by(SickNote.first_day)
            .with_for_update()
        )
    ).all()


def find_note_ending(person_id: int, day: date) -> SickNote | None:
    """Return a person's last valid note if it ends on that day, locked for a change."""
    return session.scalar(
        fresh(
            select(SickNote)
            .where(
                SickNote.person_id.in_(people.records_of_same_person(person_id)),
                SickNote.state == NoteState.ISSUED,
                SickNote.last_day == day,
            )
            .order_by(SickNote.id.desc())
            .limit(1)
            .with_for_update()
        )
    )


TO_MEND = SickNote.mend.is_not(None) & (SickNote.state == NoteState.ISSUED)
"""As the index has it."""
TO_COUNTERSIGN = SickNote.to_countersign & SickNote.countersigned_at.is_(None)
"""As the index has it."""


def valid_notes_of_person(person_id: int) -> Sequence[SickNote]:
    """Return the valid notes of a person, including those of records merged with theirs."""
    return session.scalars(
        select(SickNote)
        .where(
            SickNote.person_id.in_(people.records_of_same_person(person_id)),
            SickNote.state.in_(VALID),
        )
        .order_by(SickNote.first_day)
    ).all()


def notes_for_child(child_id: int) -> Sequence[SickNote]:
    """Return the valid notes of the parents of a child, under any record of the child, by first day."""
    return session.scalars(
        select(SickNote)
        .join(CallTask, CallTask.id == SickNote.task_id)
        .where(
            CallTask.person_id.in_(people.records_of_same_person(child_id)),
            SickNote.kind == NoteKind.PARENT,
            SickNote.state.in_(VALID),
        )
        .order_by(SickNote.first_day)
    ).all()


def tasks_with_notes(person_ids: Iterable[int]) -> set[int]:
    """Return the tasks of these records, and of no other of the person, that have valid notes."""
    return set(
        session.scalars(
            select(SickNote.task_id).where(
                equals_any(SickNote.person_id, sorted(set(person_ids))), SickNote.state.in_(VALID)
            )
        )
    )


def overlapping(chains: Mapping[int, tuple[int, date, date]]) -> set[int]:
    """Return the tasks whose notes share a day with another note of the person, under any of their records.

    `chains`: for each task the person, and the first and last day of the notes that are valid.
    """
    if not chains:
        return set()
    records = people.all_records(person for person, _first, _last in chains.values())
    every = sorted({record for those in records.values() for record in those})
    valid = session.scalars(
        select(SickNote).where(equals_any(SickNote.person_id, every), SickNote.state.in_(VALID))
    ).all()
    return {
        task
        for task, (person, first, last) in chains.items()
        for other in valid
        if other.task_id != task
        and other.person_id in records.get(person, {person})
        and other.first_day <= last
        and first <= other.last_day
    }


def get_readable_note(note_id: int, by: Agent) -> SickNote:
    """Return a note if the agent may read it: a member who spoke to the person, or the site's advisers and supervisors.

    Raises:
        NoSuchNote: the agent may not read it, or there is none: both give the same answer on purpose.
    """
    note = session.get(SickNote, note_id)
    if note is None or note.site_id != by.site.id:
        raise NoSuchNote
    if not by.holds(Role.ADVISER, Role.SUPERVISOR) and not _handled(note, by.member_id):
        raise NoSuchNote
    return note


def _handled(note: SickNote, member_id: int) -> bool:
    spoken = (
        select(Conversation.id)
        .join(Call, Call.id == Conversation.call_id)
        .where(Conversation.task_id == note.task_id, Call.tracer_id == member_id)
        .where(Conversation.identity_confirmed_at.is_not(None))
        .limit(1)
    )
    return note.issued_by == member_id or session.scalar(spoken) is not None


def content_of_note(note: SickNote) -> NoteContent:
    """Return everything printed on a note, as of the day of issue, and whether it has been cancelled since.

    Raises:
        IdentityDestroyed: the key of that day is gone.
    """
    stored = vault.unseal("sick_notes", note.id, note.cohort, note.sealed)
    content = NoteContent.model_validate(stored)
    later = find_replacement(note.id) if note.state is NoteState.REPLACED else None
    return content.model_copy(
        update={"cancelled": note.state not in VALID, "replaced_by": later.number if later else None}
    )
