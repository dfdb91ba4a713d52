"""Idempotent forms: a second copy of a submitted form does nothing, whenever and on whichever host it arrives.

A form carries a random key. A digest of it is inserted in the same transaction as the form's own work: a second copy
waits there for the first, and goes ahead itself only if the first was refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Index, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, beginning_with, fresh, session

KEPT = timedelta(days=1)


class SubmittedForm(Base):
    """A form whose work was done."""

    __tablename__ = "submitted_forms"
    __table_args__ = (Index("ix_submitted_forms_at", "at"),)

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    """Of its random key, its sender and address, and its content: other content counts as another form."""
    at: Mapped[datetime]
    leads_to: Mapped[str | None]
    """Page its sender was redirected to; None while the answer is under way, or if the answer was no redirect."""


class AlreadySubmitted(Exception):
    """The form has already done its work."""


@contextmanager
def once_per_form(digest: bytes) -> Iterator[None]:
    """Let the next transaction inside this block happen only once for this form.

    Raises:
        AlreadySubmitted: the form has already done its work.
    """

    def claim() -> None:
        claimed = session.execute(
            text("""
                INSERT INTO submitted_forms (digest, at) VALUES (:digest, now())
                ON CONFLICT DO NOTHING RETURNING 1
            """),
            {"digest": digest},
        )
        if claimed.scalar() is None:
            raise AlreadySubmitted

    with beginning_with(claim):
        yield


def find(digest: bytes) -> SubmittedForm | None:
    """Return a form whose work was done, or None."""
    return session.scalar(fresh(select(SubmittedForm).where(SubmittedForm.digest == digest)))


def record_redirect(digest: bytes, leads_to: str) -> None:
    """Record the page to which the sender of a form was redirected."""
    session.execute(
        text("UPDATE submitted_forms SET leads_to = :leads_to WHERE digest = :digest"),
        {"digest": digest, "leads_to": leads_to},
    )


def allow_resubmission(digest: bytes) -> None:
    """Allow a form to be sent again, because it was refused after all."""
    session.execute(delete(SubmittedForm).where(SubmittedForm.digest == digest))


def forget(*, at: datetime) -> None:
    """Delete the forms of past days: none of their pages is still open."""
    session.execute(delete(SubmittedForm).where(SubmittedForm.at < at - KEPT))
