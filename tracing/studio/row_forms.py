"""The form of one row of a rule table: a field for each thing it decides, each condition, and each thing of its lists."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import ValidationError
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from tracing.programmes.facts import FactDefinition, FactType
from tracing.programmes.publishing import rules
from tracing.programmes.publishing.rules import RowContent
from tracing.programmes.tables import Rule, Table
from tracing.studio.mistake_words import mistake
from tracing.studio.row_fields import LISTS, FieldKind, RowField, fields_of, lines_of, value_at, with_values
from tracing.studio.version_words import (
    FIELD_WORDS,
    ROW_PROBLEMS,
    as_printed,
    choices_of,
    fact_word,
    value_word,
)
from tracing.ui.forms import PageForm

ANY = ""
EMPTY_LINES = 1
"""Lines of conditions offered besides those that a row has."""
EMPTY_ITEMS = 1
"""The same for the things of a list."""
MOST_LINES = 30
NameOf = Callable[[str], str]
"""How a field of the form is called, by the name of the field of the row."""


@dataclass(frozen=True, repr=False)
class Group:
    """The fields of one thing of a list, or of one line of conditions."""

    label: str
    fields: Sequence[Field]


class RowForm(PageForm):
    """One row of a rule table; its fields are those of the table (`row_form`)."""

    revision = HiddenField(validators=[InputRequired()])
    row_id = StringField(
        _l("Nom de la ligne"),
        description=_l("Par exemple P0-5. Il est cité par les enquêteurs."),
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
        description=_l("Ce que lisent les enquêteurs et ce qui est dit à la personne."),
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
    asked: tuple[str, ...]
    """The facts on which the things of a list have conditions."""
    lines: int
    items: Mapping[str, int]
    """How many things of each list are offered."""

    def decision_fields(self) -> list[Field]:
        """Return the fields of what the row decides, but for those of lists of things."""
        return [self._fields[_decides(one.name)] for one in self.fields if one.kind is not FieldKind.ITEMS]

    def item_groups(self) -> Iterator[Group]:
        """Yield the fields of each thing of each list."""
        for one in self.fields:
            for number in range(self.items.get(one.name, 0)):
                names = [_order(one.name, number), *_item_names(one, number, self.asked)]
                list_name = FIELD_WORDS.get(one.name, one.name)
                is_new = not self._fields[_order(one.name, number)].data
                label = (
                    _("%(list)s : en ajouter", list=list_name)
                    if is_new
                    else _("%(list)s, place %(number)s", list=list_name, number=number + 1)
                )
                yield Group(label, [self._fields[name] for name in names])

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
        self._fill(self.fields, content, _decides)
        for number, line in enumerate(lines_of(content)):
            for fact in self.facts:
                self._fields[_when(number, fact)].data = _cell(line.get(fact, ANY))

    def _fill(self, fields: Sequence[RowField], content: Mapping[str, Any], name_of: NameOf) -> None:
        for one in fields:
            value = value_at(content, one.name)
            if one.kind is FieldKind.ITEMS:
                for number, thing in enumerate(value or ()):
                    self._fields[_order(one.name, number)].data = str(number + 1)
                    self._fill(one.inner, thing, partial(_item, one.name, number))
            elif one.kind is FieldKind.CONDITIONS:
                for fact in self.asked:
                    self._fields[name_of(f"{one.name}.{fact}")].data = _cell((value or {}).get(fact, ANY))
            else:
                self._fields[name_of(one.name)].data = _typed(one, one.default if value is None else value)

    def content(self, before: RowContent) -> RowContent:
        """Return the row as it was typed."""
        written = with_values(before, self.fields, self._values(self.fields, _decides))
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

    def _values(self, fields: Sequence[RowField], name_of: NameOf) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for one in fields:
            if one.kind is FieldKind.ITEMS:
                values[one.name] = [thing for _number, thing in self._things(one)]
            elif one.kind is FieldKind.CONDITIONS:
                typed = {fact: self._fields[name_of(f"{one.name}.{fact}")].data for fact in self.asked}
                values[one.name] = {fact: _meant_cell(cell) for fact, cell in typed.items() if cell}
            else:
                values[one.name] = _meant(one, self._fields[name_of(one.name)].data)
        return values

    def _things(self, one: RowField) -> list[tuple[int, dict[str, Any]]]:
        """Return the things of a list in the order that was typed, each with its number on the page; empty ones are none."""
        found = []
        for number in range(self.items[one.name]):
            values = self._values(one.inner, partial(_item, one.name, number))
            thing = with_values({}, one.inner, values)
            if any(value is not None for value in thing.values()):
                typed = self._fields[_order(one.name, number)].data or ""
                place = int(typed) if typed.strip() else MOST_LINES + number
                # whoever takes another's place goes before it on the way up, and after it on the way down
                moved = (place > number + 1) - (place < number + 1)
                found.append((place, moved, number, thing))
        return [(number, thing) for *_place, number, thing in sorted(found, key=lambda each: each[:3])]

    def read(self, before: RowContent) -> RowContent | None:
        """Return the row if it can be read; None: its fields say what is wrong."""
        written = self.content(before)
        try:
            row = rules.row_content(rules.read_row(self.table, written))
        except ValidationError as error:
            for one in error.errors():
                self._blame(one["loc"], one["type"], one)
            return None
        if _decided(before, self.fields) != _decided(row, self.fields) and before.get("text") == row["text"]:
            self.text.errors = [
                *self.text.errors,
                _("La décision a changé, pas la phrase : récrivez-la pour qu’elle dise la même chose."),
            ]
            return None
        return row

    def _blame(self, place: tuple[Any, ...], kind: str, limits: Mapping[str, Any]) -> None:
        name = ".".join(map(str, place))
        field = self._field_at(place)
        message = _message(kind, limits)
        if field is None:
            self.form_errors.append(f"{name}\u202f: {message}" if name else message)
        else:
            field.errors = [*field.errors, message]

    def _field_at(self, place: tuple[Any, ...]) -> Field | None:
        """Return the field of a mistake: of its own name, of the thing of a list it is in, or of the group it is of."""
        name = ".".join(map(str, place))
        own = {"text": self.text, "source": self.source, "id": self.row_id}
        if name.startswith("when.") and len(place) > 2:
            return self._fields.get(_when(int(place[1]), str(place[2])))
        if not place:
            return None
        listed = next(
            (one for one in self.fields if one.kind is FieldKind.ITEMS and one.name == place[0]), None
        )
        if listed is not None:
            if len(place) == 1 or not isinstance(place[1], int):
                return self._fields[_order(listed.name, 0)]
            number = self._things(listed)[place[1]][0]
            inside = ".".join(map(str, place[2:]))
            names = _item_names(listed, number, self.asked)
            wanted = _item(listed.name, number, inside)
            return self._fields[next((one for one in names if one.startswith(wanted)), names[0])]
        found = next(
            (
                one
                for one in self.fields
                if name == one.name or name.startswith(f"{one.name}.") or one.name.startswith(f"{name}.")
            ),
            None,
        )
        return own.get(name.partition(".")[0]) if found is None else self._fields[_decides(found.name)]


def _decided(content: Mapping[str, Any], fields: Sequence[RowField]) -> list[Any]:
    return [value_at(content, one.name) for one in fields]


def _message(kind: str, error: Mapping[str, Any]) -> str:
    limits = error.get("ctx", {})
    if kind == "missing":
        return str(_("À remplir avec le reste."))
    said = str(error.get("msg", kind)).removeprefix("Value error, ")
    return str(ROW_PROBLEMS[said]) if said in ROW_PROBLEMS else mistake(kind, limits)


def row_form(
    table: Table[Rule],
    vocabulary: Mapping[str, FactDefinition],
    content: Mapping[str, Any],
    *,
    posted: Collection[str] = (),
) -> type[RowForm]:
    """Return the form of a row of a table, with as many lines and things of lists as the row has, or as were posted."""
    fields, facts = fields_of(type(table.rules[0])), tuple(table.inputs)
    asked = _asked_by_things(table, fields)
    conditions = {fact: partial(_condition, table, fact, vocabulary) for fact in asked}
    lines = max(len(lines_of(content)), _posted(posted, r"when_(\d+)_") - EMPTY_LINES) + EMPTY_LINES
    made: dict[str, Any] = {}
    items: dict[str, int] = {}
    for one in fields:
        if one.kind is not FieldKind.ITEMS:
            made[_decides(one.name)] = _field(one)
            continue
        there = len(value_at(content, one.name) or ())
        sent = _posted(posted, rf"{re.escape(_decides(one.name))}__(\d+)__")
        items[one.name] = max(there, sent - EMPTY_ITEMS) + EMPTY_ITEMS
        for number in range(items[one.name]):
            made[_order(one.name, number)] = StringField(
                _l("Place"),
                validators=[Optional(), Regexp(r"^\s*\d{1,2}\s*$", message=_l("Un nombre entier."))],
                render_kw={"inputmode": "numeric"},
            )
            for own in one.inner:
                made |= _fields_of_thing(one, own, number, conditions)
    for number in range(lines):
        for fact in facts:
            made[_when(number, fact)] = _condition(table, fact, vocabulary)
    kept = {"table": table, "fields": fields, "facts": facts, "asked": asked, "lines": lines, "items": items}
    return type("RowFormOf", (RowForm,), {**made, **kept})


def _fields_of_thing(
    one: RowField, own: RowField, number: int, conditions: Mapping[str, Callable[[], Field]]
) -> dict[str, Field]:
    if own.kind is FieldKind.CONDITIONS:
        return {_item(one.name, number, f"{own.name}.{fact}"): make() for fact, make in conditions.items()}
    return {_item(one.name, number, own.name): _field(own)}


def _posted(names: Collection[str], pattern: str) -> int:
    """Return how many lines or things a form was sent with."""
    numbers = [int(found[1]) for name in names if (found := re.match(pattern, name))]
    return min(max(numbers, default=-1) + 1, MOST_LINES)


def _asked_by_things(table: Table[Rule], fields: Sequence[RowField]) -> tuple[str, ...]:
    """Return the facts on which the things of a table's lists have conditions, in the order of their first use."""
    found: dict[str, None] = {}
    for line in _lines_of_things(table, fields):
        found.update(dict.fromkeys(line))
    return tuple(found)


def _lines_of_things(table: Table[Rule], fields: Sequence[RowField]) -> Iterator[Mapping[str, Any]]:
    for row in table.rules:
        content = rules.row_content(row)
        for one in fields:
            for own in one.inner:
                if own.kind is FieldKind.CONDITIONS:
                    yield from (thing.get(own.name) or {} for thing in value_at(content, one.name) or ())


def _decides(name: str) -> str:
    return f"decides_{name.replace('.', '__')}"


def _item(name: str, number: int, inner: str) -> str:
    return f"{_decides(name)}__{number}__{inner.replace('.', '__')}"


def _order(name: str, number: int) -> str:
    return _item(name, number, "place")


def _item_names(one: RowField, number: int, asked: Sequence[str]) -> list[str]:
    return [
        _item(one.name, number, name)
        for own in one.inner
        for name in (
            [f"{own.name}.{fact}" for fact in asked] if own.kind is FieldKind.CONDITIONS else [own.name]
        )
    ]


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
        case FieldKind.CHOICES:
            return SelectMultipleField(
                label,
                choices=[SelectChoice(value, word) for value, word in choices_of(one)],
                widget=ListWidget(prefix_label=False),
                option_widget=CheckboxInput(),
            )
        case FieldKind.NUMBERS:
            return StringField(
                label,
                description=_l("Des nombres séparés par des virgules : 4, 7, 10."),
                validators=[
                    Optional(),
                    Regexp(
                        r"^\s*\d{1,4}(\s*,\s*\d{1,4})*\s*$",
                        message=_l("Des nombres, avec des virgules entre eux."),
                    ),
                ],
            )
        case FieldKind.SENTENCE:
            return TextAreaField(label, validators=[Optional()], render_kw={"rows": 2})
        case FieldKind.SENTENCES:
            return TextAreaField(
                label, validators=[Optional()], description=_l("Une phrase par ligne."), render_kw={"rows": 4}
            )
    return StringField(label, validators=[Optional()])


def _condition(table: Table[Rule], fact: str, vocabulary: Mapping[str, FactDefinition]) -> Field:
    known = vocabulary[fact]
    label = fact_word(fact, vocabulary)
    if known.type is FactType.NUMBER:
        return StringField(
            label,
            validators=[
                Optional(),
                Regexp(
                    r"^\s*((<=|>=|<|>) ?\d{1,4}|\d{1,4}\.\.\d{1,4})\s*$",
                    message=_l("Par exemple < 12, >= 15 ou 6..11."),
                ),
            ],
        )
    values = ["true", "false"] if known.type is FactType.YES_NO else list(known.values)
    offered = [*values, *(f"not {value}" for value in values)]
    fields = fields_of(type(table.rules[0]))
    lines = [line for row in table.rules for line in lines_of(rules.row_content(row))]
    offered += [_cell(line[fact]) for line in (*lines, *_lines_of_things(table, fields)) if fact in line]
    choices = [SelectChoice(ANY, _("peu importe"))]
    choices += [SelectChoice(value, value_word(_meant_cell(value))) for value in dict.fromkeys(offered)]
    return SelectField(label, validators=[Optional()], choices=choices)


def _cell(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _meant_cell(text: str) -> Any:
    return text.split(", ") if ", " in text else text.strip()


def _typed(one: RowField, value: Any) -> Any:
    if one.kind is FieldKind.CHOICES:
        return [str(each) for each in value or ()]
    if value is None or (one.kind in LISTS and not value):
        return ""
    if one.kind is FieldKind.NUMBERS:
        return ", ".join(map(str, value))
    if one.kind is FieldKind.SENTENCES:
        return "\n".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _meant(one: RowField, typed: Any) -> Any:
    if one.kind is FieldKind.CHOICES:
        return list(typed or ())
    if not typed or not typed.strip():
        return None
    match one.kind:
        case FieldKind.NUMBER:
            return int(typed)
        case FieldKind.YES_NO:
            return typed == "true"
        case FieldKind.NUMBERS:
            return [int(part) for part in typed.split(",")]
        case FieldKind.SENTENCES:
            return [as_printed(line) for line in typed.splitlines() if line.strip()]
        case FieldKind.CHOICE:
            return typed
    return as_printed(typed.replace("\r\n", " ").replace("\n", " "))
