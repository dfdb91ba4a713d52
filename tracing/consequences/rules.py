"""The difference between what should be and what is, as a list of consequences. Pure.

`of_case` and `of_person` look at a picture of what is: the stored days as the rules in force decide them from the facts,
and what was already said to whom. Carried out, the consequences change the picture so that the same question yields
nothing more. They depend on the facts that stand, not on the order in which they came.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from tracing.consequences.picture_rules import (
    NOT_MADE,
    CallNow,
    CaseNow,
    Consequence,
    ConsequenceKind,
    ContactNow,
    FollowUpNow,
    MeasuredPerson,
    NoteNow,
    Plan,
)
from tracing.queue.rules import CallAgain
from tracing.sickleave.rules import NoteMend


def of_case(case: CaseNow) -> tuple[Consequence, ...]:
    """Return everything that follows for a case, its contacts and their notes."""
    if case.is_none:
        return tuple(_of_none(case))
    found: list[Consequence] = []
    for contact in case.contacts:
        if contact.is_a_case:
            found += _of_list(contact, case.window)
            found += _of_follow_up(("contact", contact.contact_id), contact.person, is_over=True)
        else:
            found += _of_contact(contact, case.window)
    why = None if case.person.is_informed_elsewhere else _to_say_again(case.person)
    if why is None and case.person.told and not is_recalled(case.window, case.recalled):
        why = CallAgain.DAYS_ADDED
    found += _ring(("case", case.case_id), case.person, why)
    found += _of_follow_up(("case", case.case_id), case.person, is_over=why is not None)
    # one note covers what all results ask, unless each has its own
    alone = case.person.has_note_elsewhere
    found += _of_note(case.person, due=case.person.last_day if alone else case.person.due)
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
    people += [(("contact", one.contact_id), one.person) for one in case.contacts if not one.is_a_case]
    for about, person in people:
        if about[0] == "contact" and person.call in NOT_MADE:
            yield Consequence(ConsequenceKind.CALL_STOPS, about)
        # where another result stands, its own call says until when they isolate now
        is_to_know = person.told is not None and not (person.told.knows_it_is_none or person.stands_elsewhere)
        nothing = replace(person, last_day=None, awaits_result=False, tests=(), is_decided=True)
        if person.note is not None:  # nothing more is issued for a result that was withdrawn
            nothing = replace(nothing, note=replace(person.note, granted_until=None))
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


def _leaves(contact: ContactNow, window: tuple[date, date] | None) -> bool:
    return is_outside(window, contact.met_on) and not contact.is_kept


def _of_list(contact: ContactNow, window: tuple[date, date] | None) -> Iterable[Consequence]:
    """Let a contact leave the contagious days or return to them, whatever else becomes of them."""
    outside = _leaves(contact, window)
    if outside != contact.is_outside:
        kind = ConsequenceKind.CONTACT_LEAVES if outside else ConsequenceKind.CONTACT_RETURNS
        yield Consequence(kind, ("contact", contact.contact_id))


def _of_contact(contact: ContactNow, window: tuple[date, date] | None) -> Iterable[Consequence]:
    about, person = ("contact", contact.contact_id), contact.person
    outside = _leaves(contact, window)
    yield from _of_list(contact, window)
    concerns = contact.may_be_at_risk and not outside and not contact.is_removed
    may_ask = concerns and not person.has_refused
    if contact.is_told_of_another and not (contact.adds_nothing and may_ask):
        yield Consequence(ConsequenceKind.NOT_TOLD, about)
        person = _to_be_told(person)
    if may_ask and contact.adds_nothing and person.told is None and person.call in NOT_BEGUN:
        yield Consequence(ConsequenceKind.TOLD_ALREADY, about)
        return
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


NOT_BEGUN = frozenset({CallNow.NONE, CallNow.CANCELLED, CallNow.WAITING})


def _to_be_told(person: MeasuredPerson) -> MeasuredPerson:
    """Return a person who counted as told as one who was not; on the telephone now, they are told in this call."""
    return person if person.call is CallNow.LIVE else replace(person, call=CallNow.CANCELLED)


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


AFTER_THE_LAST = timedelta(days=2)
"""Where nothing is asked of somebody, the last call of the calendar is made on its day or within these days."""


def last_day_of_calls(days: Sequence[date], last_day: date | None) -> date | None:
    """Return the last day of the calls of a calendar: that of the measure, if there is one. None: no calendar."""
    return (last_day or days[-1] + AFTER_THE_LAST) if days else None


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
    at_home = next_follow_up(replace(person, follow_up=replace(asked, is_in_hospital=False)))
    is_kept = asked.is_kept and not asked.has_come_home and at_home is not None
    if is_waiting and is_kept and not is_past:
        return
    if asked.is_in_hospital and not is_over and at_home is not None:
        yield Consequence(ConsequenceKind.FOLLOW_UP_HELD, about, day=at_home[0], until=at_home[1])
        return
    is_silent = asked.is_refused or asked.is_in_hospital or asked.is_of_another
    if (
        is_waiting
        and asked.is_promised
        and is_past
        and not is_over
        and not is_silent
        and person.may_be_called
    ):
        return
    if wanted is None:
        if is_waiting:
            yield Consequence(ConsequenceKind.FOLLOW_UP_STOPS, about)
    elif not is_waiting:
        yield Consequence(ConsequenceKind.FOLLOW_UP_OPENS, about, day=wanted[0], until=wanted[1])
    elif wanted != asked.plan or asked.is_kept:
        yield Consequence(ConsequenceKind.FOLLOW_UP_MOVES, about, day=wanted[0], until=wanted[1])


def _of_note(person: MeasuredPerson, *, due: date | None) -> Iterable[Consequence]:
    """Mark a note that no longer fits what is decided; a human mends it."""
    note = person.note
    if note is None or not person.is_decided:
        return
    mend, day = None, None
    late = _late_first_day(note)
    # that it begins later was left so: it may still end too early
    is_left = late is not None and note.accepted == (NoteMend.EARLIER, late)
    if note.overlaps:
        # nobody is paid twice for a day, whoever agreed to it
        mend = NoteMend.OVERLAPS
    elif note.has_no_child:
        mend = NoteMend.NO_CHILD
    elif late is not None and late == note.granted_first and not is_left and not note.is_ruled_out:
        mend, day = NoteMend.EARLIER, late
    elif note.granted_until is not None and note.granted_until > note.last_day and not note.is_ruled_out:
        # granted after the note was issued, or for longer than it is
        mend, day = NoteMend.LONGER, note.granted_until
    elif note.is_doctors:
        pass
    elif due is None and note.granted_until is None and not person.awaits_result:
        mend = NoteMend.NOT_DUE
    elif note.is_ruled_out:
        mend = NoteMend.CAN_WORK
    elif note.first_day is not None and note.worked_until is not None and note.worked_until >= note.first_day:
        mend = NoteMend.WORKED
    elif late is not None and not is_left:
        mend, day = NoteMend.EARLIER, late
    elif (due is not None and note.follows_measure) or (due is None and note.granted_until is not None):
        due = _last_day_of(note, due)
        if due is not None and due != note.last_day:
            mend, day = (NoteMend.LONGER if due > note.last_day else NoteMend.SHORTER), due
    if mend is None and note.names_another:
        mend = NoteMend.BEARER
    if note.accepted is not None and (mend, day) == note.accepted:
        return
    if mend is None and is_left:
        return
    if (mend, day) == (note.mend, note.mend_to) and note.accepted is None:
        return
    if mend is None:
        yield Consequence(ConsequenceKind.NOTE_STANDS, ("note", note.note_id))
    else:
        yield Consequence(
            ConsequenceKind.NOTE_TO_MEND, ("note", note.note_id), mend=mend, day=day, was=note.last_day
        )


def _late_first_day(note: NoteNow) -> date | None:
    """Return the day on which a note should have begun, if it begins later: as a doctor granted it, else by the rule."""
    days = (note.granted_first, note.due_first)
    return next((one for one in days if one and note.first_day and one < note.first_day), None)


def _last_day_of(note: NoteNow, due: date | None) -> date | None:
    """Return the last day that a note should have: of the measure within the limits of the rule, or as granted."""
    if due is not None and note.latest is not None:
        due = min(due, note.latest)
    return max((day for day in (due, note.granted_until) if day is not None), default=None)


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
        case ConsequenceKind.TOLD_ALREADY:
            return replace(
                contact, is_told_of_another=True, person=replace(contact.person, call=CallNow.DONE)
            )
        case ConsequenceKind.NOT_TOLD:
            return replace(contact, is_told_of_another=False, person=_to_be_told(contact.person))
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
            return replace(person, follow_up=_planned(asked, one, is_kept=False))
        case ConsequenceKind.FOLLOW_UP_HELD if asked := person.follow_up:
            return replace(person, follow_up=_planned(asked, one, is_kept=True))
    return person


def _planned(asked: FollowUpNow, one: Consequence, *, is_kept: bool) -> FollowUpNow:
    plan = (one.day, one.until) if one.day and one.until else None
    return replace(
        asked, call=CallNow.WAITING, plan=plan, is_missed=False, is_kept=is_kept, has_come_home=False
    )


def _marked(case: CaseNow, one: Consequence) -> CaseNow:
    def of(person: MeasuredPerson) -> MeasuredPerson:
        if person.note is None or person.note.note_id != one.subject[1]:
            return person
        return replace(person, note=replace(person.note, mend=one.mend, mend_to=one.day, accepted=None))

    contacts = tuple(replace(contact, person=of(contact.person)) for contact in case.contacts)
    return replace(case, person=of(case.person), contacts=contacts)
