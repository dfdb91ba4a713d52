"""A lot can be watched, stopped, taken up again; what goes wrong around it refuses nothing."""

import io
from datetime import timedelta

import pytest
from psycopg.errors import DiskFull, QueryCanceled, UniqueViolation
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.conftest import NOW
from tests.imports.loading.test_what_follows import state_of
from tests.support.lots import arrival, lot_of, secrets
from tests.support.story import agent, case
from tracing.calls import services as calls
from tracing.cases.rules import reference
from tracing.imports.cli import ProgressLine
from tracing.imports.jobs import load, process_next_lot
from tracing.imports.lots import interruptions
from tracing.imports.lots import services as lots
from tracing.imports.lots.lock import lock_if_free, one_at_a_time
from tracing.imports.lots.progress import pace_of
from tracing.imports.models import ImportLine, ImportLot, LotState
from tracing.kernel import clock as clocks
from tracing.kernel import db
from tracing.kernel.config import Settings
from tracing.kernel.db import transaction

CMS, HARD = "pdl-20210308-0800.csv.p7m", "pdl-20210510-hard.csv.p7m"
LINES = [{"ID_RESULTAT": f"G-{n}", "NOM_NAISSANCE": f"NOM{n}", "NIR": ""} for n in range(10)]


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, fiction_numbers=True)


@pytest.fixture
def loading(story, session, settings):
    """A lot that a person agreed to, and that is to be loaded now."""
    ivan = story.ivan.id

    def begin(content=None, *, name=CMS):
        sent = arrival(name, content)
        with transaction():
            lot = lots.receive(
                sent.content,
                file_name=name,
                source_code="PDL",
                one_off_secret=secrets(name),
                by=ivan,
                at=NOW,
            )
        process_next_lot(settings)
        with transaction():
            lots.accept(lot.id, by=ivan, at=NOW)
        return lot.id

    return begin


def lot_at(session, lot_id):
    return session.get(ImportLot, lot_id, populate_existing=True)


def in_one_run(session, name):
    """Return what a clean run leaves, and take it back."""
    session.commit()
    before = db.session.get_bind().begin_nested()
    load(arrival(name))
    state = state_of(db.session)
    db.session.remove()
    before.rollback()
    return state


def told(state):
    """Leave out what differs between a lot sent from a page and one from the command line."""
    return {**state, "lots": [(lot, {**counts, "lot": 0}) for lot, counts in state["lots"]]}


@pytest.mark.parametrize("stops_after", [1, 2, 4])
def test_a_lot_stopped_between_batches_and_resumed_ends_as_one_clean_run(
    loading, story, session, settings, stops_after
):
    ivan = story.ivan.id
    clean = in_one_run(session, HARD)
    lot_id = loading(name=HARD)
    asked = []

    def ask():
        asked.append(True)
        if len(asked) == stops_after:
            with transaction():
                lots.ask_to_stop(lot_id, by=ivan, at=NOW)
        return False

    process_next_lot(settings, batch_size=3, is_closing=ask)
    half = lot_at(db.session, lot_id)
    assert half.state is LotState.STOPPED
    assert half.lines_read < half.lines_total
    assert process_next_lot(settings) is None

    with transaction():
        lots.resume(lot_id, by=ivan, at=NOW)
    process_next_lot(settings, batch_size=7)

    assert told(state_of(db.session)) == told(clean)


def test_a_process_that_ends_leaves_the_lot_to_the_next_one(loading, story, session, settings):
    clean = in_one_run(session, HARD)
    lot_id = loading(name=HARD)

    process_next_lot(settings, batch_size=7, is_closing=lambda: True)
    assert lot_at(db.session, lot_id).state is LotState.LOADING
    process_next_lot(settings, batch_size=7)

    assert lot_at(db.session, lot_id).state is LotState.LOADED
    assert told(state_of(db.session)) == told(clean)


def test_what_is_read_is_callable_while_the_rest_is_not(loading, story, session, settings):
    lot_id = loading(lot_of(LINES))

    process_next_lot(settings, batch_size=3, is_closing=lambda: True)

    lot = lot_at(session, lot_id)
    assert lot.state is LotState.LOADING
    assert 0 < lot.lines_read < lot.lines_total == 10
    assert lot.started_at == lot.progress_at == NOW
    assert session.scalar(select(func.count()).select_from(ImportLine)) >= 3
    assert calls.take_next(agent(story.ada), at=clocks.database_now()) is not None


def test_trouble_refuses_nothing_and_waits_longer_each_time(loading, session, settings, clock):
    lot_id = loading(lot_of(LINES))
    waits = []
    for _ in range(6):
        with transaction():
            lots.record_interruption(lot_id, "Le serveur manque de place.", at=clocks.now())
        lot = lot_at(session, lot_id)
        waits.append(lot.try_again_at - clocks.now())
        assert process_next_lot(settings) is None
        clock.move_to(lot.try_again_at)
    assert waits == sorted(waits)
    assert waits[0] < waits[3] == waits[5]

    process_next_lot(settings)

    lot = lot_at(session, lot_id)
    assert (lot.state, lot.trouble, lot.tries) == (LotState.LOADED, None, 0)


def test_a_mistake_of_ours_in_the_middle_is_kept_with_the_lot_and_nothing_of_its_batch_stays(
    loading, story, session, settings, clock
):
    """A case stands in the way of the second batch: it has the reference that comes there."""
    lot_id = loading(lot_of(LINES))
    with transaction():
        in_the_way = case(story.nantes, at=NOW)
        taken = int(in_the_way.reference.split("-")[2])
        in_the_way.reference = reference(2026, taken + 4)

    with pytest.raises(IntegrityError):
        process_next_lot(settings, batch_size=3)

    db.session.rollback()
    lot = lot_at(db.session, lot_id)
    assert lot.state is LotState.LOADING
    assert "erreur inattendue" in lot.trouble
    assert "NOM" not in lot.trouble
    clock.move_to(lot.try_again_at)
    process_next_lot(settings, batch_size=3)
    lot = lot_at(db.session, lot_id)
    assert (lot.state, lot.counts["created"]) == (LotState.LOADED, 10)


def test_passing_troubles_are_told_in_words_and_never_in_those_of_the_error():
    full = OperationalError("INSERT …", {"name": "DUPONT"}, DiskFull("no space for DUPONT"))
    twice = IntegrityError("INSERT …", {}, UniqueViolation("DUPONT"))

    assert interruptions.is_passing(full)
    assert not interruptions.is_passing(twice)
    assert not interruptions.is_passing(ValueError("DUPONT"))
    for error in (full, twice, ValueError("DUPONT")):
        assert "DUPONT" not in interruptions.sentence_of(error)
    assert "place" in interruptions.sentence_of(full)
    slow = OperationalError("SELECT …", {}, QueryCanceled("canceling statement due to statement timeout"))
    assert interruptions.is_passing(slow)
    assert "trop de temps" in interruptions.sentence_of(slow)


def test_two_schedulers_never_work_at_once_and_neither_waits(loading, session, settings):
    loading(lot_of(LINES))

    with one_at_a_time():
        assert process_next_lot(settings) is None
        with lock_if_free() as is_mine:
            assert not is_mine

    assert process_next_lot(settings) is not None


def test_a_stopped_lot_is_finished_by_loading_the_same_file_again(loading, story, session, settings):
    lot_id = loading(lot_of(LINES))
    content = lots.originals.content_of(lot_id)
    with transaction():
        lots.ask_to_stop(lot_id, by=story.ivan.id, at=NOW)
    process_next_lot(settings, batch_size=3)
    assert lot_at(session, lot_id).state is LotState.STOPPED

    report = load(arrival(CMS, content))

    assert (report["lot"], report["created"]) == (lot_id, 10)


def test_the_page_is_served_what_the_lot_reads_without_counting_lines(loading, session, settings):
    lot_id = loading(lot_of(LINES))
    process_next_lot(settings, batch_size=3)

    assert lot_at(session, lot_id).lines_read == session.scalar(text("SELECT count(*) FROM import_lines"))


@pytest.mark.parametrize(
    ("read", "total", "seconds", "per_second", "left"),
    [(1000, 4000, 10, 100, 30), (10, 10, 4, 2, 0), (0, 10, 4, None, None), (5, 10, 0, None, None)],
)
def test_the_pace_says_how_long_it_still_takes(read, total, seconds, per_second, left):
    pace = pace_of(read=read, total=total, started_at=NOW, at=NOW + timedelta(seconds=seconds))

    assert pace.per_second == per_second
    assert pace.left == (None if left is None else timedelta(seconds=left))


def test_a_terminal_is_told_how_far_a_file_is_on_one_line():
    screen = io.StringIO()
    line = ProgressLine(screen, began=0.0)

    line(500, 1000)
    line(501, 1000)
    line(1000, 1000)
    line.clear()

    assert screen.getvalue().count("\n") == 0
    assert "500 of 1,000 lines" in screen.getvalue()
    assert "501 of" not in screen.getvalue()
    assert "1,000 of 1,000" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")
