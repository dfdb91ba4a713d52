"""A child whose parent is on the telephone already: what was said to the parent is not said again for the child."""

from collections.abc import Sequence
from datetime import datetime

from tracing.calls import services as calls
from tracing.calls.models import Call, Conversation
from tracing.desk.conversation.conversation import ScriptedConversation, talk_of
from tracing.desk.conversation.facts import PARENT_ON_LINE, age_of
from tracing.desk.errors import NoParentOnLine
from tracing.kernel import clock
from tracing.programmes.rules import REPRESENTATIVE_UNDER
from tracing.queue.models import CallTask
from tracing.scripts.vocabulary import YES
from tracing.scripts.wording import confirmation_key, confirmation_value
from tracing.staff.agent import Agent

SPEAKS_FOR_THEM = {"person_on_line": "representative", "representative_confirmed": YES}
"""What a parent need not be asked again. Who the child is, they still say."""


def answer_for(
    call: Call,
    talk: ScriptedConversation,
    spoken: Sequence[tuple[CallTask, Conversation]],
    *,
    by: Agent,
    at: datetime,
) -> None:
    """Let the parent, who has said who they are in this call, answer for a child: the call goes on with the identity.

    Call `calls.services.lock_for_write` first. A second time changes nothing.

    Raises:
        NoParentOnLine: the person is no child, or no adult of this call has said who they are.
    """
    today = clock.local_day(at, by.site.time_zone)
    parents = (
        talk_of(call, task, conversation, by=by, at=at)
        for task, conversation in spoken
        if task.person_id != talk.task.person_id and conversation.identity_confirmed_at is not None
    )
    parent = next((one for one in parents if (age_of(one.about, today) or 0) >= REPRESENTATIVE_UNDER), None)
    if parent is None or not talk.facts.get("is_minor"):
        raise NoParentOnLine
    said = {key: value for key, value in SPEAKS_FOR_THEM.items() if key in talk.script.questions}
    said[PARENT_ON_LINE] = YES
    opening = talk.script.step("opening")
    if opening is not None and confirmation_key(opening) in parent.answers:
        said[confirmation_key(opening)] = confirmation_value(opening, talk.facts)
    for question, value in said.items():
        calls.save_answer(call, talk.task, question, value, by=by, at=at)
