"""Every day on which a rule begins or ends, and every condition, on both sides; and what holds for any situation."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tracing.programmes import get_pack, load_packs
from tracing.programmes.checks import situations
from tracing.programmes.rules import Course, Situation, TestDone, explain, isolation, quarantine
from tracing.programmes.schema import IsolationRow, QuarantineRow
from tracing.programmes.vocabulary import Subject, Vaccination

DAY = timedelta(days=1)
TABLES = [
    pytest.param(pack, name, table, id=f"{pack.code}-{name}")
    for pack in load_packs().values()
    for name, table in pack.tables()
]


@pytest.mark.parametrize(("pack", "name", "table"), TABLES)
def test_each_rule_decides_from_its_first_day_to_its_last_and_on_no_other(pack, name, table):
    tried = [one.facts for one in situations(pack, table)]

    def decides(rule, on):
        return any(table.choose(facts, on) is rule for facts in tried)

    for rule in table:
        first = rule.in_force_from
        assert not decides(rule, first - DAY), f"{rule.id} before its first day"
        assert decides(rule, first), f"{rule.id} on its first day"
        assert decides(rule, first + DAY), f"{rule.id} on its second day"
        after = rule.in_force_to
        if after is not None:
            assert decides(rule, after - DAY), f"{rule.id} on its last day"
            assert not decides(rule, after), f"{rule.id} after its last day"
            assert not decides(rule, after + DAY)


@pytest.mark.parametrize(("pack", "name", "table"), TABLES)
def test_everybody_has_an_answer_on_every_day_of_change(pack, name, table):
    for one in situations(pack, table):
        for day in (one.on - DAY, one.on, one.on + DAY):
            inside = table.starts <= day and (table.ends is None or day < table.ends)
            assert (table.choose(one.facts, day) is not None) is inside, f"{day}: {one}"


ON = some.dates(date(2020, 5, 1), date(2023, 3, 1))
NEAR = some.integers(0, 30)
CODES = some.sampled_from(sorted(load_packs()))


@some.composite
def asked(draw):
    """Return any situation of a case or a contact, asked some days after it began."""
    on = draw(ON)
    began = on - timedelta(days=draw(NEAR))

    def day():
        return draw(some.none() | NEAR.map(lambda off: began + timedelta(days=off)))

    return Situation(
        subject=draw(some.sampled_from([Subject.CASE, Subject.CONTACT])),
        on=on,
        onset=day(),
        sampled=began,
        last_contact=began,
        notified=draw(some.none() | some.just(on)),
        vaccination=draw(some.sampled_from(list(Vaccination))),
        household=draw(some.booleans()),
        age=draw(some.none() | some.integers(0, 100)),
        case_isolation_end=day(),
        previous_infection=day(),
        immunodepressed=draw(some.booleans()),
        fever_until=day(),
        test_refused=draw(some.booleans()),
    )


@settings(max_examples=100, deadline=None)
@given(code=CODES, said=asked())
def test_nothing_ends_before_it_begins(code, said):
    pack = get_pack(code)
    found = explain(pack, said)
    measure = found.measure

    if measure.end is not None and measure.start is not None and said.case_isolation_end is None:
        assert measure.start <= measure.end
    if found.quarantine and found.quarantine.end_untested:
        assert found.quarantine.end_untested >= found.quarantine.end
    if found.isolation and found.isolation.early_exit:
        assert measure.start <= found.isolation.early_exit.on < measure.end
    if found.window:
        assert found.window.start <= found.window.end
    told = said.notified or found.on
    assert all(test.on >= (told if found.quarantine else measure.start) for test in measure.tests)
    if found.note:
        assert found.note.days >= 0


@settings(max_examples=100, deadline=None)
@given(
    code=CODES,
    said=asked().map(lambda one: replace(one, subject=Subject.CASE, test_refused=False)),
    tested=NEAR,
    symptoms=NEAR,
)
def test_an_earlier_exit_never_lengthens_an_isolation_and_signs_never_shorten_it(
    code, said, tested, symptoms
):
    pack = get_pack(code)
    day = said.sampled + timedelta(days=tested)
    plain = explain(pack, replace(said, fever_until=None))
    negative = explain(pack, replace(said, fever_until=None, tests=(TestDone(day, is_positive=False),)))
    positive = explain(pack, replace(said, fever_until=None, tests=(TestDone(day, is_positive=True),)))
    ill = explain(pack, replace(said, fever_until=said.sampled + timedelta(days=symptoms)))

    if plain.measure.end is not None:
        assert negative.measure.end == plain.measure.end
        assert positive.measure.end >= plain.measure.end
        assert ill.measure.end >= plain.measure.end
    if plain.isolation.early_exit:
        exits = [one.isolation.early_exit for one in (negative, ill) if one.isolation.early_exit]
        assert all(plain.isolation.early_exit.on <= one.on for one in exits)


@settings(max_examples=100, deadline=None)
@given(code=CODES, said=asked(), begins=ON)
def test_a_new_rule_changes_no_decision_dated_before_it(code, said, begins):
    pack = get_pack(code)
    row = {"in_force_from": begins, "text": "Une règle nouvelle.", "source": "this test"}
    added = {
        "isolations": IsolationRow(id="NEW-1", days=3, **row),
        "quarantines": QuarantineRow(id="NEW-2", **row),
    }
    changed = pack.model_copy(
        update={
            name: table.model_copy(update={"rules": (added[name], *table.rules)})
            for name, table in pack.tables()
            if name in added
        }
    )

    before, after = explain(pack, said), explain(changed, said)
    if said.on < begins:
        assert after == before
    elif said.on >= pack.isolations.starts:
        assert after.measure.rule.rule_id in {"NEW-1", "NEW-2", "C-S"}


@pytest.mark.parametrize("days", range(-1, 2))
def test_the_course_so_far_counts_on_the_day_itself(days):
    """A negative test counts from the day of the early exit on, not the day before."""
    covid = get_pack("covid19")
    since = Course(tests=(TestDone(date(2022, 1, 13) + days * DAY, is_positive=False),))
    found = isolation(
        covid,
        onset=date(2022, 1, 8),
        sampled=None,
        vaccination=Vaccination.COMPLETE,
        age=40,
        on=date(2022, 1, 14),
        since=since,
    )

    assert found.early_exit.on == date(2022, 1, 13) + max(days, 0) * DAY


@pytest.mark.parametrize(("age", "rule"), [(5, "C-3h.u6"), (6, "C-3h"), (None, "C-3h")])
def test_the_age_of_six_is_a_boundary_of_a_household_in_2021(age, rule):
    found = quarantine(
        get_pack("covid19"),
        last_contact=date(2021, 3, 1),
        lives_with_case=True,
        vaccination=Vaccination.NONE,
        age=age,
        on=date(2021, 3, 2),
    )

    assert found.rule.rule_id == rule
