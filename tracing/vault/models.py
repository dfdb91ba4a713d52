"""Tables of the key store (a separate database, not in the main one's dumps), and of the index keys in use."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, DateTime, LargeBinary, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tracing.kernel.db import NAMING, Base


class KeyBase(DeclarativeBase):
    """Base class of the key store's tables."""

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
    """The key of one kind of blind index, wrapped by the master key."""

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
    """Of the master key, for people to compare; it reveals nothing about the key."""
    verifier: Mapped[bytes] = mapped_column(LargeBinary)
    """A constant that only this master key can open."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class IndexKeyUse(Base):
    """In the main database: an index key that was used for blind indexes, so it must never be made anew."""

    __tablename__ = "index_key_uses"

    kind: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fingerprint: Mapped[str]
    """Of the index key: tells it from another key of the same name."""
    first_used_at: Mapped[datetime]
