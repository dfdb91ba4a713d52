"""The facts of a case and its two contacts in any order, on the pure functions: the same calls, lists and marks at the end."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tracing.consequences.picture_rules import (
    NOT_MADE,
    CallNow,
    CaseNow,
    Consequence,
    ContactNow,
    FollowUpNow,
    MeasuredPerson,
    NoteNow,
    Told,
)
from tracing.consequences.rules import carried_out, of_case

D = date(2026, 3, 10)


def day(n: int) -> date:
    return D + timedelta(days=n)


days = st.integers(5, 9).map(day)
told_days = st.none() | days
yes_or_no = st.booleans()


def of_person(**fields: str) -> Callable[[CaseNow, Any], CaseNow]:
    """Return a change of the case's person: each field takes the value, or a part of it by its place."""
    return lambda now, value: replace(now, person=_with(now.person, value, fields))


def of_first(field: str) -> Callable[[CaseNow, Any], CaseNow]:
    return lambda now, value: replace(
        now, contacts=(replace(now.contacts[0], **{field: value}), now.contacts[1])
    )


def of_second(field: str) -> Callable[[CaseNow, Any], CaseNow]:
    return lambda now, value: replace(
        now, contacts=(now.contacts[0], replace(now.contacts[1], **{field: value}))
    )


def of_second_person(**fields: str) -> Callable[[CaseNow, Any], CaseNow]:
    def changed(now: CaseNow, value: Any) -> CaseNow:
        second = now.contacts[1]
        person = _with(second.person, value, fields)
        return replace(now, contacts=(now.contacts[0], replace(second, person=person)))

    return changed


def _with(person: MeasuredPerson, value: Any, fields: dict[str, str]) -> MeasuredPerson:
    if len(fields) > 1:
        return replace(person, **{field: value[n] for n, field in enumerate(fields)})
    return replace(person, **dict.fromkeys(fields, value))


def of_note(field: str) -> Callable[[CaseNow, Any], CaseNow]:
    """Return a change of the case's note, if it has one."""

    def changed(now: CaseNow, value: Any) -> CaseNow:
        if now.person.note is None:
            return now
        return replace(now, person=replace(now.person, note=replace(now.person.note, **{field: value})))

    return changed


def of_follow_up(field: str) -> Callable[[CaseNow, Any], CaseNow]:
    def changed(now: CaseNow, value: Any) -> CaseNow:
        if now.person.follow_up is None:
            return now
        return replace(
            now,
            person=replace(now.person, follow_up=replace(now.person.follow_up, **{field: value})),
        )

    return changed


def turned(now: CaseNow) -> CaseNow:
    """Let a contact be called as a case: the call that waited for them gives way."""
    first = now.contacts[0]
    waits = first.person.call in NOT_MADE
    person = replace(first.person, call=CallNow.CANCELLED) if waits else first.person
    return replace(now, contacts=(replace(first, is_a_case=True, person=person), now.contacts[1]))


@dataclass(frozen=True)
class Kind:
    """A kind of change: the values that it takes, and what it does to the picture."""

    values: st.SearchStrategy[Any]
    carry: Callable[[CaseNow, Any], CaseNow]


WINDOWS = [(-4, 0), (-2, 2), (0, 3), (1, 4)]
KINDS = {
    "the contagious days": Kind(
        st.sampled_from(WINDOWS).map(lambda one: (day(one[0]), day(one[1]))),
        lambda now, value: replace(now, window=value),
    ),
    "the isolation": Kind(told_days, of_person(last_day="")),
    "another result": Kind(
        st.tuples(days, st.none() | st.builds(Told, told_days), yes_or_no),
        of_person(due_elsewhere="", told_since="", is_informed_elsewhere=""),
    ),
    "the case's death": Kind(yes_or_no.map(lambda dead: not dead), of_person(may_be_called="")),
    "the day of a meeting": Kind(st.integers(-4, 3).map(day), of_first("met_on")),
    "the risk of a contact": Kind(yes_or_no, of_first("may_be_at_risk")),
    "taken off the list": Kind(yes_or_no, of_first("is_removed")),
    "kept in the list": Kind(yes_or_no, of_second("is_kept")),
    "a contact is a case": Kind(st.just(value=True), lambda now, _value: turned(now)),
    "a quarantine": Kind(told_days, of_second_person(last_day="")),
    "symptoms of a contact": Kind(yes_or_no, of_second_person(awaits_result="")),
    "tests of a contact": Kind(
        st.sampled_from([(), ((day(2), "pcr"),), ((day(4), "antigen"),)]), of_second_person(tests="")
    ),
    "a refusal of another call": Kind(yes_or_no, of_second_person(has_refused="")),
    "a contact's death": Kind(yes_or_no.map(lambda dead: not dead), of_second_person(may_be_called="")),
    "another meeting": Kind(st.tuples(days, days), of_second_person(due_elsewhere="", told_elsewhere="")),
    "a told contact named again": Kind(yes_or_no, of_second("adds_nothing")),
    "days to which a doctor agreed": Kind(told_days, of_note("granted_until")),
    "work until": Kind(st.none() | st.integers(-1, 1).map(day), of_note("worked_until")),
    "able to work": Kind(yes_or_no, of_note("is_ruled_out")),
    "a note of the same days": Kind(yes_or_no, of_note("overlaps")),
    "a note of its own for another result": Kind(yes_or_no, of_person(has_note_elsewhere="")),
    "in hospital": Kind(yes_or_no, of_follow_up("is_in_hospital")),
    "no follow-up wanted": Kind(yes_or_no, of_follow_up("is_refused")),
    "the calendar": Kind(st.sampled_from([(), (day(4),), (day(4), day(8))]), of_follow_up("days")),
}
changes = st.lists(
    st.sampled_from(sorted(KINDS)).flatmap(lambda name: st.tuples(st.just(name), KINDS[name].values)),
    max_size=10,
    unique_by=lambda change: change[0],
)
"""Changes of what is decided; each kind of change keeps its last value."""


@st.composite
def situations(draw) -> CaseNow:
    """A case at some point of its life: nobody called yet, or some of them told."""
    told, told2 = (draw(st.none() | st.just(Told(day(7)))) for _ in range(2))
    note = draw(st.none() | st.just(NoteNow(note_id=9, last_day=day(7), first_day=day(0))))
    follow_up = draw(st.none() | st.just(FollowUpNow(on=day(1), days=(day(4),), until=day(7), since=day(0))))
    first, second = (
        ContactNow(
            contact_id=number,
            met_on=day(0),
            may_be_at_risk=True,
            person=MeasuredPerson(
                last_day=day(7), call=CallNow.DONE if known else CallNow.WAITING, told=known
            ),
        )
        for number, known in ((1, None), (2, told2))
    )
    return CaseNow(
        case_id=1,
        window=(day(-2), day(2)),
        recalled=(day(-2), day(2)) if told else None,
        person=MeasuredPerson(
            last_day=day(7),
            call=CallNow.DONE if told else CallNow.WAITING,
            told=told,
            note=note if told else None,
            follow_up=follow_up if told else None,
        ),
        contacts=(first, second),
    )


def lived(now: CaseNow, history) -> CaseNow:
    """Let everything follow after each change; carried out once, nothing more follows."""
    for name, value in history:
        now = settled(KINDS[name].carry(now, value))
    return now


def settled(now: CaseNow) -> CaseNow:
    # a call that is opened again because it no longer counts as told waits from the next step on
    for _ in range(2):
        now = carried_out(now, of_case(now))
    left: tuple[Consequence, ...] = of_case(now)
    assert left == (), "carried out, nothing more follows"
    return now


@given(situations(), changes, st.randoms(use_true_random=False))
@settings(max_examples=examples(200))
def test_the_same_facts_in_any_order_end_in_the_same_calls_and_marks(now, history, random):
    shuffled = list(history)
    random.shuffle(shuffled)

    assert lived(settled(now), shuffled) == lived(settled(now), history)


@given(situations(), changes)
@settings(max_examples=examples(50))
def test_whoever_was_told_otherwise_and_may_be_called_is_called(now, history):
    end = lived(settled(now), history).person

    is_otherwise = end.told is not None and end.heard != end.due
    if is_otherwise and end.may_be_called and not end.is_informed_elsewhere:
        assert end.call is CallNow.AGAIN
