"""What follows from facts, on the pure functions: nothing twice, and the same whatever the order."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tracing.consequences.person_rules import PersonNow, of_person
from tracing.consequences.picture_rules import (
    CallNow,
    CaseNow,
    Consequence,
    ConsequenceKind,
    ContactNow,
    MeasuredPerson,
    NoteNow,
    Told,
)
from tracing.consequences.rules import carried_out, is_recalled, of_case, recalled_after
from tracing.facts.rules import (
    KINDS,
    UNKNOWN,
    FactKind,
    FactSource,
    Said,
    in_force,
    onset_of,
    standing,
    value_of,
    wrong_numbers,
)
from tracing.queue.rules import CallAgain
from tracing.sickleave.rules import NoteMend

D = date(2026, 3, 10)
AT = datetime(2026, 3, 10, 9, tzinfo=UTC)


def day(n: int) -> date:
    return D + timedelta(days=n)


def contact(number=1, *, met=0, call=CallNow.WAITING, told=None, last=7, **more) -> ContactNow:
    person = MeasuredPerson(last_day=day(last) if last is not None else None, call=call, told=told)
    return ContactNow(contact_id=number, met_on=day(met), may_be_at_risk=True, person=person, **more)


def case(window=(-2, 2), *, contacts=(), call=CallNow.LIVE, told=None, last=7, note=None, recalled=None):
    return CaseNow(
        case_id=1,
        window=(day(window[0]), day(window[1])) if window else None,
        recalled=(day(recalled[0]), day(recalled[1])) if recalled else None,
        person=MeasuredPerson(last_day=day(last), call=call, told=told, note=note),
        contacts=tuple(contacts),
    )


def kinds(found) -> list[str]:
    return [one.kind.value for one in found]


def test_a_contact_met_before_the_new_window_leaves_and_is_not_called():
    assert kinds(of_case(case((0, 3), contacts=[contact(met=-1)]))) == ["contact_leaves", "call_stops"]


def test_a_contact_met_inside_again_comes_back_and_is_called():
    away = contact(met=0, call=CallNow.CANCELLED, is_outside=True)

    assert kinds(of_case(case((0, 3), contacts=[away]))) == ["contact_returns", "call_opens"]


def test_a_contact_kept_with_a_reason_stays():
    assert of_case(case((0, 3), contacts=[contact(met=-1, is_kept=True)])) == ()


def test_a_contact_who_was_told_and_is_outside_now_is_rung():
    told = contact(met=-1, call=CallNow.DONE, told=Told(day(7)))

    found = of_case(case((0, 3), contacts=[told]))

    assert kinds(found) == ["contact_leaves", "ring_again"]
    assert found[1].why is CallAgain.NOT_CONCERNED


def test_a_contact_told_to_await_a_result_is_rung_once_they_need_not_and_no_more_once_they_do():
    def after(*, awaits_result):
        person = MeasuredPerson(
            last_day=None,
            awaits_result=awaits_result,
            call=CallNow.DONE,
            told=Told(None, awaits_result=True),
        )
        return of_case(case(contacts=[replace(contact(), person=person)]))

    assert after(awaits_result=True) == ()
    (ring,) = after(awaits_result=False)
    assert (ring.kind.value, ring.why) == ("ring_again", CallAgain.NOT_CONCERNED)


def test_a_contact_told_of_a_test_is_rung_when_its_day_moves_and_not_when_it_was_not_kept():
    def after(now, before):
        person = MeasuredPerson(last_day=None, tests=now, call=CallNow.DONE, told=Told(None, tests=before))
        return of_case(case(contacts=[replace(contact(), person=person)]))

    monday, tuesday = ((day(3), "pcr"),), ((day(4), "pcr"),)
    assert after(monday, monday) == after(monday, None) == ()
    assert [one.why for one in after(tuesday, monday)] == [CallAgain.TESTS]


def test_first_days_that_became_uncovered_mark_a_note():
    granted = NoteNow(
        note_id=3, first_day=day(1), last_day=day(7), granted_first=day(0), granted_until=day(9)
    )
    not_worked = NoteNow(note_id=3, first_day=day(3), last_day=day(7), due_first=day(1))
    right = NoteNow(note_id=3, first_day=day(3), last_day=day(7), due_first=day(3))

    def after(note):
        return [(one.mend, one.day) for one in of_case(case(last=7, note=note))]

    assert after(granted) == [(NoteMend.EARLIER, day(0))], "one note of all days granted takes its place"
    assert after(not_worked) == [(NoteMend.EARLIER, day(1))]
    assert after(replace(not_worked, accepted=(NoteMend.EARLIER, day(1)))) == []
    assert after(right) == []
    left = replace(granted, accepted=(NoteMend.EARLIER, day(0)))
    assert after(left) == [(NoteMend.LONGER, day(9))], "left to begin later, it still ends too early"
    assert after(replace(left, granted_until=day(7), is_doctors=True)) == []


def test_a_note_for_the_days_until_a_result_stands_while_it_is_awaited():
    note = NoteNow(note_id=3, last_day=day(4), follows_measure=False)
    person = MeasuredPerson(last_day=None, awaits_result=True, call=CallNow.DONE, note=note)

    assert of_case(case(contacts=[replace(contact(), person=person)])) == ()


def test_nobody_on_the_telephone_loses_their_call():
    assert kinds(of_case(case((0, 3), contacts=[contact(met=-1, call=CallNow.LIVE)]))) == ["contact_leaves"]


def test_a_case_told_another_last_day_is_called_again_and_no_more_once_it_holds_again():
    told = case(call=CallNow.DONE, told=Told(day(5)), last=7)
    again = carried_out(told, of_case(told))

    assert of_case(told)[0].day == day(7)
    assert kinds(of_case(replace(again, person=replace(again.person, last_day=day(5))))) == ["ring_no_more"]


def test_days_added_to_the_window_are_asked_about_once_the_person_was_told():
    assert kinds(of_case(case((-4, 2), call=CallNow.DONE, told=Told(day(7)), recalled=(-2, 2)))) == [
        "ring_again"
    ]
    assert of_case(case((-1, 2), call=CallNow.DONE, told=Told(day(7)), recalled=(-2, 2))) == ()


def test_the_dead_are_not_called_again():
    gone = case(call=CallNow.DONE, told=Told(day(5)))

    assert of_case(replace(gone, person=replace(gone.person, may_be_called=False))) == ()


def test_a_note_is_marked_with_the_day_that_is_right_and_its_mark_goes():
    short = case(note=NoteNow(note_id=4, last_day=day(5)))
    marked = carried_out(short, of_case(short))

    assert of_case(short) == (
        Consequence(ConsequenceKind.NOTE_TO_MEND, ("note", 4), mend=NoteMend.LONGER, day=day(7), was=day(5)),
    )
    back = replace(marked, person=replace(marked.person, last_day=day(5)))
    assert kinds(of_case(back)) == ["note_stands"]


def test_a_note_left_as_it_is_is_marked_again_by_another_difference_only():
    left = NoteNow(note_id=4, last_day=day(5), accepted=(NoteMend.LONGER, day(7)))
    assert of_case(case(note=left)) == ()
    assert kinds(of_case(case(last=8, note=left))) == ["note_to_mend"]
    fits = case(last=5, note=left)
    assert kinds(of_case(fits)) == ["note_stands"]
    assert of_case(carried_out(fits, of_case(fits))) == ()


def test_a_case_that_is_none_reaches_whoever_was_told_of_it_once():
    told = Told(day(7))
    none = replace(
        case(
            call=CallNow.DONE,
            told=told,
            note=NoteNow(note_id=4, last_day=day(7)),
            contacts=[
                contact(1, call=CallNow.DONE, told=told),
                contact(2, call=CallNow.WAITING),
                contact(3, call=CallNow.DONE, told=Told(None, knows_it_is_none=True)),
                contact(4, call=CallNow.DONE, told=told, is_a_case=True),
            ],
        ),
        is_none=True,
    )
    found = of_case(none)

    rung = {one.subject for one in found if one.why is CallAgain.WITHDRAWN}
    assert rung == {("case", 1), ("contact", 1)}
    assert {one.mend for one in found if one.mend} == {NoteMend.NOT_DUE}
    assert ("call_stops", ("contact", 2)) in [(one.kind.value, one.subject) for one in found]
    assert of_case(carried_out(none, found)) == ()


def test_a_note_is_not_longer_than_notes_may_be():
    assert of_case(case(note=NoteNow(note_id=4, last_day=day(5), latest=day(5)))) == ()


def test_a_death_stops_every_call_that_waits_and_all_messages():
    person = PersonNow(
        person_id=1, is_dead=True, calls=((1, CallNow.WAITING), (2, CallNow.DONE), (3, CallNow.AGAIN))
    )

    assert kinds(of_person(person)) == ["call_never", "messages_stop"], (
        "what they were told is not told again"
    )
    again = case(call=CallNow.AGAIN, told=Told(day(5)))
    again = replace(again, person=replace(again.person, may_be_called=False))
    assert kinds(of_case(again)) == ["ring_no_more"]


def test_a_death_said_by_mistake_opens_the_calls_again():
    person = PersonNow(person_id=1, are_messages_stopped=True, calls=((1, CallNow.NEVER), (2, CallNow.DONE)))

    assert kinds(of_person(person)) == ["call_after_all", "messages_go_on"]


def test_messages_stop_under_every_record_and_go_on_once_none_is_that_of_the_dead():
    person = PersonNow(person_id=1, is_dead=True, are_messages_stopped=True, is_stop_partial=True)

    assert kinds(of_person(person)) == ["messages_stop"]
    assert kinds(of_person(replace(person, is_stop_partial=False))) == []
    assert kinds(of_person(replace(person, is_dead=False))) == ["messages_go_on"]


def test_a_death_goes_before_a_wish_never_to_be_called():
    calls = ((1, CallNow.NEVER), (2, CallNow.UNWANTED), (3, CallNow.WAITING), (4, CallNow.LIVE))
    person = PersonNow(person_id=1, wants_no_calls=True, are_messages_stopped=True, calls=calls)

    assert kinds(of_person(person)) == ["call_unwanted", "call_unwanted"]
    assert kinds(of_person(replace(person, is_dead=True))) == ["call_never", "call_never"]


def test_without_a_number_that_is_good_a_call_waits_for_one_and_texts_stop():
    calls = ((1, CallNow.WAITING), (2, CallNow.WAITING), (3, CallNow.LIVE), (4, CallNow.DONE))
    person = PersonNow(
        person_id=1,
        has_number=False,
        calls=calls,
        to_ring=frozenset({1, 3}),
        without_number=frozenset({2}),
        texts_astray=(7,),
    )

    assert kinds(of_person(person)) == ["call_numberless", "text_stops"]
    assert kinds(of_person(replace(person, has_number=True, texts_astray=()))) == ["call_has_number"]


def test_a_refusal_of_another_call_of_the_time_stops_this_one_until_it_is_taken_back():
    def found(call, *, has_refused):
        one = contact(call=call)
        person = replace(one.person, has_refused=has_refused)
        return kinds(of_case(case(contacts=[replace(one, person=person)])))

    assert found(CallNow.WAITING, has_refused=True) == ["call_stops"]
    assert found(CallNow.CANCELLED, has_refused=True) == []
    assert found(CallNow.CANCELLED, has_refused=False) == ["call_opens"]


def said(
    number, kind, value, source=FactSource.PERSON, *, minutes=0, call=None, retracts=None, **more
) -> Said:
    return Said(
        fact_id=number,
        kind=kind,
        value=value,
        source=source,
        said_at=AT + timedelta(minutes=minutes),
        call_id=call,
        retracts=retracts,
        **more,
    )


def test_not_known_never_erases_what_the_laboratory_knew():
    known = in_force(
        [
            said(1, FactKind.ONSET, "2026-03-08", FactSource.LABORATORY),
            said(2, FactKind.SYMPTOMS, True, minutes=5),
            said(3, FactKind.ONSET, UNKNOWN, minutes=5),
        ]
    )

    assert onset_of(known) == date(2026, 3, 8)


def test_what_the_person_says_counts_before_the_laboratory_and_a_doctor_before_both():
    facts = [
        said(1, FactKind.SAMPLED, "2026-03-05", FactSource.DOCTOR),
        said(2, FactKind.SAMPLED, "2026-03-06", minutes=9),
    ]

    assert value_of(in_force(facts), FactKind.SAMPLED) == "2026-03-05"


def test_typed_again_in_one_call_replaces_what_was_typed_before():
    facts = [
        said(1, FactKind.ONSET, "2026-03-01", call=7),
        said(2, FactKind.ONSET, UNKNOWN, call=7, minutes=1),
    ]

    assert onset_of(in_force(facts)) is None


def test_a_retraction_that_was_taken_back_counts_no_more():
    facts = [
        said(1, FactKind.DEATH, True),
        said(2, FactKind.DEATH, True, retracts=1, minutes=1),
        said(3, FactKind.DEATH, True, retracts=2, minutes=2),
    ]

    assert standing(facts[:2]) == []
    assert [one.fact_id for one in standing(facts)] == [1]


def test_a_number_is_wrong_until_somebody_says_otherwise():
    facts = [
        said(1, FactKind.WRONG_NUMBER, True, FactSource.TRACER, number_hash=b"a"),
        said(2, FactKind.WRONG_NUMBER, True, FactSource.TRACER, number_hash=b"b"),
        said(3, FactKind.WRONG_NUMBER, False, FactSource.TRACER, number_hash=b"a", minutes=3),
    ]

    assert wrong_numbers(facts) == {b"b"}


values = st.sampled_from([UNKNOWN, "2026-03-05", "2026-03-06", "2026-03-07"])


@st.composite
def histories(draw) -> list[Said]:
    """Facts of one subject, each said at a moment of its own; some take back an earlier one."""
    facts: list[Said] = []
    for number in range(1, draw(st.integers(1, 9)) + 1):
        kind = draw(st.sampled_from([FactKind.ONSET, FactKind.SAMPLED, FactKind.LAST_CONTACT]))
        source = draw(st.sampled_from(list(FactSource)))
        back = draw(st.none() | st.sampled_from(facts)) if facts else None
        call = draw(st.none() | st.integers(1, 3))
        facts.append(
            said(number, back.kind, back.value, source, minutes=number, retracts=back.fact_id)
            if back is not None
            else said(number, kind, draw(values), source, minutes=number, call=call)
        )
    return facts


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=examples(200))
def test_which_fact_counts_does_not_depend_on_the_order_in_which_they_arrive(facts, random):
    shuffled = list(facts)
    random.shuffle(shuffled)

    assert in_force(shuffled) == in_force(facts)
    for one in in_force(facts).values():
        known = [other for other in standing(facts) if other.kind is one.kind and other.value != UNKNOWN]
        assert not known or one.value != UNKNOWN
        assert all(
            KINDS[one.kind].authority[other.source] <= KINDS[one.kind].authority[one.source]
            for other in known
        )


def test_the_days_asked_about_only_grow():
    assert recalled_after((day(0), day(2)), (day(-2), day(1))) == (day(-2), day(2))
    assert is_recalled((day(0), day(1)), (day(-2), day(2)))
    assert not is_recalled((day(0), day(3)), (day(-2), day(2)))
