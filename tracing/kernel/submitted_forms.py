"""Forms that were sent: the second copy of one does nothing, wherever and whenever it arrives.

A form carries a random key. Its digest is written in the transaction of what the form does: the second copy waits there
for the first, and is written itself when the first was refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Index, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, beginning_with, fresh, session

KEPT = timedelta(days=1)


class SubmittedForm(Base):
    """A form that did what it asks for."""

    __tablename__ = "submitted_forms"
    __table_args__ = (Index("ix_submitted_forms_at", "at"),)

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    """Of its random key, of who sent it where, and of what was typed: another content is another form."""
    at: Mapped[datetime]
    leads_to: Mapped[str | None]
    """Where its sender was sent; none as long as the answer is on its way, or where the answer was no other page."""


class SentBefore(Exception):
    """The form has done its work already."""


@contextmanager
def once(digest: bytes) -> Iterator[None]:
    """Let what is written inside happen once for this form.

    Raises:
        SentBefore: it has happened.
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
            raise SentBefore

    with beginning_with(claim):
        yield


def find(digest: bytes) -> SubmittedForm | None:
    """Return a form that was sent."""
    return session.scalar(fresh(select(SubmittedForm).where(SubmittedForm.digest == digest)))


def answer_with(digest: bytes, leads_to: str) -> None:
    """Note where the sender of a form was sent."""
    session.execute(
        text("UPDATE submitted_forms SET leads_to = :leads_to WHERE digest = :digest"),
        {"digest": digest, "leads_to": leads_to},
    )


def give_back(digest: bytes) -> None:
    """Let a form be sent again that was refused after all."""
    session.execute(delete(SubmittedForm).where(SubmittedForm.digest == digest))


def forget(*, at: datetime) -> None:
    """Remove the forms of past days: no page of theirs is open any more."""
    session.execute(delete(SubmittedForm).where(SubmittedForm.at < at - KEPT))
