"""Table with one row: when this database was filled with the demo, and whether that was finished."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base

THE_RUN = 1


class DemoRun(Base):
    """The one filling of this database with the demo; a database without the row holds none."""

    __tablename__ = "demo_runs"
    __table_args__ = (CheckConstraint("id = 1", name="one_run"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    begun_at: Mapped[datetime]
    loaded_at: Mapped[datetime | None]
    """When its last step was done: a start that was killed before is gone on with by the next one."""
