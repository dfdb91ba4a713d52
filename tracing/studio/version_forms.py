"""The forms of a version: when and why, and one row of its table."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import ValidationError
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, Regexp, StopValidation

from tracing.programmes.facts import FactDefinition, FactType
from tracing.programmes.publishing import rules
from tracing.programmes.publishing.rules import RowContent
from tracing.programmes.tables import Rule, Table
from tracing.studio.row_fields import FieldKind, RowField, lines_of, value_at, with_values
from tracing.studio.version_words import FIELD_WORDS, choices_of, fact_word, value_word
from tracing.ui.fields import of_our_time
from tracing.ui.forms import PageForm

_BEFORE = re.compile(r" (?=[;:!?»])")
_AFTER = re.compile(r"(?<=«) ")
ANY = ""
EMPTY_LINES = 1
"""Lines of conditions offered besides those that a row has."""


def as_printed(typed: str | None) -> str:
    """Return a typed sentence with the spaces and the apostrophe of print."""
    text = (typed or "").strip().replace("'", "’")
    return _AFTER.sub("\u202f", _BEFORE.sub("\u202f", text))


class ChangeForm(PageForm):
    """When a version takes effect, and what it changes."""

    revision = HiddenField(validators=[InputRequired()])
    on = DateField(_l("Prend effet le"), validators=[InputRequired(_l("Indiquez un jour.")), of_our_time])
    at = TimeField(_l("À"), validators=[InputRequired(_l("Indiquez une heure."))])
    why = TextAreaField(
        _l("Ce qui change"),
        description=_l("Trois phrases au plus : quoi, pour qui, pourquoi. Les téléconseillers les liront."),
        validators=[
            InputRequired(_l("Dites ce qui change.")),
            Length(10, 500, _l("De 10 à 500 caractères.")),
        ],
        render_kw={"rows": 3},
    )

    def moment(self, zone: ZoneInfo) -> datetime:
        """Return the moment that was typed."""
        on, at = self.on.data, self.at.data
        if on is None or at is None:
            raise ValueError("the form is not valid")
        return datetime.combine(on, at, zone)


class RowForm(PageForm):
    """One row of a rule table; its fields are those of the table (`row_form`)."""

    revision = HiddenField(validators=[InputRequired()])
    row_id = StringField(
        _l("Nom de la ligne"),
        description=_l("Par exemple P0-5. Il est cité par les téléconseillers."),
        validators=[
            InputRequired(_l("Donnez un nom.")),
            Regexp(
                r"^[A-Z][A-Za-z0-9.-]*$",
                message=_l("Une majuscule, puis lettres, chiffres, points et tirets."),
            ),
        ],
    )
    text = TextAreaField(
        _l("La règle en une phrase"),
        description=_l("Ce que lisent les téléconseillers et ce qui est dit à la personne."),
        validators=[InputRequired(_l("Écrivez la phrase.")), Length(10, 800, _l("De 10 à 800 caractères."))],
        render_kw={"rows": 3},
    )
    source = StringField(
        _l("Source"),
        description=_l("Le texte qui le dit, avec sa date."),
        validators=[InputRequired(_l("Donnez la source.")), Length(3, 300, _l("De 3 à 300 caractères."))],
    )
    applies_to_ongoing = BooleanField(
        _l("Vaut aussi pour les mesures en cours"),
        description=_l("Sinon, qui est déjà isolé garde ses dates."),
    )

    table: Table[Rule]
    fields: tuple[RowField, ...]
    facts: tuple[str, ...]
    lines: int

    def decision_fields(self) -> list[Field]:
        """Return the fields of what the row decides."""
        return [self._fields[_decides(one.name)] for one in self.fields]

    def condition_lines(self) -> list[list[Field]]:
        """Return the fields of each line of conditions."""
        return [[self._fields[_when(line, fact)] for fact in self.facts] for line in range(self.lines)]

    def keep_name(self, row_id: str) -> None:
        """Leave an existing row its name, which is not asked."""
        self.row_id.validators = ()
        self.row_id.data = row_id

    def fill_with(self, content: Mapping[str, Any]) -> None:
        """Show a row."""
        self.row_id.data, self.text.data, self.source.data = (
            content.get("id"),
            content.get("text"),
            content.get("source"),
        )
        self.applies_to_ongoing.data = content.get("applies_to_ongoing", True)
        for one in self.fields:
            value = value_at(content, one.name)
            self._fields[_decides(one.name)].data = _typed(one, one.default if value is None else value)
        for number, line in enumerate(lines_of(content)):
            for fact in self.facts:
                self._fields[_when(number, fact)].data = _cell(line.get(fact, ANY))

    def content(self, before: RowContent) -> RowContent:
        """Return the row as it was typed."""
        values = {one.name: _meant(one, self._fields[_decides(one.name)].data) for one in self.fields}
        written = with_values(before, self.fields, values)
        lines = []
        for number in range(self.lines):
            line = {
                fact: _meant_cell(self._fields[_when(number, fact)].data)
                for fact in self.facts
                if self._fields[_when(number, fact)].data
            }
            if line:
                lines.append(line)
        written.pop("when", None)
        if lines:
            written["when"] = lines
        written |= {
            "id": self.row_id.data,
            "text": as_printed(self.text.data),
            "source": self.source.data,
        }
        written.pop("applies_to_ongoing", None)
        if not self.applies_to_ongoing.data:
            written["applies_to_ongoing"] = False
        written.setdefault("from", self.table.starts.isoformat())
        return written

    def read(self, before: RowContent) -> RowContent | None:
        """Return the row if it can be read; None: its fields say what is wrong."""
        written = self.content(before)
        try:
            row = rules.read_row(self.table, written)
        except ValidationError as error:
            for name, kind, limits in (
                (".".join(map(str, one["loc"])), one["type"], one) for one in error.errors()
            ):
                self._blame(name, kind, limits)
            return None
        if (
            _decided(before, self.fields) != _decided(written, self.fields)
            and before.get("text") == written["text"]
        ):
            self.text.errors = [
                *self.text.errors,
                _("La décision a changé, pas la phrase : récrivez-la pour qu’elle dise la même chose."),
            ]
            return None
        return rules.row_content(row)

    def _blame(self, name: str, kind: str, limits: Mapping[str, Any]) -> None:
        found = next(
            (one for one in self.fields if name == one.name or name.startswith(f"{one.name}.")), None
        )
        group = next((one for one in self.fields if one.name.startswith(f"{name}.")), None)
        own = {"text": self.text, "source": self.source, "id": self.row_id}
        field = (
            self._fields[_decides((found or group).name)]  # type: ignore[union-attr]
            if found or group
            else own.get(name.partition(".")[0])
        )
        if field is None and name.startswith("when."):
            parts = name.split(".")
            field = self._fields.get(_when(int(parts[1]), parts[2])) if len(parts) > 2 else None
        message = _message(kind, limits)
        if field is None:
            self.form_errors.append(f"{name} : {message}")
        else:
            field.errors = [*field.errors, message]


def _decided(content: Mapping[str, Any], fields: Sequence[RowField]) -> list[Any]:
    return [value_at(content, one.name) for one in fields]


def _message(kind: str, error: Mapping[str, Any]) -> str:
    limits = error.get("ctx", {})
    if kind == "missing":
        return str(_("À remplir avec le reste."))
    if kind in {"greater_than", "greater_than_equal", "less_than_equal"}:
        return str(
            _("Ce nombre est trop petit ou trop grand (%(limit)s).", limit=next(iter(limits.values()), ""))
        )
    if kind == "string_too_short":
        return str(_("Au moins %(count)s caractères.", count=limits.get("min_length", "")))
    return str(
        _("Non compris : %(message)s", message=str(error.get("msg", kind)).removeprefix("Value error, "))
    )


def row_form(
    table: Table[Rule], fields: tuple[RowField, ...], vocabulary: Mapping[str, FactDefinition], *, lines: int
) -> type[RowForm]:
    """Return the form of a row of a table."""
    facts = tuple(table.inputs)
    made: dict[str, Any] = {_decides(one.name): _field(one) for one in fields}
    for number in range(lines):
        for fact in facts:
            made[_when(number, fact)] = _condition(table, fact, vocabulary)
    return type(
        "RowFormOf", (RowForm,), {**made, "table": table, "fields": fields, "facts": facts, "lines": lines}
    )


def _decides(name: str) -> str:
    return f"decides_{name.replace('.', '__')}"


def _when(line: int, fact: str) -> str:
    return f"when_{line}_{fact}"


def _field(one: RowField) -> Field:
    label = FIELD_WORDS.get(one.name, one.name)
    match one.kind:
        case FieldKind.NUMBER:
            return StringField(
                label,
                validators=[Optional(), Regexp(r"^\s*\d{1,4}\s*$", message=_l("Un nombre entier."))],
                render_kw={"inputmode": "numeric"},
            )
        case FieldKind.YES_NO | FieldKind.CHOICE:
            choices = [
                SelectChoice(ANY, "–"),
                *(SelectChoice(value, word) for value, word in choices_of(one)),
            ]
            return SelectField(label, validators=[Optional()], choices=choices)
        case FieldKind.LIST:
            return TextAreaField(
                label,
                validators=[Optional(), _is_list],
                description=_l("Une ligne par élément, précédée d’un tiret, comme dans les fichiers."),
                render_kw={"rows": 4, "spellcheck": "false"},
            )
    return StringField(label, validators=[Optional()])


def _is_list(_form: PageForm, field: Field) -> None:
    try:
        found = yaml.safe_load(field.data or "")
    except yaml.YAMLError:
        found = None
    if not isinstance(found, list):
        raise StopValidation(_("Non compris : une ligne par élément, précédée d’un tiret."))


def _condition(table: Table[Rule], fact: str, vocabulary: Mapping[str, FactDefinition]) -> Field:
    known = vocabulary[fact]
    label = fact_word(fact, vocabulary)
    if known.type is FactType.NUMBER:
        return StringField(
            label,
            validators=[
                Optional(),
                Regexp(
                    r"^\s*((<=|>=|<|>) ?\d+|\d+\.\.\d+)\s*$",
                    message=_l("Par exemple < 12, >= 15 ou 6..11."),
                ),
            ],
        )
    values = ["true", "false"] if known.type is FactType.YES_NO else list(known.values)
    offered = [*values, *(f"not {value}" for value in values)]
    offered += [
        _cell(line[fact]) for row in table.rules for line in lines_of(rules.row_content(row)) if fact in line
    ]
    choices = [SelectChoice(ANY, _("peu importe"))]
    choices += [SelectChoice(value, value_word(_meant_cell(value))) for value in dict.fromkeys(offered)]
    return SelectField(label, validators=[Optional()], choices=choices)


def _cell(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _meant_cell(text: str) -> Any:
    return text.split(", ") if ", " in text else text.strip()


def _typed(one: RowField, value: Any) -> str:
    if value is None or (one.kind is FieldKind.LIST and not value):
        return ""
    if one.kind is FieldKind.LIST:
        return yaml.safe_dump(
            list(value), allow_unicode=True, sort_keys=False, default_flow_style=None, width=200
        ).strip()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _meant(one: RowField, text: str | None) -> Any:
    if not text or not text.strip():
        return None
    match one.kind:
        case FieldKind.NUMBER:
            return int(text)
        case FieldKind.YES_NO:
            return text == "true"
        case FieldKind.LIST:
            return yaml.safe_load(text)
    return as_printed(text)
