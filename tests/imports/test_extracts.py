"""The three lots of Pays de la Loire, one after the other: exactly what was announced, line by line."""

import pytest

from tests.support.lots import Store, expected, extract, secrets
from tracing.imports.opening import open_container
from tracing.imports.worker import read_table

LOTS = ("pdl-20210308-0800.csv.p7m", "pdl-20210308-1300.xlsx", "pdl-20210510-hard.csv.p7m")


def lines_of(name):
    """Open and read an extract in this process."""
    return list(read_table(open_container(extract(name), secrets(name))))


@pytest.fixture(scope="module")
def lots():
    """Return the lines of each lot."""
    return {name: lines_of(name) for name in LOTS}


def test_the_lots_give_exactly_what_was_announced_and_again_only_duplicates(lots):
    store = Store()
    for name in LOTS:
        told = store.load(lots[name])
        announced = expected(name)

        assert {key: told[key] for key in announced} == announced

    for name in LOTS:
        again = store.load(lots[name])

        assert again["duplicate"] == again["lines"] == len(lots[name])


def test_row_numbers_are_those_seen_in_the_file(lots):
    text, workbook = lots[LOTS[0]], lots[LOTS[1]]

    assert [line.row for line in text] == list(range(2, 402))
    assert [line.row for line in workbook] == list(range(5, 262))


def test_a_number_of_fifteen_digits_comes_whole_out_of_a_cell(lots):
    assert lots[LOTS[1]][0].values[7] == "171114415454294"
