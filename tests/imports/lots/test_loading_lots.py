"""The sample lots, loaded into a database: what an import must report, and what it leaves behind."""

from typing import Any

import pytest

from tests.support.lots import arrival, expected
from tests.support.story import Story
from tracing.imports.jobs import load

LOTS = ("pdl-20210308-0800.csv.p7m", "pdl-20210308-1300.xlsx", "pdl-20210510-hard.csv.p7m")


@pytest.fixture
def loaded(story: Story) -> dict[str, dict[str, Any]]:
    """The three lots of the portal, one after the other."""
    return {name: load(arrival(name), with_lines=True) for name in LOTS}


def test_each_lot_reports_exactly_what_is_expected_and_again_only_duplicates(loaded) -> None:
    for name in LOTS:
        report, wanted = loaded[name], expected(name)
        assert {key: report[key] for key in wanted if key != "outcomes"} == {
            key: value for key, value in wanted.items() if key != "outcomes"
        }
        if "outcomes" in wanted:
            assert report["outcomes"] == wanted["outcomes"]

    for name in LOTS:
        again = load(arrival(name))
        assert again["duplicate"] == again["lines"]
