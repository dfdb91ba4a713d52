"""Whatever is prolonged or replaced: no day worked, no overlap, no gap in a chain, never past the rule."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sickleave.test_deciding_a_note import COVID, EXERCISE, request
from tracing.programmes.rules import isolation, note_rule, quarantine
from tracing.programmes.vocabulary import Subject, Vaccination
from tracing.sickleave.answers import free_from
from tracing.sickleave.mending.rules import Chain, decide_prolongation, decide_replacement, ending_on
from tracing.sickleave.rules import NoteAllowed, NoteRefused, Reason, decide_note

TODAY = date(2026, 3, 10)
CALLED = date(2022, 1, 10)
DAY = timedelta(days=1)
MANY = settings(max_examples=300, deadline=None)

days_ago = st.integers(0, 12).map(lambda back: TODAY - timedelta(days=back))
later = st.integers(0, 14).map(timedelta)
spans = st.lists(
    st.tuples(st.integers(-15, 25), st.integers(0, 6)).map(
        lambda one: (TODAY + timedelta(days=one[0]), TODAY + timedelta(days=one[0] + one[1]))
    ),
    max_size=2,
)


def measure_of(subject, started, vaccination, on):
    if subject is Subject.CASE:
        return isolation(EXERCISE, onset=started, sampled=started, vaccination=vaccination, age=40, on=TODAY)
    return quarantine(
        EXERCISE, last_contact=started, lives_with_case=False, vaccination=vaccination, age=40, on=on
    )


def asked(subject, measure, on, worked, others=(), **changes):
    free = free_from({"last_work_on": worked.isoformat()}, today=on)
    known = {"free_from": free, "other_notes": tuple(others)} | changes
    return request(subject, measure, on.isoformat(), EXERCISE, known)


@MANY
@given(
    subject=st.sampled_from([Subject.CASE, Subject.CONTACT]),
    started=days_ago,
    moved=st.integers(-4, 6).map(timedelta),
    vaccination=st.sampled_from([Vaccination.NONE, Vaccination.COMPLETE]),
    worked=days_ago,
    wait=later,
    awaited=st.booleans(),
    worked_since=st.booleans(),
    by_adviser=st.booleans(),
    others=spans,
)
def test_a_chain_has_no_gap_no_overlap_no_day_worked_and_keeps_to_the_rule(
    subject, started, moved, vaccination, worked, wait, awaited, worked_since, by_adviser, others
):
    first = decide_note(
        asked(subject, measure_of(subject, started, vaccination, TODAY), TODAY, worked, others)
    )
    if not isinstance(first, NoteAllowed):
        return
    spans_so_far = [(first.first_day, first.last_day)]
    on, since = TODAY + wait, started + moved
    measure = measure_of(subject, since, vaccination, on)
    row = note_rule(EXERCISE, subject, on, measure)

    for _ in range(3):
        chain = Chain(tuple(spans_so_far))
        new = decide_prolongation(
            asked(subject, measure, on, worked, others),
            chain,
            result_is_awaited=awaited,
            worked_since=worked_since,
            by_adviser=by_adviser,
        )
        if isinstance(new, NoteRefused):
            break
        assert not worked_since
        assert new.first_day == chain.last_day + DAY
        assert new.first_day > worked
        assert not any(begins <= new.last_day and new.first_day <= ends for begins, ends in others)
        assert chain.days + new.days <= row.total_days_without_adviser or by_adviser
        if subject is Subject.CASE:
            assert new.last_day <= measure.last_day_in
        else:
            assert awaited
            assert new.days <= (row.extension_days or row.max_days)
            assert new.first_day >= on - timedelta(days=row.retroactive_days)
            assert by_adviser or not chain.is_prolonged
        spans_so_far.append((new.first_day, new.last_day))


@MANY
@given(
    subject=st.sampled_from([Subject.CASE, Subject.CONTACT]),
    started=days_ago,
    moved=st.integers(-4, 6).map(timedelta),
    vaccination=st.sampled_from([Vaccination.NONE, Vaccination.COMPLETE]),
    worked=days_ago,
    wanted_first=days_ago,
    wanted_last=later,
    others=spans,
)
def test_a_replacement_keeps_to_the_rule_whatever_is_asked(
    subject, started, moved, vaccination, worked, wanted_first, wanted_last, others
):
    measure = measure_of(subject, started + moved, vaccination, TODAY)
    made = asked(subject, measure, TODAY, worked, others, first_day=wanted_first)

    found = decide_replacement(made, earlier=None)

    if isinstance(found, NoteRefused):
        return
    new = ending_on(found, wanted_first + wanted_last)
    if new is None:
        return
    assert worked < new.first_day <= new.last_day <= found.last_day
    assert not any(begins <= new.last_day and new.first_day <= ends for begins, ends in others)
    if subject is Subject.CASE:
        assert measure.start <= new.first_day
        assert new.last_day <= measure.last_day_in


@MANY
@given(started=days_ago, worked=days_ago, back=st.integers(1, 10).map(timedelta))
def test_a_replaced_prolongation_begins_where_it_began(started, worked, back):
    measure = measure_of(Subject.CASE, started, Vaccination.NONE, TODAY)
    first = decide_note(asked(Subject.CASE, measure, TODAY, worked))
    if not isinstance(first, NoteAllowed):
        return
    chain = Chain(((first.first_day, first.last_day),))
    longer = measure_of(Subject.CASE, min(started + back, TODAY), Vaccination.NONE, TODAY)
    made = asked(Subject.CASE, longer, TODAY, worked)

    found = decide_replacement(made, earlier=chain)

    if isinstance(found, NoteAllowed):
        assert found.first_day == first.last_day + DAY
    else:
        assert found.reason is not Reason.OVERLAP
    assert decide_replacement(replace(made, can_telework=True), earlier=chain).reason is Reason.CAN_TELEWORK


@pytest.mark.parametrize(
    ("met", "on", "by_adviser", "why"),
    [
        (0, 0, False, Reason.TEST_NOT_DUE),
        (0, 6, False, Reason.TEST_NOT_DUE),
        (0, 7, False, None),
        (-7, 0, False, Reason.NOT_ITS_LAST_DAYS),
        (-7, 5, False, None),
        (0, 0, True, None),
    ],
)
def test_a_contacts_note_is_prolonged_once_the_test_is_due_and_the_note_nearly_over(met, on, by_adviser, why):
    """Issued today for a meeting of today, with a test to come in seven days, or for one of seven days ago."""
    measure = quarantine(
        COVID,
        last_contact=CALLED + met * DAY,
        lives_with_case=False,
        vaccination=Vaccination.NONE,
        age=40,
        on=CALLED,
    )
    first = decide_note(request(Subject.CONTACT, measure, CALLED.isoformat(), COVID, {}))
    chain = Chain(((first.first_day, first.last_day),))
    made = request(Subject.CONTACT, measure, (CALLED + on * DAY).isoformat(), COVID, {})

    found = decide_prolongation(made, chain, result_is_awaited=True, by_adviser=by_adviser)

    assert getattr(found, "reason", None) is why
    assert isinstance(decide_replacement(made, earlier=chain), NoteAllowed), "one there is may get other days"
