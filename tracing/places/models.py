"""The table of named places: a keyed hash by which the same place is counted, and the words, sealed."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base
from tracing.vault import registry


class NamedPlace(Base):
    """A place that a case named: where they met a contact, or where they were on a day.

    Its hashes are of names as `rules.read_place` returns them; they tell that two are equal, and nothing else. The whole
    row goes with the key of its day.
    """

    __tablename__ = "named_places"
    __table_args__ = (
        CheckConstraint("(contact_id IS NULL) = (day IS NOT NULL)", name="of_a_contact_or_a_day"),
        Index(
            "uq_named_places_contact",
            "contact_id",
            unique=True,
            postgresql_where=text("contact_id IS NOT NULL"),
        ),
        Index(
            "ix_named_places_name", "name_hash", "named_at", postgresql_where=text("name_hash IS NOT NULL")
        ),
        Index(
            "ix_named_places_site",
            "site_id",
            "named_at",
            postgresql_include=["name_hash"],
            postgresql_where=text("name_hash IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    """The contact who was met there; none: a place of a day."""
    day: Mapped[date | None]
    """The day on which the case was there; none: that of the contact."""
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    programme: Mapped[str]
    name_hash: Mapped[bytes | None]
    """None: the words fit many places (« au bureau »), and none is counted."""
    town_hash: Mapped[bytes | None]
    postcode_hash: Mapped[bytes | None]
    """Both None: nobody said where it is; it is then the same place within one site only."""
    index_key_id: Mapped[int]
    cohort: Mapped[date] = mapped_column(index=True)
    named_at: Mapped[datetime]
    """When it was said: the days of a cluster count from it."""
    named_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    sealed: Mapped[bytes | None]
    """The words, as they were typed."""


registry.sealed("named_places")
registry.blind_rows("named_places")
registry.blind_kinds("place")
