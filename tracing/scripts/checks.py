"""Checks across the steps of a script: order, references, what may be said where, and that it ends. Pure.

Each check yields problems that name the step and the field; the loader says them in English, with the name of the file.
"""

import re
from collections.abc import Iterator
from itertools import takewhile

from tracing.programmes import Pack, UnknownProgramme
from tracing.programmes.in_force import get_pack
from tracing.scripts.conditions import holds
from tracing.scripts.definitions import (
    PLACEHOLDER,
    Answered,
    AnswerIn,
    AnswerIs,
    Condition,
    FactIs,
    Known,
    Question,
    Script,
    Step,
    leaves,
)
from tracing.scripts.problems import Fault, Problem, at
from tracing.scripts.safety import dangers, withheld_of
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
    unasked,
)


def problems(script: Script) -> list[Problem]:
    """Return every problem that prevents a script from being published, check by check."""
    return [
        *_repeated_ids(script),
        *_references(script),
        *_identity(script),
        *_words(script),
        *_english(script),
        *_statements(script),
        *_rule_questions(script),
        *_ends(script),
        *dangers(script),
        *_of_its_programmes(script),
    ]


def _of_its_programmes(script: Script) -> Iterator[Problem]:
    """A script of some programmes asks and says nothing that one of them does not have."""
    for code in script.programmes:
        try:
            pack = get_pack(code)
        except UnknownProgramme:
            yield Problem(Fault.NO_PROGRAMME, {"name": code})
            continue
        withheld, missing = unasked(pack.data_fields.withheld), facts_without(pack)
        for step in script.steps:
            for question in step.questions:
                if question.id in withheld:
                    part = f"question {question.id!r}"
                    yield at(step, part, Fault.NOT_HELD, name=question.id, programme=code)
            for name in sorted(_facts_used(step) & missing):
                yield at(step, "say", Fault.NOT_OF_PROGRAMME, name=name, programme=code)
    for step in script.steps if script.programmes else ():
        for leaf in (one for condition in step.conditions for one in leaves(condition)):
            if isinstance(leaf, FactIs) and leaf.fact == "programme" and leaf.value not in script.programmes:
                yield at(step, "when", Fault.OTHER_PROGRAMME, name=leaf.value)


def facts_without(pack: Pack) -> frozenset[str]:
    """Return the facts that no rule of a programme ever gives."""
    isolations = list(pack.isolations)
    given = {
        "disease": pack.disease,
        "prophylaxis": pack.prophylaxis,
        "exit_tests": any(one.exit_test for one in isolations),
        "early_exit_on": any(one.early_exit for one in isolations),
        "early_exit_needs": any(one.early_exit for one in isolations),
        "fever_hours": any(one.fever for one in isolations),
        "mask_until": any(one.mask_days for one in isolations),
        "note_from": any(one.issuer == "fund" for one in pack.notes),
        "quarantine_end": any(one.end for one in pack.quarantines),
        "test_lifts": any(one.end for one in pack.quarantines),
    }
    return frozenset(name for name, has in given.items() if not has)


def _facts_used(step: Step) -> set[str]:
    """Return the facts that a step says, or on which its parts depend."""
    said = {name for paragraph in step.say for words in paragraph for name in PLACEHOLDER.findall(words)}
    asked = [one for condition in step.conditions for one in leaves(condition)]
    return (
        said
        | {one.fact for one in asked if isinstance(one, FactIs)}
        | {one.known for one in asked if isinstance(one, Known)}
    )


def _repeated_ids(script: Script) -> Iterator[Problem]:
    steps: set[str] = set()
    questions: set[str] = set()
    for step in script.steps:
        if step.id in steps:
            yield at(step, "id", Fault.STEP_TWICE)
        steps.add(step.id)
        for question in step.questions:
            if question.id in questions:
                yield at(step, f"question {question.id!r}", Fault.QUESTION_TWICE)
            questions.add(question.id)


def _references(script: Script) -> Iterator[Problem]:
    """Conditions refer only to questions asked earlier, to answers these can have, and to known facts."""
    asked: dict[str, Question] = {}
    for step in script.steps:
        for found in _condition_problems(step.when, asked, script.kind):
            yield found.at(step.id, "when")
        for question in step.questions:
            for found in _condition_problems(question.when, asked, script.kind):
                yield found.at(step.id, f"question {question.id!r}, when")
            for name, written in (("min", question.earliest), ("max", question.latest)):
                if written and (wrong := _bound_problem(written, script.kind)):
                    yield wrong.at(step.id, f"question {question.id!r}, {name}")
            asked[question.id] = question
        for fact in (step.days.first, step.days.last) if step.days else ():
            if wrong := _bound_problem(fact, script.kind):
                yield wrong.at(step.id, "days")


def _condition_problems(
    condition: Condition | None, asked: dict[str, Question], kind: ScriptKind
) -> Iterator[Problem]:
    for leaf in leaves(condition):
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
                    yield Problem(Fault.NO_FACT, {"name": name, "kind": kind})
                elif isinstance(value, bool) != (fact.kind is FactKind.FLAG) or fact.kind is FactKind.DAY:
                    yield Problem(Fault.NOT_COMPARED, {"name": name, "form": fact.kind, "value": value})
            case Known(known=name):
                if _fact(name, kind) is None:
                    yield Problem(Fault.NO_FACT, {"name": name, "kind": kind})


def _answer_problems(name: str, values: tuple[str, ...], asked: dict[str, Question]) -> Iterator[Problem]:
    question = asked.get(name)
    if question is None:
        yield Problem(Fault.NOT_ASKED, {"name": name})
    elif values and question.values is None:
        yield Problem(Fault.FREE_ANSWER, {"name": name})
    else:
        for value in values:
            if value not in (question.values or ()):
                yield Problem(Fault.NO_ANSWER, {"value": value, "name": name})


def _fact(name: str, kind: ScriptKind) -> Fact | None:
    fact = FACTS.get(name)
    return fact if fact and kind in fact.scripts else None


def _bound_problem(written: str, kind: ScriptKind) -> Problem | None:
    name = re.split("[+-]", written, maxsplit=1)[0]
    fact = _fact(name, kind)
    if name == "today" or (fact and fact.kind is FactKind.DAY):
        return None
    return Problem(Fault.NO_DAY, {"name": name, "kind": kind})


def _identity(script: Script) -> Iterator[Problem]:
    """Exactly one step asks for the identity; no sensitive step comes before it."""
    asking = [step for step in script.steps if step.identity_question]
    if len(asking) != 1:
        yield Problem(Fault.ONE_IDENTITY, {"number": len(asking)})
        return
    step = asking[0]
    question = step.identity_question
    if question is None or question.id != IDENTITY_QUESTION or not question.required or question.when:
        yield at(step, "questions", Fault.IDENTITY_QUESTION, name=IDENTITY_QUESTION)
    if step.sensitive or not step.gate or step.when:
        yield at(step, "gate", Fault.IDENTITY_STEP)
    for earlier in script.steps[: script.steps.index(step)]:
        if earlier.sensitive:
            yield at(earlier, "sensitive", Fault.BEFORE_IDENTITY)
    if not any(
        holds(end.when, {IDENTITY_QUESTION: NO}, {})
        for end in script.steps[script.steps.index(step) + 1 :]
        if end.end and not end.sensitive and end.when
    ):
        yield at(step, "questions", Fault.IDENTITY_ENDS)


def _words(script: Script) -> Iterator[Problem]:
    """Only known facts are said, sensitive ones only in sensitive steps; a flag stands before the words it is for."""
    for step in script.steps:
        for wording in (wording for paragraph in step.say for wording in paragraph):
            for name in PLACEHOLDER.findall(wording):
                fact = _fact(name, script.kind)
                is_flag = fact is not None and fact.kind is FactKind.FLAG
                if fact is None or (is_flag and name not in _first_flags(wording, script.kind)):
                    yield at(step, "say", Fault.NOT_SAID, name=name, kind=script.kind)
                elif fact.sensitive and not step.sensitive:
                    yield at(step, "say", Fault.SENSITIVE, name=name)
            if set(PLACEHOLDER.sub("", wording)) & set("{}"):
                yield at(step, "say", Fault.BRACE)
        labels = (step.note, step.title, step.confirm, *(question.label for question in step.questions))
        if any(label and set(label) & set("{}") for label in labels):
            yield at(step, "note, title or label", Fault.FACT_NOT_ALOUD)


def _english(script: Script) -> Iterator[Problem]:
    """Where a text has its English, both hold the same facts, and begin with the same flags."""
    for step in script.steps:
        for wording in (wording for paragraph in step.say for wording in paragraph):
            english = script.english.get(wording)
            if not english:
                continue
            french, translated = PLACEHOLDER.findall(wording), PLACEHOLDER.findall(english)
            flags, theirs = (_first_flags(text, script.kind) for text in (wording, english))
            if set(french) != set(translated) or set(flags) != set(theirs):
                yield at(step, "english", Fault.OTHER_FACTS, words=wording)
            elif set(PLACEHOLDER.sub("", english)) & set("{}"):
                yield at(step, "english", Fault.BRACE)


def _first_flags(wording: str, kind: ScriptKind) -> list[str]:
    """Return the flags with which a wording begins: it is said only while all of them are set."""
    names = PLACEHOLDER.findall(wording)
    first = list(takewhile(lambda name: _is_flag(name, kind), names))
    return first if wording.startswith("".join(f"{{{name}}}" for name in first)) else []


def _is_flag(name: str, kind: ScriptKind) -> bool:
    fact = _fact(name, kind)
    return fact is not None and fact.kind is FactKind.FLAG


def _statements(script: Script) -> Iterator[Problem]:
    """The statements required in every call exist, are mandatory, and can be said whatever is known."""
    for wanted in sorted(MANDATORY_STATEMENTS[script.kind]):
        step = script.step(wanted)
        if step is None:
            yield Problem(Fault.STATEMENT_MISSING, {"name": wanted})
        elif not step.mandatory:
            yield at(step, "mandatory", Fault.MANDATORY)
    for step in script.steps:
        if step.mandatory and PLACEHOLDER.search(step.say[0][-1]):
            yield at(step, "say", Fault.MANDATORY_WORDS)


def _rule_questions(script: Script) -> Iterator[Problem]:
    """The questions that the rules read exist, with the type and the options that the rules expect."""
    unheld = unasked(withheld_of(script))
    for name, wanted in RULE_QUESTIONS.items():
        if script.kind not in wanted.scripts:
            continue
        question = script.questions.get(name)
        if question is None:
            if name not in unheld:
                yield Problem(Fault.RULE_QUESTION_MISSING, {"name": name})
        elif question.type is not wanted.type:
            yield Problem(Fault.RULE_TYPE, {"name": name, "type": wanted.type, "found": question.type})
        elif wanted.options and {option.value for option in question.options} != wanted.options:
            yield Problem(Fault.RULE_OPTIONS, {"name": name, "options": ", ".join(sorted(wanted.options))})


def _ends(script: Script) -> Iterator[Problem]:
    """The conversation always ends, whatever is answered."""
    *others, last = script.steps
    if last.end is None or last.end.outcome is not Outcome.COMPLETED or last.when or last.sensitive:
        yield at(last, "end", Fault.LAST_STEP)
    if last.widget is not Widget.CLOSING:
        yield at(last, "widget", Fault.CLOSING)
    for step in others:
        if step.end and not step.when:
            yield at(step, "end", Fault.CUTS_OFF)
        if step.end and step.end.outcome is Outcome.COMPLETED and not (step.mandatory and step.when):
            yield at(step, "end", Fault.COMPLETES)
