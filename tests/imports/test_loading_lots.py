"""The sample lots, loaded into a database: what an import must report, and what it leaves behind."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.story import Story
from tracing.imports.cli import passwords_for
from tracing.imports.containers import Secrets
from tracing.imports.jobs import Arrival, load

EXTRACTS = Path(__file__).parent.parent / "data" / "extracts"
LOTS = ("pdl-20210308-0800.csv.p7m", "pdl-20210308-1300.xlsx", "pdl-20210510-hard.csv.p7m")


def arrival(name: str) -> Arrival:
    keys = EXTRACTS / "keys"
    return Arrival(
        content=(EXTRACTS / name).read_bytes(),
        file_name=name,
        source_code="PDL",
        secrets=Secrets(
            private_key=(keys / "site-rsa.key.pem").read_bytes(),
            certificate=(keys / "site-rsa.cert.pem").read_bytes(),
            passwords=passwords_for(name, (keys / "passwords.txt").read_text()),
        ),
        zone=ZoneInfo("Europe/Paris"),
        allow_fiction=True,
        programme="exercise-2022",
    )


def expected(name: str) -> dict[str, Any]:
    stem = name.removesuffix(".csv.p7m").removesuffix(".xlsx")
    return json.loads((EXTRACTS / f"{stem}.expected.json").read_text())


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
