"""The difference between what should be and what is, as a list of consequences. Pure.

`of_case` and `of_person` look at a picture of what is: the stored days as the rules in force decide them from the facts,
and what was already said to whom. Carried out, the consequences change the picture so that the same question yields
nothing more. They depend on the facts that stand, not on the order in which they came.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    is_doctors: bool = False
    """A doctor agreed to its days: it stands, whatever the measure."""
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
    """They were told of several meetings, and are rung about another one of them."""
    call: CallNow = CallNow.NONE
    plan: Plan | None = None
    is_missed: bool = False
    """Every attempt of its day was in vain."""
    is_given_up: bool = False
    """A supervisor has ended it."""
    is_kept: bool = False
    """It is on the list of those who are in hospital or live elsewhere, until it ends."""


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
    """The last day that is asked of them for other meetings of which they were told."""
    told_elsewhere: date | None = None
    """The last day that they were told for those."""
    call: CallNow = CallNow.NONE
    again: CallAgain | None = None
    """Why the call waits again, if it does."""
    note: NoteNow | None = None
    follow_up: FollowUpNow | None = None

    @property
    def due(self) -> date | None:
        """The last day that is asked of them for everything of which they were told."""
        return _later(self.last_day, self.due_elsewhere)

    @property
    def heard(self) -> date | None:
        """The last day that they have heard of: the latest of those that they were told."""
        return _later(self.told.last_day if self.told else None, self.told_elsewhere)


def _later(*days: date | None) -> date | None:
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
    is_out_of_list: bool = False
    """Removed from the list, or a case by now: nothing follows for them as a contact."""


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


def of_case(case: CaseNow) -> tuple[Consequence, ...]:
    """Return everything that follows for a case, its contacts and their notes."""
    if case.is_none:
        return tuple(_of_none(case))
    found: list[Consequence] = []
    for contact in case.contacts:
        if contact.is_out_of_list:
            found += _of_follow_up(("contact", contact.contact_id), contact.person, is_over=True)
        else:
            found += _of_contact(contact, case.window)
    why = _to_say_again(case.person)
    if why is None and case.person.told and not is_recalled(case.window, case.recalled):
        why = CallAgain.DAYS_ADDED
    found += _ring(("case", case.case_id), case.person, why)
    found += _of_follow_up(("case", case.case_id), case.person, is_over=why is not None)
    found += _of_note(case.person, due=case.person.last_day)
    return tuple(found)


def held_back(case: CaseNow) -> frozenset[tuple[str, int]]:
    """Return whose call would stop or move, were nobody on the telephone about it: the case or contacts, by id."""

    def hung_up(person: MeasuredPerson) -> MeasuredPerson:
        asked = person.follow_up
        if asked is not None and asked.call is CallNow.LIVE:
            person = replace(person, follow_up=replace(asked, call=CallNow.WAITING))
        if person.call is not CallNow.LIVE:
            return person
        waits = person.again in {None, CallAgain.TO_COMPLETE}
        return replace(person, call=CallNow.WAITING if waits else CallNow.AGAIN)

    over = replace(
        case,
        person=hung_up(case.person),
        contacts=tuple(replace(one, person=hung_up(one.person)) for one in case.contacts),
    )
    if over == case:
        return frozenset()
    return frozenset(one.subject for one in set(of_case(over)) - set(of_case(case)))


def _of_none(case: CaseNow) -> Iterable[Consequence]:
    """Return what follows for a case whose result was withdrawn: no calls, but to those who were told of it."""
    people = [(("case", case.case_id), case.person)]
    people += [(("contact", one.contact_id), one.person) for one in case.contacts if not one.is_out_of_list]
    for about, person in people:
        if about[0] == "contact" and person.call in NOT_MADE:
            yield Consequence(ConsequenceKind.CALL_STOPS, about)
        is_to_know = person.told is not None and not person.told.knows_it_is_none
        nothing = replace(person, last_day=None, awaits_result=False, tests=(), is_decided=True)
        yield from _ring(about, nothing, CallAgain.WITHDRAWN if is_to_know else None)
        yield from _of_follow_up(about, nothing, is_over=True)
        yield from _of_note(nothing, due=nothing.due)


def is_recalled(window: tuple[date, date] | None, recalled: tuple[date, date] | None) -> bool:
    """Return whether contacts were asked for every day of the window; also true before that step."""
    return window is None or recalled is None or (recalled[0] <= window[0] and window[1] <= recalled[1])


def recalled_after(
    window: tuple[date, date] | None, recalled: tuple[date, date] | None
) -> tuple[date, date] | None:
    """Return the days for which contacts have been asked, once they were asked for a window."""
    if window is None or recalled is None:
        return window or recalled
    return min(window[0], recalled[0]), max(window[1], recalled[1])


def is_outside(window: tuple[date, date] | None, met_on: date) -> bool:
    """Return whether a contact was met outside the contagious days."""
    return window is not None and not window[0] <= met_on <= window[1]


def _of_contact(contact: ContactNow, window: tuple[date, date] | None) -> Iterable[Consequence]:
    about, person = ("contact", contact.contact_id), contact.person
    outside = is_outside(window, contact.met_on) and not contact.is_kept
    if outside != contact.is_outside:
        kind = ConsequenceKind.CONTACT_LEAVES if outside else ConsequenceKind.CONTACT_RETURNS
        yield Consequence(kind, about)
    concerns = contact.may_be_at_risk and not outside
    may_ask = concerns and not person.has_refused
    # the call of somebody who may not be called is opened too: it goes to the list of those
    if may_ask and person.told is None and person.call in {CallNow.NONE, CallNow.CANCELLED}:
        yield Consequence(ConsequenceKind.CALL_OPENS, about)
    elif not may_ask and person.call in NOT_MADE:
        yield Consequence(ConsequenceKind.CALL_STOPS, about)
    now = replace(person, last_day=person.last_day if concerns else None)
    if not concerns and person.told is not None:
        # whoever is not concerned any more need not hear that a test is on another day
        now = replace(now, tests=person.told.tests or ())
    why = _to_say_again(now)
    yield from _ring(about, now, why)
    yield from _of_follow_up(about, now, is_over=not concerns or why is not None)
    yield from _of_note(person, due=now.due)


def _to_say_again(person: MeasuredPerson) -> CallAgain | None:
    """Return why a person must be told something else than they were told; None if it still holds."""
    if person.told is None or not person.is_decided:
        return None
    if (person.heard, person.told.awaits_result) == (person.due, person.awaits_result):
        # of several meetings they were told the tests of the one whose measure lasts longest
        is_longest = person.due == person.last_day
        are_told = not is_longest or person.told.tests in {None, person.tests}
        return None if are_told else CallAgain.TESTS
    is_asked = person.due is not None or person.awaits_result
    return CallAgain.DATES if is_asked else CallAgain.NOT_CONCERNED


def _ring(about: tuple[str, int], person: MeasuredPerson, why: CallAgain | None) -> Iterable[Consequence]:
    if not person.may_be_called:
        why = None
    is_for_other_reason = person.call is CallNow.AGAIN and person.again not in {None, why}
    if why is not None and (person.call in {CallNow.DONE, CallNow.CANCELLED} or is_for_other_reason):
        yield Consequence(ConsequenceKind.RING_AGAIN, about, why=why, day=person.due, was=person.heard)
    elif why is None and person.call is CallNow.AGAIN:
        yield Consequence(ConsequenceKind.RING_NO_MORE, about)


def next_follow_up(person: MeasuredPerson) -> Plan | None:
    """Return the day of the next follow-up call and the last day on which it is made; None if there is none.

    Of several days of the calendar that are past, the last one counts: a person is asked once how they are.
    """
    asked = person.follow_up
    if asked is None or asked.until is None or asked.since is None or asked.on > asked.until:
        return None
    is_silent = asked.is_refused or asked.is_in_hospital or asked.is_of_another or asked.is_given_up
    # whoever waits to be told something is told first, and the calendar goes on from there
    if is_silent or not person.may_be_called or person.call is not CallNow.DONE:
        return None
    since = asked.since
    if asked.is_missed and asked.plan is not None:
        since = max(since, asked.plan[0])
    left = [day for day in asked.days if since < day <= asked.until]
    past = [day for day in left if day <= asked.on]
    if left:
        return (past[-1] if past else left[0]), asked.until
    return asked.plan if asked.is_missed and asked.plan is not None and asked.plan[0] in asked.days else None


def _of_follow_up(
    about: tuple[str, int], person: MeasuredPerson, *, is_over: bool = False
) -> Iterable[Consequence]:
    """Open, move or stop the follow-up call of a person; `is_over`: they are told something else first, or nothing."""
    asked = person.follow_up
    if asked is None or CallNow.LIVE in {asked.call, person.call}:
        return
    if not is_over and person.call is CallNow.AGAIN:  # nothing is to be said again: that call ends first
        person = replace(person, call=CallNow.DONE)
    wanted = None if is_over else next_follow_up(person)
    is_waiting = asked.call is CallNow.WAITING
    is_past = asked.until is None or asked.on > asked.until
    if is_waiting and asked.is_kept and not is_past:
        return
    if wanted is None:
        if is_waiting:
            yield Consequence(ConsequenceKind.FOLLOW_UP_STOPS, about)
    elif not is_waiting:
        yield Consequence(ConsequenceKind.FOLLOW_UP_OPENS, about, day=wanted[0], until=wanted[1])
    elif wanted != asked.plan:
        yield Consequence(ConsequenceKind.FOLLOW_UP_MOVES, about, day=wanted[0], until=wanted[1])


def _of_note(person: MeasuredPerson, *, due: date | None) -> Iterable[Consequence]:
    """Mark a note that no longer fits what is decided; a human mends it."""
    note = person.note
    if note is None or not person.is_decided:
        return
    mend, day = None, None
    if note.overlaps:
        # nobody is paid twice for a day, whoever agreed to it
        mend = NoteMend.OVERLAPS
    elif note.is_doctors:
        pass
    elif due is None and not person.awaits_result:
        mend = NoteMend.NOT_DUE
    elif note.is_ruled_out:
        mend = NoteMend.CAN_WORK
    elif note.first_day is not None and note.worked_until is not None and note.worked_until >= note.first_day:
        mend = NoteMend.WORKED
    elif due is not None and note.follows_measure:
        due = due if note.latest is None else min(due, note.latest)
        if due != note.last_day:
            mend, day = (NoteMend.LONGER if due > note.last_day else NoteMend.SHORTER), due
    if note.accepted is not None and (mend, day) == note.accepted:
        return
    if (mend, day) == (note.mend, note.mend_to) and note.accepted is None:
        return
    if mend is None:
        yield Consequence(ConsequenceKind.NOTE_STANDS, ("note", note.note_id))
    else:
        yield Consequence(
            ConsequenceKind.NOTE_TO_MEND, ("note", note.note_id), mend=mend, day=day, was=note.last_day
        )


def carried_out(case: CaseNow, consequences: Sequence[Consequence]) -> CaseNow:
    """Return the picture of a case once the consequences are carried out: what `services` does to the records."""
    for one in consequences:
        about, number = one.subject
        if about == "contact":
            contacts = tuple(
                _changed(contact, one) if contact.contact_id == number else contact
                for contact in case.contacts
            )
            case = replace(case, contacts=contacts)
        elif about == "case":
            case = replace(case, person=_rung(case.person, one))
        elif about == "note":
            case = _marked(case, one)
    return case


def _changed(contact: ContactNow, one: Consequence) -> ContactNow:
    match one.kind:
        case ConsequenceKind.CONTACT_LEAVES:
            return replace(contact, is_outside=True)
        case ConsequenceKind.CONTACT_RETURNS:
            return replace(contact, is_outside=False)
        case ConsequenceKind.CALL_OPENS:
            return replace(contact, person=replace(contact.person, call=CallNow.WAITING))
        case ConsequenceKind.CALL_STOPS:
            return replace(contact, person=replace(contact.person, call=CallNow.CANCELLED))
    return replace(contact, person=_rung(contact.person, one))


def _rung(person: MeasuredPerson, one: Consequence) -> MeasuredPerson:
    match one.kind:
        case ConsequenceKind.RING_AGAIN:
            return replace(person, call=CallNow.AGAIN, again=one.why)
        case ConsequenceKind.RING_NO_MORE:
            return replace(person, call=CallNow.DONE, again=None)
        case ConsequenceKind.FOLLOW_UP_STOPS if asked := person.follow_up:
            stopped = replace(asked, call=CallNow.CANCELLED, plan=None, is_missed=False, is_kept=False)
            return replace(person, follow_up=stopped)
        case ConsequenceKind.FOLLOW_UP_OPENS | ConsequenceKind.FOLLOW_UP_MOVES if asked := person.follow_up:
            plan = (one.day, one.until) if one.day and one.until else None
            return replace(person, follow_up=replace(asked, call=CallNow.WAITING, plan=plan, is_missed=False))
    return person


def _marked(case: CaseNow, one: Consequence) -> CaseNow:
    def of(person: MeasuredPerson) -> MeasuredPerson:
        if person.note is None or person.note.note_id != one.subject[1]:
            return person
        return replace(person, note=replace(person.note, mend=one.mend, mend_to=one.day, accepted=None))

    contacts = tuple(replace(contact, person=of(contact.person)) for contact in case.contacts)
    return replace(case, person=of(case.person), contacts=contacts)
