"""Checks across the steps of a script: order, references, what may be said where, and that it ends. Pure.

Each check yields problems as sentences that name the step and the field; the loader adds the file name.
"""

import re
from collections.abc import Iterator
from typing import assert_never

from tracing.scripts.conditions import holds
from tracing.scripts.definitions import (
    PLACEHOLDER,
    All,
    Answered,
    AnswerIn,
    AnswerIs,
    AnyOf,
    Condition,
    FactIs,
    Known,
    Not,
    Question,
    Script,
    Step,
)
from tracing.scripts.vocabulary import (
    FACTS,
    IDENTITY_QUESTION,
    MANDATORY_STATEMENTS,
    NO,
    RULE_QUESTIONS,
    Fact,
    FactKind,
    Outcome,
    ScriptKind,
    Widget,
)

Leaf = AnswerIs | AnswerIn | Answered | FactIs | Known


def problems(script: Script) -> list[str]:
    """Return every problem that prevents a script from being published, check by check."""
    return [
        *_repeated_ids(script),
        *_references(script),
        *_identity(script),
        *_words(script),
        *_statements(script),
        *_rule_questions(script),
        *_ends(script),
    ]


def at(step: Step, field: str, sentence: str) -> str:
    """Return a problem with its place."""
    return f"step {step.id!r}, {field}: {sentence}"


def _repeated_ids(script: Script) -> Iterator[str]:
    steps: set[str] = set()
    questions: set[str] = set()
    for step in script.steps:
        if step.id in steps:
            yield at(step, "id", "another step has this id")
        steps.add(step.id)
        for question in step.questions:
            if question.id in questions:
                yield at(step, f"question {question.id!r}", "another question has this id")
            questions.add(question.id)


def _references(script: Script) -> Iterator[str]:
    """Conditions refer only to questions asked earlier, to answers these can have, and to known facts."""
    asked: dict[str, Question] = {}
    for step in script.steps:
        for sentence in _condition_problems(step.when, asked, script.kind):
            yield at(step, "when", sentence)
        for question in step.questions:
            for sentence in _condition_problems(question.when, asked, script.kind):
                yield at(step, f"question {question.id!r}, when", sentence)
            for name, written in (("min", question.earliest), ("max", question.latest)):
                if written and (wrong := _bound_problem(written, script.kind)):
                    yield at(step, f"question {question.id!r}, {name}", wrong)
            asked[question.id] = question
        for fact in (step.days.first, step.days.last) if step.days else ():
            if wrong := _bound_problem(fact, script.kind):
                yield at(step, "days", wrong)


def _leaves(condition: Condition | None) -> Iterator[Leaf]:
    match condition:
        case None:
            return
        case All(every=parts) | AnyOf(some=parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part=part):
            yield from _leaves(part)
        case AnswerIs() | AnswerIn() | Answered() | FactIs() | Known():
            yield condition
        case _:
            assert_never(condition)


def _condition_problems(
    condition: Condition | None, asked: dict[str, Question], kind: ScriptKind
) -> Iterator[str]:
    for leaf in _leaves(condition):
        match leaf:
            case AnswerIs(answer=question, value=value):
                yield from _answer_problems(question, (value,), asked)
            case AnswerIn(answer=question, values=values):
                yield from _answer_problems(question, values, asked)
            case Answered(answered=question):
                yield from _answer_problems(question, (), asked)
            case FactIs(fact=name, value=value):
                fact = _fact(name, kind)
                if fact is None:
                    yield f"{name!r} is not a fact of a {kind} script"
                elif isinstance(value, bool) != (fact.kind is FactKind.FLAG) or fact.kind is FactKind.DAY:
                    yield f"the fact {name!r} is a {fact.kind} and cannot be compared with {value!r}"
            case Known(known=name):
                if _fact(name, kind) is None:
                    yield f"{name!r} is not a fact of a {kind} script"


def _answer_problems(name: str, values: tuple[str, ...], asked: dict[str, Question]) -> Iterator[str]:
    question = asked.get(name)
    if question is None:
        yield f"{name!r} is not a question asked before this point"
    elif values and question.values is None:
        yield f"the answer to {name!r} is free and can only be tested with answered"
    else:
        for value in values:
            if value not in (question.values or ()):
                yield f"{value!r} is not an answer to {name!r}"


def _fact(name: str, kind: ScriptKind) -> Fact | None:
    fact = FACTS.get(name)
    return fact if fact and kind in fact.scripts else None


def _bound_problem(written: str, kind: ScriptKind) -> str | None:
    name = re.split("[+-]", written, maxsplit=1)[0]
    fact = _fact(name, kind)
    if name == "today" or (fact and fact.kind is FactKind.DAY):
        return None
    return f"{name!r} is neither today nor a day among the facts of a {kind} script"


def _identity(script: Script) -> Iterator[str]:
    """Exactly one step asks for the identity; no sensitive step comes before it."""
    asking = [step for step in script.steps if step.identity_question]
    if len(asking) != 1:
        yield f"one step must ask the identity, {len(asking)} do"
        return
    step = asking[0]
    question = step.identity_question
    if question is None or question.id != IDENTITY_QUESTION or not question.required or question.when:
        yield at(step, "questions", f"the identity question is {IDENTITY_QUESTION!r}, required, without when")
    if step.sensitive or not step.gate or step.when:
        yield at(step, "gate", "the identity step is a gate, always open, and holds nothing sensitive")
    for earlier in script.steps[: script.steps.index(step)]:
        if earlier.sensitive:
            yield at(earlier, "sensitive", "health content cannot stand before the identity step")
    if not any(
        holds(end.when, {IDENTITY_QUESTION: NO}, {})
        for end in script.steps[script.steps.index(step) + 1 :]
        if end.end and not end.sensitive and end.when
    ):
        yield at(step, "questions", "no step ends the call when the identity is not confirmed")


def _words(script: Script) -> Iterator[str]:
    """Only known facts are said, sensitive ones only in sensitive steps; a flag stands before the words it is for."""
    for step in script.steps:
        for wording in (wording for paragraph in step.say for wording in paragraph):
            for name in PLACEHOLDER.findall(wording):
                fact = _fact(name, script.kind)
                is_flag = fact is not None and fact.kind is FactKind.FLAG
                if fact is None or (is_flag and not wording.startswith(f"{{{name}}}")):
                    yield at(step, "say", f"{{{name}}} is not something a {script.kind} script can say")
                elif fact.sensitive and not step.sensitive:
                    yield at(step, "say", f"{{{name}}} is sensitive and this step is not")
            if set(PLACEHOLDER.sub("", wording)) & set("{}"):
                yield at(step, "say", "a brace stands alone")
        labels = (step.note, step.title, step.confirm, *(question.label for question in step.questions))
        if any(label and set(label) & set("{}") for label in labels):
            yield at(step, "note, title or label", "only the words to read aloud may hold a {fact}")


def _statements(script: Script) -> Iterator[str]:
    """The statements required in every call exist, are mandatory, and can be said whatever is known."""
    for wanted in sorted(MANDATORY_STATEMENTS[script.kind]):
        step = script.step(wanted)
        if step is None:
            yield f"the mandatory statement {wanted!r} is missing"
        elif not step.mandatory:
            yield at(step, "mandatory", "this statement must be mandatory")
    for step in script.steps:
        if step.mandatory and PLACEHOLDER.search(step.say[0][-1]):
            yield at(
                step,
                "say",
                "a mandatory statement begins with words that need no {fact}, at least as a last wording",
            )


def _rule_questions(script: Script) -> Iterator[str]:
    """The questions that the rules read exist, with the type and the options that the rules expect."""
    for name, wanted in RULE_QUESTIONS.items():
        if script.kind not in wanted.scripts:
            continue
        question = script.questions.get(name)
        if question is None:
            yield f"the question {name!r} is missing, and the rules need it"
        elif question.type is not wanted.type:
            yield f"question {name!r}, type: must be {wanted.type}, not {question.type}"
        elif wanted.options and {option.value for option in question.options} != wanted.options:
            yield f"question {name!r}, options: must be exactly {', '.join(sorted(wanted.options))}"


def _ends(script: Script) -> Iterator[str]:
    """The conversation always ends, whatever is answered."""
    *others, last = script.steps
    if last.end is None or last.end.outcome is not Outcome.COMPLETED or last.when or last.sensitive:
        yield at(last, "end", "the last step ends a completed call, always, and holds nothing sensitive")
    if last.widget is not Widget.CLOSING:
        yield at(last, "widget", "the last step opens the closing")
    for step in others:
        if step.end and not step.when:
            yield at(step, "end", "without when this end would cut off every step after it")
        if step.end and step.end.outcome is Outcome.COMPLETED and not (step.mandatory and step.when):
            yield at(
                step,
                "end",
                "only the last step ends a completed call, or a statement that is not for everybody",
            )
