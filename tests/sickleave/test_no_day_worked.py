"""Whatever was answered and asked for, no note covers a day on which the person worked, or one of another note."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sickleave.test_deciding_a_note import EXERCISE, request
from tracing.programmes.rules import isolation, note_rule, quarantine
from tracing.programmes.vocabulary import Subject, Vaccination
from tracing.sickleave.answers import free_from
from tracing.sickleave.rules import NoteAllowed, decide_note

TODAY = date(2026, 3, 10)
MANY = settings(max_examples=300, deadline=None)

days_ago = st.integers(0, 20).map(lambda back: TODAY - timedelta(days=back))
near = st.integers(-20, 20).map(lambda off: TODAY + timedelta(days=off))
notes = st.lists(
    st.tuples(near, st.integers(0, 9)).map(lambda one: (one[0], one[0] + timedelta(days=one[1]))), max_size=3
)


def decided(subject, started, vaccination, said, asked, others):
    if subject is Subject.CASE:
        measure = isolation(
            EXERCISE, onset=started, sampled=started, vaccination=vaccination, age=40, on=TODAY
        )
    else:
        measure = quarantine(
            EXERCISE, last_contact=started, lives_with_case=False, vaccination=vaccination, age=40, on=TODAY
        )
    changes = {
        "first_day": asked,
        "other_notes": tuple(others),
        "free_from": free_from(said, today=TODAY),
    }
    return measure, decide_note(request(subject, measure, TODAY.isoformat(), EXERCISE, changes))


@MANY
@given(
    subject=st.sampled_from([Subject.CASE, Subject.CONTACT]),
    started=days_ago,
    vaccination=st.sampled_from([Vaccination.NONE, Vaccination.COMPLETE]),
    worked=days_ago | st.none(),
    apart=days_ago | st.none(),
    asked=near | st.none(),
    others=notes,
)
def test_no_note_covers_a_day_worked_or_one_of_another_note(
    subject, started, vaccination, worked, apart, asked, others
):
    said = {"last_work_on": worked.isoformat() if worked else "unknown"}
    if apart:
        said["apart_since"] = apart.isoformat()

    measure, note = decided(subject, started, vaccination, said, asked, others)

    if isinstance(note, NoteAllowed):
        row = note_rule(EXERCISE, subject, TODAY)
        if worked is not None:
            assert note.first_day > worked
        else:
            assert note.first_day >= (apart or TODAY), "nothing earlier is known to be free"
        assert note.first_day >= measure.start
        if subject is Subject.CASE:
            assert note.last_day <= measure.last_day_in
        else:
            # a contact's note lasts its seven days, but none begins once the quarantine is over
            assert note.first_day >= TODAY - timedelta(days=row.retroactive_days)
            assert note.first_day <= measure.last_day_in
        assert not any(begins <= note.last_day and note.first_day <= ends for begins, ends in others)
        assert note.days <= (row.max_days or row.total_days_without_adviser)


@MANY
@given(started=days_ago, worked=days_ago)
def test_a_later_day_of_work_never_makes_a_note_longer(started, worked):
    before, after = (
        decided(Subject.CASE, started, Vaccination.NONE, {"last_work_on": day.isoformat()}, None, ())[1]
        for day in (worked - timedelta(days=1), worked)
    )

    if isinstance(after, NoteAllowed):
        assert isinstance(before, NoteAllowed)
        assert before.days >= after.days
