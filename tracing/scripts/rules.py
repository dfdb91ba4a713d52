"""Lead a tracer through a script: which steps are open, what is missing, whether the call can be completed.

Everything is computed from the script, the answers so far and the facts. Answers to questions that an earlier answer
has closed stay stored but do not count; they count again if the earlier answer is restored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from tracing.scripts.answers import AnswerValue, parse_answer, usable
from tracing.scripts.conditions import Answers, holds
from tracing.scripts.definitions import End, Question, Script, Step
from tracing.scripts.vocabulary import YES, Outcome
from tracing.scripts.wording import (
    Facts,
    confirmation_key,
    confirmation_value,
    render_say,
)

__all__ = [
    "AnswerValue",
    "Answers",
    "Facts",
    "MissingItem",
    "OpenStep",
    "Path",
    "StepState",
    "StepView",
    "answered_day",
    "confirmation_key",
    "confirmation_value",
    "days_to_recall",
    "follow",
    "holds",
    "parse_answer",
    "render_say",
]

LONGEST_RECALL = 31  # days; a window longer than this is a mistake somewhere, not a list to read through


class StepState(StrEnum):
    """The state of a step in the rail."""

    DONE = "done"
    CURRENT = "current"
    TODO = "todo"
    LOCKED = "locked"


@dataclass(frozen=True)
class OpenStep:
    """A step of this conversation, with the questions it asks."""

    step: Step
    questions: tuple[Question, ...]
    locked: bool


@dataclass(frozen=True)
class MissingItem:
    """Something that is still open: a required question, or a mandatory statement if there is no question.

    ``changed``: the statement was confirmed, but in words that have changed since.
    """

    step: Step
    question: Question | None
    changed: bool = False

    @property
    def label(self) -> str:
        """Its name in the list of open points."""
        return self.question.label if self.question else self.step.title


@dataclass(frozen=True)
class StepView:
    """One line of the rail."""

    number: int
    step: Step
    state: StepState
    missing: int


@dataclass(frozen=True)
class Path:
    """The conversation that follows from the answers: its steps in order, the answers that count, and its end."""

    steps: tuple[OpenStep, ...]
    counted: Mapping[str, AnswerValue]
    end: End | None
    script: Script = field(repr=False)
    answers: Answers = field(repr=False)
    """The answers from which it follows, as they were then."""
    facts: Facts = field(repr=False)

    def find(self, step_id: str) -> OpenStep | None:
        """Return the step with this id if it belongs to the conversation."""
        return next((one for one in self.steps if one.step.id == step_id), None)

    @cached_property
    def points(self) -> tuple[Sequence[MissingItem], ...]:
        """What each step still needs before it is complete."""
        return tuple(_open_points(one, self.counted, self.answers, self.facts) for one in self.steps)

    @property
    def missing(self) -> tuple[MissingItem, ...]:
        """The required questions and mandatory statements that are still open, in the order of the script."""
        return tuple(point for points in self.points for point in points)

    @property
    def can_complete(self) -> bool:
        """Whether the call can be closed as completed: the path ends there and nothing is missing."""
        completes = self.end is not None and self.end.outcome is Outcome.COMPLETED
        return completes and not any(self.points)

    @cached_property
    def reached(self) -> int:
        """The index of the last step with an answer or a confirmation; -1 if there is none."""
        touched = [
            index
            for index, one in enumerate(self.steps)
            if any(question.id in self.counted for question in one.questions)
            or (not one.locked and confirmation_key(one.step) in self.answers)
        ]
        return max(touched, default=-1)

    @cached_property
    def current(self) -> Step | None:
        """Where to continue after a reload: the last step touched, or the next one if it is complete."""
        if not self.steps:
            return None
        reached = self.reached
        if reached >= 0 and (self.points[reached] or reached == len(self.steps) - 1):
            return self.steps[reached].step
        following = self.steps[reached + 1]
        return self._first_incomplete if following.locked else following.step

    @property
    def _first_incomplete(self) -> Step | None:
        """The first open step that is incomplete: the one that keeps locked steps locked."""
        each = zip(self.steps, self.points, strict=True)
        return next((one.step for one, points in each if not one.locked and points), None)

    def views(self, at: str | None = None) -> tuple[StepView, ...]:
        """Return the rail: every step of the conversation and its state; ``at`` is the step on the screen."""
        shown = self.find(at) if at else None
        here = shown.step if shown and not shown.locked else self.current
        return tuple(
            StepView(index + 1, one.step, _state(one, here, index <= self.reached, points), len(points))
            for index, (one, points) in enumerate(zip(self.steps, self.points, strict=True))
        )

    def after(self, step_id: str | None) -> Step | None:
        """Return the next step, or None at the end; before a locked step, the one that must be completed first.

        The step may have just left the conversation: its position in the script still counts.
        """
        place = self._order.get(step_id, -1) if step_id else -1
        following = next((one for one in self.steps if self._order[one.step.id] > place), None)
        if following is None or not following.locked:
            return following.step if following else None
        return self._first_incomplete

    def before(self, step_id: str) -> Step | None:
        """Return the previous step, or None at the first."""
        place = self._order.get(step_id, 0)
        earlier = [one.step for one in self.steps if self._order[one.step.id] < place]
        return earlier[-1] if earlier else None

    @cached_property
    def _order(self) -> Mapping[str, int]:
        return {step.id: place for place, step in enumerate(self.script.steps)}


def follow(script: Script, answers: Answers, facts: Facts) -> Path:
    """Go through the script once, and return the conversation that follows from these answers."""
    steps: list[OpenStep] = []
    counted: dict[str, AnswerValue] = {}
    shut = identified = False
    for step in script.steps:
        if not holds(step.when, counted, facts):
            continue
        locked = shut or (step.sensitive and not identified)
        questions = _ask(step, {} if locked else answers, facts, counted)
        if not questions and step.widget is None and not render_say(step, facts):
            continue
        steps.append(OpenStep(step, questions, locked))
        if identity := step.identity_question:
            identified = counted.get(identity.id) == YES
        shut = shut or (step.gate and bool(_open_points(steps[-1], counted, answers, facts)))
        if step.end:
            break
    end = steps[-1].step.end if steps else None
    return Path(tuple(steps), MappingProxyType(counted), end, script, MappingProxyType(dict(answers)), facts)


def _ask(step: Step, answers: Answers, facts: Facts, counted: dict[str, AnswerValue]) -> tuple[Question, ...]:
    """Return the questions that the step asks, and add their answers to `counted`."""
    asked = []
    for question in step.questions:
        if not holds(question.when, counted, facts):
            continue
        asked.append(question)
        if (answer := usable(question, answers.get(question.id))) is not None:
            counted[question.id] = answer
    return tuple(asked)


def _open_points(
    one: OpenStep, counted: Mapping[str, AnswerValue], answers: Answers, facts: Facts
) -> list[MissingItem]:
    """Return what a step still needs before it is complete."""
    points = [
        MissingItem(one.step, question)
        for question in one.questions
        if question.required and question.id not in counted
    ]
    if one.step.mandatory:
        confirmed = answers.get(confirmation_key(one.step))
        if confirmed != confirmation_value(one.step, facts):
            points.insert(0, MissingItem(one.step, None, changed=confirmed is not None))
    return points


def _state(one: OpenStep, here: Step | None, passed: bool, points: Sequence[MissingItem]) -> StepState:  # noqa: FBT001
    if one.locked:
        return StepState.LOCKED
    if one.step is here:
        return StepState.CURRENT
    return StepState.DONE if passed and not points else StepState.TODO


def days_to_recall(step: Step, facts: Facts) -> tuple[date, ...]:
    """Return the days that a step goes through one by one, the latest first: people remember those best."""
    if step.days is None:
        return ()
    first, last = facts.get(step.days.first), facts.get(step.days.last)
    if not (isinstance(first, date) and isinstance(last, date)):
        return ()
    length = min((last - first).days + 1, LONGEST_RECALL)
    return tuple(last - timedelta(days=back) for back in range(length))


def answered_day(answers: Mapping[str, object], question_id: str) -> date | None:
    """Return the day that answers a question; None if there is none or the person does not know."""
    answer = answers.get(question_id)
    try:
        return date.fromisoformat(answer) if isinstance(answer, str) else None
    except ValueError:
        return None
