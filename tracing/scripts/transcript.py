"""Transcripts: the answers and statements of a call, in the words of the script version that was used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from tracing.scripts.answers import Given, usable
from tracing.scripts.definitions import Question, Script, Step
from tracing.scripts.vocabulary import MANDATORY_STATEMENTS, NO, UNKNOWN, YES, QuestionType
from tracing.scripts.wording import confirmation_key, day_in_words
from tracing.ui.formats import clock


@dataclass(frozen=True)
class Line:
    """One answer: its section of the script, the question's label, the answer in words."""

    key: str
    section: str
    label: str
    words: str


@dataclass(frozen=True)
class Statement:
    """One mandatory statement, and whether the tracer confirmed it."""

    key: str
    title: str
    confirmed: bool


def lines(script: Script, answers: Mapping[str, Any]) -> list[Line]:
    """Return the answers that this version of the script knows, in the order of the script."""
    return [
        Line(question.id, step.section, question.label, in_words(question, answers[question.id]))
        for step in script.steps
        for question in step.questions
        if answers.get(question.id) is not None
    ]


def by_version(
    script: Script, given: Mapping[str, Given], read: Callable[[str], Script]
) -> list[tuple[Script, list[Line]]]:
    """Return the answers that live on in a script, then those that do not, in the words of the versions that asked.

    `read` returns an earlier version of the same script.
    """
    living = {
        name: one.value
        for name, one in given.items()
        if (asked := script.questions.get(name)) is not None and usable(asked, one.value) is not None
    }
    found = [(script, lines(script, living))]
    left = {name: one for name, one in given.items() if name not in living}
    for version in sorted({one.version for one in left.values()} - {""}, reverse=True):
        asked_then, of_it = read(version), {n: one.value for n, one in left.items() if one.version == version}
        found.append((asked_then, lines(asked_then, of_it)))
    return [(asked_in, said) for asked_in, said in found if said]


def statements(script: Script, answers: Mapping[str, Any]) -> list[Statement]:
    """Return the statements required in every call of this kind and the others that were confirmed, in script order."""
    required = MANDATORY_STATEMENTS[script.kind]
    return [
        Statement(confirmation_key(step), step.title, confirmation_key(step) in answers)
        for step in script.steps
        if step.mandatory and (step.id in required or confirmation_key(step) in answers)
    ]


def find_line(script: Script, key: str, value: Any) -> tuple[Step, str, str] | None:
    """Return the step, label and words of one stored row: an answer, or the confirmation of a statement."""
    for step in script.steps:
        if step.mandatory and confirmation_key(step) == key:
            return step, step.title, _("Dit et confirmé")
        for question in step.questions:
            if question.id == key:
                return step, question.label, in_words(question, value)
    return None


def in_words(question: Question, value: Any) -> str:
    """Return a stored answer in the words of its question."""
    if isinstance(value, list):
        return ", ".join(in_words(question, one) for one in value)
    label = next((option.label for option in question.options if option.value == value), None)
    if label is not None:
        return label
    common = {YES: _("Oui"), NO: _("Non"), UNKNOWN: _("Ne sait pas")}
    if question.type is not QuestionType.TEXT and value in common:
        return str(common[value])
    try:
        if question.type is QuestionType.DATE:
            day = date.fromisoformat(str(value))
            return f"{day_in_words(day)} {day.year}"
        if question.type is QuestionType.DATETIME:
            moment = datetime.fromisoformat(str(value))
            said = _("%(day)s à %(time)s", day=day_in_words(moment.date()), time=clock(moment))
            return str(said)
    except ValueError:
        return str(value)
    return str(value)
