"""Questions of a step as the page shows them, and answers in French words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracing.desk.errors import WouldDrop
from tracing.desk.words import IDENTITY_WORDS, YES_NO_WORDS
from tracing.scripts.definitions import Question
from tracing.scripts.vocabulary import UNKNOWN, QuestionType
from tracing.ui.filters import recent_days

WITH_OPTIONS = {
    QuestionType.YES_NO: YES_NO_WORDS,
    QuestionType.YES_NO_UNKNOWN: YES_NO_WORDS,
    QuestionType.IDENTITY: IDENTITY_WORDS,
}


@dataclass(frozen=True, repr=False)
class Asked:
    """A question on the page: its options, the given answer, and the error if the input was refused."""

    question: Question
    value: Any
    options: Sequence[tuple[str, str]]
    is_open: bool
    """Whether the script asks it now; a question that is not asked keeps an empty place on the page."""
    error: Any = None
    first: date | None = None
    last: date | None = None
    today: date | None = None
    said_by: tuple[str, str] | None = None
    """Who of the household answered it in this call, and what: offered, never taken over unasked."""
    english: Mapping[str, str] | None = None
    """The English of the script, if the call is in English."""

    @property
    def same(self) -> tuple[str, str, str] | None:
        """Who said it, the value and its words, if it is an answer to this question."""
        if self.said_by is None:
            return None
        who, value = self.said_by
        word = dict(self.options).get(value)
        return (who, value, word) if word is not None else None

    @property
    def recent_days(self) -> Sequence[tuple[str, str]]:
        """The last days that a date may be, as values and words: today, yesterday, then by their names."""
        if self.today is None:
            return ()
        return recent_days(self.today, first=self.first, last=self.last)

    def in_english(self, words: str) -> str | None:
        """Return the English of a label of this question, if the call is in English and it has one."""
        return (self.english or {}).get(words)

    @property
    def would_drop(self) -> bool:
        """Whether the page has just said which answers this one would make void."""
        return isinstance(self.error, WouldDrop)

    @property
    def day(self) -> date | None:
        """The given day, if the answer is a date."""
        try:
            return date.fromisoformat(self.value) if isinstance(self.value, str) else None
        except ValueError:
            return None

    @property
    def alone(self) -> frozenset[str]:
        """The answers that cannot be combined with another."""
        return frozenset(option.value for option in self.question.options if option.exclusive)

    @property
    def is_long(self) -> bool:
        """Whether the options are shown in columns rather than in a line."""
        return len(self.options) > 4 or any(len(word) > 24 for _value, word in self.options)

    @property
    def chosen(self) -> Sequence[str]:
        """The given values, as the page compares them."""
        return self.value if isinstance(self.value, list) else [self.value]

    @property
    def kind(self) -> str:
        """The type of its form control."""
        match self.question.type:
            case QuestionType.DATE | QuestionType.DATETIME | QuestionType.NUMBER | QuestionType.TEXT as one:
                return one.value
            case QuestionType.MULTI:
                return "multi"
        return "choice"


def options_of(question: Question) -> list[tuple[str, str]]:
    """Return the options of a question, as value and words."""
    words = WITH_OPTIONS.get(question.type)
    if words is None:
        return [(option.value, option.label) for option in question.options]
    values = question.values or frozenset()
    return [(value, str(word)) for value, word in words.items() if value in values]


def answer_in_words(question: Question, typed: Sequence[str]) -> str:
    """Return typed values in words, for a draft."""
    words = dict(options_of(question)) | {UNKNOWN: str(YES_NO_WORDS[UNKNOWN])}
    return ", ".join(words.get(one, one) for one in typed if one)


def words_of_answers(questions: Mapping[str, Question], typed: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the typed answers of a step in words, keyed by question."""
    return {key: answer_in_words(questions[key], given) for key, given in typed.items() if key in questions}
