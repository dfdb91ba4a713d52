"""Which days a prolongation or a replacement of a note would have now. Nothing is written."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from tracing.kernel import clock
from tracing.kernel.db import find_row
from tracing.queue import queries as queue
from tracing.queue.models import CallTask
from tracing.sickleave import queries
from tracing.sickleave.assessment import Assessment, assess_again, sentence_of
from tracing.sickleave.documents import Declared
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


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What could be done to a note now, with its days, or the sentence that says why not."""

    prolongation: NoteAllowed | NoteRefused
    replacement: NoteAllowed | NoteRefused


def propose(note: SickNote, *, by: Agent, at: datetime, first_day: date | None = None) -> Proposal:
    """Return which days a prolongation or a replacement would have, if a test's result is awaited; writes nothing."""
    task = queue.get_task(note.task_id)
    prolonged, _found = prolongation(note, task, by=by, at=at, result_is_awaited=True)
    replaced, _found = replacement(note, task, by=by, at=at, first_day=first_day)
    if isinstance(replaced, NoteRefused):
        replaced = used_days(note, replaced, today=clock.local_day(at, by.site.time_zone)) or replaced
    return Proposal(prolongation=prolonged, replacement=replaced)


def oath_first(
    note: SickNote, found: Assessment, *, days: NoteAllowed | None = None, by: Agent, at: datetime
) -> str:
    """Return what the person on the telephone must do before their note gets other days; empty if nothing.

    A parent declares on the form of the note, not by the script of the child's call. `days`: those of a replacement.
    """
    if note.kind is NoteKind.PARENT:
        return ""
    if found.oath is not None and found.oath.is_outdated:
        return sentence_of(NoteRefused(Reason.SWORN_OTHERWISE))
    today = clock.local_day(at, by.site.time_zone)
    begins = [day for day in (found.not_worked_since, days.first_day if days else None) if day is not None]
    if not begins or min(begins) >= today:
        return ""
    since = found.oath.since if found.oath is not None else _declared_since(note)
    is_covered = since is None or since <= min(begins)
    return "" if is_covered else sentence_of(NoteRefused(Reason.SWORN_BEFORE_DAYS_MOVED))


def _declared_since(note: SickNote) -> date | None:
    known = queries.content_of_note(note).declaration
    return (known.not_worked_since or known.on) if known is not None else None


def require_oath(
    note: SickNote, found: Assessment, *, days: NoteAllowed | None = None, by: Agent, at: datetime
) -> None:
    """Refuse to give a note other days while what the person declared is not what they say, or not of these days.

    Raises:
        NoteNotAllowed
    """
    if sentence := oath_first(note, found, days=days, by=by, at=at):
        raise NoteNotAllowed(sentence)


def sworn_again(note: SickNote, found: Assessment, days: NoteAllowed, *, by: Agent) -> Declared | None:
    """Return what the person has declared again by the script since a note was issued, for the days of another."""
    oath = found.oath
    if oath is None or oath.is_outdated or oath.made_at <= note.issued_at:
        return None
    on = clock.local_day(oath.made_at, by.site.time_zone)
    return Declared(on=on, not_worked_since=days.first_day if days.first_day < on else None)


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
