"""Table of tries: how often somebody asked a public page, to slow down whoever guesses."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base


class PublicTry(Base):
    """How often an address, or everybody together (an empty hash), asked a public page within ten minutes.

    Written by the database's function `public_count_try` alone.
    """

    __tablename__ = "public_tries"

    page: Mapped[str] = mapped_column(primary_key=True)
    """`call`, `note` or `papers`."""
    address_hash: Mapped[bytes] = mapped_column(primary_key=True)
    """Keyed hash of the client's network: nobody reads it back."""
    began_at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    tries: Mapped[int]
