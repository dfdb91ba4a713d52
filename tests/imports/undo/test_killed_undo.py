"""Taking a lot back in a process that is killed: the lot stands as before, and the scheduler takes it back whole."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.support.everything import everything
from tests.support.importer import KILLED, importer
from tests.support.live import Live
from tests.support.lots import SETTINGS, arrival, lot_of
from tracing.imports import jobs
from tracing.imports.jobs import load
from tracing.imports.lots import queries
from tracing.imports.models import LotState
from tracing.imports.undo import services as undoing
from tracing.kernel import clock, db
from tracing.staff.models import Member

APART = 3
"""Statements between two kills."""
FIRST = ({"TEL_MOBILE": "0639980001"}, {"PRENOMS": "Luc", "TEL_MOBILE": "0639980002"})
SECOND = (
    *({"PRENOMS": name, "TEL_MOBILE": "0639980003"} for name in ("Zoé", "Anne", "Paul")),
    {"PRENOMS": "Luc", "TEL_MOBILE": "0639980002", "DATE_PRELEVEMENT": "06/03/2021 08:30"},
    {"PRENOMS": "Rose", "TEL_MOBILE": "NC"},
    {"DATE_NAISSANCE": "31/02/1985", "TEL_MOBILE": "0639980004"},
    {"RESULTAT": "N", "TEL_MOBILE": "0639980005"},
)
"""Alone, a family, one result more of somebody known, nobody's number, to be corrected, not positive."""


def lot(series: str, lines: Any) -> bytes:
    return lot_of([{"ID_RESULTAT": f"{series}-{number}"} | one for number, one in enumerate(lines)])


@pytest.fixture
def loaded(live_database: Live) -> int:
    """Two lots, of which the second is to be taken back; somebody asked for it."""
    load(arrival("first", lot("A", FIRST)))
    return ask_again()


def ask_again() -> int:
    lot_id: int = load(arrival("second", lot("B", SECOND)))["lot"]
    with db.transaction():
        undoing.ask(lot_id, by=db.session.scalars(select(Member.id).limit(1)).one(), at=clock.now())
    return lot_id


def state_of(lot_id: int) -> LotState:
    with db.transaction():
        return queries.get_lot(lot_id).state


@pytest.mark.timeout(120)
def test_an_undo_killed_at_any_statement_leaves_all_or_nothing_and_is_taken_up_again(
    loaded: int, live_database: Live
) -> None:
    jobs.process_next_lot(SETTINGS)
    assert state_of(loaded) is LotState.UNDONE
    clean = brought()
    lot_id = ask_again()
    before = brought()
    assert before != clean

    kills, killed_at = 0, 1
    with importer(live_database) as other:
        while state_of(lot_id) is not LotState.UNDONE:
            assert brought() == before
            other.ask_scheduler(killed_at=killed_at)
            kills += other.ended() == KILLED
            killed_at += APART

    assert kills > 10
    assert brought() == clean


def brought() -> dict[str, Any]:
    """Return everything that lots bring; of lots, and of what happened, there is more the second time."""
    with db.transaction():
        return {part: rows for part, rows in everything().items() if part not in {"lots", "events"}}
