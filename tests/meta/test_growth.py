"""The check of statements against growth itself: what it refuses, and what it lets through."""

import importlib
import os

import pytest

from tests.support.growth import BOUNDED, EXCEPTIONS, SMALL, planner
from tests.support.sent import Collector, Sent, codes_of
from tracing.desk import queries
from tracing.kernel import db
from tracing.queue.models import CallTask, TaskState

AS_IT_WAS = """
    SELECT * FROM call_tasks
    WHERE household_id = %(household)s::BIGINT AND state = %(state)s
       OR id IN (SELECT task_id FROM conversations WHERE call_id = %(call)s::BIGINT)
    ORDER BY due_at, id
"""
"""How the page of a call looked for its people until it took 132 ms with a million tasks."""

AS_A_UNION = """
    SELECT * FROM call_tasks WHERE id IN (
        SELECT id FROM call_tasks WHERE household_id = %(household)s::BIGINT AND state = %(state)s
        UNION SELECT task_id FROM conversations WHERE call_id = %(call)s::BIGINT)
    ORDER BY due_at, id
"""


@pytest.fixture(scope="module")
def empty(databases):
    """A database where nothing was ever written: what other tests leave in the statistics must not decide."""
    engine = db.make_engine(databases.add(f"growth_{os.getpid()}").owner_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def asking(empty):
    with planner(empty) as asking:
        yield asking


def sent(text, **codes):
    return Sent(text, "desk.queries.anything", {}, codes)


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        (AS_IT_WAS, "call_tasks"),
        ("SELECT count(*) FROM calls", "calls"),
        ("SELECT id FROM cases WHERE onset_on = %(day)s::DATE", "cases"),
        # an index, from end to end
        ("SELECT task_id FROM conversations WHERE finished_at IS NULL ORDER BY call_id, task_id", "conversations"),
        ("SELECT id FROM people WHERE language = %(language)s ORDER BY id LIMIT 5", "people"),
        ("SELECT id FROM calls ORDER BY id FOR UPDATE", "calls"),
        # a condition on the second column alone leads nowhere in an index
        ("SELECT question FROM answers WHERE question = %(question)s ORDER BY task_id, question", "answers"),
        # a part of a table of months is that table
        ("SELECT scope FROM sightings WHERE viewer_id = %(viewer)s::INTEGER", "sightings"),
        ("UPDATE call_tasks SET attempts = 0 WHERE lot_id = %(lot)s::BIGINT", "call_tasks"),
        # a partial index is of no use to another state
        ("SELECT id FROM queue_entries WHERE closes_at <= %(at)s::TIMESTAMPTZ AND state = 'idle'", "queue_entries"),
    ],
)  # fmt: skip
def test_a_statement_that_reads_a_whole_table_is_named_with_its_table_and_place(asking, statement, table):
    found = asking.offences([sent(statement)])

    assert {one.table for one in found} == {table}
    assert f"desk.queries.anything reads all of {table}" in str(found[0])
    assert " ".join(statement.split()) in str(found[0])


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        (AS_A_UNION, {}),
        ("SELECT * FROM calls WHERE household_id = ANY(%(households)s::BIGINT[])", {}),
        ("SELECT id FROM events ORDER BY id DESC LIMIT 50", {}),
        ("SELECT id FROM calls ORDER BY id LIMIT 1 FOR UPDATE", {}),
        ("SELECT max(first_month) FROM sightings", {}),
        ("SELECT name FROM sites", {}),
        # as the database plans it: a state is a word of the product, not something typed
        (
            "SELECT id FROM queue_entries WHERE closes_at <= %(at)s::TIMESTAMPTZ AND state = %(state)s",
            {"state": "ready"},
        ),
        # small as the base of the tests is, walking the wrong index looks as cheap as asking the right one
        ("SELECT id FROM conversations WHERE task_id = %(task)s::BIGINT ORDER BY call_id LIMIT 5", {}),
    ],
)
def test_a_statement_that_an_index_answers_is_let_through(asking, statement, codes):
    assert asking.offences([sent(statement, **codes)]) == []


def test_a_statement_that_cannot_be_planned_is_not_passed_over(asking):
    [offence] = asking.offences([sent("SELECT nothing FROM nowhere")])

    assert "could not be planned" in str(offence)


def test_looking_for_a_plan_changes_nothing(asking, empty):
    def indexes():
        with empty.connect() as connection:
            return set(connection.exec_driver_sql("SELECT indexname FROM pg_indexes").scalars())

    before = indexes()
    asking.offences([sent("SELECT id FROM conversations WHERE task_id = 5 ORDER BY call_id LIMIT 5")])

    assert indexes() == before


def test_what_the_product_asks_is_kept_and_what_a_test_asks_is_not(story, session):
    collector = Collector()
    collector.start()
    try:
        session.query(CallTask).filter(CallTask.state == TaskState.DONE).count()
        queries.called_about(5)
    finally:
        collector.stop()

    [kept] = collector.found.values()
    assert kept.place == "desk.queries.called_about"
    assert "case_id" in kept.text


def test_of_the_values_only_words_of_the_product_are_kept():
    given = {"state": "ready", "kind": "owner.gone", "name": "Ada Lovelace", "hash": b"1", "login": "ada7"}

    assert codes_of(given) == {"state": "ready", "kind": "owner.gone"}


def test_every_exception_names_something_that_is_there(engines, owner):
    with owner.connect() as connection:
        tables = set(connection.exec_driver_sql("SELECT tablename FROM pg_tables").scalars())
        indexes = set(connection.exec_driver_sql("SELECT indexname FROM pg_indexes").scalars())

    assert set(SMALL) <= tables
    assert set(BOUNDED) <= indexes
    for place, table in EXCEPTIONS:
        module, function = place.rsplit(".", 1)
        assert hasattr(importlib.import_module(f"tracing.{module}"), function), place
        assert table in tables
