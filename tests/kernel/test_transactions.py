"""One action, one transaction; runs that happen once; pages that do not slip."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests.conftest import NOW
from tracing.kernel import db, events
from tracing.kernel.db import take_id, take_ids, transaction
from tracing.kernel.events import Event
from tracing.kernel.job_slots import RunSlot, forget_slots, take_slot
from tracing.kernel.paging import page_of


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def test_an_error_takes_back_everything_that_was_written(session):
    def stopped_half_way():
        with transaction():
            events.record("lot.received", by=None, at=NOW)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_half_way()

    assert count(session, Event) == 0


def test_success_keeps_it(session):
    with transaction():
        events.record("lot.received", by=None, at=NOW)

    assert count(session, Event) == 1


def test_a_run_is_taken_once(session):
    assert take_slot("sweep", NOW, at=NOW) is True
    assert take_slot("sweep", NOW, at=NOW) is False
    assert take_slot("promote", NOW, at=NOW) is True
    assert take_slot("sweep", NOW + timedelta(seconds=15), at=NOW) is True


def test_slots_of_past_days_are_forgotten_and_those_of_today_stay(session):
    take_slot("sweep", NOW - timedelta(days=1), at=NOW)
    take_slot("sweep", NOW, at=NOW)

    forget_slots(NOW.replace(hour=0))

    assert [slot.slot for slot in session.scalars(select(RunSlot))] == [NOW]


def test_reserved_ids_are_never_given_twice(session):
    ids = [*take_ids("people", 5), take_id("people"), *take_ids("people", 2)]

    assert len(set(ids)) == 8
    assert take_ids("people", 0) == []


@pytest.mark.parametrize(
    ("read", "shown", "next_key"),
    [
        ([], [], None),
        ([9, 8], [9, 8], None),
        ([9, 8, 7], [9, 8, 7], None),
        ([9, 8, 7, 6], [9, 8, 7], 7),
    ],
)
def test_a_page_ends_where_the_next_one_begins(read, shown, next_key):
    page = page_of(read, read, size=3)

    assert (list(page.rows), page.next_key) == (shown, next_key)


def test_a_connection_that_was_lost_while_it_rested_is_replaced_before_it_is_used(
    engines, owner, monkeypatch
):
    engine = db.make_engine(engines[0].url.render_as_string(hide_password=False))
    asked = text("SELECT pg_backend_pid()")
    with engine.connect() as connection:
        lost = connection.scalar(asked)
    with engines[0].connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": lost})
    monkeypatch.setattr(db, "TRIED_AFTER", 0)

    with engine.connect() as connection:
        assert connection.scalar(asked) != lost
    engine.dispose()
