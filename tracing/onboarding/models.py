"""Tables of invitations and certifications."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base


class Invitation(Base):
    """A one-time link by which a recruit joins the training site."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("(used_at IS NULL) = (member_id IS NULL)", name="used_has_a_member"),
        CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name="used_is_not_withdrawn"),
        Index(
            "uq_invitations_open_login",
            "login",
            unique=True,
            postgresql_where=text("used_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    """A reissued link has another token: the former one is no longer valid."""
    login: Mapped[str]
    display_name: Mapped[str]
    contract_ends_on: Mapped[date | None]
    training_site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    live_site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    """Where the recruit will work once certified."""
    invited_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), unique=True)


class Certification(Base):
    """A referent's decision that a recruit is ready for real calls at a site."""

    __tablename__ = "certifications"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    certified_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    certified_at: Mapped[datetime]
    practice_calls: Mapped[int]
    """Number of complete practice calls on the day of certification."""
