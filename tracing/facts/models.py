"""The table of facts: append-only, in clear only codes, days and numbers that name nobody."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tracing.facts.rules import FactKind, FactSource, Said, SubjectType
from tracing.facts.ruling_rules import MeasureRuling
from tracing.kernel.db import Base, enum_text
from tracing.vault import registry


class RuledColumns:
    """What a doctor decided of a case or a contact apart from the rules, as the facts say it; null where the rule applies."""

    doctor_since: Mapped[date | None]
    """When they decided about isolation or quarantine."""
    doctor_last_day: Mapped[date | None]
    """Its last day as they decided; null with `doctor_since`: nothing is asked."""
    doctor_note_from: Mapped[date | None]
    """The note to which they agreed outside the limits of the rule."""
    doctor_note_until: Mapped[date | None]

    @property
    def measure_ruling(self) -> MeasureRuling | None:
        """What was decided about isolation or quarantine."""
        return None if self.doctor_since is None else MeasureRuling(self.doctor_since, self.doctor_last_day)

    @property
    def note_ruling(self) -> tuple[date, date] | None:
        """First and last day of the note that was agreed."""
        if self.doctor_note_from is None or self.doctor_note_until is None:
            return None
        return self.doctor_note_from, self.doctor_note_until

    def keep_ruling(self, measure: MeasureRuling | None, note: tuple[date, date] | None) -> None:
        """Write what counts now."""
        self.doctor_since = measure.since if measure else None
        self.doctor_last_day = measure.last_day if measure else None
        self.doctor_note_from, self.doctor_note_until = note or (None, None)


class Fact(Base):
    """Something that was said of a person, a case or a contact. A row is never changed; a mistake is taken back by another.

    Its subject is a type and an id without a foreign key, as in the log of events: taking back a lot removes its cases
    and leaves what was said.
    """

    __tablename__ = "facts"
    __table_args__ = (
        Index("ix_facts_subject", "subject_type", "subject_id"),
        CheckConstraint("(kind = 'wrong_number') OR (number_hash IS NULL)", name="number_of_a_wrong_number"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subject_type: Mapped[SubjectType] = mapped_column(enum_text(SubjectType))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[FactKind] = mapped_column(enum_text(FactKind))
    value: Mapped[Any] = mapped_column(JSONB)
    """A code, a flag or a day (ISO); `unknown` for « ne sait pas »."""
    speaks_of: Mapped[date | None]
    """The day it speaks of, for what has one besides its value."""
    source: Mapped[FactSource] = mapped_column(enum_text(FactSource))
    said_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """The member who recorded it; none: a lot or a job."""
    call_id: Mapped[int | None] = mapped_column(BigInteger)
    lot_id: Mapped[int | None] = mapped_column(BigInteger)
    retracts_id: Mapped[int | None] = mapped_column(ForeignKey("facts.id"))
    """The fact that this one takes back."""
    number_hash: Mapped[bytes | None]
    """The number of a wrong number, as a blind index."""
    index_key_id: Mapped[int | None]
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """Words in which it was said, where a kind has some: why a death was taken back; and who somebody is."""

    @property
    def said(self) -> Said:
        """The fact as the rules read it."""
        return Said(
            fact_id=self.id,
            kind=self.kind,
            value=self.value,
            source=self.source,
            said_at=self.said_at,
            speaks_of=self.speaks_of,
            call_id=self.call_id,
            number_hash=self.number_hash,
            retracts=self.retracts_id,
        )


registry.sealed("facts")
registry.blind_columns("facts", "number_hash")
