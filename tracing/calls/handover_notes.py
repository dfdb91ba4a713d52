"""Notes for whoever calls a person next: one for each call to make, short, sealed with the day the person was collected."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tracing.calls.errors import NoteChanged, NoteTooLong
from tracing.calls.models import HandoverNote
from tracing.calls.rules import LONGEST_HANDOVER
from tracing.kernel import events
from tracing.kernel.db import equals_any, fresh, session
from tracing.queue.models import CallTask
from tracing.staff.agent import Agent
from tracing.vault import services as vault


@dataclass(frozen=True, repr=False)
class Handover:
    """A note with its words."""

    note: HandoverNote
    words: str


def keep(
    task: CallTask, words: str, *, seen: str | None = None, cohort: date, by: Agent, at: datetime
) -> None:
    """Keep what the next caller should know, in place of the note before; without words, remove it.

    `seen` is the stamp of the note that stood on the writer's page, if they saw the page.

    Raises:
        NoteChanged: another note was left since.
        NoteTooLong: it has more than 140 characters.
    """
    words = " ".join(words.split())
    if len(words) > LONGEST_HANDOVER:
        raise NoteTooLong
    known = find(task.id)
    if words == (known.words if known is not None else ""):
        return
    if seen is not None and seen != stamp(known):
        raise NoteChanged
    values = {
        "cohort": cohort,
        "sealed": vault.seal("handover_notes", task.id, cohort, {"words": words}) if words else None,
        "written_by": by.member_id,
        "written_at": at,
    }
    session.execute(
        insert(HandoverNote)
        .values(task_id=task.id, **values)
        .on_conflict_do_update(index_elements=[HandoverNote.task_id], set_=values)
    )
    kind = "handover.written" if words else "handover.removed"
    events.record(kind, by=by.member_id, at=at, subject=("task", task.id), site_id=task.site_id)


def stamp(known: Handover | None) -> str:
    """Return what tells one note from the next."""
    return known.note.written_at.isoformat() if known is not None else ""


def find(task_id: int) -> Handover | None:
    """Return the note for the next call about a task; none if there is none, or if it was removed or destroyed."""
    return for_tasks([task_id]).get(task_id)


def for_tasks(task_ids: Iterable[int]) -> dict[int, Handover]:
    """Return the notes for the next calls about several tasks, by task, in one statement."""
    chosen = select(HandoverNote).where(equals_any(HandoverNote.task_id, sorted(set(task_ids))))
    rows = session.scalars(fresh(chosen))
    found = {}
    for row in rows:
        opened = vault.find_unsealed("handover_notes", row.task_id, row.cohort, row.sealed)
        if opened is not None:
            found[row.task_id] = Handover(row, str(opened["words"]))
    return found
