"""Decide about the days for which the parent of a child must stay at home themselves."""

from datetime import datetime

from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.sickleave import services
from tracing.sickleave.mending.own_days import uncovered_until
from tracing.sickleave.mending.services import lock_note
from tracing.sickleave.models import SickNote
from tracing.staff.agent import Agent


def leave_own_days(note_id: int, *, by: Agent, at: datetime) -> SickNote:
    """Leave the days of a parent's own without a note: they want none, or work at home. Twice changes nothing.

    Raises:
        NoSuchNote: it is of another site.
    """
    note, _task = lock_note(note_id, by=by)
    until = uncovered_until(note, today=clock.local_day(at, by.site.time_zone))
    if until is not None:
        note.own_days_left = until
        session.flush()
        services.record_event("note.own_days_left", note, by=by, at=at)
    return note
