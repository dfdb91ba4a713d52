"""Rules for the days of a note that prolongs or replaces another. Pure.

A chain is an initial note and those that prolong it: each begins on the day after the one before. No note of it covers
a day worked, none goes past the rule in force, and a day belongs to one note.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from tracing.programmes.rules import Quarantine
from tracing.programmes.rules.reference import applied
from tracing.programmes.schema import NoteRow
from tracing.programmes.vocabulary import Subject
from tracing.sickleave.reasons import Reason
from tracing.sickleave.rules import NoteAllowed, NoteRefused, NoteRequest, decide_note, refused, rule_for

SELF_MENDED_WITHIN = timedelta(hours=24)
"""Whoever cancels or replaces a note later than that after it was issued has it countersigned by an adviser."""


MANY_BEHIND_ONE_NUMBER = 3
"""So many people with a note within `LOOKED_BACK` behind one telephone number are shown to an adviser."""
MOST_DAYS_BETWEEN = 1
"""Between the last day of a note for a child and the first of the parent's own: later ones have nothing to do with it."""
LONGEST_MEASURE = 60
"""Days: no isolation or quarantine lasts longer."""
LOOKED_BACK = timedelta(days=7)
DELIVERED_WITHIN = timedelta(hours=1)
"""A note is not listed before as one whose papers the person does not have: the call goes on."""
DELIVERY_LOOKED_BACK = timedelta(days=14)
LAST_DAYS = timedelta(days=2)
"""A contact's note is prolonged from the eve of its last day: by then the result may well be known. No source says when."""


class NoteList(StrEnum):
    """The lists of a site's notes, those first in which a human must decide."""

    TO_MEND = "to_mend"
    TO_COUNTERSIGN = "to_countersign"
    TO_DELIVER = "to_deliver"
    SAME_NUMBER = "same_number"
    ISSUED = "issued"
    PROLONGED = "prolonged"
    REPLACED = "replaced"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Chain:
    """The notes of one person that stand one after the other: an initial one, and those that prolong it."""

    spans: tuple[tuple[date, date], ...]
    """First and last day of each, in order."""

    @property
    def last_day(self) -> date:
        """The last day of the last note."""
        return self.spans[-1][1]

    @property
    def days(self) -> int:
        """The days of all notes."""
        return sum((last - first).days + 1 for first, last in self.spans)

    @property
    def is_prolonged(self) -> bool:
        """Whether the chain has more than the initial note."""
        return len(self.spans) > 1


def needs_countersign(issued_at: datetime, *, at: datetime, by_adviser: bool) -> bool:
    """Return whether an adviser must countersign what is done to a note; one who does it has decided."""
    return not by_adviser and at - issued_at > SELF_MENDED_WITHIN


def decide_prolongation(
    request: NoteRequest,
    chain: Chain,
    *,
    result_is_awaited: bool = False,
    worked_since: bool = False,
    by_adviser: bool = False,
    is_written: bool = False,
) -> NoteAllowed | NoteRefused:
    """Say whether a chain may be prolonged, from the day after its last.

    A case's note follows the isolation. A contact's is prolonged while a test's result is awaited, by the days that the
    rule gives, in its last days, once the day of the test has come, and once: an adviser decides about more, and about a
    total above that of the rule. Days to which a doctor agreed are prolonged up to the last of them, and past it by the
    rule alone. `is_written`: there is one already, whose days change.
    """
    first = chain.last_day + timedelta(days=1)
    if request.ruled_days is not None and request.ruled_days[1] < first:
        request = replace(request, ruled_days=None)
    row = rule_for(request)
    if isinstance(row, NoteRefused):
        return row
    if request.ruled_days is not None:
        last = request.ruled_days[1]
        reason = _why_not_granted(request, (first, last), worked_since=worked_since)
        return (
            refused(reason, request.pack, row)
            if reason
            else NoteAllowed(first, last, applied(request.pack, row))
        )
    longest = _longest(request, row)
    if longest is None:
        return refused(Reason.NO_PROLONGATION, request.pack, row)
    last = first + timedelta(days=longest - 1)
    over = request.measure.last_day_in
    if _follows_measure(request) and over is not None:
        last = min(last, over)
    reason = _why_not(
        request,
        row,
        chain,
        (first, last),
        result_is_awaited=result_is_awaited,
        worked_since=worked_since,
        by_adviser=by_adviser,
    )
    if reason is None and not is_written and not by_adviser and not _follows_measure(request):
        reason = _too_early(request, chain)
    if reason is not None:
        return refused(reason, request.pack, row)
    return NoteAllowed(first, last, applied(request.pack, row))


def decide_replacement(
    request: NoteRequest, *, earlier: Chain | None, by_adviser: bool = False
) -> NoteAllowed | NoteRefused:
    """Say which days a note has that takes the place of another, issued on the day `request.on`.

    `earlier` is the chain that the other one prolongs: the new one then begins on the same day. Otherwise the person
    says the first day, as for any note.
    """
    if earlier is None:
        return decide_note(request)
    return decide_prolongation(
        request, earlier, result_is_awaited=True, by_adviser=by_adviser, is_written=True
    )


def ending_on(found: NoteAllowed, last_day: date | None) -> NoteAllowed | None:
    """Return a note that ends earlier because the person goes back to work; None if that day is not one of it."""
    if last_day is None:
        return found
    return replace(found, last_day=last_day) if found.first_day <= last_day <= found.last_day else None


def _follows_measure(request: NoteRequest) -> bool:
    """Return whether a prolongation follows the isolation: of a case, or of the child of the person."""
    return request.for_child or request.subject is Subject.CASE


def _longest(request: NoteRequest, row: NoteRow) -> int | None:
    """Return how many days a prolongation may have; None: the rule knows none."""
    if _follows_measure(request):
        return row.max_days or row.total_days_without_adviser
    awaits = isinstance(request.measure, Quarantine) and request.measure.awaits_result
    return row.extension_days or (row.max_days if awaits else None)


def _too_early(request: NoteRequest, chain: Chain) -> Reason | None:
    """Return whether a contact's result cannot be awaited yet, or may be known before the note ends."""
    planned = min((test.on for test in request.measure.tests), default=None)
    awaits = isinstance(request.measure, Quarantine) and request.measure.awaits_result
    if planned is not None and planned > request.on and not awaits:
        return Reason.TEST_NOT_DUE
    return Reason.NOT_ITS_LAST_DAYS if request.on + LAST_DAYS <= chain.last_day else None


def _why_not_granted(request: NoteRequest, days: tuple[date, date], *, worked_since: bool) -> Reason | None:
    """Return what still stands against days to which a doctor agreed."""
    return Reason.WORKED_SINCE if worked_since else _taken(request, days)


def _taken(request: NoteRequest, days: tuple[date, date]) -> Reason | None:
    """Return whether another note has one of the days already."""
    first, last = days
    if any(begins <= last and first <= ends for begins, ends in request.other_parent):
        return Reason.OTHER_PARENT
    if any(begins <= last and first <= ends for begins, ends in request.other_notes):
        return Reason.OVERLAP
    return None


def _why_not(
    request: NoteRequest,
    row: NoteRow,
    chain: Chain,
    days: tuple[date, date],
    *,
    result_is_awaited: bool,
    worked_since: bool,
    by_adviser: bool,
) -> Reason | None:
    first, last = days
    if last < first:
        return Reason.NOTHING_TO_PROLONG
    is_contact = not _follows_measure(request)
    if is_contact and not result_is_awaited:
        return Reason.RESULT_KNOWN
    if worked_since:
        return Reason.WORKED_SINCE
    if is_contact and chain.is_prolonged and not by_adviser:
        return Reason.SECOND_PROLONGATION
    back = row.retroactive_days
    if back is not None and first < request.on - timedelta(days=back):
        return Reason.TOO_FAR_BACK
    if taken := _taken(request, days):
        return taken
    total = chain.days + (last - first).days + 1 + request.days_already
    return Reason.TOO_LONG if total > row.total_days_without_adviser and not by_adviser else None
