"""Which days a prolongation or a replacement of a note would have now. Nothing is written."""

from dataclasses import replace
from datetime import date, datetime

from tracing.kernel import clock
from tracing.kernel.db import find_row
from tracing.queue.models import CallTask
from tracing.sickleave.assessment import Assessment, assess_again, is_oath_outdated, sentence_of
from tracing.sickleave.errors import DaysMoved, NoteNotAllowed
from tracing.sickleave.mending.rules import Chain, decide_prolongation, decide_replacement, ending_on
from tracing.sickleave.models import NoteKind, SickNote
from tracing.sickleave.reasons import Reason
from tracing.sickleave.rules import NoteAllowed, NoteMend, NoteRefused
from tracing.staff.agent import Agent
from tracing.staff.models import Role


def chain_until(note: SickNote) -> Chain:
    """Return a note with those before it that it prolongs in the same call; one of another is among the other notes."""
    spans = [(note.first_day, note.last_day)]
    before = find_row(SickNote, note.prolongs_id) if note.prolongs_id is not None else None
    while before is not None and before.task_id == note.task_id:
        spans.append((before.first_day, before.last_day))
        before = find_row(SickNote, before.prolongs_id) if before.prolongs_id is not None else None
    return Chain(tuple(reversed(spans)))


def prolongation(
    note: SickNote,
    task: CallTask,
    *,
    result_is_awaited: bool = False,
    worked_since: bool = False,
    by: Agent,
    at: datetime,
) -> tuple[NoteAllowed | NoteRefused, Assessment]:
    """Say which days a prolongation would have now, from what is known of the person now."""
    today = clock.local_day(at, by.site.time_zone)
    found = assess_again(note, task, by=by, today=today, on=today)
    # what was answered about work counts as well as what is ticked
    has_worked = found.worked_on is not None and found.worked_on > note.last_day
    decision = decide_prolongation(
        found.request,
        chain_until(note),
        result_is_awaited=result_is_awaited,
        worked_since=worked_since or has_worked,
        by_adviser=by.holds(Role.ADVISER),
    )
    return decision, found


def replacement(
    note: SickNote,
    task: CallTask,
    *,
    first_day: date | None = None,
    by: Agent,
    at: datetime,
) -> tuple[NoteAllowed | NoteRefused, Assessment]:
    """Say which days a note has that takes the place of another; without a `first_day` it is that of the other one."""
    zone = by.site.time_zone
    if first_day is None and note.mend is NoteMend.EARLIER:
        first_day = note.mend_to
    found = assess_again(
        note,
        task,
        by=by,
        today=clock.local_day(at, zone),
        on=clock.local_day(note.issued_at, zone),
        first_day=first_day or note.first_day,  # later, if they worked since: `note_days`
    )
    before = find_row(SickNote, note.prolongs_id) if note.prolongs_id is not None else None
    in_chain = before is not None and before.task_id == note.task_id
    request = found.request
    if request.ruled_days is not None and first_day is None:
        # a doctor may have granted days before its first
        request = replace(request, first_day=None)
    decision = decide_replacement(
        request,
        earlier=chain_until(before) if before is not None and in_chain else None,
        by_adviser=by.holds(Role.ADVISER),
    )
    return decision, found


NO_LONGER_ASKED = frozenset(
    {Reason.NOT_REQUIRED, Reason.NOTHING_TO_PROLONG, Reason.NEGLIGIBLE, Reason.NOT_REGISTERED}
)


def used_days(note: SickNote, why: NoteRefused, *, today: date) -> NoteAllowed | None:
    """Return the days of a note that are used up to today, if nothing is asked of its person any more but some are past.

    None if it has not begun, or if all its days are past: the one is cancelled, the other kept.
    """
    if why.reason not in NO_LONGER_ASKED or why.rule is None or not note.first_day <= today < note.last_day:
        return None
    return NoteAllowed(note.first_day, today, why.rule)


def oath_first(note: SickNote, task: CallTask) -> str:
    """Return what the person on the telephone must do before their note gets other days; empty if nothing.

    A parent declares on the form of the note, not by the script of the child's call.
    """
    if note.kind is NoteKind.PARENT or not is_oath_outdated(task):
        return ""
    return sentence_of(NoteRefused(Reason.SWORN_OTHERWISE))


def require_oath(note: SickNote, task: CallTask) -> None:
    """Refuse to give a note other days while what the person declared is not what they say now.

    Raises:
        NoteNotAllowed
    """
    if sentence := oath_first(note, task):
        raise NoteNotAllowed(sentence)


def chosen(found: NoteAllowed | NoteRefused, last_day: date | None) -> NoteAllowed:
    """Return the days that are possible, up to the chosen last day.

    Raises:
        NoteNotAllowed: there are none.
        DaysMoved: the chosen day is not one of them.
    """
    if isinstance(found, NoteRefused):
        raise NoteNotAllowed(sentence_of(found))
    days = ending_on(found, last_day)
    if days is None:
        raise DaysMoved(found.first_day, found.last_day)
    return days
