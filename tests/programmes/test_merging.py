"""A version of a table: what held keeps holding for the days on which it held."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracing.programmes.checks import problems, situations
from tracing.programmes.loader import get_pack
from tracing.programmes.publishing import rules

DAY = date(2026, 3, 12)
PACK = get_pack("exercise-2022")
ISOLATIONS = PACK.isolations


def rows():
    return rules.rows_on(ISOLATIONS, DAY)


def changed(row_id, **fields):
    return [row | fields if row["id"] == row_id else row for row in rows()]


def test_a_table_is_read_as_it_was_written():
    for pack in (PACK, get_pack("covid19"), get_pack("measles"), get_pack("meningococcal")):
        for name, table in pack.tables():
            assert rules.read_table(pack, name, rules.table_content(table)) == table


def test_nothing_changes_when_nothing_is_changed():
    assert rules.compose(PACK, "isolations", rows(), DAY).isolations == ISOLATIONS
    assert not rules.is_change(PACK, "isolations", rows(), DAY)


def test_a_changed_row_ends_and_another_begins_under_a_name_of_its_own():
    pack = rules.compose(PACK, "isolations", changed("P0-4a", days=6), DAY, number=3)

    old, new = pack.find_rule("P0-4a"), pack.find_rule("P0-4a.v2")
    assert (old.days, old.in_force_to) == (7, DAY)
    assert (new.days, new.in_force_from, new.in_force_to) == (6, DAY, None)
    assert pack.find_rule("P0-4b") == PACK.find_rule("P0-4b")
    assert pack.version == f"{PACK.version}.3"
    assert list(problems(pack)) == []


def test_a_row_that_changed_twice_is_numbered_on():
    once = rules.compose(PACK, "isolations", changed("P0-4a", days=5), DAY)
    later = DAY + timedelta(days=30)
    again = [
        row | {"days": 6} if row["id"] == "P0-4a.v2" else row for row in rules.rows_on(once.isolations, later)
    ]

    twice = rules.compose(once, "isolations", again, later)

    assert [(row.id, row.days) for row in twice.isolations if row.in_force(later)] == [
        ("P0-4a.v3", 6),
        ("P0-4b", 10),
    ]


def test_a_row_changed_twice_before_the_same_day_was_never_in_force():
    once = rules.compose(PACK, "isolations", changed("P0-4a", days=5), DAY)
    again = [
        row | {"days": 6} if row["id"] == "P0-4a.v2" else row for row in rules.rows_on(once.isolations, DAY)
    ]

    twice = rules.compose(once, "isolations", again, DAY)

    assert [row.id for row in twice.isolations] == ["P0-4a", "P0-4a.v3", "P0-4b"]


@given(
    st.permutations(range(len(rows()))),
    st.sets(st.integers(0, 1)),
    st.integers(0, 30),
    st.sampled_from(["isolations"]),
)
def test_no_decision_dated_before_it_changes(order, left_out, days, name):
    written = [rows()[place] for place in order if place not in left_out]
    if written:
        written[0] = written[0] | {"days": days}
    else:
        written = [rows()[-1] | {"days": days}]

    table = rules.compose(PACK, name, written, DAY).isolations

    for situation in situations(PACK, ISOLATIONS):
        for day in (situation.on, DAY - timedelta(days=1)):
            before, after = ISOLATIONS.choose(situation.facts, day), table.choose(situation.facts, day)
            assert (before and (before.id, before.days)) == (after and (after.id, after.days))


@given(st.permutations(range(len(rules.rows_on(PACK.quarantines, DAY)))))
def test_from_its_day_on_the_rows_hold_in_their_new_order(order):
    listed = rules.rows_on(PACK.quarantines, DAY)
    written = [listed[place] for place in order]

    table = rules.compose(PACK, "quarantines", written, DAY).quarantines

    held = [row.id.partition(".v")[0] for row in table.rules if row.in_force(DAY)]
    assert held == [row["id"] for row in written]


def test_rules_that_do_not_reach_measures_under_way_leave_them():
    later = changed("P0-4b", days=5, applies_to_ongoing=False)

    table = rules.compose(PACK, "isolations", later, DAY).isolations

    began = DAY - timedelta(days=3)
    assert table.choose({}, DAY, began=began).days == 10
    assert table.choose({}, DAY, began=DAY).days == 5


@pytest.mark.parametrize("name", rules.TABLES)
def test_every_table_of_every_programme_can_be_left_as_it_is(name):
    table = dict(PACK.tables()).get(name)
    if table is not None:
        listed = rules.rows_on(table, DAY)
        assert rules.read_table(PACK, name, rules.merge(PACK, name, listed, DAY)) == table
