"""A call of Ada's in which something must be asked."""

from dataclasses import dataclass

import pytest

from tests.conftest import NOW
from tests.support.story import Story, agent, identity, waiting_case
from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.calls.queries import get_call
from tracing.calls.rules import CallOutcome
from tracing.escalations import services
from tracing.escalations.models import Audience, Escalation, Reason
from tracing.queue import services as queue
from tracing.queue.models import CallTask, TaskState
from tracing.queue.queries import get_task
from tracing.staff.agent import Agent

QUESTION = "Peut-elle rester avec son nourrisson ?"


@dataclass(frozen=True)
class Line:
    """A tracer on the telephone with one person whose identity is confirmed."""

    call: Call
    task: CallTask
    tracer: Agent

    def ask(
        self, reason=Reason.MEDICAL_QUESTION, question=QUESTION, audience=Audience.ADVISER, at=NOW
    ) -> Escalation:
        return services.raise_question(
            self.call, self.task, audience=audience, reason=reason, question=question, by=self.tracer, at=at
        )

    def end(self, outcome=CallOutcome.NEEDS_DOCTOR, *, at=NOW) -> None:
        """End the call; a person who needs a doctor is not called again before one has answered."""
        if outcome is CallOutcome.NEEDS_DOCTOR:
            queue.close_task(
                get_task(self.task.id), TaskState.WAITING_DOCTOR, by=self.tracer.member_id, at=at
            )
        calls.end(get_call(self.call.id), outcome, by=self.tracer, at=at)

    @property
    def panel(self) -> str:
        return f"/calls/{self.call.id}/tasks/{self.task.id}/escalations"


def ring(story: Story, member, who=None, *, at=NOW) -> Line:
    """Let a tracer take the next call and confirm who is speaking."""
    task = waiting_case(story.nantes, who or identity(), at=at)
    by = agent(member)
    call = calls.take_next(by, at=at)
    conversation = calls.start_conversation(call, task, script_version="2026.1", at=at)
    calls.confirm_identity(conversation, confirmed=True, by=by, at=at)
    return Line(call, task, by)


@pytest.fixture
def line(story: Story) -> Line:
    """Ada speaks with Marie Dupont."""
    return ring(story, story.ada)
