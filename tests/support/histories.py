"""Stateful property tests: actions of people and clocks in random order. Each history is rolled back at its end."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy.orm import Session

from tests.conftest import NOW
from tests.support.story import Story, identity, waiting_case
from tracing.queue.models import CallTask


class History(RuleBasedStateMachine):
    """A state machine on a test's database: a savepoint for each history, and a clock that its rules move."""

    session: Session

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.session.begin_nested()
        self.session.expire_all()
        self.at = NOW

    def teardown(self) -> None:
        self.savepoint.rollback()
        self.session.expire_all()


def try_histories(history: type[History], *, examples: int = 15, steps: int = 25, **known: Any) -> None:
    """Run a state machine several times; `known` gives the initial state of every history."""
    run_state_machine_as_test(
        type(f"Tried{history.__name__}", (history,), known),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def waiting_households(story: Story, count: int) -> list[CallTask]:
    """Make a number of households at Nantes, each with one person who waits for a first call."""
    return [
        waiting_case(story.nantes, identity(f"P{n}", phones=(f"+3363998{n:04d}",)), at=NOW)
        for n in range(count)
    ]
