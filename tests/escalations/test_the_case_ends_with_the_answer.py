"""An adviser who settles it with the person ends the task, and the case with it once nobody is left to call."""

from tests.conftest import NOW
from tests.support.story import Story, agent, waiting_case
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases import queries as cases
from tracing.cases.models import CaseOutcome, CaseStatus
from tracing.escalations import services as escalations
from tracing.escalations.rules import Audience, Decision, Reason
from tracing.queue import services as queue
from tracing.queue.models import TaskState


def asked(story: Story, task):
    """Ada asks Ben and leaves the person waiting for him."""
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    question = escalations.raise_question(
        call,
        task,
        audience=Audience.ADVISER,
        reason=Reason.MEDICAL_QUESTION,
        question="Que dire ?",
        by=ada,
        at=NOW,
    )
    queue.close_task(task, TaskState.WAITING_DOCTOR, by=ada.member_id, at=NOW)
    calls.end(call, CallOutcome.NEEDS_DOCTOR, by=ada, at=NOW)
    escalations.take(question.id, by=agent(story.ben), at=NOW)
    return question


def test_a_case_that_the_adviser_settled_is_closed(story: Story) -> None:
    task = waiting_case(story.nantes, at=NOW)
    question = asked(story, task)

    escalations.settle(
        question.id, answer="Vu avec elle.", decision=Decision.CLOSED, by=agent(story.ben), at=NOW
    )

    case = cases.get_case(task.case_id)
    assert (case.status, case.outcome) == (CaseStatus.CLOSED, CaseOutcome.COMPLETED)


def test_a_case_whose_person_is_called_again_is_open(story: Story) -> None:
    task = waiting_case(story.nantes, at=NOW)
    question = asked(story, task)

    escalations.settle(
        question.id, answer="Rappelez.", decision=Decision.CALL_BACK, by=agent(story.ben), at=NOW
    )

    assert cases.get_case(task.case_id).status is CaseStatus.OPEN
    assert task.state is TaskState.OPEN
