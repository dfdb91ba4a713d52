"""Tell every host that what it keeps in memory has changed: a number for each thing, read with what is read anyway."""

from sqlalchemy import ColumnElement, Sequence, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, session

stamp_sequence = Sequence("memory_stamp_numbers", metadata=Base.metadata)


class MemoryStamp(Base):
    """One thing that hosts keep in memory, and the number of its last change."""

    __tablename__ = "memory_stamps"

    name: Mapped[str] = mapped_column(primary_key=True)
    stamp: Mapped[int]
    """From a sequence, so that no two changes ever have the same; 0, or no row: it never changed."""


def stamp_of(name: str) -> ColumnElement[int]:
    """Return SQL for the number of a thing's last change, to put into another statement."""
    return func.coalesce(
        select(MemoryStamp.stamp).where(MemoryStamp.name == name).scalar_subquery(), literal(0)
    )


def renew(name: str) -> None:
    """Say that a thing has changed: hosts read it again once this transaction has committed."""
    number = func.nextval(stamp_sequence.name)
    written = insert(MemoryStamp).values(name=name, stamp=number)
    session.execute(
        written.on_conflict_do_update(
            index_elements=[MemoryStamp.name], set_={"stamp": written.excluded.stamp}
        )
    )
