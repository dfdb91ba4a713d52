"""Numbers have no gap, whatever is rolled back and however many issue at once."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy import Engine, delete, insert

from tracing.kernel import db
from tracing.kernel.db import transaction
from tracing.sickleave.models import NoteCounter
from tracing.sickleave.services import take_number
from tracing.staff.models import Site
from tracing.staff.queries import get_site

ON = date(2026, 3, 10)


class ChangedTheirMind(Exception):
    """The issue of a note failed after its number was taken."""


@pytest.fixture
def site_id(engines) -> Iterator[int]:
    """A site that every connection sees, gone after the test."""
    engine: Engine = engines[0]
    db.session.remove()
    db.session.configure(bind=engine, join_transaction_mode="conditional_savepoint")
    with engine.begin() as connection:
        site = {"code": "077", "name": "Melun", "programme": "exercise-2022", "kind": "live"}
        made = connection.execute(
            insert(Site).values(**site, time_zone="Europe/Paris").returning(Site.id)
        ).scalar_one()
    yield made
    db.session.remove()
    with engine.begin() as connection:
        connection.execute(delete(NoteCounter).where(NoteCounter.site_id == made))
        connection.execute(delete(Site).where(Site.id == made))


def take(site_id: int, *, on: date = ON) -> str:
    with transaction():
        return take_number(get_site(site_id), on=on)


def rank(number: str) -> str:
    return number[7:19]


def test_each_site_counts_each_year_from_one(site_id):
    assert [rank(take(site_id)) for _ in range(3)] == ["2026-0000001", "2026-0000002", "2026-0000003"]
    assert rank(take(site_id, on=date(2027, 1, 1))) == "2027-0000001"


def test_whoever_waits_takes_the_number_that_was_given_up(site_id):
    taken, given_up = threading.Event(), threading.Event()
    numbers: dict[str, str] = {}

    def fails() -> None:
        with suppress(ChangedTheirMind), transaction():
            numbers["lost"] = take_number(get_site(site_id), on=ON)
            taken.set()
            given_up.wait(10)
            raise ChangedTheirMind
        db.session.remove()

    def goes_on() -> None:
        numbers["kept"] = take(site_id)
        db.session.remove()

    first, second = threading.Thread(target=fails), threading.Thread(target=goes_on)
    first.start()
    assert taken.wait(10)
    second.start()
    second.join(0.2)
    assert second.is_alive(), "the second waits for the first to end"
    given_up.set()
    first.join(10)
    second.join(10)

    assert numbers["lost"] == numbers["kept"]
    assert rank(take(site_id)) == "2026-0000002"
