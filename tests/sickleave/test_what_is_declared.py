"""The declaration is read only to whoever may have a note, and the script knows it."""

import pytest

from tests.conftest import NOW
from tests.sickleave.test_issuing_a_note import saved
from tests.support.story import agent
from tracing.calls import queries as calls
from tracing.desk import queries as desk
from tracing.desk.conversation.facts import facts_of
from tracing.queue import queries as queue


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({}, {"note_possible": True, "note_from": NOW.date().replace(day=9)}),
        ({"last_work_on": "2026-03-09"}, {"note_possible": True}),
        ({"insurance_scheme": "MSA"}, {"note_possible": False}),
        ({"works": None}, {}),
        ({"wants_note": None}, {}),
    ],
)
def test_the_script_knows_whether_a_note_is_possible_before_anything_is_declared(story, phone, said, known):
    by = agent(story.ada)
    saved(phone, said, by)
    call, task = calls.get_call(phone.call_id), queue.get_task(phone.task_id)
    conversation = calls.find_conversation(call.id, task.id)

    facts = facts_of(desk.about(task), call, conversation, by, NOW)

    assert {name: value for name, value in facts.items() if name in {"note_possible", "note_from"}} == known
