"""People, the keyed hashes by which they are found, and the households behind their numbers."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, enum_text
from tracing.vault import registry


class KeyKind(StrEnum):
    """The values a blind index is made of."""

    GIVEN_BIRTH = "given_birth"
    """A given name and birth date: the first shared by all records of one person, the second for a list without it."""
    NAME_BIRTH = "name_birth"
    NIR = "nir"
    PHONE = "phone"
    EMAIL = "email"


class PairState(StrEnum):
    """The decision about two records that may be one person."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"


class Household(Base):
    """The people behind the same telephone number: the unit that is called."""

    __tablename__ = "households"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    is_institution: Mapped[bool] = mapped_column(default=False)
    """One resident of an institution with a shared switchboard: never grouped by its number."""
    created_at: Mapped[datetime]


class HouseholdNumber(Base):
    """A telephone number and the household that answers it; none behind an institution's switchboard."""

    __tablename__ = "household_numbers"
    __table_args__ = (
        CheckConstraint("is_institution = (household_id IS NULL)", name="switchboard_has_no_household"),
    )

    number_hash: Mapped[bytes] = mapped_column(primary_key=True)
    index_key_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"), index=True)
    is_institution: Mapped[bool] = mapped_column(default=False)
    cohort: Mapped[date] = mapped_column(index=True)


class Person(Base):
    """A person who can be called. The identity is sealed under the day of their newest record."""

    __tablename__ = "people"
    __table_args__ = (CheckConstraint("same_as <> id", name="same_as_another"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """An `Identity` (people.rules); None once destroyed."""
    household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"), index=True)
    is_invented: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Of a training site. Its keys are hashed apart: training never matches, completes or calls a real person."""
    same_as: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    """Pointer to the leading record of a merge, which itself points to none; taking the merge back clears it."""
    time_zone: Mapped[str | None]
    """Time zone of their home, if it matters for calling; None: unknown, the site's is used."""
    postcode_hash: Mapped[bytes | None]
    """Keyed hash of their home postcode: a place can be searched by it but not read from it; None: unknown."""
    language: Mapped[str | None]
    """Code of the language in which they must be called; None: French, as far as is known."""
    created_at: Mapped[datetime]


class PersonKey(Base):
    """A keyed hash by which a person is found."""

    __tablename__ = "person_keys"
    __table_args__ = (Index("ix_person_keys_hash", "hash", "kind"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[KeyKind] = mapped_column(enum_text(KeyKind), primary_key=True)
    hash: Mapped[bytes] = mapped_column(primary_key=True)
    index_key_id: Mapped[int]
    cohort: Mapped[date] = mapped_column(index=True)


class PossibleDuplicate(Base):
    """Two people who may be one: both stay callable; a person decides."""

    __tablename__ = "possible_duplicates"
    __table_args__ = (
        UniqueConstraint("person_id", "other_id"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_has_a_time"),
        CheckConstraint("person_id <> other_id", name="other_is_another"),
        Index(
            "ix_possible_duplicates_open",
            text("postponed_at NULLS FIRST"),
            "id",
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_possible_duplicates_decided", "decided_at", "id", postgresql_where=text("state <> 'open'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    reason: Mapped[str]
    state: Mapped[PairState] = mapped_column(enum_text(PairState), default=PairState.OPEN)
    found_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    decided_at: Mapped[datetime | None]
    postponed_at: Mapped[datetime | None]
    """When a person postponed the decision: the pair goes to the end of the list."""


registry.sealed("people")
registry.blind_kinds(*KeyKind, "postcode")
registry.blind_columns("people", "postcode_hash")
registry.blind_rows("person_keys")
registry.blind_rows("household_numbers")
