"""The questions of a step as the page asks them, and answers in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracing.desk.words import IDENTITY_WORDS, YES_NO_WORDS
from tracing.scripts.definitions import Question
from tracing.scripts.vocabulary import UNKNOWN, QuestionType

WITH_OPTIONS = {
    QuestionType.YES_NO: YES_NO_WORDS,
    QuestionType.YES_NO_UNKNOWN: YES_NO_WORDS,
    QuestionType.IDENTITY: IDENTITY_WORDS,
}


@dataclass(frozen=True, repr=False)
class Asked:
    """A question on the page: its answers, what was given, and why what was typed cannot be used."""

    question: Question
    value: Any
    options: Sequence[tuple[str, str]]
    is_open: bool
    """Asked in this conversation as it stands; one that is not keeps its place on the page, empty."""
    error: Any = None
    first: date | None = None
    last: date | None = None

    @property
    def day(self) -> date | None:
        """The day given, when the answer is one."""
        try:
            return date.fromisoformat(self.value) if isinstance(self.value, str) else None
        except ValueError:
            return None

    @property
    def alone(self) -> frozenset[str]:
        """The answers that cannot be chosen with another."""
        return frozenset(option.value for option in self.question.options if option.exclusive)

    @property
    def is_long(self) -> bool:
        """Whether the answers read better in columns than in a line."""
        return len(self.options) > 4 or any(len(word) > 24 for _value, word in self.options)

    @property
    def chosen(self) -> Sequence[str]:
        """The values given, as the page compares them."""
        return self.value if isinstance(self.value, list) else [self.value]

    @property
    def kind(self) -> str:
        """Which control it is answered with."""
        match self.question.type:
            case QuestionType.DATE | QuestionType.DATETIME | QuestionType.NUMBER | QuestionType.TEXT as one:
                return one.value
            case QuestionType.MULTI:
                return "multi"
        return "choice"


def options_of(question: Question) -> list[tuple[str, str]]:
    """Return the answers to choose from, as value and words."""
    words = WITH_OPTIONS.get(question.type)
    if words is None:
        return [(option.value, option.label) for option in question.options]
    values = question.values or frozenset()
    return [(value, str(word)) for value, word in words.items() if value in values]


def answer_in_words(question: Question, typed: Sequence[str]) -> str:
    """Return what was typed as a person reads it, for a draft."""
    words = dict(options_of(question)) | {UNKNOWN: str(YES_NO_WORDS[UNKNOWN])}
    return ", ".join(words.get(one, one) for one in typed if one)


def words_of_answers(questions: Mapping[str, Question], typed: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return what was typed in a step in words, by question."""
    return {key: answer_in_words(questions[key], given) for key, given in typed.items() if key in questions}
