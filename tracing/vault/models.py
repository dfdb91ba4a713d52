"""The key store: a database of its own, absent from the dumps of the main one."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, DateTime, LargeBinary, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tracing.kernel.db import NAMING


class KeyBase(DeclarativeBase):
    """The key store's tables."""

    metadata = MetaData(naming_convention=NAMING)


class CohortKey(KeyBase):
    """The key of everything collected on one day, wrapped by the master key."""

    __tablename__ = "cohort_keys"
    __table_args__ = (
        CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed_has_no_key"),
    )

    cohort: Mapped[date] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    destroyed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class IndexKey(KeyBase):
    """The keyed hash's key for one kind of blind index, wrapped by the master key."""

    __tablename__ = "index_keys"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class MasterKey(KeyBase):
    """Which master key wraps the keys of this store: one row, written when the store is first used."""

    __tablename__ = "master_key"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    fingerprint: Mapped[str]
    """Of the master key, for people to compare; nothing of the key can be learned from it."""
    verifier: Mapped[bytes] = mapped_column(LargeBinary)
    """A constant that only this master key can open."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
