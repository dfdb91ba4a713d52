"""What is, as far as something may follow from it: a case, its contacts, what they were told, their calls and notes. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracing.queue.rules import CallAgain
from tracing.sickleave.rules import NoteMend


class ConsequenceKind(StrEnum):
    """What follows. Each is carried out by one function of `services`, and said in words by `words`."""

    CONTACT_LEAVES = "contact_leaves"
    """Met outside the contagious days: not called, and shown as such in the list."""
    CONTACT_RETURNS = "contact_returns"
    CALL_OPENS = "call_opens"
    CALL_STOPS = "call_stops"
    TOLD_ALREADY = "told_already"
    """They were told of another meeting, and this one asks nothing else of them: they are not rung."""
    NOT_TOLD = "not_told"
    """There is something else to say after all, or the other meeting is not theirs, or was not told: they are rung.

    Or this meeting concerns them no more: then they are not."""
    RING_AGAIN = "ring_again"
    """Somebody was told otherwise: they are called once more."""
    RING_NO_MORE = "ring_no_more"
    """What they were told holds again."""
    NOTE_TO_MEND = "note_to_mend"
    NOTE_STANDS = "note_stands"
    """The note fits again: its mark goes."""
    CALL_NEVER = "call_never"
    """The person is dead: a call that waited stops."""
    CALL_UNWANTED = "call_unwanted"
    """The person asked never to be called: a call that waited stops."""
    CALL_NUMBERLESS = "call_numberless"
    """Every number of the person was said wrong: a call that waited goes to the list of those without one."""
    CALL_HAS_NUMBER = "call_has_number"
    """A number is good after all: the call waits again."""
    TEXT_STOPS = "text_stops"
    """A text that waits to be sent to a wrong number is stopped."""
    CALL_AFTER_ALL = "call_after_all"
    """That was a mistake: the call waits again."""
    FOLLOW_UP_OPENS = "follow_up_opens"
    """The person was told: they are rung on the next day of the programme's calendar."""
    FOLLOW_UP_MOVES = "follow_up_moves"
    """That day, or the last one on which it is made, is another one."""
    FOLLOW_UP_HELD = "follow_up_held"
    """The person is in hospital: the call is on a supervisor's list, who asks whether they are home."""
    FOLLOW_UP_STOPS = "follow_up_stops"
    """The measure is over, or they may not or need not be rung."""
    MESSAGES_STOP = "messages_stop"
    MESSAGES_GO_ON = "messages_go_on"


class ReopenReason(StrEnum):
    """Why a call that was over is opened again."""

    RANG = "rang"
    """The person rang us."""
    MISTAKE = "mistake"
    """Its outcome was noted by mistake."""
    INCOMPLETE = "incomplete"
    """Something is missing or wrong."""
    CHANGED_MIND = "changed_mind"
    """They, or somebody who speaks for them, asked for it."""


class CallNow(StrEnum):
    """Where a person's call stands."""

    NONE = "none"
    WAITING = "waiting"
    """In the queue or on a list: not done yet."""
    LIVE = "live"
    """On the telephone now: the call goes on, whatever changes."""
    AGAIN = "again"
    """Waiting because they were told otherwise."""
    DONE = "done"
    CANCELLED = "cancelled"
    NEVER = "never"
    """Stopped for good: dead."""
    UNWANTED = "unwanted"
    """Stopped for good: the person asked never to be called."""


NOT_MADE = frozenset({CallNow.WAITING, CallNow.NEVER, CallNow.UNWANTED})
"""The person was not told yet: the call waits, or stands on the list of those who may not be called."""


Tests = tuple[tuple[date, str | None], ...]
"""Tests that are asked of somebody: day and kind."""


def to_come(tests: Iterable[Sequence[str | None]], on: date) -> Tests:
    """Return stored tests, by day and kind, without those of days that are past."""
    found = ((date.fromisoformat(day), kind) for day, kind in tests if day is not None)
    return tuple(one for one in found if one[0] >= on)


@dataclass(frozen=True)
class Told:
    """What was said to a person at the end of their call: the last day of their measure, None if nothing was asked."""

    last_day: date | None
    awaits_result: bool = False
    """They were told to isolate for their symptoms until the result of a test."""
    tests: Tests | None = None
    """The tests to come that they were told; None if that was not kept."""
    knows_it_is_none: bool = False
    """Told after the case was closed as none."""


@dataclass(frozen=True, kw_only=True)
class NoteNow:
    """A valid note: its last day, and how it is marked."""

    note_id: int
    last_day: date
    follows_measure: bool = True
    """Its last day is that of the measure: a case's. A contact's may have a length of its own, and has it prolonged."""
    first_day: date | None = None
    """The first day of its chain."""
    is_ruled_out: bool = False
    """The person has said something by which no note is due, whatever the days are."""
    worked_until: date | None = None
    """The last day on which they say that they worked."""
    latest: date | None = None
    """The last day that a note of this first day may have, however long the measure is."""
    overlaps: bool = False
    """Another note of the person covers one of its days."""
    has_no_child: bool = False
    """It is a parent's, and the child was said dead, or is too old for it by a corrected birth date."""
    names_another: bool = False
    """The person was corrected since, and it prints who they were."""
    is_doctors: bool = False
    """A doctor agreed to its days: it stands, whatever the measure."""
    granted_until: date | None = None
    """The last day of the note to which a doctor agreed, if they did."""
    granted_first: date | None = None
    """The first day that its chain should have by what a doctor agreed to and the last day worked."""
    due_first: date | None = None
    """The first day that its chain should have by the measure and the last day worked, if the person asked for no other."""
    mend: NoteMend | None = None
    mend_to: date | None = None
    accepted: tuple[NoteMend, date | None] | None = None
    """The difference with which a human has left it as it is: only another one marks it again."""


Plan = tuple[date, date]
"""The day of a follow-up call, and the last day on which it is made."""


@dataclass(frozen=True, kw_only=True)
class FollowUpNow:
    """The programme's calendar for a person who was told, and where their follow-up call stands."""

    on: date
    """Today."""
    days: tuple[date, ...] = ()
    until: date | None = None
    """The last day of the isolation or quarantine; without one, until when the calendar is followed. None: no calendar."""
    since: date | None = None
    """The last day on which we have spoken to them; None before they were told."""
    is_refused: bool = False
    is_in_hospital: bool = False
    is_of_another: bool = False
    """They were told of several meetings, or of two cases of one episode, and are rung about another one of them."""
    call: CallNow = CallNow.NONE
    plan: Plan | None = None
    is_missed: bool = False
    """Every attempt of its day was in vain."""
    is_given_up: bool = False
    """A supervisor has ended it."""
    is_kept: bool = False
    """It is on the list of those who are in hospital or live elsewhere, until it ends."""
    has_come_home: bool = False
    """They were said to have left hospital since it was put on that list."""
    is_promised: bool = False
    """It was promised for an hour of today or later: that stands although the isolation ends before."""


@dataclass(frozen=True, kw_only=True, repr=False)
class MeasuredPerson:
    """What the rules ask of a person, what they were told, and where their call and their note stand."""

    last_day: date | None
    """The last day of isolation or quarantine; None if nothing is asked."""
    awaits_result: bool = False
    """They isolate for their symptoms until the result of a test, whatever the meeting was."""
    tests: Tests = ()
    """The tests that are asked of them, of today and later."""
    is_decided: bool = True
    """False before the first call, when nothing was computed, or while no rule is in force."""
    may_be_called: bool = True
    """False for the dead, and for whoever asked never to be called."""
    has_refused: bool = False
    """The person refused this kind of call a short time before or after, about another case."""
    told: Told | None = None
    due_elsewhere: date | None = None
    """The last day that is asked of them for other meetings, or other results, of which they were told."""
    told_elsewhere: date | None = None
    """The last day that they were told for those."""
    told_since: Told | None = None
    """What a case's person was told after that, of another result of theirs or as a contact: it replaces what they were told."""
    is_informed_elsewhere: bool = False
    """Another result of which they were told isolates them longer: they hear what changes in a call about that one."""
    has_note_elsewhere: bool = False
    """For another result of which they were told there is a note of its own."""
    stands_elsewhere: bool = False
    """Another positive result of theirs stands: they are not told that nothing is asked of them any more."""
    call: CallNow = CallNow.NONE
    again: CallAgain | None = None
    """Why the call waits again, if it does."""
    note: NoteNow | None = None
    follow_up: FollowUpNow | None = None

    @property
    def due(self) -> date | None:
        """The last day that is asked of them for everything of which they were told."""
        return later(self.last_day, self.due_elsewhere)

    @property
    def heard(self) -> date | None:
        """The last day that they have heard of: the latest of those that they were told, for one result the last one."""
        told = self.told_since or self.told
        return later(told.last_day if told else None, self.told_elsewhere)


def later(*days: date | None) -> date | None:
    """Return the latest of some days that are known; None without any."""
    return max((day for day in days if day is not None), default=None)


@dataclass(frozen=True, kw_only=True)
class ContactNow:
    """A contact of a case."""

    contact_id: int
    met_on: date
    may_be_at_risk: bool
    person: MeasuredPerson
    is_kept: bool = False
    """Kept in the list although met outside the contagious days, with a reason."""
    is_outside: bool = False
    adds_nothing: bool = False
    """The person was told of another meeting, and this one asks nothing else of them."""
    is_told_of_another: bool = False
    """They count as told by that call, and are not rung."""
    is_removed: bool = False
    """Taken off the list: whoever was told otherwise is told that nothing is asked of them."""
    is_a_case: bool = False
    """They are a case by now: nothing follows for them as a contact."""


@dataclass(frozen=True, kw_only=True)
class CaseNow:
    """A case with everything that depends on its facts."""

    case_id: int
    person: MeasuredPerson
    is_none: bool = False
    """Closed as no case: nothing is asked of anybody, and whoever was told otherwise is told so."""
    window: tuple[date, date] | None
    """The contagious days, both included; None while no rule or no day is known."""
    recalled: tuple[date, date] | None = None
    """The days for which contacts were asked; None before that step."""
    contacts: tuple[ContactNow, ...] = ()


@dataclass(frozen=True)
class Consequence:
    """Something that follows, for one record."""

    kind: ConsequenceKind
    subject: tuple[str, int]
    """`case`, `contact`, `note`, `task` or `person`, and its id."""
    why: CallAgain | None = None
    mend: NoteMend | None = None
    day: date | None = None
    """The last day that is right now; of a follow-up call, its day."""
    was: date | None = None
    until: date | None = None
    """The last day on which a follow-up call is made."""
