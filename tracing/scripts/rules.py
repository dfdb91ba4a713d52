"""Lead a tracer through a script: which steps are open, what is missing, whether the call can be completed.

Everything is computed from the script, the answers so far and the facts. Answers to questions that an earlier answer
has closed stay stored but do not count; they count again if the earlier answer is restored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
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
    "can_complete",
    "confirmation_key",
    "confirmation_value",
    "current_step",
    "days_to_recall",
    "follow",
    "holds",
    "missing",
    "next_step",
    "parse_answer",
    "previous_step",
    "render_say",
    "visible_steps",
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
class Path:
    """The conversation that follows from the answers: its steps in order, the answers that count, and its end."""

    steps: tuple[OpenStep, ...]
    counted: Mapping[str, AnswerValue]
    end: End | None

    def find(self, step_id: str) -> OpenStep | None:
        """Return the step with this id if it belongs to the conversation."""
        return next((one for one in self.steps if one.step.id == step_id), None)


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
    return Path(tuple(steps), MappingProxyType(counted), end)


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


def missing(script: Script, answers: Answers, facts: Facts) -> tuple[MissingItem, ...]:
    """Return the required questions and mandatory statements that are still open, in the order of the script."""
    path = follow(script, answers, facts)
    return tuple(point for one in path.steps for point in _open_points(one, path.counted, answers, facts))


def can_complete(script: Script, answers: Answers, facts: Facts) -> bool:
    """Return whether the call can be closed as completed: the path ends there and nothing is missing."""
    end = follow(script, answers, facts).end
    completes = end is not None and end.outcome is Outcome.COMPLETED
    return completes and not missing(script, answers, facts)


def visible_steps(
    script: Script, answers: Answers, facts: Facts, *, at: str | None = None
) -> tuple[StepView, ...]:
    """Return the rail: every step of the conversation and its state; ``at`` is the step on the screen."""
    path = follow(script, answers, facts)
    shown = path.find(at) if at else None
    here = shown.step if shown and not shown.locked else _where_to_go_on(path, answers, facts)
    reached = _furthest(path, answers)
    views = []
    for index, one in enumerate(path.steps):
        points = _open_points(one, path.counted, answers, facts)
        views.append(StepView(index + 1, one.step, _state(one, here, index <= reached, points), len(points)))
    return tuple(views)


def _state(one: OpenStep, here: Step | None, passed: bool, points: list[MissingItem]) -> StepState:  # noqa: FBT001
    if one.locked:
        return StepState.LOCKED
    if one.step is here:
        return StepState.CURRENT
    return StepState.DONE if passed and not points else StepState.TODO


def _furthest(path: Path, answers: Answers) -> int:
    """Return the index of the last step with an answer or a confirmation; -1 if there is none."""
    touched = [
        index
        for index, one in enumerate(path.steps)
        if any(question.id in path.counted for question in one.questions)
        or (not one.locked and confirmation_key(one.step) in answers)
    ]
    return max(touched, default=-1)


def current_step(script: Script, answers: Answers, facts: Facts) -> Step | None:
    """Return where to continue after a reload: the last step touched, or the next one if it is complete."""
    return _where_to_go_on(follow(script, answers, facts), answers, facts)


def _where_to_go_on(path: Path, answers: Answers, facts: Facts) -> Step | None:
    if not path.steps:
        return None
    reached = _furthest(path, answers)
    if reached >= 0:
        last = path.steps[reached]
        if _open_points(last, path.counted, answers, facts) or reached == len(path.steps) - 1:
            return last.step
    following = path.steps[reached + 1]
    return _first_incomplete(path, answers, facts) if following.locked else following.step


def _first_incomplete(path: Path, answers: Answers, facts: Facts) -> Step | None:
    """Return the first open step that is incomplete: the one that keeps locked steps locked."""
    return next(
        (
            one.step
            for one in path.steps
            if not one.locked and _open_points(one, path.counted, answers, facts)
        ),
        None,
    )


def next_step(script: Script, answers: Answers, facts: Facts, after: str | None = None) -> Step | None:
    """Return the next step, or None at the end; before a locked step, the one that must be completed first.

    ``after`` may be a step that has just left the conversation: its position in the script still counts.
    """
    path = follow(script, answers, facts)
    order = {step.id: place for place, step in enumerate(script.steps)}
    place = order.get(after, -1) if after else -1
    following = next((one for one in path.steps if order[one.step.id] > place), None)
    if following is None or not following.locked:
        return following.step if following else None
    return _first_incomplete(path, answers, facts)


def previous_step(script: Script, answers: Answers, facts: Facts, before: str) -> Step | None:
    """Return the previous step, or None at the first."""
    path = follow(script, answers, facts)
    order = {step.id: place for place, step in enumerate(script.steps)}
    earlier = [one.step for one in path.steps if order[one.step.id] < order.get(before, 0)]
    return earlier[-1] if earlier else None


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
