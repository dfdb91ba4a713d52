"""Tables of tries: how often somebody asked a public page, to slow down whoever guesses."""

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


class PublicLinkTry(Base):
    """How often a link to papers was tried with a wrong birth date or code, whether there is such a link or not.

    Written by the database's function `public_open_papers` alone: what nobody was given is counted as well, so that
    neither an answer nor its time tells which links there are.
    """

    __tablename__ = "public_link_tries"

    link_hash: Mapped[bytes] = mapped_column(primary_key=True)
    """Keyed hash of what was typed: nobody reads it back."""
    wrong: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
