"""A draft and the form it belongs to arrive at the same moment, in real transactions: nothing is left of the draft."""

from functools import partial

from sqlalchemy import func, select

from tests.support.live import Live, at_once, committed
from tests.support.story import agent, waiting_case
from tracing.calls import form_drafts
from tracing.calls import services as calls
from tracing.calls.models import Draft
from tracing.kernel.db import transaction

KEYS = [f"key-of-dialog-{rank}" for rank in range(6)]


def test_nothing_is_left_of_a_draft_whose_form_arrives_at_the_same_moment(live_database: Live) -> None:
    ada = agent(live_database.story.ada)

    def begin(at):
        task = waiting_case(live_database.story.nantes, at=at)
        call = calls.take_next(ada, at=at)
        return call.id, task.id

    call_id, task_id = committed(begin)

    def keep(key, at):
        fields = {"contact-first_names": ["Luc"]}
        form_drafts.keep(call_id, task_id, "contact", fields, "Luc", key=key, by=ada, at=at)

    def send(key, at):
        form_drafts.forget(call_id, task_id, "contact", key=key, by=ada, at=at)

    at_once([partial(committed, partial(deed, key)) for key in KEYS for deed in (keep, send)])

    with transaction() as session:
        left = select(func.count()).select_from(Draft).where(Draft.dismissed_at.is_(None))
        assert session.scalar(left) == 0
