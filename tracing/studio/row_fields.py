"""The fields of a row of a rule table, read from its schema: what a form asks, and what a table shows."""

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from tracing.programmes.rows import Row
from tracing.programmes.tables import Rule


class FieldKind(StrEnum):
    """What is typed into a field."""

    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    WORDS = "words"
    SENTENCE = "sentence"
    NUMBERS = "numbers"
    CHOICES = "choices"
    """Several of a few."""
    SENTENCES = "sentences"
    ITEMS = "items"
    """A list of things with fields of their own."""
    CONDITIONS = "conditions"
    """A condition on each of the facts that the table asks."""


SHORTEST_SENTENCE = 10
LISTS = frozenset({FieldKind.NUMBERS, FieldKind.CHOICES, FieldKind.SENTENCES, FieldKind.ITEMS})


@dataclass(frozen=True, repr=False)
class RowField:
    """One field of what a row decides; its name is the way to it: `early_exit.day`."""

    name: str
    kind: FieldKind
    choices: tuple[str, ...] = ()
    default: Any = None
    says_nothing: bool = False
    """Whether "nothing" must be said, too."""
    inner: tuple["RowField", ...] = ()
    """The fields of each thing of a list of them."""


def fields_of(row: type[Rule]) -> tuple[RowField, ...]:
    """Return the fields of what a row of this kind decides, without what every row has."""
    return tuple(_fields(row, "", {*Row.model_fields, "when"}))


def _fields(model: type[BaseModel], prefix: str, leave_out: set[str]) -> Iterator[RowField]:
    for name, known in model.model_fields.items():
        if name in leave_out:
            continue
        inner = _inner(known.annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _fields(inner, f"{prefix}{name}.", set())
        else:
            default = None if known.is_required() else known.get_default(call_default_factory=True)
            kind, choices, item = _kind(inner)
            if kind is FieldKind.WORDS and _is_sentence([*known.metadata, known.annotation]):
                kind = FieldKind.SENTENCE
            must = known.is_required() and type(None) in get_args(known.annotation)
            own = () if item is None else tuple(_fields(item, "", set()))
            yield RowField(prefix + name, kind, choices, default, says_nothing=must, inner=own)


def _is_sentence(parts: Iterable[Any]) -> bool:
    """Return whether text must be long enough to be a sentence: it gets the width of the page."""
    return any(
        (getattr(one, "min_length", None) or 0) >= SHORTEST_SENTENCE or _is_sentence(get_args(one))
        for one in parts
    )


def _inner(annotation: Any) -> Any:
    """Return what an annotation allows besides None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _inner(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return _inner(next(one for one in get_args(annotation) if one is not type(None)))
    return annotation


def _kind(inner: Any) -> tuple[FieldKind, tuple[str, ...], type[BaseModel] | None]:
    """Return what is typed, its choices, and of a list of things what each of them is."""
    origin = get_origin(inner)
    if origin is Literal:
        return FieldKind.CHOICE, tuple(str(getattr(one, "value", one)) for one in get_args(inner)), None
    if origin is dict:
        return FieldKind.CONDITIONS, (), None
    if origin is tuple:
        return _list_of(_inner(get_args(inner)[0]))
    if issubclass(inner, StrEnum):
        return FieldKind.CHOICE, tuple(one.value for one in inner), None
    if issubclass(inner, bool):
        return FieldKind.YES_NO, (), None
    return (FieldKind.NUMBER if issubclass(inner, int) else FieldKind.WORDS), (), None


def _list_of(one: Any) -> tuple[FieldKind, tuple[str, ...], type[BaseModel] | None]:
    if issubclass(one, BaseModel):
        return FieldKind.ITEMS, (), one
    if issubclass(one, StrEnum):
        return FieldKind.CHOICES, tuple(value.value for value in one), None
    return (FieldKind.NUMBERS if issubclass(one, int) else FieldKind.SENTENCES), (), None


def value_at(content: Mapping[str, Any], name: str) -> Any:
    """Return what a row says in a field; None if it says nothing."""
    here: Any = content
    for part in name.split("."):
        here = here.get(part) if isinstance(here, Mapping) else None
    return here


def with_values(
    content: Mapping[str, Any], fields: tuple[RowField, ...], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a row that says these values; what says only what is usual is left out, as in a file."""
    written = dict(content)
    for group in {one.name.partition(".")[0] for one in fields}:
        written.pop(group, None)
    for one in fields:
        value = values.get(one.name)
        if one.says_nothing and value in (None, ""):
            written[one.name] = None
        if value in (None, "", [], (), {}) or value == one.default:
            continue
        group, dot, inner = one.name.partition(".")
        if dot:
            written.setdefault(group, {})[inner] = value
        else:
            written[group] = value
    # a group of which nothing is said but what a list of choices says by itself is no group
    for group in [name for name, value in written.items() if isinstance(value, dict) and name != "when"]:
        asked = [one for one in fields if one.name.startswith(f"{group}.")]
        always = {FieldKind.CHOICE, FieldKind.YES_NO}
        spoken = {one.name for one in asked if one.kind not in always or one.default is None}
        if asked and not any(value_at(written, name) is not None for name in spoken):
            written.pop(group)
    return written


def lines_of(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of conditions of a row; without any condition one empty line."""
    when = content.get("when") or [{}]
    return [dict(line) for line in ([when] if isinstance(when, Mapping) else when)]
