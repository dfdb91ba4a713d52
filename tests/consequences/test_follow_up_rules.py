"""When somebody who was told is rung again to ask how they are, on the pure rule."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracing.consequences.picture_rules import (
    CallNow,
    CaseNow,
    ConsequenceKind,
    FollowUpNow,
    MeasuredPerson,
    Told,
)
from tracing.consequences.rules import carried_out, of_case

D = date(2026, 3, 10)
OPENS, MOVES, HELD, STOPS = (
    ConsequenceKind.FOLLOW_UP_OPENS,
    ConsequenceKind.FOLLOW_UP_MOVES,
    ConsequenceKind.FOLLOW_UP_HELD,
    ConsequenceKind.FOLLOW_UP_STOPS,
)


def day(n: int) -> date:
    return D + timedelta(days=n)


def asked(*, on=0, days=(4, 10), until=10, since=0, plan=None, **more) -> FollowUpNow:
    return FollowUpNow(
        on=day(on),
        days=tuple(day(n) for n in days),
        until=None if until is None else day(until),
        since=None if since is None else day(since),
        plan=None if plan is None else (day(plan), day(until or 0)),
        **more,
    )


def case(follow_up, *, call=CallNow.DONE, last=10, **more) -> CaseNow:
    told = None if follow_up.since is None else Told(day(last))
    person = MeasuredPerson(last_day=day(last), call=call, told=told, follow_up=follow_up, **more)
    return CaseNow(case_id=1, window=None, person=person)


def follows(case_now):
    return [(one.kind, one.day and (one.day - D).days) for one in of_case(case_now)]


def test_whoever_was_told_is_rung_on_the_next_day_of_the_calendar():
    assert follows(case(asked())) == [(OPENS, 4)]
    assert follows(case(asked(on=4, since=4))) == [(OPENS, 10)]


def test_a_day_that_moves_moves_the_call_and_one_that_stays_changes_nothing():
    assert follows(case(asked(plan=4, call=CallNow.WAITING))) == []
    assert follows(case(asked(days=(6, 12), plan=4, call=CallNow.WAITING))) == [(MOVES, 6)]
    shorter = asked(plan=4, until=7, call=CallNow.WAITING)
    assert follows(case(replace(shorter, plan=(day(4), day(10))), last=7)) == [(MOVES, 4)]


def test_nobody_is_rung_after_the_last_day():
    assert follows(case(asked(days=(4, 10), until=7, since=4), last=7)) == []
    assert follows(case(asked(on=8, until=7, plan=4, call=CallNow.WAITING), last=7)) == [(STOPS, None)]


@pytest.mark.parametrize(
    "why",
    [{"is_refused": True}, {"is_of_another": True}, {"is_given_up": True}],
    ids=lambda why: next(iter(why)),
)
def test_a_call_that_is_not_wanted_stops_and_waits_again_once_it_is(why):
    waiting = asked(plan=4, call=CallNow.WAITING)

    assert follows(case(replace(waiting, **why))) == [(STOPS, None)]
    stopped = carried_out(case(replace(waiting, **why)), of_case(case(replace(waiting, **why))))
    assert stopped.person.follow_up is not None
    again = replace(stopped.person.follow_up, **dict.fromkeys(why, False))
    assert follows(case(again)) == [(OPENS, 4)]


def test_the_call_of_somebody_in_hospital_is_held_and_waits_again_once_they_are_home():
    for before in (asked(is_in_hospital=True), asked(plan=4, call=CallNow.WAITING, is_in_hospital=True)):
        assert follows(case(before)) == [(HELD, 4)]
        held = carried_out(case(before), of_case(case(before))).person.follow_up
        assert follows(case(held)) == []
        assert follows(case(replace(held, on=day(11)))) == [(STOPS, None)]
        assert follows(case(replace(held, is_refused=True))) == [(STOPS, None)]
        assert follows(case(replace(held, is_of_another=True))) == [(STOPS, None)]
        assert follows(case(replace(held, days=()))) == [(STOPS, None)]
        home = replace(held, is_in_hospital=False, has_come_home=True)
        assert follows(case(home)) == [(MOVES, 4)]
        assert follows(case(replace(home, on=day(7)))) == [(MOVES, 4)]
        assert follows(case(replace(home, on=day(10)))) == [(MOVES, 10)]
    assert follows(case(asked(is_in_hospital=True, is_refused=True))) == []


def test_whoever_waits_to_be_told_something_or_may_not_be_called_is_not_asked():
    waiting = asked(plan=4, call=CallNow.WAITING)

    assert follows(case(waiting, call=CallNow.WAITING)) == [(STOPS, None)]
    assert follows(case(waiting, may_be_called=False)) == [(STOPS, None)]
    assert follows(case(asked(since=None), call=CallNow.WAITING)) == []


def test_whoever_did_not_answer_on_a_day_is_rung_on_the_next_one_and_the_last_is_left_to_a_supervisor():
    missed = asked(on=6, plan=4, call=CallNow.WAITING, is_missed=True)

    assert follows(case(missed)) == [(MOVES, 10)]
    assert follows(case(replace(missed, on=day(10), plan=(day(10), day(10))))) == []


def test_a_call_under_way_and_one_that_somebody_else_takes_over_stay():
    assert follows(case(asked(plan=4, call=CallNow.LIVE, is_refused=True))) == []
    handed_on = asked(plan=4, call=CallNow.WAITING, is_kept=True, is_in_hospital=True)
    assert follows(case(handed_on)) == []
    assert follows(case(replace(handed_on, on=day(11)))) == [(STOPS, None)]


some_days = st.lists(st.integers(-6, 20), max_size=4, unique=True).map(lambda days: tuple(sorted(days)))
flags = st.booleans()


@given(
    st.builds(
        asked,
        on=st.integers(0, 15),
        days=some_days,
        until=st.none() | st.integers(0, 15),
        since=st.none() | st.integers(-2, 12),
        plan=st.integers(0, 15),
        call=st.sampled_from([CallNow.NONE, CallNow.WAITING, CallNow.DONE, CallNow.CANCELLED]),
        is_missed=flags,
        is_refused=flags,
        is_in_hospital=flags,
        is_kept=flags,
        has_come_home=flags,
        is_given_up=flags,
    ),
    st.sampled_from(CallNow),
)
def test_carried_out_nothing_more_follows_and_no_call_is_after_its_end(follow_up, call):
    before = case(follow_up, call=call)
    found = of_case(before)

    assert of_case(carried_out(before, found)) == ()
    assert all(one.day <= one.until for one in found if one.kind in {OPENS, MOVES, HELD})
