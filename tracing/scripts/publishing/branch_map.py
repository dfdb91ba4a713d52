"""A drawing of the branches of a script: the steps one below the other, an arc from each question to what it opens. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from tracing.scripts.definitions import Condition, Script, Step
from tracing.scripts.publishing.branches import Line, groups_of

ROW = 30
"""Height of a step."""
MIDDLE = ROW // 2
NEAREST, PER_ROW, FARTHEST = 28, 9, 420
"""How far to the side an arc goes: at least, for each step that it passes, and at most."""


@dataclass(frozen=True)
class Arc:
    """From the step that asks to the step that its answer opens, or keeps away."""

    first: Step
    opened: Step
    path: str
    lines: tuple[Line, ...]
    opens: bool
    """Whether the answer opens the step; it keeps it away otherwise."""


@dataclass(frozen=True)
class Row:
    """A step of the drawing."""

    number: int
    step: Step
    top: int
    is_conditional: bool
    by_facts: bool
    """Whether its condition asks for what the file says, besides answers."""


@dataclass(frozen=True)
class BranchMap:
    """The whole drawing."""

    rows: tuple[Row, ...]
    arcs: tuple[Arc, ...]
    height: int


def draw(script: Script) -> BranchMap:
    """Return the drawing of a script."""
    asked_by = {question.id: step for step in script.steps for question in step.questions}
    place = {step.id: number for number, step in enumerate(script.steps)}
    rows = tuple(
        Row(
            number + 1,
            step,
            number * ROW,
            step.when is not None,
            any(not _question(line) for line in _lines(step.when)),
        )
        for number, step in enumerate(script.steps)
    )
    arcs = tuple(
        Arc(first, step, _path(place[first.id], place[step.id]), lines, any(line.holds for line in lines))
        for step in script.steps
        for first, lines in _openers(step, asked_by)
    )
    return BranchMap(rows, arcs, len(rows) * ROW)


def _lines(condition: Condition | None) -> list[Line]:
    return [line for group in groups_of(condition) or [] for line in group]


def _question(line: Line) -> str | None:
    kind, name, *_rest = line.what.split(":", 2)
    return name if kind in {"answer", "answered"} else None


def _openers(step: Step, asked_by: dict[str, Step]) -> Iterator[tuple[Step, tuple[Line, ...]]]:
    """Yield each step whose answers a step depends on, with what they must be."""
    found: dict[str, tuple[Step, list[Line]]] = {}
    for line in dict.fromkeys(_lines(step.when)):
        first = asked_by.get(_question(line) or "")
        if first is not None and first.id != step.id:
            found.setdefault(first.id, (first, []))[1].append(line)
    for first, lines in found.values():
        yield first, tuple(lines)


def _path(first: int, opened: int) -> str:
    """Return the arc between two steps, as SVG writes a curve; the more steps it passes, the wider it is."""
    reach = min(NEAREST + PER_ROW * abs(opened - first), FARTHEST)
    above, below = first * ROW + MIDDLE, opened * ROW + MIDDLE
    return f"M0 {above} C{reach} {above} {reach} {below} 4 {below}"
