"""A note that goes on from another one for a reason of its own, such as a person's own after one for their child."""

from datetime import datetime

from tracing.cases import queries as cases
from tracing.kernel import clock
from tracing.kernel.db import find_row, session
from tracing.people import queries as people
from tracing.queue import queries as queue
from tracing.sickleave import queries, services
from tracing.sickleave.mending import notices
from tracing.sickleave.mending.letter_rules import Happening
from tracing.sickleave.mending.queries import goes_on_apart
from tracing.sickleave.models import MovementKind, NoteState, SickNote
from tracing.staff.agent import Agent
from tracing.vault.errors import IdentityDestroyed


def let_stand(later: SickNote, note: SickNote, *, call_id: int | None, by: Agent, at: datetime) -> bool:
    """Keep the note that goes on from one being cancelled if it has a reason of its own; returns whether it has.

    Its paper names a note that is void, so an initial one of the same days takes its place. Lock the person first.
    `call_id`: the call in which the person is told by voice.

    Raises:
        IdentityDestroyed
    """
    if not goes_on_apart(later, note):
        return False
    untold = notices.take_back_papers(later, by=by, at=at)
    new = _write_initial(later, by=by, at=at)
    if call_id == later.call_id:
        return True
    known = find_row(SickNote, untold.note_id) if untold and untold.happening is Happening.REPLACED else None
    notices.tell(
        Happening.REPLACED,
        known or later,
        cases.get_case(queue.get_task(later.task_id).case_id).reference,
        new=new,
        said=call_id is not None,
        today=clock.local_day(at, by.site.time_zone),
        by=by,
        at=at,
    )
    return True


def _write_initial(note: SickNote, *, by: Agent, at: datetime) -> SickNote:
    identity = people.find_joint_identity(note.person_id)
    if identity is None:
        raise IdentityDestroyed
    state, mend = note.state, (note.mend, note.mend_to)
    after = queries.find_prolongation(note.id)
    note.state, note.mend, note.mend_to = NoteState.REPLACED, None, None
    note.to_countersign = False
    session.flush()
    services.record_movement(MovementKind.REPLACED, note, at=at)
    new = services.write_again(note, identity, state=state, prolongs=None, is_initial=True, by=by, at=at)
    new.mend, new.mend_to = mend
    if after is not None:
        after.prolongs_id = new.id
    session.flush()
    services.record_event("note.replaced", note, by=by, at=at, new=new.number)
    return new
