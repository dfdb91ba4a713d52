"""An import that is killed, that fails at any statement, or that runs twice at once ends as one clean run."""

from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError

from tests.support.everything import everything
from tests.support.importer import KILLED, Importer, at_statement, importer, received
from tests.support.live import Live
from tests.support.lots import SETTINGS, arrival, lot_of
from tracing.imports import jobs
from tracing.imports.jobs import load
from tracing.imports.lots import queries
from tracing.imports.lots import services as lots
from tracing.imports.models import LotState
from tracing.imports.undo import services as undoing
from tracing.kernel import clock, db
from tracing.kernel.config import Settings
from tracing.staff.models import Member
from tracing.staff.scope import HOST

KILLS = 50
LATEST = 250
"""Statements: past the first batches, so that a lot is finished after some kills."""
BATCH = 4


def varied_lot(series: str = "K") -> bytes:
    """Return a lot in which something of everything happens, also across the ends of its batches."""
    some: list[dict[str, str]] = []
    for number in range(9):
        some += [
            # alone, a family on one number, one result more of the same person, and a line without an id
            _line(series, len(some), NOM_NAISSANCE=f"SEUL {letters(number)}"),
            _line(
                series,
                len(some) + 1,
                NOM_NAISSANCE=f"FAMILLE {letters(number // 2)}",
                PRENOMS=f"{letters(number)} Luc",
                TEL_MOBILE=f"06399810{number // 2:02}",
            ),
            _line(
                series,
                len(some) + 2,
                NOM_NAISSANCE=f"SEUL {letters(number // 3)}",
                DATE_PRELEVEMENT="06/03/2021 08:30",
            ),
            _line(
                series,
                len(some) + 3,
                ID_RESULTAT="",
                NOM_NAISSANCE=f"SANS {letters(number)}",
                TEL_MOBILE="NC",
            ),
        ]
        if number % 3 == 0:
            some.append(_line(series, len(some), DATE_NAISSANCE="31/02/1985"))
            some.append(_line(series, len(some), RESULTAT="N"))
    some.append(some[2] | {"RESULTAT": "N"})  # withdrawn
    some.append(
        some[4] | {"DATE_NAISSANCE": "20/07/1985", "NOM_NAISSANCE": "CORRIGE"}
    )  # settles a quarantined line
    some.append(dict(some[0]))  # a duplicate
    return lot_of(some)


def _line(series: str, number: int, **fields: str) -> dict[str, str]:
    return {"ID_RESULTAT": f"{series}-{number}", "TEL_MOBILE": f"0639980{number:03}"} | fields


def letters(number: int) -> str:
    """Return a number as a name."""
    return "".join("ABCDEFGHIJ"[int(digit)] for digit in f"{number:02}")


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lot as it was sent: encrypted once, so that it is the same file each time."""
    file = tmp_path_factory.mktemp("sent") / "killed"
    file.write_bytes(varied_lot())
    return file


@pytest.fixture
def clean(live_database: Live, sent: Path) -> dict[str, Any]:
    """What one clean run leaves."""
    load(received(sent), batch_size=BATCH)
    with db.transaction():
        return everything()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_lot_killed_fifty_times_ends_as_one_clean_run(
    clean: dict[str, Any], live_engines: Any, live_database: Live, sent: Path
) -> None:
    random = Random(20260310)
    kills = runs = 0
    with importer(live_database) as other:
        while kills < KILLS:
            _empty(live_engines[0])
            while _load(other, sent, killed_at=random.randrange(1, LATEST)) == KILLED:
                kills += 1
                with db.transaction():
                    _is_whole()
                    if [lot.state for lot in queries.lots(HOST)] == [LotState.LOADED]:
                        break  # killed when all was done
            runs += 1
            with db.transaction():
                assert everything() == clean
    assert runs > 1


def _load(other: Importer, file: Path, *, killed_at: int) -> int:
    other.ask(file, batch_size=BATCH, killed_at=killed_at)
    return other.ended()


def _empty(owner: Engine) -> None:
    """Remove what was imported; the people of the story and their sites stay."""
    with owner.begin() as connection:
        connection.execute(
            text(
                """TRUNCATE import_lots, import_lines, import_originals, import_sources, people, person_keys, households,
                household_numbers, cases, lab_results, call_tasks, queue_entries, possible_duplicates, events CASCADE"""
            )
        )


def _is_whole() -> None:
    """No line without what it made, nothing made without its line, nobody to call who is not in the queue."""
    for wrong in (
        "SELECT id FROM import_lines WHERE outcome = 'created' AND case_id IS NULL",
        "SELECT id FROM cases WHERE id NOT IN (SELECT case_id FROM import_lines WHERE outcome = 'created')",
        "SELECT id FROM cases WHERE id NOT IN (SELECT case_id FROM call_tasks)",
        "SELECT id FROM lab_results WHERE case_id NOT IN (SELECT case_id FROM import_lines WHERE case_id IS NOT NULL)",
        "SELECT id FROM people WHERE id NOT IN (SELECT person_id FROM cases)",
        """SELECT id FROM call_tasks WHERE state = 'open' AND household_id NOT IN
           (SELECT household_id FROM queue_entries WHERE state <> 'idle')""",
    ):
        assert db.session.execute(text(wrong)).all() == [], wrong


def test_the_same_lot_in_two_processes_at_once_is_taken_in_once(
    clean: dict[str, Any], live_engines: Any, live_database: Live, sent: Path
) -> None:
    _empty(live_engines[0])
    with importer(live_database) as one, importer(live_database) as two:
        for other in (one, two):
            other.ask(sent, batch_size=BATCH)
        assert [one.ended(), two.ended()] == [0, 0]

    with db.transaction():
        left = everything()
        created = [lot.counts["created"] for lot in queries.lots(HOST)]
    same = ("people", "keys", "cases", "tasks", "households", "numbers", "pairs")
    assert [left[part] for part in same] == [clean[part] for part in same]
    assert min(created) == 0


def test_a_batch_that_loses_a_deadlock_with_a_page_is_written_once_more(
    live_engines: Any, live_database: Live, sent: Path
) -> None:
    engine = db.session.get_bind()
    assert isinstance(engine, Engine)
    forget = at_statement(engine, 0, _lose)
    load(received(sent))
    statements = forget()
    with db.transaction():
        wanted = everything()
    _empty(live_engines[0])

    forget = at_statement(engine, statements // 2, _lose)
    load(received(sent))
    assert forget() > statements

    with db.transaction():
        assert everything() == wanted


def _lose() -> None:
    raise OperationalError("injected", None, DeadlockDetected("deadlock detected"))


def small_lot() -> bytes:
    """Return a few lines, one of each kind."""
    return lot_of(
        [
            _line("P", 1),
            _line("P", 2, PRENOMS="Zoé", TEL_MOBILE="0639982000"),
            _line("P", 3, PRENOMS="Luc", TEL_MOBILE="0639982000"),
            _line("P", 4, DATE_PRELEVEMENT="06/03/2021 08:30"),
            _line("P", 5, DATE_NAISSANCE="31/02/1985"),
            _line("P", 6, RESULTAT="N"),
            _line("P", 2, PRENOMS="Zoé", TEL_MOBILE="0639982000", RESULTAT="N"),
        ]
    )


WANTED = {
    "lines": 7,
    "created": 3,
    "repeat": 1,
    "quarantined": 2,
    "not_positive": 1,
    "withdrawn": 0,
    "duplicate": 0,
    "possible_duplicates": 0,
    "new_episodes": 0,
    "quarantine_reasons": {"BAD_DATE": 1, "CONTRADICTION": 1},
    "warnings": {},
}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_import_that_fails_at_each_statement_in_turn_says_so_and_completes(
    live_database: Live, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, fiction_numbers=True)
    engine = db.session.get_bind()
    assert isinstance(engine, Engine)
    lot_id = _receive(small_lot())
    failing = failed = 0
    state, trouble = LotState.RECEIVED, None
    while state is not LotState.LOADED:
        failing += 1
        forget = at_statement(engine, failing, _break)
        with suppress(OperationalError):
            jobs.process_next_lot(settings)
        has_failed = forget() >= failing
        with db.transaction():
            _is_whole()
            lot = queries.get_lot(lot_id)
            state, trouble = lot.state, lot.trouble
            assert state in (LotState.RECEIVED, LotState.LOADING, LotState.LOADED)
            assert state is LotState.LOADED or has_failed
            if state is not LotState.LOADED:
                failed += 1
                lots.try_now(lot_id)

    assert failed > 40
    assert trouble is None
    with db.transaction():
        assert {name: queries.get_lot(lot_id).counts[name] for name in WANTED} == WANTED


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_taking_a_lot_back_that_fails_at_any_statement_changes_nothing_and_is_tried_again(
    live_database: Live,
) -> None:
    engine = db.session.get_bind()
    assert isinstance(engine, Engine)
    lot_id = load(arrival("failing", small_lot()))["lot"]
    with db.transaction():
        undoing.ask(lot_id, by=db.session.scalars(select(Member.id).limit(1)).one(), at=clock.now())
        before = everything()
    failing = 0
    state = LotState.LOADED
    while state is not LotState.UNDONE:
        failing += 1
        forget = at_statement(engine, failing, _break)
        with suppress(OperationalError):
            jobs.process_next_lot(SETTINGS)
        forget()
        with db.transaction():
            lot = queries.get_lot(lot_id)
            state = lot.state
            if state is not LotState.UNDONE:
                assert everything() == before
                lot.tries, lot.try_again_at = 0, None

    assert failing > 20
    with db.transaction():
        assert everything()["people"] == []


@pytest.mark.parametrize(
    ("error", "attempts"),
    [(OperationalError("injected", None, Exception("the disk is full")), 4), (ValueError("a mistake"), 1)],
)
def test_a_lot_that_cannot_be_taken_back_stays_and_says_so(
    live_database: Live, error: Exception, attempts: int
) -> None:
    def fail() -> None:
        raise error

    engine = db.session.get_bind()
    assert isinstance(engine, Engine)
    lot_id = load(arrival("failing", small_lot()))["lot"]
    with db.transaction():
        undoing.ask(lot_id, by=db.session.scalars(select(Member.id).limit(1)).one(), at=clock.now())
        before = everything()
    for _ in range(attempts):
        with db.transaction():
            assert queries.get_lot(lot_id).is_being_undone
            lots.try_now(lot_id)
        forget = at_statement(engine, 20, fail)
        with suppress(ValueError):
            jobs.process_next_lot(SETTINGS)
        forget()

    with db.transaction():
        lot = queries.get_lot(lot_id)
        assert (lot.state, lot.undone_by, lot.try_again_at) == (LotState.LOADED, None, None)
        assert "n’a pas été annulé" in str(lot.trouble)
        assert everything() == before


def _receive(content: bytes) -> int:
    with db.transaction():
        lot = lots.receive(
            content,
            file_name="failing",
            source_code="PDL",
            one_off_secret=arrival("failing", b"").secrets,
            by=None,
            at=clock.now(),
        )
        db.session.execute(text("UPDATE import_sources SET is_trusted = true"))
        return lot.id


def _break() -> None:
    raise OperationalError("injected", None, Exception("the disk is full"))
