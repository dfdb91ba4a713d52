"""Two advisers take the same question at the same moment, in two real transactions of a database of their own."""

import os
import threading
from itertools import count

import pytest
from sqlalchemy import select, text

from tests.conftest import NOW
from tests.escalations.conftest import ring
from tests.support.story import agent, identity, member, tell
from tracing.escalations import queries, services
from tracing.escalations.errors import AlreadyTaken, WantedByAnother
from tracing.escalations.models import Escalation, Reason
from tracing.kernel import db
from tracing.kernel.db import transaction
from tracing.staff.models import Role
from tracing.vault.keys import KeyRing
from tracing.vault.services import open_vault

_NUMBERS = count(1)
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def asked(databases):
    """A question that is committed, and the two who will take it."""
    ways = databases.add(f"takers_{os.getpid()}_{next(_NUMBERS)}")
    engine, keys_engine = db.make_engine(ways.url), db.make_engine(ways.keys_url)
    db.session.remove()
    db.session.configure(bind=engine)
    open_vault(KeyRing(keys_engine, os.urandom(32)))
    with transaction():
        story = tell(at=NOW)
        second = member("bea", "Béa", (Role.ADVISER, story.nantes), at=NOW)
        question = ring(story, story.ada).ask(Reason.RED_FLAGS, "Essoufflée")
        other = ring(story, story.abel, identity("Luc", phones=("+33639980003",))).ask(Reason.VULNERABLE)
        both = [agent(story.ben), agent(second)]
        services.take_next(question.id, by=both[0], at=NOW)
        services.take_next(other.id, by=both[1], at=NOW)
    yield question.id, both
    db.session.remove()
    engine.dispose()
    keys_engine.dispose()


def test_one_of_two_gets_it_and_the_other_is_told_who(asked):
    question_id, both = asked
    together = threading.Barrier(2)
    outcomes = {}

    def take(by):
        try:
            with transaction() as session:
                session.get_one(Escalation, question_id)
                together.wait(timeout=10)
                services.take(question_id, by=by, at=NOW)
            outcomes[by.name] = "taken"
        except AlreadyTaken as refusal:
            outcomes[by.name] = refusal.message
        finally:
            db.session.remove()

    threads = [threading.Thread(target=take, args=(by,)) for by in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    [winner] = [name for name, outcome in outcomes.items() if outcome == "taken"]
    [refused] = [outcome for outcome in outcomes.values() if outcome != "taken"]
    assert winner in refused
    db.session.remove()
    with transaction() as session:
        taken = session.get_one(Escalation, question_id)
        assert {by.member_id: by.name for by in both}[taken.taken_by] == winner


def test_two_who_swap_what_they_take_next_wait_for_each_other_and_neither_fails(asked):
    first_id, both = asked
    outcomes = {}

    def swap(by):
        try:
            with transaction() as session:
                mine = queries.find_wanted(by.member_id).id
                [other] = session.scalars(select(Escalation.id).where(Escalation.id != mine))
                services.take_next(other, by=by, at=NOW)
            outcomes[by.name] = "next"
        except WantedByAnother as refusal:
            outcomes[by.name] = refusal.message
        finally:
            db.session.remove()

    # both come to the first question while it is held, in the order in which they would block each other
    with db.session.get_bind().connect() as holder, holder.begin():
        holder.execute(text("SELECT FROM escalations WHERE id = :id FOR UPDATE"), {"id": first_id})
        threads = [threading.Thread(target=swap, args=(by,)) for by in both]
        for number, thread in enumerate(threads, start=1):
            thread.start()
            while holder.scalar(WAITING) < number and thread.is_alive():
                pass
    for thread in threads:
        thread.join(timeout=30)

    assert len(outcomes) == 2
    assert all(said == "next" or "la prendra après son appel" in said for said in outcomes.values())
