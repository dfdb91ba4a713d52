"""The format of a script file: steps, words to read aloud, questions, conditions.

Strict and frozen: an unknown key, a number instead of a word or a missing label stops the loading. Checks across
several steps (order, references, ends) are in ``checks``.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self, assert_never

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from tracing.programmes.rows import Code
from tracing.scripts.vocabulary import (
    NO,
    UNKNOWN,
    YES,
    EscalationReason,
    Outcome,
    QuestionType,
    ScriptKind,
    Widget,
)

MOST_PARAGRAPHS = 3
MOST_WORDINGS = 6  # of one paragraph: of these, one is said
LONGEST_PARAGRAPH = 280
LONGEST_FREE_TEXT = 500
MOST_OPTIONS = 9  # one key each, 1 to 9
CHOICES = (QuestionType.CHOICE, QuestionType.MULTI)

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
OptionValue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PARAGRAPH)]
DayBound = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*([+-]\d{1,3})?$")]


class Strict(BaseModel):
    """Base class of everything read from a script file: strict validation."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Form(Strict):
    """Base class of the eight forms of a condition."""

    form: ClassVar[str]


class All(Form):
    """True when every part is."""

    form: ClassVar[str] = "all"
    every: "tuple[Condition, ...]" = Field(alias="all", min_length=1)


class AnyOf(Form):
    """True when at least one part is."""

    form: ClassVar[str] = "any"
    some: "tuple[Condition, ...]" = Field(alias="any", min_length=1)


class Not(Form):
    """True when its part is not."""

    form: ClassVar[str] = "not"
    part: "Condition" = Field(alias="not")


class AnswerIs(Form):
    """True when the answer is this value or, for several choices, contains it."""

    form: ClassVar[str] = "answer_is"
    answer: Identifier
    value: str = Field(alias="is")


class AnswerIn(Form):
    """True when the answer is, or contains, one of these values."""

    form: ClassVar[str] = "answer_in"
    answer: Identifier
    values: tuple[str, ...] = Field(alias="in", min_length=1)


class Answered(Form):
    """True when the question has an answer, whatever it is."""

    form: ClassVar[str] = "answered"
    answered: Identifier


class FactIs(Form):
    """True when the fact is known and has this value."""

    form: ClassVar[str] = "fact"
    fact: Identifier
    value: bool | str = Field(alias="is")


class Known(Form):
    """True when the fact is known, whatever it is."""

    form: ClassVar[str] = "known"
    known: Identifier


def _form_of_condition(condition: Any) -> str | None:
    """Return the form of a written condition, from the keys it uses."""
    if isinstance(condition, Form):
        return condition.form
    if not isinstance(condition, dict):
        return None
    words = set(condition)
    if "answer" in words:
        return "answer_in" if "in" in words else "answer_is"
    return next((word for word in ("all", "any", "not", "answered", "fact", "known") if word in words), None)


Condition = Annotated[
    Annotated[All, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[AnswerIs, Tag("answer_is")]
    | Annotated[AnswerIn, Tag("answer_in")]
    | Annotated[Answered, Tag("answered")]
    | Annotated[FactIs, Tag("fact")]
    | Annotated[Known, Tag("known")],
    Discriminator(
        _form_of_condition,
        custom_error_type="condition_form",
        custom_error_message="a condition is all, any, not, answer (with is or in), answered, fact or known",
    ),
]


Leaf = AnswerIs | AnswerIn | Answered | FactIs | Known


def leaves(condition: Condition | None) -> Iterator[Leaf]:
    """Yield the parts of a condition that ask for one answer or one fact."""
    match condition:
        case None:
            return
        case All(every=parts) | AnyOf(some=parts):
            for part in parts:
                yield from leaves(part)
        case Not(part=part):
            yield from leaves(part)
        case AnswerIs() | AnswerIn() | Answered() | FactIs() | Known():
            yield condition
        case _:
            assert_never(condition)


class Option(Strict):
    """One possible answer; an exclusive one ("none of these") cannot be chosen with another."""

    value: OptionValue
    label: Label
    exclusive: bool = False


class Question(Strict):
    """A question, and the form its answer must have."""

    id: Identifier
    type: QuestionType
    label: Label
    help: Label | None = None
    required: bool = False
    when: Condition | None = None
    options: tuple[Option, ...] = ()
    earliest: DayBound | None = Field(default=None, alias="min")
    latest: DayBound | None = Field(default=None, alias="max")
    or_unknown: bool = False
    lowest: int | None = None
    highest: int | None = None
    max_length: int | None = Field(default=None, ge=1, le=LONGEST_FREE_TEXT)

    @model_validator(mode="after")
    def _settings_fit_the_type(self) -> Self:
        """Refuse a setting that the type does not use, and a type without the setting it needs."""
        settings = {
            "options": (bool(self.options), CHOICES),
            "min or max": (bool(self.earliest or self.latest), (QuestionType.DATE, QuestionType.DATETIME)),
            "or_unknown": (self.or_unknown, (QuestionType.DATE,)),
            "lowest or highest": ({self.lowest, self.highest} != {None}, (QuestionType.NUMBER,)),
            "max_length": (self.max_length is not None, (QuestionType.TEXT,)),
        }
        for name, (given, types) in settings.items():
            if given and self.type not in types:
                raise ValueError(f"{name} has no meaning for a question of type {self.type}")
        if self.type is QuestionType.TEXT and self.max_length is None:
            raise ValueError("a free text needs max_length, so that nobody writes a medical history")
        if self.type in CHOICES and not 2 <= len(self.options) <= MOST_OPTIONS:
            raise ValueError(f"a choice needs 2 to {MOST_OPTIONS} options")
        if len({option.value for option in self.options}) < len(self.options):
            raise ValueError("two options have the same value")
        if any(option.exclusive for option in self.options) and self.type is not QuestionType.MULTI:
            raise ValueError("exclusive has no meaning for a single choice")
        return self

    @cached_property
    def values(self) -> frozenset[str] | None:
        """The values an answer can be compared with; None for a free answer."""
        match self.type:
            case QuestionType.YES_NO | QuestionType.IDENTITY:
                return frozenset({YES, NO})
            case QuestionType.YES_NO_UNKNOWN:
                return frozenset({YES, NO, UNKNOWN})
            case QuestionType.CHOICE | QuestionType.MULTI:
                return frozenset(option.value for option in self.options)
            case QuestionType.DATE if self.or_unknown:
                return frozenset({UNKNOWN})
        return None


class End(Strict):
    """The conversation ends at this step; the outcome is what the closing dialog proposes."""

    outcome: Outcome


class Days(Strict):
    """The days that a step goes through one by one, both included; names of facts."""

    first: Identifier = Field(alias="from")
    last: Identifier = Field(alias="to")


def _one_or_more_wordings(paragraph: Any) -> Any:
    """Let a file write a paragraph as one sentence, or as several wordings of which the first possible one is said."""
    if isinstance(paragraph, str):
        return (paragraph,)
    return tuple(paragraph) if isinstance(paragraph, list) else paragraph


Paragraph = Annotated[
    tuple[Words, ...], BeforeValidator(_one_or_more_wordings), Field(min_length=1, max_length=MOST_WORDINGS)
]

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Step(Strict):
    """One screen of a script: what to say, what to ask, and when it is part of the conversation.

    ``gate``: the steps after it stay locked until it is complete. ``sensitive``: it contains health content and opens
    only once the person's identity is confirmed.
    """

    id: Identifier
    section: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    title: Label
    say: tuple[Paragraph, ...] = Field(default=(), max_length=MOST_PARAGRAPHS)
    note: Annotated[str, StringConstraints(min_length=1, max_length=600)] | None = None
    mandatory: bool = False
    confirm: Label | None = None
    gate: bool = False
    sensitive: bool = False
    when: Condition | None = None
    questions: tuple[Question, ...] = ()
    widget: Widget | None = None
    escalation: EscalationReason | None = None
    days: Days | None = None
    end: End | None = None

    @model_validator(mode="after")
    def _parts_belong_together(self) -> Self:
        """Refuse half of a pair: an escalation without its widget, a checkbox without a mandatory statement."""
        if (self.widget is Widget.ESCALATE) != (self.escalation is not None):
            raise ValueError("widget escalate and an escalation reason go together")
        if self.confirm and not self.mandatory:
            raise ValueError("confirm is the tick of a mandatory statement; this step is not mandatory")
        if self.mandatory and not self.say:
            raise ValueError("a mandatory statement needs words to read aloud")
        if not (self.say or self.questions or self.widget):
            raise ValueError("a step needs something to say, to ask or to show")
        return self

    @property
    def conditions(self) -> list[Condition]:
        """Those of the step itself and of its questions."""
        return [one for one in (self.when, *(asked.when for asked in self.questions)) if one is not None]

    @property
    def identity_question(self) -> Question | None:
        """The question that confirms who is speaking, if this step asks it."""
        return next((q for q in self.questions if q.type is QuestionType.IDENTITY), None)


class Script(Strict):
    """One published version of what is said to one kind of person, under some programmes or all of them."""

    kind: ScriptKind
    programmes: tuple[Code, ...] = ()
    """Whose calls it leads: of the cases of these programmes. None: of every programme that has no script of its own."""
    version: Annotated[str, StringConstraints(pattern=r"^\d{4}\.\d{1,3}(\.\d{1,4})?$")]
    """Of a release's file: year and number. A version that was written in the pages counts on from it: 2026.5.1."""
    title: Label
    language: Literal["fr"]
    content_hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    changes: Annotated[str, StringConstraints(min_length=10, max_length=500)] | None = None
    """What this version changes, in three sentences at most, as those who call read it before their next call."""
    steps: tuple[Step, ...] = Field(min_length=1)
    english: dict[str, str] = Field(default_factory=dict)
    """Each French text that is translated, with its English: one that is changed has none until it is translated."""

    @cached_property
    def questions(self) -> dict[str, Question]:
        """All questions by id."""
        return {question.id: question for step in self.steps for question in step.questions}

    @cached_property
    def branching(self) -> frozenset[str]:
        """The questions whose answers open or close others: without an answer to one of them, no step comes or goes."""
        found = {step.identity_question.id for step in self.steps if step.identity_question}
        for step in self.steps:
            for condition in step.conditions:
                for leaf in leaves(condition):
                    match leaf:
                        case AnswerIs(answer=name) | AnswerIn(answer=name) | Answered(answered=name):
                            found.add(name)
        return frozenset(found)

    @cached_property
    def _without(self) -> dict[frozenset[str], Self]:
        return {}

    def without(self, unasked: frozenset[str]) -> Self:
        """Return this version as it is led where some questions are not asked, and the steps that are there for them.

        A mandatory statement stays, and so does a gate: what they say is said all the same.
        """
        unasked = unasked.intersection(self.questions)
        if not unasked:
            return self
        if unasked not in self._without:
            steps = [
                step.model_copy(update={"questions": kept})
                for step in self.steps
                for kept in [tuple(one for one in step.questions if one.id not in unasked)]
                if kept or not step.questions or step.mandatory or step.gate
            ]
            said = {name: getattr(self, name) for name in type(self).model_fields}
            self._without[unasked] = self.model_construct(**{**said, "steps": tuple(steps)})
        return self._without[unasked]

    def step(self, step_id: str) -> Step | None:
        """Return the step with this id; None if there is none."""
        return next((step for step in self.steps if step.id == step_id), None)


for _model in (All, AnyOf, Not, Question, Step, Script):
    _model.model_rebuild()
