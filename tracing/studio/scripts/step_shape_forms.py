"""The form that a step needs: a field for each paragraph, each question with its answers, each line of conditions."""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Length, NumberRange, Optional

from tracing.scripts.definitions import (
    LONGEST_FREE_TEXT,
    MOST_OPTIONS,
    MOST_PARAGRAPHS,
    Question,
    Script,
    Step,
)
from tracing.scripts.vocabulary import FACTS, RULE_QUESTIONS, FactKind, QuestionType, ScriptKind
from tracing.studio.scripts.branch_forms import Branches, choices_of
from tracing.studio.scripts.step_forms import STEP, StepForm
from tracing.studio.scripts.words import TYPE_WORDS, fact_word
from tracing.ui.fields import WholeNumberField

EMPTY_OPTIONS = 2
"""Answers offered besides those that a question has."""
NEW_OPTIONS = 4
MOST_QUESTIONS = 20
_QUESTION = re.compile(r"q(\d{1,2})_label")
_OPTION = re.compile(r"q(\d{1,2})_o(\d)_label")


def step_form(
    script: Script, step: Step | None, *, after: str | None, posted: Mapping[str, Any]
) -> type[StepForm]:
    """Return the form of a step of a script, or of a new one after another."""
    place = _place(script, step, after)
    before = list(script.steps[:place])
    sent = [int(found[1]) for name in posted if (found := _QUESTION.fullmatch(name))]
    number = max(len(step.questions) if step else 0, min(max(sent, default=0), MOST_QUESTIONS))
    options: dict[int, int] = {}
    fields: dict[str, Any] = {}
    for paragraph in range(MOST_PARAGRAPHS):
        fields |= _paragraph(paragraph)
    earlier = [question for one in before for question in one.questions]
    branches = Branches(posted)
    branches.add(STEP, step.when if step else None, choices_of(script.kind, earlier))
    for one in range(number + 1):
        question = step.questions[one] if step and one < len(step.questions) else None
        count = len(question.options) + EMPTY_OPTIONS if question and question.options else NEW_OPTIONS
        sent = [
            int(found[2]) + 1
            for name in posted
            if (found := _OPTION.fullmatch(name)) and int(found[1]) == one
        ]
        options[one] = min(max([count, *sent]), MOST_OPTIONS)
        fields |= _question_fields(script, one, question, options[one])
        own = step.questions[:one] if step else ()
        branches.add(
            f"q{one}", question.when if question else None, choices_of(script.kind, [*earlier, *own])
        )
    return type(
        "StepFormOf",
        (StepForm,),
        {
            **fields,
            **branches.fields,
            "script": script,
            "number_of_questions": number + 1,
            "options": options,
            "shapes": branches.shapes,
            "kept": branches.kept,
            "known": {one.id for one in step.questions} if step else set(),
        },
    )


def _place(script: Script, step: Step | None, after: str | None) -> int:
    if step is not None:
        return next(number for number, one in enumerate(script.steps) if one.id == step.id)
    found = next((number for number, one in enumerate(script.steps) if one.id == after), None)
    return len(script.steps) - 1 if found is None else found + 1


def _paragraph(number: int) -> dict[str, Field]:
    return {
        f"say_{number}": TextAreaField(
            _l("À lire, paragraphe %(number)s", number=number + 1),
            description=_l(
                "Une ligne par formulation : la première dont tous les {mots} sont connus est lue."
            )
            if number == 0
            else "",
            render_kw={"rows": 3},
        ),
        f"say_{number}_en": TextAreaField(
            _l("En anglais, paragraphe %(number)s", number=number + 1), render_kw={"rows": 3}
        ),
    }


def _question_fields(
    script: Script, number: int, question: Question | None, options: int
) -> dict[str, Field]:
    is_fixed = question is not None and question.id in RULE_QUESTIONS
    kinds = [question.type] if question and is_fixed else list(QuestionType)
    missing = [
        one
        for one, wanted in RULE_QUESTIONS.items()
        if script.kind in wanted.scripts and one not in script.questions
    ]
    built: dict[str, Field] = {
        "id": HiddenField(),
        "writes": SelectField(
            _l("Ce que la réponse écrit"),
            choices=[
                SelectChoice("", _l("rien d’autre : elle est gardée avec les réponses")),
                *(SelectChoice(one, one) for one in missing),
            ],
            validators=[Optional()],
        ),
        "label": StringField(_l("La question, telle qu’elle est à l’écran"), validators=[Length(max=120)]),
        "label_en": StringField(_l("La question en anglais")),
        "help": StringField(_l("Aide sous la question"), validators=[Length(max=120)]),
        "help_en": StringField(_l("L’aide en anglais")),
        "type": SelectField(
            _l("Sorte de réponse"), choices=[SelectChoice(one.value, TYPE_WORDS[one]) for one in kinds]
        ),
        "required": BooleanField(_l("Réponse obligatoire")),
        "or_unknown": BooleanField(_l("« Ne sait pas » possible, pour un jour")),
        "place": WholeNumberField(_l("Place"), validators=[Optional(), NumberRange(1, 99)]),
        "gone": BooleanField(_l("Supprimer cette question")),
        "earliest": StringField(_l("Jour au plus tôt"), description=_l("Par exemple today-30, ou onset-2.")),
        "latest": StringField(_l("Jour au plus tard")),
        "lowest": WholeNumberField(_l("Nombre au moins"), validators=[Optional()]),
        "highest": WholeNumberField(_l("Nombre au plus"), validators=[Optional()]),
        "max_length": WholeNumberField(
            _l("Texte : signes au plus"), validators=[Optional(), NumberRange(1, LONGEST_FREE_TEXT)]
        ),
    }
    for place in range(options):
        built |= {
            f"o{place}_value": HiddenField(),
            f"o{place}_label": StringField(
                _l("Réponse %(number)s", number=place + 1), validators=[Length(max=120)]
            ),
            f"o{place}_label_en": StringField(_l("En anglais")),
            f"o{place}_exclusive": BooleanField(_l("Seule")),
        }
    return {f"q{number}_{name}": field for name, field in built.items()}


def placeholders(kind: ScriptKind) -> list[tuple[str, str, bool]]:
    """Return what may stand in braces, what it is, and whether it only says for whom a wording is."""
    return [
        (name, fact_word(name), fact.kind is FactKind.FLAG)
        for name, fact in sorted(FACTS.items(), key=lambda one: one[1].kind is FactKind.FLAG)
        if kind in fact.scripts
    ]
