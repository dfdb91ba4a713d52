"""A lot brings a telephone number at the moment at which a page writes the same one."""

from typing import Any

from sqlalchemy import Connection, Engine, event, select

from tests.support.live import Live
from tests.support.lots import arrival, lot_of
from tracing.imports.jobs import load
from tracing.kernel import clock, db
from tracing.people.models import Household, HouseholdNumber, KeyKind, Person
from tracing.queue.models import CallTask, QueueEntry
from tracing.vault import services as vault

SHARED, ALONE = "0639982000", "0639982001"


def test_whoever_wrote_a_number_first_gives_it_its_household(live_database: Live) -> None:
    engine = db.session.get_bind()
    assert isinstance(engine, Engine)
    added: list[int] = []

    def add_the_number(_connection: Connection, _name: str) -> None:
        # the numbers were looked up, and none was known: the lot is about to write them
        if not added:
            added.append(_add_number(engine, f"+33{SHARED[1:]}"))

    event.listen(engine, "savepoint", add_the_number)
    try:
        report = load(
            arrival(
                "numbers",
                lot_of(
                    [
                        {"ID_RESULTAT": "N1", "PRENOMS": "Zoé", "TEL_MOBILE": SHARED},
                        {"ID_RESULTAT": "N2", "PRENOMS": "Luc", "TEL_MOBILE": SHARED},
                        {"ID_RESULTAT": "N3", "PRENOMS": "Ada", "TEL_MOBILE": ALONE},
                    ]
                ),
            )
        )
    finally:
        event.remove(engine, "savepoint", add_the_number)

    assert report["created"] == 3
    with db.transaction():
        homes = db.session.scalars(select(Person.household_id).order_by(Person.id)).all()[-3:]
        assert homes[0] == homes[1] == added[0] != homes[2]
        assert None not in homes
        entries = db.session.scalars(select(QueueEntry.household_id)).all()
        assert sorted(entries) == sorted({*homes})
        tasks = db.session.scalars(select(CallTask.household_id).order_by(CallTask.person_id)).all()
        assert tasks == list(homes)


def _add_number(engine: Engine, number: str) -> int:
    """Write a number with a household, as a page does for a contact, in a transaction of its own."""
    at = clock.now()
    with db.Session(engine) as page, page.begin():
        household = Household(created_at=at)
        page.add(household)
        page.flush()
        of_number: dict[str, Any] = {
            "number_hash": vault.blind(KeyKind.PHONE.value, number),
            "index_key_id": vault.index_key_id(),
        }
        page.add(
            HouseholdNumber(household_id=household.id, is_institution=False, cohort=at.date(), **of_number)
        )
        return household.id
