"""The form of one step of a script: its words in both languages, its questions, when it is said, what it opens."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import ValidationError
from wtforms import BooleanField, Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, Regexp

from tracing.scripts.definitions import (
    MOST_OPTIONS,
    MOST_PARAGRAPHS,
    Condition,
    Question,
    Script,
    Step,
)
from tracing.scripts.publishing import rules
from tracing.scripts.publishing.branches import Line, condition_of, groups_of, same
from tracing.scripts.publishing.rules import StepContent
from tracing.scripts.vocabulary import (
    RULE_QUESTIONS,
    Outcome,
    QuestionType,
)
from tracing.studio.mistake_words import mistake
from tracing.studio.scripts.branch_forms import HOLDS, NOT, line_field, written
from tracing.studio.scripts.words import (
    ESCALATION_WORDS,
    WIDGET_WORDS,
    outcome_word,
)
from tracing.studio.version_words import as_printed
from tracing.ui.forms import PageForm

STEP = "s"
"""The scope of the condition of the step itself; those of its questions are q0, q1…"""
LONGEST_ANSWER = 200
"""How long a free text may be, where nobody says how long."""

STEP_PROBLEMS = {
    "widget escalate and an escalation reason go together": _l(
        "Une demande d’avis et sa raison vont ensemble : choisissez les deux, ou aucune."
    ),
    "confirm is the tick of a mandatory statement; this step is not mandatory": _l(
        "La case à cocher est celle d’une étape obligatoire."
    ),
    "a mandatory statement needs words to read aloud": _l("Une étape obligatoire a des mots à lire."),
    "a step needs something to say, to ask or to show": _l(
        "Une étape dit, demande ou ouvre quelque chose : écrivez ce qui est à lire, ou une question."
    ),
    "a free text needs max_length, so that nobody writes a medical history": _l(
        "Un texte court a une longueur, pour que personne n’y écrive un dossier médical."
    ),
    f"a choice needs 2 to {MOST_OPTIONS} options": _l("Un choix a de deux à neuf réponses."),
    "two options have the same value": _l("Deux réponses sont les mêmes."),
    "exclusive has no meaning for a single choice": _l(
        "« Seule » n’a de sens que si plusieurs réponses sont possibles."
    ),
}
"""What the format says of a step, or of a question, as a whole."""


@dataclass(frozen=True, repr=False)
class QuestionGroup:
    """The fields of one question."""

    number: int
    label: str
    is_new: bool
    is_read_by_rules: bool
    hidden: Sequence[Field]
    fields: Sequence[Field]
    """Its label, its help, its type and whether it must be answered."""
    options: Sequence[Sequence[Field]]
    limits: Sequence[Field]
    branches: Sequence[Sequence[Sequence[Field]]]

    @property
    def has_errors(self) -> bool:
        """Whether something in it must be mended."""
        others = [*self.fields, *self.limits, *(one for row in self.options for one in row)]
        return any(one.errors for one in others)

    @property
    def has_options(self) -> bool:
        """Whether it has answers to choose from."""
        return any(row[1].data for row in self.options)

    @property
    def has_branches(self) -> bool:
        """Whether it is asked only sometimes."""
        return any(what.data for group in self.branches for _holds, what in group)


class StepForm(PageForm):
    """One step of a draft; its questions and branches are fields of their own (`step_form`)."""

    seen = HiddenField()
    """The digest of the step as it was read: whoever changed it since is not overwritten."""
    after = HiddenField()
    was = HiddenField(validators=[Optional(), Regexp(r"^[a-z][a-z0-9_]{0,59}$")])
    """The name of a step that was taken out meanwhile: saved again, it comes back under it."""
    title = StringField(_l("Titre"), validators=[InputRequired(_l("Donnez un titre.")), Length(max=120)])
    title_en = StringField(_l("Titre en anglais"), validators=[Length(max=200)])
    section = StringField(
        _l("Rubrique"),
        description=_l("Les étapes d’une même rubrique se suivent. Seize signes au plus."),
        validators=[
            InputRequired(_l("Donnez une rubrique.")),
            Length(max=16, message=_l("Seize signes au plus.")),
        ],
    )
    note = TextAreaField(
        _l("Pour l’enquêteur, à ne pas lire"), validators=[Length(max=600)], render_kw={"rows": 2}
    )
    note_en = TextAreaField(_l("La même chose en anglais"), render_kw={"rows": 2})
    mandatory = BooleanField(_l("Doit être dite et confirmée"))
    tick = StringField(_l("Case à cocher"), validators=[Length(max=120)])
    tick_en = StringField(_l("Case à cocher en anglais"))
    gate = BooleanField(
        _l("Arrête la suite"),
        description=_l("Les étapes suivantes restent fermées jusqu’à ce que celle-ci soit complète."),
    )
    sensitive = BooleanField(
        _l("Réservée à l’identité confirmée"), description=_l("Elle tient une donnée de santé.")
    )
    widget = SelectField(
        _l("Ouvre"),
        choices=[
            SelectChoice("", _l("rien")),
            *(SelectChoice(one.value, w) for one, w in WIDGET_WORDS.items()),
        ],
    )
    escalation = SelectField(
        _l("Raison de la demande d’avis"),
        choices=[
            SelectChoice("", _l("aucune")),
            *(SelectChoice(one.value, w) for one, w in ESCALATION_WORDS.items()),
        ],
    )
    outcome = SelectField(_l("Termine l’appel"))

    script: Script
    number_of_questions: int
    options: Mapping[int, int]
    """How many answers are offered for each question."""
    shapes: Mapping[str, Sequence[int]]
    """How many lines each group of conditions has, by what the conditions are of."""
    kept: Mapping[str, Any]
    """Conditions that the form cannot show: they stay as they are."""
    known: Collection[str]
    """The names of the questions that the step has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outcome.choices = [
            SelectChoice("", _("non, l’appel continue")),
            *(SelectChoice(one.value, outcome_word(one)) for one in Outcome),
        ]

    def words(self) -> Iterator[tuple[Field, Field]]:
        """Yield the paragraphs to read aloud, in both languages."""
        for number in range(MOST_PARAGRAPHS):
            yield self._fields[f"say_{number}"], self._fields[f"say_{number}_en"]

    def branches(self, scope: str = STEP) -> list[list[list[Field]]]:
        """Return the fields of each line of each group of conditions."""
        return [
            [
                [
                    self._fields[line_field(scope, group, line, "is")],
                    self._fields[line_field(scope, group, line, "what")],
                ]
                for line in range(lines)
            ]
            for group, lines in enumerate(self.shapes[scope])
        ]

    def questions(self) -> Iterator[QuestionGroup]:
        """Yield the fields of each question, the last one of a new one."""
        for number in range(self.number_of_questions):
            name = self._fields[f"q{number}_id"].data or ""
            names = [*_QUESTION_FIELDS, *(["place", "gone"] if name in self.known else ["writes"])]
            yield QuestionGroup(
                number,
                self._fields[f"q{number}_label"].data or str(_("Nouvelle question")),
                is_new=name not in self.known,
                is_read_by_rules=name in RULE_QUESTIONS,
                hidden=[self._fields[f"q{number}_id"]],
                fields=[self._fields[f"q{number}_{one}"] for one in names],
                options=[
                    [self._fields[f"q{number}_o{place}_{one}"] for one in _OPTION_FIELDS]
                    for place in range(self.options[number])
                ],
                limits=[self._fields[f"q{number}_{one}"] for one in _LIMITS],
                branches=self.branches(f"q{number}"),
            )

    # --- from a step to the form ---

    def fill_with(self, step: Step | None, english: Mapping[str, str]) -> None:
        """Show a step."""
        if step is None:
            return
        self._say(self.title, step.title, english)
        self.section.data = step.section
        for number, wordings in enumerate(step.say):
            self._fields[f"say_{number}"].data = "\n".join(wordings)
            translated = [english.get(one, "") for one in wordings]
            self._fields[f"say_{number}_en"].data = "\n".join(translated).rstrip("\n")
        self._say(self.note, step.note, english)
        self._say(self.tick, step.confirm, english)
        self.mandatory.data, self.gate.data, self.sensitive.data = step.mandatory, step.gate, step.sensitive
        self.widget.data = step.widget.value if step.widget else ""
        self.escalation.data = step.escalation.value if step.escalation else ""
        self.outcome.data = step.end.outcome.value if step.end else ""
        self._fill_branches(STEP, step.when)
        for number, question in enumerate(step.questions):
            self._fill_question(number, question, english)

    def _say(self, field: Field, text: str | None, english: Mapping[str, str]) -> None:
        field.data = text or ""
        self._fields[f"{field.short_name}_en"].data = english.get(text or "", "")

    def _fill_question(self, number: int, question: Question, english: Mapping[str, str]) -> None:
        of = {
            name: self._fields[f"q{number}_{name}"] for name in ("id", "place", *_QUESTION_FIELDS, *_LIMITS)
        }
        of["id"].data, of["type"].data, of["place"].data = question.id, question.type.value, number + 1
        self._say(of["label"], question.label, english)
        self._say(of["help"], question.help, english)
        of["required"].data, of["or_unknown"].data = question.required, question.or_unknown
        of["earliest"].data, of["latest"].data = question.earliest or "", question.latest or ""
        of["lowest"].data, of["highest"].data = question.lowest, question.highest
        of["max_length"].data = question.max_length
        for place, option in enumerate(question.options):
            value, label, label_en, exclusive = (
                self._fields[f"q{number}_o{place}_{one}"] for one in _OPTION_FIELDS
            )
            value.data, label.data, exclusive.data = option.value, option.label, option.exclusive
            label_en.data = english.get(option.label, "")
        self._fill_branches(f"q{number}", question.when)

    def _fill_branches(self, scope: str, condition: Condition | None) -> None:
        for group, lines in enumerate(groups_of(condition) or []):
            for place, line in enumerate(lines):
                self._fields[line_field(scope, group, place, "is")].data = HOLDS if line.holds else NOT
                self._fields[line_field(scope, group, place, "what")].data = line.what

    # --- from the form to a step ---

    def read(self, old: Step | None) -> tuple[StepContent, dict[str, str]] | None:
        """Return the step as it was typed, with its English; None, with the errors beside the fields, if it is wrong."""
        english: dict[str, str] = {}
        places: list[int] = []
        content = self._step_content(old, english, places)
        try:
            step = rules.read_step(content)
        except ValidationError as error:
            for one in error.errors(include_url=False, include_input=False):
                field = self._field_of(one["loc"], places)
                field.errors = [*field.errors, sentence(one)]
            return None
        return rules.step_content(step), english

    def _step_content(self, old: Step | None, english: dict[str, str], places: list[int]) -> StepContent:
        title = self._typed(self.title, english)
        taken = {one.id for one in self.script.steps}
        content: StepContent = {
            "id": old.id if old else _free(self.was.data or _slug(title), taken),
            "section": as_printed(self.section.data),
            "title": title,
            "say": [wordings for wordings in self._wordings(english) if wordings],
            "note": self._typed(self.note, english) or None,
            "mandatory": bool(self.mandatory.data),
            "confirm": self._typed(self.tick, english) or None,
            "gate": bool(self.gate.data),
            "sensitive": bool(self.sensitive.data),
            "widget": self.widget.data or None,
            "escalation": self.escalation.data or None,
            "end": {"outcome": self.outcome.data} if self.outcome.data else None,
            "when": self._condition(STEP, old.when if old else None),
            "questions": self._questions(old, english, places),
        }
        if old and old.days:
            content["days"] = old.days.model_dump(by_alias=True)
        return {key: value for key, value in content.items() if value not in (None, [])}

    def _wordings(self, english: dict[str, str]) -> Iterator[list[str]]:
        for french_field, english_field in self.words():
            typed = (french_field.data or "").splitlines()
            translated = _beside(typed, (english_field.data or "").splitlines())
            french = [as_printed(one) for one in typed if one.strip()]
            for wording, other in zip(french, translated, strict=True):
                _translate(english, wording, other)
            yield french

    def _typed(self, field: Field, english: dict[str, str]) -> str:
        text = as_printed(field.data)
        if text:
            _translate(english, text, self._fields[f"{field.short_name}_en"].data)
        return text

    def _questions(
        self, old: Step | None, english: dict[str, str], places: list[int]
    ) -> list[dict[str, Any]]:
        known = {one.id: one for one in old.questions} if old else {}
        taken = set(self.script.questions)
        written = []
        for number in range(self.number_of_questions):
            of = {name: self._fields[f"q{number}_{name}"] for name in _ALL_QUESTION_FIELDS}
            label = self._typed(of["label"], english)
            if not label or of["gone"].data:
                continue
            given = of["id"].data or ""
            # a question whose step was taken out meanwhile comes back under its name
            is_own = given in known or (given and given not in taken)
            name = given if is_own else of["writes"].data or _free(_slug(label), taken)
            taken.add(name)
            place = of["place"].data if of["place"].data is not None else self.number_of_questions + number
            written.append((place, number, self._question(number, name, label, known.get(name), english)))
        written.sort(key=lambda one: one[:2])
        places.extend(number for _place, number, _question in written)
        return [question for _place, _number, question in written]

    def _question(
        self, number: int, name: str, label: str, old: Question | None, english: dict[str, str]
    ) -> dict[str, Any]:
        of = {one: self._fields[f"q{number}_{one}"] for one in (*_QUESTION_FIELDS, *_LIMITS)}
        kind = QuestionType(of["type"].data)
        if kind is QuestionType.TEXT and of["max_length"].data is None:
            of["max_length"].data = LONGEST_ANSWER
        written = {
            "id": name,
            "type": kind.value,
            "label": label,
            "help": self._typed(of["help"], english) or None,
            "required": bool(of["required"].data) or None,
            "when": self._condition(f"q{number}", old.when if old else None),
            "options": list(self._options(number, english)) if kind in _WITH_OPTIONS else None,
            "or_unknown": (bool(of["or_unknown"].data) or None) if kind is QuestionType.DATE else None,
        }
        if kind in {QuestionType.DATE, QuestionType.DATETIME}:
            written |= {"min": _text(of["earliest"]), "max": _text(of["latest"])}
        if kind is QuestionType.NUMBER:
            written |= {"lowest": of["lowest"].data, "highest": of["highest"].data}
        if kind is QuestionType.TEXT:
            written["max_length"] = of["max_length"].data
        return {key: value for key, value in written.items() if value is not None}

    def _options(self, number: int, english: dict[str, str]) -> Iterator[dict[str, Any]]:
        taken: set[str] = {
            str(self._fields[f"q{number}_o{place}_value"].data or "") for place in range(self.options[number])
        }
        for place in range(self.options[number]):
            value, label, _label_en, exclusive = (
                self._fields[f"q{number}_o{place}_{one}"] for one in _OPTION_FIELDS
            )
            text = self._typed(label, english)
            if not text:
                continue
            name = value.data or _free(_slug(text)[:40], taken)
            taken.add(name)
            yield {"value": name, "label": text} | ({"exclusive": True} if exclusive.data else {})

    def _condition(self, scope: str, old: Condition | None) -> Any:
        if scope in self.kept:
            return self.kept[scope]
        groups = [
            [Line(what.data, holds=holds.data != NOT) for holds, what in group if what.data]
            for group in self.branches(scope)
        ]
        groups = [group for group in groups if group]
        if same(groups_of(old), groups):
            return written(old)
        return condition_of(groups)

    def _field_of(self, place: tuple[int | str, ...], places: Sequence[int]) -> Field:
        """Return the field to which a mistake of the format belongs."""
        first = place[0] if place else ""
        if first == "questions" and len(place) > 1 and isinstance(place[1], int) and place[1] < len(places):
            scope = f"q{places[place[1]]}"
            inner = str(place[2]) if len(place) > 2 else "label"
            if inner == "options" and len(place) > 3:
                return self._fields.get(f"{scope}_o{place[3]}_label", self._fields[f"{scope}_label"])
            if inner == "when":
                return self._fields.get(line_field(scope, 0, 0, "what"), self._fields[f"{scope}_label"])
            return self._fields.get(f"{scope}_{_LIMIT_OF.get(inner, inner)}", self._fields[f"{scope}_label"])
        if first == "say" and len(place) > 1:
            return self._fields.get(f"say_{place[1]}", self.title)
        if first == "when":
            return self._fields.get(line_field(STEP, 0, 0, "what"), self.title)
        return self.tick if first == "confirm" else self._fields.get(str(first), self.title)


_QUESTION_FIELDS = ("label", "label_en", "help", "help_en", "type", "required", "or_unknown")
_LIMITS = ("earliest", "latest", "lowest", "highest", "max_length")
_LIMIT_OF = {"min": "earliest", "max": "latest"}
_ALL_QUESTION_FIELDS = ("id", "writes", "place", "gone", *_QUESTION_FIELDS, *_LIMITS)
_OPTION_FIELDS = ("value", "label", "label_en", "exclusive")
_WITH_OPTIONS = (QuestionType.CHOICE, QuestionType.MULTI)


def _translate(english: dict[str, str], french: str, typed: str | None) -> None:
    """Note the English of a text; of one that stands in two places, where it was typed."""
    english[french] = (typed or "").strip() or english.get(french, "")


def _text(field: Field) -> str | None:
    return (field.data or "").strip() or None


def _slug(text: str) -> str:
    """Return a name made of words."""
    plain = unicodedata.normalize("NFKD", text.replace("’", " ")).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].strip("_")
    return slug if slug[:1].isalpha() else f"x_{slug}".rstrip("_")


def _free(wanted: str, taken: Collection[str]) -> str:
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted[:36]}_{number}"
    return name


def sentence(problem: Any) -> str:
    """Return what is wrong with a part of a step, as pydantic found it, in words."""
    said = str(problem["msg"]).removeprefix("Value error, ")
    limits: Mapping[str, Any] = problem.get("ctx", {})
    if said in STEP_PROBLEMS:
        return str(STEP_PROBLEMS[said])
    match problem["type"]:
        case "string_too_short":
            return str(_("À remplir."))
        case "too_long":
            return str(_("Au plus %(number)s formulations.", number=limits.get("max_length")))
    return mistake(problem["type"], limits)


def _beside(french: Sequence[str], english: Sequence[str]) -> list[str]:
    """Return the English of each line that is not blank: an empty line of the French has none, typed or not."""
    lines = [*english, *[""] * max(len(french) - len(english), 0)]
    blanks = [place for place, one in enumerate(french) if not one.strip()]
    if all(not lines[place].strip() for place in blanks) and len(english) > len(french) - len(blanks):
        lines = [one for place, one in enumerate(lines) if place not in blanks]
    return [*lines, *[""] * len(french)][: len(french) - len(blanks)]
