"""A doctor decides that a person is called on another day, and by whom."""

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.desk.walking import take_call
from tests.escalations.conftest import Line
from tests.escalations.test_deciding_apart_from_the_rule import case_of, ruling, settled
from tests.support.story import agent, identity, waiting_case
from tracing.calls.queries import get_call
from tracing.calls.rules import CallOutcome
from tracing.escalations import services
from tracing.escalations.errors import NoOneToCall, NotADayToCome
from tracing.escalations.models import Decision
from tracing.escalations.services import CallLater
from tracing.queue import services as queue_services
from tracing.queue.errors import ClosedThatDay
from tracing.queue.models import TaskState
from tracing.queue.queries import get_task

DAY = timedelta(days=1)
TODAY = NOW.date()


@pytest.fixture
def ben(story):
    """Nantes' medical adviser."""
    return agent(story.ben)


def test_a_person_is_called_on_the_chosen_day_by_the_chosen_tracer(browse, story, line, ben):
    question = line.ask()
    line.end(CallOutcome.NEEDS_DOCTOR)
    later = CallLater(TODAY + DAY, story.ada.id)

    settled(question, ben, Decision.CALL_LATER, answer="Voir demain.", later=later)

    task = get_task(line.task.id)
    assert task.state is TaskState.OPEN
    assert task.promised_by == story.ada.id
    assert task.not_before.date() == TODAY + DAY
    assert task.due_at >= task.not_before
    page = browse.as_(story.ben).get("/escalations").text
    assert "La personne sera rappelée plus tard" in page
    assert "par Ada" in page
    given = browse.as_(story.ben).get("/escalations/given").text
    assert "pas avant le jour du rappel" in given
    assert "dans la file" not in given


def test_without_a_name_whoever_is_free_calls_on_that_day(line, ben):
    question = line.ask()
    line.end(CallOutcome.NEEDS_DOCTOR)

    settled(question, ben, Decision.CALL_LATER, answer="Demain.", later=CallLater(TODAY + DAY, None))

    task = get_task(line.task.id)
    assert (task.state, task.promised_by) == (TaskState.OPEN, None)
    assert task.attempts == 0  # nobody rang in vain
    assert task.not_before.date() == TODAY + DAY


def test_while_the_tracer_is_on_the_line_they_end_the_call_themselves(line, ben):
    settled(line.ask(), ben, Decision.CALL_LATER, answer="Demain.", later=CallLater(TODAY + DAY, None))

    assert get_task(line.task.id).not_before <= NOW


def test_a_day_decided_in_the_call_is_planned_once_the_tracer_has_completed_it(browse, story, ben):
    task = waiting_case(story.nantes, identity(), at=NOW)
    walk = take_call(browse.as_(story.ada)).to("closing")
    call = get_call(int(walk.call.rsplit("/", 1)[1]))
    spoken = Line(call, task, agent(story.ada))
    settled(spoken.ask(), ben, Decision.CALL_LATER, answer="Demain.", later=CallLater(TODAY + DAY, None))

    walk.visitor.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "completed"})

    planned = get_task(task.id)
    assert (planned.state, planned.not_before.date()) == (TaskState.OPEN, TODAY + DAY)


@pytest.mark.parametrize("promised", [True, False])
def test_an_hour_that_the_tracer_promised_stands_beside_a_day_decided(line, ben, promised):
    later = CallLater(TODAY + DAY, line.tracer.member_id)
    settled(line.ask(), ben, Decision.CALL_LATER, answer="Demain.", later=later)
    task = get_task(line.task.id)
    if promised:
        queue_services.promise(task, when=NOW + timedelta(hours=2), by=line.tracer, at=NOW)
    line.end(CallOutcome.CALLBACK)

    services.plan_put_off([task], since=line.call.started_at, by=line.tracer, at=NOW)

    assert task.not_before.date() == (TODAY if promised else TODAY + DAY)


@pytest.mark.parametrize("day", [TODAY, TODAY - DAY, TODAY + 100 * DAY, None])
def test_a_later_day_is_to_come(line, ben, day):
    question = line.ask()
    services.take(question.id, by=ben, at=NOW)

    with pytest.raises(NotADayToCome):
        services.settle(
            question.id,
            answer="Plus tard",
            decision=Decision.CALL_LATER,
            later=CallLater(day, None) if day else None,
            by=ben,
            at=NOW,
        )


def test_a_day_without_calls_is_refused_and_not_replaced_by_another(story, line, ben):
    story.nantes.calls_on_sundays = False
    question = line.ask()
    services.take(question.id, by=ben, at=NOW)

    with pytest.raises(ClosedThatDay):
        services.settle(
            question.id,
            answer="Dimanche",
            decision=Decision.CALL_LATER,
            later=CallLater(TODAY + 5 * DAY, None),
            by=ben,
            at=NOW,
        )


def test_only_a_tracer_of_the_site_can_be_asked_to_call(story, line, ben):
    question = line.ask()
    services.take(question.id, by=ben, at=NOW)

    with pytest.raises(NoOneToCall):
        services.settle(
            question.id,
            answer="Demain",
            decision=Decision.CALL_LATER,
            later=CallLater(TODAY + DAY, story.cleo.id),
            by=ben,
            at=NOW,
        )


def test_a_doctor_changes_their_mind_with_another_question(line, ben):
    settled(line.ask(), ben, ruling=ruling())
    assert case_of(line).isolation_last_day == TODAY + 12 * DAY

    settled(
        line.ask(at=NOW + DAY), ben, at=NOW + DAY, ruling=ruling(last_day=TODAY + 3 * DAY, on=TODAY + DAY)
    )

    assert case_of(line).isolation_last_day == TODAY + 3 * DAY
