"""Evaluate a script's conditions over the answers that count and the known facts. Pure."""

from collections.abc import Mapping

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
from tracing.scripts.vocabulary import Phrase
from tracing.scripts.wording import Facts

Answers = Mapping[str, object]


def holds(condition: Condition | None, answers: Answers, facts: Facts) -> bool:
    """Return whether a condition is true; a missing answer and an unknown fact make it false."""
    match condition:
        case None:
            return True
        case All(every=parts):
            return all(holds(part, answers, facts) for part in parts)
        case AnyOf(some=parts):
            return any(holds(part, answers, facts) for part in parts)
        case Not(part=part):
            return not holds(part, answers, facts)
        case AnswerIs(answer=question, value=value):
            return value in _chosen(answers.get(question))
        case AnswerIn(answer=question, values=values):
            return not _chosen(answers.get(question)).isdisjoint(values)
        case Answered(answered=question):
            return answers.get(question) is not None
        case FactIs(fact=fact, value=wanted):
            known = facts.get(fact)
            known = known.french if isinstance(known, Phrase) else known
            return type(known) is type(wanted) and known == wanted
        case Known(known=fact):
            return facts.get(fact) not in (None, "")


def _chosen(answer: object) -> frozenset[str]:
    """Return the values of an answer: one for a single choice, several for a list."""
    if isinstance(answer, str):
        return frozenset({answer})
    return frozenset(answer) if isinstance(answer, list | tuple) else frozenset()
