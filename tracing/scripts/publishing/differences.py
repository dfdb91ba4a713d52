"""Tell two versions of a script apart, step by step and word by word. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from tracing.scripts.definitions import Question, Script, Step

_PIECES = re.compile(r"\{[^{}]*\}|[\w’-]+|\s+|[^\w\s]")


class Change(StrEnum):
    """What became of something."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    MOVED = "moved"
    SAME = "same"


@dataclass(frozen=True)
class Piece:
    """Words that both versions have, or that one of them has."""

    text: str
    differs: bool


@dataclass(frozen=True)
class LinePair:
    """A line of a step as both versions have it."""

    field: str
    """Which part of the step: say, title, note, confirm, question, option, english, …"""
    before: Sequence[Piece]
    after: Sequence[Piece]

    @property
    def differs(self) -> bool:
        """Whether the two are not the same."""
        return any(one.differs for one in (*self.before, *self.after))

    @property
    def is_new_english(self) -> bool:
        """Whether it is English where a text had none."""
        return self.field == "english" and self.differs and not self.texts[0]

    @property
    def texts(self) -> tuple[str, str]:
        """The whole line before and after; empty where a version has none."""
        return "".join(one.text for one in self.before), "".join(one.text for one in self.after)


@dataclass(frozen=True)
class StepPair:
    """A step of one version beside that of another."""

    before: Step | None
    after: Step | None
    change: Change
    lines: Sequence[LinePair]
    other_settings: bool = False
    """Whether something differs besides its words: a branch, an ending, what a question takes."""

    @property
    def step(self) -> Step:
        """The step as the later version has it, or as the earlier had."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a pair without steps")
        return found


def compare(before: Script, after: Script) -> list[StepPair]:
    """Return the steps of two versions side by side, in the order of the later; what it leaves out comes last."""
    old = {step.id: step for step in before.steps}
    place = {name: number for number, name in enumerate(old)}
    found: list[StepPair] = []
    last = -1
    for step in after.steps:
        known = old.get(step.id)
        pair = compare_step(known, step, before.english, after.english)
        if pair.change is Change.SAME:
            if place[step.id] < last:
                pair = StepPair(known, step, Change.MOVED, pair.lines)
            last = max(last, place[step.id])
        found.append(pair)
    kept = {step.id for step in after.steps}
    return found + [
        compare_step(step, None, before.english, after.english)
        for name, step in old.items()
        if name not in kept
    ]


def compare_step(
    before: Step | None, after: Step | None, english: Mapping[str, str], english_after: Mapping[str, str]
) -> StepPair:
    """Return a step of two versions, line by line, each text before its English."""
    old, new = _lines(before, english), _lines(after, english_after)
    if before is None or after is None:
        change = Change.NEW if before is None else Change.GONE
    else:
        change = Change.SAME if before == after and old == new else Change.CHANGED
    lines = _paired(old, new)
    is_other = change is Change.CHANGED and old == new
    return StepPair(before, after, change, lines, is_other or _settings(before) != _settings(after))


def still_translated(pair: StepPair, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return the lines of a step that changed in French while their English, of both versions, stayed as it was."""
    changed = (line.texts for line in pair.lines if line.differs and line.field != "english")
    return [
        new for old, new in changed if old and new and before.get(old) and before.get(old) == after.get(new)
    ]


def words_apart(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Return two texts in pieces: which words only one of them has."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if a < b:
            left.append(Piece("".join(old[a:b]), tag != "equal"))
        if c < d:
            right.append(Piece("".join(new[c:d]), tag != "equal"))
    return left, right


_Line = tuple[str, str]


def _lines(step: Step | None, english: Mapping[str, str]) -> list[_Line]:
    if step is None:
        return []
    said = [("say", wording) for wordings in step.say for wording in wordings]
    rest = [(name, text) for name, text in (("note", step.note), ("confirm", step.confirm)) if text]
    asked = [line for one in step.questions for line in _asked(one)]
    found = []
    for field, text in [("title", step.title), *said, *rest, *asked]:
        found.append((field, text))
        if english.get(text):
            found.append(("english", english[text]))
    return found


def _asked(question: Question) -> list[_Line]:
    helped = [("help", question.help)] if question.help else []
    return [("question", question.label), *helped, *(("option", one.label) for one in question.options)]


def _settings(step: Step | None) -> object:
    """Return what a step holds besides its words."""
    if step is None:
        return None
    bare = step.model_dump(exclude={"title", "say", "note", "confirm", "questions", "section"})
    asked = [
        (
            one.model_dump(exclude={"label", "help", "options"}),
            [(option.value, option.exclusive) for option in one.options],
        )
        for one in step.questions
    ]
    return bare, asked


def _paired(old: Sequence[_Line], new: Sequence[_Line]) -> list[LinePair]:
    """Pair the lines of two steps: those that are the same, and between them one with one."""
    found: list[LinePair] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [_pair(old[a + n], new[c + n]) for n in range(b - a)]
            continue
        left, right = list(old[a:b]), list(new[c:d])
        while left or right:
            if left and right and left[0][0] == right[0][0]:
                found.append(_pair(left.pop(0), right.pop(0)))
            elif left and (not right or left[0][0] not in {one[0] for one in right}):
                found.append(_pair(left.pop(0), None))
            else:
                found.append(_pair(None, right.pop(0)))
    return found


def _pair(old: _Line | None, new: _Line | None) -> LinePair:
    field = (new or old or ("", ""))[0]
    before, after = words_apart(old[1] if old else "", new[1] if new else "")
    return LinePair(field, before, after)
