"""Go through every path of a script: what nobody reaches, what can be skipped, how long each ending takes. Pure.

A path is told from another only by the answers and facts that a later condition still asks for; so a script of two
hundred steps has some hundreds of states, not one for every combination of answers.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product

from tracing.scripts.conditions import holds
from tracing.scripts.definitions import (
    All,
    Answered,
    AnswerIn,
    AnswerIs,
    Condition,
    FactIs,
    Known,
    Leaf,
    Question,
    Script,
    Step,
    leaves,
)
from tracing.scripts.vocabulary import (
    FACTS,
    RULE_QUESTIONS,
    FactKind,
    FactValue,
    Outcome,
    QuestionType,
    ScriptKind,
)

WORDS_A_MINUTE = 150
MOST_WORDS = 75
"""More than this in one step, and nobody listens to its end."""
MOST_STATES = 20_000
"""Where more paths than this must be told apart at one step, the script is not gone through."""
MOST_TRIED = 20_000
"""More values of answers and facts than this are not tried: a page waits a second or two at most, whatever was written."""
SOMETHING = "\u0000"
"""Some other answer, or some text: no condition asks for it."""
READ_BY_THE_PRODUCT = frozenset(
    {
        "apart_since",
        "collectivity_name",
        "end_date_repeated",
        "immunodepressed",
        "last_contact_on",
        "last_work_on",
        "lives_alone",
        "lives_in",
        "needs_consent",
        "origin_organiser",
        "profession",
        "recall_places",
        "sampling_corrected_on",
    }
)
"""Answers that pages read by their name although no rule and no condition does."""

ORDERS = (
    "je vous demande de (?:rester|vous isoler)",
    "vous devez (?:rester chez vous|vous isoler)",
    "isolez-vous",
    "restez chez vous jusqu",
    "doit rester (?:à la maison|à l’écart|en isolement)",
)
ORDER = re.compile("|".join(ORDERS), re.IGNORECASE)
"""Words by which somebody is told to stay at home."""
ORDERED_BY = {
    ScriptKind.P0: frozenset({":isolation_required"}),
    ScriptKind.CONTACT: frozenset({":quarantine_required", ":result_awaited"}),
    ScriptKind.CASE_FOLLOW_UP: frozenset({":isolation_required"}),
    ScriptKind.CONTACT_FOLLOW_UP: frozenset({":quarantine_required", ":result_awaited"}),
}
"""The facts of which one must be true when they are: without a rule in force nobody may be ordered."""

Value = object
State = tuple[tuple[str, Value], ...]
"""What a later condition still asks for, by name."""


@dataclass
class Measure:
    """The paths that are in one state: how many, and the fewest and most words said so far."""

    paths: int
    fewest: int
    most: int

    def joined(self, other: "Measure | None") -> "Measure":
        """Return both together."""
        if other is None:
            return self
        return Measure(self.paths + other.paths, min(self.fewest, other.fewest), max(self.most, other.most))


@dataclass(frozen=True)
class Ending:
    """One way in which a call ends."""

    step: Step
    outcome: Outcome
    paths: int
    fewest: int
    most: int

    @property
    def shortest(self) -> float:
        """Minutes of reading aloud, at least."""
        return self.fewest / WORDS_A_MINUTE

    @property
    def longest(self) -> float:
        """Minutes of reading aloud, at most."""
        return self.most / WORDS_A_MINUTE


@dataclass(frozen=True)
class Findings:
    """What going through a script found. None of it prevents its publication: whoever approves reads it."""

    endings: tuple[Ending, ...] = ()
    unreachable: frozenset[str] = frozenset()
    """Steps on no path."""
    never_asked: frozenset[str] = frozenset()
    """Questions on no path, of steps that are on one."""
    skippable: frozenset[str] = frozenset()
    """Mandatory statements that some path passes by."""
    dead_end: bool = False
    """Whether some path comes to the last step without an end."""
    long_steps: Mapping[str, int] = field(default_factory=dict)
    """Steps of more than MOST_WORDS, with their number of words."""
    unread: frozenset[str] = frozenset()
    """Questions whose answer no condition, no rule and no page reads."""
    asked_twice: tuple[tuple[str, str], ...] = ()
    """Questions of two names in the same words, on one path."""
    ordered: frozenset[str] = frozenset()
    """Steps that tell somebody to stay at home, on a path on which no rule in force asks for it."""
    too_many: bool = False
    """It has too many paths: nothing was gone through."""


def words_of(step: Step, english: Mapping[str, str] | None = None) -> int:
    """Return how many words a step says at most: of each paragraph, its longest wording; `english` said in English."""
    said = english or {}
    return sum(max(len(said.get(wording, wording).split()) for wording in wordings) for wordings in step.say)


def go_through(script: Script, *, in_english: bool = False) -> Findings:
    """Go through every path of a script; its words are counted in French, or in English where it has it."""
    english = script.english if in_english else None
    walk = _Walk(script, english)
    too_many = not walk.go()
    counted = {step.id: words_of(step, english) for step in script.steps}
    long_steps = {step: words for step, words in counted.items() if words > MOST_WORDS}
    unread = frozenset(_unread(script))
    if too_many:
        return Findings(long_steps=long_steps, unread=unread, too_many=True)
    reached = [step for step in script.steps if step.id in walk.reached]
    return Findings(
        endings=tuple(
            Ending(step, step.end.outcome, one.paths, one.fewest, one.most)
            for step in reached
            if step.end and (one := walk.ended.get(step.id))
        ),
        unreachable=frozenset(step.id for step in script.steps if step.id not in walk.reached),
        never_asked=frozenset(q.id for step in reached for q in step.questions if q.id not in walk.asked),
        skippable=frozenset(step.id for step in reached if step.mandatory and step.id in walk.passed_by),
        dead_end=walk.is_dead_end,
        long_steps=long_steps,
        unread=unread,
        asked_twice=tuple(_asked_twice(script, walk)),
        ordered=frozenset(walk.ordered),
    )


class _TooMany(Exception):
    """More is to be tried than a page can wait for."""


class _Walk:
    """Going through a script step by step, with every state that a path can be in."""

    def __init__(self, script: Script, english: Mapping[str, str] | None = None) -> None:
        self.script = script
        self.english = english
        self.mentioned = _mentioned(script)
        self.last_read = _last_read(script)
        self.reached: set[str] = set()
        self.asked: set[str] = set()
        self.passed_by: set[str] = set()
        self.ordered: set[str] = set()
        self.ended: dict[str, Measure] = {}
        self.is_dead_end = False
        self.tried = 0

    def go(self) -> bool:
        """Go through it; False: it has too many states."""
        try:
            return self._go()
        except _TooMany:
            return False

    def _go(self) -> bool:
        states: dict[State, Measure] = {(): Measure(1, 0, 0)}
        for place, step in enumerate(self.script.steps):
            following: dict[State, Measure] = {}
            for state, measure in states.items():
                for after, one in self._step(place, step, dict(state), measure):
                    following[after] = one.joined(following.get(after))
                if len(following) > MOST_STATES:
                    return False
            states = following
        self.is_dead_end = bool(states)
        return True

    def _step(
        self, place: int, step: Step, known: dict[str, Value], measure: Measure
    ) -> Iterator[tuple[State, Measure]]:
        for seen in self._with_facts(known, step.when):
            if not holds(step.when, seen, _facts(seen)):
                self.passed_by.add(step.id)
                yield self._kept(seen, place), measure
                continue
            self.reached.add(step.id)
            if _is_order(step) and not any(seen.get(name) is True for name in ORDERED_BY[self.script.kind]):
                self.ordered.add(step.id)
            words = words_of(step, self.english)
            said = Measure(measure.paths, measure.fewest + words, measure.most + words)
            if step.end:
                self.ended[step.id] = said.joined(self.ended.get(step.id))
                self._ask_all(step, seen)
                continue
            for answered in self._answers(step.questions, seen):
                yield self._kept(answered, place), said

    def _ask_all(self, step: Step, seen: dict[str, Value]) -> None:
        for _answered in self._answers(step.questions, seen):
            pass

    def _answers(
        self, questions: tuple[Question, ...], known: dict[str, Value]
    ) -> Iterator[dict[str, Value]]:
        """Yield what is known after each way of answering the questions of a step."""
        if not questions:
            yield known
            return
        first, *others = questions
        for seen in self._with_facts(known, first.when):
            if not holds(first.when, seen, _facts(seen)):
                yield from self._answers(tuple(others), seen)
                continue
            self.asked.add(first.id)
            for value in self._values(first):
                self._try()
                after = seen if value is None else {**seen, first.id: value}
                yield from self._answers(tuple(others), after)

    def _values(self, question: Question) -> list[Value]:
        """Return the answers that conditions tell from one another."""
        wanted = self.mentioned.get(question.id)
        if wanted is None:
            return [None]  # no condition asks for it
        possible = question.values or frozenset()
        told = sorted(wanted & possible)
        found: list[Value]
        if question.type is QuestionType.MULTI:
            alone = {one.value for one in question.options if one.exclusive}
            several = [one for one in told if one not in alone]
            found = [[one] for one in told if one in alone]
            found += [
                list(some) for many in range(1, len(several) + 1) for some in combinations(several, many)
            ]
            found += [[SOMETHING]] if possible - wanted else []
        else:
            found = [*told]
            found += [SOMETHING] if possible - wanted or question.values is None or _is_open(question) else []
        return found if question.required and found else [*found, None]

    def _with_facts(self, known: dict[str, Value], condition: Condition | None) -> Iterator[dict[str, Value]]:
        """Yield what is known with each value of the facts that a condition asks for and that are open yet."""
        if _is_ruled_out(condition, known):
            yield known
            return
        names = sorted({f":{name}" for name in _facts_of(condition)} - known.keys())
        domains = [self._fact_values(name) for name in names]
        for values in product(*domains):
            self._try()
            yield {**known, **dict(zip(names, values, strict=True))}

    def _try(self) -> None:
        self.tried += 1
        if self.tried > MOST_TRIED:
            raise _TooMany

    def _fact_values(self, name: str) -> list[Value]:
        fact = FACTS.get(name[1:])
        if fact is not None and fact.kind is FactKind.FLAG:
            return [True, False, None]
        return [*sorted(map(str, self.mentioned.get(name, ()))), SOMETHING, None]

    def _kept(self, known: dict[str, Value], place: int) -> State:
        """Return the state after a step: what no later condition asks for is forgotten."""
        return tuple(
            sorted(
                (name, tuple(value) if isinstance(value, list) else value)
                for name, value in known.items()
                if self.last_read.get(name, -1) > place
            )
        )


def _facts(known: Mapping[str, Value]) -> dict[str, FactValue]:
    return {
        name[1:]: value
        for name, value in known.items()
        if name.startswith(":") and isinstance(value, str | bool | None)
    }


def _is_ruled_out(condition: Condition | None, known: Mapping[str, Value]) -> bool:
    """Return whether what is known makes a condition false, whatever its open facts are: they need not be told apart."""
    return isinstance(condition, All) and any(
        {f":{name}" for name in _facts_of(part)} <= known.keys() and not holds(part, known, _facts(known))
        for part in condition.every
    )


def _is_open(question: Question) -> bool:
    return question.type is QuestionType.DATE


def _conditions(script: Script) -> Iterator[tuple[int, Condition]]:
    for place, step in enumerate(script.steps):
        for condition in step.conditions:
            yield place, condition


def _mentioned(script: Script) -> dict[str, set[str]]:
    """Return the values for which conditions ask, by question, and by fact with a colon before it."""
    found: dict[str, set[str]] = {}
    for _place, condition in _conditions(script):
        for leaf in leaves(condition):
            name = _name(leaf)
            wanted = found.setdefault(name, set())
            match leaf:
                case AnswerIs(value=value):
                    wanted.add(value)
                case AnswerIn(values=values):
                    wanted.update(values)
                case FactIs(value=str() as value):
                    wanted.add(value)
    return found


def _name(leaf: Leaf) -> str:
    match leaf:
        case AnswerIs(answer=name) | AnswerIn(answer=name) | Answered(answered=name):
            return name
        case FactIs(fact=name) | Known(known=name):
            return f":{name}"


def _last_read(script: Script) -> dict[str, int]:
    found = {_name(leaf): place for place, condition in _conditions(script) for leaf in leaves(condition)}
    for place, step in enumerate(script.steps):
        if _is_order(step):
            found |= {name: max(place, found.get(name, place)) for name in ORDERED_BY[script.kind]}
    return found


def _is_order(step: Step) -> bool:
    return any(ORDER.search(wording) for wordings in step.say for wording in wordings)


def _facts_of(condition: Condition | None) -> set[str]:
    return {_name(leaf)[1:] for leaf in leaves(condition) if _name(leaf).startswith(":")}


def _unread(script: Script) -> Iterator[str]:
    read = _mentioned(script).keys() | RULE_QUESTIONS.keys() | READ_BY_THE_PRODUCT
    yield from (one for one in script.questions if one not in read)


def _asked_twice(script: Script, walk: _Walk) -> Iterator[tuple[str, str]]:
    asked: dict[str, Question] = {}
    for step in script.steps:
        for question in step.questions:
            words = " ".join(question.label.casefold().split())
            first = asked.setdefault(words, question)
            if first is not question and {first.id, question.id} <= walk.asked:
                yield first.id, question.id
