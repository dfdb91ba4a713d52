"""The six extracts that other programs wrote: exactly what was announced of each, line by line."""

from dataclasses import replace

import pytest

from tests.support.lots import EXTRACTS, Store, arrival, expected, extract, read, secrets
from tracing.imports import cli
from tracing.imports.decryption.layers import open_container
from tracing.imports.jobs import load
from tracing.kernel.config import Settings

LOTS = ("pdl-20210308-0800.csv.p7m", "pdl-20210308-1300.xlsx", "pdl-20210510-hard.csv.p7m")
ALONE = {
    "nor-20210308.csv.pgp": ("NOR", "site-openpgp.key.asc"),
    "cor-20220110.zip": ("COR", None),
    "reu-20220110.csv.age": ("REU", "site-age.key.txt"),
}
"""Each into an empty database; with its source, and the key that opens it where that is no password."""


def lines_of(name):
    """Open and read an extract in this process."""
    return list(read(open_container(extract(name), secrets(name))).lines)


def as_announced(report, name):
    """Return what a report says of all that was announced of an extract."""
    return {key: report[key] for key in expected(name)}


@pytest.fixture(scope="module")
def lots():
    """Return the lines of each lot of Pays de la Loire."""
    return {name: lines_of(name) for name in LOTS}


def test_the_lots_give_exactly_what_was_announced_and_again_only_duplicates(lots):
    store = Store()
    for name in LOTS:
        told = store.load(lots[name])

        assert as_announced(told, name) == expected(name)

    for name in LOTS:
        again = store.load(lots[name])

        assert again["duplicate"] == again["lines"] == len(lots[name])


@pytest.mark.parametrize("name", ALONE)
def test_an_extract_into_an_empty_database_reports_what_was_announced(session, clock, name):
    source, _ = ALONE[name]

    report = load(replace(arrival(name), source_code=source))

    assert as_announced(report, name) == expected(name)


@pytest.mark.parametrize("name", ALONE)
def test_the_command_takes_every_kind_of_key_file(session, clock, tmp_path, name):
    source, key = ALONE[name]
    keys = EXTRACTS / "keys"

    report = cli.load(
        EXTRACTS / name,
        source=source,
        key_file=keys / key if key else None,
        cert_file=None,
        password_file=None if key else keys / "passwords.txt",
        with_lines=False,
        settings=Settings(data_dir=tmp_path, fiction_numbers=True),
    )

    assert as_announced(report, name) == expected(name)


def test_row_numbers_are_those_seen_in_the_file(lots):
    text, workbook = lots[LOTS[0]], lots[LOTS[1]]

    assert [line.row for line in text] == list(range(2, 402))
    assert [line.row for line in workbook] == list(range(5, 262))


def test_a_number_of_fifteen_digits_comes_whole_out_of_a_cell(lots):
    assert lots[LOTS[1]][0].values[7] == "171114415454294"
