"""The typed vocabulary of facts over which rules have conditions: what every programme may ask, and what one adds.

A fact is a yes or no, one of a list, or a whole number. What is not known has no entry, or None.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from tracing.programmes.vocabulary import Distance, Protection, Subject, Vaccination

FactValue = bool | int | str
Facts = Mapping[str, FactValue | None]


class Strict(BaseModel):
    """Base of all that is read from a programme's files: frozen, and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class FactType(StrEnum):
    """The form of a fact."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    NUMBER = "number"


class FactDefinition(Strict):
    """A fact that conditions may name."""

    type: FactType
    label: str
    """What is asked, as a referent reads it."""
    values: dict[str, tuple[str, ...]] = {}
    """Of a choice: each value, and other names under which it comes in."""
    always_known: bool = False

    @model_validator(mode="after")
    def _has_values_if_a_choice(self) -> Self:
        if (self.type is FactType.CHOICE) != bool(self.values):
            raise ValueError("'values' belong to a choice, and only to a choice")
        return self

    def read(self, text: str) -> str | None:
        """Return the value of a choice that goes by this name, whatever its case and punctuation; None: no such."""
        wanted = _plain(text)
        for value, names in self.values.items():
            if wanted in {_plain(value), *map(_plain, names)}:
                return value
        return None

    def allows(self, value: FactValue) -> bool:
        """Return whether a condition may compare this fact with a value."""
        if self.type is FactType.YES_NO:
            return isinstance(value, bool)
        if self.type is FactType.CHOICE:
            return isinstance(value, str) and value in self.values
        return isinstance(value, int) and not isinstance(value, bool)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _yes_no(label: str) -> FactDefinition:
    return FactDefinition(type=FactType.YES_NO, label=label)


def _choice(label: str, values: type[StrEnum], *, but: str = "") -> FactDefinition:
    return FactDefinition(
        type=FactType.CHOICE, label=label, values={one.value: () for one in values if one.value != but}
    )


def _number(label: str) -> FactDefinition:
    return FactDefinition(type=FactType.NUMBER, label=label)


CORE_FACTS: Mapping[str, FactDefinition] = {
    # a parent of a child who must stay at home: for sick notes only
    "subject": FactDefinition(
        type=FactType.CHOICE,
        label="case, contact or parent",
        values={**{one.value: () for one in Subject}, "parent": ()},
        always_known=True,
    ),
    "child_is": _choice("of a parent: whether their child is a case or a contact", Subject),
    "age": _number("age in years"),
    "symptomatic": _yes_no("has or had symptoms"),
    "vaccination": _choice("vaccination", Vaccination, but=Vaccination.UNKNOWN),
    "immunodepressed": _yes_no("severely immunodepressed"),
    "infected_recently": _yes_no("infected recently, by the programme's number of days"),
    "awaiting_result": _yes_no("isolates only for symptoms, until the result of a test"),
    # how a case and a contact met
    "lives_with_case": _yes_no("lives under the same roof as the case"),
    "face_to_face": _choice("how near they came face to face", Distance),
    "care": _yes_no("care given or received"),
    "confined_minutes": _number("minutes together in a closed space"),
    "cough": _yes_no("face to face while one of them coughed or sneezed"),
    "same_class": _yes_no("pupil or teacher of the same class"),
    "protection": _choice("protection during the whole time", Protection),
}
"""Facts of every programme. What only some diseases ask is in the `facts` of their programme."""
