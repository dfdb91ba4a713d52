"""What no version of a script may lose: the emergency, silence before identity, the data notice, the panels. Pure.

Source: issue 16, "checks"; the emergency numbers are those of the French health ministry (15) and of the European
Union (112, directive 2018/1972, article 109).
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from tracing.programmes import UnknownProgramme
from tracing.programmes.data_fields import DataField
from tracing.programmes.disease_names import disease_named
from tracing.programmes.in_force import get_pack
from tracing.scripts.definitions import All, AnswerIs, AnyOf, Condition, Script
from tracing.scripts.problems import Fault, Problem, at
from tracing.scripts.vocabulary import (
    ALWAYS_ASKED,
    DATA_NOTICE,
    DATA_NOTICE_FACTS,
    EMERGENCY,
    EMERGENCY_QUESTION,
    PANELS,
    YES,
    EscalationReason,
    Outcome,
    Widget,
)

SHORTEST_NOTICE = (
    25  # words; ours have 53, and what they are for, for how long and which rights need that many
)

_NUMBERS = re.compile(r"\b(?:15|112)\b")
_OUR_NAME = re.compile(r"assurance[ -]maladie|health insurance", re.IGNORECASE)
_RESULT = re.compile(r"\b(?:positi[fv]|négati[fv]|negative)|\{disease\}", re.IGNORECASE)
# the beginnings of words that tell somebody else what the call is about, in both languages of a script
_HEALTH = re.compile(
    r"""\b(?:tests?\b|autotest|self-test|dépist|résultat|results?\b|positi[fv]|négati[fv]|negative|virus
    |épidémi|epidemic|infect|contamin|contagi|malad|sick|illness|disease|sympt|vaccin|isole|isolat|quarant
    |cas\ contact|(?:personne|sujet)s?\ contact|en\ contact\ avec|in\ contact\ with)""",
    re.IGNORECASE | re.VERBOSE,
)


_SIGNS = AnswerIs.model_validate({"answer": EMERGENCY_QUESTION, "is": YES})


def dangers(script: Script) -> Iterator[Problem]:
    """Yield what would harm the person called, or whom they live with, if this version were used."""
    yield from _asked(script)
    yield from _emergency(script)
    yield from _before_identity(script)
    yield from _data_notice(script)
    yield from _panels(script)


def _asked(script: Script) -> Iterator[Problem]:
    """The questions on which a life or an announcement depends are obligatory."""
    for step in script.steps:
        for question in step.questions:
            if question.id in ALWAYS_ASKED and not question.required:
                yield at(step, f"question {question.id!r}", Fault.MUST_BE_REQUIRED, name=question.id)
            if question.id == EMERGENCY_QUESTION and (question.when or step.when or not step.gate):
                yield at(step, "gate", Fault.EMERGENCY_ASKED, name=question.id)


def _emergency(script: Script) -> Iterator[Problem]:
    """Right after the signs are asked, the emergency numbers are said, and the call ends there for an adviser."""
    asking = next(
        (n for n, one in enumerate(script.steps) if any(q.id == EMERGENCY_QUESTION for q in one.questions)),
        None,
    )
    step = script.step(EMERGENCY)
    if step is None:
        yield Problem(Fault.STATEMENT_MISSING, {"name": EMERGENCY})
        return
    if asking is not None and script.steps.index(step) != asking + 1:
        yield at(step, "id", Fault.EMERGENCY_PLACE, name=EMERGENCY_QUESTION)
    if _alone(step.when) != _SIGNS:
        yield at(step, "when", Fault.EMERGENCY_WHEN, name=EMERGENCY_QUESTION, value=YES)
    if not step.mandatory:
        yield at(step, "mandatory", Fault.MANDATORY)
    if step.end is None or step.end.outcome is not Outcome.NEEDS_DOCTOR:
        yield at(step, "end", Fault.EMERGENCY_END)
    if step.widget is not Widget.ESCALATE or step.escalation is not EscalationReason.RED_FLAGS:
        yield at(step, "widget", Fault.EMERGENCY_ADVICE)
    if not any(all(_NUMBERS.search(wording) for wording in paragraph) for paragraph in step.say):
        yield at(step, "say", Fault.EMERGENCY_WORDS)


def _alone(condition: Condition | None) -> Condition | None:
    """Return a condition without the lists of one that may be written around it."""
    match condition:
        case All(every=(part,)) | AnyOf(some=(part,)):
            return _alone(part)
        case _:
            return condition


def _before_identity(script: Script) -> Iterator[Problem]:
    """What anybody may hear names neither test, result nor meeting; the result itself is left to an adviser."""
    for step in script.steps:
        said = [wording for paragraph in step.say for wording in paragraph]
        heard = [*said, *(script.english[one] for one in said if script.english.get(one))]
        if not step.sensitive:
            for wording in heard:
                found = _HEALTH.search(_OUR_NAME.sub("", wording))
                if word := found[0] if found else disease_named(wording):
                    yield at(step, "say", Fault.HEALTH_WORDS, word=word)
        if step.escalation is EscalationReason.RESULT_NOT_ANNOUNCED and any(map(_RESULT.search, heard)):
            yield at(step, "say", Fault.RESULT_BY_ADVISER)


def _data_notice(script: Script) -> Iterator[Problem]:
    step = script.step(DATA_NOTICE)
    if step is None:  # where it must be said, the missing statement is a problem of its own
        return
    said = " ".join(wording for paragraph in step.say for wording in paragraph)
    for name in DATA_NOTICE_FACTS:
        if f"{{{name}}}" not in said:
            yield at(step, "say", Fault.NOTICE_FACT, name=name)
    if sum(len(paragraph[-1].split()) for paragraph in step.say) < SHORTEST_NOTICE:
        yield at(step, "say", Fault.NOTICE_SHORT, least=SHORTEST_NOTICE)


def withheld_of(script: Script) -> frozenset[DataField]:
    """Return what one of a script's programmes does not hold: it asks none of it."""
    found: set[DataField] = set()
    for code in script.programmes:
        with suppress(UnknownProgramme):
            found |= get_pack(code).data_fields.withheld
    return frozenset(found)


def _panels(script: Script) -> Iterator[Problem]:
    """The steps that need a tool of the call screen open it."""
    for (name, kinds), widget in PANELS.items():
        if script.kind not in kinds:
            continue
        step = script.step(name)
        if step is None and widget is Widget.SICK_NOTE and DataField.SICK_NOTE in withheld_of(script):
            continue
        if step is None:
            yield Problem(Fault.PANEL_STEP, {"name": name, "widget": widget})
        elif step.widget is not widget:
            yield at(step, "widget", Fault.PANEL, widget=widget)
