"""Where everybody of a chain stands: below whom they met last before they fell ill."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tracing.casefiles.chain_drawing import draw, ticks_of
from tracing.casefiles.chain_rules import Meeting, Member, arrange

D = date(2026, 3, 1)


def day(n: int) -> date:
    return D + timedelta(days=n)


def ill(number: int, began: int) -> Member:
    return Member(number, f"P0-26-{number:06}", day(began), has_symptoms=True, contacts=0)


def met(of: int, whom: int, on: int | None = None) -> Meeting:
    return Meeting(of, whom, None if on is None else day(on))


def order(lines):
    return [(one.member.case_id, one.depth, one.main.of if one.main else None) for one in lines]


def test_everybody_stands_below_whom_they_met_last_before_they_fell_ill():
    people = [ill(1, 0), ill(2, 3), ill(3, 4), ill(4, 9)]
    meetings = [met(1, 2, 1), met(1, 3, 2), met(2, 4, 8), met(3, 4, 6), met(1, 4, 10)]

    lines = arrange(people, meetings)

    assert order(lines) == [(1, 0, None), (2, 1, 1), (4, 2, 2), (3, 1, 1)]
    assert {one.of for one in lines[2].others} == {1, 3}


def test_two_who_named_each_other_make_no_circle():
    lines = arrange([ill(1, 5), ill(2, 3)], [met(1, 2, 4), met(2, 1, 4)])

    assert order(lines) == [(2, 0, None), (1, 1, 2)]
    assert lines[0].others == (met(1, 2, 4),)


people = st.lists(st.integers(0, 30), min_size=1, max_size=25).map(
    lambda days: [ill(number, began) for number, began in enumerate(days)]
)


@given(people, st.data())
def test_nobody_is_lost_or_doubled_and_nobody_stands_below_somebody_who_fell_ill_later(members, data):
    number = st.integers(0, len(members) - 1)
    meetings = data.draw(
        st.lists(st.builds(met, number, number, st.none() | st.integers(0, 30)), max_size=60)
    )

    lines = arrange(members, meetings)

    assert sorted(one.member.case_id for one in lines) == list(range(len(members)))
    began = {one.case_id: one.began_on for one in members}
    assert all(began[one.main.of] <= one.member.began_on for one in lines if one.main)


def test_the_drawing_leads_from_each_person_to_their_row_and_says_who_they_are():
    lines = arrange([ill(1, 0), ill(2, 3)], [met(1, 2, 1)])

    drawn = draw(
        lines, said={1: "P0-1, <premier>", 2: "P0-2"}, days={one: f"{one}" for one in ticks_of(lines)}
    )

    assert 'href="#case-1"' in drawn
    assert 'href="#case-2"' in drawn
    assert 'aria-label="P0-1, &lt;premier&gt;"' in drawn
    assert "invalid" not in drawn
    assert "style=" not in drawn
    assert "<script" not in drawn
