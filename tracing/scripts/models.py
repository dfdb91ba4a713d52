"""Table of published scripts: what they say never changes, so that what was said in a call can always be read."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base


class ScriptVersion(Base):
    """One published version of a script."""

    __tablename__ = "script_versions"

    kind: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    content_hash: Mapped[str]
    """SHA-256 of the file: a published version never changes."""
    content: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    number: Mapped[int | None]
    """Counted in each kind in the order of approval, which is that of taking effect; none of the files of a release."""
    effective_at: Mapped[datetime | None]
    """None: from the beginning, in the order of the files."""
    withdrawn_at: Mapped[datetime | None]
    """It was withdrawn before it took effect."""
