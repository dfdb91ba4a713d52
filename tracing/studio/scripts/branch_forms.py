"""The fields of conditions: groups of lines, each with what counts and whether it must be so."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Optional

from tracing.programmes.loader import load_packs
from tracing.scripts.definitions import Condition, Question
from tracing.scripts.publishing.branches import Line, groups_of
from tracing.scripts.vocabulary import FACTS, FactKind, ScriptKind
from tracing.studio.scripts.words import fact_word, line_word

HOLDS, NOT = "is", "not"
MOST_LINES = 12
"""Of groups of conditions, and of lines in one: what a form sends beyond is not read."""
_CONDITION = re.compile(r"w_([a-z0-9]+)_(\d{1,2})_(\d{1,2})_what")


@dataclass(frozen=True, repr=False)
class Branches:
    """The fields of conditions, gathered for a form."""

    posted: Mapping[str, Any]
    """What the form sent, which somebody else may have made smaller meanwhile."""
    fields: dict[str, Any] = field(default_factory=dict)
    shapes: dict[str, Sequence[int]] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)

    def add(
        self, scope: str, condition: Condition | None, choices: Mapping[str, Sequence[tuple[str, str]]]
    ) -> None:
        """Add the fields of one condition, with lines to add to it."""
        groups = groups_of(condition)
        if groups is None:
            self.kept[scope], self.shapes[scope] = written(condition), ()
            return
        self.shapes[scope] = self._shape([*(len(group) + 1 for group in groups), 2], scope)
        offered = {value for one in choices.values() for value, _label in one}
        others = [line.what for group in groups for line in group if line.what not in offered]
        if others:
            said = [(what, line_word(Line(what), {})) for what in others]
            choices = {**choices, str(_("Ce qui n’est plus demandé avant")): said}
        offers = [SelectChoice("", "–")] + [
            SelectChoice(value, label, optgroup=name) for name, one in choices.items() for value, label in one
        ]
        for group, lines in enumerate(self.shapes[scope]):
            for line in range(lines):
                self.fields[line_field(scope, group, line, "is")] = SelectField(
                    _l("Vrai ou non"),
                    choices=[
                        SelectChoice(HOLDS, _l("c’est le cas")),
                        SelectChoice(NOT, _l("ce n’est pas le cas")),
                    ],
                    default=HOLDS,
                )
                self.fields[line_field(scope, group, line, "what")] = SelectField(
                    _l("Ce qui compte"), choices=offers, validators=[Optional()]
                )

    def _shape(self, lines: list[int], scope: str) -> list[int]:
        """Return how many lines each group has: those of the condition, or as many as the form sent."""
        for name in self.posted:
            found = _CONDITION.fullmatch(name)
            if found and found[1] == scope and int(found[2]) < MOST_LINES and int(found[3]) < MOST_LINES:
                lines += [0] * (int(found[2]) + 1 - len(lines))
                lines[int(found[2])] = max(lines[int(found[2])], int(found[3]) + 1)
        return lines


def choices_of(kind: ScriptKind, earlier: Sequence[Question]) -> dict[str, list[tuple[str, str]]]:
    """Return what a condition can ask for: the answers to each earlier question, and the facts."""
    questions = {one.id: one for one in earlier}
    found: dict[str, list[tuple[str, str]]] = {}
    for question in reversed(earlier):
        values = [one.value for one in question.options] or sorted(question.values or (), reverse=True)
        lines = [Line(f"answer:{question.id}:{value}") for value in values]
        lines.append(Line(f"answered:{question.id}"))
        # two questions may have the same words: they stay apart
        label = question.label if question.label not in found else f"{question.label} ({question.id})"
        found[label] = [(line.what, line_word(line, questions)) for line in lines]
    facts = [(name, fact) for name, fact in FACTS.items() if kind in fact.scripts]
    found[str(_("Ce que le dossier dit déjà"))] = [
        (f"fact:{name}:true", fact_word(name)) for name, fact in facts if fact.kind is FactKind.FLAG
    ] + [
        (f"fact:{name}:false", str(_("il est établi que non : %(fact)s", fact=fact_word(name))))
        for name, fact in facts
        if fact.kind is FactKind.FLAG
    ]
    found[str(_("De quel programme"))] = [
        (line.what, line_word(line, questions))
        for line in (Line(f"fact:programme:{code}") for code in load_packs())
    ]
    found[str(_("Ce qui est connu"))] = [
        (f"known:{name}", str(_("connu : %(fact)s", fact=fact_word(name)))) for name, _fact in facts
    ]
    return found


def line_field(scope: str, group: int, line: int, what: str) -> str:
    """Return the name of a field of a line of conditions."""
    return f"w_{scope}_{group}_{line}_{what}"


def written(condition: Condition | None) -> Any:
    """Return a condition as a file has it."""
    return None if condition is None else condition.model_dump(mode="json", by_alias=True)
