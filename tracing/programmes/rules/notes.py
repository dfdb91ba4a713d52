"""For which days a sick note may be written, and by whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tracing.programmes.facts import Facts
from tracing.programmes.rules.measures import Isolation, Quarantine
from tracing.programmes.rules.reference import AppliedRule, applied
from tracing.programmes.schema import NoteRow, Pack
from tracing.programmes.vocabulary import Subject


@dataclass(frozen=True)
class NoteDays:
    """The first and last day of a note that the fund may write, and the rule that sets them."""

    first: date
    last: date
    """Before the first day when none is left."""
    rule: AppliedRule

    @property
    def days(self) -> int:
        """The number of days, first and last included."""
        return max(0, (self.last - self.first).days + 1)


def note_rule(
    pack: Pack,
    subject: Subject,
    on: date,
    measure: Isolation | Quarantine | None = None,
    *,
    for_parent: bool = False,
    facts: Facts | None = None,
) -> NoteRow | None:
    """Return the rule that says who writes notes for such a person, or for the parent of such a child, on that day.

    `facts` are those that only this programme asks.
    """
    awaits = isinstance(measure, Quarantine) and measure.awaits_result
    about: Facts = {"subject": subject.value}
    if for_parent:
        about = {"subject": "parent", "child_is": subject.value}
    known: Facts = {**(facts or {}), **about, "awaiting_result": awaits}
    return pack.notes.choose(known, on)


def note_days(
    pack: Pack,
    subject: Subject,
    measure: Isolation | Quarantine,
    *,
    on: date,
    first_day: date | None = None,
    free_from: date | None = None,
    other_notes: Iterable[tuple[date, date]] = (),
    for_parent: bool = False,
    facts: Facts | None = None,
) -> NoteDays | None:
    """Return the days of a note written on a day; None if the fund writes none, or nothing requires one.

    `first_day` is the one that the person asks for, `free_from` the first on which they are known not to have worked,
    `other_notes` the first and last days of those they have. The note is never before the isolation or quarantine, and
    never on a day on which the person worked. `for_parent`: the measure is that of a child, the rest is the parent's.
    """
    row = note_rule(pack, subject, on, measure, for_parent=for_parent, facts=facts)
    if row is None or row.issuer != "fund" or not measure.is_required:
        return None
    start = max(measure.start or on, free_from or date.min)
    if first_day is not None:
        first = max(first_day, start)
    else:
        # J0 for a case, the day of the call for a contact, that after the last day worked for a parent
        usual = start if for_parent or subject is Subject.CASE else max(on, start)
        first = _after_others(_not_too_far_back(row, usual, on), other_notes)
    return NoteDays(first, _last_day(row, measure, first), applied(pack, row))


def _not_too_far_back(row: NoteRow, first: date, on: date) -> date:
    return first if row.retroactive_days is None else max(first, on - timedelta(days=row.retroactive_days))


def _after_others(first: date, other_notes: Iterable[tuple[date, date]]) -> date:
    """Return the first day: a contact with a note who becomes a case continues from the day after that note."""
    for begins, ends in sorted(other_notes):
        if begins <= first <= ends:
            first = ends + timedelta(days=1)
    return first


def _last_day(row: NoteRow, measure: Isolation | Quarantine, first: date) -> date:
    """Return the last day: that of the measure if the rule says so, and never after the longest note."""
    longest = first + timedelta(days=(row.max_days or row.total_days_without_adviser) - 1)
    over = measure.last_day_in
    if over is not None and (row.ends_with_measure or over < first):
        return min(over, longest)
    return longest
