"""Two advisers take the same question at the same moment, in two real transactions of a database of their own."""

import os
import threading

import pytest

from tests.conftest import NOW
from tests.escalations.conftest import ring
from tests.support.story import agent, member, tell
from tracing.escalations import services
from tracing.escalations.errors import AlreadyTaken
from tracing.escalations.models import Escalation, Reason
from tracing.kernel import db
from tracing.kernel.db import transaction
from tracing.staff.models import Role
from tracing.vault.keys import KeyRing
from tracing.vault.services import open_vault


@pytest.fixture
def asked(databases):
    """A question that is committed, and the two who will take it."""
    ways = databases.add(f"takers_{os.getpid()}")
    engine, keys_engine = db.make_engine(ways.url), db.make_engine(ways.keys_url)
    db.session.remove()
    db.session.configure(bind=engine)
    open_vault(KeyRing(keys_engine, os.urandom(32)))
    with transaction():
        story = tell(at=NOW)
        second = member("bea", "Béa", (Role.ADVISER, story.nantes), at=NOW)
        question = ring(story, story.ada).ask(Reason.RED_FLAGS, "Essoufflée")
        both = [agent(story.ben), agent(second)]
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
