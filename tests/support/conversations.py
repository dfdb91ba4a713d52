"""Run a whole conversation through the script engine, step by step, as a tracer does."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracing.scripts import rules
from tracing.scripts.definitions import Script


@dataclass
class Conversation:
    """A completed conversation: the steps in the order they were shown, and what was stored."""

    steps: list[str] = field(default_factory=list)
    stored: dict[str, object] = field(default_factory=dict)


def hold(script: Script, says: Mapping[str, object], facts: rules.Facts) -> Conversation:
    """Go from the first step to the last, answering each question from ``says`` and reading each statement."""
    held = Conversation()
    step = rules.follow(script, held.stored, facts).after(None)
    while step is not None:
        held.steps.append(step.id)
        assert len(held.steps) <= len(script.steps), f"going round in circles: {held.steps}"
        if step.mandatory:
            held.stored[rules.confirmation_key(step)] = rules.confirmation_value(step, facts)
        for question in step.questions:
            asked = rules.follow(script, held.stored, facts).find(step.id)
            if asked and question in asked.questions and question.id in says:
                held.stored[question.id] = says[question.id]
        step = rules.follow(script, held.stored, facts).after(step.id)
    return held
