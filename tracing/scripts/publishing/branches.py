"""Conditions as a form shows them: groups of lines, of which one group must hold as a whole. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from tracing.scripts.definitions import (
    All,
    Answered,
    AnswerIn,
    AnswerIs,
    AnyOf,
    Condition,
    FactIs,
    Known,
    Not,
)

MOST_GROUPS = 8
Groups = Sequence[Sequence["Line"]]


@dataclass(frozen=True, order=True)
class Line:
    """One thing that must hold, or must not: an answer has a value, a fact is true, something is known."""

    what: str
    """`answer:QUESTION:VALUE`, `answered:QUESTION`, `fact:NAME:VALUE` or `known:NAME`."""
    holds: bool = True


def groups_of(condition: Condition | None) -> list[list[Line]] | None:
    """Return a condition as groups; none of "always"; None if it has too many."""
    if condition is None:
        return []
    found = _groups(condition, holds=True)
    return None if len(found) > MOST_GROUPS else found


def _groups(condition: Condition, *, holds: bool) -> list[list[Line]]:
    match condition:
        case Not(part=part):
            return _groups(part, holds=not holds)
        case All(every=parts) | AnyOf(some=parts):
            inner = [_groups(part, holds=holds) for part in parts]
            is_all = isinstance(condition, All) is holds
            return _every(inner) if is_all else [group for one in inner for group in one]
        case AnswerIs(answer=question, value=value):
            return [[Line(f"answer:{question}:{value}", holds)]]
        case AnswerIn(answer=question, values=values):
            lines = [Line(f"answer:{question}:{value}", holds) for value in values]
            return [[line] for line in lines] if holds else [lines]
        case Answered(answered=question):
            return [[Line(f"answered:{question}", holds)]]
        case FactIs(fact=fact, value=value):
            said = value if isinstance(value, str) else str(value).lower()
            return [[Line(f"fact:{fact}:{said}", holds)]]
        case Known(known=fact):
            return [[Line(f"known:{fact}", holds)]]


def _every(inner: Sequence[list[list[Line]]]) -> list[list[Line]]:
    """Return the groups in which one group of each part holds."""
    found: list[list[Line]] = [[]]
    for groups in inner:
        if len(found) * len(groups) > MOST_GROUPS * MOST_GROUPS:
            return found * (MOST_GROUPS + 1)  # too many to be shown
        found = [[*one, *other] for one, other in product(found, groups)]
    return found


def condition_of(groups: Iterable[Iterable[Line]]) -> dict[str, Any] | None:
    """Return groups as a file writes a condition; None of no group: always."""
    given = [list(dict.fromkeys(group)) for group in groups]
    found = [group for group in given if group]
    if not found:
        return None
    if (one_of := _one_of(found)) is not None:
        return one_of
    written = [_all(group) for group in found]
    return written[0] if len(written) == 1 else {"any": written}


def _one_of(groups: Sequence[Sequence[Line]]) -> dict[str, Any] | None:
    """Return "the answer is one of these", if that is what the groups say."""
    lines = [group[0] for group in groups if len(group) == 1]
    questions = {line.what.split(":")[1] for line in lines if line.what.startswith("answer:") and line.holds}
    if len(lines) < 2 or len(lines) < len(groups) or len(questions) != 1:
        return None
    if not all(line.holds and line.what.startswith("answer:") for line in lines):
        return None
    return {"answer": questions.pop(), "in": [line.what.split(":", 2)[2] for line in lines]}


def _all(group: Sequence[Line]) -> dict[str, Any]:
    written = [_leaf(line) for line in group]
    return written[0] if len(written) == 1 else {"all": written}


def _leaf(line: Line) -> dict[str, Any]:
    kind, name, *rest = line.what.split(":", 2)
    leaf: dict[str, Any]
    match kind:
        case "answer":
            leaf = {"answer": name, "is": rest[0] if rest else ""}
        case "fact":
            value = rest[0] if rest else ""
            leaf = {"fact": name, "is": {"true": True, "false": False}.get(value, value)}
        case "answered":
            leaf = {"answered": name}
        case _:
            leaf = {"known": name}
    return leaf if line.holds else {"not": leaf}


def same(one: Groups | None, other: Groups | None) -> bool:
    """Return whether two lists of groups say the same, in whatever order."""
    if one is None or other is None:
        return False
    return {frozenset(group) for group in one} == {frozenset(group) for group in other}
