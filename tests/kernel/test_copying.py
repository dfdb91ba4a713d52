"""COPY holds to foreign keys, whoever looks them up: the database row by row, or we by the column."""

from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.conftest import NOW
from tracing.kernel import db
from tracing.kernel.bulk_copy import copy_rows
from tracing.people.models import Household, KeyKind, Person, PersonKey

PERSON = ("id", "cohort", "is_invented", "created_at", "household_id", "same_as")
KEY = ("person_id", "kind", "hash", "index_key_id", "cohort")
DAY = date(2026, 3, 10)


def person(person_id, household_id=None, same_as=None):
    return (person_id, DAY, False, NOW, household_id, same_as)


def household(household_id):
    copy_rows(Household, ("id", "is_institution", "created_at"), [(household_id, False, NOW)])


@pytest.fixture(params=["by the column", "by the database"])
def base(request, live_database, live_engines):
    """A base that commits, used by the application's role, or by one that may not look up keys itself."""
    owner, engine, _ways = live_engines
    chosen = engine if request.param == "by the column" else owner
    db.session.remove()
    db.session.configure(bind=chosen)
    with chosen.connect() as connection:
        may = connection.scalar(text("SELECT has_parameter_privilege('session_replication_role', 'SET')"))
    assert may is (chosen is engine)
    yield owner
    db.session.remove()
    db.session.configure(bind=engine)


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_rows_that_refer_to_each_other_are_written(base):
    with db.transaction():
        household(900)
        copy_rows(Person, PERSON, [person(901, 900), person(902, 900, same_as=901), person(903)])
        copy_rows(PersonKey, KEY, [(901, KeyKind.PHONE.value, b"h" * 16, 1, DAY)])
    with db.transaction():
        copy_rows(Person, PERSON, [person(904, 900, same_as=901)])

    assert count(Person) == 4


@pytest.mark.parametrize(
    "orphan", [person(901, household_id=999), person(901, same_as=999)], ids=["household", "same table"]
)
def test_a_row_that_refers_to_nothing_takes_everything_back(base, orphan):
    def with_an_orphan():
        with db.transaction():
            household(900)
            copy_rows(Person, PERSON, [person(900, 900), orphan])

    with pytest.raises(IntegrityError):
        with_an_orphan()

    assert (count(Person), count(Household)) == (0, 0)


def test_what_was_copied_and_taken_back_is_referred_to_no_more(base):
    def after_a_savepoint():
        with db.transaction():
            savepoint = db.session.begin_nested()
            household(900)
            savepoint.rollback()
            copy_rows(Person, PERSON, [person(901, 900)])

    with pytest.raises(IntegrityError):
        after_a_savepoint()


def test_what_an_earlier_transaction_copied_may_be_gone(base):
    with db.transaction():
        household(900)
    with db.transaction():
        db.session.execute(text("DELETE FROM households WHERE id = 900"))

    def too_late():
        with db.transaction():
            copy_rows(Person, PERSON, [person(901, 900)])

    with pytest.raises(IntegrityError):
        too_late()


def test_what_a_row_refers_to_stays_until_it_is_committed(base):
    with db.transaction():
        household(900)

    with db.transaction(), base.connect() as other:
        copy_rows(Person, PERSON, [person(901, 900)])
        other.execute(text("SET lock_timeout = '50ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            other.execute(text("DELETE FROM households WHERE id = 900"))

    assert count(Person) == 1


def test_the_statements_after_a_copy_are_checked_by_the_database(base):
    with db.transaction():
        household(900)
        copy_rows(Person, PERSON, [person(901, 900)])
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(text("UPDATE people SET household_id = 999 WHERE id = 901"))
