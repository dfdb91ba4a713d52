"""Which data a programme asks, which only some roles see, and which must never be kept."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from tracing.programmes.facts import Strict


class DataField(StrEnum):
    """What may be held about a person: a programme enables, restricts or forbids each (`data_fields`)."""

    IDENTITY = "identity"
    BIRTH_DATE = "birth_date"
    SOCIAL_SECURITY_NUMBER = "social_security_number"
    TELEPHONE = "telephone"
    EMAIL = "email"
    ADDRESS = "address"
    LANGUAGE = "language"
    DOCTOR = "doctor"
    TEST = "test"
    ONSET = "onset"
    SYMPTOMS = "symptoms"
    VACCINATION = "vaccination"
    IMMUNODEPRESSED = "immunodepressed"
    PREGNANCY = "pregnancy"
    PREVIOUS_INFECTION = "previous_infection"
    VARIANT = "variant"
    CONTACTS = "contacts"
    CIRCUMSTANCES = "circumstances"
    PLACES = "places"
    WORK = "work"
    SUPPORT_NEEDS = "support_needs"
    SICK_NOTE = "sick_note"
    MEDICAL_HISTORY = "medical_history"
    RELIGION = "religion"
    OPINIONS = "opinions"
    CONTACTS_OF_CONTACTS = "contacts_of_contacts"


NEVER_HELD = frozenset(
    {DataField.MEDICAL_HISTORY, DataField.RELIGION, DataField.OPINIONS, DataField.CONTACTS_OF_CONTACTS}
)
"""What no programme may enable: decree 2020-551, and nothing of the product has a place for it."""
ALWAYS_HELD = frozenset(
    {
        DataField.IDENTITY,
        DataField.BIRTH_DATE,
        DataField.TELEPHONE,
        DataField.LANGUAGE,
        DataField.TEST,
        DataField.CONTACTS,
        DataField.CIRCUMSTANCES,
    }
)
"""What a programme must enable: without it nobody can be called, and no contact named."""
FIELD_OF_FACT: Mapping[str, DataField] = {
    "age": DataField.BIRTH_DATE,
    "symptomatic": DataField.SYMPTOMS,
    "vaccination": DataField.VACCINATION,
    "immunodepressed": DataField.IMMUNODEPRESSED,
    "infected_recently": DataField.PREVIOUS_INFECTION,
    "pregnant": DataField.PREGNANCY,
    "variant": DataField.VARIANT,
}
"""The field that a fact of a condition comes from: a rule reads nothing that is not held."""


class DataFields(Strict):
    """Which data a programme asks, which only some roles see, and which must never be kept."""

    enabled: tuple[DataField, ...]
    restricted: tuple[DataField, ...] = ()
    forbidden: tuple[DataField, ...] = ()

    @model_validator(mode="after")
    def _contradicts_nothing(self) -> Self:
        if both := sorted(set(self.enabled) & set(self.forbidden)):
            raise ValueError(f"both enabled and forbidden: {', '.join(both)}")
        if unasked := sorted(set(self.restricted) - set(self.enabled)):
            raise ValueError(f"restricted but not enabled: {', '.join(unasked)}")
        if never := sorted(set(self.enabled) & NEVER_HELD):
            raise ValueError(f"no programme may hold: {', '.join(never)}")
        if needed := sorted(ALWAYS_HELD - set(self.enabled)):
            raise ValueError(f"nobody is called without: {', '.join(needed)}")
        return self

    @property
    def withheld(self) -> frozenset[DataField]:
        """What is neither asked, shown, imported nor exported: all that is not enabled."""
        return frozenset(DataField) - set(self.enabled)
